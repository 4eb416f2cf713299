// The newer hook, @langchain/react: it follows the stream of a thread and sends commands.
import { useStream } from "@langchain/react";
import { Client } from "@langchain/langgraph-sdk";
import { useState } from "react";
import { over, said, seen, tried } from "./both.mjs";
import { rendered } from "./rendered.mjs";

const human = (content) => ({ messages: [{ type: "human", content }] });

await seen(async (url) => {
  const client = new Client({ apiUrl: url, apiKey: null });
  const told = {};
  function chat(assistantId, threadId = null) {
    const view = rendered(() => {
      const [thread, setThread] = useState(threadId);
      return useStream({ apiUrl: url, assistantId, threadId: thread, onThreadId: setThread });
    });
    view.shown = () => ({
      messages: view.now.messages.map((each) => ({ type: each.type ?? each.getType(), id: each.id, content: each.content, calls: each.tool_calls, name: each.name, status: each.status })),
      values: { ...view.now.values, messages: view.now.values?.messages?.length },
      calls: view.now.toolCalls.map(({ name, args, id, input, output, status, error }) => ({ name, args, id, input, output, status, error })),
      interrupts: view.now.interrupts,
      error: view.now.error === undefined ? undefined : String(view.now.error),
      subgraphs: [...view.now.subgraphs.keys()],
    });
    // the hook may show that nothing goes on before it shows that something began
    view.settled = async () => {
      await view.until((now) => now.threadId);
      const state = await over(client, view.now.threadId);
      await view.until((now) => !now.isLoading && !now.isThreadLoading && now.messages.length >= state.values.messages.length);
      return view.shown();
    };
    view.turn = async (...given) => {
      await view.until((now) => !now.isLoading && !now.isThreadLoading);
      await view.now.submit(...given);
      return view.settled();
    };
    return view;
  }
  const answered = async (view) => {
    await view.now.respond("yes", { interruptId: view.now.interrupt.id });
    await view.until((now) => now.messages.length === 2 && now.messages[1].text);
    return view.settled();
  };
  for (const name of ["plain", "tools", "parallel", "progress", "failing"]) told[name] = await tried(() => chat(name).turn(human("hello")));
  told.turns = await tried(async () => {
    const view = chat("tools");
    return [await view.turn(human("hello")), await view.turn(human("again"))];
  });
  told.question = await tried(async () => {
    const view = chat("question");
    const asked = await view.turn(human("hello"));
    return [asked, await answered(view)];
  });
  told.opened = await tried(async () => {
    const { thread_id: id } = await client.threads.create();
    await client.runs.wait(id, "question", { input: said("hello") });
    const view = chat("question", id);
    await view.until((now) => !now.isThreadLoading && now.messages.length && now.interrupt);
    return [view.shown(), await answered(view)];
  });
  told.edited = await tried(async () => {
    const view = chat("plain");
    await view.turn(human("hello"));
    const [, second] = (await client.threads.getHistory(view.now.threadId)).reverse();
    return view.turn(null, { forkFrom: second.checkpoint.checkpoint_id });
  });
  told.removed = await tried(async () => {
    const view = chat("plain");
    await view.turn(human("hello"));
    return view.turn({ messages: [{ type: "remove", id: "__remove_all__", content: "" }, { type: "human", content: "anew" }] });
  });
  told.stopped = await tried(async () => {
    const view = chat("slow");
    await view.until((now) => !now.isThreadLoading);
    const going = view.now.submit(human("hello")).catch(() => {});
    await view.until((now) => now.messages.length === 2 && now.messages[1].text);
    await view.now.stop();
    await going;
    const shown = view.shown();
    await over(client, view.now.threadId);
    return [shown.messages, (await client.runs.list(view.now.threadId)).map((each) => each.status)];
  });
  return told;
});
