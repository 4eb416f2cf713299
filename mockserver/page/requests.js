// The live list of requests: newest on top, at most MOST rows, a filter, and the details of one.
import { getIfThere } from "./api.js";
import { $, fill, inSight, make, option, say, tell, time } from "./dom.js";
import { showExchange } from "./exchange.js";

const MOST = 1000;
const ANNOUNCE = 2000;
let all = [];
let held = [];
let paused = false;
let chosen = 0;
let drawing = false;
let missed = 0;
let fresh = [];
const known = { method: new Set(), provider: new Set(), operation: new Set() };
const form = () => $("filter").elements;

export function begin() {
  $("filter").addEventListener("input", () => draw(true));
  $("filter").addEventListener("submit", (event) => event.preventDefault());
  $("pause").addEventListener("click", pause);
  $("clear").addEventListener("click", clear);
  $("rows").addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row) open(Number(row.dataset.number), event.detail === 0);
  });
  $("rows").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { move(step); event.preventDefault(); }
    if (event.key === "Home" || event.key === "End") { move(event.key === "Home" ? -MOST : MOST); event.preventDefault(); }
  });
  setInterval(announce, ANNOUNCE);
}

export function show() {
  draw(true);
}

export function key(name) {
  if (name === "/") form().text.focus();
  else if (name === "p") pause();
  else if (name === "j") move(1);
  else if (name === "k") move(-1);
  else return false;
  return true;
}

export function back() {
  current()?.focus();
}

// What comes

export function take(exchange) {
  if (paused) {
    held = [exchange, ...held].slice(0, MOST);
    $("pause").textContent = `Go on (${held.length} new)`;
    return;
  }
  add([exchange]);
}

function add(exchanges) {
  all = [...exchanges, ...all].slice(0, MOST);
  fresh.push(...exchanges.toReversed());
  for (const each of exchanges) {
    for (const name of Object.keys(known)) learn(name, each[name]);
  }
  draw(false);
}

function learn(name, value) {
  if (!value || known[name].has(value)) return;
  known[name].add(value);
  const field = form()[name], was = field.value;
  fill(field, option("", "any"), ...[...known[name]].sort().map((each) => option(each)));
  field.value = was;
}

export function lost(count) {
  missed += count;
  say(`${count} requests came too fast to be shown.`);
  draw(false);
}

export function forget(text = "") {
  all = [];
  held = [];
  missed = 0;
  chosen = 0;
  draw(true);
  showExchange(null);
  if (text) say(text);
}

function clear() {
  forget("The list is empty. The mock keeps what it knows.");
}

function pause() {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  $("pause").textContent = paused ? "Go on" : "Pause";
  if (!paused) {
    const came = held;
    held = [];
    add(came);
  }
  say(paused ? "Paused" : "Live");
}

function announce() {
  const came = fresh;
  fresh = [];
  if (!came.length || $("view-requests").hidden) return;
  const last = came[came.length - 1];
  const text = `${last.method} ${last.path}, ${last.status}${last.unexpected ? ", unexpected" : ""}`;
  say(came.length === 1 ? `New request: ${text}` : `${came.length} new requests, the last: ${text}`);
}

// What is shown

function wanted() {
  const { text, method, status, provider, operation, unexpected } = form();
  const words = text.value.trim().toLowerCase();
  const begins = status.value.toUpperCase().replace(/X+$/, "");
  return (each) => (!method.value || each.method === method.value)
    && String(each.status).startsWith(begins)
    && (!provider.value || each.provider === provider.value)
    && (!operation.value || each.operation === operation.value)
    && (!unexpected.checked || each.unexpected)
    && (!words || `${each.path}?${each.query} ${each.body} ${each.answer} ${each.reason} ${each.rule}`.toLowerCase().includes(words));
}

let drawAll = false;
function draw(anew) {
  drawAll ||= anew;
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if ($("view-requests").hidden) return;
    const found = all.filter(wanted()), rows = $("rows");
    if (drawAll) rows.replaceChildren(...found.map(rowOf));
    else {
      const newest = Number(rows.firstElementChild?.dataset.number ?? 0);
      rows.prepend(...found.filter((each) => each.number > newest).map(rowOf));
      while (rows.children.length > found.length) rows.lastElementChild.remove();
    }
    drawAll = false;
    rove();
    $("requests-none").hidden = found.length > 0;
    $("requests-none").textContent = all.length ? "No request matches. Change the filter." : "No requests yet. Send one, or copy a line from the overview.";
    const shown = found.length === all.length ? `${all.length} requests` : `${found.length} of ${all.length} requests`;
    tell($("requests-count"), missed ? `${shown}; ${missed} came too fast to be shown` : shown);
  });
}

export function statusClass(status) {
  return status >= 500 ? "bad" : status >= 400 ? "warn" : "good";
}

/** A path whose long keys are cut, so that what stands behind them is seen. */
const brief = (path) => path.split("/").map((part) => (part.length > 20 ? `${part.slice(0, 8)}…` : part)).join("/");

function rowOf(each) {
  const query = each.query ? `?${each.query}` : "";
  return make("tr", { "data-number": each.number, class: each.unexpected ? "unexpected" : "", "aria-current": each.number === chosen ? "true" : null },
    make("td", { class: "time" }, time(each.at)),
    make("td", { class: "method" }, each.method),
    make("td", { class: "path" }, make("div", {},
      make("button", { type: "button", tabIndex: -1, title: each.path + query }, brief(each.path) + query),
      each.unexpected ? make("span", { class: "chip warn" }, "unexpected") : "",
      each.stream ? make("span", { class: "chip" }, "stream") : "")),
    make("td", {}, make("span", { class: `status ${statusClass(each.status)}` }, String(each.status))),
    make("td", { class: "number" }, each.ms.toFixed(1)),
    make("td", { class: "provider" }, each.provider || "–"));
}

// Only one row is in the order of the Tab key; arrows move within the list.

const current = () => $("rows").querySelector("button[tabindex='0']") ?? $("rows").querySelector("button");

function rove() {
  if (!$("rows").querySelector("button[tabindex='0']")) {
    const row = $("rows").querySelector(`tr[data-number="${chosen}"]`) ?? $("rows").firstElementChild;
    const button = row?.querySelector("button");
    if (button) button.tabIndex = 0;
  }
}

function move(step) {
  const rows = [...$("rows").children];
  if (!rows.length) return;
  const held = document.activeElement.closest?.("#rows tr");
  const at = held ? rows.indexOf(held) + step : 0;
  focusRow(rows[Math.max(0, Math.min(rows.length - 1, at))]);
}

function focusRow(row) {
  for (const each of $("rows").querySelectorAll("button[tabindex='0']")) each.tabIndex = -1;
  const button = row.querySelector("button");
  button.tabIndex = 0;
  button.focus();
}

async function open(number, byKey) {
  chosen = number;
  for (const row of $("rows").children) {
    if (Number(row.dataset.number) === number) { row.setAttribute("aria-current", "true"); focusRow(row); }
    else row.removeAttribute("aria-current");
  }
  const found = all.find((each) => each.number === number);
  showExchange(found);
  if (byKey) $("details").focus();
  else inSight($("details"));
  // a stream goes on after it was told
  const later = found?.stream ? await getIfThere(`./exchanges?after=${number - 1}&limit=1`).catch(() => null) : null;
  const whole = later?.exchanges[0];
  if (whole?.number !== number) return;
  Object.assign(found, whole);
  if (chosen === number) showExchange(found);
}
