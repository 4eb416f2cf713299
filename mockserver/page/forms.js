// How a form tells what came of it: below it, or at the field that an error is about.
import { make, tell } from "./dom.js";

/** Run what a form starts, and tell its end; the answer, or undefined where it was refused. */
export async function attempt(form, work, done = "Done.") {
  const place = form.querySelector(".told");
  clear(form);
  tell(place, "…");
  try {
    const answer = await work();
    tell(place, typeof done === "function" ? done(answer) : done);
    return answer;
  } catch (fault) {
    const field = fault.where ? fieldOf(form, fault.where) : null;
    tell(place, field ? "" : fault.message, true);
    if (field) mark(field, fault);
    return undefined;
  }
}

/** A JSON value that a person wrote; an error at its field. */
export function readJson(field) {
  try {
    return JSON.parse(field.value);
  } catch (fault) {
    throw wrong(field, `This is no JSON. ${fault.message.replace(/^JSON\.parse: /, "")}`);
  }
}

/** An error about a field. */
export function wrong(field, text) {
  return Object.assign(new Error(text), { where: placesOf(field)[0] });
}

/** The members that a field stands for: its name, or those in `data-where`. */
const placesOf = (field) => (field.dataset.where ?? field.name).split(" ");

function fieldOf(form, where) {
  const fits = (place) => where === place || (where.startsWith(place) && /[.[#]/.test(where[place.length]));
  return [...form.elements].findLast((each) => each.name && !each.closest("[hidden]") && placesOf(each).some(fits)) ?? null;
}

let marks = 0;
function mark(field, fault) {
  const own = placesOf(field).includes(fault.where) ? `${fault.where}: ` : "";
  // what was sent is one line: its number says nothing about the field
  const text = fault.message.replace(/^(script|agents)\.json#(\S*) \(line \d+\)/, "$2");
  const made = make("span", { class: "wrong", id: `wrong-${marks += 1}` }, text.startsWith(own) ? text.slice(own.length) : text);
  const fold = field.closest("details");
  if (fold) fold.open = true;
  const label = field.closest("label");
  if (label.parentElement.classList.contains("line")) label.parentElement.append(made); // a button stands beside it
  else label.after(made);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", made.id);
  field.addEventListener("input", () => clear(field.form), { once: true });
  field.focus();
}

function clear(form) {
  for (const each of form.querySelectorAll(".wrong")) each.remove();
  for (const each of form.querySelectorAll("[aria-invalid]")) {
    each.removeAttribute("aria-invalid");
    each.removeAttribute("aria-describedby");
  }
}
