// The control interface, asked by relative addresses: the page may stand below the base URL of a session.
import { readEvents } from "./sse.js";

export const HERE = new URL("./", document.baseURI);
export const BASE = new URL("../", HERE);
const HEADER = "X-Threadmock-Control";
const KEPT = "threadmock-token";

let token = "";

/** A token comes in the fragment `#token=…`, which no server sees; it is kept for this tab, out of the address. */
export function takeToken() {
  const found = /(?:^#|&)token=([^&]*)/.exec(location.hash);
  try {
    if (found) sessionStorage.setItem(KEPT, decodeURIComponent(found[1]));
    token = sessionStorage.getItem(KEPT) ?? "";
  } catch {
    token = found ? found[1] : "";
  }
  if (found) history.replaceState(null, "", location.pathname + location.search);
}

export class Refusal extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

function headers(method, more = {}) {
  const made = { ...more };
  if (token) made[HEADER] = token;
  else if (method !== "GET") made[HEADER] = "1";
  return made;
}

/** The answer of `./path` as JSON. body: sent as JSON, or as it is where it is a Blob. Refusal where it is not met. */
export async function ask(method, path, body, signal) {
  const isFile = body instanceof Blob;
  let answer;
  try {
    answer = await fetch(new URL(path, HERE), {
      method, signal, cache: "no-store",
      headers: headers(method, body === undefined ? {} : { "content-type": "application/json" }),
      body: body === undefined ? undefined : isFile ? body : JSON.stringify(body),
    });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Refusal(0, "The mock does not answer. Is it still running?");
  }
  const text = await answer.text();
  let told;
  try { told = text ? JSON.parse(text) : null; } catch { told = null; }
  if (!answer.ok) throw new Refusal(answer.status, told?.detail || told?.title || `It answered ${answer.status}.`);
  return told;
}

export const get = (path, signal) => ask("GET", path, undefined, signal);

let asked = null;
/** The mock's document of the control interface, asked for once. */
export function controlDocument() {
  asked ??= get("./openapi.json").catch((fault) => { asked = null; throw fault; });
  return asked;
}

/** As `get`; null where this mock has no such thing. path: as in the document, with a query behind it. */
export async function getIfThere(path) {
  const { paths } = await controlDocument();
  if (!(path.slice(1).split("?")[0] in paths)) return null;
  try {
    return await get(path);
  } catch (fault) {
    if (fault.status === 404) return null;
    throw fault;
  }
}

export async function download(path, name) {
  const answer = await fetch(new URL(path, HERE), { headers: headers("GET") });
  if (!answer.ok) throw new Refusal(answer.status, `It answered ${answer.status}.`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/**
 * Follow what happens, for ever. `take(kind, value)` gets each event; `state(text)` hears of the connection.
 * After a pause it goes on behind the last one that came.
 */
export async function follow(take, state) {
  let after = await known(0), wait = 500;
  for (;;) {
    try {
      const answer = await fetch(new URL(`./events?after=${after}`, HERE), { headers: headers("GET"), cache: "no-store" });
      if (!answer.ok) throw new Refusal(answer.status, `It answered ${answer.status}.`);
      state("live");
      wait = 500;
      for await (const event of readEvents(answer.body)) {
        if (event.id) after = Number(event.id);
        take(event.kind, JSON.parse(event.data));
      }
      state("lost");
    } catch (fault) {
      state(fault.status === 503 ? "full" : "lost");
    }
    await new Promise((done) => { setTimeout(done, wait); });
    wait = Math.min(wait * 2, 5000);
    const next = await known(after);
    if (next < after) state("anew");
    after = next;
  }
}

let instance = "";
/** Where to go on: a mock that was started anew, and a session that was made anew, count from one. */
async function known(after) {
  try {
    const [health, { exchanges }] = await Promise.all([get("./health"), get("./exchanges?limit=1")]);
    const same = !instance || instance === health.instance;
    instance = health.instance;
    return same && exchanges.length && exchanges[0].number >= after ? after : 0;
  } catch {
    return after;
  }
}

/** Send a request as a client of the mock would; the answer, whose body is still to be read. */
export function send(request, signal) {
  const body = request.body === null || request.body === undefined ? undefined
    : typeof request.body === "string" ? request.body : JSON.stringify(request.body);
  return fetch(BASE.href.replace(/\/$/, "") + request.path, { method: request.method, headers: request.headers ?? {}, body, signal });
}
