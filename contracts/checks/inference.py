"""What rests on a rule that nobody declared: which checks ask for it, and which refusals it cannot foresee."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from threadmock.contracts.cases.families import makers
from threadmock.contracts.cases.references import cursors
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


@lru_cache(maxsize=2048)
def rests_on_inference(contract: Contract, operation: Operation) -> bool:
    """Whether the rule of an operation, or of what makes the things that it is about, was inferred."""
    makes = makers(contract, operation.rule.resource)
    return operation.rule.inferred or (bool(makes) and makes[0].rule.inferred)


def unsure_refusal(operation: Operation, status: int, look_up: Callable[[Source], Any]) -> str:
    """Why a valid request may be refused with this status where the rule is inferred; "" where it may not.

    look_up: the value at a place of the request that was sent; ABSENT where there is none.
    """
    if not operation.rule.inferred:
        return ""
    if status in _OF_STATE and operation.reply(status) is not None:
        return f"nobody declared when the documented status {status} is due"
    sent = (source for source in cursors(operation) if look_up(source) not in (ABSENT, None))
    cursor = next(sent, None)
    return f"what {cursor} may hold is inferred" if cursor and status in (400, 404, 422) else ""
