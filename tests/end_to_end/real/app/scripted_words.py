"""More graphs with the words of `scripted_graphs.yaml`: members of the state, blocks of content, calls in pieces, parts with graphs of their own."""

import uuid
from typing import Annotated, Any

from langchain_core.messages import AIMessageChunk, ToolMessage
from langchain_core.outputs import ChatGenerationChunk
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.ui import AnyUIMessage, push_ui_message, ui_message_reducer
from langgraph.types import interrupt
from scripted_graphs import TOKEN, TOOLS, Spoken, answered, asked, call, graph, in_line, say, turns, written


class Planned(MessagesState):
    """A state with more than messages."""

    todos: list[dict[str, str]]
    files: dict[str, str]
    ui: Annotated[list[AnyUIMessage], ui_message_reducer]


class Pieces(Spoken):
    """A model that hands out the chunks that it was given."""

    chunks: list[Any]

    async def _astream(self, messages: Any, stop: Any = None, run_manager: Any = None, **more: Any) -> Any:
        for piece in self.chunks:
            chunk = ChatGenerationChunk(message=piece)
            if run_manager:
                await run_manager.on_llm_new_token(piece.content, chunk=chunk)
            yield chunk


async def hand_out(state: Any, *chunks: dict[str, Any]) -> dict[str, Any]:
    """What a model says whose chunks are these."""
    identifier = str(uuid.uuid4())
    made = [AIMessageChunk(**{"content": "", **each}, id=identifier) for each in chunks]
    made[-1].chunk_position = "last"
    model = Pieces(messages=iter([]), chunks=made, name="script")
    return {"messages": [await model.ainvoke(state["messages"])]}


async def plan(state: Planned) -> dict[str, Any]:
    """Plans and says so."""
    return {**await say(state, "I plan."), "todos": [{"content": "find it", "status": "pending"}]}


async def work(state: Planned) -> dict[str, Any]:
    """Works without a word."""
    return {"todos": [{"content": "find it", "status": "completed"}], "files": {"/a.txt": "hello"}}


async def show(state: Planned) -> dict[str, Any]:
    """Shows a component, then says so."""
    push_ui_message("weather", {"city": "Oslo"})
    return await say(state, "Done.")


async def show_several(state: Planned) -> dict[str, Any]:
    """Shows two components, one of them bit by bit, then says so."""
    push_ui_message("weather", {"city": "Oslo"}, id="one")
    push_ui_message("note", {"text": "cold"}, id="two")
    push_ui_message("weather", {"degrees": 3}, id="one", merge=True)
    return await say(state, "Done.")


def shown() -> Any:
    return in_line(Planned, agent=show_several)


def planned() -> Any:
    return in_line(Planned, agent=plan, work=work, finish=show)


USAGE = {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}
CITED = {
    "type": "text",
    "text": "Oslo",
    "annotations": [{"type": "citation", "url": "https://example.org", "title": "A page"}],
}
IMAGE = {"type": "image", "url": "https://example.org/a.png", "mime_type": "image/png"}


async def blocks(state: MessagesState) -> dict[str, Any]:
    """Thinks, writes, and shows an image, in blocks; and tells what it used."""
    return await hand_out(
        state,
        *(
            {"content": [{"type": "reasoning", "reasoning": token, "index": 0}]}
            for token in TOKEN.findall("Let me see.")
        ),
        *({"content": [{"type": "text", "text": token, "index": 1}]} for token in TOKEN.findall("Look here.")),
        {"content": [{**CITED, "index": 2}]},
        {"content": [{**IMAGE, "index": 3}]},
        {"usage_metadata": USAGE, "response_metadata": {"model_name": "small", "finish_reason": "stop"}},
    )


async def used(state: MessagesState) -> dict[str, Any]:
    """Says something and tells what it used."""
    return await hand_out(
        state,
        *({"content": token} for token in TOKEN.findall(f"You said: {asked(state)}")),
        {"usage_metadata": USAGE, "response_metadata": {"model_name": "small", "finish_reason": "stop"}},
    )


async def thinking(state: MessagesState) -> dict[str, Any]:
    """Thinks beside the text, as some models do, then answers."""
    return await hand_out(
        state,
        *({"additional_kwargs": {"reasoning_content": token}} for token in TOKEN.findall("Let me see.")),
        {"content": "Found."},
    )


async def pieces(state: MessagesState) -> dict[str, Any]:
    """Calls two tools, with arguments that come in pieces, then answers."""
    return await in_pieces(state)


async def counted(state: MessagesState) -> dict[str, Any]:
    """As `pieces`, and tells what it used."""
    more = {"usage_metadata": USAGE, "response_metadata": {"model_name": "small", "finish_reason": "stop"}}
    return await in_pieces(state, more)


