import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

const query = new URLSearchParams(location.search);
export const settings = {
  api: query.get("api"),
  assistant: query.get("assistant") ?? "agent",
  thread: query.get("thread"),
};

// The thread id is kept in the address, so that a reload finds it again.
export function keepThread(id) {
  const url = new URL(location.href);
  if (id) url.searchParams.set("thread", id);
  else url.searchParams.delete("thread");
  history.replaceState(null, "", url);
}

export function textOf(message) {
  const content = message.content;
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join("");
}

export function Chat({ thread, busy, reading, messages, interrupt, error, send, stop, resume }) {
  const [text, setText] = useState("");
  const status = busy ? "busy" : reading ? "reading" : error ? "error" : interrupt ? "interrupted" : "idle";
  return (
    <main>
      <p>thread <code id="thread">{thread ?? ""}</code>, <b id="status">{status}</b></p>
      <p id="error">{error ? String(error.message ?? error) : ""}</p>
      <div id="messages">
        {messages.map((m, i) => (
          <p key={m.id ?? i} data-role={m.type ?? m.getType?.()} data-id={m.id}>{textOf(m)}</p>
        ))}
      </div>
      {interrupt && (
        <div id="interrupt">
          <pre id="question">{JSON.stringify(interrupt.value)}</pre>
          <button id="resume" onClick={() => resume("yes")}>Resume</button>
        </div>
      )}
      <form onSubmit={(event) => { event.preventDefault(); send(text); setText(""); }}>
        <input id="text" value={text} onChange={(event) => setText(event.target.value)} />
        <button id="send">Send</button>
        <button id="stop" type="button" onClick={() => stop()}>Stop</button>
      </form>
    </main>
  );
}

export function mount(App) {
  createRoot(document.getElementById("root")).render(query.has("strict") ? <StrictMode><App /></StrictMode> : <App />);
}
