// What the next requests to an operation get, and what waits.
import { ask, get } from "./api.js";
import { $, fill, make, option, tell } from "./dom.js";
import { attempt, readJson, wrong } from "./forms.js";

const form = () => $("next").elements;
const told = () => $("next").querySelector(".told");

export function begin() {
  $("next").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt($("next"), () => ask("POST", "./next", asked()), "It waits for the next request.").then(show);
  });
  $("next-clear").addEventListener("click", () => {
    attempt($("next"), () => ask("DELETE", "./next"), (answer) => `${answer.forgotten} forgotten.`).then(show);
  });
}

export function know(operations, providers) {
  fill($("operations"), ...operations.map((name) => option(name)));
  fill(form().provider, option("", "any"), ...providers.map((name) => option(name)));
}

export async function show() {
  try {
    const { waiting } = await get("./next");
    fill($("waiting"), ...waiting.map(row));
    if (!waiting.length) fill($("waiting"), make("li", { class: "soft" }, "None. Requests are answered as always."));
    $("next-clear").disabled = !waiting.length;
  } catch (fault) {
    tell(told(), fault.message, true);
  }
}

function row(each) {
  const { number, operation, provider, times, ...rest } = each;
  return make("li", { "data-number": number },
    make("code", {}, operation), make("span", { class: "soft" }, ` ${provider}`),
    times > 1 ? make("span", { class: "chip" }, `${times} times`) : "",
    make("div", { class: "soft mono" }, Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(", ")));
}

function asked() {
  const { operation, provider, status, times, delay_ms: delay, limit, count, headers, body } = form();
  const made = { operation: operation.value.trim(), times: Number(times.value) };
  if (provider.value) made.provider = provider.value;
  if (status.value !== "") made.status = Number(status.value);
  if (delay.value !== "") made.delay_ms = Number(delay.value);
  if (limit.value) made[limit.value] = Number(count.value);
  if (headers.value.trim()) made.headers = readHeaders(headers);
  if (body.value.trim()) made.body = readJson(body);
  return made;
}

function readHeaders(field) {
  return Object.fromEntries(field.value.split("\n").filter((line) => line.trim()).map((line) => {
    const at = line.indexOf(":");
    if (at < 1) throw wrong(field, `"${line.trim().slice(0, 60)}" is no header. Write each on a line, as retry-after: 5.`);
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  }));
}
