"""The word `as_node` → a record: a state that is made as if by a node of an agent."""

from collections.abc import Mapping
from typing import Any

from threadmock.specs.behaviour.read_settings import Spell, parse_source
from threadmock.specs.behaviour.rule import AsNode
from threadmock.specs.evidence import Evidence


def parse_as_node(node: Mapping[str, Any] | None, evidence: Evidence, spell: Spell) -> AsNode | None:
    """The record; None where there is no such word."""
    if node is None:
        return None
    return AsNode(
        parse_source(node["from"], spell),
        spell(node["member"]),
        node.get("copy", ""),
        {name: tuple(following) for name, following in node.get("next", {}).items()},
        node.get("calls", ""),
        parse_source(node["messages"], spell) if "messages" in node else None,
        node.get("evidence", evidence),
    )
