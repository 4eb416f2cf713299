"""`threadmock replay`: a saved finding, sent again, and whether it still holds."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from threadmock.contracts.transport.errors import Unreachable
from threadmock.specs.text import one_line, printable

HOLDS, GONE, UNREACHABLE, UNDECIDED = 1, 0, 3, 5
_INTERMITTENT = "nor did it show when it was sent once more right after it was found, so that this proves nothing"
_EPILOG = (
    "Exit status: 1 it still holds; 0 it is gone; 2 usage, or a file that can't be used; 3 target unreachable; 4 our"
    " own fault; 5 undecided: what goes before was answered otherwise, or it never showed twice."
)


@click.command(epilog=_EPILOG)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--target", metavar="URL", help="Where to send it.  [default: where it was found]")
@click.option("--header", "headers", multiple=True, metavar="'Name: value'", help="Sent with every request.")
@click.option("--header-env", multiple=True, metavar="Name=VAR", help="Its value from the environment.")
@click.option(
    "--header-command",
    multiple=True,
    metavar="'Name=cmd …'",
    help="Its value from a command's first line; no shell.",
)
@click.option("--ca-file", metavar="FILE", help="PEM file of authorities to trust, not the system's.")
@click.option("--allow-writes", is_flag=True, help="Needed for a target that is not this machine.")
@click.option(
    "--allow-runs", type=click.IntRange(0), default=0, metavar="N", help="Needed there for N runs.  [default: 0]"
)
@click.option("--settle", type=click.FloatRange(0), default=0.0, metavar="S", help="Read only S seconds after a write.")
@click.option("--ledger", type=click.Path(path_type=Path), metavar="FILE", help="Where it is noted what is made there.")
@click.option("--keep", is_flag=True, help="Leave what is made on the target.")
@click.option("--times", type=click.IntRange(1, 100), default=1, metavar="N", help="Try so often, until it holds.")
@click.pass_context
def replay(context: click.Context, /, file: Path, times: int, **options: Any) -> None:
    """Send a finding again that `verify --report DIR` saved, and tell whether it still holds.

    What was found on the mock is sent to a mock in this process, with the same faults, unless --target names another.
    """
    from threadmock.contracts.replays.destination import open_destination  # noqa: PLC0415
    from threadmock.contracts.replays.finding_file import read_saved  # noqa: PLC0415
    from threadmock.contracts.replays.replayer import replay as send  # noqa: PLC0415 - only who replays loads it
    from threadmock.contracts.settings import UsageError  # noqa: PLC0415

    saved = read_saved(file)
    scene = open_destination(saved, options, times)
    _print_head(saved, scene.name)
    try:
        for _ in range(times):
            outcome = _judged(scene.saved, send(scene.saved, scene.transport, scene.given))
            if outcome.state == "holds":
                break
    except Unreachable as error:
        click.echo(f"The target is unreachable: {error}", err=True)
        context.exit(UNREACHABLE)
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        text = f"{type(error).__name__}: {error}"
        raise UsageError(
            f"This is no finding that can be sent: {text}.", where=str(file), fix="Name a file that --report wrote."
        ) from None
    finally:
        for line in scene.close():
            click.echo(line)
    click.echo(printable(f"{outcome.state.upper()}: {one_line(outcome.why)}"))
    context.exit({"holds": HOLDS, "gone": GONE}.get(outcome.state, UNDECIDED))


def _judged(saved: Mapping[str, Any], replayed: Any) -> Any:
    from threadmock.contracts.replays.rejudge import known_contract, rejudged  # noqa: PLC0415

    contract = known_contract(saved)
    outcome = rejudged(saved, replayed, contract) if contract else replayed
    if outcome.state == "gone" and saved.get("repeated") == "no":
        # the same requests did not show it on the very server that it was found on
        return replace(outcome, state="undecided", why=f"{outcome.why}; {_INTERMITTENT}")
    return outcome


def _print_head(saved: Mapping[str, Any], name: str) -> None:
    finding, count = saved["finding"], len(saved["steps"])
    place = f" at {finding['where']}" if finding["where"] else ""
    lines = [f"{finding['check']}: {finding['operation']}{place}", f"    expected:  {finding['expected']}"]
    lines += [f"    got then:  {finding['got']}", f"    sending {count} request{'s' * (count != 1)} to {name}"]
    for line in lines:
        click.echo(one_line(line))
