"""`fill` of a provider's `x-behaviour` as data → Fill: how threads and messages of a neutral file become its things."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from threadmock.specs.behaviour.profile import Fill
from threadmock.specs.behaviour.read_rules import parse_made
from threadmock.specs.behaviour.read_settings import Spell
from threadmock.specs.documents.places import DocumentPlace, as_place
from threadmock.specs.errors import RuleError

if TYPE_CHECKING:
    from threadmock.specs.evidence import Evidence


def parse_fill(provider_wide: Mapping[str, Any], where: str | DocumentPlace, spell: Spell) -> Fill | None:
    """The fill of a provider, in the spelling of its wire; None where it has none. RuleError where it is no fill.

    A neutral file's own members are single words, which every spelling leaves as they are.
    """
    node = provider_wide.get("fill")
    if node is None:
        return None
    place = as_place(where) / "fill"
    if "message" in node and "turn" in node:
        raise RuleError("A file fills either message by message or turn by turn.", where=place, fix="Leave one out.")
    evidence: Evidence = node.get("evidence", "assumed")
    below = node.get("below", {"resource": "", "key": ""})
    per: Literal["message", "turn"] = "turn" if "turn" in node else "message"
    piece = parse_made(node[per], evidence, place / per, spell) if per in node else None
    thread = parse_made(node["thread"], evidence, place / "thread", spell)
    opening = parse_made(node["opening"], evidence, place / "opening", spell) if "opening" in node else None
    return Fill(thread, (below["resource"], below["key"]), piece, per, opening)
