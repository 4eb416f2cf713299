// The hook of the client library, as agent-chat-ui and deep-agents-ui use it.
import { Client } from "@langchain/langgraph-sdk";
import { useStream } from "@langchain/langgraph-sdk/react";
import { useState } from "react";
import { isOwn, over, said, seen, tried } from "./both.mjs";
import { rendered } from "./rendered.mjs";

const CALLBACKS = ["onUpdateEvent", "onCustomEvent", "onMetadataEvent", "onLangChainEvent", "onDebugEvent", "onCheckpointEvent", "onTaskEvent", "onError", "onFinish", "onCreated"];

function chat(client, apiUrl, assistantId, { heard = [], ...more } = {}) {
  const log = [];
  const callbacks = Object.fromEntries(heard.map((name) => [name, (...given) => name === "onLangChainEvent" && isOwn(given[0]) || log.push([name, name === "onError" ? String(given[0]) : given.slice(0, name === "onCustomEvent" || name === "onUpdateEvent" ? 1 : 2)])]));
  const view = rendered(() => {
    const [threadId, setThread] = useState(more.threadId ?? null);
    view.thread = threadId;
    return useStream({ apiUrl, assistantId, fetchStateHistory: true, reconnectOnMount: true, ...callbacks, ...more, threadId, onThreadId: setThread });
  });
  view.log = log;
  view.shown = () => ({
    messages: view.now.messages,
    values: view.now.values,
    interrupt: view.now.interrupt,
    error: view.now.error === undefined ? undefined : String(view.now.error),
    history: view.now.history,
    branch: view.now.branch,
    metadata: view.now.messages.map((each, at) => {
      const found = view.now.getMessagesMetadata(each, at);
      return found && { branch: found.branch, branchOptions: found.branchOptions, first: found.firstSeenState?.checkpoint, parent: found.firstSeenState?.parent_checkpoint };
    }),
  });
  // the hook is told of its end later than the caller of submit
  view.settled = async () => {
    await view.until(() => view.thread);
    const { checkpoint } = await over(client, view.thread);
    await view.until((now) => !now.isLoading && !now.isThreadLoading && (now.error || now.history.some((each) => each.checkpoint.checkpoint_id === checkpoint.checkpoint_id)));
  };
  view.turn = async (...given) => {
    await view.until((now) => !now.isLoading && !now.isThreadLoading);
    await view.now.submit(...given);
    await view.settled();
    return view.shown();
  };
  return view;
}

// as agent-chat-ui submits
const CHAT = { streamMode: ["values"], streamSubgraphs: true, streamResumable: true };
const human = (content) => ({ messages: [{ type: "human", content }] });

await seen(async (url) => {
  const told = {};
  const client = new Client({ apiUrl: url, apiKey: null });
  told.callbacks = await tried(async () => {
    const view = chat(client, url, "tools", { heard: CALLBACKS });
    return [await view.turn(human("hello")), view.log];
  });
  told.custom = await tried(async () => {
    const view = chat(client, url, "progress", { heard: ["onCustomEvent", "onFinish"] });
    return [await view.turn(human("hello")), view.log];
  });
  told.edited = await tried(async () => {
    const view = chat(client, url, "plain");
    const first = await view.turn(human("hello"), CHAT);
    await view.turn(human("again"), CHAT);
    const { firstSeenState } = view.now.getMessagesMetadata(view.now.messages[0]);
    const edited = await view.turn(human("changed"), { ...CHAT, checkpoint: firstSeenState.parent_checkpoint });
    const answer = view.now.getMessagesMetadata(view.now.messages[1]).firstSeenState.parent_checkpoint;
    const again = await view.turn(undefined, { ...CHAT, checkpoint: answer });
    const options = view.shown().metadata.find((each) => each?.branchOptions)?.branchOptions ?? [];
    view.now.setBranch(options[0] ?? "");
    await view.until((now) => now.branch === (options[0] ?? ""));
    return [first, edited, again, options.length, view.shown()];
  });
  told.removed = await tried(async () => {
    const view = chat(client, url, "plain");
    await view.turn(human("hello"));
    const [first] = view.now.messages;
    const one = await view.turn({ messages: [{ type: "remove", id: first.id, content: "" }, { type: "human", content: "again" }] });
    const all = await view.turn({ messages: [{ type: "remove", id: "__remove_all__", content: "" }, { type: "human", content: "anew" }] });
    return [one, all];
  });
  told.question = await tried(async () => {
    const view = chat(client, url, "question");
    return [await view.turn(human("hello"), CHAT), await view.turn(undefined, { ...CHAT, command: { resume: "yes" } })];
  });
  told.approval = await tried(async () => {
    const view = chat(client, url, "approval");
    const decisions = [{ type: "edit", edited_action: { name: "send_mail", args: { to: "a@example.org" } } }];
    return [await view.turn(human("hello"), CHAT), await view.turn({}, { ...CHAT, command: { resume: { decisions } } })];
  });
  told.resolved = await tried(async () => {
    // agent-chat-ui's "Mark as resolved"
    const view = chat(client, url, "question");
    return [await view.turn(human("hello"), CHAT), await view.turn({}, { command: { goto: "__end__" } })];
  });
  told.failing = await tried(async () => {
    const view = chat(client, url, "failing", { heard: ["onError", "onFinish"] });
    return [await view.turn(human("hello"), CHAT), view.log];
  });
  told.stopped = await tried(async () => {
    const view = chat(client, url, "slow");
    await view.until((now) => !now.isThreadLoading);
    const going = view.now.submit(human("hello"), { streamResumable: true }).catch(() => {});
    await view.until((now) => now.messages.length === 2);
    await view.now.stop();
    await going;
    await view.settled();
    const { messages } = view.now;
    const { thread_id: id, status } = await client.threads.get(view.thread);
    return [messages, status, (await client.runs.list(id)).map((each) => each.status), await client.threads.getState(id)];
  });
  told.joined = await tried(async () => {
    const { thread_id: threadId } = await client.threads.create();
    const run = await client.runs.create(threadId, "tools", { input: said("hello"), streamMode: ["values", "messages-tuple"], streamResumable: true });
    await client.runs.join(threadId, run.run_id);
    const view = chat(client, url, "tools", { threadId });
    await view.until((now) => !now.isThreadLoading);
    await view.now.joinStream(run.run_id, "-1");
    await view.until((now) => !now.isLoading && !now.isThreadLoading);
    return view.shown();
  });
  return told;
});
