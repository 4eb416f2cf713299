// Uses the page of running mocks as a person would, and prints one JSON object with what it saw.
//   node mock_page.mjs --mock URL --long URL --extreme URL --sources FOLDER --lan HOST --token TOKEN --script FILE --chromium PATH --pictures FOLDER
// lan: a host name by which this machine is another one, or "". script: a file that the mock of extreme data watches.
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: given } = parseArgs({ options: {
  mock: { type: "string" }, long: { type: "string" }, extreme: { type: "string" }, sources: { type: "string" }, lan: { type: "string" }, token: { type: "string" },
  script: { type: "string" }, chromium: { type: "string" }, pictures: { type: "string" },
} });
const saw = { faults: [], dialogs: [], foreign: [], steps: [] };
const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox"] });

async function open(base, { expected = /^$/ } = {}) {
  const context = await browser.newContext({ viewport: { width: 1120, height: 640 }, reducedMotion: "reduce" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("request", (request) => { if (!request.url().startsWith(base) && !request.url().startsWith("data:")) saw.foreign.push(request.url()); });
  page.on("pageerror", (fault) => saw.faults.push(String(fault)));
  page.on("console", (line) => { if (line.type() === "error" && !expected.test(line.text())) saw.faults.push(line.text()); });
  page.on("dialog", (dialog) => { saw.dialogs.push(dialog.message()); dialog.dismiss(); });
  return page;
}

const client = (base) => async (method, path, body, headers = {}) => {
  const answer = await fetch(base + path, {
    method, headers: { "content-type": "application/json", ...headers }, body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.headers.has("x-busy")) return { status: answer.status, body: JSON.parse(text), headers: ["retry-after", "x-busy"].map((name) => answer.headers.get(name)) };
  try { return { status: answer.status, body: JSON.parse(text) }; } catch { return { status: answer.status, body: text }; }
};

// What is measured, and the port, are another each time: pictures have them as they would be.
const picture = async (page, name) => {
  await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (/127\.0\.0\.1:\d+/.test(node.data)) node.data = node.data.replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:4040");
      if (node.parentElement.matches("#rows td.number")) node.data = "0.4";
      node.data = node.data.replace(/, [\d.]+ ms, number/, ", 0.4 ms, number");
      if (node.parentElement.matches(".things td")) node.data = node.data.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, "2026-01-31 09:00:00");
    }
    document.activeElement?.blur();
  });
  await page.mouse.move(0, 0);
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  await page.screenshot({ path: join(given.pictures, `${name}.png`) });
};

const texts = (page, selector) => page.locator(selector).allTextContents();
const count = (page, selector) => page.locator(selector).count();
const until = (page, test, argument) => page.waitForFunction(test, argument);
const told = (page, form, text) => until(page, ([id, words]) => document.querySelector(`#${id} .told`).textContent.includes(words), [form, text]);
const rows = (page, number) => until(page, (n) => document.querySelectorAll("#rows tr").length === n, number);
const step = async (name, work) => {
  const began = Date.now();
  try { await work(); } catch (fault) { saw.faults.push(`${name}: ${String(fault.message ?? fault).slice(0, 400)}`); }
  saw.steps.push(`${name} ${Date.now() - began} ms`);
};

const wrong = async (page, form) => {
  await page.locator(`#${form} .wrong`).waitFor();
  return page.evaluate((id) => {
    const field = document.querySelector(`#${id} [aria-invalid]`);
    return [field.name, document.getElementById(field.getAttribute("aria-describedby")).textContent, field === document.activeElement];
  }, form);
};
const agree = async (page) => { await page.locator("#question-yes").click(); };
const CHANGE = { "x-threadmock-control": "1" };
const REFUSED = /status of (400|403|409)/;

const page = await open(given.mock, { expected: REFUSED });
const ask = client(given.mock);

await step("served", async () => {
  await page.goto(`${given.mock}/`);
  saw.landed = new URL(page.url()).pathname;
  await page.locator("nav a[data-view=served]").click();
  await page.locator("#served-list .card").first().waitFor();
  saw.served = await texts(page, "#served-list h3");
  saw.copied = [];
  for (const button of await page.locator("#served-list .card").first().locator(".copy").all()) {
    await button.click();
    await until(page, (it) => it.textContent === "Copied", await button.elementHandle());
    saw.copied.push(await page.evaluate(() => navigator.clipboard.readText()));
  }
  await until(page, () => ![...document.querySelectorAll(".copy")].some((each) => each.textContent === "Copied"));
  await picture(page, "page-overview");
});

