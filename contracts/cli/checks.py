"""`threadmock checks`: every check and scenario, what it asserts and where that comes from."""

import textwrap

import click
from threadmock.contracts.cli.options import run_options


@click.command()
@run_options("checks_from")
def checks(checks_from: tuple[str, ...]) -> None:
    """List every check: what it asserts and where that comes from."""
    for line in listing(checks_from):
        click.echo(line)


def listing(checks_from: tuple[str, ...] = ()) -> list[str]:
    """The lines: checks of one exchange, those of your own, scenarios, and the faults that the mock can plant.

    Each says how much its findings matter: reports show what weighs most first.
    """
    from threadmock.contracts.checks import checks as registry  # noqa: PLC0415 - Hypothesis takes time to load
    from threadmock.contracts.checks.check import WEIGHTS  # noqa: PLC0415
    from threadmock.contracts.checks.own_checks import load_checks  # noqa: PLC0415
    from threadmock.contracts.scenarios import scenarios  # noqa: PLC0415
    from threadmock.mockserver.faults.table import table  # noqa: PLC0415

    own = load_checks(checks_from, {*registry, *scenarios})
    lines = [f"Findings are shown by weight: {', '.join(WEIGHTS.values())}.", "", "Checks of one exchange:", ""]
    for check in registry.values():
        lines += _entry(f"{check.name}  [{WEIGHTS[check.weight]}]", check.asserts, f"{check.source} ({check.evidence})")
    lines += ["Checks of your own:", ""] if own else []
    for check in own:
        lines += _entry(f"{check.name}  [{WEIGHTS[check.weight]}]", check.asserts, f"{check.source} ({check.evidence})")
    lines += ["Checks of several exchanges:", ""]
    for scenario in scenarios.values():
        lines += _entry(f"{scenario.name}  [{WEIGHTS[scenario.weight]}]", scenario.asserts, scenario.source)
    lines += ["Faults that --fault plants in the mock, and the checks that catch them:", ""]
    for fault in table.values():
        lines += _entry(fault.name, fault.summary, f"caught by {', '.join(fault.caught_by)}")
    return lines


def _entry(name: str, asserts: str, source: str) -> list[str]:
    text = textwrap.wrap(asserts, 110, initial_indent="    ", subsequent_indent="    ")
    return [
        f"  {name}",
        *text,
        *textwrap.wrap(source, 110, initial_indent="    from: ", subsequent_indent="          "),
        "",
    ]
