"""The word `as_node` → a record: a state that is made as if by a node of an agent."""

from collections.abc import Mapping
from typing import Any

from threadmock.specs.behaviour.read_settings import Spell, parse_setting, parse_source
from threadmock.specs.behaviour.setting import AsNode
from threadmock.specs.documents.places import DocumentPlace
from threadmock.specs.evidence import Evidence


def parse_as_node(
    node: Mapping[str, Any] | None, evidence: Evidence, where: DocumentPlace, spell: Spell
) -> AsNode | None:
    """The record; None where there is no such word."""
    if node is None:
        return None
    own: Evidence = node.get("evidence", evidence)
    return AsNode(
        parse_source(node["from"], spell),
        spell(node["member"]),
        node.get("copy", ""),
        {name: tuple(following) for name, following in node.get("next", {}).items()},
        node.get("calls", ""),
        parse_source(node["messages"], spell) if "messages" in node else None,
        node.get("input", ""),
        parse_source(node["each"], spell) if "each" in node else None,
        parse_setting(node["agent"], own, where / "agent", spell) if "agent" in node else None,
        own,
    )