await step("requests", async () => {
  await page.keyboard.press("2");
  await until(page, () => document.querySelector("#connection").textContent === "live");
  const thread = (await ask("POST", "/langsmith/threads", { metadata: { topic: "needle" } })).body.thread_id;
  await rows(page, 1);
  await until(page, () => document.querySelector("#said").textContent.startsWith("New request: POST /langsmith/threads, 200"));
  saw.announced = await page.textContent("#said");
  await ask("POST", "/langsmith/threads", { metadata: "no object" });
  await ask("GET", "/langsmith/nowhere?x=1");
  await ask("POST", `/langsmith/threads/${thread}/runs/stream`, { assistant_id: "agent", input: { messages: "/tool Where is my order?" }, stream_mode: ["updates"] });
  await ask("GET", `/langsmith/threads/${thread}/state`);
  await rows(page, 5);
  saw.newest = await page.locator("#rows tr .path").first().textContent();
  saw.unexpected = await texts(page, "#rows tr.unexpected .path button");
  await page.locator("#rows tr", { hasText: "runs/stream" }).click();
  await page.locator("#details .events li").first().waitFor();
  saw.stream = await count(page, "#details .events li");
  saw.streamed = await page.textContent("#details");
  await page.locator("#details .events summary").last().click();
  await page.locator("#details .events pre").waitFor();
  saw.event = await page.textContent("#details .events pre");
  await page.locator("#details .events summary").last().click();
  await page.evaluate(() => { document.querySelector("#details").scrollTop = 0; });
  await picture(page, "page-requests");
  await page.locator("#rows tr", { hasText: "422" }).click();
  saw.details = await page.textContent("#details");
});

await step("filter", async () => {
  saw.filtered = {};
  const choose = async (name, set, wanted) => {
    await set();
    await rows(page, wanted);
    saw.filtered[name] = await texts(page, "#rows tr .status");
  };
  await choose("text", () => page.fill("#filter [name=text]", "needle"), 2);
  await page.fill("#filter [name=text]", "");
  await choose("status", () => page.fill("#filter [name=status]", "4XX"), 2);
  await choose("one status", () => page.fill("#filter [name=status]", "422"), 1);
  await page.fill("#filter [name=status]", "");
  await choose("method", () => page.selectOption("#filter [name=method]", "GET"), 2);
  await page.selectOption("#filter [name=method]", "");
  await choose("operation", () => page.selectOption("#filter [name=operation]", "POST /threads"), 2);
  await page.selectOption("#filter [name=operation]", "");
  await choose("unexpected", () => page.check("#filter [name=unexpected]"), 1);
  await page.uncheck("#filter [name=unexpected]");
  await rows(page, 5);
  await page.click("#pause");
  await ask("GET", "/scale/nowhere");
  await until(page, () => document.querySelector("#pause").textContent === "Go on (1 new)");
  saw.paused = await count(page, "#rows tr");
  await page.click("#pause");
  await rows(page, 6);
  await page.click("#clear");
  await rows(page, 0);
});

await step("many", async () => {
  for (let turn = 0; turn < 21; turn += 1) {
    await Promise.all(Array.from({ length: 50 }, () => ask("GET", "/langsmith/threads/many")));
  }
  await ask("GET", "/langsmith/threads/last");
  await until(page, () => document.querySelector("#rows button")?.textContent === "/langsmith/threads/last");
  saw.many = await count(page, "#rows tr");
  await page.click("#clear");
  await ask("DELETE", "/_mock/exchanges", undefined, { "x-threadmock-control": "1" });
});

