"""Planted deviations of what is shown in part and page by page: members and paths asked for, links, headers, orders."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from threadmock.mockserver.fault_points import Behave, Fault, Memory, Run
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.scope import Transaction
from threadmock.specs.members import ABSENT


def _unsorted(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    tx.plan = replace(tx.plan, lister=replace(tx.plan.lister, sort=None, by=()))
    return run(tx)


def _only_up(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    if tx.plan.lister.sort is not None:
        tx.plan = replace(tx.plan, lister=replace(tx.plan.lister, direction=lambda _: "asc"))
    return run(tx)


def _whole(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    tx.plan = replace(tx.plan, select=None, lister=replace(tx.plan.lister, select=None))
    return run(tx)


def _selecting(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Behave:
    """What is shown in part, each object changed."""

    def behave(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
        outcome = run(tx)
        asked = tx.plan.select or tx.plan.lister.select
        if isinstance(outcome, Refused) or asked is None or asked(tx) in (ABSENT, None):
            return outcome
        if isinstance(outcome.shown, list):
            outcome.shown = [change(item) if isinstance(item, dict) else item for item in outcome.shown]
        elif isinstance(outcome.shown, dict):
            outcome.shown = change(outcome.shown)
        return outcome

    return behave


def _without_last(shown: dict[str, Any]) -> dict[str, Any]:
    return dict(list(shown.items())[:-1])


def _shortened(shown: dict[str, Any]) -> dict[str, Any]:
    """Texts cut, as where a part is taken from an index that holds only their beginnings."""
    return {name: value[:1] if isinstance(value, str) and " " in value else value for name, value in shown.items()}


def _extracting(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Behave:
    """Lists with other values by path."""

    def behave(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
        outcome = run(tx)
        for item in outcome.shown if isinstance(outcome, Done) and isinstance(outcome.shown, list) else ():
            if isinstance(item, dict) and isinstance(item.get("extracted"), dict):
                item["extracted"] = change(item["extracted"])
        return outcome

    return behave


def _linking(change: Callable[[Transaction, dict[str, Any]], None]) -> Behave:
    """Lists with other links, changed in place."""

    def behave(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
        outcome = run(tx)
        if isinstance(outcome, Done) and tx.plan.lister.next and isinstance(outcome.shown, dict):
            change(tx, outcome.shown)
        return outcome

    return behave


def _here(tx: Transaction) -> str:
    """The URL of the page that was asked for."""
    return f"http://{tx.request.headers.get('host', 'localhost')}{tx.request.path}?{tx.request.query}"


def _no_links(tx: Transaction, shown: dict[str, Any]) -> None:
    shown[tx.plan.lister.next] = None


def _endless(tx: Transaction, shown: dict[str, Any]) -> None:
    name = tx.plan.lister.next
    shown[name] = shown[name] or _here(tx)


def _same_page(tx: Transaction, shown: dict[str, Any]) -> None:
    name = tx.plan.lister.next
    shown[name] = shown[name] and _here(tx)


def _no_way_back(tx: Transaction, shown: dict[str, Any]) -> None:
    if tx.plan.lister.previous:
        shown[tx.plan.lister.previous] = None


def _counting(change: Callable[[dict[str, str], str, str], None]) -> Behave:
    """Lists with other headers that count: the headers, the name of the next offset's, the name of the total's."""

    def behave(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
        outcome = run(tx)
        if isinstance(outcome, Done) and tx.plan.lister.pagination is not None:
            headers = dict(outcome.headers)
            change(headers, *tx.plan.lister.pagination)
            outcome.headers = headers
        return outcome

    return behave


def _no_next(headers: dict[str, str], following: str, _: str) -> None:
    headers.pop(following, None)


def _always_next(headers: dict[str, str], following: str, total: str) -> None:
    headers.setdefault(following, headers[total])


def _one_less(headers: dict[str, str], _: str, total: str) -> None:
    headers[total] = str(max(0, int(headers[total]) - 1))


FAULTS: tuple[Fault, ...] = (
    Fault("ignore-sort", "The member that orders a list is not looked at.", ("order_by",), behave=_unsorted),
    Fault("only-ascending", "A chosen order always goes up.", ("order_by",), behave=_only_up),
    Fault("ignore-select", "Things are shown whole whatever is asked for.", ("select",), behave=_whole),
    Fault(
        "select-less", "The last member that is asked for is missing.", ("select",), behave=_selecting(_without_last)
    ),
    Fault("select-shortens", "Texts shown in part are cut.", ("select",), behave=_selecting(_shortened)),
    Fault(
        "extract-nothing",
        "Paths lead nowhere.",
        ("extract",),
        behave=_extracting(dict.fromkeys),
    ),
    Fault(
        "extract-found-only",
        "An alias whose path leads nowhere is left out.",
        ("extract",),
        behave=_extracting(lambda found: {name: value for name, value in found.items() if value is not None}),
    ),
    Fault("no-next-link", "No page links to the next.", ("links",), behave=_linking(_no_links)),
    Fault("endless-links", "The last page links to a next one.", ("links",), behave=_linking(_endless)),
    Fault("same-page-link", "The next page is this page.", ("links",), behave=_linking(_same_page)),
    Fault("no-way-back", "No page links to the previous.", ("links",), behave=_linking(_no_way_back)),
    Fault("no-next-offset", "No header tells the next offset.", ("page_headers",), behave=_counting(_no_next)),
    Fault("endless-offsets", "The last page has a next offset.", ("page_headers",), behave=_counting(_always_next)),
    Fault("known-too-few", "The header that counts is one short.", ("page_headers",), behave=_counting(_one_less)),
)
