// The runtime of assistant-ui for LangGraph: the messages that its components show.
import { Client } from "@langchain/langgraph-sdk";
import { unstable_createLangGraphStream, useLangGraphRuntime, useLangGraphInterruptState, useLangGraphSendCommand, useLangGraphState } from "@assistant-ui/react-langgraph";
import { AssistantRuntimeProvider } from "@assistant-ui/core/react";
import { createElement } from "react";
import { seen, tried } from "./both.mjs";
import { rendered } from "./rendered.mjs";

await seen(async (url) => {
  const client = new Client({ apiUrl: url, apiKey: null });
  const told = {};
  let drawn = 1; // the runtime makes ids of its own: the same for both servers
  Math.random = () => (drawn = (drawn * 48271) % 2147483647) / 2147483647;
  function chat(assistantId, streamMode) {
    const inner = {}, log = [];
    const note = (name) => (...given) => log.push([name, ...given]);
    function Inner() {
      inner.interrupt = useLangGraphInterruptState();
      inner.state = useLangGraphState();
      inner.sendCommand = useLangGraphSendCommand();
      view.changed();
      return null;
    }
    const view = rendered(
      () =>
        useLangGraphRuntime({
          stream: unstable_createLangGraphStream({ client, assistantId, ...(streamMode && { streamMode }) }),
          create: async () => ({ externalId: (view.thread = (await client.threads.create()).thread_id) }),
          getCheckpointId: async (threadId, parents) => {
            const history = await client.threads.getHistory(threadId);
            const ids = parents.map((each) => each.id).join();
            return history.find((state) => !state.next.includes("__start__") && (state.values.messages ?? []).map((each) => each.id).join() === ids)?.checkpoint.checkpoint_id ?? null;
          },
          eventHandlers: Object.fromEntries(["onMessageChunk", "onUpdates", "onMetadata", "onError", "onCustomEvent", "onValues"].map((name) => [name, note(name)])),
        }),
      (runtime) => createElement(AssistantRuntimeProvider, { runtime }, createElement(Inner)),
    );
    const thread = () => view.now.thread.getState();
    const shown = () => ({
      messages: thread().messages.map(({ createdAt, metadata, ...more }) => ({ ...more, custom: metadata?.custom })),
      interrupt: inner.interrupt, values: inner.state, log: log.splice(0),
    });
    const settled = async (act) => {
      await view.until((now) => inner.sendCommand && now.thread.getState().capabilities.reload);
      const began = new Promise((found) => {
        const left = view.now.thread.subscribe(() => thread().isRunning && (left(), found()));
      });
      act();
      await began;
      await new Promise((found) => {
        const left = view.now.thread.subscribe(() => !thread().isRunning && (left(), found()));
        if (!thread().isRunning) found();
      });
      await new Promise((found) => setTimeout(found, 20));
      return shown();
    };
    return { view, inner, settled, thread, send: (text) => settled(() => view.now.thread.append(text)) };
  }
  told.tools = await tried(async () => {
    const one = chat("tools");
    return [await one.send("hello"), await one.send("again")];
  });
  told.tuples = await tried(() => chat("tools", ["messages-tuple", "updates", "values", "custom"]).send("hello"));
  told.parallel = await tried(() => chat("parallel").send("hello"));
  told.progress = await tried(() => chat("progress").send("hello"));
  told.failing = await tried(() => chat("failing").send("hello"));
  told.question = await tried(async () => {
    const one = chat("question");
    return [await one.send("hello"), await one.settled(() => one.inner.sendCommand({ resume: "yes" }, {}))];
  });
  told.edited = await tried(async () => {
    const one = chat("plain");
    const first = await one.send("hello");
    const again = await one.settled(() => one.view.now.thread.startRun({ parentId: one.thread().messages[0].id }));
    return [first, again];
  });
  return told;
});
