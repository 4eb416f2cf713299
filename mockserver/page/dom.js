// Parts of the page are made here, and only here: what the mock stores becomes text, never markup.

export const $ = (id) => document.getElementById(id);

/** An element. attributes: `class`, `data-…`, properties such as `value`, and functions named `onclick`, … */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (key in made && typeof made[key] !== "object" && !key.includes("-")) made[key] = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export function fill(parent, ...children) {
  parent.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return parent;
}

let saying = 0;
/** Tell who does not see the page. */
export function say(text) {
  clearTimeout(saying);
  $("said").textContent = "";
  saying = setTimeout(() => { $("said").textContent = text; }, 50);
}

/** A line below a form that says how it went. */
export function tell(place, text, failed = false) {
  place.textContent = text;
  place.classList.toggle("failed", failed);
}

/** Put a text into the clipboard. Browsers have the better way on loopback and with TLS only. */
async function put(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const focused = document.activeElement;
  const area = make("textarea", { class: "unseen", value: text });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  if (!done) throw new Error("The browser does not let it.");
}

export function copyButton(text, what) {
  const label = make("span", {}, "Copy");
  return make("button", {
    type: "button", class: "copy", "aria-label": `Copy ${what}`,
    onclick: async () => {
      try {
        await put(text);
        label.textContent = "Copied";
      } catch {
        label.textContent = "Not allowed";
      }
      say(`${what}: ${label.textContent}`);
      setTimeout(() => { label.textContent = "Copy"; }, 1500);
    },
  }, label);
}

const LONGEST = 200_000;
export function cut(text, most = LONGEST) {
  return text.length > most ? `${text.slice(0, most)}\n… ${(text.length - most).toLocaleString("en")} characters more` : text;
}

export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export const block = (text, label) => make("pre", { tabIndex: 0, role: "group", "aria-label": label }, cut(text));

/** A part that is closed at first; its content is made when it is opened. */
export function folded(title, content, open = false) {
  const made = make("details", {}, make("summary", {}, title));
  const show = () => { if (made.open && made.children.length === 1) made.append(content()); };
  made.addEventListener("toggle", show);
  if (open) { made.open = true; show(); }
  return made;
}

export function time(text) {
  if (!text) return "";
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? String(text) : at.toISOString().slice(11, 23);
}

/** A moment in UTC, as the mock's clock has it. */
export function moment(text) {
  if (!text) return "";
  const at = new Date(typeof text === "number" && text < 1e11 ? text * 1000 : text);
  return Number.isNaN(at.getTime()) ? String(text) : at.toISOString().slice(0, 19).replace("T", " ");
}

export const later = (work, ms) => {
  let waiting = 0;
  return (...given) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => work(...given), ms);
  };
};

/** At most once in so many milliseconds, and once more after the last call. */
export const seldom = (work, ms) => {
  let waiting = 0, last = 0;
  return () => {
    if (waiting) return;
    waiting = setTimeout(() => { waiting = 0; last = performance.now(); work(); }, Math.max(50, ms - (performance.now() - last)));
  };
};

/**
 * Let a parent have these children. One that is there with the same name and sign stays, with focus and what is open
 * in it. wanted: `{name, sign, make}`; make(old) gets the one that it replaces.
 */
export function settle(parent, wanted) {
  const there = new Map([...parent.children].map((each) => [each.dataset.name, each]));
  let at = parent.firstElementChild;
  for (const { name, sign, make: made } of wanted) {
    let child = there.get(name);
    there.delete(name);
    if (!child || child.sign !== sign) {
      const old = child;
      child = made(old);
      child.dataset.name = name;
      child.sign = sign;
      if (old && old === at) at = at.nextElementSibling;
      old?.remove();
      parent.insertBefore(child, at);
    } else if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
  for (const left of there.values()) left.remove();
}

export function option(value, text = value) {
  return make("option", { value }, text);
}

/** Ask before something is lost. */
export async function confirmed(title, text, action) {
  const dialog = $("question");
  $("question-title").textContent = title;
  $("question-text").textContent = text;
  $("question-yes").textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  $("question-no").focus();
  await new Promise((done) => { dialog.addEventListener("close", done, { once: true }); });
  return dialog.returnValue === "yes";
}

/** On a narrow screen what is opened stands below the list. */
export function inSight(place) {
  if (matchMedia("(max-width: 60rem)").matches) place.scrollIntoView({ block: "start" });
}
