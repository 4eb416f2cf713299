"""What a request makes, by the rule of its operation: which things, and how its response shows them."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

from threadmock.contracts.cases.fresh_keys import is_invented
from threadmock.contracts.cases.references import named_key, references
from threadmock.contracts.cases.sent_values import UNREADABLE, values_at
from threadmock.contracts.target.answers import items_in
from threadmock.contracts.target.ledger_file import LedgerEntry
from threadmock.contracts.transport.stream_limits import EVENT_STREAM
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.behaviour.observed import observe
from threadmock.specs.behaviour.setting import Made, Setting, Source, generated_members
from threadmock.specs.contract import Operation
from threadmock.specs.members import ABSENT, dotted
from threadmock.specs.operations.replies import answer_of
from threadmock.specs.schemas.formats import canonical
from threadmock.specs.wire.eventstream import EventReader
from threadmock.specs.wire.media_types import is_xml
from threadmock.specs.wire.messages import Request, Response, is_json, media_type
from threadmock.specs.wire.strictjson import JsonError, parse_json

_LEVELS = 3
_MOST_EVENTS = 50
_MOST = 1000
_TRAIL = re.compile(r"[^/?#]+")


def may_make(operation: Operation) -> bool:
    """Whether a request to the operation may make something."""
    rule = operation.rule
    return rule.traits.makes or rule.traits.open or rule.makes_more


def unsafe_key(key: object) -> str:
    """Why a request can't name a thing of this key safely; "" where it can."""
    text = str(key)
    if not 1 <= len(text) <= 256:
        return "its id is empty or too long"
    climbs = "/" in text and not {"", ".", ".."}.isdisjoint(text.split("/"))  # to where a server may follow it
    if climbs or "\\" in text or not text.isprintable() or not any(map(str.isalnum, text)):
        return "its id can't stand in a path as it is"
    return ""


def within_of(operation: Operation, request: Request) -> dict[str, Any]:
    """The things that a request's own thing lies in: resource to key, as the request names them."""
    found: dict[str, Any] = {}
    for name in references(operation):
        values = values_at(operation, request, name.source) if not name.own else []
        key = None if values is UNREADABLE else named_key(operation, name.source, values)
        if key is not None:
            found[name.resource] = key
    return found


def chosen_key(operation: Operation, request: Request) -> str | int | None:
    """The key that a request chooses for what it makes; None where it chooses none."""
    rule = operation.rule
    if rule.key is None or rule.key.source is None or not rule.traits.chooses_key:
        return None
    values = values_at(operation, request, rule.key.source)
    value = values[-1] if values and values is not UNREADABLE else None
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


def created_by_name(operation: Operation, request: Request) -> list[LedgerEntry]:
    """The parents that a request names with a key made up, where the operation makes those that are not there."""
    rule, within = operation.rule, operation.rule.within
    if not (within and within.create) and not (rule.run and rule.run.makes_thread):
        return []
    named = within_of(operation, request).items()
    return [_entry(operation, resource, key, {}) for resource, key in named if is_invented(key)]


def named_by(operation: Operation, request: Request) -> list[LedgerEntry]:
    """The things that a request names with keys made up, and which nothing was seen to make."""
    found: list[LedgerEntry] = []
    around: dict[str, Any] = {}
    for name in references(operation):
        values = values_at(operation, request, name.source)
        named = None if values is UNREADABLE else named_key(operation, name.source, values)
        if named is not None:
            found += [_entry(operation, name.resource, key, dict(around)) for key in values if is_invented(key)]
            around[name.resource] = named
    return found


def was_refused(response: Response) -> bool:
    """Whether a response says that its request was refused."""
    return 400 <= response.status < 500


