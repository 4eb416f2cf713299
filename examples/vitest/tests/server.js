// One threadmock server for all test files: started before them, ended after them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** @param {import("vitest/node").TestProject} project */
export default async function setup(project) {
  const options = ["serve", "langsmith", "--port", "0", "--seed", "7", "--speed", "0", "--quiet"];
  const server = spawn("threadmock", options, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit"); // rejects where there is no such program
  const lines = createInterface({ input: server.stdout });
  const [first] = await Promise.race([once(lines, "line"), ended]);
  const url = /^Listening on (\S+)/.exec(String(first))?.[1];
  if (!url) throw new Error(`threadmock did not start: ${first}`);
  project.provide("threadmock", url);
  return async () => {
    server.kill();
    await ended;
  };
}
