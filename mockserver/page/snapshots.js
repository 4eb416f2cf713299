// Snapshots: keep what is stored now, put it back, carry it as a file. All sessions share them.
import { ask, download, getIfThere, SESSION } from "./api.js";
import { $, confirmed, make, moment, settle, tell } from "./dom.js";
import { attempt } from "./forms.js";

const MOST = 16 * 1024 * 1024;
const form = () => $("snapshots");
const upload = () => $("upload");

export function begin() {
  form().addEventListener("submit", async (event) => {
    event.preventDefault();
    const { name } = form().elements;
    const made = await attempt(form(), () => ask("POST", "./snapshots", { name: name.value }), (each) => `Snapshot ${each.name} is taken.`);
    if (made) name.value = "";
    await show();
  });
  upload().addEventListener("submit", (event) => { event.preventDefault(); send(); });
}

export async function show() {
  try {
    const found = await getIfThere("./snapshots");
    form().hidden = found === null;
    upload().hidden = found === null;
    if (found) draw(found.snapshots);
  } catch (fault) {
    tell(form().querySelector(".told"), fault.message, true);
  }
}

function draw(snapshots) {
  $("snapshots-none").hidden = snapshots.length > 0;
  $("snapshots-table").hidden = snapshots.length === 0;
  settle($("snapshots-list"), snapshots.map((each) => ({ name: each.name, sign: `${each.at} ${each.things}`, make: () => row(each) })));
}

function row({ name, at, things }) {
  const path = `./snapshots/${encodeURIComponent(name)}`;
  const button = (text, work) => make("button", { type: "button", "aria-label": `${text.replace("…", "")} snapshot ${name}`, onclick: work }, text);
  return make("tr", {},
    make("th", { scope: "row" }, name),
    make("td", { "data-label": "Taken" }, moment(at)),
    make("td", { "data-label": "Things", class: "number" }, things.toLocaleString("en")),
    make("td", { class: "buttons" },
      button("Restore…", () => restore(form(), path, name)),
      button("Download", () => attempt(form(), () => download(path, `${name}.json`), "")),
      button("Remove…", () => remove(path, name))));
}

async function remove(path, name) {
  if (!await confirmed(`Remove snapshot ${name}?`, "It can't be restored any more. What is stored now stays.", "Remove")) return;
  await attempt(form(), () => ask("DELETE", path), `Snapshot ${name} is removed.`);
  await show();
}

async function restore(told, path, name, file) {
  const where = SESSION ? `Everything that the session ${SESSION} stores now` : "Everything that is stored now";
  if (!await confirmed(`Restore ${name}?`, `${where} is replaced. Runs under way are dropped.`, "Restore")) return;
  await attempt(told, () => ask("POST", `${path}/restore`, file), (answer) => `${name} is restored: ${answer.restored} things.`);
  await show();
}

/** The name of a snapshot, made of that of a file. */
const nameOf = (file) => file.name.replace(/\.json$/i, "").replace(/[^A-Za-z0-9._~-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 64) || "uploaded";

async function send() {
  const [file] = upload().elements.file.files;
  const told = upload().querySelector(".told");
  if (!file) tell(told, "Choose a file first: one that Download has made.", true);
  else if (file.size > MOST) tell(told, "This file has more than 16 MB. Start the mock with it: threadmock serve --data FILE.", true);
  else await restore(upload(), `./snapshots/${nameOf(file)}`, file.name, file);
}
