"""The ledger of one run: where it is, who writes to it, and what is done with it at the end."""

import datetime
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from threadmock.contracts.target.ledger_file import LedgerFile, LedgerHeader, begin, read_ledger
from threadmock.specs.text import printable

if TYPE_CHECKING:
    from threadmock.contracts.options import Settings
    from threadmock.contracts.target.removal import CleanupResult
    from threadmock.contracts.target.target import Target
    from threadmock.specs.contract import Contract


def start(settings: "Settings") -> Path:
    """Begin the ledger of a run on a deployment. LedgerError where it can't be written."""
    now = datetime.datetime.now(datetime.UTC)
    tag = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(6)}"
    path = settings.ledger or (settings.report or state_folder() / "ledgers") / f"ledger-{tag}.jsonl"
    provider = Path(settings.provider)
    begin(
        path,
        LedgerHeader(
            tag,
            str(provider.resolve()) if provider.exists() else settings.provider,
            settings.target or "",
            settings.layer,
            tuple(str(overlay.resolve()) for overlay in settings.overlays),
            now.isoformat(),
            str(settings.ref_root.resolve()) if settings.ref_root else "",
        ),
    )
    return path


def join(path: Path) -> LedgerFile:
    """A ledger that was begun, to be written to."""
    return LedgerFile(path, read_ledger(path).header.run)


def state_folder() -> Path:
    """Where things that must outlive a run are kept: the user's state folder, else a temporary one."""
    base = os.environ.get("XDG_STATE_HOME") or (
        Path(os.environ["HOME"]) / ".local/state" if "HOME" in os.environ else ""
    )
    return Path(base) / "threadmock" if base else Path(tempfile.gettempdir()) / f"threadmock-{os.getuid()}"


def finish(settings: "Settings", contract: "Contract", target: "Target", path: Path) -> "CleanupResult | None":
    """Remove what a ledger lists; None where nothing is to be done. A KeyboardInterrupt passes through."""
    from threadmock.contracts.target.cleaner import Cleaner  # noqa: PLC0415 - only a run on a deployment cleans up

    if settings.keep or not target.writable:
        return None
    content = read_ledger(path)
    if content.settled:
        return None
    file = LedgerFile(path)
    try:
        return Cleaner(contract, target, content, file).clean()
    finally:
        file.close()


def tidy(settings: "Settings", path: Path) -> bool:
    """Take a ledger away that nobody asked for and that lists nothing any more. Whether it was."""
    content = read_ledger(path)
    if settings.ledger or settings.report or not content.settled:
        return False
    path.unlink(missing_ok=True)
    return True


def closing(settings: "Settings", path: Path, cleaning: "CleanupResult | None", *, tidied: bool) -> Iterator[str]:
    """What is said of the ledger at the end."""
    if cleaning is not None:
        yield from cleaning.lines()
    if tidied:
        return
    left = read_ledger(path)
    again = f"threadmock cleanup {path}"
    if settings.keep and left.entries:
        yield printable(f"{len(left.entries):,} things were made and are kept (--keep). To remove them: {again}")
    elif not left.settled:
        yield printable(f"To try again: {again}")
    else:
        yield printable(f"Ledger: {path}")