await step("keys", async () => {
  await ask("GET", "/langsmith/one");
  await ask("GET", "/langsmith/two");
  await ask("GET", "/langsmith/three");
  await rows(page, 3);
  await page.evaluate(() => document.activeElement.blur());
  const focused = () => page.evaluate(() => {
    const each = document.activeElement, style = getComputedStyle(each);
    return { name: each.id || each.textContent.trim() || each.name, seen: each.matches(":focus-visible") && style.outlineStyle !== "none" };
  });
  saw.walk = [];
  await page.goto(`${given.mock}/_mock/#requests`);
  await page.reload();
  await rows(page, 3);
  for (let tab = 0; tab < 16; tab += 1) {
    await page.keyboard.press("Tab");
    saw.walk.push(await focused());
  }
  await page.keyboard.press("j");
  const first = (await focused()).name;
  await page.keyboard.press("ArrowDown");
  saw.arrows = [first, (await focused()).name];
  await page.keyboard.press("Enter");
  await until(page, () => document.activeElement.id === "details");
  await page.keyboard.press("Escape");
  saw.returned = (await focused()).name;
  await page.keyboard.press("/");
  await page.keyboard.type("4/?p");
  saw.typed = await page.inputValue("#filter [name=text]");
  await page.fill("#filter [name=text]", "");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("?");
  saw.keys = await page.locator("#keys").isVisible();
  await page.locator("#keys-on").uncheck();
  await page.keyboard.press("Escape");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("1");
  saw.without_keys = await page.locator("#view-requests").isVisible();
  await page.click("#keys-open");
  await page.locator("#keys-on").check();
  await page.keyboard.press("Escape");
  saw.roles = await page.evaluate(() => ({
    landmarks: ["header", "nav", "main"].filter((each) => document.querySelector(each)).length,
    unnamed: [...document.querySelectorAll("button, input, select, textarea")].filter((each) =>
      !each.labels?.length && !each.getAttribute("aria-label") && !each.textContent.trim()).map((each) => each.outerHTML),
  }));
});

await step("steering", async () => {
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("4");
  await until(page, () => document.querySelector("#agents [name=script]").value === "echo");
  await page.selectOption("#agents [name=script]", "tool");
  await page.fill("#agents [name=speed]", "0");
  await page.fill("#agents [name=ms]", "1");
  await page.click("#agents button.main");
  await told(page, "agents", "Applied.");
  await page.fill("#faults [name=search]", "truncate");
  saw.faults_found = await texts(page, "#faults-list li:not([hidden])");
  await page.locator("#faults-list label", { hasText: "truncate" }).first().click();
  await told(page, "faults", "Applied.");
  saw.settings = (await ask("GET", "/_mock/settings")).body;
  await page.click("#faults-none");
  await until(page, () => document.querySelector("#faults-count").textContent.startsWith("0 of"));
  await page.fill("#faults [name=search]", "");

  await page.fill("#clock [name=at]", "2027-03-01T12:00:00Z");
  await page.click("#clock button.main");
  await told(page, "clock", "2027-03-01 12:00:00");
  await page.fill("#clock [name=advance]", "2h");
  await page.click("#clock-advance");
  await told(page, "clock", "2027-03-01 14:00:00");
  saw.clock = (await ask("GET", "/_mock/settings")).body.clock;

  await page.fill("#next [name=operation]", "POST /threads");
  await page.selectOption("#next [name=provider]", "langsmith");
  await page.fill("#next [name=status]", "503");
  await page.fill("#next [name=body]", "{");
  await page.click("#next button.main");
  saw.wrong = { json: await wrong(page, "next") };
  await page.fill("#next [name=headers]", "no header");
  await page.click("#next button.main");
  saw.wrong.header = await wrong(page, "next");
  await page.fill("#next [name=headers]", "retry-after: 5\nx-busy: a: b");
  await page.fill("#next [name=body]", "{\"busy\": true}");
  await page.click("#next button.main");
  await told(page, "next", "It waits for the next request.");
  await until(page, () => document.querySelector("#waiting li[data-number]"));
  saw.waiting = await texts(page, "#waiting li");
  await page.evaluate(() => { document.querySelector("#view-steering").scrollTop = 0; });
  await picture(page, "page-steering");
  saw.given = await ask("POST", "/langsmith/threads", {});
  await until(page, () => document.querySelector("#waiting").textContent === "None. Requests are answered as always.");
  await page.fill("#next [name=operation]", "POST /nowhere");
  await page.click("#next button.main");
  saw.refused = await wrong(page, "next");
  await page.fill("#agents [name=ms]", "5");
  await page.fill("#agents [name=jitter]", "9");
  await page.evaluate(() => document.querySelector("#agents details").open = true);
  await page.fill("#agents [name=agents]", "{\"helper\": {\"script\": \"nowhere\"}}");
  await page.click("#agents button.main");
  saw.wrong.agents = await wrong(page, "agents");
  await page.fill("#agents [name=agents]", "{\"helper\": {\"script\": \"tool\"}}");
  await page.click("#agents button.main");
  await told(page, "agents", "Applied.");
  saw.agents = (await ask("GET", "/_mock/settings")).body.agents;
});

