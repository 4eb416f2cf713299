// What a page of some origin gets from a mock, in headless Chromium; prints one JSON object.
//   node foreign.mjs --api URL --name app.example --port 8000 --chromium PATH
// The page is at http://NAME:PORT, which the browser is told to find on loopback: nothing is asked of any network.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: given } = parseArgs({ options: {
  api: { type: "string" }, name: { type: "string" }, port: { type: "string" }, chromium: { type: "string" },
} });
const server = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>a page"));
await new Promise((done) => server.listen(Number(given.port), "127.0.0.1", done));
const browser = await chromium.launch({ executablePath: given.chromium, args: [
  "--no-sandbox", `--host-resolver-rules=MAP ${given.name} 127.0.0.1`, "--no-proxy-server", "--disable-gpu",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
] });
const saw = { console: [] };
// Runs in the page.
const ask = async ([url, options]) => {
  try {
    const answer = await fetch(url, options);
    return { status: answer.status, body: await answer.json() };
  } catch (fault) { return { fault: String(fault) }; }
};
try {
  const page = await browser.newPage();
  page.on("console", (line) => saw.console.push(line.text()));
  await page.goto(`http://${given.name}:${given.port}/`);
  saw.origin = await page.evaluate(() => location.origin);
  const json = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
  const control = { method: "POST", headers: { "x-threadmock-control": "1" } };
  saw.created = await page.evaluate(ask, [`${given.api}/threads`, json]);
  saw.credentials = await page.evaluate(ask, [`${given.api}/threads`, { ...json, credentials: "include" }]);
  saw.deleted = await page.evaluate(ask, [`${given.api}/threads/6ba7b810-9dad-41d1-80b4-00c04fd430c8`, { method: "DELETE" }]);
  saw.health = await page.evaluate(ask, [`${given.api}/_mock/health`]);
  saw.reset = await page.evaluate(ask, [`${given.api}/_mock/reset`, control]);
} finally {
  await browser.close();
  server.close();
}
console.log(JSON.stringify(saw));
