// The control interface, asked by relative addresses: the page may stand below the base URL of a session.
import { readEvents } from "./sse.js";

export const HERE = new URL("./", document.baseURI);
export const BASE = new URL("../", HERE);
const within = /^(.*\/)_s\/([^/]+)\/$/.exec(BASE.pathname);
/** The name of the session that the page is about; "" on the server's own page. */
export const SESSION = within ? decodeURIComponent(within[2]) : "";
export const ROOT = new URL(within ? within[1] : BASE.pathname, BASE);
/** The page of a session, or with "" the server's own. */
export const pageOf = (name) => new URL(name ? `_s/${encodeURIComponent(name)}/_mock/` : "_mock/", ROOT).href;

const HEADER = "X-Threadmock-Control";
const KEPT = "threadmock-token";
const LOCKED = ":control-remote";

let token = "";
let over = false;
let wake = () => {};
const hooks = { locked() {} };

/** locked(sent): the server asks for a token; sent: whether the page sent one. */
export function onRefusal(given) {
  Object.assign(hooks, given);
}

/** A token comes in the fragment `#token=…`, which no server sees; it is kept for this tab, out of the address. */
export function takeToken() {
  const found = /(?:^#|&)token=([^&]*)/.exec(location.hash);
  let sent = found?.[1] ?? "";
  try { sent = decodeURIComponent(sent); } catch { /* it is taken as it stands */ }
  if (found) history.replaceState(null, "", location.pathname + location.search);
  if (found) keepToken(sent);
  else try { token = sessionStorage.getItem(KEPT) ?? ""; } catch { /* none is kept */ }
}

export function keepToken(text) {
  token = text;
  try { sessionStorage.setItem(KEPT, text); } catch { /* it counts until the page is left */ }
  wake();
}

export class Refusal extends Error {
  /** where: the member that is wrong, "" for none. */
  constructor(status, text, where = "") {
    super(text);
    this.status = status;
    this.where = where;
  }
}

function headers(method, more = {}) {
  const made = { ...more };
  if (token) made[HEADER] = token;
  else if (method !== "GET") made[HEADER] = "1";
  return made;
}

async function told(answer) {
  const text = await answer.text();
  try { return text ? JSON.parse(text) : null; } catch { return null; }
}

function refusal(answer, problem) {
  if (answer.status === 403 && String(problem?.type).endsWith(LOCKED)) hooks.locked(token !== "");
  return new Refusal(answer.status, problem?.detail || problem?.title || `It answered ${answer.status}.`, problem?.where ?? "");
}

/** The answer of `./path` as JSON. body: sent as JSON, or as it is where it is a Blob. Refusal where it is not met. */
export async function ask(method, path, body, signal) {
  if (over) throw new Refusal(0, "This session has ended.");
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
  const found = await told(answer);
  if (!answer.ok) throw refusal(answer, found);
  return found;
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
  if (!answer.ok) throw refusal(answer, await told(answer));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/**
 * Follow what happens. `take(kind, value)` gets each event; `state(text)` hears of the connection. After a pause it
 * goes on behind the last event that came; it ends where the session has ended.
 */
export async function follow(take, state) {
  let after = await known(0), wait = 500;
  for (;;) {
    try {
      const answer = await fetch(new URL(`./events?after=${after}`, HERE), { headers: headers("GET"), cache: "no-store" });
      if (!answer.ok) throw refusal(answer, await told(answer));
      state("live");
      wait = 500;
      for await (const event of readEvents(answer.body)) {
        if (event.id) after = Number(event.id);
        take(event.kind, JSON.parse(event.data));
      }
      state("lost");
    } catch (fault) {
      state({ 403: "locked", 503: "full" }[fault.status] ?? "lost");
    }
    if (await isOver()) {
      state("over");
      return;
    }
    await new Promise((done) => { wake = done; setTimeout(done, wait); });
    wait = Math.min(wait * 2, 5000);
    const next = await known(after);
    if (next < after) state("anew");
    after = next;
  }
}

/** Whether the session of this page is gone. The server is asked, for whatever asks the session makes it anew. */
async function isOver() {
  if (!SESSION) return false;
  try {
    const answer = await fetch(new URL("_mock/sessions", ROOT), { headers: headers("GET"), cache: "no-store" });
    over = !(await answer.json()).sessions.some((each) => each.name === SESSION);
  } catch { /* the server does not say */ }
  return over;
}

/** End a session. Of the session of this page nothing is asked from then on. */
export async function endSession(name) {
  await ask("DELETE", `./sessions/${encodeURIComponent(name)}`);
  if (name === SESSION) over = true;
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