def made_by_answer(
    operation: Operation,
    request: Request,
    response: Response,
    agent: Agent | None = None,
    lies_in: Callable[[str, Any], Mapping[str, Any]] = lambda _resource, _shown: {},
) -> Iterator[LedgerEntry]:
    """The things that a response says were made. agent: the contract's, whose formats say what events hold.

    lies_in: what a thing of a resource shows of where it lies.
    """
    if request.method in {"HEAD", "OPTIONS", "GET"} or not 200 <= response.status < 300 or not may_make(operation):
        return
    within = within_of(operation, request)
    values = list(_answers(operation, response))
    around = list(_threads(operation, response, values, within))
    yield from around
    shown = lies_in(operation.rule.resource, values[0]) if len(values) == 1 else {}
    lies = {**shown, **within, **{entry.resource: entry.key for entry in around}}
    run = operation.rule.run
    streamed = _streamed_keys(operation, response, agent) if agent and run else None
    own = list(_own(operation, request, values if streamed is None else [streamed], lies))
    own += [
        _entry(operation, each, key, lies) for each, key in _trails(response, (operation.rule.resource,) if run else ())
    ]
    if run and run.alone and run.alone.resource not in lies:
        # Where nobody says in which thread a run lies: it ends with it, or nothing leads to it.
        own = [replace(entry, trouble=_NOWHERE) for entry in own] if _is_kept(operation, request) else []
    yield from own


_NOWHERE = "the response did not say in which thread of its own it lies"


def _is_kept(operation: Operation, request: Request) -> bool:
    """Whether the thread that a run makes for itself stays when the run is over."""
    run = operation.rule.run
    if run is None or not run.temporary:
        return True
    asked = ((values_at(operation, request, Source("body", steps)), value) for place, steps, value in run.kept)
    return bool(run.kept) and all(value in found for found, value in asked)


def _threads(
    operation: Operation, response: Response, values: list[Any], within: Mapping[str, Any]
) -> Iterator[LedgerEntry]:
    """The threads that were created for runs which named none, as far as the response says."""
    alone = operation.rule.run.alone if operation.rule.run else None
    if alone is None or alone.resource in within:
        return
    member = _parent_member(operation, alone)
    for value in values:
        for item in value if isinstance(value, list) else [value]:
            thread = dotted(item, member) if member else None
            if _is_key(thread):
                yield _entry(operation, alone.resource, thread, {})
    for resource, key in _trails(response, (alone.resource,)):
        yield _entry(operation, resource, key, {})


def _own(operation: Operation, request: Request, values: list[Any], within: Mapping[str, Any]) -> Iterator[LedgerEntry]:
    rule, chosen = operation.rule, chosen_key(operation, request)
    if rule.key is None:
        return
    numbered = rule.run is not None and rule.run.commands is not None
    found = [
        key for value in values for member in _shown_as(operation) for key in _keys(value, member, plain=not numbered)
    ]
    if not found and chosen is not None:
        found = [chosen]
    for key in dict.fromkeys(found):
        # Who chooses a key that is taken may be shown a thing that was there before.
        met = chosen is not None and canonical(key) == canonical(chosen) and not is_invented(chosen)
        if not (met and rule.taken and rule.taken.policy(_policy(operation, request)).reply == "existing"):
            yield _entry(operation, rule.resource, key, within)


def _shown_as(operation: Operation) -> list[str]:
    """The members of an answer that hold the key of what was made: an answer of a run may call it otherwise."""
    rule = operation.rule
    replies = [way.reply for way in rule.run.respond if way.reply] if rule.run else []
    named = [name for reply in replies for name in generated_members(reply.members, "key")]
    return list(dict.fromkeys(named)) or ([rule.key.member] if rule.key else [])


def _streamed_keys(operation: Operation, response: Response, agent: Agent) -> list[dict[str, Any]] | None:
    """The keys of runs that events show, as an answer would show them; None where no event of the format shows one."""
    run, key = operation.rule.run, operation.rule.key
    if run is None or key is None or media_type(response.headers.get("content-type")) != EVENT_STREAM:
        return None
    wanted = {way.format for way in run.respond if way.how == "stream"}
    formats = [each for name, each in agent.formats.items() if name in wanted] or list(agent.formats.values())
    place = f"stored.{key.member}"
    found: dict[Any, None] = {}
    showing = [event for each in formats for event in each.events if event.data and _shows(event.data, place)]
    if not showing:
        return None
    for name, value in _events(response):
        for event in showing:
            held: dict[str, Any] = {}
            if event.name == name and event.data and observe(event.data, value, held) and _is_key(held.get(place)):
                found[held[place]] = None
    return [{_shown_as(operation)[0]: each} for each in found]


def _shows(setting: Setting, place: str) -> bool:
    """Whether what a setting makes shows what is stored there."""
    own = setting.kind == "stored" and ".".join((setting.kind, *setting.steps)) == place
    return own or any(_shows(inner, place) for _, inner in setting.members)


