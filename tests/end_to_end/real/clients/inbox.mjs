// What agent-inbox does with the client: it lists interrupted threads, shows their questions, and answers, ignores and dismisses.
import { Client } from "@langchain/langgraph-sdk";
import { randomUUID } from "node:crypto";
import { all, isOwn, said, seen, tried } from "./both.mjs";

await seen(async (url) => {
  const { threads, runs } = new Client({ apiUrl: url, apiKey: null, callerOptions: { maxRetries: 0 } });
  const told = {};
  const tag = randomUUID();
  const waiting = async (graphId) => {
    const { thread_id: id } = await threads.create({ metadata: { tag } });
    await runs.wait(id, graphId, { input: said("hello") });
    return id;
  };
  const listed = (status, more = {}) => threads.search({ limit: 10, offset: 0, metadata: { tag }, status, ...more });
  const answered = async (id, graphId, response) => ({
    events: await all(runs.stream(id, graphId, { command: { resume: [response] }, streamMode: ["updates", "values", "events"] })).then((events) => events.filter((each) => !isOwn(each.data))),
    state: await threads.getState(id),
    status: (await threads.get(id)).status,
  });
  const answers = {
    accept: { type: "accept", args: null },
    edit: { type: "edit", args: { action: "send_mail", args: { to: "a@example.org" } } },
    response: { type: "response", args: "Not now." },
    ignore: { type: "ignore", args: null },
  };
  for (const [name, answer] of Object.entries(answers)) {
    told[name] = await tried(async () => {
      const id = await waiting("approval");
      return [await listed("interrupted"), await threads.getState(id), await answered(id, "approval", answer), await listed("interrupted")];
    });
  }
  told.dismissed = await tried(async () => {
    const id = await waiting("question");
    const found = await listed("interrupted");
    await threads.updateState(id, { values: null, asNode: "__end__" });
    return [found, await threads.get(id), await threads.getState(id), await listed("interrupted"), await listed("idle")];
  });
  told.paged = await tried(async () => {
    for (const graphId of ["question", "approval", "plain"]) await waiting(graphId);
    return [await listed("interrupted", { limit: 1 }), await listed("interrupted", { limit: 1, offset: 1 }), await listed("error"), await listed("busy")];
  });
  return told;
});
