// The same thread server on node's own `http`. Usage: node threads.mjs PORT
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const STATUSES = ["idle", "busy", "interrupted", "error"];
const SORTS = ["thread_id", "status", "created_at", "updated_at", "state_updated_at"];
const MEMBERS = [
  "thread_id", "created_at", "updated_at", "state_updated_at", "metadata", "config", "status", "values", "interrupts",
];
const threads = new Map();
let last = 0;

class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

const text = (value) => typeof value === "string";
const key = (value) => text(value) && UUID.test(value);
const mapping = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const number = (value) => typeof value === "number";
const among = (values) => (value) => text(value) && values.includes(value);
const many = (of) => (value) => Array.isArray(value) && value.every(of);
const between = (least, most = Infinity) => (value) => Number.isInteger(value) && value >= least && value <= most;
const fits = (value, rules) => Object.entries(rules).every(([name, rule]) => !Object.hasOwn(value, name) || rule(value[name]));
const ttl = (value) => mapping(value) && fits(value, { strategy: among(["delete", "keep_latest"]), ttl: number });
const update = (value) => mapping(value) && text(value.as_node);
const superstep = (value) => mapping(value) && many(update)(value.updates);
const extraction = (value) => mapping(value) && Object.keys(value).length <= 10 && Object.values(value).every(text);
const FILTERS = { metadata: mapping, values: mapping, status: among(STATUSES) };
const BODIES = {
  create: { thread_id: key, metadata: mapping, if_exists: among(["raise", "do_nothing"]), ttl, supersteps: many(superstep) },
  search: {
    ...FILTERS, ids: many(key), limit: between(1, 1000), offset: between(0), sort_by: among(SORTS),
    sort_order: among(["asc", "desc"]), select: many(among(MEMBERS)), extract: extraction,
  },
  count: FILTERS,
  change: { metadata: mapping, ttl },
};

function holds(whole, part) {
  if (mapping(whole) && mapping(part)) {
    return Object.keys(part).every((name) => Object.hasOwn(whole, name) && holds(whole[name], part[name]));
  }
  if (Array.isArray(whole) && Array.isArray(part)) return part.every((value) => whole.some((item) => holds(item, value)));
  return whole === part;
}

function read(what, headers, data) {
  if ((headers["content-type"] ?? "").split(";")[0].trim().toLowerCase() !== "application/json") {
    throw new Refused(415, "a body is application/json");
  }
  let body;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data));
  } catch {
    throw new Refused(422, "not JSON");
  }
  if (!mapping(body)) throw new Refused(422, "the body is no object");
  for (const [name, rule] of Object.entries(BODIES[what])) {
    if (Object.hasOwn(body, name) && !rule(body[name])) throw new Refused(422, `${name} is not valid`);
  }
  return body;
}

// Two answers of the same millisecond are told apart by three more digits.
function now() {
  last = Math.max(last + 1, Date.now() * 1000);
  return new Date(Math.floor(last / 1000)).toISOString().replace("Z", String(last % 1000).padStart(3, "0") + "Z");
}

const withoutTtl = ({ ttl: _, ...thread }) => thread;
const shown = (thread, query) => (query.getAll("include").some((value) => value.split(",").includes("ttl")) ? thread : withoutTtl(thread));

function life(asked) {
  const told = { strategy: asked.strategy ?? "delete" };
  if (asked.ttl !== undefined) {
    const at = new Date(Date.now() + asked.ttl * 60_000);
    if (Number.isNaN(at.getTime()) || at.getTime() > Date.UTC(9999, 11, 31) || at.getTime() < 0) {
      throw new Refused(422, "ttl is beyond what a date can hold");
    }
    Object.assign(told, { ttl_minutes: asked.ttl, expires_at: at.toISOString() });
  }
  return told;
}

function expire() {
  const at = new Date().toISOString();
  for (const [name, thread] of threads) {
    if (thread.ttl?.strategy === "delete" && thread.ttl.expires_at <= at) threads.delete(name);
  }
}

