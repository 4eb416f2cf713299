"""Hostile requests: each place of a request in turn holds a value that servers are known to fail on.

A request is hostile in one place only, and plain in all others, about things that are there: so it comes as far as it
can. What a server answers is its own affair, as long as it is no error of its own.
"""

import contextlib
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from threadmock.contracts.cases.body_places import BodyPlace, places
from threadmock.contracts.cases.case import Case, base_value, build_request, chosen_key, json_media, key_member
from threadmock.contracts.cases.encoding import encode_query
from threadmock.contracts.cases.references import references
from threadmock.contracts.generation.hostile_values import (
    BODIES,
    HEADER_VALUES,
    LASTING,
    PATH_VALUES,
    QUERY_VALUES,
    HostileBody,
    HostileValue,
    json_values,
)
from threadmock.contracts.transport.stream_limits import PLAIN, Stop
from threadmock.specs.contract import Operation, Parameter
from threadmock.specs.errors import SchemaError
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.parameters import is_read
from threadmock.specs.wire.messages import Request
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json

NOTE = "any answer that is no 5xx"
_MARK = "threadmock-hostile-value-stands-here"
_FIRST = 4
"""So many values of each place keep their order: they are known to find most. The others are drawn."""
_STOP = Stop(events=1, seconds=5.0)
"""What an agent goes on to say is no matter here."""
_GLANCE = Stop(events=1, seconds=0.1)
"""The same for who only reads: nothing is left undone where the reading ends."""


@dataclass(frozen=True)
class HostileCase:
    """A case, the place of its hostile value (a JSON pointer into the body, `query NAME`, …) and the value's family."""

    case: Case
    place: str
    family: str

    @property
    def lasting(self) -> bool:
        """Whether a server may store the value and then be unable to show it."""
        return self.family in LASTING


def hostile_cases(operation: Operation, choose: random.Random, full: Any = ABSENT) -> Iterator[HostileCase]:
    """Hostile requests of an operation, place by place in turn, so that the first few reach every place.

    full: a body with everything in it that was accepted; every other value stands in it. choose: the order in which
    places take turns, and of the values that find less. Those that may last come last.
    """
    by_place = [_mixed(list(made), choose) for made in _places(operation, full)]
    choose.shuffle(by_place)
    lasting: list[HostileCase] = []
    for turn in range(max(map(len, by_place), default=0)):
        for cases in by_place:
            if turn < len(cases):
                if cases[turn].lasting and operation.method != "GET":
                    lasting.append(cases[turn])
                else:
                    yield cases[turn]
    yield from lasting


def has_places(operation: Operation) -> bool:
    """Whether a request of the operation has any place for a value."""
    return operation.body is not None or any(map(is_read, operation.parameters))


def _mixed(cases: list[HostileCase], choose: random.Random) -> list[HostileCase]:
    rest = cases[_FIRST:]
    choose.shuffle(rest)
    return cases[:_FIRST] + rest


def _places(operation: Operation, full: Any) -> Iterator[Iterator[HostileCase]]:
    """The cases of each place."""
    for parameter in filter(is_read, operation.parameters):
        if parameter.location in ("path", "query", "header"):
            yield _parameter(operation, parameter)
    if json_media(operation) is not None:
        yield from _body(operation, full)
        yield _whole(operation)
    elif operation.body is None:
        stray = HostileBody("a body that nobody asked for", b'{"a":', "application/json")
        yield iter([_case(operation, _with_body(build_request(operation), stray), "body", stray.family)])


def _case(operation: Operation, request: Request, place: str, family: str, value: Any = ABSENT) -> HostileCase:
    where = place if place.startswith("/") else f"/{place.partition(' ')[2]}" if " " in place else ""
    # The target knows how long a thread is followed.
    stop = PLAIN if operation.rule.run and operation.rule.run.follow_thread else _STOP
    if stop is _STOP and operation.rule.traits.follows_run:
        stop = _GLANCE
    # A part of the coverage, not of a scenario: the guard leaves it out where it names what may be somebody else's.
    case = Case(
        operation, request, "hostile", f"{place or 'body'}: {family}", "coverage", value,
        where=where, note=NOTE, evidence="documented", stop=stop,
    )  # fmt: skip
    return HostileCase(case, place, family)


