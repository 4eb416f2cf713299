// The threads of a provider: a list of any length, and the conversation that is chosen in it.
import { get, getIfThere } from "./api.js";
import { $, fill, inSight, later, make, moment, option, tell } from "./dom.js";
import * as conversation from "./conversation.js";
import { WindowedList } from "./window.js";

const PAGE = 200;
const ROW = 58;
const UNDER_WAY = /busy|run|lock|progress|pending/i;
const STANDS_OUT = /interrupt|error|fail/i;
const EVERY = 2000;
let list;
let providers = [];
let key_ = "";
let ready = null;
const form = () => $("threads-search").elements;
const provider = () => form().provider.value;

export function begin() {
  conversation.begin({ made: (key) => go(provider(), key), changed });
  list = new WindowedList($("threads-list"), { height: ROW, load, row, open: (item, byKey) => go(provider(), item.key, byKey) });
  form().provider.addEventListener("change", () => go(provider(), ""));
  form().search.addEventListener("input", later(() => refresh(false), 200));
  $("threads-search").addEventListener("submit", (event) => event.preventDefault());
  $("thread-new").addEventListener("click", startNew);
  // no request tells that a run is over
  setInterval(() => { if (!document.hidden && list.items.some((each) => UNDER_WAY.test(each.status ?? ""))) changed(); }, EVERY);
}

/** Take the names of providers, and see whether this mock shows threads at all. */
async function prepare() {
  const { providers: found } = await get("./health");
  providers = found.map((each) => each.name);
  fill(form().provider, ...found.map((each) => option(each.name)));
  const there = await getIfThere(`./threads?${new URLSearchParams({ provider: providers[0], limit: 1 })}`);
  $("threads-absent").hidden = there !== null;
  $("threads-split").hidden = there === null;
  return there !== null;
}

let shown = "";
export async function show(name = "", key = "") {
  ready ??= prepare();
  try {
    if (!await ready) return;
  } catch (fault) {
    ready = null;
    tell($("threads-count"), fault.message, true);
    return;
  }
  if (providers.includes(name)) form().provider.value = name;
  else if (!shown) form().provider.value = providers[0];
  if (provider() !== shown) {
    shown = provider();
    conversation.close();
    await refresh(false);
  } else changed();
  if (key === key_ || !name) return; // the view was left and is there again
  key_ = key;
  list.mark(key);
  if (key) await conversation.open(provider(), key);
  else conversation.close();
}

function go(name, key, byKey = false) {
  const hash = `#threads/${encodeURIComponent(name)}${key ? `/${encodeURIComponent(key)}` : ""}`;
  if (location.hash === hash) conversation.refresh();
  else location.hash = hash;
  if (byKey) $("conversation").focus();
  else if (key) inSight($("conversation"));
}

async function load(after, size) {
  const asked = { provider: provider(), limit: Math.max(PAGE, size) };
  const search = form().search.value.trim();
  if (search) asked.search = search;
  if (after) asked.after = after;
  const told = await get(`./threads?${new URLSearchParams(asked)}`);
  tell($("threads-count"), !told.resource ? "This provider has no threads."
    : `${told.count.toLocaleString("en")} ${told.count === 1 ? "thread" : "threads"}${search ? " found" : ""}`);
  $("threads-none").hidden = told.count > 0;
  $("threads-list").hidden = told.count === 0;
  $("threads-none").textContent = !told.resource ? "" : search ? "No thread matches. Change the search."
    : "No threads yet. Make one with your client, or with New thread.";
  return { items: told.threads, after: told.after, count: told.count };
}

async function refresh(keep) {
  try {
    await list.refresh(keep);
  } catch (fault) {
    tell($("threads-count"), fault.message, true);
  }
}

/** Something was asked: what is shown may be another now. */
export function changed() {
  if ($("view-threads").hidden || !shown || $("threads-split").hidden) return;
  refresh(true);
  conversation.refresh();
}

function row(item) {
  const title = item.title || item.key;
  return [
    make("span", { class: "thread-title", dir: "auto", title: title.slice(0, 300) }, title.slice(0, 200)),
    make("span", { class: "thread-facts" },
      item.status ? make("span", { class: `chip ${STANDS_OUT.test(item.status) || UNDER_WAY.test(item.status) ? "warn" : ""}` }, item.status) : "",
      make("span", {}, moment(item.updated || item.created) || item.key)),
  ];
}

function startNew() {
  if (!shown) return; // no provider is known yet
  key_ = "";
  list.mark("");
  history.replaceState(null, "", `#threads/${encodeURIComponent(provider())}`);
  conversation.openNew(provider());
}

export function key(name) {
  if (name === "/") form().search.focus();
  else if (name === "j" || name === "k") { $("threads-list").focus(); list.move(name === "j" ? 1 : -1); }
  else if (name === "n") startNew();
  else if (name === "s" && !$("say").hidden) $("say-text").focus();
  else return false;
  return true;
}

export function back() {
  $("threads-list").focus();
}
