// The agent that CopilotKit's runtime uses: all of its events, and its messages and state after each turn.
import { LangGraphAgent } from "@ag-ui/langgraph";
import { randomUUID } from "node:crypto";
import { isOwn, seen, tried } from "./both.mjs";

// An agent that is not told of what only the real graphs have: for it, the end of their function is the end of a node.
function ofBoth(agent) {
  const { runs } = agent.client;
  const stream = runs.stream.bind(runs);
  runs.stream = async function* (...asked) {
    for await (const part of stream(...asked)) if (!isOwn(part.data)) yield part;
  };
  return agent;
}

async function turn(agent, parameters = {}, events = []) {
  const note = ({ event }) => {
    const { rawEvent, ...kept } = event; // what came is in an event of its own, too
    events.push(kept);
  };
  await agent.runAgent({ runId: randomUUID(), ...parameters }, { onEvent: note });
  return { events, messages: agent.messages, state: agent.state };
}

// Two tools at once end in either order: what is told of the parallel ones is sorted.
const place = ({ type, toolCallId, event }) => [type, toolCallId, event?.event, event?.name].join();
const byPlace = ([one], [other]) => (one < other ? -1 : one > other ? 1 : 0);

const user = (content) => ({ id: randomUUID(), role: "user", content });

await seen(async (url) => {
  const made = (graphId, more = {}) =>
    ofBoth(new LangGraphAgent({ deploymentUrl: url, graphId, threadId: randomUUID(), initialMessages: [user("hello")], ...more }));
  const told = {};
  told.tools = await tried(async () => {
    const agent = made("tools");
    const first = await turn(agent);
    agent.addMessage(user("again"));
    return [first, await turn(agent)];
  });
  told.parallel = await tried(async () => {
    const { events, ...kept } = await turn(made("parallel"));
    return { ...kept, events: events.map((each) => [place(each), each]).sort(byPlace).map(([, each]) => each) };
  });
  told.progress = await tried(() => turn(made("progress")));
  const before = []; // the client throws, and does so with the real server, too
  told.failing = { error: await tried(() => turn(made("failing"), {}, before)), events: before };
  told.question = await tried(async () => {
    const agent = made("question");
    return [await turn(agent), await turn(agent, { forwardedProps: { command: { resume: "yes" } } })];
  });
  told.outcome = await tried(async () => {
    const agent = made("question", { emitInterruptOutcome: true });
    const first = await turn(agent);
    const resume = agent.pendingInterrupts.map((each) => ({ interruptId: each.id, status: "resolved", payload: "yes" }));
    return [first, await turn(agent, { resume })];
  });
  told.edited = await tried(async () => {
    const agent = made("plain");
    const first = await turn(agent);
    agent.addMessage(user("second"));
    const second = await turn(agent);
    const [kept] = agent.messages;
    agent.setMessages([{ ...kept, content: "changed" }]);
    return [first, second, await turn(agent)];
  });
  return told;
});
