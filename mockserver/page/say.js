// Say something in a thread: the mock tells the request of its provider, the page sends it and shows the stream.
import { ask, send } from "./api.js";
import { $, fill, make, say, tell } from "./dom.js";
import { eventItem } from "./exchange.js";
import { readEvents } from "./sse.js";

const MOST = 300;
const EVERY = 700;
let at = { provider: "", key: "" };
let running = null;
let hooks;

export function begin(given) {
  hooks = given;
  $("say").addEventListener("submit", (event) => { event.preventDefault(); speak(); });
  $("say-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); speak(); }
  });
  $("say-stop").addEventListener("click", () => running?.abort());
}

export function open(provider, key) {
  if (at.provider === provider && at.key === key) return;
  at = { provider, key };
  $("say").hidden = false;
  if (running) return; // the thread that is being made: its stream goes on
  $("stream").hidden = true;
  fill($("stream"));
  tell($("say-told"), "");
}

async function speak() {
  const text = $("say-text").value;
  if (running || !text.trim()) return;
  const place = $("say-told");
  running = new AbortController();
  $("say-stop").hidden = false;
  fill($("stream"));
  $("say-text").value = "";
  tell(place, "…");
  try {
    const told = await talk(text, running.signal);
    tell(place, told);
    say(`The run is over. ${told}`);
  } catch (fault) {
    const stopped = fault.name === "AbortError";
    if (!stopped) $("say-text").value ||= text;
    tell(place, stopped ? "Stopped reading. The run may go on." : fault.message, !stopped);
  } finally {
    running = null;
    $("say-stop").hidden = true;
    hooks.changed();
  }
}

/** Say a text: first make the thread where there is none, at the end start the run where that takes a request more. */
async function talk(text, signal) {
  const { provider } = at;
  const before = at.key ? null : new Set((await newest(provider)).map((each) => each.key));
  let request = await planned(at.key ? { provider, text, key: at.key } : { provider, text });
  let told = "";
  while (request) {
    const { status, count, said } = await exchange(await send(request, signal));
    told = count ? `${count} events.` : `It answered ${status}.`;
    if (before && !at.key) await find(provider, before, said);
    if (request.says === false && at.key) request = await planned({ provider, text, key: at.key });
    else request = request.then;
  }
  return told;
}

const planned = (asked) => ask("POST", "./say", asked);

/** Read an answer, a stream as it comes. */
async function exchange(answer) {
  const { status } = answer;
  if (!answer.ok || !(answer.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
    const said = await answer.text();
    if (answer.ok) return { status, count: 0, said };
    $("stream").hidden = false;
    put({ kind: `answer ${status}`, data: said });
    throw new Error(`It answered ${status}.`);
  }
  $("stream").hidden = false;
  let count = 0, last = 0, said = "";
  for await (const event of readEvents(answer.body)) {
    count += 1;
    if (count < MOST) said += event.data;
    put(event);
    tell($("say-told"), `${count} ${count === 1 ? "event" : "events"} so far`);
    if (performance.now() - last > EVERY) {
      last = performance.now();
      hooks.refresh();
    }
  }
  return { status, count, said };
}

function put(event) {
  const place = $("stream");
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
  place.append(make("ol", { class: "events" }, eventItem(event)));
  while (place.children.length > MOST) place.firstElementChild.remove();
  if (atEnd) place.scrollTop = place.scrollHeight;
}

async function newest(provider) {
  return (await ask("GET", `./threads?${new URLSearchParams({ provider, limit: 50 })}`)).threads;
}

/** Show the thread that was made: one that was not there before, which the answer names if it can. */
async function find(provider, before, said) {
  const fresh = (await newest(provider)).filter((each) => !before.has(each.key));
  const key = (fresh.find((each) => said.includes(JSON.stringify(each.key))) ?? fresh[0])?.key;
  if (!key) return;
  at = { provider, key };
  hooks.made(key);
}
