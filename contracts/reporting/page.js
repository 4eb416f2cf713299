"use strict";
const texts = JSON.parse(document.getElementById("texts").textContent);
const findings = [...document.querySelectorAll(".finding")];
const filter = document.getElementById("filter");
const shown = document.getElementById("shown");

function apply() {
  const words = filter.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = ["operation", "check", "kind"].map((name) => [name, filter.elements[name].value]);
  let count = 0;
  for (const each of findings) {
    const text = each.textContent.toLowerCase();
    each.hidden = !(wanted.every(([name, value]) => !value || each.dataset[name].split("\n").includes(value)) &&
      words.every((word) => text.includes(word)));
    count += !each.hidden;
  }
  shown.textContent = `${count} of ${findings.length} shown`;
}

async function copy(button) {
  const text = texts[button.dataset.text];
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const before = button.textContent;
  button.textContent = done ? "Copied" : "Can't copy";
  setTimeout(() => { button.textContent = before; }, 1500);
}

if (filter) {
  filter.hidden = false;
  filter.addEventListener("input", apply);
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("reset", () => setTimeout(apply));
  document.getElementById("open").addEventListener("click", () => {
    const open = findings.some((each) => !each.hidden && !each.open);
    for (const each of findings) if (!each.hidden) each.open = open;
  });
  apply();
}
for (const button of document.querySelectorAll("button[data-text]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
if (location.hash) {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.matches("details")) target.open = true;
}