await step("reset", async () => {
  const before = (await ask("GET", "/_mock/things")).body.count;
  await page.click("#reset button");
  saw.asked = await page.textContent("#question");
  await page.click("#question-no");
  saw.kept = (await ask("GET", "/_mock/things")).body.count === before;
  await page.check("#reset [name=settings]");
  await page.click("#reset button");
  await page.click("#question-yes");
  await told(page, "reset", "forgotten");
  saw.reset = await page.textContent("#reset .told");
  await until(page, () => document.querySelector("#agents [name=script]").value === "echo");
});

const things = async (base = "") => (await ask("GET", `${base}/_mock/things`)).body.count;

await step("sessions", async () => {
  await page.keyboard.press("5");
  await page.locator("#sessions-none").waitFor();
  saw.sessions = { none: await page.textContent("#sessions-none") };
  const make = async (name) => { await page.fill("#sessions [name=name]", name); await page.click("#sessions button.main"); };
  await make("worker-1");
  await told(page, "sessions", "worker-1 is ready");
  await make("worker-1");
  saw.sessions.taken = await wrong(page, "sessions");
  await make("other");
  await told(page, "sessions", "other is ready");
  await ask("POST", "/_s/worker-1/langsmith/threads", {});
  await ask("POST", "/_mock/snapshots", { name: "three-threads" }, CHANGE);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("4");
  await page.keyboard.press("5");
  await until(page, () => document.querySelector("[data-name=three-threads]") && document.querySelector("[data-name=worker-1] td:nth-child(5)")?.textContent === "1");
  saw.sessions.row = await texts(page, "[data-name=worker-1] > *");
  await picture(page, "page-sessions");
  await ask("DELETE", "/_mock/snapshots/three-threads", undefined, CHANGE);
  await page.locator("[data-name=other] button").click();
  await page.keyboard.press("Escape");
  saw.sessions.kept = (await ask("GET", "/_mock/sessions")).body.sessions.length;
  await page.locator("[data-name=other] button").click();
  saw.sessions.asked = await page.textContent("#question");
  await agree(page);
  await until(page, () => !document.querySelector("[data-name=other]"));
});

/** The page of a session, and what it asks for, to its end: the session is ended from elsewhere. */
async function useSession(page) {
  const asked = [];
  page.on("request", (request) => { if (/^http/.test(request.url())) asked.push(`${request.method()} ${new URL(request.url()).pathname}`); });
  await page.goto(`${given.mock}/_s/worker-1/_mock/#requests`);
  await until(page, () => document.querySelector("#connection").textContent === "live");
  return asked;
}

await step("a session", async () => {
  const seen = saw.session = {}, own = client(`${given.mock}/_s/worker-1`), before = await things();
  const page = await open(given.mock, { expected: REFUSED });
  seen.paths = await useSession(page);
  await rows(page, 1);
  await ask("GET", "/langsmith/of-the-server");
  await own("GET", "/langsmith/of-the-session");
  await rows(page, 2);
  seen.rows = await texts(page, "#rows .path button");
  seen.title = await page.title();
  seen.strip = await page.textContent("#session");
  await page.keyboard.press("1");
  await page.locator("#served-list code").first().waitFor();
  seen.lines = await texts(page, "#served-list .card:first-child code");
  await page.keyboard.press("4");
  await until(page, () => document.querySelector("#agents [name=script]").value === "echo");
  await page.selectOption("#agents [name=script]", "*");
  await page.fill("#agents [name=source]", "{\n \"steps\": [{\"sayy\": \"x\"}]\n}");
  await page.click("#agents button.main");
  seen.wrong = await wrong(page, "agents");
  await page.fill("#agents [name=source]", JSON.stringify({ name: "mine", steps: [{ say: "As my script says." }] }));
  await page.click("#agents button.main");
  await told(page, "agents", "Applied.");
  await page.click("#clock [data-advance='1h']");
  await told(page, "clock", "2026-01-31 10:00:00");
  await page.fill("#next [name=operation]", "POST /threads");
  await page.selectOption("#next [name=provider]", "langsmith");
  await page.fill("#next [name=status]", "503");
  await page.click("#next button.main");
  await told(page, "next", "It waits");
  seen.next = [(await own("GET", "/_mock/next")).body.waiting.length, (await ask("GET", "/_mock/next")).body.waiting.length];
  const settings = await Promise.all([own("GET", "/_mock/settings"), ask("GET", "/_mock/settings")]);
  seen.settings = settings.map((each) => [each.body.script, each.body.clock.at.slice(11, 13)]);
  await own("DELETE", "/_mock/next", undefined, CHANGE);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("3");
  await page.locator("#threads-list [role=option]").first().waitFor();
  await page.keyboard.press("n");
  await page.fill("#say-text", "Hello");
  await page.click("#say button.main");
  await until(page, () => document.querySelectorAll("#conversation .message").length === 2);
  seen.said = await texts(page, "#conversation .message .text");
  await page.keyboard.press("Escape");
  await page.keyboard.press("4");
  await page.click("#reset button");
  await agree(page);
  await told(page, "reset", "forgotten");
  seen.things = [await things(), before];
  await ask("DELETE", "/_mock/sessions/worker-1", undefined, CHANGE);
  await page.locator("#gate-over").waitFor();
  seen.over = await page.evaluate(() => [document.querySelector("#connection").textContent, document.activeElement.id]);
  seen.left = (await ask("GET", "/_mock/sessions")).body.sessions;
  seen.paths = [...seen.paths];
  await page.click("#over-leave");
  await until(page, () => document.querySelector("#connection").textContent === "live");
  seen.back = [new URL(page.url()).pathname, await page.locator("#session").isVisible()];
  await page.context().close();
});

