"""The beats of a run: how it begins, and what follows by what it does."""

from collections.abc import Mapping
from typing import Any

from threadmock.mockserver.agents.beats import Beat, Beats
from threadmock.mockserver.agents.player import ScriptPlayer
from threadmock.mockserver.agents.scripts import AgentInput
from threadmock.specs.behaviour.agent import Failure


def begun(given: AgentInput, *, forked: bool = False, loaded: bool = False) -> dict[str, Any]:
    """What settings read of the first beat."""
    more = {"resumed": forked or loaded, "forked": forked, "loaded": loaded}
    return {"text": given.text, "agent": given.agent, **more}


def forked(given: AgentInput, beats: Beats, beat: Beat) -> Beats:
    """The beats from one on, in a run that goes on from an earlier state."""
    yield Beat("begun", begun(given, forked=True) | {"upcoming": first_tasks(beat)})
    yield from continued(beats, beat)


def first_tasks(beat: Beat) -> list[Mapping[str, Any]]:
    """What begins with a beat: one node, or several side by side."""
    item = beat.item
    if "beside" in item:
        return [{"id": each["id"], "node": each["node"]} for each in item["beside"]]
    inside = {"inside": item["inside"]} if "inside" in item else {}
    return [{"id": item["task"], "node": item["node"], **inside}] if "node" in item else []


def loaded(given: AgentInput, beats: Beats, beat: Beat) -> Beats:
    """The beats from one on, in a run that goes on from the newest state."""
    yield Beat("begun", begun(given, loaded=True))
    yield from continued(beats, beat)


def new_reply(player: ScriptPlayer, members: list[str] | None, *, moved: bool = False) -> Beats:
    """The beats of an answer to new messages. moved: there is none, and the request goes to the first node."""
    given, task = player.input, player.new_id()
    yield Beat("begun", begun(given) | {"task": task})
    beats = player.beats()
    first = next(beats, None)
    upcoming = first_tasks(first) if first else []
    if given.messages or moved:
        more: dict[str, Any] = {"task": task} | ({} if members is None else {"members": members})
        more |= {"moved": True} if moved else {}
        yield received(given, upcoming, **more)
    yield from continued(beats, first)


def resumed(beats: Beats, answer: Any, item: Mapping[str, Any], heard: AgentInput | None) -> Beats:
    """The beats after a question. heard: the request's own messages, where its text is the answer."""
    yield Beat("begun", item)
    try:
        first: Beat | None = beats.send(answer)
    except StopIteration:
        first = None
    if heard and heard.messages:
        yield received(heard, first_tasks(first) if first else [])
    yield from continued(beats, first)


def received(given: AgentInput, upcoming: list[Mapping[str, Any]], **more: Any) -> Beat:
    """The messages of a request, which are stored before anything answers them."""
    item = {"messages": list(given.messages), "text": given.text, "upcoming": upcoming, **more}
    return Beat("received", {**item, "next": [each["node"] for each in upcoming]})


def continued(beats: Beats, beat: Beat | None) -> Beats:
    """A beat and those after it; answers to pauses are passed on."""
    while beat is not None:
        answer = yield beat
        try:
            beat = beats.send(answer)
        except StopIteration:
            return


def failing_beats(given: AgentInput, failure: Failure, **more: Any) -> Beats:
    """A run that can't begin. more: what settings read of its end."""
    known = dict.fromkeys(("resumed", "forked", "loaded"))
    yield Beat("begun", {"text": given.text, "agent": given.agent, **known})
    written = f"{failure.error}({failure.message!r})"
    yield Beat("failed", {"error": failure.error, "message": failure.message, "written": written, "turn": {}} | more)


def nothing(given: AgentInput) -> Beats:
    """A run that has nothing to do: there is no input, or an answer that no script waits for."""
    yield Beat("begun", begun(given, loaded=True))
