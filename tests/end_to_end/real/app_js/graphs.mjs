// A graph without a model, for a real agent server: it says again what it heard.
import { AIMessage } from "@langchain/core/messages";
import { MessagesAnnotation, StateGraph } from "@langchain/langgraph";

export const agent = new StateGraph(MessagesAnnotation)
  .addNode("agent", async ({ messages }) => ({ messages: [new AIMessage(String(messages.at(-1)?.content ?? "nothing"))] }))
  .addEdge("__start__", "agent")
  .addEdge("agent", "__end__")
  .compile();