async def in_pieces(state: MessagesState, *closing: dict[str, Any]) -> dict[str, Any]:
    """Calls two tools, then answers."""
    if turns(state):
        return await say(state, "Both are here.")
    one, two = written({"query": asked(state)}), written({"number": "1042"})

    def chunk(index: int, **more: Any) -> dict[str, Any]:
        return {"tool_call_chunks": [{"name": None, "args": "", "id": None, "index": index, **more}]}

    def cut(text: str) -> list[str]:
        size = -(-len(text) // 3)
        return [text[at : at + size] for at in range(0, len(text), size)]

    return await hand_out(
        state,
        *({"content": token} for token in TOKEN.findall("I look.")),
        chunk(0, name="find_order", id="call_1"),
        *(chunk(0, args=piece) for piece in cut(one)),
        chunk(1, name="find_carrier", id="call_2"),
        *(chunk(1, args=piece) for piece in cut(two)),
        *closing,
    )


async def research(state: MessagesState) -> dict[str, Any]:
    """Calls a tool, then tells what it found."""
    if turns(state):
        return await say(state, "I found it.")
    return await say(state, "", call(1, "find_order", query=asked(state)))


async def conclude(state: MessagesState) -> dict[str, Any]:
    """Answers."""
    return await say(state, "It is on its way.")


def delegating() -> Any:
    return in_line(MessagesState, researcher=graph(research), agent=conclude)


async def inner_question(state: MessagesState) -> dict[str, Any]:
    """Asks inside of a part."""
    return await say(state, f"Your answer: {answered(interrupt({'question': asked(state)}))}")


def asking_part() -> Any:
    return in_line(MessagesState, researcher=graph(inner_question), agent=conclude)


async def thorough_research(state: MessagesState) -> dict[str, Any]:
    """Calls a tool, then asks inside of a part."""
    if turns(state):
        return await inner_question(state)
    return await say(state, "", call(1, "find_order", query=asked(state)))


def thorough() -> Any:
    return in_line(MessagesState, researcher=graph(thorough_research), agent=conclude)


async def found(state: MessagesState) -> dict[str, Any]:
    """Tells what was found."""
    return await say(state, "I found it.")


def deep() -> Any:
    inner = in_line(MessagesState, core=graph(inner_question), agent=found)
    return in_line(MessagesState, researcher=inner, agent=conclude)


async def both(state: MessagesState) -> dict[str, Any]:
    """Thanks for the answers."""
    return await say(state, "Thank you.")


def twice() -> Any:
    made = StateGraph(MessagesState)

    async def ask_one(state: MessagesState) -> None:
        interrupt({"question": "one"})

    async def ask_two(state: MessagesState) -> None:
        interrupt({"question": "two"})

    made.add_node("agent", say_first)
    made.add_node("ask_one", ask_one)
    made.add_node("ask_two", ask_two)
    made.add_node("finish", both)
    made.add_edge(START, "agent")
    made.add_edge("agent", "ask_one")
    made.add_edge("agent", "ask_two")
    made.add_edge("ask_one", "finish")
    made.add_edge("ask_two", "finish")
    made.add_edge("finish", END)
    return made.compile()


async def say_first(state: MessagesState) -> dict[str, Any]:
    return await say(state, "I ask.")


async def mail(state: MessagesState) -> dict[str, Any]:
    """Calls a tool that people decide on, then answers."""
    if turns(state):
        return await say(state, "That is it.")
    return await say(state, "I would send this.", call(1, "send_mail", to="a@example.org"))


def review(*, older: bool) -> Any:
    """The node that asks people about the calls of the last message, in one of two forms."""

    async def decide(state: MessagesState) -> dict[str, Any] | None:
        last = state["messages"][-1].model_copy()
        pending = last.tool_calls[0]
        if older:
            (answer,) = interrupt(
                [
                    {
                        "action_request": {"action": pending["name"], "args": pending["args"]},
                        "config": {
                            "allow_ignore": True,
                            "allow_respond": True,
                            "allow_edit": True,
                            "allow_accept": True,
                        },
                        "description": "Sends a mail.",
                    }
                ]
            )
            kind = {"accept": "approve", "response": "respond"}.get(answer["type"], answer["type"])
            edited = answer["args"] if kind == "edit" else None
            edited = edited and {"name": edited["action"], "args": edited["args"]}
            message = answer["args"] if kind == "respond" else None
        else:
            (answer,) = interrupt(
                {
                    "action_requests": [
                        {"name": pending["name"], "args": pending["args"], "description": "Sends a mail."}
                    ],
                    "review_configs": [
                        {"action_name": "send_mail", "allowed_decisions": ["approve", "edit", "reject", "respond"]}
                    ],
                }
            )["decisions"]
            kind, edited, message = answer["type"], answer.get("edited_action"), answer.get("message")
        told = []
        if kind == "edit":
            last.tool_calls = [
                {"type": "tool_call", "name": edited["name"], "args": edited["args"], "id": pending["id"]}
            ]
        elif kind in ("reject", "ignore"):
            told = [
                ToolMessage(
                    content=message or f"User rejected the tool call for `{pending['name']}` with id {pending['id']}",
                    name=pending["name"],
                    tool_call_id=pending["id"],
                    status="error",
                )
            ]
        elif kind == "respond":
            told = [ToolMessage(content=message, name=pending["name"], tool_call_id=pending["id"], status="success")]
        return {"messages": [last, *told]}

    def decided(state: MessagesState) -> str:
        return "tools" if state["messages"][-1].type == "ai" else "agent"

    def spoken(state: MessagesState) -> str:
        return "review" if state["messages"][-1].tool_calls else END

    # the comparison knows the events of what chooses the next node by this name
    decided.__name__ = spoken.__name__ = "after"

    made = StateGraph(MessagesState)
    made.add_node("agent", mail)
    made.add_node("review", decide)
    made.add_node("tools", TOOLS)
    made.add_edge(START, "agent")
    made.add_conditional_edges("agent", spoken, ["review", END])
    made.add_conditional_edges("review", decided, ["tools", "agent"])
    made.add_edge("tools", "agent")
    return made.compile()


planned_graph = planned()
blocks_graph = graph(blocks)
thinking_graph = graph(thinking)
used_graph = graph(used)
pieces_graph = graph(pieces)
counted_graph = graph(counted)
delegating_graph = delegating()
asking_part_graph = asking_part()
thorough_graph = thorough()
deep_graph = deep()
shown_graph = shown()
twice_graph = twice()
review_graph = review(older=False)
inbox_graph = review(older=True)