await step("a session page with a defect", async () => {
  const page = await open(given.mock, { expected: /./ });
  await page.route("**/page/api.js", async (route) => {
    const body = await readFile(join(given.sources, "api.js"), "utf8");
    await route.fulfill({ body: body.replace('get("./health")', 'get("../../../_mock/health")'), contentType: "text/javascript" });
  });
  saw.session.defect = await useSession(page);
  await page.context().close();
  await ask("DELETE", "/_mock/sessions/worker-1", undefined, CHANGE);
});

await step("snapshots", async () => {
  const seen = saw.snapshots = {};
  const take = async (name) => { await page.fill("#snapshots [name=name]", name); await page.click("#snapshots button.main"); };
  const press = (name, label) => page.locator(`#snapshots-list [data-name="${name}"] button`, { hasText: label }).click();
  await page.goto(`${given.mock}/_mock/#sessions`);
  await page.locator("#snapshots-none").waitFor();
  seen.none = await page.textContent("#snapshots-none");
  await take("first");
  await told(page, "snapshots", "first is taken");
  await take("first");
  seen.taken = await wrong(page, "snapshots");
  seen.before = await things();
  const thread = (await ask("POST", "/langsmith/threads", {})).body.thread_id;
  await ask("POST", `/langsmith/threads/${thread}/runs`, { assistant_id: "agent", input: { messages: "/slow" } });
  await take("second");
  await until(page, () => document.querySelector("#snapshots .told.failed"));
  seen.running = await page.textContent("#snapshots .told");
  const [file] = await Promise.all([page.waitForEvent("download"), press("first", "Download")]);
  seen.file = [file.suggestedFilename(), Object.keys(JSON.parse(await readFile(await file.path(), "utf8")))];
  await press("first", "Restore");
  seen.asked = await page.textContent("#question");
  await agree(page);
  await told(page, "snapshots", "first is restored");
  seen.restored = await things();
  await press("first", "Remove");
  await agree(page);
  await page.locator("#snapshots-none").waitFor();
  await ask("POST", "/langsmith/threads", {});
  const upload = async (name, text) => {
    await page.setInputFiles("#upload [name=file]", { name, mimeType: "application/json", buffer: Buffer.from(text) });
    await page.click("#upload button");
    await agree(page);
  };
  await page.click("#upload button");
  await until(page, () => document.querySelector("#upload .told.failed"));
  seen.no_file = await page.textContent("#upload .told");
  await upload("foreign.json", "{}");
  seen.foreign = await wrong(page, "upload");
  await upload("my first (1).json", await readFile(await file.path(), "utf8"));
  await told(page, "upload", "is restored");
  seen.uploaded = await things();
  await until(page, () => document.querySelector("#snapshots-list [data-name]"));
  seen.names = await texts(page, "#snapshots-list th");
});

