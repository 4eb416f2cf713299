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
  tell(place, "…");
  try {
    const told = await talk(text, running.signal);
    $("say-text").value = "";
    tell(place, told);
    say(`The run is over. ${told}`);
  } catch (fault) {
    const stopped = fault.name === "AbortError";
    tell(place, stopped ? "Stopped reading. The run may go on." : fault.message, !stopped);
  } finally {
    running = null;
    $("say-stop").hidden = true;
    hooks.refresh();
  }
}

/** Make the thread where there is none, then start the run. */
async function talk(text, signal) {
  const { provider } = at;
  if (!at.key) {
    const answer = await send(await planned({ provider, text }), signal);
    const made = await readWhole(answer);
    const key = await newest(provider, made);
    if (!key) return `It answered ${answer.status}.`;
    at = { provider, key };
    hooks.made(key);
  }
  const answer = await send(await planned({ provider, text, key: at.key }), signal);
  const kind = answer.headers.get("content-type") ?? "";
  if (!answer.ok || !kind.startsWith("text/event-stream")) {
    await readWhole(answer);
    return `It answered ${answer.status}.`;
  }
  $("stream").hidden = false;
  let count = 0, last = 0;
  for await (const event of readEvents(answer.body)) {
    count += 1;
    put(event);
    tell($("say-told"), `${count} events`);
    if (performance.now() - last > EVERY) {
      last = performance.now();
      hooks.refresh();
    }
  }
  return `${count} events.`;
}

const planned = (asked) => ask("POST", "./say", asked);

function put(event) {
  const place = $("stream");
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
  place.append(make("ol", { class: "events" }, eventItem(event)));
  while (place.children.length > MOST) place.firstElementChild.remove();
  if (atEnd) place.scrollTop = place.scrollHeight;
}

async function readWhole(answer) {
  const text = await answer.text();
  if (!answer.ok) {
    $("stream").hidden = false;
    put({ kind: `answer ${answer.status}`, data: text });
    throw new Error(`It answered ${answer.status}.`);
  }
  return text;
}

/** The key of the thread that was made: of those that there are, the one that the answer names. */
async function newest(provider, answer) {
  const { threads } = await ask("GET", `./threads?${new URLSearchParams({ provider, limit: 50 })}`);
  return (threads.find((each) => answer.includes(JSON.stringify(each.key))) ?? threads[0])?.key ?? "";
}
