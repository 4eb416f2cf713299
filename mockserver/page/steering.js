// What changes the mock while it runs: settings, clock, reset; the other panels are modules of their own.
import { ask, controlDocument, get, SESSION } from "./api.js";
import { $, confirmed, fill, moment, option, tell } from "./dom.js";
import * as faults from "./faults.js";
import { attempt, readJson } from "./forms.js";
import * as next from "./next.js";
import { forget } from "./requests.js";

const OWN = "*";
const EXAMPLE = { name: "mine", steps: [{ say: "Hello." }, { call: "search", arguments: { query: "tea" }, result: "Found." }, { say: "Here it is." }] };
const fields = (id) => $(id).elements;
let names = null;
let last = null;
let running = 0;

export function begin() {
  $("agents").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt($("agents"), () => ask("PATCH", "./settings", changes()), (settings) => { take(settings, true); return "Applied."; });
  });
  fields("agents").script.addEventListener("change", own);
  fields("agents").source.value = JSON.stringify(EXAMPLE, null, 1);
  $("clock").addEventListener("submit", (event) => {
    event.preventDefault();
    const { at, frozen } = fields("clock");
    move({ frozen: frozen.checked, ...(at.value.trim() ? { at: at.value.trim() } : {}) });
  });
  for (const button of $("clock").querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => move({ advance: button.dataset.advance }));
  }
  $("clock-advance").addEventListener("click", () => move({ advance: fields("clock").advance.value.trim() }));
  fields("clock").advance.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); $("clock-advance").click(); }
  });
  $("reset").addEventListener("submit", (event) => { event.preventDefault(); reset(); });
  faults.begin((settings) => take(settings, false));
  next.begin();
  setInterval(tick, 1000);
}

export async function show() {
  try {
    const settings = await get("./settings");
    names ??= await known();
    take(settings, true);
  } catch (fault) {
    tell($("agents").querySelector(".told"), fault.message, true);
    return;
  }
  next.show();
}

export function key(name) {
  if (name !== "/") return false;
  fields("faults").search.focus();
  return true;
}

/** A request came: of the answers that wait one may be gone. */
export function changed() {
  if (!$("view-steering").hidden) next.show();
}

/** The names that this mock knows, from its own document. */
async function known() {
  const { components: { schemas } } = await controlDocument();
  faults.know(schemas.Fault.enum);
  next.know(schemas.Operation.enum, schemas.Provider.enum);
  fill(fields("agents").script, ...schemas.ScriptName.enum.map((name) => option(name)), option(OWN, "write one…"));
  return schemas;
}

function own() {
  $("own-script").hidden = fields("agents").script.value !== OWN;
}

/** The settings that are others now. */
function changes() {
  const { script, source, speed, ms, jitter, auth, agents } = fields("agents");
  const wanted = {
    script: script.value === OWN ? readJson(source) : script.value,
    speed: Number(speed.value),
    latency: ms.value === "" ? null : { ms: Number(ms.value), ...(jitter.value === "" ? {} : { jitter: Number(jitter.value) }) },
    auth: auth.value,
    agents: agents.value.trim() ? readJson(agents) : {},
  };
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(last[name])));
}

function take(settings, all) {
  last = settings;
  if (all) {
    const { script, speed, ms, jitter, auth, agents } = fields("agents");
    if (![...script.options].some((each) => each.value === settings.script)) script.prepend(option(settings.script));
    script.value = settings.script;
    own();
    speed.value = settings.speed;
    ms.value = settings.latency?.ms ?? "";
    jitter.value = settings.latency?.jitter ?? "";
    auth.value = settings.auth;
    const declared = Object.keys(settings.agents);
    agents.value = declared.length ? JSON.stringify(settings.agents, null, 1) : "";
    $("agents-count").textContent = declared.length ? `${declared.length} named` : "any name will do";
  }
  faults.take(settings.faults);
  fields("clock").frozen.checked = settings.clock.frozen;
  $("clock-state").textContent = settings.clock.frozen ? "frozen" : "running";
  running = settings.clock.frozen ? 0 : Date.parse(settings.clock.at) - performance.now();
  fields("clock").now.value = `${moment(settings.clock.at)} UTC`;
}

function tick() {
  if (running && !$("view-steering").hidden) fields("clock").now.value = `${moment(new Date(running + performance.now()).toISOString())} UTC`;
}

const move = (clock) => attempt($("clock"), () => ask("PATCH", "./settings", { clock }), (settings) => {
  take(settings, false);
  return `It is ${moment(settings.clock.at)}.`;
});

async function reset() {
  const { seed, settings } = fields("reset");
  const body = { ...(seed.value === "" ? {} : { seed: Number(seed.value) }), ...(settings.checked ? { settings: true } : {}) };
  const what = SESSION ? `the session ${SESSION}` : "the mock";
  if (!await confirmed(`Reset ${what}?`, "Everything that was created and asked is forgotten. The data of the start is there again.", "Reset")) return;
  await attempt($("reset"), () => ask("POST", "./reset", Object.keys(body).length ? body : undefined), (answer) => {
    forget();
    show();
    return `Done: ${answer.forgotten} things are forgotten; seed ${answer.seed}.`;
  });
}
