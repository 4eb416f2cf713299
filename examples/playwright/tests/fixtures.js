import { test as base } from "@playwright/test";
import { session } from "../threadmock.js";

export { expect } from "@playwright/test";

/** Opens the chat page, with its server in the session of a mock. */
export async function openChat(page, mock) {
  await page.goto(`/?${new URLSearchParams({ api: `${mock.url}/langsmith` })}`);
}

/** Says something in the page. */
export async function say(page, text) {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** The messages that the page shows. */
export const messages = (page) => page.getByRole("list", { name: "Messages" }).getByRole("listitem");

export const test = base.extend({
  /** The name of the test's session. */
  name: async ({}, use, info) => {
    await use(`${info.testId}-${info.retry}`);
  },
  /** The session of this test: nothing is in it when the test begins, and it ends with the test. */
  mock: async ({ name }, use) => {
    const mock = session(process.env.THREADMOCK_URL, name);
    await use(mock);
    await mock.end();
  },
});
