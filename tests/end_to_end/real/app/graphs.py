"""Two graphs without a model, for a real agent server: one says again what it heard, one asks first.

The first one also does what the suite asks for at the beginning of a message: `/slow` goes on for a while, `/failing`
fails, `/human` asks and says the answer.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, TypedDict

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt


class State(TypedDict, total=False):
    """What a thread holds."""

    messages: Annotated[list[AnyMessage], add_messages]
    note: str


PACE = 0.04
"""Seconds for each word, and each blank, of what takes its time: together two."""
LONG = "This answer takes its time, word by word, so that there is time to stop it, to leave and to come back."


class Spoken(GenericFakeChatModel):
    """A model that hands out what it was given word by word; the library's own cannot stream on an event loop.

    pace: seconds between two words.
    """

    pace: float = 0

    async def _astream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **more: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._stream(messages, stop=stop, run_manager=None, **more):
            if run_manager:
                await run_manager.on_llm_new_token(chunk.message.content, chunk=chunk)
            yield chunk
            await asyncio.sleep(self.pace)


def heard(state: State) -> str:
    """The text of the last message."""
    messages = state.get("messages") or []
    return messages[-1].text if messages else "nothing"


async def say(text: str, pace: float = 0) -> AIMessage:
    """The text as a model's answer; whoever streams sees its words come one by one."""
    return await Spoken(messages=iter([AIMessage(content=text or "nothing")]), pace=pace).ainvoke("")


async def answer(state: State) -> dict[str, Any]:
    """The last message once more, or what its first word asks for."""
    text = heard(state)
    match text.partition(" ")[0]:
        case "/slow":
            said = await say(f"{text} {LONG}", PACE)
        case "/failing":
            raise RuntimeError("The model is not there.")
        case "/human":
            said = await say(f"Your answer: {interrupt({'question': text})}")
        case _:
            said = await say(text)
    return {"messages": [said]}


async def ask(state: State) -> dict[str, Any]:
    """Wait for an answer."""
    return {"note": str(interrupt({"question": "Shall I?"}))}


async def told(state: State) -> dict[str, Any]:
    """What the answer was."""
    return {"messages": [await say(state.get("note", ""))]}


def chain(**nodes: Any) -> Any:
    """A graph of nodes that follow each other."""
    graph = StateGraph(State)
    last = START
    for name, node in nodes.items():
        graph.add_node(name, node)
        graph.add_edge(last, name)
        last = name
    graph.add_edge(last, END)
    return graph.compile()


agent = chain(agent=answer)
asking = chain(ask=ask, agent=told)
