// What a client sees of each server whose URL is an argument, as one JSON array.
export async function seen(see) {
  const found = [];
  for (const url of process.argv.slice(2)) found.push(await see(url));
  process.stdout.write(JSON.stringify(found), () => process.exit(0));
}

// A conversation's outcome; what a client throws is a part of it.
export async function tried(hold) {
  try {
    return await hold();
  } catch (error) {
    return { thrown: String(error.message ?? error), status: error.status };
  }
}

export const said = (content) => ({ messages: [{ role: "user", content }] });

export async function all(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

// What only the graphs of the real server have: the function that chooses the next node is one of LangChain's runnables.
export const isOwn = (event) => event?.name === "after" && event.event?.startsWith("on_chain_");

// The state of a thread once nothing goes on in it.
export async function over({ threads }, id) {
  while (["busy", undefined].includes((await threads.get(id)).status)) await new Promise((done) => setTimeout(done, 20));
  return threads.getState(id);
}
