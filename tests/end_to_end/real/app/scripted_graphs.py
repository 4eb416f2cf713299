"""Graphs with the words of `scripted_graphs.yaml`, each named as its script there: a streaming model, real tools, real questions."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypedDict

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.tools import tool
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import interrupt

Node = Callable[[MessagesState], Awaitable[dict[str, Any]]]
TOKEN = re.compile(r"\s*\S{1,24}|\s+")
"""Where a text is cut: as the mock cuts it."""
LONG = 60.0
"""Seconds of silence: longer than any conversation."""


class Spoken(GenericFakeChatModel):
    """A model that hands out what it was given, word by word, and then its calls; the library's own cuts elsewhere."""

    async def _astream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **more: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        message = self._generate(messages).generations[0].message
        assert isinstance(message, AIMessage)
        pieces = [AIMessageChunk(content=token, id=message.id) for token in TOKEN.findall(message.text)]
        if message.tool_calls:
            calls = [
                {"name": call["name"], "args": written(call["args"]), "id": call["id"], "index": index}
                for index, call in enumerate(message.tool_calls)
            ]
            pieces.append(AIMessageChunk(content="", tool_call_chunks=calls, id=message.id))
        pieces[-1].chunk_position = "last"
        for piece in pieces:
            chunk = ChatGenerationChunk(message=piece)
            if run_manager:
                await run_manager.on_llm_new_token(piece.content, chunk=chunk)
            yield chunk


def written(value: Any) -> str:
    """A value as JSON without blanks."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@tool
def find_order(query: str) -> str:
    """Find an order."""
    return '{"number": "1042"}'


@tool
def find_carrier(number: str) -> str:
    """Find the carrier of an order."""
    return '{"carrier": "PostNord"}'


@tool
def send_mail(to: str) -> str:
    """Send a mail."""
    return "sent"


TOOLS = ToolNode([find_order, find_carrier, send_mail])


async def say(state: MessagesState, text: str = "", *calls: ToolCall) -> dict[str, Any]:
    """What a model says and calls that was given all messages, as a change of the state."""
    # a provider's model gives ids of its own; the library's are others in a stream than in the state
    message = AIMessage(content=text, tool_calls=list(calls), id=str(uuid.uuid4()))
    model = Spoken(messages=iter([message]), name="script")
    return {"messages": [await model.ainvoke(state["messages"])]}


def call(number: int, name: str, /, **args: Any) -> ToolCall:
    """A call with an id that is known beforehand."""
    return ToolCall(name=name, args=args, id=f"call_{number}", type="tool_call")


def asked(state: MessagesState) -> str:
    """The text of the last message of a user."""
    return next((each.text for each in reversed(state["messages"]) if each.type == "human"), "")


def turns(state: MessagesState) -> int:
    """How many messages of the agent came after the last of a user."""
    last = max((at for at, each in enumerate(state["messages"]) if each.type == "human"), default=-1)
    return sum(each.type == "ai" for each in state["messages"][last + 1 :])


async def plain(state: MessagesState) -> dict[str, Any]:
    """Says again what was said."""
    return await say(state, f"You said: {asked(state)}")


async def tools(state: MessagesState) -> dict[str, Any]:
    """Calls a tool, then answers."""
    if turns(state):
        return await say(state, "It is on its way.")
    return await say(state, "Let me look that up.", call(1, "find_order", query=asked(state)))


async def parallel(state: MessagesState) -> dict[str, Any]:
    """Calls two tools at once and says nothing before."""
    if turns(state):
        return await say(state, "Both are here.")
    return await say(state, "", call(1, "find_order", query=asked(state)), call(2, "find_carrier", number="1042"))


async def announced(state: MessagesState) -> dict[str, Any]:
    """Says what it would do; the node `ask` asks; then it says that it did."""
    return await say(state, "It is done." if turns(state) else "I would go ahead.")


async def ask(state: MessagesState) -> None:
    """Asks, and changes nothing."""
    interrupt({"question": asked(state)})


async def question(state: MessagesState) -> dict[str, Any]:
    """Asks before it answers."""
    return await say(state, f"Your answer: {answered(interrupt({'question': asked(state)}))}")


async def approval(state: MessagesState) -> dict[str, Any]:
    """Asks before it sends a mail, in the form that inboxes know, and goes by the answer."""
    match turns(state):
        case 0:
            return await say(state, "I would like to send this mail.")
        case 1:
            request = {"name": "send_mail", "args": {"to": "a@example.org"}, "description": "Sends a mail."}
            review = {"action_name": "send_mail", "allowed_decisions": ["approve", "edit", "reject", "respond"]}
            answer = answered(interrupt({"action_requests": [request], "review_configs": [review]}))
            if any(word in answer for word in ("reject", "respond", "ignore")):
                return await say(state, f"I did not send it. {answer}")
            return await say(state, "", call(1, "send_mail", to="a@example.org"))
        case _:
            return await say(state, "It is sent.")


async def progress(state: MessagesState) -> dict[str, Any]:
    """Tells of its progress, then answers."""
    write = get_stream_writer()
    write({"kind": "progress", "done": 1})
    write("halfway")
    return await say(state, "Done.")


async def failing(state: MessagesState) -> dict[str, Any]:
    """Says one message, then fails."""
    if turns(state):
        raise RuntimeError("The model is not there.")
    return await say(state, "I begin.")


async def slow(state: MessagesState) -> dict[str, Any]:
    """Says one message, then is silent."""
    if turns(state):
        await asyncio.sleep(LONG)
    return await say(state, "One.")


def answered(answer: Any) -> str:
    """An answer as text."""
    return answer if isinstance(answer, str) else written(answer)


def graph(node: Node, most: int = 1) -> Any:
    """The graph of an agent that speaks so many times at most, and of its tools."""

    def after(state: MessagesState) -> str:
        last = state["messages"][-1]
        if not isinstance(last, AIMessage):
            return END
        return "tools" if last.tool_calls else "agent" if turns(state) < most else END

    made = StateGraph(MessagesState)
    made.add_node("agent", node)
    made.add_node("tools", TOOLS)
    made.add_edge(START, "agent")
    made.add_conditional_edges("agent", after, ["agent", "tools", END])
    made.add_edge("tools", "agent")
    return made.compile()


def in_line(state: Any, **nodes: Any) -> Any:
    """A graph whose nodes follow each other."""
    made = StateGraph(state)
    for name, node in nodes.items():
        made.add_node(name, node)
    for one, next_one in zip((START, *nodes), (*nodes, END), strict=True):
        made.add_edge(one, next_one)
    return made.compile()


def gate() -> Any:
    """A graph whose question has a node of its own, between two of the agent."""
    return in_line(MessagesState, agent=announced, ask=ask, finish=announced)


class Notes(TypedDict, total=False):
    """A state without messages."""

    topic: str
    notes: list[str]


async def noted(state: Notes) -> dict[str, Any]:
    """Writes down nothing but that it was here."""
    return {"notes": ["noted"]}


def of_notes(*names: str, **inner: Any) -> Any:
    """A graph whose nodes follow each other. inner: graphs that stand in place of some."""
    return in_line(Notes, **{name: inner.get(name, noted) for name in names})


nested_graph = of_notes("plan", "research", "write", research=of_notes("find", "core", core=of_notes("deep")))
plain_graph = graph(plain)
tools_graph = graph(tools)
parallel_graph = graph(parallel)
question_graph = graph(question)
approval_graph = graph(approval, 2)
progress_graph = graph(progress)
failing_graph = graph(failing, 2)
gate_graph = gate()
slow_graph = graph(slow, 2)