def _plain_body(operation: Operation) -> Any:
    """The smallest body, with a key of our own where the client may choose it: what is made can be removed again."""
    try:
        body = base_value(operation)
    except SchemaError:
        return ABSENT
    key = key_member(operation)
    return {**body, key: chosen_key(operation)} if key and isinstance(body, dict) else body


def _parameter(operation: Operation, parameter: Parameter) -> Iterator[HostileCase]:
    place = f"{parameter.location} {parameter.name}"
    pools = {"path": PATH_VALUES, "query": QUERY_VALUES, "header": HEADER_VALUES}
    for value in pools[parameter.location]:
        body = _plain_body(operation)
        if parameter.location == "path":
            request = build_request(operation, body, path_values={parameter.name: value.text})
        elif parameter.location == "header":
            request = build_request(operation, body, headers={parameter.name: value.text})
        else:
            request = _in_query(build_request(operation, body), parameter.name, value.text)
        yield _case(operation, request, place, value.family, body)


def _in_query(request: Request, name: str, raw: str) -> Request:
    """The request with a raw text for a parameter of its query."""
    spelled = encode_query({name: ""})
    kept = [pair for pair in request.query.split("&") if pair and not pair.startswith(spelled)]
    return replace(request, query="&".join([*kept, spelled + raw]))


def _body(operation: Operation, full: Any) -> Iterator[Iterator[HostileCase]]:
    """The cases of each place of the JSON body."""
    key = key_member(operation)
    keys = {key, *(each.source.steps[0] for each in references(operation) if each.own and each.source.place == "body")}
    run = operation.rule.run
    # A run that is asked for in a million years would still be waited for.
    delay = run.delay.steps if run and run.delay else None
    for place in places(operation):
        if place.level == 0 or place.steps == delay:
            continue
        if place.steps[0] in keys and operation.rule.traits.makes and not _is_shaped(place.branches):
            # A key that names nothing in a path would stay where it was made.
            continue
        whole = _within_full(full, place) or place.put
        # The least that stands around a deep place may fail by itself, and hide what the value does.
        around = itertools.cycle((whole, place.put) if place.level == 1 else (whole,))
        values = json_values(place.kinds(), lasting=place.steps[0] != key)
        yield (_in_body(operation, put, place.pointer, value, key) for put, value in zip(around, values, strict=False))


def _within_full(full: Any, place: BodyPlace) -> Callable[[Any], Any] | None:
    """What puts a value into a body with everything in it; None where that lacks the place.

    Code that a missing member keeps from being reached is reached there.
    """
    node: Any = full
    step: Any
    for step in place.steps:
        # A member may be an object by one alternative and a list by another, of which the body holds one.
        if isinstance(step, int):
            there = isinstance(node, list) and step < len(node)
        else:
            there = isinstance(node, dict) and step in node
        if not there:
            return None
        node = node[step]
    return lambda value: _changed(full, place.steps, value)


def _changed(node: Any, steps: tuple[str | int, ...], value: Any) -> Any:
    if not steps:
        return value
    step: Any = steps[0]
    copy: Any = list(node) if isinstance(node, list) else dict(node)
    copy[step] = _changed(copy[step], steps[1:], value)
    return copy


def _is_shaped(branches: Any) -> bool:
    return any({"format", "pattern", "enum"} & branch.keywords.keys() for branch in branches)


def _in_body(operation: Operation, put: Any, pointer: str, value: HostileValue, key: str | None) -> HostileCase:
    body = put(_MARK)
    if key and isinstance(body, dict) and body.get(key) != _MARK:
        body = {**body, key: chosen_key(operation)}
    request = build_request(operation, body)
    data = dump_json(body).replace(dump_json(_MARK), value.text.encode())
    with contextlib.suppress(JsonError):  # a rule may have something against the value itself, such as a null
        body = parse_json(data)
    return _case(operation, replace(request, body=data), pointer, value.family, body)


def _whole(operation: Operation) -> Iterator[HostileCase]:
    plain = build_request(operation, _plain_body(operation))
    for body in BODIES:
        yield _case(operation, _with_body(plain, body), "body", body.family)


def _with_body(plain: Request, body: HostileBody) -> Request:
    headers = dict(plain.headers)
    if body.media_type:
        headers["content-type"] = body.media_type
    if body.encoding:
        headers["content-encoding"] = body.encoding
    return replace(plain, headers=headers, body=body.body)
