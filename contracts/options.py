"""The options of a run: one table, of which the command line, pytest's options and the settings of a run are made.

pytest reads it wherever threadmock is installed, so that it imports nothing but the standard library.
"""

import re
import shlex
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadmock.specs.contract import Contract

MAX_EXAMPLES = 100
MAX_REQUESTS = 600
LAYERS = ("documented", "observed")


@dataclass(frozen=True)
class Option:
    """One option of a run, the same in each interface.

    name: the field of Settings, and the keyword of `verify`. flag: of the command line; pytest's begins with
    `--contract-`. kind: what the text of its value is read as; bool for a flag without a value. repeatable: may be
    given several times. interface: "" for all of them, else the only one that has it.
    """

    name: str
    flag: str
    kind: type
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    repeatable: bool = False
    interface: str = ""


def _option(flag: str, help_: str, **more: Any) -> dict[str, Any]:
    """All that the interfaces need to make an option of a field; see Option."""
    return {"flag": flag, "help": help_, "kind": str, **more}


@dataclass(frozen=True)
class Settings:
    """One run. Each field but the first and the last is an option: this is the only list of them.

    provider: name, file or folder. target: None for the mock in process. max_time: None for no limit. allow_runs: in
    the whole run; None: none on a target, any number on the mock. seed: always known here, so that it can be reported.
    ledger: None for a file of our own choice. document: the contract itself, where the caller has loaded it.
    """

    provider: str
    target: str | None = field(
        default=None,
        metadata=_option("--target", "A deployment. Operations are appended to the URL's path.", metavar="URL"),
    )
    layer: str = field(
        default="documented",
        metadata=_option("--as", "Which layer to hold it to.  [default: documented]", choices=LAYERS),
    )
    overlays: tuple[Path, ...] = field(
        default=(), metadata=_option("--overlay", "One more overlay, applied last.", metavar="FILE", kind=Path)
    )
    ref_root: Path | None = field(
        default=None,
        metadata=_option(
            "--ref-root",
            "The folder below which $ref may name files.  [default: that of the document]",
            metavar="DIR",
            kind=Path,
        ),
    )
    operations: tuple[str, ...] = field(
        default=(),
        metadata=_option("--operations", "Ids, 'METHOD /path' or tags only, comma-separated.", metavar="ID,…"),
    )
    checks: tuple[str, ...] = field(
        default=(), metadata=_option("--checks", "Only these checks, comma-separated.", metavar="A,B")
    )
    exclude_checks: tuple[str, ...] = field(
        default=(), metadata=_option("--exclude-checks", "All but these checks, comma-separated.", metavar="A,B")
    )
    checks_from: tuple[str, ...] = field(
        default=(),
        metadata=_option("--checks-from", "Include the checks of a module or .py file.", metavar="MODULE"),
    )
    headers: tuple[str, ...] = field(
        default=(), metadata=_option("--header", "Sent with every request.", metavar="'Name: value'")
    )
    header_env: tuple[str, ...] = field(
        default=(),
        metadata=_option("--header-env", "A header with its value from the environment.", metavar="Name=VAR"),
    )
    header_command: tuple[str, ...] = field(
        default=(),
        metadata=_option(
            "--header-command", "A header with a command's first line as its value; no shell.", metavar="'Name=cmd …'"
        ),
    )
    ca_file: str | None = field(
        default=None,
        metadata=_option("--ca-file", "PEM file of authorities to trust, not the system's.", metavar="FILE"),
    )
    max_examples: int | None = field(
        default=None,
        metadata=_option(
            "--max-examples",
            f"Drawn per operation.  [default: {MAX_EXAMPLES}, and fewer where many are asked]",
            kind=int,
            metavar="N",
        ),
    )
    max_requests: int = field(
        default=MAX_REQUESTS,
        metadata=_option("--max-requests", f"Per operation.  [default: {MAX_REQUESTS}]", kind=int, metavar="N"),
    )
    max_time: float | None = field(
        default=None, metadata=_option("--max-time", "Seconds for the whole run.", kind=float, metavar="S")
    )
    seed: int = field(
        default=0,
        metadata=_option("--seed", "Same seed, same cases. Random, and printed, if left out.", kind=int, metavar="N"),
    )
    report: Path | None = field(
        default=None,
        metadata=_option(
            "--report", "Folder for report.html, report.json, junit.xml, findings and ledger.", kind=Path, metavar="DIR"
        ),
    )
    allow_writes: bool = field(
        default=False, metadata=_option("--allow-writes", "Needed for a target that is not this machine.", kind=bool)
    )
    allow_runs: int | None = field(
        default=None,
        metadata=_option(
            "--allow-runs",
            "Start so many runs at most on a target; see --dry-run.  [default: 0]",
            kind=int,
            metavar="N",
        ),
    )
    agent: str | None = field(
        default=None,
        metadata=_option(
            "--agent", "Name or id of the agent that requests name.  [default: the only one there]", metavar="NAME"
        ),
    )
    rate: float | None = field(
        default=None, metadata=_option("--rate", "Requests a second at most.", kind=float, metavar="N")
    )
    settle: float = field(
        default=0.0,
        metadata=_option("--settle", "Read only S seconds after a write.  [default: 0]", kind=float, metavar="S"),
    )
    ledger: Path | None = field(
        default=None,
        metadata=_option("--ledger", "File that records what is created on the target.", kind=Path, metavar="FILE"),
    )
    keep: bool = field(default=False, metadata=_option("--keep", "Leave what is created on the target.", kind=bool))
    dry_run: bool = field(
        default=False,
        metadata=_option("--dry-run", "Print the plan; send nothing.", kind=bool, interface="command line"),
    )
    faults: tuple[str, ...] = field(
        default=(), metadata=_option("--fault", "Plant a fault in the mock in process.", metavar="NAME")
    )
    document: "Contract | None" = field(default=None, compare=False, repr=False)

    def contract(self) -> "Contract":
        """The contract that the run is about. SpecError where it can't be used."""
        # pytest makes options of this module wherever threadmock is installed: what reads documents is loaded later
        from threadmock.specs.loader import load  # noqa: PLC0415

        return self.document or load(self.provider, layer=self.layer, overlays=self.overlays, ref_root=self.ref_root)

    def plain(self) -> dict[str, Any]:
        """The settings as texts, numbers and lists, for another process: `read_settings` reads them again."""
        found = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "document"}
        return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value.absolute()) if isinstance(value, Path) else value


