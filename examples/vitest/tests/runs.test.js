import { Client } from "@langchain/langgraph-sdk";
import { afterAll, beforeEach, describe, expect, inject, test } from "vitest";
import { session } from "../threadmock.js";

// A session of this file: other files, which run at the same time, have others.
const mock = session(inject("threadmock"), "runs");
const client = new Client({ apiUrl: `${mock.url}/langsmith`, apiKey: null, callerOptions: { maxRetries: 0 } });
const RUN = "POST /threads/{thread_id}/runs/stream";

beforeEach(() => mock.reset({ settings: true }));
afterAll(() => mock.end());

/** The texts of an answer as they arrive. */
async function answer(text, { metadata, ...more } = {}) {
  const { thread_id } = await client.threads.create({ metadata });
  const asked = { input: { messages: [{ role: "user", content: text }] }, streamMode: "messages-tuple", ...more };
  const texts = [];
  for await (const { event, data } of client.runs.stream(thread_id, "agent", asked)) {
    if (event === "messages") texts.push(data[0].content);
  }
  return texts;
}

describe("a run", () => {
  test("streams token by token", async () => {
    expect(await answer("tea please")).toEqual(["You", " said:", " tea", " please"]);
  });

  test("says what the script of the test says", async () => {
    await mock.settings({ script: { steps: [{ say: "Tea is ready." }] } });
    expect((await answer("tea please")).join("")).toBe("Tea is ready.");
  });

  test("fails where the next answer says so, and the one after it works", async () => {
    await mock.next({ operation: RUN, status: 503 });
    await expect(answer("tea")).rejects.toMatchObject({ status: 503 });
    expect((await answer("tea")).join("")).toBe("You said: tea");
  });

  test("goes on where the connection was lost, if its stream is kept", async () => {
    await mock.next({ operation: RUN, drop_after_events: 3 });
    const texts = await answer("tea please", { streamResumable: true });
    expect(texts).toEqual(["You", " said:", " tea", " please"]);
    await mock.expect({ operation: "GET /threads/{thread_id}/runs/{run_id}/stream", times: { exactly: 1 } });
  });

  test("sends what was said, with the metadata of the thread", async () => {
    await answer("tea", { metadata: { user: "ann" } });
    await mock.expect({ operation: "POST /threads", body: { metadata: { user: "ann" } }, times: { exactly: 1 } });
    const input = { messages: [{ role: "user", content: "tea" }] };
    expect(await mock.expect({ operation: RUN, body: { assistant_id: "agent", input } })).toBe(1);
  });
});
