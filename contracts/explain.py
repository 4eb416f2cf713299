"""`threadmock explain`: operations and rules, the evidence of each part, and what is guessed."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click
from threadmock.contracts.printing import one_line, printable, shorten
from threadmock.specs import loader
from threadmock.specs.behaviour import Rule, Setting
from threadmock.specs.model import Contract, Operation

_VALUE = 80


@click.command()
@click.argument("provider", required=False, metavar="[PROVIDER|FILE|FOLDER]")
@click.option("--as", "layer", type=click.Choice(loader.LAYERS), default="documented", show_default=True, help="Layer.")
def explain(provider: str | None, layer: str) -> None:
    """Tell operations and rules, their evidence, and what is guessed. Without an argument: all built-in providers."""
    for name in [provider] if provider else loader.builtin_names():
        for line in explanation(loader.load(name, layer=layer)):
            click.echo(printable(line))


def explanation(contract: Contract) -> Iterator[str]:
    """The lines for one contract."""
    yield f"{contract.name}: {one_line(contract.title)} {one_line(contract.version)}".rstrip()
    yield f"  layer     {contract.layer}"
    for source in contract.sources:
        yield f"  from      {source}"
    yield f"  digest    {contract.digest[:16]}"
    yield ""
    for operation in contract.operations:
        yield from _operation(operation)
        yield ""
    marked = list(_marked(contract.document, ""))
    if marked:
        yield "  Not in the vendor's document (x-evidence):"
        for pointer, evidence in marked:
            yield f"    {evidence:<11} {one_line(pointer)}"
        yield ""
    if contract.warnings:
        yield "  Warnings:"
        for warning in contract.warnings:
            yield f"    {one_line(warning)}"
        yield ""


def _operation(operation: Operation) -> Iterator[str]:
    rule = operation.rule
    yield f"  {operation}"
    yield f"    operation id  {one_line(operation.operation_id)} (test id {operation.slug})"
    good = [status for status in operation.replies if status.startswith("2")]
    bad = [status for status in operation.replies if not status.startswith("2")]
    yield f"    success       {', '.join(good) or 'none documented'}"
    yield f"    errors        {', '.join(bad) or 'none documented'}"
    yield f"    credentials   {_credentials(operation)}"
    guessed = ", inferred from path and schemas: nobody declared it" if rule.inferred else ""
    within = f" within {rule.within.resource}" if rule.within else ""
    yield f"    rule          {rule.action} {rule.resource}{within} ({rule.evidence}{guessed})"
    for kind, text, evidence in parts_of(rule):
        yield f"      {evidence:<11} {kind:<13} {one_line(text)}"


def _credentials(operation: Operation) -> str:
    alternatives = []
    for alternative in operation.security:
        named = [
            f"{scheme.identifier}: {scheme.kind} {scheme.scheme or f'{scheme.location or str()} {scheme.name}'.strip()}"
            f" ({scheme.evidence})"
            for scheme in alternative
        ]
        alternatives.append(" and ".join(named) or "nothing")
    return " or ".join(alternatives) or "none asked for"


def parts_of(rule: Rule) -> Iterator[tuple[str, str, str]]:
    """Every part of a rule that has its own evidence: kind, what it says, evidence."""
    for describe in _parts:
        yield from describe(rule)


def _identity(rule: Rule) -> Iterator[tuple[str, str, str]]:
    if rule.within:
        must = "must exist" if rule.within.must_exist else "need not exist"
        yield "within", f"{rule.within.resource} named by {rule.within.source}, which {must}", rule.within.evidence
    if rule.key:
        otherwise = f", otherwise a {rule.key.otherwise}" if rule.key.otherwise else ""
        chosen = f"{rule.key.source}{otherwise}" if rule.key.source else f"a {rule.key.otherwise}"
        yield "key", f"{rule.key.member}: {chosen}", rule.key.evidence
    if rule.taken:
        for policy in rule.taken.policies:
            default = " (default)" if policy.name == rule.taken.default else ""
            by = f"{rule.taken.by} is {policy.name}" if rule.taken.by else policy.name
            said = "the existing thing" if policy.reply == "existing" else "a refusal"
            yield "taken", f"{by}{default}: {policy.status}, {said}", policy.evidence


def _members(rule: Rule) -> Iterator[tuple[str, str, str]]:
    for member, setting in rule.set.items():
        yield "set", f"{member}: {_setting(setting)}", setting.evidence
    for shown in rule.shown:
        yield "shown", f"{shown.member} only where query {shown.query} holds {shown.holds!r}", shown.evidence
    for needed in rule.requires:
        statuses = " or ".join(map(str, needed.statuses))
        yield "requires", f"what {needed.source} names exists, else {statuses}", needed.evidence
    if rule.listing:
        listing = rule.listing
        yield "list", f"{listing.order} first, items in {listing.items or 'the body itself'}", listing.evidence


def _manners(rule: Rule) -> Iterator[tuple[str, str, str]]:
    for kind, refusal in rule.refusals.items():
        shape = "problem+json" if refusal.body is None else shorten(json.dumps(refusal.body), _VALUE)
        yield "refuses", f"{kind}: {refusal.status} {shape}", refusal.evidence
    for leniency in rule.lenient:
        yield "lenient", leniency.what, leniency.evidence
    spelling = rule.spelling
    if spelling.wire != "as written" or spelling.accepts_both:
        both = ", both spellings taken" if spelling.accepts_both else ""
        yield "spelling", f"{spelling.wire}{both}", spelling.evidence
    if rule.slashes:
        yield "slashes", "a final slash makes no difference", rule.evidence


_parts: tuple[Callable[[Rule], Iterator[tuple[str, str, str]]], ...] = (_identity, _members, _manners)


def _setting(setting: Setting) -> str:
    if setting.kind == "members":
        text = "{" + ", ".join(f"{name}: {_setting(inner)}" for name, inner in setting.members) + "}"
    else:
        text = _simple[setting.kind](setting)
    if setting.null == "absent":
        text += ", null counting as absent"
    return f"{text}, otherwise {_setting(setting.otherwise)}" if setting.otherwise else text


_simple: Mapping[str, Callable[[Setting], str]] = {
    "generate": lambda s: s.generator,
    "value": lambda s: shorten(json.dumps(s.value), _VALUE),
    "from": lambda s: "from " + " or ".join(map(str, s.sources)),
    "count": lambda s: "how many there are of " + ", ".join(map(str, s.sources)),
    "minutes_after": lambda s: "now plus the minutes in " + " or ".join(map(str, s.sources)),
    "absent": lambda _: "never there",
}


def _marked(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    waiting = [(node, pointer)]
    while waiting:
        node, pointer = waiting.pop()
        if isinstance(node, Mapping):
            evidence = node.get("x-evidence")
            if isinstance(evidence, str):
                yield pointer or "/", evidence
            steps = [(child, str(name).replace("~", "~0").replace("/", "~1")) for name, child in node.items()]
        elif isinstance(node, list):
            steps = [(child, str(position)) for position, child in enumerate(node)]
        else:
            continue
        waiting.extend((child, f"{pointer}/{step}") for child, step in reversed(steps))
