// Frozen clock and seed: a page that shows ids and dates looks the same each time, to the pixel.
//
// Fonts differ from machine to machine, so this project keeps no picture: it compares two that it takes. In a project whose
// pictures are always taken on one machine, or in one container, write `await expect(page).toHaveScreenshot()`.
import { session } from "../threadmock.js";
import { expect, messages, openChat, say, test } from "./fixtures.js";

async function picture(page, mock) {
  await page.clock.setFixedTime("2026-01-31T09:05:00Z");
  await openChat(page, mock);
  await say(page, "Hello");
  await expect(messages(page)).toHaveText(["Hello", "You said: Hello"]);
  await expect(page.locator("form")).not.toHaveAttribute("inert"); // the answer is whole
  await page.mouse.move(0, 0); // away from the button, which looks otherwise below it
  return page.screenshot();
}

test("two sessions give the same picture; another seed or time gives another one", async ({ page, name, mock }, info) => {
  const other = session(process.env.THREADMOCK_URL, `${name}-other`);
  const first = await picture(page, mock);
  const second = await picture(page, other);
  await info.attach("chat", { body: first, contentType: "image/png" });
  expect(first.equals(second), "the same picture in both sessions").toBe(true);
  await other.reset({ seed: 8 });
  expect(first.equals(await picture(page, other)), "the same picture with another seed").toBe(false);
  await other.reset({ seed: 7 });
  await other.settings({ clock: { advance: "1s" } });
  expect(first.equals(await picture(page, other)), "the same picture a second later").toBe(false);
  await other.end();
});
