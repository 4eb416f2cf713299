// The frame of the page: views, keys, the connection, and what is told at the top.
import { BASE, follow, get, takeToken } from "./api.js";
import { $, say, seldom } from "./dom.js";
import * as requests from "./requests.js";
import * as served from "./served.js";
import * as steering from "./steering.js";
import * as threads from "./threads.js";

const VIEWS = { served, requests, threads, steering };
const STATES = {
  live: "live", lost: "not connected", full: "too many readers", anew: "not connected",
};
let shown = "";

function show() {
  const [name, ...rest] = location.hash.slice(1).split("/").map(decode);
  const view = name in VIEWS ? name : "requests";
  if (view !== shown) {
    for (const each of Object.keys(VIEWS)) $(`view-${each}`).hidden = each !== view;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.dataset.view === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${{ served: "Overview", requests: "Requests", threads: "Threads", steering: "Steering" }[view]} – threadmock`;
    if (shown) VIEWS[shown].hide?.();
    shown = view;
  }
  VIEWS[view].show(...rest);
}

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function connection(state) {
  const place = $("connection");
  if (place.textContent !== STATES[state]) place.textContent = STATES[state];
  place.classList.toggle("live", state === "live");
  if (state === "anew") requests.forget("The mock began anew.");
}

async function look() {
  try {
    const health = await get("./health");
    $("facts").textContent = `${health.version} · seed ${health.seed}`;
    const broken = health.reload?.broken;
    banner(broken ? `The last edit can't be read; the last good one is served. ${broken}` : "");
  } catch (fault) {
    if (fault.status) banner(fault.message); // without an answer the connection says it
  }
}

function banner(text) {
  $("banner").hidden = !text;
  if ($("banner").textContent !== text) $("banner").textContent = text;
}

function session() {
  const found = /\/_s\/([^/]+)\/$/.exec(BASE.pathname);
  if (!found) return;
  $("session").hidden = false;
  $("session").textContent = `session ${decode(found[1])}`;
}

// Keys

const KEEPS = "threadmock-keys";
function keysAreOn() {
  try { return localStorage.getItem(KEEPS) !== "off"; } catch { return true; }
}

function typing(target) {
  return target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

function press(event) {
  if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    VIEWS[shown].back?.();
    return;
  }
  if (typing(event.target) || !keysAreOn()) return;
  const views = Object.keys(VIEWS);
  if (event.key >= "1" && event.key <= String(views.length)) {
    location.hash = views[Number(event.key) - 1];
    $("main").focus({ preventScroll: true });
  } else if (event.key === "?") $("keys").showModal();
  else if (!VIEWS[shown].key?.(event.key)) return;
  event.preventDefault();
}

function keys() {
  document.addEventListener("keydown", press);
  $("keys-open").addEventListener("click", () => $("keys").showModal());
  $("keys-on").checked = keysAreOn();
  $("keys-on").addEventListener("change", () => {
    try { localStorage.setItem(KEEPS, $("keys-on").checked ? "on" : "off"); } catch { /* it counts until the page is left */ }
  });
}

const EVERY = 5000;
function begin() {
  takeToken();
  keys();
  session();
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); $("main").focus(); });
  for (const view of Object.values(VIEWS)) view.begin();
  addEventListener("hashchange", () => { if (location.hash.includes("token=")) takeToken(); show(); });
  show();
  look();
  setInterval(() => { if (!document.hidden) look(); }, EVERY);
  const changed = seldom(() => { threads.changed(); steering.changed(); }, 700);
  follow((kind, value) => {
    if (kind === "lost") requests.lost(value.count);
    else if (kind === "exchange") {
      requests.take(value);
      changed();
    }
  }, connection);
  say("Ready.");
}

begin();
