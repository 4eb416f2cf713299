// Every thread call of the JavaScript client, and the assistant calls that it begins with, against one base URL.
// Prints what the client made of the answers as one JSON object; the assertions are in the Python test.
//
//   node threads.mjs BASE_URL
import { Client } from "langgraph-sdk-2";

const NOBODY = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const client = new Client({ apiUrl: process.argv[2], apiKey: null, callerOptions: { maxRetries: 0 } });
const { threads, assistants } = client;
const tag = crypto.randomUUID();
const told = { tag };

const status = async (call) => {
  try {
    await call();
    return 0;
  } catch (error) {
    return error.status ?? error.response?.status ?? String(error);
  }
};
const ids = (states) => states.map((state) => state.checkpoint.checkpoint_id);

// Create, read, update, conflict.
const chosen = crypto.randomUUID();
told.chosen = chosen;
told.created = await threads.create({ threadId: chosen, metadata: { tag, n: 0 }, graphId: "agent", ttl: 60 });
told.bare = await threads.create();
told.read = await threads.get(chosen);
told.taken = await status(() => threads.create({ threadId: chosen }));
told.kept = await threads.create({ threadId: chosen, ifExists: "do_nothing", metadata: { other: 1 } });
told.updated = await threads.update(chosen, { metadata: { more: { deep: true } }, ttl: { ttl: 5, strategy: "keep_latest" } });
told.malformed = await status(() => threads.get("nope"));
told.unknown = await Promise.all([
  status(() => threads.get(NOBODY)),
  status(() => threads.update(NOBODY, { metadata: {} })),
  status(() => threads.delete(NOBODY)),
  status(() => threads.getState(NOBODY)),
  status(() => threads.getHistory(NOBODY)),
  status(() => threads.updateState(NOBODY, { values: { n: 1 } })),
]);
told.copyOfUnknown = await status(() => threads.copy(NOBODY));

// State and history.
told.emptyState = await threads.getState(chosen);
told.writes = [];
for (const n of [0, 1, 2, 3]) {
  const values = { n, messages: [{ type: "human", content: `message ${n}` }] };
  told.writes.push((await threads.updateState(chosen, { values, asNode: "model" })).checkpoint);
}
told.state = await threads.getState(chosen);
told.stateWithSubgraphs = await threads.getState(chosen, undefined, { subgraphs: true });
told.stateById = await threads.getState(chosen, told.writes[1].checkpoint_id);
told.stateByCheckpoint = await threads.getState(chosen, told.writes[1], { subgraphs: true });
told.history = await threads.getHistory(chosen);
told.historyOfTwo = ids(await threads.getHistory(chosen, { limit: 2 }));
// The server that was seen fails on `before`: then the status is told.
const historyBefore = async (before) => {
  const failed = await status(() => threads.getHistory(chosen, { before }));
  return failed || ids(await threads.getHistory(chosen, { before }));
};
told.historyBefore = await historyBefore({ configurable: told.writes[2] });
told.historyBeforeCheckpoint = await historyBefore(told.writes[2]);
told.historyOfStep = (await threads.getHistory(chosen, { metadata: { step: 1 } })).map((state) => state.values.n);
told.historyOfCheckpoint = (await threads.getHistory(chosen, { checkpoint: { checkpoint_ns: "" } })).length;
told.fork = (await threads.updateState(chosen, { values: { fork: 1 }, checkpointId: told.writes[0].checkpoint_id })).checkpoint;
told.forkedState = await threads.getState(chosen);
told.forkAgain = (await threads.updateState(chosen, { values: { fork: 2 }, checkpoint: told.writes[1] })).checkpoint;
told.forkedAgainState = await threads.getState(chosen);

// Copies and supersteps.
told.copy = await threads.copy(chosen);
told.copyHistory = ids(await threads.getHistory(told.copy.thread_id));
const update = (values) => ({ values, asNode: "model" });
const supersteps = [{ updates: [update({ a: 1 })] }, { updates: [update({ b: 2 }), update({ a: 3 })] }];
told.stepped = await threads.create({ graphId: "agent", supersteps });
told.steppedValues = (await threads.getHistory(told.stepped.thread_id)).map((state) => state.values);

// Lists.
const pageTag = crypto.randomUUID();
told.made = [];
for (let n = 0; n < 5; n++) told.made.push((await threads.create({ metadata: { tag: pageTag, n } })).thread_id);
const sorted = { metadata: { tag: pageTag }, sortBy: "created_at", sortOrder: "asc" };
const found = async (query) => (await threads.search(query)).map((thread) => thread.thread_id);
told.pages = [await found({ ...sorted, limit: 3 }), await found({ ...sorted, limit: 3, offset: 3 })];
told.reversed = await found({ ...sorted, sortOrder: "desc" });
told.byIds = await found({ ids: [told.made[2], NOBODY] });
told.byValues = await found({ metadata: { tag }, values: { fork: 2 } });
told.byStatus = [await found({ ...sorted, status: "idle" }), await found({ ...sorted, status: "busy" })];
told.selected = await threads.search({ ...sorted, limit: 1, select: ["thread_id", "metadata"] });
told.counts = [await threads.count({ metadata: { tag: pageTag } }), await threads.count({ metadata: { tag: pageTag, n: 4 } })];
told.badLimit = await status(() => threads.search({ limit: 0 }));

// The end of threads.
told.deleted = (await threads.delete(told.made[0])) ?? null;
told.afterDelete = [await status(() => threads.get(told.made[0])), await threads.count({ metadata: { tag: pageTag } })];

// Assistants.
told.assistants = await assistants.search({ graphId: "agent", metadata: { created_by: "system" } });
told.assistant = await assistants.get(told.assistants[0].assistant_id);
told.schemas = await assistants.getSchemas(told.assistants[0].assistant_id);
told.newAssistant = await assistants.create({ graphId: "agent", name: tag, metadata: { tag }, config: { tags: ["x"] } });
told.newFound = await assistants.search({ metadata: { tag }, includePagination: true });
told.assistantTaken = await status(() =>
  assistants.create({ graphId: "agent", assistantId: told.newAssistant.assistant_id }),
);
console.log(JSON.stringify(told));
