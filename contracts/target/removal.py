"""How a thing that a run made is removed again, how one sees that it is gone, and what came of all that."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from threadmock.contracts.cases.families import lists, makers
from threadmock.contracts.cases.references import body_schema, references
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.target.created_things import may_make
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.text import one_line, printable

How = Literal["delete", "prune", "archive", "with", "never"]
_ARCHIVED = re.compile(r"(?i)(is_?)?archived?")


@dataclass(frozen=True, eq=False)
class Removal:
    """How things of a resource are removed.

    how: "with" — they go with what they lie in (`above`); "never" — nothing removes them. member: what an archiving
    update sets, and to what. read, listing: what shows whether a thing is there; None where nothing does.
    """

    resource: str
    how: How
    operation: Operation | None = None
    above: str = ""
    member: str = ""
    value: Any = True
    read: Operation | None = None
    listing: Operation | None = None

    def __str__(self) -> str:
        if self.how == "with":
            return f"goes with its {self.above}, where it lies in one"
        if self.how == "never" or self.operation is None:
            return "can't be removed: nothing deletes or archives it"
        seen = self.read or self.listing
        shown = f", verified by {seen}" if seen else ", and nothing shows whether it is gone"
        done = {"delete": "removed by", "prune": "removed by", "archive": "archived, as nothing deletes it, by"}
        return f"{done[self.how]} {self.operation}{shown}"


@lru_cache(maxsize=512)
def removal_of(contract: Contract, resource: str) -> Removal:
    """How things of a resource are removed."""
    read = _read(contract, resource)
    listing = next((each for each in lists(contract, resource)), None)
    found = [o for o in contract.operations if o.rule.resource == resource]
    for operation in found:
        if operation.rule.action == "delete" and any(name.own for name in references(operation)):
            return Removal(resource, "delete", operation, read=read, listing=listing)
    above = next((parent for parent in _above(contract, resource) if removal_of(contract, parent).how in _GOING), "")
    if above:
        return Removal(resource, "with", above=above)
    for operation in found:
        if operation.rule.prune and operation.rule.prune.keys.place == "body":
            return Removal(resource, "prune", operation, read=read, listing=listing)
    for operation in found:
        member, value = _archiving(operation)
        if member:
            return Removal(resource, "archive", operation, member=member, value=value, read=read, listing=listing)
    return Removal(resource, "never", read=read, listing=listing)


_GOING = frozenset({"delete", "prune", "archive", "with"})


def _read(contract: Contract, resource: str) -> Operation | None:
    """What shows one thing by its key; for one that is not there it refuses, or answers with nothing."""
    for operation in contract.operations:
        rule = operation.rule
        tells = rule.missing == "refuse" or (rule.missing == "empty" and not rule.empty)
        plain = rule.action == "read" and rule.resource == resource and tells and rule.reply is None
        if plain and operation.method == "GET" and any(name.own for name in references(operation)):
            return operation
    return None


def _above(contract: Contract, resource: str) -> list[str]:
    """The resources that every request which makes a thing of this one names as what it lies in."""
    found = [
        [
            *_alone(operation),
            *(name.resource for name in references(operation) if not name.own and name.resource != resource),
        ]
        for operation in contract.operations
        if operation.rule.resource == resource and may_make(operation)
    ]
    return [each for each in found[0][::-1] if all(each in other for other in found)] if found else []


def _alone(operation: Operation) -> list[str]:
    """What a run without a thread makes for itself to lie in."""
    run = operation.rule.run
    return [run.alone.resource] if run and run.alone and run.alone.resource != operation.rule.resource else []


def _archiving(operation: Operation) -> tuple[str, Any]:
    """The member that archives a thing, and its value; ("", None) where the operation has none."""
    schema = body_schema(operation)
    if not operation.rule.traits.changes or schema is None:
        return "", None
    if not any(name.own for name in references(operation)):
        return "", None
    folded = shapes(schema)
    for name, node in folded.members().items():
        if _ARCHIVED.fullmatch(name) and any(branch.kind == "boolean" for branch in folded.branches(node)):
            return name, True
        listed = [value for branch in folded.branches(node) for value in branch.keywords.get("enum", ())]
        if "archived" in listed:
            return name, "archived"
    return "", None


def made_by(contract: Contract, operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    """What a run of these operations may create: resource to the operations that do, also for prerequisites."""
    found: dict[str, list[Operation]] = {}
    chosen = list(operations)
    needed = [name.resource for operation in chosen for name in references(operation)]
    for operation in chosen:
        if may_make(operation) and operation.method not in ("GET", "HEAD"):
            found.setdefault(operation.rule.resource, []).append(operation)
            alone = operation.rule.run.alone if operation.rule.run else None
            if alone and alone.resource != operation.rule.resource:
                found.setdefault(alone.resource, []).append(operation)
    for resource in dict.fromkeys(needed):
        for maker in makers(contract, resource)[:1]:
            if maker not in found.setdefault(resource, []):
                found[resource].append(maker)
    return {resource: makers_of for resource, makers_of in found.items() if resource and makers_of}


_MOST_SHOWN = 20


@dataclass
class CleanupResult:
    """What came of it.

    removed: things that were there, and are not any more. gone: things that were made and were gone before, because the
    run itself removed them. with_parent: gone with what they lay in. left: what is still there, each with the reason.
    unverified: what may be there, because nothing could show whether it is. stopped: why not all was tried.
    """

    removed: int = 0
    gone: int = 0
    archived: int = 0
    with_parent: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    unverified: list[tuple[str, str]] = field(default_factory=list)
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether it was seen that nothing is left."""
        return not (self.left or self.unverified or self.stopped)

    def mask(self, masking: Callable[[str], str]) -> None:
        """Take secrets out of all texts."""
        self.left = [(masking(what), masking(reason)) for what, reason in self.left]
        self.unverified = [(masking(what), masking(reason)) for what, reason in self.unverified]

    def lines(self) -> Iterator[str]:
        """The outcome, for people."""
        said = f"Clean-up: {self.removed:,} things removed, {len(self.left):,} left behind"
        more = [f"{self.gone:,} were gone before"] if self.gone else []
        more += [f"{self.with_parent:,} gone with what they lay in"] if self.with_parent else []
        more += [f"{self.archived:,} archived, as nothing deletes them"] if self.archived else []
        more += [f"{len(self.unverified):,} not verified"] if self.unverified else []
        yield f"{said} ({', '.join(more)})." if more else f"{said}."
        yield from _listed("LEFT BEHIND", self.left)
        yield from _listed("NOT VERIFIED", self.unverified)
        if self.stopped:
            yield printable(f"Clean-up stopped: {one_line(self.stopped)}")


def _listed(word: str, things: list[tuple[str, str]]) -> Iterator[str]:
    for what, reason in things[:_MOST_SHOWN]:
        yield printable(f"    {word} {one_line(what)}: {one_line(reason)}")
    if len(things) > _MOST_SHOWN:
        yield f"    … and {len(things) - _MOST_SHOWN:,} more; the ledger has them all"
