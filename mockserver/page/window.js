// A list of any length of which only the rows in sight are in the document. Rows have one height, and are loaded
// page by page as they come into sight. A listbox: the list has the focus, one row is the active one.
import { make } from "./dom.js";

const SPARE = 8;

export class WindowedList {
  /**
   * place: the scrolling element. height: of a row, in pixels. load(after): the next page, `{items, after, count}`.
   * row(item): the content of a row. open(item): what Enter and a click do.
   */
  constructor(place, { height, load, row, open }) {
    Object.assign(this, { place, height, load, row, open });
    this.items = [];
    this.count = 0;
    this.active = -1;
    this.openKey = "";
    this.round = 0;
    this.inner = make("div", { class: "window-inner", role: "presentation" });
    place.append(this.inner);
    place.addEventListener("scroll", () => this.#plan(), { passive: true });
    place.addEventListener("keydown", (event) => this.#press(event));
    place.addEventListener("click", (event) => {
      const found = event.target.closest("[data-at]");
      if (found) this.#choose(Number(found.dataset.at));
    });
    new ResizeObserver(() => this.#plan()).observe(place);
  }

  /** Begin anew. keep: load as many as there are, and stay where it is. */
  async refresh(keep = false) {
    const round = ++this.round;
    const size = keep ? Math.max(this.items.length, 0) : 0;
    const active = this.items[this.active]?.key;
    const page = await this.load(null, Math.min(size, 1000));
    if (round !== this.round) return;
    if (keep && page.after !== null && this.items.length > page.items.length) {
      // what was loaded further down stays; what is new stands above
      const known = new Set(page.items.map((each) => each.key));
      this.items = [...page.items, ...this.items.filter((each) => !known.has(each.key)).slice(0, Math.max(0, page.count - page.items.length))];
    } else {
      this.items = page.items;
      this.after = page.after;
    }
    this.count = page.count;
    this.loading = false;
    this.active = active === undefined ? -1 : this.items.findIndex((each) => each.key === active);
    if (!keep) this.place.scrollTop = 0;
    this.drawn = "";
    this.#plan();
  }

  mark(key) {
    this.openKey = key;
    this.drawn = "";
    this.#plan();
  }

  move(step) {
    const next = Math.max(0, Math.min(this.items.length - 1, this.active + step));
    if (!this.items.length) return;
    this.active = next;
    const top = next * this.height, bottom = top + this.height;
    if (top < this.place.scrollTop) this.place.scrollTop = top;
    else if (bottom > this.place.scrollTop + this.place.clientHeight) this.place.scrollTop = bottom - this.place.clientHeight;
    this.drawn = "";
    this.#draw();
    this.#more();
  }

  #press(event) {
    const page = Math.max(1, Math.floor(this.place.clientHeight / this.height) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.items.length, End: this.items.length }[event.key];
    if (step) this.move(step);
    else if ((event.key === "Enter" || event.key === " ") && this.items[this.active]) this.#choose(this.active, true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #choose(at, byKey = false) {
    if (!this.items[at]) return;
    this.active = at;
    this.drawn = "";
    this.#draw();
    this.open(this.items[at], byKey);
  }

  #plan() {
    if (this.planned) return;
    this.planned = true;
    requestAnimationFrame(() => { this.planned = false; this.#draw(); this.#more(); });
  }

  #draw() {
    const { scrollTop, clientHeight } = this.place;
    const first = Math.max(0, Math.floor(scrollTop / this.height) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((scrollTop + clientHeight) / this.height) + SPARE);
    const drawn = `${first} ${last} ${this.items.length}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.inner.style.height = `${this.items.length * this.height}px`;
    this.inner.replaceChildren(...this.items.slice(first, last).map((item, index) => this.#option(item, first + index)));
    if (this.active >= first && this.active < last) this.place.setAttribute("aria-activedescendant", this.#id(this.active));
    else this.place.removeAttribute("aria-activedescendant");
  }

  #id(at) {
    return `${this.place.id}-${at}`;
  }

  #option(item, at) {
    const made = make("div", {
      id: this.#id(at), role: "option", class: at === this.active ? "active" : "", "data-at": at, "data-key": item.key,
      "aria-selected": String(item.key === this.openKey), "aria-setsize": this.count, "aria-posinset": at + 1,
    }, ...this.row(item));
    made.style.top = `${at * this.height}px`;
    return made;
  }

  async #more() {
    const { scrollTop, clientHeight } = this.place;
    const near = (this.items.length * this.height) - scrollTop - clientHeight < clientHeight * 2;
    if (!near || this.loading || !this.after || this.place.clientHeight === 0) return;
    this.loading = true;
    const round = this.round;
    try {
      const page = await this.load(this.after, 0);
      if (round !== this.round) return;
      const known = new Set(this.items.map((each) => each.key));
      this.items.push(...page.items.filter((each) => !known.has(each.key)));
      this.after = page.after;
      this.count = page.count;
      this.loading = false;
      this.#plan();
    } catch (fault) {
      if (round !== this.round) return;
      this.loading = false;
      if (fault.status !== 400) return;
      // the thread behind which it was to go on is gone
      this.items.pop();
      this.after = this.items.at(-1)?.key ?? null;
      this.#plan();
    }
  }
}
