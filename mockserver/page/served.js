// What is served: base URLs, client lines, a request to try, and the reference of each document.
import { BASE, get, SESSION } from "./api.js";
import { $, copyButton, fill, make } from "./dom.js";

export function begin() {}

export async function show() {
  try {
    const told = await get("./served");
    $("served-soft").textContent = SESSION ? `Point your client at a base URL of this session, or send the header X-Threadmock-Session: ${SESSION}.`
      : "Point your client at a base URL. Everything it asks shows up under Requests.";
    fill($("served-list"), ...told.providers.map((each) => card(each, told.base)));
  } catch (fault) {
    fill($("served-list"), make("p", { class: "failed" }, fault.message));
  }
}

function card(each, base) {
  // the page may be reached by another name than the server knows, or below the base URL of a session
  const own = (text) => text.replaceAll(base + "/", BASE.href);
  const title = `served-${each.name}`;
  return make("article", { class: "card", "aria-labelledby": title },
    make("div", { class: "heading" }, make("h3", { id: title }, each.title), make("span", { class: "chip" }, each.layer)),
    make("p", { class: "soft" }, `${each.name} · ${each.operations} operations${each.at_root ? " · also at the root" : ""}`),
    line("Base URL", own(each.base_url), each.name),
    each.client ? line("Client", own(each.client), each.name) : "",
    each.curl ? line("Try it", own(each.curl), each.name) : "",
    make("p", { class: "links" },
      make("a", { href: `./reference/${encodeURIComponent(each.name)}` }, "Reference"),
      make("a", { href: `../${encodeURIComponent(each.name)}/openapi.json` }, "openapi.json"),
      make("a", { href: `#threads/${encodeURIComponent(each.name)}` }, "Threads")));
}

function line(label, text, name) {
  return make("div", { class: "line" },
    make("span", { class: "label" }, label),
    make("code", { tabIndex: 0, title: text }, text),
    copyButton(text, `${label} of ${name}`));
}
