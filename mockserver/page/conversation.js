// A thread as a person would read it: messages with their tool calls, state, history, runs, and the rest.
import { get } from "./api.js";
import { $, block, copyButton, cut, fill, folded, make, moment, pretty } from "./dom.js";
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
  fill($("conversation-body"), make("p", { class: "empty" }, "Choose a thread to read it."));
}

export async function open(provider, key) {
  at = { provider, key };
  drawn = "";
  speech.open(provider, key);
  await refresh(true);
}

export function openNew(provider) {
  at = null;
  speech.open(provider, "");
  fill($("conversation-body"), make("p", { class: "empty" }, "What you say first makes a thread."));
  $("say-text").focus();
}

/** Show the thread as it is now; where nothing changed, nothing moves. */
export async function refresh(toEnd = false) {
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
  draw(told, toEnd);
}

function draw(told, toEnd) {
  const place = $("conversation-body");
  const opened = new Set([...place.querySelectorAll("details[open][data-part]")].map((each) => each.dataset.part));
  const atEnd = toEnd || place.scrollHeight - place.scrollTop - place.clientHeight < 80;
  const messages = make("ol", { class: "messages", "aria-label": "Messages" }, ...spread(told.messages));
  const part = (name, title, content) => {
    const made = folded(title, content, opened.has(name));
    made.dataset.part = name;
    return made;
  };
  fill(place,
    head(told),
    make("div", { class: "parts" },
      part("thread", "Thread", () => json(told.thread, "Thread")),
      told.state === null || told.state === undefined ? "" : part("state", "State", () => json(told.state, "State")),
      told.history.length ? part("history", `History (${told.history.length})`, () => historyTree(told.history)) : "",
      told.runs.length ? part("runs", `Runs (${told.runs.length})`, () => runs(told.runs)) : "",
      ...told.others.map((each) => part(`other ${each.resource}`, `${each.resource} (${each.count})`, () => json(each.things, each.resource)))),
    told.messages.length ? messages : make("p", { class: "empty" }, "No messages yet."));
  place.dataset.key = told.key;
  if (atEnd) place.scrollTop = place.scrollHeight;
}

function head(told) {
  const { status, metadata } = told.thread ?? {};
  const title = told.thread?.title ?? metadata?.title;
  return make("div", { class: "heading" },
    make("h3", { dir: "auto" }, cut(String(typeof title === "string" && title ? title : told.key), 200)),
    typeof status === "string" ? make("span", { class: "chip" }, status) : "",
    make("span", { class: "spring" }),
    make("code", { class: "soft" }, cut(told.key, 60)), copyButton(told.key, "key of the thread"));
}

const json = (value, label) => block(JSON.stringify(value, null, 2), label);

const MOST_MESSAGES = 200;
function spread(messages) {
  const calls = new Map(messages.flatMap((each) => (each.tool_calls ?? []).map((call) => [call.id, call.name])));
  const items = (some) => some.map((each) => message(each, calls));
  if (messages.length <= MOST_MESSAGES) return items(messages);
  // of a long thread the end is read first
  let from = messages.length - MOST_MESSAGES;
  const more = make("li", { class: "more" });
  const button = make("button", { type: "button", onclick: () => {
    const next = Math.max(0, from - MOST_MESSAGES);
    more.after(...items(messages.slice(next, from)));
    from = next;
    if (from) button.textContent = `${from} earlier messages`;
    else more.remove();
  } }, `${from} earlier messages`);
  more.append(button);
  return [more, ...items(messages.slice(from))];
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
    shown && shown !== "{}" ? make("pre", { tabIndex: 0, role: "region", "aria-label": "Arguments" }, cut(shown, LONG)) : "");
}

function runs(all) {
  return make("ol", { class: "plain runs" }, ...all.map((each) => make("li", {},
    folded(`${each.status ?? "run"} · ${moment(each.at)} · ${each.key}`, () => json(each.raw, "Run")))));
}
