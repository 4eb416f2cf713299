import { defineConfig } from "@playwright/test";

// Each server takes a free port and prints its address; Playwright puts what a regular expression names into the
// environment of the tests: THREADMOCK_URL and PAGE_URL.
export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  use: {
    baseURL: process.env.PAGE_URL,
    timezoneId: "UTC",
    // A Chromium of the machine, such as /usr/bin/chromium; else the one of `npx playwright install chromium`.
    launchOptions: { executablePath: process.env.CHROMIUM || undefined },
  },
  webServer: [
    {
      command: "threadmock serve langsmith --seed 7 --clock 2026-01-31T09:00:00Z --port 0 --quiet",
      wait: { stdout: /Listening on (?<threadmock_url>\S+)/ },
    },
    {
      command: "python -u -m http.server 0 --bind 127.0.0.1 --directory page",
      wait: { stdout: /\((?<page_url>http:\S+?)\/?\)/ },
      stderr: "ignore",
    },
  ],
});
