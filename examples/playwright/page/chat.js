// A chat with an agent of a LangGraph server. Where that is: ?api=URL, or the global CHAT_API.
const address = new URL(location.href);
const api = address.searchParams.get("api") ?? window.CHAT_API ?? "http://127.0.0.1:4040/langsmith";
const [form, list, fault] = ["form", "#messages", "#fault"].map((name) => document.querySelector(name));
let thread = address.searchParams.get("thread");
let waiting = null; // the message that was not answered

async function ask(method, path, body) {
  const headers = body ? { "content-type": "application/json" } : {};
  const answer = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return answer;
}

function show(role, text = "") {
  const item = document.createElement("li");
  item.className = role;
  item.textContent = text;
  list.append(item);
  return item;
}

function showStart({ thread_id, created_at }) {
  const minutes = Math.round((Date.now() - Date.parse(created_at)) / 60_000);
  document.querySelector("#started").textContent =
    `Conversation ${thread_id.slice(-12)}, ${created_at.slice(0, 19).replace("T", " ")} UTC, ${minutes} min ago`;
}

async function start() {
  const made = await (await ask("POST", "/threads", { metadata: { page: "chat" } })).json();
  thread = made.thread_id;
  address.searchParams.set("thread", thread);
  history.replaceState(null, "", address);
  showStart(made);
}

/** The server-sent events of a response. */
async function* events(answer) {
  let text = "";
  for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + part).split(/\r?\n\r?\n/);
    text = blocks.pop();
    for (const block of blocks) {
      const name = /^event: ?(.*)$/m.exec(block)?.[1];
      const data = /^data: ?(.*)$/m.exec(block)?.[1];
      if (name && data) yield [name, JSON.parse(data)];
    }
  }
}

async function say(text) {
  if (!thread) await start();
  const body = { assistant_id: "agent", input: { messages: [{ role: "user", content: text }] } };
  const answer = await ask("POST", `/threads/${thread}/runs/stream`, { ...body, stream_mode: ["messages-tuple"] });
  const item = show("ai");
  for await (const [name, data] of events(answer)) {
    if (name === "messages") item.textContent += data[0].content;
    if (name === "error") throw new Error(`The agent failed: ${data.message}`);
  }
}

/** Do it, and show what went wrong. */
async function attempt(work) {
  fault.hidden = true;
  form.inert = true;
  try {
    await work();
    waiting = null;
  } catch (error) {
    fault.querySelector("span").textContent = error instanceof TypeError ? "The connection was lost." : error.message;
    fault.hidden = false;
  }
  form.inert = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  waiting = form.elements.text.value;
  form.reset();
  show("human", waiting);
  attempt(() => say(waiting));
});
fault.querySelector("button").addEventListener("click", () => attempt(() => say(waiting)));

if (thread) {
  attempt(async () => {
    showStart(await (await ask("GET", `/threads/${thread}`)).json());
    const { values } = await (await ask("GET", `/threads/${thread}/state`)).json();
    for (const message of values.messages ?? []) show(message.type, message.content);
  });
}
