// One request with its answer, and why it was answered so.
import { $, block, copyButton, cut, fill, folded, make, moment, pretty } from "./dom.js";
import { eventsOf } from "./sse.js";
import { statusClass } from "./requests.js";

const MOST_EVENTS = 500;

export function showExchange(each) {
  const place = $("details");
  if (!each) {
    fill(place, make("p", { class: "empty" }, "Choose a request to see what came in, what went out, and why."));
    return;
  }
  if (place.dataset.number !== String(each.number)) place.scrollTop = 0;
  place.dataset.number = each.number;
  const line = `${each.method} ${each.path}${each.query ? `?${each.query}` : ""}`;
  fill(place,
    make("div", { class: "heading" },
      make("h3", {}, make("span", { class: "method" }, each.method), " ", make("span", { class: "mono" }, line.slice(each.method.length + 1))),
      copyButton(line, "request line")),
    make("dl", { class: "facts-list" },
      ...fact("Status", make("span", { class: `status ${statusClass(each.status)}` }, String(each.status))),
      ...fact("Why", each.reason || "–"),
      ...fact("Rule", each.rule || "none"),
      ...fact("Operation", each.operation ?? (each.unexpected ? "nothing is served there" : "–")),
      ...(each.operation_id ? fact("Operation id", make("code", {}, each.operation_id)) : []),
      ...fact("Provider", each.provider || "–"),
      ...fact("Time", `${moment(each.at)} UTC, ${each.ms} ms, number ${each.number}`)),
    folded(`Headers (${Object.keys(each.headers).length})`, () => make("dl", { class: "headers" },
      ...Object.entries(each.headers).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]))),
    ...part("Request body", each.body),
    ...(each.stream ? streamed(each.answer) : part("Answer", each.answer)));
}

function fact(name, value) {
  return [make("dt", {}, name), make("dd", {}, value)];
}

function part(title, text) {
  if (!text) return [make("h4", {}, title), make("p", { class: "soft" }, "empty")];
  const shown = pretty(text);
  return [make("div", { class: "heading" }, make("h4", {}, title), copyButton(shown, title.toLowerCase())), block(shown, title)];
}

function streamed(text) {
  const events = eventsOf(text);
  return [
    make("div", { class: "heading" }, make("h4", {}, `Answer: a stream of ${events.length} events`), copyButton(text, "stream")),
    make("ol", { class: "events" }, ...events.slice(0, MOST_EVENTS).map(eventItem)),
    events.length > MOST_EVENTS ? make("p", { class: "soft" }, `${events.length - MOST_EVENTS} more: copy the stream to see them.`) : "",
  ];
}

export function eventItem(event) {
  const brief = event.data.length > 160 ? `${event.data.slice(0, 160)}…` : event.data;
  return make("li", {}, folded(`${event.kind}  ${brief}`, () => block(cut(pretty(event.data)), "Event")));
}
