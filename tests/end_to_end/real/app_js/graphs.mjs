// A graph without a model, for a real agent server: it says again what it heard, or does what the first word asks for:
// `/slow` goes on for a while, `/failing` fails, `/human` asks and says the answer.
import { AIMessage } from "@langchain/core/messages";
import { MessagesAnnotation, StateGraph, interrupt } from "@langchain/langgraph";

const steps = 20, pace = 150;

async function answer({ messages }, { signal }) {
  const text = String(messages.at(-1)?.content ?? "nothing");
  const command = text.split(" ")[0];
  if (command === "/failing") throw new Error("The model is not there.");
  if (command === "/human") return { messages: [new AIMessage(`Your answer: ${interrupt({ question: text })}`)] };
  for (let step = 0; command === "/slow" && step < steps; step++) {
    await new Promise((done) => setTimeout(done, pace));
    signal?.throwIfAborted();
  }
  return { messages: [new AIMessage(text)] };
}

export const agent = new StateGraph(MessagesAnnotation)
  .addNode("agent", answer)
  .addEdge("__start__", "agent")
  .addEdge("agent", "__end__")
  .compile();
