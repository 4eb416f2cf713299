// Opens a report in headless Chromium as a person would, and prints one JSON object with what it saw.
//   node report.mjs --page FILE --chromium PATH [--pictures FOLDER]
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: given } = parseArgs({ options: {
  page: { type: "string" }, chromium: { type: "string" }, pictures: { type: "string" },
} });
const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox"] });
const saw = { asked: [], faults: [], dialogs: [] };
try {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const url = pathToFileURL(given.page).href;
  page.on("request", (request) => { if (request.url() !== url) saw.asked.push(request.url()); });
  page.on("pageerror", (fault) => saw.faults.push(String(fault)));
  page.on("console", (line) => { if (line.type() === "error") saw.faults.push(line.text()); });
  page.on("dialog", (dialog) => { saw.dialogs.push(dialog.message()); dialog.dismiss(); });
  await page.goto(url);
  const picture = async (name) => given.pictures && page.screenshot({ path: join(given.pictures, `${name}.png`) });
  const visible = () => page.locator(".finding:visible").count();
  const choose = async (name, value) => {
    await page.locator("#filter button[type=reset]").click();
    await (name === "words" ? page.fill("[name=words]", value) : page.selectOption(`[name=${name}]`, value));
    return { shown: await visible(), said: await page.textContent("#shown") };
  };
  saw.pwned = await page.evaluate(() => Boolean(window.pwned));
  saw.scripts = await page.locator("script").count();
  saw.images = await page.locator("img, iframe, svg, object, link").count();
  saw.findings = await visible();
  saw.options = {};
  for (const name of ["operation", "check", "kind"]) {
    saw.options[name] = {};
    for (const value of await page.locator(`[name=${name}] option`).evaluateAll((all) => all.map((o) => o.value)))
      if (value) saw.options[name][value] = (await choose(name, value)).shown;
  }
  saw.needle = await choose("words", "needle NOWHERE-ELSE");
  saw.nothing = await choose("words", "there is no such text");
  await page.locator("#filter button[type=reset]").click();
  await page.waitForFunction((all) => document.querySelectorAll(".finding:not([hidden])").length === all, saw.findings);
  await page.locator("#open").click();
  saw.open = await page.locator(".finding[open]").count();
  saw.copied = [];
  for (const button of await page.locator(".finding button[data-text]").all()) {
    await button.click();
    await page.waitForFunction((it) => it.textContent === "Copied", await button.elementHandle());
    saw.copied.push(await page.evaluate(() => navigator.clipboard.readText()));
  }
  await page.locator("#open").click();
  saw.closed = await page.locator(".finding[open]").count();
  await page.locator(".finding summary").first().focus();
  await page.keyboard.press("Enter");
  saw.opened_by_key = await page.locator(".finding[open]").count();
  await page.keyboard.press("Tab");
  saw.focused = await page.evaluate(() => document.activeElement.tagName);
  const look = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  saw.light = await look();
  await picture("light");
  await page.emulateMedia({ colorScheme: "dark" });
  saw.dark = await look();
  await picture("dark");
  await page.setViewportSize({ width: 360, height: 740 });
  await page.locator("#open").click();
  saw.narrow = await page.evaluate(() => document.documentElement.scrollWidth);
  saw.widest = await page.evaluate(() => [...document.querySelectorAll("main *, header *")].filter((each) =>
    each.getBoundingClientRect().right > 361 && !each.closest(".wide, pre")).slice(0, 5).map((each) => each.outerHTML.slice(0, 90)));
  await picture("narrow");
} finally { await browser.close(); }
console.log(JSON.stringify(saw));
