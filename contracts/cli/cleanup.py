"""`threadmock cleanup LEDGER`: what a run made and could not remove, because it was killed, is removed now."""

import math
from pathlib import Path
from typing import Any

import click
from threadmock.contracts.cli.options import run_options
from threadmock.contracts.transport.errors import Unreachable

_EPILOG = (
    "Exit status: 0 nothing is left; 1 something is, or may be; 2 usage; 3 target unreachable; 4 our own fault. Repeat"
    " it until nothing is left."
)


@click.command(epilog=_EPILOG)
@click.argument("ledger", metavar="LEDGER", type=click.Path(path_type=Path))
@click.option("--target", metavar="URL", help="Where the deployment is now, if it moved.")
@run_options("headers", "header_env", "header_command", "ca_file", "rate", "settle")
@click.pass_context
def cleanup(context: click.Context, /, ledger: Path, **options: Any) -> None:
    """Remove what the run of a ledger made, last made first, and look whether it is gone."""
    from threadmock.contracts.engine.interrupts import ended_like_ctrl_c  # noqa: PLC0415 - only who cleans up loads it

    with ended_like_ctrl_c():
        context.exit(run_cleanup(ledger, **options))


def run_cleanup(ledger: Path, **options: Any) -> int:
    """Clean up, and print what came of it; the exit status. SpecError where it can't be done as asked."""
    from threadmock.contracts.settings import UsageError  # noqa: PLC0415
    from threadmock.contracts.target.cleaner import Cleaner  # noqa: PLC0415 - only who cleans up loads it
    from threadmock.contracts.target.ledger_file import LedgerFile, read_ledger  # noqa: PLC0415
    from threadmock.contracts.target.open_target import http_target  # noqa: PLC0415
    from threadmock.contracts.target.target_info import identity  # noqa: PLC0415
    from threadmock.contracts.transport.header_options import read_headers  # noqa: PLC0415
    from threadmock.specs import loader  # noqa: PLC0415

    content = read_ledger(ledger)
    header = content.header
    if options["rate"] is not None and not options["rate"] > 0:
        raise UsageError("--rate must be more than 0.")
    if not 0 <= (options["settle"] or 0.0) < math.inf:
        raise UsageError("--settle must be 0 seconds or more.")
    overlays = tuple(Path(path) for path in header.overlays)
    contract = loader.load(header.provider, layer=header.layer, overlays=overlays, ref_root=header.ref_root or None)
    url = options["target"] or header.target
    try:
        target = http_target(
            contract,
            url,
            headers=read_headers(options["headers"], options["header_env"], commands=options["header_command"]),
            # Whoever gives a ledger wants its things removed; the guard lets nothing else be touched.
            allow_writes=True,
            ca_file=options["ca_file"],
            rate=options["rate"],
            settle=options["settle"] or 0.0,
        )
        target.probe()
        for line in identity(contract, target, url):
            click.echo(line)
        file = LedgerFile(ledger)
        try:
            done = Cleaner(contract, target, content, file).clean()
        finally:
            file.close()
            target.close()
    except Unreachable as error:
        click.echo(f"The target is unreachable: {error}", err=True)
        return 3
    for line in done.lines():
        click.echo(line)
    return 0 if done.complete else 1
