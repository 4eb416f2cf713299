"""`threadmock replay`: a saved finding, sent again, and whether it still holds."""

import sys
from pathlib import Path
from typing import Any

import click
from threadmock.contracts.cli.options import run_options
from threadmock.contracts.transport.errors import Unreachable

_EPILOG = (
    "Exit status: 1 it still holds; 0 it is gone; 2 usage, or a file that can't be used; 3 target unreachable; 4 our"
    " own fault; 5 undecided: what goes before was answered otherwise, or it never showed twice."
)


@click.command(epilog=_EPILOG)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--target", metavar="URL", help="Where to send it.  [default: where it was found]")
@run_options(
    "checks_from",
    "headers",
    "header_env",
    "header_command",
    "ca_file",
    "allow_writes",
    "allow_runs",
    "settle",
    "ledger",
    "keep",
)
@click.option(
    "--times", type=click.IntRange(1, 100), default=1, metavar="N", help="Send up to N times, until it holds."
)
@click.pass_context
def replay(context: click.Context, /, file: Path, target: str | None, times: int, **options: Any) -> None:
    """Send a finding again that `verify --report DIR` saved, and say whether it still holds.

    What was found on the mock is sent to a mock in this process, with the same faults, unless --target names another.
    """
    from threadmock.contracts.api import replay as send  # noqa: PLC0415 - only who replays loads it

    given = {name: value for name, value in options.items() if value is not None}
    try:
        context.exit(send(file, target, times=times, stream=sys.stdout, **given).exit_status)
    except Unreachable as error:
        click.echo(f"The target is unreachable: {error}", err=True)
        context.exit(3)
