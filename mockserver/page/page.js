// The frame of the page: views, keys, the connection, and what is told at the top.
import { follow, get, keepToken, onRefusal, pageOf, SESSION, takeToken } from "./api.js";
import { $, say, seldom, tell } from "./dom.js";
import * as requests from "./requests.js";
import * as served from "./served.js";
import * as sessions from "./sessions.js";
import * as steering from "./steering.js";
import * as threads from "./threads.js";

const VIEWS = { served, requests, threads, steering, sessions };
const TITLES = { served: "Overview", requests: "Requests", threads: "Threads", steering: "Controls", sessions: "Sessions" };
const STATES = {
  live: "live", lost: "not connected", full: "too many pages follow", anew: "not connected", over: "ended", locked: "locked",
};
let shown = "";
let gate = "";
let connected = "";

function show() {
  if (gate) return;
  const [name, ...rest] = location.hash.slice(1).split("/").map(decode);
  const view = name in VIEWS ? name : "requests";
  if (view !== shown) {
    for (const each of Object.keys(VIEWS)) $(`view-${each}`).hidden = each !== view;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.dataset.view === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = [TITLES[view], SESSION, "threadmock"].filter(Boolean).join(" – ");
    shown = view;
  }
  VIEWS[view].show(...rest);
}

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function connection(state) {
  const place = $("connection");
  connected = state;
  if (place.textContent !== STATES[state]) place.textContent = STATES[state];
  place.classList.toggle("live", state === "live");
  if (state === "anew") requests.forget("The mock began anew.");
  if (state === "over") close("over");
}

async function look() {
  try {
    const health = await get("./health");
    if (gate === "locked") open();
    $("facts").textContent = `seed ${health.seed}`;
    $("facts").title = `threadmock ${health.version}`;
    $("watching").hidden = !health.reload?.watching;
    const broken = health.reload?.broken;
    banner(broken ? `The last edit of a file can't be read, so the last good one is still served.\n${broken}` : "");
  } catch (fault) {
    if (fault.status && !gate) banner(fault.message); // without an answer the connection says it
  }
}

/** What is asked of a session that ended makes it anew: then only what follows it asks. */
const mayLook = () => !document.hidden && gate !== "over" && !(SESSION && connected === "lost");

function banner(text) {
  $("banner").hidden = !text;
  if ($("banner").textContent !== text) $("banner").textContent = text;
}

function session() {
  if (!SESSION) return;
  $("session").hidden = false;
  $("session-name").textContent = SESSION;
  for (const id of ["session-leave", "over-leave"]) $(id).href = pageOf("");
  $("over-again").addEventListener("click", () => location.reload());
}

// What stands before the views: a token is asked for, or the session has ended

function close(name) {
  if (gate === name) return;
  gate = name;
  shown = "";
  banner("");
  for (const each of Object.keys(VIEWS)) $(`view-${each}`).hidden = true;
  $(`gate-${name}`).hidden = false;
  $(`gate-${name}`).querySelector("input, button").focus();
}

function open() {
  $(`gate-${gate}`).hidden = true;
  gate = "";
  show();
}

function locked(sent) {
  close("locked");
  connection("locked");
  tell($("locked").querySelector(".told"), sent ? "The mock does not take this token." : "", sent);
}

function lock() {
  const { token } = $("locked").elements;
  $("locked-address").textContent = `${location.origin}${location.pathname}#token=TOKEN`;
  onRefusal({ locked });
  $("locked").addEventListener("submit", (event) => {
    event.preventDefault();
    keepToken(token.value);
    token.value = "";
    look();
  });
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
    VIEWS[shown]?.back?.();
    return;
  }
  if (typing(event.target) || !keysAreOn()) return;
  const views = Object.keys(VIEWS);
  if (event.key >= "1" && event.key <= String(views.length)) {
    location.hash = views[Number(event.key) - 1];
    $("main").focus({ preventScroll: true });
  } else if (event.key === "?") $("keys").showModal();
  else if (!VIEWS[shown]?.key?.(event.key)) return;
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
  lock();
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); $("main").focus(); });
  for (const view of Object.values(VIEWS)) view.begin();
  addEventListener("hashchange", () => { if (location.hash.includes("token=")) { takeToken(); look(); } show(); });
  show();
  look();
  setInterval(() => { if (mayLook()) { look(); VIEWS[shown]?.poll?.(); } }, EVERY);
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
