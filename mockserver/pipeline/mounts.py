"""Where the documents of a mock stand: each with its routes and plans below a prefix, and what a path finds there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from threadmock.mockserver.actions.plan import Plan
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.operations.routing import Match, Router


@dataclass(frozen=True, eq=False)
class Mount:
    """One contract with its routes and plans. prefix: "/name"; at_root: whether it answers at its true paths too."""

    contract: Contract
    router: Router
    plans: Mapping[Operation, Plan]
    prefix: str
    at_root: bool


@dataclass(frozen=True)
class Found:
    """The mount and the match of a request, or neither."""

    mount: Mount | None
    match: Match | None


NOWHERE = Found(None, None)


def without_bases(mount: Mount, path: str) -> Iterator[str]:
    """What is left of a path behind each base path of the document's servers that it begins with."""
    return (path.removeprefix(base) for base in mount.contract.base_paths if path.startswith(f"{base}/"))


def routed(mount: Mount, method: str, paths: Iterable[str]) -> Match | None:
    """The route of the first of these paths that has one; None where none has."""
    for each in paths:
        match = mount.router.find(method, each)
        if match.operation or match.allowed or match.redirect:
            return match
    return None
