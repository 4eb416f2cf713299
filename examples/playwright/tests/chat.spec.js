import { expect, messages, openChat, say, test } from "./fixtures.js";

const START = "POST /threads";
const RUN = "POST /threads/{thread_id}/runs/stream";
const fault = (page) => page.getByRole("alert");

test.beforeEach(({ page, mock }) => openChat(page, mock));

test("the page shows what the agent says", async ({ page, mock }) => {
  await mock.settings({ script: { steps: [{ say: "Tea is ready, $text." }] } });
  await say(page, "Ann");
  await expect(messages(page)).toHaveText(["Ann", "Tea is ready, Ann."]);
});

test("the page shows that the server is busy, and recovers", async ({ page, mock }) => {
  await mock.next({ operation: START, status: 503 });
  await say(page, "Hello");
  await expect(fault(page)).toContainText("The server answered 503.");
  await fault(page).getByRole("button", { name: "Try again" }).click();
  await expect(messages(page)).toHaveText(["Hello", "You said: Hello"]);
  await expect(fault(page)).toBeHidden();
});

test("the page shows that a stream was cut", async ({ page, mock }) => {
  await mock.next({ operation: RUN, drop_after_events: 2 });
  await say(page, "Hello");
  await expect(fault(page)).toContainText("The connection was lost.");
  await expect(messages(page)).toHaveText(["Hello", "You"]);
});

test("the page shows that the agent failed", async ({ page, mock }) => {
  await mock.settings({ script: "failing" });
  await say(page, "Hello");
  await expect(fault(page)).toContainText("The agent failed");
});

test("the page sends each message once, in one thread", async ({ page, mock }) => {
  await say(page, "one");
  await expect(messages(page)).toHaveText(["one", "You said: one"]);
  await say(page, "two");
  await expect(messages(page)).toHaveCount(4);
  await mock.expect({ operation: START, body: { metadata: { page: "chat" } }, times: { exactly: 1 } });
  for (const content of ["one", "two"]) {
    const body = { assistant_id: "agent", input: { messages: [{ role: "user", content }] } };
    await mock.expect({ operation: RUN, body, times: { exactly: 1 } });
  }
  expect(await mock.exchanges({ unexpected: "true" })).toEqual([]);
});

test("a snapshot brings back an earlier moment of a conversation", async ({ page, mock }) => {
  await say(page, "one");
  await expect(messages(page)).toHaveText(["one", "You said: one"]);
  await mock.snapshot();
  await say(page, "two");
  await expect(messages(page)).toHaveCount(4);
  await mock.restore();
  await page.reload();
  await expect(messages(page)).toHaveText(["one", "You said: one"]);
});

test("what is said before an hour is told so", async ({ page, mock }) => {
  await page.clock.setFixedTime("2026-01-31T10:00:00Z"); // that of the browser; the mock's stands still at nine
  await say(page, "Hello");
  await expect(page.getByText("2026-01-31 09:00:00 UTC, 60 min ago")).toBeVisible();
});
