// RemoteGraph: another graph used as a node or by itself.
import { RemoteGraph } from "@langchain/langgraph/remote";
import { Command } from "@langchain/langgraph";
import { all, said, seen, tried } from "./both.mjs";

await seen(async (url) => {
  const graph = (graphId) => new RemoteGraph({ graphId, url });
  const thread = async (of) => ({ configurable: { thread_id: (await of.client.threads.create()).thread_id } });
  const told = {};
  const tools = graph("tools");
  const config = await thread(tools);
  told.invoked = await tried(() => tools.invoke(said("hello"), config));
  told.state = await tried(() => tools.getState(config));
  told.history = await tried(() => all(tools.getStateHistory(config)));
  told.updated = await tried(() => tools.updateState(config, said("more"), "agent"));
  told.after = await tried(() => tools.getState(config));
  for (const streamMode of ["values", "updates", "messages", "tasks", "checkpoints", "debug", "custom"]) {
    const spoken = streamMode === "custom" ? graph("progress") : tools;
    const streamed = async (config) => all(await spoken.stream(said("hello"), { streamMode, ...config }));
    told[streamMode] = [await tried(() => streamed({})), await tried(async () => streamed(await thread(spoken)))];
  }
  told.several = await tried(async () => all(await tools.stream(said("hello"), { streamMode: ["values", "updates", "messages"] })));
  told.subgraphs = await tried(async () => all(await tools.stream(said("hello"), { streamMode: ["updates"], subgraphs: true })));
  told.failing = [await tried(() => graph("failing").invoke(said("hello")))];
  const question = graph("question");
  const asking = await thread(question);
  told.asked = [await tried(() => question.invoke(said("hello"), asking))];
  told.paused = await tried(() => question.getState(asking));
  told.resumed = await tried(() => question.invoke(new Command({ resume: "yes" }), asking));
  told.stopped = await tried(async () => {
    const other = await thread(tools);
    const first = await tried(() => tools.invoke(said("hello"), { ...other, interruptBefore: ["tools"] }));
    return [first, await tools.getState(other), await tools.invoke(null, other)];
  });
  return told;
});