await step("looks", async () => {
  const look = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  saw.light = await look();
  await page.emulateMedia({ colorScheme: "dark" });
  saw.dark = await look();
  await page.setViewportSize({ width: 390, height: 800 });
  saw.widths = {};
  for (const view of ["served", "requests", "threads", "steering", "sessions"]) {
    await page.goto(`${given.mock}/_mock/#${view}`);
    await page.locator(`#view-${view}`).waitFor();
    saw.widths[view] = await page.evaluate(() => document.documentElement.scrollWidth);
  }
  await page.setViewportSize({ width: 1120, height: 640 });
  await page.emulateMedia({ colorScheme: "light" });
});

await step("reference", async () => {
  await page.goto(`${given.mock}/_mock/#served`);
  await page.locator("#served-list a", { hasText: "Reference" }).first().click();
  await page.locator(".opblock-summary", { hasText: "/threads" }).first().waitFor();
  const operation = page.locator("#operations-Threads-create_thread_threads_post, [id*='create_thread']").first();
  await operation.locator(".opblock-summary-control").click();
  await operation.locator("button.execute").click();
  await operation.locator(".responses-table.live-responses-table .response-col_status").first().waitFor();
  saw.tried = await operation.locator(".request-url").textContent();
  const { exchanges } = (await ask("GET", "/_mock/exchanges?limit=1")).body;
  saw.trial = [exchanges[0].method, exchanges[0].path, exchanges[0].status];
});

await step("token", async () => {
  const sent = [];
  const other = await open(given.mock);
  other.on("request", (request) => sent.push([new URL(request.url()).pathname, request.headers()["x-threadmock-control"]]));
  await other.addInitScript(() => Object.defineProperty(Navigator.prototype, "clipboard", { value: undefined })); // as without TLS
  await other.goto(`${given.mock}/_mock/#token=12345678`);
  await until(other, () => document.querySelector("#facts").textContent.includes("seed"));
  saw.token = { address: other.url(), sent: sent.filter(([path]) => /_mock\/(health|events|exchanges)/.test(path)).map(([, token]) => token) };
  await other.keyboard.press("1");
  await other.locator("#served-list .copy").first().click();
  await until(other, () => document.querySelector("#served-list .copy").textContent === "Copied");
  await other.keyboard.press("2");
  await other.keyboard.press("/");
  await other.keyboard.press("Control+v");
  saw.pasted = await other.inputValue("#filter [name=text]");
  await other.context().close();
});

await step("conversations", async () => {
  await page.goto(`${given.mock}/_mock/#threads/langsmith`);
  await page.locator("#threads-list [role=option]").first().waitFor();
  saw.threads = await texts(page, "#threads-list .thread-title");
  await page.locator("#threads-list [role=option]", { hasText: "order" }).first().click();
  await page.locator("#conversation .message").first().waitFor();
  saw.messages = await page.$$eval("#conversation .message", (all) => all.map((each) => [each.querySelector(".role").textContent, each.querySelector(".text")?.textContent ?? ""]));
  saw.calls = await texts(page, "#conversation .call code");
  await page.locator("#conversation details[data-part=history] summary").first().click();
  await page.locator("#conversation .history li").first().waitFor();
  saw.history = await count(page, "#conversation .history li");
  await page.locator("#conversation details[data-part=history] > summary").click();
  await page.evaluate(() => { document.querySelector("#conversation-body").scrollTop = 0; });
  await picture(page, "page-threads");
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "page-threads-dark");
  await page.emulateMedia({ colorScheme: "light" });

  const others = await texts(page, "#threads-list .thread-title");
  const made = (await ask("POST", "/langsmith/threads", { metadata: { title: "Fresh from a client" } })).body.thread_id;
  await page.locator("#threads-list [role=option]", { hasText: "Fresh from a client" }).waitFor();
  saw.appeared = (await texts(page, "#threads-list .thread-title")).filter((each) => !others.includes(each));
  await page.fill("#threads-search [name=search]", "fresh FROM");
  await until(page, () => document.querySelectorAll("#threads-list [role=option]").length === 1);
  await page.locator("#threads-search [name=search]").press("Escape");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await until(page, (key) => location.hash.endsWith(key), made);
  await page.fill("#threads-search [name=search]", "");

  await page.evaluate(() => {
    window.counts = new Set();
    new MutationObserver(() => window.counts.add(document.querySelectorAll("#stream li").length)).observe(document.querySelector("#stream"), { childList: true });
  });
  await page.keyboard.press("Escape");
  await page.keyboard.press("s");
  await page.keyboard.type("Hello from the page");
  await page.keyboard.press("Control+Enter");
  await until(page, () => /^\d+ events\.$/.test(document.querySelector("#say-told").textContent));
  await until(page, () => document.querySelectorAll("#conversation .message").length === 2);
  saw.said = await texts(page, "#conversation .message .text");
  saw.streaming = await page.evaluate(() => window.counts.size);
  await page.locator("#conversation .message summary").first().click();
  await ask("POST", `/langsmith/threads/${made}/runs/wait`, { assistant_id: "agent", input: { messages: "More from a client" } });
  await until(page, () => document.querySelectorAll("#conversation .message").length === 4);
  saw.stays = await page.evaluate(() => [document.activeElement.tagName, document.querySelector("#conversation .message details").open]);
  const state = (await ask("GET", `/langsmith/threads/${made}/history`)).body;
  const first = state.at(-1).checkpoint;
  await ask("POST", `/langsmith/threads/${made}/runs/wait`, { assistant_id: "agent", input: { messages: "Another way" }, checkpoint: { checkpoint_id: first.checkpoint_id, checkpoint_ns: "" } });
  await until(page, () => document.querySelector("#conversation").textContent.includes("Another way"));
  await page.locator("#conversation details[data-part=history] > summary").click();
  await page.locator("#conversation .branch").first().waitFor();
  saw.branches = await count(page, "#conversation .branch.aside");
  saw.runs = await page.textContent("#conversation details[data-part=runs] > summary");

  await page.click("#thread-new");
  await page.fill("#say-text", "A new one");
  await page.click("#say button.main");
  await until(page, () => document.querySelectorAll("#conversation .message").length === 2 && document.querySelector("#say-told").textContent.endsWith("events."));
  saw.new_thread = await texts(page, "#conversation .message .text");
  await page.selectOption("#threads-search [name=provider]", "scale");
  await until(page, () => location.hash === "#threads/scale");
  await page.locator("#threads-list [role=option]").first().click();
  await page.locator("#conversation .heading h3").waitFor();
});
await page.context().close();

