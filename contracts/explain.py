"""`threadmock explain`: operations and rules, the evidence of each part, and what is guessed."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click
from threadmock.contracts.printing import one_line, printable, shorten
from threadmock.specs import loader
from threadmock.specs.behaviour import Rule, Setting
from threadmock.specs.model import Contract, Operation
from threadmock.specs.rules import LIST_SOURCES

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
    yield from _table(contract)
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


_LATER = ()


def _table(contract: Contract) -> Iterator[str]:
    """Every operation in one line: its rule, on what the rule rests, and whether it keeps state."""
    wide = max((len(str(operation)) for operation in contract.operations), default=0)
    kept = guessed = 0
    for operation in contract.operations:
        rule = operation.rule
        stateless = rule.action in (*_LATER, "fixed")
        kept += not stateless
        guessed += rule.inferred
        said = "inferred" if rule.inferred else rule.evidence
        state = "runs and streams: no state yet" if rule.action in _LATER else "no state" if stateless else ""
        yield f"  {operation!s:<{wide}}  {rule.action:<10} {rule.resource:<12} {said:<11} {state}".rstrip()
    count = len(contract.operations)
    yield f"  {count} operation{'s' * (count != 1)}: {kept} with state, {guessed} with an inferred rule"
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
        if rule.key.pick:
            chosen = f"{rule.key.source}, otherwise the newest" if rule.key.source else "the newest"
        yield "key", f"{rule.key.member}: {chosen}", rule.key.evidence
    if rule.taken:
        for policy in rule.taken.policies:
            default = " (default)" if policy.name == rule.taken.default else ""
            by = f"{rule.taken.by} is {policy.name}" if rule.taken.by else policy.name
            said = "the existing thing" if policy.reply == "existing" else "a refusal"
            said += ", with what is made beside" if policy.also else ""
            yield "taken", f"{by}{default}: {policy.status}, {said}", policy.evidence


def _members(rule: Rule) -> Iterator[tuple[str, str, str]]:
    for member, setting in rule.set.items():
        yield "set", f"{member}: {_setting(setting)}", setting.evidence
    for shown in rule.shown:
        yield "shown", f"{shown.member} only where query {shown.query} holds {shown.holds!r}", shown.evidence
    for needed in rule.requires:
        statuses = " or ".join(map(str, needed.statuses))
        yield "requires", f"what {needed.source} names exists, else {statuses}", needed.evidence


def _lists(rule: Rule) -> Iterator[tuple[str, str, str]]:
    listing = rule.listing
    if listing is None:
        return
    if rule.action == "list":
        order = f"{listing.order} first" + (f" by {listing.by}" if listing.by else "")
        yield "list", f"{order}, items in {listing.items or 'the body itself'}", listing.evidence
        for word in LIST_SOURCES:
            if source := getattr(listing, word):
                yield "list", f"{word} from {source}", listing.evidence
        for word in ("total", "next", "previous", "from_end"):
            if value := getattr(listing, word):
                yield "list", f"{word}: {value}", listing.evidence
        if pages := listing.pagination:
            yield "list", f"headers {pages.next} for the next offset, {pages.total} for the total", pages.evidence
    for each in listing.filters:
        yield "filter", f"{each.source} {_HOW[each.how]} {each.member}", each.evidence
    for member, setting in listing.item.items():
        yield "item", f"{member}: {_setting(setting)}", setting.evidence


_HOW: Mapping[str, str] = {
    "equal": "equals",
    "among": "lists",
    "contains": "is contained in",
    "search": "is a part of",
    "hides": "being false hides what has",
}


def _changes(rule: Rule) -> Iterator[tuple[str, str, str]]:
    if rule.reply:
        yield "reply", _setting(rule.reply), rule.reply.evidence
    for member, setting in rule.touch.items():
        yield "touch", f"{member} of the parent: {_setting(setting)}", setting.evidence
    for made in rule.also:
        times = f" for each of {made.each}" if made.each else f" where there is {made.when}" if made.when else ""
        yield "also", f"a {made.resource}{times}", made.evidence
    yield from _sometimes(rule)


def _sometimes(rule: Rule) -> Iterator[tuple[str, str, str]]:
    if rule.missing != "refuse":
        yield (
            "missing",
            {"create": "an unknown key makes the thing", "empty": "an unknown key shows `empty`"}[rule.missing],
            rule.evidence,
        )
    for resource in rule.copies:
        yield "copies", f"every {resource} goes along", rule.evidence
    if rule.prune:
        yield "prune", f"what {rule.prune.keys} names", rule.prune.evidence
    if rule.expires:
        yield "expires", f"at {'.'.join(rule.expires.at)}", rule.expires.evidence
    for condition in rule.conditions:
        when = " and ".join(
            f"{place}.{'.'.join(steps)} is {json.dumps(value)}" for place, steps, value in condition.when
        )
        some = f" of some of {condition.some}" if condition.some else ""
        kept = ", and what was made stays" if condition.kept else ""
        yield "refuse", f"{condition.status} where {when}{some}{kept}", condition.evidence
    if rule.action in ("update", "replace"):
        for member, how in rule.merge.items():
            yield "merge", f"{'any other member' if member == '*' else member}: {how}", rule.evidence
        for member, what in rule.nulls.items():
            yield "nulls", f"null in {'any member' if member == '*' else member}: {what}", rule.evidence
    if rule.minimal:
        yield "minimal", f"{rule.minimal} for Prefer: return=minimal", rule.evidence


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
        how = "is answered by a redirect" if rule.slashes == "redirect" else "makes no difference"
        yield "slashes", f"a final slash {how}", rule.evidence


_parts: tuple[Callable[[Rule], Iterator[tuple[str, str, str]]], ...] = (
    _identity,
    _members,
    _lists,
    _changes,
    _sometimes,
    _manners,
)


def _setting(setting: Setting) -> str:
    if setting.kind == "members":
        text = "{" + ", ".join(f"{name}: {_setting(inner)}" for name, inner in setting.members) + "}"
    elif setting.kind == "each":
        text = f"for each of {' or '.join(map(str, setting.sources))}: {_setting(setting.members[0][1])}"
    elif setting.kind == "merged" and setting.members:
        text = f"{_setting(setting.members[0][1])} over {'.'.join(setting.steps) or 'itself'}"
    elif setting.kind == "list":
        text = "[" + ", ".join(_setting(inner) for _, inner in setting.members) + "]"
    else:
        text = _simple[setting.kind](setting)
    if setting.plus:
        text += f" plus {setting.plus}"
    if setting.when:
        text += f" where {setting.when} is given"
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
    "stored": lambda s: f"the thing's {'.'.join(s.steps) or 'self'}",
    "parent": lambda s: f"the parent's {'.'.join(s.steps) or 'self'}",
    "latest": lambda s: f"the newest thing's {'.'.join(s.steps) or 'self'}",
    "counted": lambda s: f"how many {s.value} things there are below the parent",
    "weighed": lambda s: f"how many bytes the {s.value} things below the parent are",
    "child": lambda s: f"the {s.value} below it",
    "text": lambda s: "the text of " + " or ".join(map(str, s.sources)),
    "merged": lambda s: f"{' or '.join(map(str, s.sources))} over {'.'.join(s.steps)}",
    "tally": lambda s: f"how many there are ({s.value})",
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
