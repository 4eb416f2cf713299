"""What came of a clean-up: counts as another client of the target would make them, and what is left."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from threadmock.specs.text import one_line, printable

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
