"""`serve --watch`: documents, overlays, scripts and data are read again when their files change.

What is stored stays where things are still of the same shape; the others are deleted, and the log says so. A file that
can't be used changes nothing: what was served before still is, and the log says what is wrong and where.
"""

import operator
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from threadmock.mockserver.agents.script_files import read_scripts
from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.datasets.conversation_files import read_past_data
from threadmock.mockserver.datasets.conversations import Dataset
from threadmock.mockserver.datasets.snapshots import check_data
from threadmock.mockserver.mock import Mock, load_all
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.server.app import made_when_asked
from threadmock.mockserver.server.rsgi import RsgiApplication
from threadmock.mockserver.state.shapes import changed_shapes, delete_shelves
from threadmock.specs.contract import Contract
from threadmock.specs.errors import SpecError

_STEP = 50
"""Milliseconds in which several changes count as one: editors write a file in several steps."""
_FIRST_LOOK = 500
"""Milliseconds after which the files are read once more without a change."""


@dataclass(frozen=True)
class Served:
    """What is served, read at one moment. texts: of the files of script and data."""

    contracts: tuple[Contract, ...]
    scripts: Scripts
    data: Dataset | None
    texts: tuple[bytes, ...]

    def is_as(self, other: "Served") -> bool:
        """Whether nothing has changed: documents that are as they were are the same objects."""
        same = len(self.contracts) == len(other.contracts) and all(map(operator.is_, self.contracts, other.contracts))
        return same and self.texts == other.texts


@dataclass(frozen=True)
class Watched:
    """What `serve` is given: everything that may change while it runs. Picklable."""

    sources: tuple[str, ...]
    layer: str
    overlays: tuple[Path, ...]
    script: str | None
    data: str | None
    ref_root: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of script and data; what ships with the mock is none."""
        return tuple(Path(name) for name in (self.script, self.data) if name and Path(name).is_file())

    def read(self) -> Served:
        """Read all of it. SpecError where something can't be used."""
        data = None if self.data is None else read_past_data(self.data)
        contracts = tuple(load_all(self.sources, self.layer, self.overlays, self.ref_root))
        check_data(data, contracts)
        texts = tuple(_bytes_of(path) for path in self.files)
        return Served(contracts, read_scripts(self.script), data, texts)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SpecError(f"The file can't be read: {error.strerror or error}.", where=str(path)) from None


class Watch:
    """A mock that is served, and what it was made of."""

    def __init__(self, mock: Mock, application: RsgiApplication, watched: Watched, log: Callable[[str], None]) -> None:
        self.mock = mock
        self.application = application
        self.watched = watched
        self.log = log
        self.served = watched.read()

    @property
    def folders(self) -> list[Path]:
        """Where the files are: editors replace a file, so that its folder is what has to be watched."""
        files = {path for contract in self.served.contracts for path in contract.files}
        return sorted({path.resolve().parent for path in (*files, *self.watched.files)})

    def start(self) -> None:
        """Watch on a thread of its own, as long as the process lives."""
        self.mock.sessions.reloading.watching = True
        threading.Thread(target=self._watch, name="threadmock-watch", daemon=True).start()

    def _watch(self) -> None:
        from watchfiles import watch  # noqa: PLC0415 - few servers watch, and all start soon

        while True:
            folders = self.folders
            self.log(f"Watching {', '.join(map(str, folders))}")
            told = watch(
                *folders,
                recursive=False,
                step=_STEP,
                raise_interrupt=False,
                rust_timeout=_FIRST_LOOK,
                yield_on_timeout=True,
            )
            looked = False
            for changes in told:
                if changes or not looked:  # what changed before the watch began is told by nobody
                    self.reload()
                looked = True
                if folders != self.folders:  # a document may refer to files in other folders now
                    break

    def reload(self) -> None:
        """Read everything again, and serve it where it can be used and differs."""
        try:
            fresh = self.watched.read()
            if fresh.is_as(self.served):
                self.mock.sessions.reloading.broken = ""
                return
            told = self._serve(fresh)
        except SpecError as error:
            self.mock.sessions.reloading.broken = str(error)
            self.log(f"Not reloaded, what was served before still is. {error}")
            return
        self.served, self.mock.sessions.reloading.broken = fresh, ""
        self.log(f"Reloaded {', '.join(contract.name for contract in fresh.contracts)}: {told}.")

    def _serve(self, fresh: Served) -> str:
        gone = changed_shapes(self.served.contracts, fresh.contracts)
        # data is stored once more only where it is another: things that were changed since stay as they are
        refill = fresh.texts != self.served.texts and fresh.data is not None
        deleted: Counter[tuple[str, str]] = Counter()

        def change(old: Gateway) -> Gateway:
            world = old.world
            if fresh.texts != self.served.texts or fresh.scripts != self.served.scripts:
                world.scripts = fresh.scripts
                world.start = replace(world.start, scripts=fresh.scripts)
            deleted.update(delete_shelves(world.store, gone))
            gateway = old.succeed(fresh.contracts, fresh.data)
            if refill:
                gateway.reset()
            return gateway

        sessions = self.mock.sessions
        sessions.replace(change)
        self.application.serve(made_when_asked(sessions))
        if refill:
            return "everything that was stored is forgotten, for the data changed"
        kept = sum(sum(gateway.world.store.shelves().values()) for gateway in sessions)
        if not deleted:
            return f"all that was stored is kept ({_things(kept)})"
        names = ", ".join(sorted({resource for _, resource in deleted}))
        return f"{_things(kept)} kept, and {_things(sum(deleted.values()))} of {names} deleted, whose shape changed"


def _things(number: int) -> str:
    return f"{number} thing" if number == 1 else f"{number} things"
