"""Check: one question about one exchange. The decorator `check` makes one of a function of a project."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeAlias, TypeVar

from threadmock.contracts.checks.checked_exchange import CheckedExchange, CheckResult

if TYPE_CHECKING:
    from threadmock.specs.evidence import Evidence

_P = ParamSpec("_P")
_T = TypeVar("_T")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
Weight: TypeAlias = Literal["data", "state", "status", "shape", "style"]
WEIGHTS: Mapping[Weight, str] = {
    "data": "data lost or crossed",
    "state": "wrong state",
    "status": "wrong status",
    "shape": "wrong shape",
    "style": "style",
}
"""How much it matters what a check finds, in words; the weightiest first."""


@dataclass(frozen=True)
class Check:
    """One question about one exchange.

    asserts: what holds where it passes, one sentence. source: where that comes from. applies: "" or the reason why the
    question can't be asked here. run: the problems. Both take a Reading, which is more than a CheckedExchange.
    evidence: the strongest that its findings can have. weight: how much they matter. headline: what a finding says, for
    who knows no check; "" for what it asserts.
    """

    name: str
    asserts: str
    source: str
    applies: Callable[[Any], str]
    run: Callable[[Any], CheckResult]
    evidence: "Evidence" = "documented"
    weight: Weight = "shape"
    headline: str = ""

    def __call__(self, exchange: CheckedExchange) -> CheckResult:
        """The problems of an exchange, as the function gives them: for tests of a check."""
        return self.run(exchange)


class CheckFailed(Exception):  # noqa: N818 - reads as what it is
    """A check of a project raised something. Its text says which, what and where."""


def always(_: CheckedExchange) -> str:
    """Any exchange."""
    return ""


def _with_brackets(make: Callable[_P, _T]) -> Callable[_P, _T]:
    @functools.wraps(make)
    def checked(*given: _P.args, **options: _P.kwargs) -> _T:
        if given:
            raise TypeError("write `@check(name=…, asserts=…, source=…)`")
        return make(*given, **options)

    return checked


@_with_brackets
def check(  # noqa: PLR0913 - each has its name
    *,
    name: str,
    asserts: str,
    source: str,
    applies: Callable[[CheckedExchange], str] = always,
    evidence: "Evidence" = "documented",
    weight: Weight = "shape",
    headline: str = "",
) -> Callable[[Callable[[CheckedExchange], CheckResult]], Check]:
    """A decorator that makes a check of a function; `--checks-from MODULE` has it asked about every exchange.

    The function gets one exchange, and yields or returns what is wrong with it: texts that say what came, or `Problem`.

    name: lower-case words with underscores, as in `--checks NAME`. asserts: what holds where it passes, one sentence.
    source: where that comes from, such as a style guide. applies: "" or the reason why the question can't be asked of
    an exchange. evidence: "assumed" where a finding is no failure. A finding is no stronger than what its request rests
    on, such as "assumed" for an odd charset, unless its Problem is `unconditional`. weight: how much a finding matters:
    data, state, status, shape or style, the weightiest first. headline: what a finding says in a few words, such as
    "the answer has no trace id". ValueError for a name, a sentence or a weight that is none.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"a check is named by lower-case letters, digits and underscores, not {name!r}")
    if not asserts.strip() or not source.strip():
        raise ValueError(f"the check {name!r} does not say what it asserts and where that comes from")
    if weight not in WEIGHTS:
        raise ValueError(f"the weight of the check {name!r} is {', '.join(WEIGHTS)}, not {weight!r}")

    def decorate(function: Callable[[CheckedExchange], CheckResult]) -> Check:
        return Check(name, asserts, source, applies, function, evidence, weight, headline)

    return decorate
