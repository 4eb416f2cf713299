"""`inside` of `x-behaviour` as data → a record. The vocabulary is checked by `behaviour.schema.json` first."""

from collections.abc import Mapping
from typing import Any

from threadmock.specs.behaviour.read_settings import Spell, parse_source
from threadmock.specs.behaviour.rule import Inside
from threadmock.specs.evidence import Evidence


def parse_inside(node: Mapping[str, Any] | None, evidence: Evidence, spell: Spell) -> Inside | None:
    """What a read or a list knows of graphs inside of nodes; None where it knows of none."""
    if node is None:
        return None
    source, shown = (parse_source(node[word], spell) if word in node else None for word in ("from", "shown"))
    return Inside(source, shown, node.get("evidence", evidence))
