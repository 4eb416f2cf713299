"""Which resource of a provider is the thread, which lies below it as messages or states, and which are its runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from threadmock.mockserver.datasets.fill_inference import names_message, names_thread
from threadmock.mockserver.state.store import Shelf, Store, Thing
from threadmock.specs.behaviour.setting import Made, Setting, Within
from threadmock.specs.contract import Contract
from threadmock.specs.members import steps_of
from threadmock.specs.operations.path_templates import names_in

Steps = tuple[str, ...]
_BEATS = {"accepted": "user", "received": "user", "said": "assistant"}


@dataclass(frozen=True)
class ThreadResources:
    """The resources by which a provider's threads are shown; "" for one that it lacks.

    thread: the thread. piece: what lies below it: messages, turns or states. runs: what is started on it. parent: the
    member of a piece that holds the key of the one before it, where pieces are states; () where they are none.
    messages: where the messages so far are in a state, as far as anybody says. title: the member of a thread with its
    title, () where nobody says.
    """

    thread: str
    piece: str
    runs: tuple[str, ...]
    parent: Steps = ()
    messages: Steps = ()
    title: Steps = ()


@lru_cache(maxsize=32)
def thread_resources(contract: Contract) -> ThreadResources:
    """The resources of a contract: what its agent or its fill says, else what names and parents suggest."""
    agent, fill = contract.profile.agent, contract.profile.fill
    thread = (agent and agent.thread) or (fill and fill.thread.resource) or _likely_thread(contract)
    piece = (agent and agent.piece) or (fill and fill.piece and fill.piece.resource) or _likely_piece(contract, thread)
    runs = dict.fromkeys(each.rule.resource for each in contract.operations if each.rule.action == "run")
    made = made_pieces(contract, piece)
    parent = next((steps for each, _ in made if (steps := _parent_member(each))), ())
    again = agent.input.again if agent else None
    return ThreadResources(
        thread=thread,
        piece=piece,
        runs=tuple(runs),
        parent=parent,
        messages=again.steps if again and again.kind == "latest" and parent else (),
        title=_title_member(fill.thread) if fill else (),
    )


def made_pieces(contract: Contract, piece: str) -> Iterator[tuple[Made, str]]:
    """How pieces are made, by a data file and by the beats of runs. With each: the role of who says it, "" for any."""
    agent, fill = contract.profile.agent, contract.profile.fill
    if fill and fill.piece and fill.piece.resource == piece:
        yield fill.piece, ""
    for kind, changes in agent.changes.items() if agent else ():
        for change in changes:
            said = next((value for place, steps, value in change.when if (place, steps) == ("item", ("role",))), "")
            role = said if isinstance(said, str) and said else _BEATS.get(kind, "")
            yield from ((each, role) for each in change.makes if each.resource == piece)


def parents_of(within: Within | None) -> Iterator[Within]:
    """The parents that a request names, the nearest first."""
    while within is not None:
        yield within
        within = within.within


def thread_shelves(store: Store, contract: Contract) -> list[Shelf]:
    """The shelves that hold threads, in the order in which they were begun."""
    kind = (contract.name, thread_resources(contract).thread)
    return [shelf for shelf in store.shelves() if shelf[:2] == kind]


def find_thread(store: Store, contract: Contract, key: str) -> tuple[Shelf, Thing] | None:
    """The thread with a key and its shelf; of several below different parents the one made last. None for none."""
    shelf = store.find(contract.name, thread_resources(contract).thread, key)
    thing = store.read(shelf, key)
    return None if thing is None else (shelf, thing)


def is_shown(store: Store, shelf: Shelf, key: str) -> bool:
    """Whether `find_thread` finds this thread: of those with one key it finds one only."""
    return store.find(shelf[0], shelf[1], key) == shelf


def _likely_thread(contract: Contract) -> str:
    """By its name, else what others lie below, else what is created at a path without parameters."""
    rules = [each.rule for each in contract.operations if each.rule.resource]
    created = [each for each in contract.operations if each.rule.action == "create" and not names_in(each.path)]
    above = {each.resource for rule in rules for each in parents_of(rule.within)}
    candidates = [
        *(each.rule.resource for each in created if names_thread(each.rule.resource)),
        *(rule.resource for rule in rules if names_thread(rule.resource)),
        *(each.rule.resource for each in created if each.rule.resource in above),
        *(rule.resource for rule in rules if rule.resource in above and rule.within is None),
        *(each.rule.resource for each in created),
        *(rule.resource for rule in rules),
    ]
    return next(iter(candidates), "")


def _likely_piece(contract: Contract, thread: str) -> str:
    below = [
        each.rule for each in contract.operations if any(up.resource == thread for up in parents_of(each.rule.within))
    ]
    return next((rule.resource for rule in below if names_message(rule.resource)), "")


def _parent_member(made: Made) -> Steps:
    """The member that holds the key of the newest piece before; () where none does."""
    for name, setting in made.set.items():
        if _reads_latest_key(setting, made.key.member):
            return steps_of(name)
    return ()


def _reads_latest_key(setting: Setting, member: str) -> bool:
    inner = setting.otherwise
    return (setting.kind, setting.steps) == ("latest", (member,)) or bool(inner and _reads_latest_key(inner, member))


def _title_member(made: Made) -> Steps:
    for name, setting in made.set.items():
        if any(str(source) == "item.title" for source in setting.sources):
            return steps_of(name)
    return ()
