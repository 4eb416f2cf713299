"""Which operation a request is for: below a provider's prefix first, then at the root."""

from collections.abc import Callable, Collection, Iterator, Sequence

from threadmock.mockserver.actions.plan import Plan, Plans
from threadmock.mockserver.pipeline.access import CONTROL
from threadmock.mockserver.pipeline.decoded_paths import with_free, with_stored
from threadmock.mockserver.pipeline.mounts import NOWHERE, Found, Mount, routed, without_bases
from threadmock.specs.contract import Contract
from threadmock.specs.operations.routing import Router, shared_routes


class Routes:
    """The routes of all contracts, and what is planned for each operation. It holds no state: mocks may share it.

    conflicts: routes that two documents share; then no document answers at the root.
    """

    def __init__(self, contracts: Sequence[Contract], change: Callable[[Plan], Plan] | None = None) -> None:
        self.conflicts: list[tuple[str, str, str]] = shared_routes(contracts)
        at_root = not self.conflicts
        self.mounts = tuple(
            Mount(each, Router(each.operations), Plans(each, change), f"/{each.name}", at_root) for each in contracts
        )
        self.by_prefix = {mount.contract.name: mount for mount in self.mounts}
        self._at_root = self.mounts if at_root else ()
        self._found: dict[tuple[str, str], Found] = {}

    def find(self, method: str, path: str) -> Found:
        """The mount and route of a path."""
        known = self._found.get((method, path))
        if known is not None:
            return known
        found = self._find(method, path)
        if found.match and found.match.operation and not found.match.values:
            self._found[method, path] = found  # a document has only so many paths without parameters
        return found

    def find_guessing(self, method: str, path: str, slashed: Collection[str]) -> Found:
        """As `find`, of a path that was decoded without a word on slashes within its segments.

        slashed: the stored keys that have one.
        """
        found = self.find(method, path)
        if slashed:
            other = self.find(method, with_stored(path, slashed))
            found = other if other.match else found
        if found.match is None:
            free = (each for mount in self.mounts for each in self._free(mount, path))
            found = next((other for each in free if (other := self.find(method, each)).match), found)
        return found

    def owner(self, path: str) -> Mount | None:
        """The provider of a path without a route: by its prefix, or because there is no other."""
        alone = self.mounts[0] if len(self.mounts) == 1 else None
        return self.by_prefix.get(path[1:].partition("/")[0]) or alone

    def paths(self) -> Iterator[str]:
        """Every path that is served, below its prefix and, where it is, at the root."""
        for mount in self.mounts:
            for path in mount.router.paths:
                yield mount.prefix + path
                if mount.at_root:
                    yield path

    def _free(self, mount: Mount, path: str) -> Iterator[str]:
        if path.startswith(f"{mount.prefix}/"):
            below = path.removeprefix(mount.prefix)
            yield from (mount.prefix + each for each in with_free(below, mount.contract))
        if mount in self._at_root:
            yield from with_free(path, mount.contract)

    def _find(self, method: str, path: str) -> Found:
        if path.startswith(CONTROL):
            return NOWHERE
        name, _, rest = path[1:].partition("/")
        mount = self.by_prefix.get(name)
        if mount is not None:
            below = f"/{rest}"
            match = routed(mount, method, (below,)) or routed(mount, method, without_bases(mount, below))
            if match:
                return Found(mount, match)
        for mount in self._at_root:
            if match := routed(mount, method, (path,)):
                return Found(mount, match)
        for mount in self._at_root:
            if match := routed(mount, method, without_bases(mount, path)):
                return Found(mount, match)
        return NOWHERE
