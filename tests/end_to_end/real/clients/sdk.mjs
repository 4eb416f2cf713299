// The client library by itself: reconnect, cancel, remove, edit.
import { Client } from "@langchain/langgraph-sdk";
import { all, said, seen, tried } from "./both.mjs";

await seen(async (url) => {
  const { threads, runs, assistants } = new Client({ apiUrl: url, apiKey: null, callerOptions: { maxRetries: 0 } });
  const told = {};
  const made = async () => (await threads.create()).thread_id;
  const plain = ({ event, data }) => ({ event, data });
  told.rejoined = await tried(async () => {
    const id = await made();
    let run;
    const parts = await all(runs.stream(id, "tools", { input: said("hello"), streamMode: ["values", "messages-tuple", "tasks"], streamResumable: true, onRunCreated: (each) => (run = each.run_id) }));
    return [parts.map(plain), (await all(runs.joinStream(id, run, { lastEventId: parts[0].id }))).map(plain), (await all(runs.joinStream(id, run, { lastEventId: "-1" }))).map(plain), (await all(runs.joinStream(id, run))).map(plain), await runs.join(id, run)];
  });
  told.filtered = await tried(async () => {
    const id = await made();
    let run;
    await all(runs.stream(id, "tools", { input: said("hello"), streamMode: ["values", "updates"], streamResumable: true, onRunCreated: (each) => (run = each.run_id) }));
    return (await all(runs.joinStream(id, run, { lastEventId: "-1", streamMode: ["updates"] }))).map(plain);
  });
  told.interrupted = await tried(async () => {
    const id = await made();
    const run = await runs.create(id, "slow", { input: said("hello") });
    while (((await threads.getState(id)).values?.messages ?? []).length < 2);
    const second = await runs.wait(id, "slow", { input: said("instead"), multitaskStrategy: "interrupt", interruptAfter: ["agent"] });
    return [(await runs.get(id, run.run_id)).status, second, await threads.getState(id), await threads.get(id)];
  });
  for (const action of ["interrupt", "rollback"]) {
    told[action] = await tried(async () => {
      const id = await made();
      const parts = [];
      for await (const part of runs.stream(id, "slow", { input: said("hello"), streamMode: ["messages-tuple", "values"] })) {
        parts.push(plain(part));
        if (part.event === "values" && part.data.messages.length === 2) await runs.cancel(id, parts[0].data.run_id, false, action);
      }
      return [parts, await tried(() => runs.join(id, parts[0].data.run_id)), await threads.get(id), await threads.getState(id), (await runs.list(id)).map((each) => each.status)];
    });
  }
  told.left = await tried(async () => {
    const id = await made();
    const leaving = new AbortController();
    try {
      for await (const part of runs.stream(id, "slow", { input: said("hello"), onDisconnect: "cancel", signal: leaving.signal })) if (part.data.messages?.length === 2) leaving.abort();
    } catch {}
    while ((await runs.list(id))[0].status !== "interrupted");
    while ((await threads.get(id)).status === "busy"); // the real server notes the end of the run first
    return [await threads.get(id), await threads.getState(id)];
  });
  told.removed = await tried(async () => {
    const id = await made();
    const { messages } = await runs.wait(id, "plain", { input: said("hello") });
    await threads.updateState(id, { values: { messages: [{ type: "remove", id: messages[0].id, content: "" }] }, asNode: "agent" });
    const one = await threads.getState(id);
    await threads.updateState(id, { values: { messages: [{ type: "remove", id: "__remove_all__", content: "" }, { role: "assistant", content: "rest" }] }, asNode: "agent" });
    return [one, await threads.getState(id)];
  });
  told.edited = await tried(async () => {
    const id = await made();
    const { messages } = await runs.wait(id, "plain", { input: said("hello") });
    const [first] = (await threads.getHistory(id)).reverse();
    const edited = await all(runs.stream(id, "plain", { input: { messages: [{ ...messages[0], content: "changed" }] }, checkpoint: first.checkpoint, streamMode: ["values"] }));
    const [start] = await threads.getHistory(id, { limit: 1 });
    return [edited.map(plain), start, (await threads.getHistory(id)).length];
  });
  told.assistants = await tried(async () => {
    const found = await assistants.search({ graphId: "tools" });
    return found.map(({ graph_id, name, metadata, version, config, description }) => ({ graph_id, name, metadata, version, config, description }));
  });
  return told;
});
