// The document of one provider in a packaged viewer. "Try it out" asks this mock, below the provider's prefix.
import { $, tell } from "./dom.js";

const name = decodeURIComponent(location.pathname.split("/").pop());
const base = new URL(`../../${encodeURIComponent(name)}`, location.href).href;

/** The document with this mock as its only server. */
function served(document) {
  const made = { ...document, servers: [{ url: base, description: "this mock" }] };
  made.paths = Object.fromEntries(Object.entries(document.paths ?? {}).map(([path, item]) => [path, alone(item)]));
  return made;
}

function alone(item) {
  const { servers, ...rest } = item;
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => {
    if (!value || typeof value !== "object" || Array.isArray(value)) return [key, value];
    const { servers: others, ...operation } = value;
    return [key, operation];
  }));
}

function color() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const set = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", set);
  set();
}

async function begin() {
  color();
  $("name").textContent = name;
  document.title = `${name} – threadmock`;
  const answer = await fetch(`${base}/openapi.json`);
  if (!answer.ok) {
    tell($("told"), `No document ${name} is served.`, true);
    return;
  }
  $("told").hidden = true;
  window.SwaggerUIBundle({
    spec: served(await answer.json()), domNode: $("viewer"), validatorUrl: null, deepLinking: true, docExpansion: "list",
    defaultModelsExpandDepth: 0, tryItOutEnabled: true,
  });
}

begin().catch((fault) => tell($("told"), fault.message, true));
