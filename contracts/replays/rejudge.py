"""A finding of one exchange, judged again by its check: where the document that it was found by is at hand."""

import datetime
import random
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from threadmock.contracts.cases.case import Case
from threadmock.contracts.checks import Check, Context, checks, judge
from threadmock.contracts.replays.comparison import crowded, shows_made
from threadmock.contracts.replays.replayer import GONE, HOLDS, UNDECIDED, ReplayOutcome, plain
from threadmock.contracts.replays.substitution import put, unpack
from threadmock.contracts.target.exchange import Exchange
from threadmock.specs.contract import Contract
from threadmock.specs.errors import SpecError
from threadmock.specs.loader import load
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json

_STATES = frozenset({"new_key", "prompt", "other_methods"})
"""Checks that need what earlier exchanges of a run left in memory, or send requests of their own."""


INTERMITTENT = "nor did it show when it was sent once more right after it was found, so that this proves nothing"
_NOT_LOADED = "is a check of your own, which is not loaded: add --checks-from MODULE to have it asked again"


def known_contract(saved: Mapping[str, Any]) -> Contract | None:
    """The very document that the finding was found by; None where it is not at hand, or has changed."""
    try:
        contract = named_contract(saved)
    except (SpecError, OSError, KeyError, TypeError):
        return None
    return contract if contract.digest == saved["contract"].get("digest") else None


def named_contract(saved: Mapping[str, Any]) -> Contract:
    """The document that a saved finding names, as it is now. SpecError where it can't be used."""
    kept = saved["contract"]
    overlays = tuple(map(Path, kept.get("overlays", ())))
    return load(kept["provider"], layer=kept["layer"], overlays=overlays, ref_root=kept.get("ref_root"))


def judged_again(saved: Mapping[str, Any], replayed: ReplayOutcome, own_checks: Sequence[Check] = ()) -> ReplayOutcome:
    """What came of sending a saved finding again, after its check has judged the response, where it can.

    own_checks: those of a project that are loaded.
    """
    contract = known_contract(saved)
    outcome = rejudged(saved, replayed, contract, own_checks) if contract else replayed
    name = saved["finding"]["check"]
    known = {**checks, **{check.name: check for check in own_checks}}
    if outcome.state != UNDECIDED and name not in known and not saved.get("several"):
        # what it looks at is not known, so that answers that are alike in all else prove nothing
        return replace(outcome, state=UNDECIDED, why=f"{outcome.why}; {name} {_NOT_LOADED}")
    if outcome.state == GONE and saved.get("repeated") == "no":
        # the same requests did not show it on the very server that it was found on
        return replace(outcome, state=UNDECIDED, why=f"{outcome.why}; {INTERMITTENT}")
    return outcome


def rejudged(
    saved: Mapping[str, Any], replayed: ReplayOutcome, contract: Contract, own_checks: Sequence[Check] = ()
) -> ReplayOutcome:
    """The outcome as the check itself sees it, where it judges one exchange; else as it was."""
    check, number = saved["finding"]["check"], saved["judged"]
    own = tuple(each for each in own_checks if each.name == check)
    if (
        (check not in checks and not own)
        or check in _STATES
        or len(replayed.responses) <= number
        or replayed.state not in (HOLDS, GONE)
    ):
        return replayed
    case = _case(saved, replayed.requests[number], contract)
    if case is None:
        return replayed
    choose = random.Random(0)  # noqa: S311 - nothing is drawn
    context = Context(contract, _refuse, lambda *_: None, choose, own_checks=own)
    exchange = _exchange(case, replayed.requests[number], replayed.responses[number])
    verdict = judge(context, exchange)
    if verdict.broken:
        return replace(replayed, state=UNDECIDED, why=verdict.broken[0])
    found = [finding for finding in verdict.findings if finding.check == check]
    if not found and _hidden(saved, replayed, exchange):
        return replace(replayed, state=UNDECIDED, why=_HIDDEN)
    if not found:
        return replace(replayed, state=GONE, why=f"{_answered(exchange)}, and {check} has nothing to say")
    return replace(replayed, state=HOLDS, why=f"{_answered(exchange)}: {found[0].got}")


_HIDDEN = (
    "the list holds others' things, and none of those that were made for it: what was wrong then may be behind them"
)


def _hidden(saved: Mapping[str, Any], replayed: ReplayOutcome, exchange: Exchange) -> bool:
    """Whether a list that showed things then shows nothing now of what was made for it."""
    number, response = saved["judged"], exchange.response
    step = saved["steps"][number]
    was = {**step["answer"], "body": unpack(step["answer"]["body"])}
    same = response is not None and response.status == was["status"]
    if not same or not exchange.case.operation.rule.traits.lists or not was["body"]:
        return False
    earlier = [plain(each) for each in replayed.responses[:number]]
    request = {**step["request"], "body": unpack(step["request"]["body"])}
    return crowded(request, plain(response)) and not shows_made(earlier, plain(response))


def _refuse(case: Case) -> Exchange:
    raise AssertionError(f"judging a saved finding sends nothing more: {case.label}")


def _answered(exchange: Exchange) -> str:
    return f"it is answered with status {exchange.response.status}" if exchange.response else "it is not answered"


def _exchange(case: Case, request: Request, response: Response | None) -> Exchange:
    now = datetime.datetime.now(datetime.UTC)
    return Exchange(
        case, request, response, "" if response else "no answer came", 0.0, now, now, wrong_credentials_known=True
    )


def _case(saved: Mapping[str, Any], request: Request, contract: Contract) -> Case | None:
    """What the suite meant by the request; None where the document has no such operation."""
    step = saved["steps"][saved["judged"]]
    operation = next((each for each in contract.operations if each.slug == step["operation"]), None)
    if operation is None:
        return None
    names = {field.name for field in fields(Case)} - {"operation", "request", "value", "stop"}
    kept = {name: value for name, value in step["case"].items() if name in names}
    base = {"intent": "valid", "label": "", "part": "scenario"}
    try:
        return Case(operation, request, value=_value(saved, step, request), **{**base, **kept})
    except JsonError:
        return None


def _value(saved: Mapping[str, Any], step: Mapping[str, Any], request: Request) -> Any:
    """The JSON value of the body, as a server reads it, with the names of now."""
    if "value" not in step["case"]:
        return parse_json(request.body, duplicate_keys="last") if request.body and _is_json(request.body) else ABSENT
    body = {"body": dump_json(step["case"]["value"])}
    for each in step["puts"]:
        if each["in"] == "body" and each["value"] in saved.get("now", {}):
            body = put(body, "body", saved["values"][each["value"]]["was"], saved["now"][each["value"]])
    return parse_json(body["body"])


def _is_json(body: bytes) -> bool:
    try:
        parse_json(body, duplicate_keys="last")
    except JsonError:
        return False
    return True
