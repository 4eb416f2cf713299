"""Planted deviations of partial replies and pages: selected members, paths, links, headers, orders."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.fault_points import Action, Fault, Memory, Wrapper
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.specs.members import ABSENT


def _unsorted(action: Action, call: Call, _: Memory) -> Done | Refused:
    return action(call.with_plan(lister=replace(call.plan.lister, sort=None, by=())))


def _only_up(action: Action, call: Call, _: Memory) -> Done | Refused:
    if call.plan.lister.sort is not None:
        call = call.with_plan(lister=replace(call.plan.lister, direction=lambda _: "asc"))
    return action(call)


def _whole(action: Action, call: Call, _: Memory) -> Done | Refused:
    return action(call.with_plan(select=None, lister=replace(call.plan.lister, select=None)))


def _selecting(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Wrapper:
    """What is shown in part, each object changed."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome = action(call)
        asked = call.plan.select or call.plan.lister.select
        if isinstance(outcome, Refused) or asked is None or asked(call.scope) in (ABSENT, None):
            return outcome
        if isinstance(outcome.shown, list):
            outcome.shown = [change(item) if isinstance(item, dict) else item for item in outcome.shown]
        elif isinstance(outcome.shown, dict):
            outcome.shown = change(outcome.shown)
        return outcome

    return wrapper


def _without_last(shown: dict[str, Any]) -> dict[str, Any]:
    return dict(list(shown.items())[:-1])


def _shortened(shown: dict[str, Any]) -> dict[str, Any]:
    """Texts cut, as where a part is taken from an index that holds only their beginnings."""
    return {name: value[:1] if isinstance(value, str) and " " in value else value for name, value in shown.items()}


def _extracting(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Wrapper:
    """Lists with other values by path."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome = action(call)
        for item in outcome.shown if isinstance(outcome, Done) and isinstance(outcome.shown, list) else ():
            if isinstance(item, dict) and isinstance(item.get("extracted"), dict):
                item["extracted"] = change(item["extracted"])
        return outcome

    return wrapper


def _linking(change: Callable[[Call, dict[str, Any]], None]) -> Wrapper:
    """Lists with other links, changed in place."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome = action(call)
        if isinstance(outcome, Done) and call.plan.lister.next and isinstance(outcome.shown, dict):
            change(call, outcome.shown)
        return outcome

    return wrapper


def _here(call: Call) -> str:
    """The URL of the page that was asked for."""
    request = call.scope.request
    return f"http://{request.headers.get('host', 'localhost')}{request.path}?{request.query}"


def _no_links(call: Call, shown: dict[str, Any]) -> None:
    shown[call.plan.lister.next] = None


def _endless(call: Call, shown: dict[str, Any]) -> None:
    name = call.plan.lister.next
    shown[name] = shown[name] or _here(call)


def _same_page(call: Call, shown: dict[str, Any]) -> None:
    name = call.plan.lister.next
    shown[name] = shown[name] and _here(call)


def _no_way_back(call: Call, shown: dict[str, Any]) -> None:
    if call.plan.lister.previous:
        shown[call.plan.lister.previous] = None


def _counting(change: Callable[[dict[str, str], str, str], None]) -> Wrapper:
    """Lists with other headers that count: the headers, the name of the next offset's, the name of the total's."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome = action(call)
        if isinstance(outcome, Done) and call.plan.lister.pagination is not None:
            headers = dict(outcome.headers)
            change(headers, *call.plan.lister.pagination)
            outcome.headers = headers
        return outcome

    return wrapper


def _no_next(headers: dict[str, str], following: str, _: str) -> None:
    headers.pop(following, None)


def _always_next(headers: dict[str, str], following: str, total: str) -> None:
    headers.setdefault(following, headers[total])


def _one_less(headers: dict[str, str], _: str, total: str) -> None:
    headers[total] = str(max(0, int(headers[total]) - 1))


FAULTS: tuple[Fault, ...] = (
    Fault("ignore-sort", "The member that orders a list is ignored.", ("order_by",), around=_unsorted),
    Fault("only-ascending", "A chosen order always goes up.", ("order_by",), around=_only_up),
    Fault("ignore-select", "Things are shown whole whatever is asked for.", ("select",), around=_whole),
    Fault(
        "select-less", "The last member that is asked for is missing.", ("select",), around=_selecting(_without_last)
    ),
    Fault("select-shortens", "Texts shown in part are cut.", ("select",), around=_selecting(_shortened)),
    Fault(
        "extract-nothing",
        "Paths lead nowhere.",
        ("extract",),
        around=_extracting(dict.fromkeys),
    ),
    Fault(
        "extract-found-only",
        "An alias whose path leads nowhere is left out.",
        ("extract",),
        around=_extracting(lambda found: {name: value for name, value in found.items() if value is not None}),
    ),
    Fault("no-next-link", "No page links to the next.", ("links",), around=_linking(_no_links)),
    Fault("endless-links", "The last page links to a next one.", ("links",), around=_linking(_endless)),
    Fault("same-page-link", "The next page is this page.", ("links",), around=_linking(_same_page)),
    Fault("no-way-back", "No page links to the previous.", ("links",), around=_linking(_no_way_back)),
    Fault("no-next-offset", "No header has the next offset.", ("page_headers",), around=_counting(_no_next)),
    Fault("endless-offsets", "The last page has a next offset.", ("page_headers",), around=_counting(_always_next)),
    Fault("known-too-few", "The header that counts is one short.", ("page_headers",), around=_counting(_one_less)),
)
