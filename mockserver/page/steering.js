// What changes the mock while it runs: settings, clock, reset; the other panels are modules of their own.
import { ask, controlDocument, get } from "./api.js";
import { $, attempt, confirmed, fill, moment, option, tell } from "./dom.js";
import * as faults from "./faults.js";
import * as next from "./next.js";
import { forget } from "./requests.js";
import * as worlds from "./worlds.js";

const told = (id) => $(id).querySelector(".told");
const fields = (id) => $(id).elements;
let names = null;

export function begin() {
  const applied = (settings) => { take(settings, true); return "Applied."; };
  $("agents").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(told("agents"), () => ask("PATCH", "./settings", agents()), applied);
  });
  $("clock").addEventListener("submit", (event) => {
    event.preventDefault();
    const { at, frozen } = fields("clock");
    const clock = { frozen: frozen.checked, ...(at.value.trim() ? { at: at.value.trim() } : {}) };
    move(clock);
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
  worlds.begin(() => show());
}

export async function show() {
  try {
    const settings = await get("./settings");
    names ??= await known();
    take(settings, true);
  } catch (fault) {
    tell(told("agents"), fault.message, true);
    return;
  }
  next.show();
  worlds.show();
}

export function hide() {}
export function back() {}

export function key(name) {
  if (name !== "/") return false;
  fields("faults").search.focus();
  return true;
}

/** A request came: of the answers that wait one may be gone. */
export function changed() {
  if ($("view-steering").hidden) return;
  next.show();
  worlds.show();
}

/** The names that this mock knows, from its own document. */
async function known() {
  const { components: { schemas } } = await controlDocument();
  faults.know(schemas.Fault.enum);
  next.know(schemas.Operation.enum, schemas.Provider.enum);
  fill(fields("agents").script, ...schemas.ScriptName.enum.map((name) => option(name)));
  return schemas;
}

function agents() {
  const { script, speed, ms, jitter, auth } = fields("agents");
  const latency = ms.value === "" ? null : { ms: Number(ms.value), ...(jitter.value === "" ? {} : { jitter: Number(jitter.value) }) };
  return { script: script.value, speed: Number(speed.value), latency, auth: auth.value };
}

function take(settings, all) {
  if (all) {
    const { script, speed, ms, jitter, auth } = fields("agents");
    if (![...script.options].some((each) => each.value === settings.script)) script.append(option(settings.script));
    script.value = settings.script;
    speed.value = settings.speed;
    ms.value = settings.latency?.ms ?? "";
    jitter.value = settings.latency?.jitter ?? "";
    auth.value = settings.auth;
  }
  faults.take(settings.faults);
  fields("clock").now.value = `${moment(settings.clock.at)} UTC`;
  fields("clock").frozen.checked = settings.clock.frozen;
  $("clock-state").textContent = settings.clock.frozen ? "frozen" : "running";
}

const move = (clock) => attempt(told("clock"), () => ask("PATCH", "./settings", { clock }), (settings) => {
  take(settings, false);
  return `It is ${moment(settings.clock.at)}.`;
});

async function reset() {
  const { seed, settings } = fields("reset");
  const body = { ...(seed.value === "" ? {} : { seed: Number(seed.value) }), ...(settings.checked ? { settings: true } : {}) };
  if (!await confirmed("Reset the mock?", "All that was stored and asked is forgotten.", "Reset")) return;
  await attempt(told("reset"), () => ask("POST", "./reset", Object.keys(body).length ? body : undefined), (answer) => {
    forget();
    show();
    return `${answer.forgotten} things are forgotten; seed ${answer.seed}.`;
  });
}
