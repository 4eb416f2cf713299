// Drives the built page in headless Chromium against an agent server, and prints one JSON object with what it saw.
//   node drive.mjs --api http://127.0.0.1:2124 [--hook classic|v2] [--assistant agent] [--interrupting asking]
//                  [--slow NAME] [--page URL] [--chromium /usr/bin/chromium] [--timeout 20000] [--requests brief|full|none]
// Exit status: 0 everything was seen, 1 something was not, 2 the arguments.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: given } = (() => {
  try {
    return parseArgs({ options: {
      api: { type: "string" }, page: { type: "string" }, hook: { type: "string", default: "classic" },
      assistant: { type: "string", default: "agent" }, interrupting: { type: "string", default: "asking" },
      slow: { type: "string" }, chromium: { type: "string", default: "/usr/bin/chromium" },
      timeout: { type: "string", default: "20000" }, requests: { type: "string", default: "brief" },
      only: { type: "string", default: "stream,reload,second,rejoin,stop,interrupt" },
    } });
  } catch (fault) { console.error(String(fault.message)); process.exit(2); }
})();
if (!given.api) { console.error("--api URL is needed"); process.exit(2); }

const here = dirname(fileURLToPath(import.meta.url));
const kinds = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8" };
async function servePage() {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname);
    const kind = kinds[path.slice(path.lastIndexOf("."))];
    try {
      if (!kind || path.includes("..")) throw new Error("not ours");
      const body = await readFile(join(here, path));
      response.writeHead(200, { "content-type": kind }).end(body);
    } catch { response.writeHead(404).end(); }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}/${given.hook}.html`, close: () => server.close() };
}

const wait = Number(given.timeout);
const only = new Set(given.only.split(","));
const saw = { hook: given.hook, api: given.api, ok: false, checks: {}, texts: {}, faults: [], requests: [] };
const check = (name, holds) => { saw.checks[name] = Boolean(holds); };
let step = "start";

// Runs in the page: keeps each text that the last element of the assistant has had, and when.
function watch() {
  window.seen = [];
  new MutationObserver(() => {
    const all = document.querySelectorAll("[data-role=ai]");
    const text = all.length ? all[all.length - 1].textContent : "";
    const last = window.seen[window.seen.length - 1];
    if (text && (!last || last.text !== text)) window.seen.push({ at: Math.round(performance.now()), text });
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

function listen(page) {
  page.on("pageerror", (error) => saw.faults.push({ step, kind: "pageerror", text: String(error) }));
  page.on("console", (line) => { if (line.type() === "error") saw.faults.push({ step, kind: "console", text: line.text() }); });
  const marks = new Map();
  page.on("request", (request) => {
    if (!request.url().startsWith(given.api)) return;
    const entry = { step, method: request.method(), path: request.url().slice(given.api.length), body: request.postData() };
    marks.set(request, entry);
    saw.requests.push(entry);
  });
  page.on("response", async (response) => {
    const entry = marks.get(response.request());
    if (!entry) return;
    entry.status = response.status();
    if (given.requests === "full") {
      entry.sent = await response.request().allHeaders().catch(() => null);
      entry.headers = await response.allHeaders().catch(() => null);
    }
  });
  page.on("requestfailed", (request) => {
    const entry = marks.get(request);
    if (entry) entry.failed = request.failure()?.errorText;
  });
}

const status = (page, word) => page.waitForFunction((w) => document.querySelector("#status")?.textContent === w, word, { timeout: wait });
const messages = (page) => page.$$eval("[data-role]", (all) => all.map((e) => ({ role: e.dataset.role, text: e.textContent })));
const send = async (page, text) => { await page.fill("#text", text); await page.click("#send"); };
const lastOf = (list, role) => list.filter((m) => m.role === role).at(-1)?.text;
// What the API itself says, asked by node and not by the page.
const ask = async (path) => { const r = await fetch(given.api + path); return r.ok ? r.json() : { status: r.status }; };

let own, browser;
const began = Date.now();
try {
  own = given.page ? null : await servePage();
  const base = given.page ?? own.url;
  const address = (assistant) => `${base}?${new URLSearchParams({ api: given.api, assistant })}`;
  browser = await chromium.launch({
    executablePath: given.chromium, headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server"],
  });
  const page = await browser.newPage();
  listen(page);
  await page.addInitScript(watch);

  if (only.has("stream")) {
    step = "open";
    await page.goto(address(given.assistant));
    await status(page, "idle");
    step = "stream";
    await send(page, "Hello");
    await page.waitForFunction(() => document.querySelectorAll("[data-role=ai]").length > 0, null, { timeout: wait });
    await status(page, "idle");
    const list = await messages(page), seen = await page.evaluate(() => window.seen);
    const final = lastOf(list, "ai");
    const between = seen.filter((s) => s.text !== final && final.startsWith(s.text));
    saw.texts.stream = list;
    saw.texts.tokens = seen;
    check("thread made, its id in the address", /thread=[0-9a-f-]{36}/.test(page.url()));
    check("the question is shown once", list.filter((m) => m.role === "human" && m.text === "Hello").length === 1);
    check("one answer is shown", list.filter((m) => m.role === "ai").length === 1 && final.length > 0);
    check("at least 3 different texts on the way to the answer", new Set(between.map((s) => s.text)).size >= 3);
    check("the texts came over time", between.length > 1 && seen.at(-1).at - seen[0].at > 100);
  }
  if (only.has("reload")) {
    step = "reload";
    const before = await messages(page);
    await page.reload();
    await page.waitForFunction((n) => document.querySelectorAll("[data-role]").length >= n, before.length, { timeout: wait });
    await status(page, "idle");
    const after = await messages(page);
    saw.texts.reloaded = after;
    check("a reload shows the same messages", JSON.stringify(before) === JSON.stringify(after));
  }
  if (only.has("second")) {
    step = "second turn";
    await send(page, "And again");
    await page.waitForFunction(() => document.querySelectorAll("[data-role=ai]").length > 1, null, { timeout: wait });
    await status(page, "idle");
    const list = await messages(page);
    saw.texts.second = list;
    check("a second turn comes below the first", list.map((m) => m.role).join() === "human,ai,human,ai");
  }
  if (only.has("rejoin")) {
    step = "open for rejoin";
    await page.goto(address(given.slow ?? given.assistant));
    await status(page, "idle");
    step = "rejoin";
    await send(page, "Reload me");
    await page.waitForFunction(() => window.seen.length >= 2, null, { timeout: wait });
    const partial = lastOf(await messages(page), "ai");
    step = "reload during the run";
    await page.reload();
    await page.waitForFunction(() => document.querySelector("[data-role=ai]"), null, { timeout: wait });
    await status(page, "idle");
    // what is shown in the end is what the thread holds
    const thread = new URL(page.url()).searchParams.get("thread");
    const state = await ask(`/threads/${thread}/state`);
    const stored = state.values?.messages?.at(-1)?.content;
    const whole = typeof stored === "string" ? stored : (stored ?? []).map((part) => part.text).join("");
    const list = await messages(page);
    saw.texts.rejoined = { partial, list, seen: await page.evaluate(() => window.seen.length) };
    check("a reload during a run: the whole answer is shown in the end", whole.length > partial.length && lastOf(list, "ai") === whole && list.length === 2);
  }
  if (only.has("stop")) {
    step = "open for stop";
    await page.goto(address(given.slow ?? given.assistant));
    await status(page, "idle");
    step = "stop";
    await send(page, "Stop me");
    await page.waitForFunction(() => window.seen.length >= 2, null, { timeout: wait });
    await page.click("#stop");
    // A stopped thread has a node still to run: the classic hook may show that as an interrupt without a value.
    await page.waitForFunction(() => ["idle", "interrupted"].includes(document.querySelector("#status")?.textContent), null, { timeout: wait });
    saw.texts.status_after_stop = await page.textContent("#status");
    const stopped = lastOf(await messages(page), "ai");
    await page.waitForTimeout(1500);
    const later = lastOf(await messages(page), "ai");
    saw.texts.status_after_stop += ", " + await page.textContent("#status");
    saw.texts.interrupt_after_stop = await page.evaluate(() => document.querySelector("#question")?.textContent ?? null);
    const thread = new URL(page.url()).searchParams.get("thread");
    saw.texts.stopped = { at_once: stopped, later };
    saw.texts.after_stop = { thread: (await ask(`/threads/${thread}`)).status, runs: (await ask(`/threads/${thread}/runs`)).map?.((r) => r.status) };
    check("stop ends the stream: no further text comes", (stopped ?? "") === (later ?? "") || (stopped ?? "").startsWith(later ?? ""));
    check("the stopped run is cancelled, not finished", saw.texts.after_stop.runs?.length === 1 && saw.texts.after_stop.runs[0] === "interrupted");
  }
  if (only.has("interrupt")) {
    step = "open for interrupt";
    await page.goto(address(given.interrupting));
    await status(page, "idle");
    step = "interrupt";
    await send(page, "Ask me");
    await page.waitForSelector("#interrupt", { timeout: wait });
    await status(page, "interrupted");
    saw.texts.interrupt = await page.textContent("#question");
    check("the interrupt's value is shown", saw.texts.interrupt.length > 2);
    step = "reload while interrupted";
    await page.reload();
    await page.waitForSelector("#interrupt", { timeout: wait });
    check("a reload shows the interrupt again", (await page.textContent("#question")) === saw.texts.interrupt);
    await status(page, "interrupted");
    step = "resume";
    await page.click("#resume");
    await page.waitForFunction(() => document.querySelectorAll("[data-role=ai]").length > 0, null, { timeout: wait });
    await status(page, "idle");
    const list = await messages(page);
    saw.texts.resumed = list;
    check("resumed: the interrupt is gone and an answer is there", (await page.$("#interrupt")) === null && (lastOf(list, "ai") ?? "").length > 0);
    const thread = new URL(page.url()).searchParams.get("thread");
    saw.texts.after_resume = (await ask(`/threads/${thread}`)).status;
    check("the thread is idle after the resume", saw.texts.after_resume === "idle");
  }
  step = "end";
} catch (fault) {
  const page = browser?.contexts()[0]?.pages()[0];
  const shown = await page?.textContent("main").catch(() => null);
  saw.faults.push({ step, kind: "driver", text: String(fault.message ?? fault).split("\n")[0], shown });
} finally {
  await browser?.close().catch(() => {});
  own?.close();
}
saw.seconds = (Date.now() - began) / 1000;
if (given.requests === "none") delete saw.requests;
const names = Object.values(saw.checks);
saw.ok = names.length > 0 && names.every(Boolean) && !saw.faults.some((f) => f.kind !== "console");
console.log(JSON.stringify(saw, null, 1));
process.exitCode = saw.ok ? 0 : 1;
