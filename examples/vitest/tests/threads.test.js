import { Client } from "@langchain/langgraph-sdk";
import { afterAll, beforeEach, expect, inject, test } from "vitest";
import { session } from "../threadmock.js";

const mock = session(inject("threadmock"), "threads");
const { threads } = new Client({ apiUrl: `${mock.url}/langsmith`, apiKey: null });

beforeEach(() => mock.reset({ settings: true }));
afterAll(() => mock.end());

test("only the threads of this file are found", async () => {
  const { thread_id } = await threads.create({ metadata: { user: "ben" } });
  expect((await threads.search()).map((thread) => thread.thread_id)).toEqual([thread_id]);
});

test("with one seed the same requests make the same ids", async () => {
  const first = await threads.create();
  await mock.settings({ clock: { at: first.created_at, frozen: true } });
  const ids = [];
  for (const seed of [7, 7, 8]) {
    await mock.reset({ seed });
    ids.push((await threads.create()).thread_id);
  }
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
});

test("a snapshot brings back what there was", async () => {
  const { thread_id } = await threads.create();
  await mock.snapshot();
  await threads.delete(thread_id);
  expect(await threads.search()).toEqual([]);
  await mock.restore();
  expect((await threads.get(thread_id)).thread_id).toBe(thread_id);
});

test("an expectation that is not met is thrown, with what came instead", async () => {
  await threads.create({ metadata: { user: "ben" } });
  const expected = { operation: "POST /threads", body: { metadata: { user: "ann" } } };
  await expect(mock.expect(expected)).rejects.toThrow("body.metadata.user: 'ben', not 'ann'");
});

test("what the mock can't do is thrown, with what to write instead", async () => {
  await expect(mock.next({ operation: "POST /thread", status: 503 })).rejects.toThrow("Did you mean 'POST /threads'?");
  await expect(mock.settings({ scripts: "echo" })).rejects.toThrow("There is no member 'scripts'. Did you mean 'script'?");
});

test("the client repeats a read that fails, and no create", async () => {
  const { thread_id } = await threads.create();
  await mock.next({ operation: "GET /threads/{thread_id}", status: 503 });
  expect(await threads.get(thread_id)).toMatchObject({ thread_id });
  await mock.next({ operation: "POST /threads", status: 503 });
  await expect(threads.create()).rejects.toThrow("HTTP 503");
  await mock.expect({ operation: "GET /threads/{thread_id}", times: { exactly: 2 } });
  await mock.expect({ operation: "POST /threads", times: { exactly: 2 } });
});
