"""What was inferred from a document, as an overlay with comments: for `threadmock init`."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.cli.effective_rules import effective_rule
from threadmock.contracts.cli.suggested_rules import suggested_rule
from threadmock.contracts.cli.words import written
from threadmock.specs.contract import Contract, Operation, reply_media
from threadmock.specs.documents.pointers import pointer_steps
from threadmock.specs.operations.path_templates import names_in
from threadmock.specs.schemas.declared import nodes_of, properties, types_of
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.text import one_line

_HEAD = """\
# What threadmock understood of {source}. Correct it: this file is yours, and is never written over.
#
# Nobody declared these rules: they are inferred from paths, names and schemas. `evidence: assumed` says so, and what
# departs from such a rule is reported as unconfirmed. Take that line away from a rule that you have confirmed: the
# suite then fails where a deployment departs from it.
#
# What the words mean: `threadmock explain --words`, or docs/reference/behaviour.md. Whatever is wrong here is told with
# its line by the next command.
"""
_PLAIN_TARGET = re.compile(r"[^\s#:\"\\]+(?::[^\s#:\"\\]+)*")


def overlay_text(contract: Contract, source: str) -> str:
    """The overlay, as YAML. source: the document, as the user named it."""
    return "\n".join(_lines(contract, source)) + "\n"


def _lines(contract: Contract, source: str) -> Iterator[str]:
    yield from _HEAD.format(source=one_line(source)).splitlines()
    yield "overlay: 1.0.0"
    yield f"info: {{title: {_text(f'What {contract.title} does')}, version: '1'}}"
    yield "actions:"
    yield from _for_all(contract)
    targets: dict[str, Operation] = {}
    for operation in contract.operations:
        if operation.rule.inferred:
            yield ""
            yield from _operation(contract, operation, targets)


def _for_all(contract: Contract) -> Iterator[str]:
    yield "# For all operations."
    yield "- target: $"
    yield "  update:"
    yield "    x-behaviour:"
    label = contract.profile.label or contract.title
    yield f"      client: {{label: {_text(label)}}}"
    if not contract.operations[0].rule.slashes:
        yield "      # A path with a final slash is the same path:"
        yield "      # slashes: true"
    yield "      # How requests are refused, where an operation below does not say otherwise:"
    yield "      # errors: {unknown: {status: 404, body: {message: $reason}}}"


def _operation(contract: Contract, operation: Operation, targets: dict[str, Operation]) -> Iterator[str]:
    rule = operation.rule
    yield f"# {one_line(f'{operation}{_summary(contract, operation)}')}"
    if rule.why:
        yield f"# {one_line(rule.why)}"
    target = target_of(operation)
    if target is None or target in targets:
        other = targets.get(target or "")
        why = f"It shares its place with {other}" if other else "It stands in a file of its own"
        yield f"# {why}: no overlay can give it a rule of its own."
        return
    targets[target] = operation
    written_as = _text(target) if not _PLAIN_TARGET.fullmatch(target) else target
    if rule.action == "fixed":
        yield "# Nothing could be inferred: it answers from its schema, without state. Such a rule would change that:"
        yield from (f"# {line}".rstrip() for line in _action(written_as, suggested_rule(contract, operation)))
        return
    yield from _action(written_as, effective_rule(rule))
    yield from (f"      # {line}" for line in (*_left_to_chance(operation), *_refusals(operation)))


def _action(target: str, rule: Mapping[str, Any]) -> Iterator[str]:
    yield f"- target: {target}"
    yield "  update:"
    yield "    x-behaviour:"
    for word, value in rule.items():
        if word in ("set", "touch", "list", "headers") and isinstance(value, Mapping) and len(value) > 1:
            yield f"      {word}:"
            yield from (f"        {written(name)}: {written(each)}" for name, each in value.items())
        else:
            yield f"      {word}: {written(value)}"


def target_of(operation: Operation) -> str | None:
    """The JSONPath (RFC 9535) of an operation; None where it does not stand in the document itself."""
    file, _, pointer = operation.pointer.partition("#")
    if file:
        return None
    steps = pointer_steps(pointer)
    return "$" + "".join(f".{step}" if step.isidentifier() and step.isascii() else _bracket(step) for step in steps)


def _bracket(step: str) -> str:
    quoted = step.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{quoted}']"


def _summary(contract: Contract, operation: Operation) -> str:
    node: Any = contract.document
    for step in pointer_steps(operation.pointer.partition("#")[2]):
        node = node.get(step) if isinstance(node, Mapping) else None
    summary = node.get("summary") if isinstance(node, Mapping) else None
    return f": {summary}" if isinstance(summary, str) and summary.strip() else ""


def _text(value: str) -> str:
    """A text in quotes that YAML and JSON both read."""
    return json.dumps(value, ensure_ascii=not value.isprintable())


def _left_to_chance(operation: Operation) -> Iterator[str]:
    """Members of what is made that no rule and no request fills: the mock makes them up."""
    rule = operation.rule
    media = reply_media(operation, operation.success)
    if rule.action != "create" or media is None or media.schema is None:
        return
    asked: set[str] = set()
    for each in operation.body.content.values() if operation.body else ():
        asked |= set(properties(each.schema))
    known = {*rule.set, *asked, rule.key.member if rule.key else "", *names_in(operation.path)}
    free = {name: node for name, node in properties(media.schema).items() if name not in known}
    if free:
        yield "Nothing says how these members get their values. Under `set`, for example:"
        yield from (f"  {written(name)}: {written(_example(media.schema, node))}" for name, node in free.items())


def _example(schema: Schema, node: Any) -> Any:
    parts = list(nodes_of(schema, node))
    listed = next((value for part in parts for value in part.get("enum", ())), None)
    if listed is not None:
        return {"value": listed}
    types = types_of(schema, node)
    if "null" in types:
        return {"value": None}
    if any(part.get("format") == "date-time" for part in parts):
        return "now"
    empty = {"array": [], "object": {}, "integer": 0, "number": 0, "boolean": False}
    return {"value": next((value for name, value in empty.items() if name in types), "")}


def _refusals(operation: Operation) -> Iterator[str]:
    inferred = {kind: refusal for kind, refusal in operation.rule.refusals.items() if refusal.evidence == "assumed"}
    if inferred:
        yield "Refused so, as the documented statuses and schemas suggest:"
        yield "errors:"
        for kind, refusal in inferred.items():
            body = {} if refusal.body is None else {"body": refusal.body}
            yield f"  {kind}: {written({'status': refusal.status, **body})}"