await step("ten thousand", async () => {
  const long = await open(given.long);
  await long.goto(`${given.long}/_mock/#threads`);
  await long.locator("#threads-list [role=option]").first().waitFor();
  saw.long = { said: await long.textContent("#threads-count"), most: 0 };
  await long.focus("#threads-list");
  await long.evaluate(() => {
    window.most = 0;
    new MutationObserver(() => { window.most = Math.max(window.most, document.querySelectorAll("#threads-list *").length); })
      .observe(document.querySelector("#threads-list"), { childList: true, subtree: true });
  });
  const began = Date.now();
  const whole = await long.evaluate(() => Number(document.querySelector("#threads-list [role=option]").getAttribute("aria-setsize")));
  for (let turn = 0; turn < 400; turn += 1) {
    await long.keyboard.press("End");
    const last = await long.evaluate(() => {
      const all = document.querySelectorAll("#threads-list [role=option]");
      return Number(all[all.length - 1].getAttribute("aria-posinset"));
    });
    if (last === whole) break;
    await long.waitForFunction((was) => {
      const all = document.querySelectorAll("#threads-list [role=option]");
      const list = document.querySelector("#threads-list");
      return Number(all[all.length - 1].getAttribute("aria-posinset")) > was || list.scrollHeight > list.scrollTop + list.clientHeight + 1;
    }, last);
  }
  saw.long.last = await long.locator("#threads-list [role=option]").last().getAttribute("aria-posinset");
  saw.long.whole = whole;
  saw.long.ms = Date.now() - began;
  saw.long.most = await long.evaluate(() => window.most);
  await long.context().close();
});

await step("files that are watched", async () => {
  const base = given.extreme, seen = saw.watched = {};
  const page = await open(base);
  const reload = async (text, broken) => {
    await writeFile(`${given.script}.new`, text);
    await rename(`${given.script}.new`, given.script);
    for (let turn = 0; turn < 400; turn += 1) {
      const { body } = await client(base)("GET", "/_mock/health");
      if (Boolean(body.reload.broken) === broken) break;
      await new Promise((done) => { setTimeout(done, 25); });
    }
    await page.reload();
    await until(page, () => document.querySelector("#facts").textContent);
  };
  const good = await readFile(given.script, "utf8");
  await page.goto(`${base}/_mock/`);
  await until(page, () => document.querySelector("#facts").textContent);
  seen.quiet = [await page.locator("#watching").isVisible(), await page.locator("#banner").isVisible()];
  await reload("{\"steps\": [{\"sayy\": 1}]}", true);
  seen.broken = await page.textContent("#banner");
  await reload(good, false);
  seen.mended = await page.locator("#banner").isVisible();
  await page.context().close();
});