def _events(response: Response) -> Iterator[tuple[str, Any]]:
    """The names of the first events of a stream, and their data as JSON."""
    body = response.body if isinstance(response.body, bytes) else b""
    for event in islice(EventReader().feed(body), _MOST_EVENTS):
        try:
            yield event.name, parse_json(event.data.encode("utf-8", "surrogatepass"), duplicate_keys="last")
        except JsonError:
            continue


def met_in_own(
    operation: Operation, request: Request, response: Response, owns: Callable[[str, object], bool]
) -> Iterator[LedgerEntry]:
    """Things that an answer shows in a thing of this run, such as the runs of its thread.

    Only such as say themselves in which thing they lie: a list that is not filtered shows what is others', too.
    """
    rule = operation.rule
    if rule.key is None or not rule.traits.only_reads or not 200 <= response.status < 300:
        return
    within = within_of(operation, request)
    if not within or not all(is_invented(key) or owns(resource, key) for resource, key in within.items()):
        return
    around = {canonical(key) for key in within.values()}
    for answer in _answers(operation, response):
        found = items_in(rule.listing, answer) or [answer]
        for item in (each for each in found[:_MOST] if isinstance(each, dict)):
            key = item.get(rule.key.member)
            says = (canonical(v) for n, v in item.items() if n != rule.key.member and isinstance(v, str | int))
            if _is_key(key) and canonical(key) not in around and around & set(says):
                yield _entry(operation, rule.resource, key, within)


def _policy(operation: Operation, request: Request) -> Any:
    taken = operation.rule.taken
    values = values_at(operation, request, taken.by) if taken and taken.by else []
    return values[-1] if values and values is not UNREADABLE else None


def answers_with_thread(operation: Operation) -> bool:
    """Whether the response of a run that has no thread says which one was made for it."""
    run = operation.rule.run
    if run is None or run.alone is None or (run.temporary and not run.kept):
        return True
    shown = any(way.how != "stream" for way in run.respond) and bool(_parent_member(operation, run.alone))
    return shown or any("$parent_key" in value for value in run.headers.values())


def _parent_member(operation: Operation, alone: Made) -> str:
    """The member of a run's answer that holds the key of the thread that was created for it; "" where none is known."""
    if member := next(generated_members(operation.rule.set.items(), "parent_key"), ""):
        return member
    own = operation.rule.key.member if operation.rule.key else ""
    return alone.key.member if alone.key.member != own else ""


def _entry(operation: Operation, resource: str, key: Any, within: Mapping[str, Any]) -> LedgerEntry:
    return LedgerEntry(operation.slug, resource, key, within, unsafe_key(key))


def _is_key(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _answers(operation: Operation, response: Response) -> Iterator[Any]:
    """The value of a response; of a stream, that of its first events."""
    kind = media_type(response.headers.get("content-type"))
    if kind == EVENT_STREAM:
        yield from (value for _, value in _events(response))
    elif is_json(kind) or is_xml(kind):
        found = answer_of(operation, response)
        if found is not ABSENT:
            yield found


def _keys(answer: Any, member: str, *, plain: bool) -> list[Any]:
    """The values of a key's member: the nearest one inside an object; of a list, that of each item.

    plain: `id` at the top means the key, too; of an answer to a command it is the command's.
    """
    if isinstance(answer, list):
        return [key for item in answer[:_MOST] for key in _keys(item, member, plain=plain) if isinstance(item, dict)]
    name = member.rpartition(".")[2]
    waiting = [(answer, 0)]
    while waiting and len(waiting) < _MOST:
        node, level = waiting.pop(0)
        if isinstance(node, dict):
            for each in (name, "id") if level == 0 and plain else (name,):
                if _is_key(node.get(each)):
                    return [node[each]]
        inner = node.values() if isinstance(node, dict) else node[::-1] if isinstance(node, list) else ()
        waiting += [(each, level + 1) for each in inner] if level < _LEVELS else []
    return []


def _trails(response: Response, resources: Collection[str]) -> Iterator[tuple[str, str]]:
    """Resource and id, as headers say where a run is to be found: `/threads/ID/runs/ID`."""
    for name in ("location", "content-location"):
        segments = _TRAIL.findall(response.headers.get(name, ""))
        for collection, key in pairwise(segments):
            resource = next((each for each in resources if each and collection.lower().startswith(each)), "")
            if resource:
                yield resource, key
