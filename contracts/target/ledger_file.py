"""The ledger on disk: JSON lines that say what a run is about to make, what it made, and what was removed again.

    {"ledger": 1, "run": …, "provider": …, "target": …}            the first line
    {"intent": …, "operation": …, "resource": …, "key": …}         on disk before the request is sent
    {"made": …, "operation": …, "resource": …, "id": …, "within": …}
    {"refused": …}                                                 it was refused, and may have made it all the same
    {"nothing": …}                                                 the request made nothing
    {"removed": id, "resource": …}

Several processes may write to one file: each line is one write to its end.
"""

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from threadmock.contracts.options import mention
from threadmock.contracts.settings import UsageError

FORM = 1


class LedgerError(UsageError):
    """The ledger can't be written or read."""


@dataclass(frozen=True)
class LedgerHeader:
    """Whose ledger it is.

    run: the tag that made things carry. provider, overlays, ref_root: as given, files by absolute path.
    """

    run: str
    provider: str
    target: str
    layer: str = "documented"
    overlays: tuple[str, ...] = ()
    started: str = ""
    ref_root: str = ""


@dataclass(frozen=True)
class LedgerEntry:
    """One thing. operation: the slug of what made it. within: resource to key of what it lies in.

    trouble: why it can't be named in a request, "" where it can.
    """

    operation: str
    resource: str
    key: str | int
    within: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True)
class PendingCreate:
    """A request that may have made a thing: nobody knows its end, or it was refused.

    key: what it chose; None for nothing. fresh: this run made the key up, so that it names nobody else's thing.
    """

    number: str
    operation: str
    resource: str
    key: str | int | None = None
    within: Mapping[str, Any] = field(default_factory=dict)
    tagged: bool = False
    fresh: bool = False
    refused: bool = False


@dataclass(frozen=True)
class LedgerContent:
    """A ledger, read.

    entries: what was created and not removed, oldest first. open: intents without an end. refused: intents that were
    refused, and of which nobody has looked yet whether they made something.
    """

    header: LedgerHeader
    entries: tuple[LedgerEntry, ...]
    open: tuple[PendingCreate, ...]
    refused: tuple[PendingCreate, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be removed or to be looked for."""
        return not (self.entries or self.open or self.refused)


class LedgerFile:
    """Writes one ledger. Safe to use from several threads and processes. tag: of its run."""

    def __init__(self, path: Path, tag: str = "") -> None:
        self.path = path
        self.tag = tag
        self._numbers = 0
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Ids on a deployment are nobody else's business.
            self._file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        except OSError as error:
            raise LedgerError(
                f"The ledger can't be written: {error}.", fix=f"Name another file with {mention('ledger')}."
            ) from None

    def number(self) -> str:
        """A number for an intent: no other process uses it."""
        with self._lock:
            self._numbers += 1
            return f"{os.getpid()}-{self._numbers}"

    def write(self, line: Mapping[str, Any], *, surely: bool = False) -> None:
        """Add a line. surely: it is on the disk before this returns, whatever happens to the machine."""
        data = json.dumps(line, ensure_ascii=True).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._file, data) :]
            if surely:
                os.fsync(self._file)
        except OSError as error:
            raise LedgerError(f"The ledger {self.path} can't be written: {error}.") from None

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def begin(path: Path, header: LedgerHeader) -> None:
    """Begin a ledger. LedgerError where a file is there already that is not empty: it may list things to remove."""
    if path.exists() and path.stat().st_size:
        raise LedgerError(
            f"{path} is there already.", fix=f"Clean up first (threadmock cleanup {path}), or name another file."
        )
    file = LedgerFile(path)
    file.write({"ledger": FORM, **header.__dict__, "overlays": list(header.overlays)}, surely=True)
    file.close()


def read_ledger(path: Path) -> LedgerContent:
    """Read a ledger. LedgerError where it is none. A last line that was cut off counts as not written."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise LedgerError("There is no such ledger.", where=str(path), fix="Check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"The ledger can't be read: {error}.", where=str(path)) from None
    try:
        found = [json.loads(line) for line in lines[:-1] if line]
    except json.JSONDecodeError as error:
        raise LedgerError(f"It is no ledger: {error}.", where=str(path)) from None
    if not found or not isinstance(found[0], dict) or found[0].get("ledger") != FORM:
        raise LedgerError("It is no ledger that this version can read.", where=str(path))
    try:
        return _read(found)
    except (KeyError, TypeError) as error:
        raise LedgerError(f"A line of the ledger lacks {error}.", where=str(path)) from None


def _read(lines: list[dict[str, Any]]) -> LedgerContent:
    first = {name: value for name, value in lines[0].items() if name != "ledger"}
    header = LedgerHeader(**{**first, "overlays": tuple(first["overlays"])})
    entries: dict[tuple[str, str], LedgerEntry] = {}
    waiting: dict[str, PendingCreate] = {}
    for line in lines[1:]:
        if "intent" in line:
            waiting[line["intent"]] = PendingCreate(
                line["intent"],
                line["operation"],
                line["resource"],
                line.get("key"),
                line["within"],
                "tagged" in line,
                "fresh" in line,
            )
        elif "refused" in line and line["refused"] in waiting:
            waiting[line["refused"]] = replace(waiting[line["refused"]], refused=True)
        elif "made" in line:
            waiting.pop(line["made"], None)
            entry = LedgerEntry(
                line["operation"], line["resource"], line["id"], line["within"], line.get("trouble", "")
            )
            entries.setdefault((entry.resource, str(entry.key)), entry)
        elif "nothing" in line:
            waiting.pop(line["nothing"], None)
        elif "removed" in line:
            entries.pop((line["resource"], str(line["removed"])), None)
    unknown = [pending for pending in waiting.values() if not pending.refused]
    refused = [pending for pending in waiting.values() if pending.refused]
    return LedgerContent(header, tuple(entries.values()), tuple(unknown), tuple(refused))
