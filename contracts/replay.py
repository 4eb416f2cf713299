"""`threadmock replay`: a saved finding, sent again, and whether it still holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from threadmock.contracts.errors import Unreachable
from threadmock.contracts.printing import one_line, printable
from threadmock.contracts.settings import UsageError

HOLDS, GONE, UNREACHABLE, UNDECIDED = 1, 0, 3, 5
_EPILOG = (
    "Exit status: 1 it still holds; 0 it is gone; 2 usage, or a file that can't be used; 3 target unreachable; 4 our"
    " own fault; 5 undecided: what goes before was answered otherwise."
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


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
@click.option("--times", type=click.IntRange(1, 100), default=1, metavar="N", help="Try so often, until it holds.")
@click.pass_context
def replay(context: click.Context, /, file: Path, times: int, **options: Any) -> None:
    """Send a finding again that `verify --report DIR` saved, and tell whether it still holds.

    What was found on the mock is sent to a mock in this process, with the same faults, unless --target names another.
    """
    from threadmock.contracts.replaying import replay as send  # noqa: PLC0415 - only who replays loads it
    from threadmock.contracts.replays import read_saved  # noqa: PLC0415

    saved = read_saved(file)
    transport, given, name = _place(saved, options)
    _tell(saved, name)
    try:
        for _ in range(times):
            outcome = _judged(saved, send(saved, transport, given))
            if outcome.state == "holds":
                break
    except Unreachable as error:
        click.echo(f"The target is unreachable: {error}", err=True)
        context.exit(UNREACHABLE)
    finally:
        transport.close()
    click.echo(printable(f"{outcome.state.upper()}: {one_line(outcome.why)}"))
    context.exit({"holds": HOLDS, "gone": GONE}.get(outcome.state, UNDECIDED))


def _judged(saved: Mapping[str, Any], replayed: Any) -> Any:
    from threadmock.contracts.rejudging import known_contract, rejudged  # noqa: PLC0415

    contract = known_contract(saved)
    return rejudged(saved, replayed, contract) if contract else replayed


def _tell(saved: Mapping[str, Any], name: str) -> None:
    finding, count = saved["finding"], len(saved["steps"])
    place = f" at {finding['where']}" if finding["where"] else ""
    lines = [f"{finding['check']}: {finding['operation']}{place}", f"    expected:  {finding['expected']}"]
    lines += [f"    got then:  {finding['got']}", f"    sending {count} request{'s' * (count != 1)} to {name}"]
    for line in lines:
        click.echo(one_line(line))


def _place(saved: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[Any, dict[str, str], str]:
    """The transport, the headers of the target, and its name. UsageError where nothing may be sent there."""
    from threadmock.contracts.headers import read_headers  # noqa: PLC0415

    given = read_headers(options["headers"], options["header_env"], commands=options["header_command"])
    target = options["target"] or saved.get("target")
    if target is None:
        return _mock(saved), given, "the mock in this process"
    from threadmock.contracts.sockets import addresses, is_loopback  # noqa: PLC0415
    from threadmock.contracts.transport_http import HttpTransport  # noqa: PLC0415
    from threadmock.contracts.urls import read_target  # noqa: PLC0415

    base, ca_file = read_target(target), options["ca_file"]
    local = all(is_loopback(str(address[4][0])) for address in addresses(base.host, base.port))
    if not local:
        _may_be_sent(saved, base.text, allow_writes=options["allow_writes"], allow_runs=options["allow_runs"])
    try:
        return HttpTransport(base, ca_file=ca_file, loopback_only=local), given, base.text
    except OSError as error:
        raise UsageError(f"The CA file {ca_file!r} can't be used: {error}.", fix="Give a PEM file.") from None


def _may_be_sent(saved: Mapping[str, Any], name: str, *, allow_writes: bool, allow_runs: int) -> None:
    writing = [step["request"]["method"] for step in saved["steps"] if step["request"]["method"] not in _SAFE]
    if writing and not allow_writes:
        raise UsageError(
            f"{name} is not this machine, and {len(writing)} of the requests would write to it.",
            fix="Add --allow-writes if that is meant.",
        )
    runs = sum(bool(step.get("starts_run")) for step in saved["steps"])
    if runs > allow_runs:
        raise UsageError(f"{runs} of the requests may start a run on {name}.", fix=f"Add --allow-runs {runs}.")


def _mock(saved: Mapping[str, Any]) -> Any:
    from threadmock.contracts.targets import mock_target  # noqa: PLC0415
    from threadmock.specs.loader import load  # noqa: PLC0415

    told = saved["contract"]
    contract = load(told["provider"], layer=told["layer"], overlays=tuple(map(Path, told.get("overlays", ()))))
    return mock_target(contract, 0, faults=tuple(saved.get("faults", ()))).transport
