"""`GET /_mock/threads/PROVIDER/KEY`: one thread as a conversation: messages, state, history, runs, and more."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from threadmock.mockserver.control.bodies import ControlError
from threadmock.mockserver.control.messages.likely_members import created_of, first_text, moment_text
from threadmock.mockserver.control.messages.stored_messages import (
    MessageReader,
    Messages,
    message_reader,
    without_copies,
)
from threadmock.mockserver.control.messages.thread_resources import ThreadResources, find_thread, thread_resources
from threadmock.mockserver.control.threads import catch_up, mount_of
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.state.store import Shelf, Store, Thing, below, lies_in
from threadmock.specs.members import ABSENT, dig

MOST_OTHERS = 50
MOST_ITEMS = 20_000
"""How many messages the states of a history may hold together before the older ones are shown without theirs."""
_STATES = ("values", "state")


class NoThread(ControlError):  # noqa: N818 - reads as what it is
    """There is no such thread."""

    status = 404


def show_thread(gateway: Gateway, provider: str, key: str) -> dict[str, Any]:
    """One thread. ControlError for an unknown provider, NoThread for an unknown thread."""
    mount = mount_of(gateway, provider)
    catch_up(gateway)
    store, found = gateway.world.store, thread_resources(mount.contract)
    held = find_thread(store, mount.contract, key)
    if held is None:
        fix = f"GET /_mock/threads?provider={mount.contract.name} lists those that are there."
        raise NoThread(f"{mount.contract.name} has no thread {key[:100]!r}.", where="key", fix=fix)
    shelf, thread = held
    reader = message_reader(mount.contract, found.piece)
    inside = {each: store.items(each) for each in _shelves_inside(store, shelf, key)}
    pieces = inside.get(below(shelf, key, found.piece), ()) if found.piece else ()
    states = pieces if found.parent else ()
    messages = _messages(reader, found, thread, pieces) or _messages_elsewhere(reader, found, inside)
    shown = {found.piece, *found.runs} if messages or states else set(found.runs)
    return {
        "provider": mount.contract.name,
        "resource": found.thread,
        "key": key,
        "thread": thread,
        "messages": messages,
        "state": _state(found, thread, states),
        "history": _history(found, states),
        "runs": [_run(*each) for name in found.runs for each in inside.get(below(shelf, key, name), ())],
        "others": _others(inside, shown),
    }


def _shelves_inside(store: Store, shelf: Shelf, key: str) -> list[Shelf]:
    """The shelves below a thread, at any depth."""
    return [
        each
        for each in store.shelves()
        if len(each) > 2 and lies_in(each, below(shelf, key, "")) and each[0] == shelf[0]
    ]


def _messages(
    reader: MessageReader, found: ThreadResources, thread: Thing, pieces: Sequence[tuple[str, Thing]]
) -> Messages:
    """The messages of a thread: of its newest state, of what lies below it, or of the thread itself."""
    if found.parent:
        states = [piece for _, piece in pieces]
        held = reader.listed(states[-1], found.messages) if states else []
        return _dated(held, states, found) if held else reader.listed(thread, found.messages)
    read = [message for key, piece in pieces for message in reader.read_loosely(piece, key)]
    return without_copies(read) if read else reader.listed(thread)


def _messages_elsewhere(
    reader: MessageReader, found: ThreadResources, inside: Mapping[Shelf, Iterable[tuple[str, Thing]]]
) -> Messages:
    """Messages of a thread that no rule tells of: things below it that are such by their members."""
    if found.piece:
        return []
    for shelf, items in inside.items():
        if shelf[1] in found.runs:
            continue
        if all(reader.is_message(thing) for _, thing in items):
            return [message for key, thing in items for message in reader.read(thing, key)]
    return []


def _dated(messages: Messages, states: Sequence[Thing], found: ThreadResources) -> Messages:
    """Messages with the moment of the first state that holds them, on the way to the newest one."""
    member = found.parent
    by_key = {_key_of(state, member): state for state in states}
    left, state, seen = len(messages), states[-1], len(states)
    while left and seen:
        seen -= 1
        parent = by_key.get(dig(state, member))
        held = dig(parent, found.messages) if parent is not None and found.messages else []
        kept = min(left, len(held)) if isinstance(held, list) else 0
        while kept and _id(held[kept - 1]) != messages[kept - 1]["key"]:
            kept -= 1
        for message in messages[kept:left]:
            message["at"] = message["at"] or moment_text(created_of(state))
        left = kept
        if parent is None:
            break
        state = parent
    return messages


def _id(item: Any) -> Any:
    return item.get("id") if isinstance(item, Mapping) else None


def _key_of(state: Thing, parent: Sequence[str]) -> Any:
    """The key of a state: the member called as that of its parent, without that word."""
    return state.get(parent[-1].removeprefix("parent_"))


def _state(found: ThreadResources, thread: Thing, states: Sequence[tuple[str, Thing]]) -> Any:
    """The newest state; of a thread without states what it holds under such a name."""
    newest = states[-1][1] if states else {}
    name = found.messages[0] if found.messages else ""
    candidates = (of.get(each) for of in (newest, thread) for each in (name, *_STATES))
    return next((each for each in candidates if isinstance(each, Mapping)), None)


def _history(found: ThreadResources, states: Sequence[tuple[str, Thing]]) -> list[dict[str, Any]]:
    """The states, the oldest first. Of long histories the older ones lack what is in them."""
    made, left = [], MOST_ITEMS
    for key, state in reversed(states):
        metadata = state.get("metadata")
        held = dig(state, found.messages) if found.messages else ABSENT
        left -= len(held) if isinstance(held, list) else 0
        parent = dig(state, found.parent)
        following = state.get("next")
        raw = state if left >= 0 else {name: value for name, value in state.items() if name != found.messages[0]}
        made.append(
            {
                "key": key,
                "parent": parent if isinstance(parent, str) else None,
                "at": moment_text(created_of(state)),
                "step": _of(state, metadata, "step", int),
                "source": _of(state, metadata, "source", str),
                "next": [each for each in following if isinstance(each, str)] if isinstance(following, list) else [],
                "raw": raw,
            }
        )
    return made[::-1]


def _of(state: Thing, metadata: Any, name: str, kind: type) -> Any:
    found = (of[name] for of in (metadata, state) if isinstance(of, Mapping) and name in of)
    return next((value for value in found if isinstance(value, kind)), None)


def _run(key: str, run: Thing) -> dict[str, Any]:
    return {
        "key": key,
        "status": first_text(run, ("status", "state")),
        "at": moment_text(created_of(run)),
        "raw": run,
    }


def _others(inside: Mapping[Shelf, Sequence[tuple[str, Thing]]], shown: set[str]) -> list[dict[str, Any]]:
    things: dict[str, list[Thing]] = {}
    for shelf, items in inside.items():
        if shelf[1] not in shown:
            things.setdefault(shelf[1], []).extend(thing for _, thing in items)
    return [
        {"resource": resource, "count": len(held), "things": held[:MOST_OTHERS]} for resource, held in things.items()
    ]