function create(body, query) {
  const name = (body.thread_id ?? randomUUID()).toLowerCase();
  if (threads.has(name)) {
    if (body.if_exists === "do_nothing") return shown(threads.get(name), query);
    throw new Refused(409, `Thread ${name} exists`);
  }
  const at = now();
  const thread = {
    thread_id: name, created_at: at, updated_at: at, state_updated_at: at,
    metadata: body.metadata ?? {}, status: "idle", config: {}, values: {}, interrupts: {},
  };
  if (body.ttl) thread.ttl = life(body.ttl);
  for (const one of (body.supersteps ?? []).flatMap((step) => step.updates)) {
    for (const part of [one.values, one.command?.update]) if (mapping(part)) thread.values = { ...thread.values, ...part };
  }
  threads.set(name, thread);
  return shown(thread, query);
}

function taken(thread, path) {
  let found = thread;
  const steps = /\.([A-Za-z_][A-Za-z0-9_]*)|\[(-?\d{1,9})\]/y;
  const whole = "." + path;
  while (steps.lastIndex < whole.length) {
    const step = steps.exec(whole);
    if (!step) throw new Refused(422, `${path} is no path`);
    if (step[1]) found = mapping(found) && Object.hasOwn(found, step[1]) ? found[step[1]] : undefined;
    else found = Array.isArray(found) ? found.at(Number(step[2])) : undefined;
  }
  return found ?? null;
}

function* chosen(body) {
  const ids = body.ids?.map((name) => name.toLowerCase());
  for (const thread of threads.values()) {
    if (body.status !== undefined && thread.status !== body.status) continue;
    if (ids && !ids.includes(thread.thread_id)) continue;
    if (["metadata", "values"].every((name) => holds(thread[name], body[name] ?? {}))) yield thread;
  }
}

function search(body, query) {
  const by = body.sort_by ?? "updated_at";
  const sign = (body.sort_order ?? "desc") === "desc" ? -1 : 1;
  const found = [...chosen(body)].reverse();
  found.sort((one, other) => (one[by] === other[by] ? 0 : one[by] < other[by] ? -sign : sign));
  const start = body.offset ?? 0;
  const paths = Object.entries(body.extract ?? {});
  for (const [, path] of paths) taken({}, path);
  return found.slice(start, start + (body.limit ?? 10)).map((thread) => {
    const whole = Object.entries(shown(thread, query));
    const kept = Object.fromEntries(whole.filter(([name]) => !body.select || body.select.includes(name)));
    if (body.extract) kept.extracted = Object.fromEntries(paths.map(([name, path]) => [name, taken(thread, path)]));
    return kept;
  });
}

function change(thread, body, query) {
  const more = body.ttl ? { ttl: life(body.ttl) } : {};
  Object.assign(thread, more, { metadata: { ...thread.metadata, ...body.metadata }, updated_at: now() });
  return shown(thread, query);
}

function route(method, path, query, headers, data) {
  expire();
  if (path === "/ok") return { ok: true };
  const actions = { "/threads": ["create", create], "/threads/search": ["search", search] };
  actions["/threads/count"] = ["count", (body) => [...chosen(body)].length];
  if (Object.hasOwn(actions, path) && method === "POST") {
    const [what, action] = actions[path];
    return action(read(what, headers, data), query);
  }
  if (path === "/threads") throw new Refused(405, "Method Not Allowed");
  const found = /^\/threads\/([^/]+)$/s.exec(path);
  if (!found) throw new Refused(404, "Not Found");
  if (!["GET", "PATCH", "DELETE"].includes(method)) throw new Refused(405, "Method Not Allowed");
  if (!key(found[1])) throw new Refused(422, "thread_id is no UUID");
  const body = method === "PATCH" ? read("change", headers, data) : null;
  const thread = threads.get(found[1].toLowerCase());
  if (!thread) throw new Refused(404, "Thread not found");
  if (method === "GET") return shown(thread, query);
  if (method === "PATCH") return change(thread, body, query);
  threads.delete(thread.thread_id);
  return {};
}

function answered(request, data) {
  const [path, query = ""] = request.url.split(/\?(.*)/s);
  try {
    let decoded;
    try {
      decoded = decodeURIComponent(path);
    } catch {
      throw new Refused(404, "Not Found");
    }
    return [200, route(request.method, decoded, new URLSearchParams(query), request.headers, data)];
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    return [refused.status, { detail: refused.message }];
  }
}

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const [status, value] = answered(request, Buffer.concat(parts));
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
