"""Sources → functions that read one place of a request, of what is being worked on, or of the newest thing."""

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from threadmock.mockserver.rules.scope import Scope
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.members import ABSENT, dig, gather
from threadmock.specs.operations.parameters import parse_query
from threadmock.specs.wire.messages import header_of

Maker = Callable[[Scope], Any]


def fetch(source: Source) -> Maker:
    """The function that reads one source; ABSENT where the request has no such thing."""
    if source.others:
        return _fetch_any(source)
    steps = source.steps
    if source.place in ("body", "item"):
        return _fetch_body(steps) if source.place == "body" else _fetch_item(steps)
    if source.place in ("latest", "earlier"):
        return _fetch_thing(source.place, steps)
    name = ".".join(steps)
    if source.place == "path":
        return _fetch_path(name)
    if source.place == "header":
        return lambda scope: ABSENT if (found := header_of(scope.request, name)) is None else found

    def read(scope: Scope) -> Any:
        if name in scope.parameters:
            return scope.parameters[name]
        texts = [value for given, value in parse_query(scope.request.query) if given == name]
        return texts[-1] if texts else ABSENT

    return read


def _fetch_thing(place: str, steps: tuple[str, ...]) -> Maker:
    find = operator.attrgetter(place)

    def read(scope: Scope) -> Any:
        thing = find(scope)
        return ABSENT if thing is None else dig(thing, steps)

    return read


def _fetch_path(name: str) -> Maker:
    def read(scope: Scope) -> Any:
        text, value = scope.path_values.get(name, ABSENT), scope.parameters.get(name)
        # a parameter that is a number; a query may have one of the same name
        return value if isinstance(value, int) and str(value) == text else text

    return read


def _fetch_any(source: Source) -> Maker:
    """The first text or number of several places: what an object holds there is read from a place of its own."""
    readers = tuple(fetch(each) for each in (replace(source, others=()), *source.others))

    def read(scope: Scope) -> Any:
        found = (reader(scope) for reader in readers)
        return next((value for value in found if isinstance(value, str | int | float)), ABSENT)

    return read


def _fetch_body(steps: tuple[str, ...]) -> Maker:
    if not steps:
        return lambda scope: ABSENT if scope.sent is None else scope.sent
    if len(steps) == 1:
        only = steps[0]
        return lambda scope: scope.body.get(only, ABSENT)
    return lambda scope: dig(scope.body, steps)


def _fetch_item(steps: tuple[str, ...]) -> Maker:
    if len(steps) != 1:
        return lambda scope: gather(scope.item, steps)
    only = steps[0]
    return lambda scope: scope.item.get(only, ABSENT) if isinstance(scope.item, dict) else gather(scope.item, steps)
