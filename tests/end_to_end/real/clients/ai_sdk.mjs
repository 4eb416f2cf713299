// The adapter of the AI SDK: the chunks that useChat reads, by its transport and from the stream of a RemoteGraph.
import { LangSmithDeploymentTransport, toUIMessageStream } from "@ai-sdk/langchain";
import { RemoteGraph } from "@langchain/langgraph/remote";
import { Command } from "@langchain/langgraph";
import { all, said, seen, tried } from "./both.mjs";

const message = (text) => ({ id: "m1", role: "user", parts: [{ type: "text", text }] });

await seen(async (url) => {
  const told = {};
  for (const graphId of ["plain", "tools", "parallel", "question", "approval", "failing", "progress"]) {
    const transport = new LangSmithDeploymentTransport({ url, graphId });
    const send = { trigger: "submit-message", chatId: "c1", messages: [message("hello")] };
    told[graphId] = await tried(async () => all(await transport.sendMessages(send)));
  }
  const streamed = async (graphId, input, config) =>
    all(toUIMessageStream(await new RemoteGraph({ graphId, url }).stream(input, { streamMode: ["values", "messages", "custom"], ...config })));
  told.custom = await tried(() => streamed("progress", said("hello"), {}));
  told.resumed = await tried(async () => {
    const graph = new RemoteGraph({ graphId: "question", url });
    const config = { configurable: { thread_id: (await graph.client.threads.create()).thread_id } };
    return [await streamed("question", said("hello"), config), await streamed("question", new Command({ resume: "yes" }), config)];
  });
  return told;
});
