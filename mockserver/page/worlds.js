// Sessions and snapshots. A panel is there where the mock has its endpoint.
import { ask, BASE, download, getIfThere } from "./api.js";
import { $, attempt, confirmed, fill, make, moment, tell } from "./dom.js";

const told = (id) => $(id).querySelector(".told");
const fields = (id) => $(id).elements;
const ROOT = new URL(BASE.pathname.replace(/_s\/[^/]+\/$/, ""), BASE);
let restored;

export function begin(changed) {
  restored = changed;
  $("sessions").addEventListener("submit", (event) => {
    event.preventDefault();
    location.href = pageOf(fields("sessions").name.value);
  });
  $("snapshots").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(told("snapshots"), () => ask("POST", "./snapshots", { name: fields("snapshots").name.value }), "It is taken.").then(show);
  });
  $("snapshots-upload").addEventListener("click", upload);
}

export async function show() {
  await Promise.all([panel("sessions", "./sessions", sessions), panel("snapshots", "./snapshots", snapshots)]);
}

async function panel(id, path, draw) {
  try {
    const found = await getIfThere(path);
    $(id).hidden = found === null;
    if (found) draw(found);
  } catch (fault) {
    tell(told(id), fault.message, true);
  }
}

const pageOf = (name) => new URL(`_s/${encodeURIComponent(name)}/_mock/`, ROOT).href;
const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;

function sessions(found) {
  $("sessions-count").textContent = `${found.sessions.length} of ${found.most}`;
  const own = BASE.href;
  fill($("sessions-list"), ...found.sessions.map((each) => {
    const url = pageOf(each.name), here = url.startsWith(own) && own !== ROOT.href;
    return make("li", { class: "item", "data-name": each.name },
      make("div", {}, make("a", { href: url, "aria-current": here ? "true" : null }, each.name), here ? make("span", { class: "chip" }, "this one") : "",
        make("div", { class: "soft" }, `${count(each.things, "thing")}, ${count(each.exchanges, "request")}, used ${moment(each.used)}`)),
      make("button", { type: "button", "aria-label": `Delete session ${each.name}`, onclick: () => remove("sessions", each.name) }, "Delete"));
  }));
  if (!found.sessions.length) fill($("sessions-list"), make("li", { class: "soft" }, "There is none yet."));
  if (own !== ROOT.href) $("sessions-list").append(make("li", {}, make("a", { href: new URL("_mock/", ROOT).href }, "Out of the session")));
}

function snapshots(found) {
  fill($("snapshots-list"), ...found.snapshots.map((each) => {
    const path = `./snapshots/${encodeURIComponent(each.name)}`;
    const button = (text, work, kind = "") => make("button", { type: "button", class: kind, "aria-label": `${text} snapshot ${each.name}`, onclick: work }, text);
    return make("li", { class: "item", "data-name": each.name },
      make("div", {}, make("b", {}, each.name),
        make("div", { class: "soft" }, `${count(each.things, "thing")} · ${moment(each.at)}`)),
      button("Restore", () => restore(path, each.name)),
      button("Download", () => attempt(told("snapshots"), () => download(path, `${each.name}.json`), "")),
      button("Delete", () => remove("snapshots", each.name)));
  }));
  if (!found.snapshots.length) fill($("snapshots-list"), make("li", { class: "soft" }, "There is none yet."));
}

async function remove(what, name) {
  if (!await confirmed(`Delete ${name}?`, `What is in this ${what.slice(0, -1)} is gone then.`, "Delete")) return;
  await attempt(told(what), () => ask("DELETE", `./${what}/${encodeURIComponent(name)}`), "It is deleted.");
  await show();
}

async function restore(path, name, file) {
  if (!await confirmed(`Restore ${name}?`, "What is stored now is replaced.", "Restore")) return;
  await attempt(told("snapshots"), () => ask("POST", `${path}/restore`, file), "It is restored.");
  restored();
}

async function upload() {
  const [file] = fields("snapshots").file.files;
  if (!file) {
    tell(told("snapshots"), "Choose a file first.", true);
    return;
  }
  const name = file.name.replace(/\.json$/, "").replace(/[^A-Za-z0-9._-]+/g, "-") || "uploaded";
  await restore(`./snapshots/${name}`, file.name, file);
}
