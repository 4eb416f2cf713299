"""Errors for a document that can't be used.

    SpecError                    base: says what, where and what to do
    ├── DocumentError            can't be read: syntax, size, references, YAML traps
    ├── OverlayError             an overlay that can't be applied
    ├── SchemaError              a schema that we can't honour, or that contradicts itself
    ├── RuleError                an `x-behaviour` rule that breaks its own schema
    └── UnknownName              a provider, operation, check or fault that nobody declared

All of them are usage errors: the command line prints them and exits with status 2.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

MOST_LISTED = 30
_FEW = 5


class SpecError(Exception):
    """Base of all errors about documents.

    what: one sentence; where: file and JSON pointer (may be empty); fix: what to do about it (may be empty).
    """

    def __init__(self, what: str, *, where: object = "", fix: str = "") -> None:
        self.what = what
        self.where = str(where)
        self.fix = fix
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} {self.fix}" if self.fix else text


class DocumentError(SpecError):
    """The document can't be read."""


class SeveralErrors(DocumentError):  # noqa: N818 - reads as what it is
    """Several things are wrong. errors: each of them."""

    def __init__(self, errors: Sequence[SpecError]) -> None:
        self.errors = tuple({str(error): error for error in errors}.values())
        shown = "".join(f"\n  {error}" for error in self.errors[:MOST_LISTED])
        rest = f"\n  … and {len(self.errors) - MOST_LISTED} more" if len(self.errors) > MOST_LISTED else ""
        super().__init__(f"{len(self.errors)} things are wrong with the document:{shown}{rest}")


class OverlayError(SpecError):
    """The overlay can't be applied."""


class SchemaError(SpecError):
    """The schema can't be honoured."""


class RuleError(SpecError):
    """The behaviour rule breaks the vocabulary."""


class UnknownName(SpecError):  # noqa: N818 - reads as what it is
    """Nothing has that name. Offers the nearest that exists."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: object = "", listed: str = "") -> None:
        """listed: the command that lists all names of the kind, shown where they are too many for the message."""
        known = sorted(known)
        fix = nearest(name, known)
        if listed and len(known) > MOST_LISTED and fix.startswith("Known"):
            fix = f"{fix} All: {listed}."
        super().__init__(f"There is no {kind} {name!r}.", where=where, fix=fix)


@contextmanager
def gathered(errors: list[SpecError]) -> Iterator[None]:
    """Note an error about the document, in place of raising it: the next one is looked for, too."""
    try:
        yield
    except SeveralErrors as several:
        errors.extend(several.errors)
    except SpecError as error:
        errors.append(error)


def raise_all(errors: Sequence[SpecError]) -> None:
    """Raise what was gathered: the error itself where it is one, else one that tells of all."""
    if len({str(error) for error in errors}) == 1:
        raise errors[0]
    if errors:
        raise SeveralErrors(errors)


def nearest(name: str, known: Iterable[str]) -> str:
    """One sentence that offers the nearest known name, else lists them all, or of many the nearest few."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    if len(known) > MOST_LISTED:
        few = difflib.get_close_matches(name, known, n=_FEW, cutoff=0.0)
        return f"Known are {len(known)}, among them {', '.join(few)}."
    return f"Known: {', '.join(known)}." if known else ""
