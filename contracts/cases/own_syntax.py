"""Places of a request whose values have a syntax that no schema tells: cursors, paths, orders, expressions."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from threadmock.contracts.cases.references import body_schema, cursors, schema_at
from threadmock.contracts.cases.shapes import Shapes, shapes
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation

LEVELS = 3
_TELLING = frozenset({"enum", "const", "pattern", "format"})
_NAMES = re.compile(
    r"(?i)(?:\$|.*[_-])?(?:filters?|where|expr|expressions?|conditions?|criteria|jsonpath|json_path|jmespath|paths?|rsql"
    r"|fiql|odata|order_?by|orderby|sort(?:_?by)?|sorting|fields?|select|extract|expand|projection"
    r"|cursor|page_?token|next_?token|continuation(?:_?token)?|(?:starting|ending)_(?:after|before)|after|before"
    r"|cron|schedule|duration|interval|regex|regexp|pattern|template|query_?string)"
)
"""Names by which members of a user's own document are known to have a syntax of their own."""


def own_syntax(operation: Operation) -> tuple[Source, ...]:
    """The places of an operation's requests whose valid values a rule or a server makes, and a schema does not tell.

    Those that a rule reads so (cursors, chosen members, orders, nodes), and such by their names, as far as they take
    free text: an enumeration, a pattern or a format tells the syntax.
    """
    return _own_syntax(operation)


@lru_cache(maxsize=512)
def _own_syntax(operation: Operation) -> tuple[Source, ...]:
    found = dict.fromkeys((*_by_rule(operation), *_by_name(operation)))
    return tuple(source for source in found if _is_free(operation, source))


def _by_rule(operation: Operation) -> Iterator[Source]:
    rule = operation.rule
    listing, run = rule.listing, rule.run
    places = [*cursors(operation), rule.select]
    places += [listing.extract, listing.select, listing.sort] if listing else []
    places += [run.before, run.after, run.follows] if run else []
    yield from (place for place in places if place is not None)


def _by_name(operation: Operation) -> Iterator[Source]:
    for parameter in operation.parameters:
        if parameter.location == "query" and _NAMES.fullmatch(parameter.name):
            yield Source("query", (parameter.name,))
    schema = body_schema(operation)
    for name in shapes(schema).members() if schema else ():
        # what a create keeps is anybody's text
        kept = any(Source("body", (name,)) in setting.sources for setting in operation.rule.set.values())
        if not kept and operation.rule.traits.only_reads and _NAMES.fullmatch(name):
            yield Source("body", (name,))


def _is_free(operation: Operation, source: Source) -> bool:
    if len(source.steps) != 1:
        return True
    schema = schema_at(operation, source)
    if schema is None:
        return True
    folded = Shapes(schema)
    return any(_takes_text(folded, branch.kind, branch.keywords, 0) for branch in folded.root())


def _takes_text(folded: Shapes, kind: str, words: Mapping[str, Any], level: int) -> bool:
    """Whether free text may stand in a value, as far down as a few levels."""
    if _TELLING & words.keys() or level > LEVELS:
        return False
    if kind in ("string", "any"):
        return True
    inner = [words.get("items", True)] if kind == "array" else []
    if kind == "object":
        inner = [words.get("additionalProperties", True), *words.get("properties", {}).values()]
    return any(
        _takes_text(folded, branch.kind, branch.keywords, level + 1)
        for node in inner
        if node is not False
        for branch in folded.branches(node)
    )
