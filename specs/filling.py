"""`fill` of a provider's `x-behaviour` as data → Fill: how threads and messages of a neutral file become its things."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from threadmock.specs.errors import RuleError
from threadmock.specs.profile import Fill
from threadmock.specs.rules import parse_made
from threadmock.specs.spelling import spell_fill

if TYPE_CHECKING:
    from threadmock.specs.behaviour import Evidence


def parse_fill(provider_wide: Mapping[str, Any], where: str) -> Fill | None:
    """The fill of a provider, in the spelling of its wire; None where it has none. RuleError where it is no fill."""
    node = provider_wide.get("fill")
    if node is None:
        return None
    place = f"{where}.fill"
    if "message" in node and "turn" in node:
        raise RuleError("A file fills either message by message or turn by turn.", where=place, fix="Leave one out.")
    evidence: Evidence = node.get("evidence", "assumed")
    below = node.get("below", {"resource": "", "key": ""})
    per: Literal["message", "turn"] = "turn" if "turn" in node else "message"
    piece = parse_made(node[per], evidence, f"{place}.{per}") if per in node else None
    thread = parse_made(node["thread"], evidence, f"{place}.thread")
    opening = parse_made(node["opening"], evidence, f"{place}.opening") if "opening" in node else None
    made = Fill(thread, (below["resource"], below["key"]), piece, per, opening)
    return spell_fill(made) if provider_wide.get("spelling", {}).get("wire") == "camelCase" else made
