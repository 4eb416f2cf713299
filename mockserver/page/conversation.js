// A thread as a person would read it: messages with their tool calls, state, history, runs, and the rest.
import { get } from "./api.js";
import { $, block, copyButton, cut, fill, folded, make, moment, pretty, settle } from "./dom.js";
import { historyTree } from "./history.js";
import * as speech from "./say.js";

let at = null;
let drawn = "";
let asking = null;

export function begin({ made, changed }) {
  speech.begin({ refresh, made, changed });
}

export function close() {
  at = null;
  drawn = "";
  $("say").hidden = true;
  fill($("conversation-body"), make("p", { class: "empty" }, "Choose a thread to read it, or start a new one."));
}

export async function open(provider, key) {
  at = { provider, key };
  drawn = "";
  from = Infinity;
  speech.open(provider, key);
  await refresh(true);
}

export function openNew(provider) {
  at = null;
  speech.open(provider, "");
  fill($("conversation-body"), make("p", { class: "empty" }, "What you say first makes a thread."));
  $("say-text").focus();
}

/** Show the thread as it is now; where nothing changed, nothing moves. anew: another one was shown before. */
export async function refresh(anew = false) {
  if (!at) return;
  const asked = at;
  asking?.abort();
  asking = new AbortController();
  let told;
  try {
    told = await get(`./threads/${encodeURIComponent(asked.provider)}/${encodeURIComponent(asked.key)}`, asking.signal);
  } catch (fault) {
    if (fault.name === "AbortError" || asked !== at) return;
    drawn = "";
    fill($("conversation-body"), make("p", { class: "empty" }, fault.status === 404 || fault.status === 400 ? "This thread is gone." : fault.message));
    return;
  }
  if (asked !== at) return;
  const text = JSON.stringify(told);
  if (text === drawn) return;
  drawn = text;
  draw(told, anew);
}

function draw(told, anew) {
  const place = $("conversation-body");
  if (anew || !place.querySelector(".messages")) {
    fill(place, make("div", { class: "heading" }), make("div", { class: "parts" }), make("ol", { class: "messages", "aria-label": "Messages" }), make("p", { class: "empty" }, "No messages yet. Say something below to start a run."));
  }
  const atEnd = anew || place.scrollHeight - place.scrollTop - place.clientHeight < 80;
  const [top, parts, messages, none] = place.children;
  const sign = JSON.stringify;
  settle(top, [{ name: "head", sign: sign(told.thread), make: () => head(told) }]);
  const part = (name, title, value, content) => ({
    name, sign: sign(value),
    make: (old) => {
      const made = folded(title, content, old?.open);
      made.dataset.part = name;
      return made;
    },
  });
  settle(parts, [
    part("thread", "Thread", told.thread, () => json(told.thread, "Thread")),
    ...(told.state === null || told.state === undefined ? [] : [part("state", "State", told.state, () => json(told.state, "State"))]),
    ...(told.history.length ? [part("history", `History (${told.history.length})`, told.history, () => historyTree(told.history))] : []),
    ...(told.runs.length ? [part("runs", `Runs (${told.runs.length})`, told.runs, () => runs(told.runs))] : []),
    ...told.others.map((each) => part(`other ${each.resource}`, `${each.resource} (${each.count})`, each, () => json(each.things, each.resource))),
  ]);
  settle(messages, spread(told.messages));
  none.hidden = told.messages.length > 0;
  place.dataset.key = told.key;
  if (atEnd) place.scrollTop = place.scrollHeight;
}

function head(told) {
  const { status, metadata } = told.thread ?? {};
  const title = told.thread?.title ?? metadata?.title;
  const shown = String(typeof title === "string" && title ? title : told.key);
  return make("div", { class: "heading" },
    make("h3", { dir: "auto", title: shown.slice(0, 1000) }, shown.slice(0, 300)),
    typeof status === "string" ? make("span", { class: "chip" }, status) : "",
    make("span", { class: "spring" }),
    make("code", { class: "soft" }, cut(told.key, 60)), copyButton(told.key, "key of the thread"));
}

const json = (value, label) => block(JSON.stringify(value, null, 2), label);

const MOST_MESSAGES = 200;
let from = 0;
/** The messages, of a long thread the last ones: the end is read first. */
function spread(messages) {
  const calls = new Map(messages.flatMap((each) => (each.tool_calls ?? []).map((call) => [call.id, call.name])));
  const first = Math.max(0, Math.min(from, messages.length - MOST_MESSAGES));
  const times = new Map();
  const found = messages.slice(first).map((each) => {
    const time = (times.get(each.key) ?? 0) + 1;
    times.set(each.key, time);
    return { name: `${each.key} ${time}`, sign: JSON.stringify(each), make: () => message(each, calls) };
  });
  if (!first) return found;
  const more = () => {
    from = Math.max(0, first - MOST_MESSAGES);
    settle($("conversation-body").querySelector(".messages"), spread(messages));
  };
  return [{ name: "more", sign: String(first), make: () => make("li", { class: "more" }, make("button", { type: "button", onclick: more }, `${first} earlier messages`)) }, ...found];
}

const SIDES = { user: "user", human: "user", tool: "tool", system: "system", developer: "system" };
const LONG = 4000;

function message(each, calls) {
  const side = SIDES[String(each.role).toLowerCase()] ?? "assistant";
  const text = each.text ?? "";
  return make("li", { class: `message ${side}`, "data-key": each.key },
    make("p", { class: "who" },
      make("span", { class: "role" }, each.role || "message"),
      each.answers ? make("span", { class: "soft" }, ` result of ${calls.get(each.answers) ?? each.answers}`) : "",
      each.at ? make("time", { class: "soft" }, moment(each.at)) : ""),
    text ? make("div", { class: side === "tool" ? "text mono" : "text", dir: "auto" }, (side === "tool" ? pretty(text) : text).slice(0, LONG)) : "",
    text.length > LONG ? folded(`${(text.length - LONG).toLocaleString("en")} characters more`, () => block(text.slice(LONG), "Rest of the text")) : "",
    ...(each.tool_calls ?? []).map(toolCall),
    folded("raw", () => json(each.raw, "Message")));
}

function toolCall(call) {
  const shown = typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments, null, 2) ?? "";
  return make("div", { class: "call" },
    make("p", {}, make("span", { class: "soft" }, "calls "), make("code", {}, call.name ?? "?"), call.id ? make("span", { class: "soft" }, ` ${call.id}`) : ""),
    shown && shown !== "{}" ? make("pre", { tabIndex: 0, role: "group", "aria-label": "Arguments" }, cut(shown, LONG)) : "");
}

function runs(all) {
  return make("ol", { class: "plain runs" }, ...all.map((each) => make("li", {},
    folded(`${each.status ?? "run"} · ${moment(each.at)} · ${each.key}`, () => json(each.raw, "Run")))));
}
