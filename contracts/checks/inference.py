"""What rests on a rule that nobody declared: which checks ask for it, and which refusals it cannot foresee."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from threadmock.contracts.cases.families import makers
from threadmock.contracts.cases.list_pages import NO_PAGE
from threadmock.contracts.cases.references import cursors, references
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.members import ABSENT

HOLD_WITHOUT_RULE = frozenset(
    {
        "answers",
        "no_server_error",
        "other_methods",
        "prompt",
        "redirects",
        "documented_status",
        "media_type",
        "strict_json",
        "schema",
        "headers",
        "valid_accepted",
        "invalid_refused",
        "malformed_refused",
        "media_type_refused",
        "credentials",
        "defaults",
        "framing",
        "malformed_id",
        "writings",
        "broken_credentials",
        "final_slash",
        "unknown_route",
        "cors",
        "hostile_values",
    }
)
"""Checks and scenarios that ask for what the document, or HTTP, says of any operation. All others ask what it does."""

INFERRED = "inferred: nobody declared this rule"
"""How the source of a finding says that it rests on a guess."""

_OF_STATE = frozenset({402, 403, 404, 409, 410, 412, 423, 424, 428})
"""Statuses that speak of what is stored, or of who may: no schema says when they are due (RFC 9110, 15.5)."""


_NO_SUCH_PLACE = frozenset({400, 404, 410, 422})
_NOT_THERE = (404, 410)
_INVALID = (400, 422)
_ALWAYS = frozenset({400, 401, 403, 405, 406, 411, 413, 414, 415, 429, 431})
"""Statuses that no rule has to explain: of requests that are wrong whatever is stored, and of who may."""


@lru_cache(maxsize=2048)
def rests_on_inference(contract: Contract, operation: Operation) -> bool:
    """Whether the rule of an operation, or of what makes the things that it is about, was inferred."""
    makes = makers(contract, operation.rule.resource)
    return operation.rule.inferred or (bool(makes) and makes[0].rule.inferred)


def unknown_page(operation: Operation, status: int, look_up: Callable[[Source], Any], *, drawn: bool) -> str:
    """Why the place of a page may be refused: its number may be beyond the last, and a cursor is the server's own.

    look_up: the value at a place of the request that was sent; ABSENT where there is none. drawn: what it holds was
    made up. Scenarios send cursors that the server told, and those it has to know.
    """
    listing = operation.rule.listing
    if listing is None or status not in _NO_SUCH_PLACE:
        return ""
    number = look_up(listing.page) if listing.page else ABSENT
    if status == NO_PAGE and number not in (ABSENT, None) and str(number) != str(listing.page_from):
        return "there may be no such page"
    for source in cursors(operation) if drawn else ():
        if look_up(source) not in (ABSENT, None):
            return f"{source} takes what the server told, and this was made up"
    return ""


def unsure_refusal(operation: Operation, status: int) -> str:
    """Why a valid request may be refused with this status, of which no rule says when it is due; "" where it may not.

    Where the rule is inferred it can't foresee any refusal that hangs on what is stored. Where it is declared, a
    documented status counts as explained once a part of the rule is answered with it.
    """
    if operation.rule.inferred and status in _NOT_THERE and operation.reply(status) is None and references(operation):
        return f"that what the request names is there is inferred, and {status} says that it is not"
    if operation.reply(status) is None or not 400 <= status < 500:
        return ""
    if operation.rule.inferred and status in _OF_STATE:
        return f"nobody declared when the documented status {status} is due"
    assumed = operation.rule.inferred or operation.rule.evidence == "assumed"
    if assumed and str(status) not in operation.replies and references(operation):
        return f"the document tells no refusal from another, and {status} may speak of what is stored"
    if status in _explained(operation):
        return ""
    return f"no rule says when the documented status {status} is due"


@lru_cache(maxsize=2048)
def _explained(operation: Operation) -> frozenset[int]:
    """The statuses that a rule explains: of invalid requests, of what is unknown or taken, and of its conditions."""
    rule = operation.rule
    found = {condition.status for condition in rule.conditions}
    found |= {policy.status for policy in rule.taken.policies} if rule.taken else set()
    found |= {rule.conditional.if_match, rule.conditional.required} if rule.conditional else set()
    found |= {status for needed in rule.requires for status in needed.statuses}
    found |= {kind for each in rule.unique if (kind := each.status)}
    refused = dict(rule.refusals)
    names = bool(references(operation)) or rule.restores is not None
    state = {"unknown": names, "taken": bool(rule.taken or rule.unique), "stale": rule.conditional is not None}
    found |= {each.status for kind, each in refused.items() if state.get(kind, True)}
    found |= {404} if names and "unknown" not in refused else set()
    if not {"invalid", "ill_formed", "malformed", "unfit"} & refused.keys():
        found |= {_first_of(operation, _INVALID)}
    if rule.run is not None:
        # what a run may be refused for is told in many words
        found |= _OF_STATE | {422}
    return frozenset(found | _ALWAYS)


def _first_of(operation: Operation, statuses: tuple[int, ...]) -> int:
    """The first of these that is documented: what answers an invalid request where nobody declared it; else 400."""
    return next((status for status in statuses if str(status) in operation.replies), 400)
