"""`/_mock/snapshots`: what a session held at one moment, by a name: put back there, or in another session."""

import re
import threading
from collections.abc import Iterator  # noqa: TC003 - as everywhere
from typing import TYPE_CHECKING, Any

from threadmock.mockserver.control.bodies import ControlError, NotThere, members, text
from threadmock.mockserver.pipeline.gateway import Gateway

if TYPE_CHECKING:
    from threadmock.mockserver.datasets.snapshots import Snapshot

MOST = 1000
MOST_THINGS = 2_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")


class Snapshots:
    """The snapshots of a server, by their names; all sessions share them. Safe from several threads."""

    def __init__(self) -> None:
        self._kept: dict[str, Snapshot] = {}
        self._changing = threading.Lock()

    def __iter__(self) -> "Iterator[Snapshot]":
        return iter(list(self._kept.values()))

    def find(self, name: str) -> "Snapshot":
        """The snapshot of a name. NotThere."""
        found = self._kept.get(name)
        if found is None:
            fix = "GET /_mock/snapshots lists them."
            raise NotThere(f"No snapshot is named {name[:100]!r}.", where="name", fix=fix)
        return found

    def keep(self, snapshot: "Snapshot") -> bool:
        """Keep a snapshot; False where one has its name. ControlError where as many are kept as may be."""
        with self._changing:
            if snapshot.name in self._kept:
                return False
            count, things = len(self._kept), sum(each.count for each in self._kept.values())
            if count >= MOST or things + snapshot.count > MOST_THINGS:
                what = f"{count} snapshots are kept; there may be {MOST}, with {MOST_THINGS} things in all."
                raise ControlError(what, fix="Remove one with DELETE /_mock/snapshots/NAME.", status=507)
            self._kept[snapshot.name] = snapshot
            return True

    def remove(self, name: str) -> None:
        """Forget a snapshot. NotThere."""
        self.find(name)
        with self._changing:
            self._kept.pop(name, None)


def list_snapshots(snapshots: Snapshots) -> dict[str, Any]:
    """All snapshots, the last kept one first."""
    return {"snapshots": [each.as_entry() for each in snapshots][::-1]}


def add_snapshot(snapshots: Snapshots, gateway: Gateway, asked: Any) -> dict[str, Any]:
    """Keep what a session holds now. ControlError while runs are under way: they would be lost."""
    from threadmock.mockserver.datasets.snapshots import take_snapshot  # noqa: PLC0415 - few servers are asked for one

    name = snapshot_name(members(asked, ("name",)).get("name"))
    world = gateway.world
    with world.deciding, world.scheduler.lock:  # no run begins between the look and the snapshot
        if running := world.scheduler.all_under_way():
            runs = "1 run is" if len(running) == 1 else f"{len(running)} runs are"
            what = f"{runs} under way, and a snapshot holds no run that goes on."
            raise ControlError(what, fix="Wait until they are over, or cancel them.", status=409)
        made = take_snapshot(name, gateway.contracts, world, gateway.initial)
    if not snapshots.keep(made):
        fix = f"Remove it with DELETE /_mock/snapshots/{name}, or take another name."
        raise ControlError(f"A snapshot is named {name!r}, and it stays.", where="name", fix=fix, status=409)
    return made.as_entry()


def show_snapshot(snapshots: Snapshots, name: str) -> dict[str, Any]:
    """The document of a snapshot."""
    from threadmock.mockserver.datasets.snapshots import snapshot_document  # noqa: PLC0415 - see above

    return snapshot_document(snapshots.find(name))


def restore_snapshot(snapshots: Snapshots, gateway: Gateway, name: str, document: Any = None) -> dict[str, Any]:
    """Put a session as a snapshot has it; with a document as that has it, which is kept where the name is free.

    SpecError, and nothing is changed, where it can't be used here.
    """
    from threadmock.mockserver.datasets.snapshots import check_served, read_snapshot  # noqa: PLC0415 - see above

    if document is None:
        snapshot = snapshots.find(name)
        check_served(snapshot, gateway.contracts)
    else:
        named = {**document, "name": snapshot_name(name)} if isinstance(document, dict) else document
        snapshot = read_snapshot(named, gateway.contracts, "body")
        snapshots.keep(snapshot)
    gateway.restore(snapshot.state, snapshot.initial)
    return {"restored": snapshot.count}


def remove_snapshot(snapshots: Snapshots, name: str) -> dict[str, Any]:
    """Forget a snapshot; how many things it held."""
    count = snapshots.find(name).count
    snapshots.remove(name)
    return {"forgotten": count}


def snapshot_name(value: Any) -> str:
    """The name of a snapshot. ControlError."""
    if value is None or not _NAME.fullmatch(text(value, "name")):
        fix = "Take up to 64 letters, digits, `.`, `_`, `~` and `-`."
        what = "A snapshot needs a name." if value is None else f"{value[:100]!r} is no name of a snapshot."
        raise ControlError(what, where="name", fix=fix)
    return str(value)
