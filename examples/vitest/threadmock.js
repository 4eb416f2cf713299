// @ts-check
/**
 * A session of a threadmock server: a mock of its own, which no other test sees. Copy this file; it needs nothing else.
 *
 * @param {string} server URL of the server, such as http://127.0.0.1:4040
 * @param {string} name up to 64 letters, digits, `.`, `_`, `~` and `-`
 * @param {string} [token] what `--control-token` says, where the server is on another machine
 */
export function session(server, name, token = "1") {
  const url = `${server}/_s/${encodeURIComponent(name)}`;

  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async function control(method, path, body) {
    const headers = { "content-type": "application/json", "x-threadmock-control": token };
    const answer = await fetch(`${url}/_mock/${path}`, { method, headers, body: body && JSON.stringify(body) });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(`${method} /_mock/${path}: ${told.detail ?? answer.status}`);
    return told;
  }

  return {
    /** Stands for the server's URL; the base URL of a provider is `${url}/langsmith`. */
    url,
    /** Forget all, and begin anew. @param {{ seed?: number, settings?: boolean }} [asked] */
    reset: (asked) => control("POST", "reset", asked),
    /** Change some settings; without an argument, read them. @param {object} [changes] */
    settings: (changes) => control(changes ? "PATCH" : "GET", "settings", changes),
    /** What the next request gets. @param {{ operation: string, status?: number, [more: string]: any }} answer */
    next: (answer) => control("POST", "next", answer),
    /** How many such requests came; throws where that is not expected. @param {object} asked */
    async expect(asked) {
      const told = await control("POST", "expect", asked);
      if (!told.met) throw new Error(told.detail);
      return /** @type {number} */ (told.count);
    },
    /** What was asked and answered. @param {Record<string, string>} [filter] @returns {Promise<any[]>} */
    exchanges: async (filter) => (await control("GET", `exchanges?${new URLSearchParams(filter)}`)).exchanges,
    /** Keep what is stored; all sessions share these names. @param {string} [label] */
    snapshot: (label = name) => control("POST", "snapshots", { name: label }),
    /** Put it back. @param {string} [label] */
    restore: (label = name) => control("POST", `snapshots/${encodeURIComponent(label)}/restore`),
    /** Forget the session. */
    end: () => control("DELETE", `sessions/${encodeURIComponent(name)}`),
  };
}
