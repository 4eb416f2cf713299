// The sessions of the server: make one, open its page, end it. What is stored is kept and put back in `snapshots`.
import { ask, endSession, getIfThere, pageOf, ROOT, SESSION } from "./api.js";
import { $, confirmed, fill, make, moment, settle, tell } from "./dom.js";
import { attempt } from "./forms.js";
import * as snapshots from "./snapshots.js";

const name = () => $("sessions").elements.name;

export function begin() {
  $("sessions").addEventListener("submit", async (event) => {
    event.preventDefault();
    const made = await attempt($("sessions"), () => ask("POST", "./sessions", { name: name().value }), (each) => `Session ${each.name} is ready.`);
    if (made) name().value = "";
    await show();
  });
  fill($("sessions-none"), "No sessions yet. Name one above, or point a client at ",
    make("code", {}, new URL("_s/NAME/", ROOT).href), ": the first request makes it.");
  snapshots.begin();
}

export async function show() {
  snapshots.show();
  try {
    const found = await getIfThere("./sessions");
    $("sessions").hidden = found === null;
    if (found) draw(found);
  } catch (fault) {
    tell($("sessions").querySelector(".told"), fault.message, true);
  }
}

/** What the other sessions do is told by no event. */
export const poll = () => show();

export function key(pressed) {
  if (pressed !== "/") return false;
  name().focus();
  return true;
}

function draw({ sessions, most }) {
  $("sessions-count").textContent = `${sessions.length.toLocaleString("en")} of ${most.toLocaleString("en")}`;
  $("sessions-none").hidden = sessions.length > 0;
  $("sessions-table").hidden = sessions.length === 0;
  settle($("sessions-list"), sessions.map((each) => ({ name: each.name, sign: "row", make: () => row(each.name) })));
  for (const each of sessions) {
    const cells = $("sessions-list").querySelector(`[data-name="${CSS.escape(each.name)}"]`).cells;
    [moment(each.made), moment(each.used), each.things.toLocaleString("en"), each.exchanges.toLocaleString("en")].forEach((text, at) => {
      if (cells[at + 1].textContent !== text) cells[at + 1].textContent = text;
    });
  }
}

function row(each) {
  const here = each === SESSION;
  return make("tr", {},
    make("th", { scope: "row" }, make("a", { href: pageOf(each), "aria-current": here ? "true" : null }, each), here ? make("span", { class: "chip" }, "this page") : ""),
    ...["Made", "Last used"].map((label) => make("td", { "data-label": label })),
    ...["Things", "Requests"].map((label) => make("td", { "data-label": label, class: "number" })),
    make("td", { class: "buttons" }, make("button", { type: "button", "aria-label": `End session ${each}`, onclick: () => end(each) }, "End…")));
}

async function end(each) {
  const text = "Its threads, settings and requests are gone then, and its streams end. The next request with this name begins a new session.";
  if (!await confirmed(`End session ${each}?`, text, "End session")) return;
  const done = await attempt($("sessions"), () => endSession(each).then(() => true), `Session ${each} has ended.`);
  if (done && each === SESSION) location.href = `${pageOf("")}#sessions`;
  else await show();
}
