// Two tests at one time, in two workers, on one server. With SHARED_SESSION=1 all here are in one session, and fail.
import { session } from "../threadmock.js";
import { expect, messages, openChat, say, test } from "./fixtures.js";

const START = "POST /threads";
const shared = Boolean(process.env.SHARED_SESSION);
if (shared) test.use({ name: "shared" });

/** Wait until both tests are here: they tell each other in a session that is theirs together. */
async function meet(who, where) {
  const meeting = session(process.env.THREADMOCK_URL, "meeting");
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ metadata: { who, where } });
  await fetch(`${meeting.url}/langsmith/threads`, { method: "POST", headers, body });
  const came = (each) => meeting.expect({ operation: START, body: { metadata: { who: each, where } } });
  const both = () => Promise.all([came("ann"), came("ben")]);
  await expect(both).toPass({ intervals: [20], timeout: 20_000 });
}

for (const who of ["ann", "ben"]) {
  test(`${who} sees only what ${who} did`, async ({ page, mock }, info) => {
    test.skip(info.config.workers < 2, "two workers are needed");
    await mock.settings({ script: { steps: [{ say: `Hello ${who}.` }] } });
    await meet(who, "set");
    await openChat(page, mock);
    await say(page, `I am ${who}`);
    await expect(messages(page)).toHaveCount(2);
    await expect(page.getByRole("alert")).toBeHidden();
    await meet(who, "said");
    const begun = await mock.exchanges({ operation: START });
    expect(begun.length, "threads that were begun").toBe(1);
    await page.reload();
    await expect(messages(page)).toHaveText([`I am ${who}`, `Hello ${who}.`]);
  });
}

test("a reset leaves other sessions alone", async ({ browser, name, mock }) => {
  const other = session(process.env.THREADMOCK_URL, shared ? name : `${name}-other`);
  const [mine, theirs] = [await browser.newPage(), await browser.newPage()];
  for (const [page, where] of [[mine, mock], [theirs, other]]) {
    await openChat(page, where);
    await say(page, "Hello");
    await expect(messages(page)).toHaveText(["Hello", "You said: Hello"]);
  }
  await mock.reset();
  const asked = theirs.waitForResponse(/threads\/[^/]+$/);
  await Promise.all([mine.reload(), theirs.reload()]);
  await expect(mine.getByRole("alert")).toContainText("The server answered 404.");
  expect((await asked).status(), "the answer about the other session's thread").toBe(200);
  await expect(messages(theirs)).toHaveText(["Hello", "You said: Hello"]);
  await other.end();
});
