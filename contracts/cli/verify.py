"""`threadmock verify`: pytest on the suite, with our options, our configuration and our summary."""

import os
import tempfile
from pathlib import Path
from typing import Any

import click
from threadmock.contracts.transport.errors import Unreachable
from threadmock.specs.loader import LAYERS

_EPILOG = (
    "Exit status: 0 conforms; 1 findings, or a selected operation that could not be tested; 2 usage, or a document that"
    " can't be used; 3 target unreachable; 4 our own fault. pytest's own options follow after --."
)
_options: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("--target", "target", {"metavar": "URL", "help": "A deployment. Operations are appended to the URL's path."}),
    ("--as", "layer", {"type": click.Choice(LAYERS), "help": "Which layer to hold it to.  [default: documented]"}),
    ("--overlay", "overlays", {"multiple": True, "metavar": "FILE", "help": "One more overlay, applied last."}),
    ("--operations", "operations", {"multiple": True, "metavar": "ID,…", "help": "Ids, 'METHOD /path' or tags only."}),
    ("--checks", "checks", {"multiple": True, "metavar": "A,B", "help": "Only these checks."}),
    ("--exclude-checks", "exclude_checks", {"multiple": True, "metavar": "A,B", "help": "All but these checks."}),
    ("--header", "headers", {"multiple": True, "metavar": "'Name: value'", "help": "Sent with every request."}),
    (
        "--header-env",
        "header_env",
        {"multiple": True, "metavar": "Name=VAR", "help": "Its value from the environment."},
    ),
    (
        "--header-command",
        "header_command",
        {"multiple": True, "metavar": "'Name=cmd …'", "help": "Its value from a command's first line; no shell."},
    ),
    ("--ca-file", "ca_file", {"metavar": "FILE", "help": "PEM file of authorities to trust, not the system's."}),
    ("--max-examples", "max_examples", {"type": int, "metavar": "N", "help": "Drawn per operation.  [default: 100]"}),
    ("--max-requests", "max_requests", {"type": int, "metavar": "N", "help": "Per operation.  [default: 500]"}),
    ("--max-time", "max_time", {"type": float, "metavar": "S", "help": "Seconds for the whole run."}),
    (
        "--seed",
        "seed",
        {"type": int, "metavar": "N", "help": "Same seed, same cases. Random, and printed, if left out."},
    ),
    ("--report", "report", {"metavar": "DIR", "help": "Write report.json and junit.xml there."}),
    ("--allow-writes", "allow_writes", {"is_flag": True, "help": "Needed for a target that is not this machine."}),
    (
        "--allow-runs",
        "allow_runs",
        {"type": int, "metavar": "N", "help": "Send a target so many requests that may start a run.  [default: 0]"},
    ),
    ("--rate", "rate", {"type": float, "metavar": "N", "help": "Requests a second at most."}),
    ("--settle", "settle", {"type": float, "metavar": "S", "help": "Read only S seconds after a write.  [default: 0]"}),
    ("--ledger", "ledger", {"metavar": "FILE", "help": "Where it is noted what is made on the target."}),
    ("--keep", "keep", {"is_flag": True, "help": "Leave what is made on the target."}),
    ("--dry-run", "dry_run", {"is_flag": True, "help": "Print the plan; send nothing."}),
    ("--fault", "faults", {"multiple": True, "metavar": "NAME", "help": "Plant a fault in the mock in process."}),
)


def _with_options(command: Any) -> Any:
    for option, name, attributes in reversed(_options):
        command = click.option(option, name, **attributes)(command)
    return command


@click.command(epilog=_EPILOG)
@click.argument("provider", metavar="PROVIDER|FILE|FOLDER")
@_with_options
@click.argument("pytest_arguments", nargs=-1, metavar="[-- PYTEST OPTIONS]")
@click.pass_context
def verify(context: click.Context, /, provider: str, pytest_arguments: tuple[str, ...], **options: Any) -> None:
    """Check that a deployment does what its documents say. Without --target: the mock, in this process."""
    context.exit(run_verify({"provider": provider, **options}, pytest_arguments))


def run_verify(options: dict[str, Any], pytest_arguments: tuple[str, ...] = ()) -> int:
    """Verify, and tell on stdout; the exit status. SpecError where it can't be done as asked."""
    from threadmock.contracts.engine.dry_run import plan  # noqa: PLC0415
    from threadmock.contracts.engine.run import prepare  # noqa: PLC0415
    from threadmock.contracts.plugin import run_suite  # noqa: PLC0415 - pytest takes time to load
    from threadmock.contracts.settings import read_settings  # noqa: PLC0415

    settings = read_settings(options)
    try:
        run = prepare(settings)
        if settings.dry_run:
            for line in plan(run):
                click.echo(line)
            run.target.close()
            return 0
        run.target.probe()
        run.target.close()
    except Unreachable as error:
        click.echo(f"The target is unreachable: {error}", err=True)
        return 3
    _stay_out_of_this_folder()
    return run_suite([*_as_arguments({**options, "seed": settings.seed}), *_cache(), *pytest_arguments])


def _as_arguments(options: dict[str, Any]) -> list[str]:
    flags = {name: flag for flag, name, _ in _options} | {"provider": "--provider"}
    made = []
    for name, value in options.items():
        flag = flags[name].replace("--", "--contract-", 1)
        if value is True:
            made.append(flag)
        elif isinstance(value, tuple | list):
            made += [f"{flag}={item}" for item in value]
        elif value is not None and value is not False:
            made.append(f"{flag}={value}")
    return made


def cache_folder() -> Path:
    """Where pytest and Hypothesis may keep things between runs: the user's cache folder, else a temporary one."""
    base = os.environ.get("XDG_CACHE_HOME") or (Path(os.environ["HOME"]) / ".cache" if "HOME" in os.environ else "")
    folder = Path(base) / "threadmock" if base else Path(tempfile.gettempdir()) / "threadmock-cache"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="threadmock-"))


def _cache() -> list[str]:
    return ["-o", f"cache_dir={cache_folder() / 'pytest'}"]


def _stay_out_of_this_folder() -> None:
    """What pytest and Hypothesis would take from, or leave in, the surroundings of the user's own project."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache_folder() / "hypothesis"))