await step("another machine", async () => {
  if (!given.lan) return;
  const at = (url) => `http://${given.lan}:${new URL(url).port}`, seen = saw.lan = { sent: [] };
  const stranger = await open(at(given.long), { expected: REFUSED });
  for (const path of ["/", "/_mock/"]) {
    const answer = await stranger.goto(`${at(given.long)}${path}`);
    seen[path] = [answer.status(), await stranger.textContent("body")];
  }
  await stranger.context().close();

  const base = at(given.extreme), page = await open(base, { expected: REFUSED });
  await page.goto(`${base}/`);
  await page.locator("#gate-locked").waitFor();
  seen.locked = await page.textContent("#gate-locked");
  await page.fill("#locked [name=token]", "no such token");
  await page.click("#locked button");
  await told(page, "locked", "does not take");
  await page.fill("#locked [name=token]", given.token);
  await page.click("#locked button");
  await until(page, () => document.querySelector("#connection").textContent === "live");
  seen.opened = await page.locator("#view-requests").isVisible();
  await page.context().close();

  const other = await open(base);
  other.on("request", (request) => { if (/_mock\/(?!page\/|$)/.test(request.url())) seen.sent.push([new URL(request.url()).pathname, request.headers()["x-threadmock-control"]]); });
  await other.goto(`${base}/_mock/#token=${given.token}`);
  await until(other, () => document.querySelector("#connection").textContent === "live");
  seen.address = other.url();
  await client(given.extreme)("GET", "/langsmith/from-elsewhere");
  await until(other, () => document.querySelector("#rows button")?.textContent === "/langsmith/from-elsewhere");
  await other.goto(`${base}/_mock/#steering`);
  await until(other, () => document.querySelector("#agents [name=speed]").value === "1");
  await other.fill("#agents [name=speed]", "0.5");
  await other.click("#agents button.main");
  await told(other, "agents", "Applied.");
  await other.keyboard.press("Escape");
  await other.goto(`${base}/_mock/#sessions`);
  await other.fill("#sessions [name=name]", "far");
  await other.click("#sessions button.main");
  await told(other, "sessions", "far is ready");
  await other.locator("[data-name=far] a").click();
  await until(other, () => document.querySelector("#connection").textContent === "live");
  seen.session = await other.textContent("#session-name");
  await client(given.extreme)("DELETE", "/_mock/sessions/far", undefined, CHANGE);
  await other.locator("#gate-over").waitFor();
  await other.context().close();
  await client(given.extreme)("DELETE", "/_mock/exchanges", undefined, CHANGE);
});

await step("extreme", async () => {
  const page = await open(given.extreme);
  await page.goto(`${given.extreme}/_mock/#threads`);
  await page.locator("#threads-list [role=option]").first().waitFor();
  const told = await client(given.extreme)("GET", "/_mock/threads?limit=1000");
  saw.extreme = { threads: told.body.threads.length, shown: [] };
  for (const each of told.body.threads) {
    await page.goto(`${given.extreme}/_mock/#threads/langsmith/${encodeURIComponent(each.key)}`);
    await until(page, (key) => document.querySelector("#conversation-body").dataset.key === key, each.key);
    // what is opened may hold more that is closed
    await until(page, () => {
      const closed = document.querySelectorAll("#conversation details:not([open])");
      for (const part of closed) part.open = true;
      return closed.length === 0;
    });
    saw.extreme.shown.push(await page.textContent("#conversation"));
  }
  await client(given.extreme)("GET", "/langsmith/<script>alert(1)</script>?x=<img src=x onerror=alert(2)>");
  await client(given.extreme)("POST", "/langsmith/threads", { metadata: "<img src=x onerror=alert(3)>" });
  await page.goto(`${given.extreme}/_mock/#requests`);
  await rows(page, 2);
  for (const row of await page.locator("#rows tr").all()) await row.click();
  saw.extreme.request = await page.textContent("#details");
  saw.extreme.parts = await page.evaluate(() => ({
    scripts: [...document.scripts].map((each) => each.getAttribute("src")),
    made: document.querySelectorAll("main img, main svg, main iframe, main object, main b[onmouseover], main h1, main table table").length,
    polluted: ({}).polluted === true,
  }));
  await page.context().close();
});

await browser.close();
console.log(JSON.stringify(saw));
