// What the next requests to an operation get, and what waits.
import { ask, get } from "./api.js";
import { $, attempt, fill, make, option, tell } from "./dom.js";

const form = () => $("next").elements;
const told = () => $("next").querySelector(".told");

export function begin() {
  $("next").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(told(), () => ask("POST", "./next", asked()), "It waits.").then(show);
  });
  $("next-clear").addEventListener("click", () => {
    attempt(told(), () => ask("DELETE", "./next"), (answer) => `${answer.forgotten} forgotten.`).then(show);
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
    if (!waiting.length) fill($("waiting"), make("li", { class: "soft" }, "Nothing waits."));
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
  const { operation, provider, status, times, delay_ms: delay, limit, count, body } = form();
  const made = { operation: operation.value.trim(), times: Number(times.value) };
  if (provider.value) made.provider = provider.value;
  if (status.value !== "") made.status = Number(status.value);
  if (delay.value !== "") made.delay_ms = Number(delay.value);
  if (limit.value) made[limit.value] = Number(count.value);
  if (body.value.trim()) {
    try { made.body = JSON.parse(body.value); } catch { throw new Error("The body is no JSON. A text stands in \"quotes\"."); }
  }
  return made;
}
