"""`threadmock explain`: operations and rules, the evidence of each part, and what is guessed."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
from threadmock.contracts.cli.explain_profile import profile_parts
from threadmock.contracts.cli.explain_rules import parts_of
from threadmock.contracts.cli.explain_settings import Part
from threadmock.contracts.cli.options import run_options
from threadmock.contracts.cli.suggested_rules import suggested_rule
from threadmock.contracts.cli.words import vocabulary_lines, word_lines, written
from threadmock.specs import loader
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.documents.pointers import escaped
from threadmock.specs.text import one_line, printable


@click.command()
@click.argument("provider", required=False, metavar="[PROVIDER|FILE|FOLDER]")
@click.option("--as", "layer", type=click.Choice(loader.LAYERS), default="documented", show_default=True, help="Layer.")
@run_options("overlays", "ref_root")
@click.option(
    "--words", "word", is_flag=False, flag_value="", metavar="[WORD]", help="The words of x-behaviour, or all of one."
)
def explain(
    provider: str | None, layer: str, overlays: tuple[str, ...], ref_root: str | None, word: str | None
) -> None:
    """Tell operations and rules, their evidence, and what is guessed. Without an argument: all built-in providers."""
    if word is not None:
        _print_words(word)
        return
    if overlays and not provider:
        raise click.UsageError("--overlay needs the document that it is for. Name it: a file, a folder or a provider.")
    for name in [provider] if provider else loader.builtin_names():
        for line in explanation(loader.load(name, layer, overlays, ref_root)):
            click.echo(printable(line))


def _print_words(word: str) -> None:
    try:
        lines = list(word_lines(word) if word else vocabulary_lines())
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    for line in lines:
        click.echo(line)


def explanation(contract: Contract) -> Iterator[str]:
    """The lines for one contract."""
    yield f"{contract.name}: {one_line(contract.title)} {one_line(contract.version)}".rstrip()
    yield f"  layer     {contract.layer}"
    for source in contract.sources:
        yield f"  from      {source}"
    yield f"  digest    {contract.digest[:16]}"
    yield ""
    yield from _table(contract)
    shared = list(profile_parts(contract.profile))
    if shared:
        yield "  For all operations:"
        yield from map(_line, shared)
        yield ""
    for operation in contract.operations:
        yield from _operation(contract, operation)
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


def _table(contract: Contract) -> Iterator[str]:
    """Every operation in one line: its rule, on what the rule rests, and whether it keeps state."""
    wide = max((len(str(operation)) for operation in contract.operations), default=0)
    kept = guessed = 0
    for operation in contract.operations:
        rule = operation.rule
        stateless = rule.traits.open
        kept += not stateless
        guessed += rule.inferred
        said = "inferred" if rule.inferred else rule.evidence
        state = "no state" if stateless else ""
        yield f"  {operation!s:<{wide}}  {rule.action:<10} {rule.resource:<12} {said:<11} {state}".rstrip()
    for flawed in contract.left_out:
        yield f"  {flawed!s:<{wide}}  left out: {one_line(flawed.why)}"
    count = len(contract.operations)
    yield f"  {count} operation{'s' * (count != 1)}: {kept} with state, {guessed} with an inferred rule"
    yield ""


def _operation(contract: Contract, operation: Operation) -> Iterator[str]:
    rule = operation.rule
    yield f"  {operation}"
    yield f"    operation id  {one_line(operation.operation_id)} (test id {operation.slug})"
    good = [status for status in operation.replies if status.startswith(("2", "3"))]
    bad = [status for status in operation.replies if status not in good]
    yield f"    success       {', '.join(good) or 'none documented'}{_assumed_status(operation)}"
    yield f"    errors        {', '.join(bad) or 'none documented'}"
    yield f"    credentials   {_credentials(operation)}"
    guessed = ", inferred from path and schemas: nobody declared it" if rule.inferred else ""
    within = f" within {rule.within.resource}" if rule.within else ""
    yield f"    rule          {rule.action} {rule.resource}{within} ({rule.evidence}{guessed})"
    if rule.inferred and rule.why:
        yield f"      because     {one_line(rule.why)}"
    if rule.inferred and rule.traits.open:
        yield f"      no state    {_overlay_line(contract, operation)}"
    yield from map(_line, parts_of(rule))


def _assumed_status(operation: Operation) -> str:
    """What is said of a success whose very status nobody documents."""
    return "" if str(operation.success) in operation.replies else f" ({operation.success} is assumed)"


def _overlay_line(contract: Contract, operation: Operation) -> str:
    """The action of an overlay that would have an operation keep state."""
    path = operation.path.replace("'", "\\'")
    rule = written(suggested_rule(contract, operation))
    return f"else: {{target: \"$.paths['{path}'].{operation.method.lower()}\", update: {{x-behaviour: {rule}}}}}"


def _line(part: Part) -> str:
    kind, text, evidence = part
    return f"      {evidence:<11} {kind:<13} {one_line(text)}"


_UNSEEN = ", which the mock does not see: it serves whoever comes"


def _credentials(operation: Operation) -> str:
    alternatives = []
    for alternative in operation.security:
        named = [
            f"{scheme.identifier}: {scheme.kind} {scheme.scheme or f'{scheme.location or str()} {scheme.name}'.strip()}"
            f" ({scheme.evidence}{_UNSEEN if scheme.kind == 'mutualTLS' else ''})"
            for scheme in alternative
        ]
        alternatives.append(" and ".join(named) or "nothing")
    return " or ".join(alternatives) or "none asked for"


def _marked(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    waiting = [(node, pointer)]
    while waiting:
        node, pointer = waiting.pop()
        if isinstance(node, Mapping):
            evidence = node.get("x-evidence")
            if isinstance(evidence, str):
                yield pointer or "/", evidence
            steps = [(child, escaped(name)) for name, child in node.items()]
        elif isinstance(node, list):
            steps = [(child, str(position)) for position, child in enumerate(node)]
        else:
            continue
        waiting.extend((child, f"{pointer}/{step}") for child, step in reversed(steps))
