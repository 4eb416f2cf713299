"""`threadmock verify`: the options of a run, and what it prints."""

import os
import sys
from typing import TYPE_CHECKING, Any, cast

import click
from threadmock.contracts.cli.options import run_options
from threadmock.contracts.transport.errors import Unreachable, WrongTarget

if TYPE_CHECKING:
    from threadmock.contracts.api import VerifyOptions

_EPILOG = (
    "Exit status: 0 conforms; 1 findings, or a selected operation that could not be tested; 2 usage, or a document that"
    " can't be used; 3 target unreachable, or the wrong one; 4 our own fault. pytest's own options follow after --."
)


@click.command(epilog=_EPILOG)
@click.argument("provider", metavar="PROVIDER|FILE|FOLDER")
@run_options()
@click.option("-v", "--verbose", is_flag=True, help="Tell of every check of every operation, and why it was not asked.")
@click.option("-q", "--quiet", is_flag=True, help="Tell of the findings alone.")
@click.argument("pytest_arguments", nargs=-1, metavar="[-- PYTEST OPTIONS]")
@click.pass_context
def verify(  # noqa: PLR0913 - one for each option of its own
    context: click.Context,
    /,
    provider: str,
    pytest_arguments: tuple[str, ...],
    *,
    dry_run: bool,
    verbose: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Check that a deployment does what its documents say. Without --target: the mock, in this process."""
    given = {name: value for name, value in options.items() if value is not None}
    told = ("-v",) * verbose + ("-q",) * quiet
    try:
        context.exit(_plan(provider, given) if dry_run else _verify(provider, given, (*told, *pytest_arguments)))
    except Unreachable as error:
        what = "The wrong target" if isinstance(error, WrongTarget) else "The target is unreachable"
        click.echo(f"{what}: {error}", err=True)
        context.exit(3)


def _verify(provider: str, options: dict[str, Any], pytest_arguments: tuple[str, ...]) -> int:
    from threadmock.contracts.api import Interrupted, cache_folder  # noqa: PLC0415 - pytest takes time to load
    from threadmock.contracts.api import verify as perform  # noqa: PLC0415

    # This process is ours alone: Hypothesis leaves nothing in the user's own project.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache_folder() / "hypothesis"))
    target = options.pop("target", None)
    more = cast("VerifyOptions", options)
    try:
        return perform(provider, target, stream=sys.stdout, pytest_arguments=pytest_arguments, **more).exit_status
    except Interrupted as stop:
        return stop.report.exit_status


def _plan(provider: str, options: dict[str, Any]) -> int:
    from threadmock.contracts.engine.dry_run import plan  # noqa: PLC0415 - see above
    from threadmock.contracts.engine.run import prepare  # noqa: PLC0415
    from threadmock.contracts.settings import read_settings  # noqa: PLC0415

    run = prepare(read_settings({**options, "provider": provider, "dry_run": True}))
    for line in plan(run):
        click.echo(line)
    run.target.close()
    return 0
