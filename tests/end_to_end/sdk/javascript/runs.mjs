// Every run call of the JavaScript client against one base URL, in which nothing takes time unless a script says so.
// Prints what the client made of the answers as one JSON object; the assertions are in the Python test.
//
//   node runs.mjs BASE_URL
import { Client } from "langgraph-sdk-2";

const client = new Client({ apiUrl: process.argv[2], apiKey: null, callerOptions: { maxRetries: 0 } });
const { threads, runs } = client;
const told = {};

const said = (content) => ({ messages: [{ role: "user", content }] });
const texts = (values) => values.messages.map((message) => message.content);
const status = async (call) => {
  try {
    await call();
    return 0;
  } catch (error) {
    return error.status ?? error.response?.status ?? String(error);
  }
};
const all = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
};
const made = async () => (await threads.create()).thread_id;

// Wait, and a second turn.
const one = await made();
told.created = [];
const onRunCreated = (run) => told.created.push(run);
told.waited = texts(await runs.wait(one, "agent", { input: said("tea"), onRunCreated }));
told.again = texts(await runs.wait(one, "agent", { input: said("milk") }));
told.state = texts((await threads.getState(one)).values);
told.thread = (await threads.get(one)).status;

// Every mode, then several at once.
told.modes = {};
for (const streamMode of ["values", "updates", "messages", "messages-tuple", "tasks", "checkpoints", "debug", "custom", "events"]) {
  const parts = await all(runs.stream(await made(), "agent", { input: said("/tool x"), streamMode }));
  told.modes[streamMode] = [...new Set(parts.map((part) => part.event))];
}
const two = await made();
const several = { input: said("tea"), streamMode: ["values", "updates", "messages-tuple"], streamResumable: true, onRunCreated };
const parts = await all(runs.stream(two, "agent", several));
told.several = parts.map((part) => part.event);
told.metadataNamesTheRun = parts[0].data.run_id === told.created.at(-1).run_id;
told.spoken = parts.filter((part) => part.event === "messages").map((part) => part.data[0].content).join("");

// Join a run, and its stream from each event.
const run = told.created.at(-1).run_id;
told.joined = texts(await runs.join(two, run));
told.suffixes = [];
for (const part of parts) told.suffixes.push((await all(runs.joinStream(two, run, { lastEventId: part.id }))).length);
told.replayed = (await all(runs.joinStream(two, run, { lastEventId: "-1" }))).length;
told.unasked = (await all(runs.joinStream(two, run))).length;

// Interrupt and resume, once.
const three = await made();
const asked = await all(runs.stream(three, "agent", { input: said("/human hello"), streamMode: ["values", "updates"] }));
told.interrupt = asked.at(-1).data.__interrupt__;
told.interrupted = (await threads.get(three)).status;
told.pending = (await threads.getState(three)).tasks[0].interrupts;
told.resumed = texts(await runs.wait(three, "agent", { command: { resume: "approve" } })).at(-1);
told.resumedTwice = texts(await runs.wait(three, "agent", { command: { resume: "approve" } })).at(-1);
told.afterResume = (await threads.get(three)).status;
const four = await made();
await runs.wait(four, "agent", { input: said("/tool x"), interruptBefore: ["tools"] });
told.pausedBefore = (await threads.getState(four)).next;
told.wentOn = texts(await runs.wait(four, "agent", { input: null })).length;

// Failures.
const five = await made();
const failed = await all(runs.stream(five, "agent", { input: said("/failing x") }));
told.failure = [failed.at(-1).event, failed.at(-1).data];
told.failureRaises = await runs.wait(five, "agent", { input: said("/failing x") }).then(
  () => "",
  (error) => String(error),
);
told.failedRuns = (await runs.list(five)).map((each) => each.status);

// In the background: list, read, second runs, cancel, delete.
const six = await made();
const slow = (more) => runs.create(six, "agent", { input: said("/stops x"), ...more });
const first = await slow();
told.background = [first.status, (await threads.get(six)).status];
told.rejected = await status(() => slow({ multitaskStrategy: "reject" }));
const second = await slow({ multitaskStrategy: "interrupt" });
told.superseded = [(await runs.get(six, first.run_id)).status, (await runs.list(six)).length];
await runs.cancel(six, second.run_id, true);
told.cancelled = [(await runs.get(six, second.run_id)).status, (await threads.get(six)).status];
told.cancelledTwice = await status(() => runs.cancel(six, second.run_id));
await runs.delete(six, first.run_id);
told.left = (await runs.list(six)).map((each) => each.run_id === second.run_id);
const third = await slow();
await runs.cancel(six, third.run_id, true, "rollback");
told.rolledBack = await status(() => runs.get(six, third.run_id));

// A reader that leaves.
const leaving = new AbortController();
const seven = await made();
try {
  const stops = { input: said("/stops x"), onDisconnect: "cancel", signal: leaving.signal };
  for await (const part of runs.stream(seven, "agent", stops)) if (part.event === "values") leaving.abort();
} catch (error) {
  if (error.name !== "AbortError") throw error;
}
for (let look = 0; look < 2000; look++) if ((await runs.list(seven))[0].status === "interrupted") break;
told.stopped = (await runs.list(seven))[0].status;

// Without a thread.
told.stateless = texts(await runs.wait(null, "agent", { input: said("tea") }));
told.statelessEvents = (await all(runs.stream(null, "agent", { input: said("tea") }))).map((part) => part.event);
told.batch = (await runs.createBatch([0, 1].map((n) => ({ assistantId: "agent", input: said(`n${n}`), metadata: { n } })))).map(
  (each) => each.metadata.n,
);

// The stream of a thread.
told.followed = [];
const follow = new AbortController();
for await (const part of threads.joinStream(one, { lastEventId: "-", signal: follow.signal })) {
  told.followed.push(part.event);
  if (told.followed.filter((event) => event === "metadata").length === 4) break;
}
console.log(JSON.stringify(told));
process.exit(0);
