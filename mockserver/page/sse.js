// Server-sent events of a stream of bytes (HTML standard, 9.2.6), and of a text.

export async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new Parser();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield* parser.take(value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The events of a text, with the one at its end that is not whole. */
export function eventsOf(text) {
  return new Parser().take(`${text}\n\n`);
}

class Parser {
  #rest = "";

  take(text) {
    this.#rest += text;
    const found = [];
    for (;;) {
      const end = /\r\n\r\n|\n\n|\r\r/.exec(this.#rest);
      if (!end) return found;
      const event = read(this.#rest.slice(0, end.index));
      this.#rest = this.#rest.slice(end.index + end[0].length);
      if (event) found.push(event);
    }
  }
}

function read(text) {
  const event = { kind: "message", data: [], id: "" };
  let some = false;
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === "" || line.startsWith(":")) continue;
    const at = line.indexOf(":");
    const name = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
    some = true;
    if (name === "event") event.kind = value;
    else if (name === "data") event.data.push(value);
    else if (name === "id") event.id = value;
  }
  return some ? { ...event, data: event.data.join("\n") } : null;
}