OPTIONS: tuple[Option, ...] = tuple(
    Option(each.name, repeatable=isinstance(each.default, tuple), **each.metadata)
    for each in fields(Settings)
    if each.metadata
)


_MENTION = re.compile("\ufdd0([^\ufdd1]*)\ufdd1([^\ufdd0]*)\ufdd0")
"""An option in the text of an error: name and value between characters that stand in no text."""


def mention(name: str, value: object = "") -> str:
    """An option for the text of a UsageError, which each interface writes in its own way.

    name: the field of Settings. value: what to give, such as True, 3 or "URL"; "" for the name alone.
    """
    return f"\ufdd0{name}\ufdd1{value}\ufdd0"


def in_keywords(text: str) -> str:
    """A text whose options are written as keywords of `verify`: `allow_writes=True`."""
    return _MENTION.sub(lambda found: _keyword(*found.groups()), text)


def in_flags(text: str, prefix: str = "--") -> str:
    """A text whose options are written as on the command line: `--allow-writes`. prefix: of pytest's."""
    return _MENTION.sub(lambda found: _flag(*found.groups()).replace("--", prefix, 1), text)


def _keyword(name: str, value: str) -> str:
    known = _BY_NAME.get(name)
    if not value:
        return name
    shown = value if known is not None and known.kind in (bool, int, float) else repr(value)
    return f"{name}=[{shown}]" if known is not None and known.repeatable else f"{name}={shown}"


def _flag(name: str, value: str) -> str:
    known = _BY_NAME.get(name)
    flag = known.flag if known is not None else f"--{name.replace('_', '-')}"
    if not value or (known is not None and known.kind is bool):
        return flag
    return f"{flag} {shlex.quote(value)}"


_BY_NAME = {option.name: option for option in OPTIONS}
