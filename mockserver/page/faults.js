// The faults that may be planted: one tick each, with a search. A tick counts at once.
import { ask } from "./api.js";
import { $, fill, make } from "./dom.js";
import { attempt } from "./forms.js";

let names = [];
let planted = new Set();
let applied;
const form = () => $("faults").elements;

export function begin(taken) {
  applied = taken;
  $("faults").addEventListener("submit", (event) => event.preventDefault());
  form().search.addEventListener("input", filter);
  form().planted.addEventListener("change", filter);
  $("faults-none").addEventListener("click", () => plant([]));
}

export function know(all) {
  names = all;
  fill($("faults-list"), ...all.map((name) => make("li", {}, make("label", { class: "tick" },
    make("input", { type: "checkbox", value: name, onchange: () => plant(ticked()) }), name))));
}

const boxes = () => [...$("faults-list").querySelectorAll("input")];
const ticked = () => boxes().filter((each) => each.checked).map((each) => each.value);

export function take(active) {
  planted = new Set(active);
  for (const each of boxes()) each.checked = planted.has(each.value);
  $("faults-count").textContent = `${planted.size} of ${names.length} on`;
  $("faults-count").classList.toggle("warn", planted.size > 0);
  filter();
}

function filter() {
  const words = form().search.value.trim().toLowerCase();
  for (const each of boxes()) {
    each.closest("li").hidden = !each.value.includes(words) || (form().planted.checked && !planted.has(each.value));
  }
}

async function plant(some) {
  const answer = await attempt($("faults"), () => ask("PATCH", "./settings", { faults: some }), "Applied.");
  if (answer) applied(answer);
  else take([...planted]);
}
