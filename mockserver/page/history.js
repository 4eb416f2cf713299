// The history of a thread as a tree: what follows is one list, and each branch a list within it.
import { block, folded, make, moment } from "./dom.js";

/** entries: newest first or oldest first; each with the key of its parent, or none. */
export function historyTree(entries) {
  const known = new Map(entries.map((each) => [each.key, { ...each, children: [] }]));
  const roots = [];
  for (const each of byAge([...known.values()])) (known.get(each.parent)?.children ?? roots).push(each);
  const newest = latest(known);
  const whole = make("div", { class: "history" });
  whole.append(...roots.map((root) => branch(root, newest)));
  return whole;
}

function byAge(entries) {
  const turned = entries.length > 1 && isBefore(entries[entries.length - 1], entries[0]);
  return turned ? entries.reverse() : entries;
}

const isBefore = (one, other) => one.at && other.at ? one.at < other.at : (one.step ?? 0) < (other.step ?? 0);

/** The entries from the newest to its root: the branch that counts. */
function latest(known) {
  const found = new Set();
  let each = [...known.values()].filter((entry) => !entry.children.length).reduce((a, b) => (a && isBefore(b, a) ? a : b), null);
  while (each && !found.has(each.key)) {
    found.add(each.key);
    each = known.get(each.parent);
  }
  return found;
}

function branch(first, newest) {
  // without recursion along a branch: it may be thousands long
  const top = make("ol", { class: "branch" });
  const waiting = [[first, top]];
  while (waiting.length) {
    let [each, list] = waiting.pop();
    while (each) {
      const item = entry(each, newest.has(each.key));
      list.append(item);
      const [next, ...others] = each.children.length > 1 ? main(each.children, newest) : each.children;
      if (others.length) {
        item.classList.add("fork");
        for (const other of others) {
          const below = make("ol", { class: "branch aside", "aria-label": "Another branch" });
          item.append(below);
          waiting.push([other, below]);
        }
      }
      each = next;
    }
  }
  return top;
}

const main = (children, newest) => {
  const at = Math.max(0, children.findIndex((each) => newest.has(each.key)));
  return [children[at], ...children.filter((_, index) => index !== at)];
};

function entry(each, counts) {
  const next = Array.isArray(each.next) ? each.next.join(", ") : each.next;
  const what = [each.step === null || each.step === undefined ? "" : `step ${each.step}`, each.source, next ? `then ${next}` : ""].filter(Boolean).join(" · ");
  return make("li", { class: counts ? "counts" : "" },
    folded(`${what || each.key} · ${moment(each.at)}`, () => block(JSON.stringify(each.raw, null, 2), "Checkpoint")));
}
