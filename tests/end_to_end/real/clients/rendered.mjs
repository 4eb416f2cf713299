// A hook of React without a page: what it returns now, and waiting until something holds of it.
import { createElement } from "react";
import { create } from "react-test-renderer";

globalThis.window ??= globalThis;
const kept = new Map();
globalThis.sessionStorage ??= {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => void kept.set(key, value),
  removeItem: (key) => void kept.delete(key),
};
const LONGEST = 15000;

// below: what is rendered below the hook, given what it returned
export function rendered(useHook, below = () => null) {
  const watching = new Set();
  const view = { now: null };
  function Rendered() {
    view.now = useHook();
    view.changed();
    return below(view.now);
  }
  view.changed = () => setImmediate(() => watching.forEach((look) => look()));
  view.until = (holds) =>
    new Promise((found, failed) => {
      const late = setTimeout(() => failed(new Error(`never: ${holds}`)), LONGEST);
      const look = () => {
        if (!view.now || !holds(view.now)) return;
        clearTimeout(late);
        watching.delete(look);
        found(view.now);
      };
      watching.add(look);
      look();
    });
  const root = create(createElement(Rendered));
  view.end = () => root.unmount();
  return view;
}
