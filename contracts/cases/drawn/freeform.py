"""Strategies of JSON that no schema shapes: small, hostile and cheap to draw."""

from collections.abc import Collection, Sequence
from typing import Any

from hypothesis import strategies as st
from threadmock.contracts.cases.shapes import plain_name
from threadmock.contracts.cases.value_pools import (
    AWKWARD_NAMES,
    BIG_INTEGERS,
    NUMBERS,
    OBJECTS,
    TEXTS,
    UNDECLARED_NAMES,
    long_text,
    nested,
)

_LISTS: tuple[Any, ...] = (
    [],
    [[]],
    [1, 1],
    ["b", "a"],
    [None, True, 1.5, "x", {}],
    [{"a": 1}, {"a": 2}],
    nested(40)["level1"],
)
_SCALARS: tuple[Any, ...] = (None, True, False, *TEXTS.values(), *NUMBERS, *BIG_INTEGERS, long_text(1_100))
_UNLIKELY: tuple[Any, ...] = ("text", 1, None, [1, {"a": None}], {}, True, 1.5, {"id": "x"}, "😀", "")
_NAMES: tuple[str, ...] = (*AWKWARD_NAMES, "a", "b", "topic", "user_id")


class _PoolValue:
    """A value that prints as its place in a pool: Hypothesis spells out what it samples from, and some are huge."""

    def __init__(self, position: int, value: Any) -> None:
        self.position = position
        self.value = value

    def __repr__(self) -> str:
        return f"value {self.position}"


def pooled(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    """One of these values, in one cheap draw."""
    return st.sampled_from([_PoolValue(position, value) for position, value in enumerate(values)]).map(
        lambda held: held.value
    )


scalars: st.SearchStrategy[Any] = st.one_of(
    pooled(_SCALARS),
    st.text(max_size=10),
    st.integers(-(2**64), 2**64),
    st.floats(allow_nan=False, allow_infinity=False),
)
_names = st.one_of(pooled(_NAMES), st.text(max_size=8))
_small = st.one_of(scalars, pooled(_LISTS), st.lists(scalars, max_size=2), st.dictionaries(_names, scalars, max_size=2))
_ready: st.SearchStrategy[dict[str, Any]] = pooled([value for _, value, _ in OBJECTS])
objects: st.SearchStrategy[dict[str, Any]] = st.one_of(_ready, st.dictionaries(_names, _small, max_size=3))
json_values: st.SearchStrategy[Any] = st.one_of(_small, objects)


def undeclared(declared: Collection[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Members that the schema does not declare, mostly none. No name that is a declared one in another spelling."""
    names = undeclared_names(declared)
    made = [{name: _UNLIKELY[position % len(_UNLIKELY)]} for position, name in enumerate(names)]
    made += [{**first, **second} for first, second in zip(made[::2], made[1::2], strict=False)]
    return pooled([{}] * len(made) + made)


def undeclared_names(declared: Collection[str]) -> list[str]:
    """Awkward names that are none of these in any spelling."""
    taken = {plain_name(name) for name in declared}
    return [name for name in (*UNDECLARED_NAMES, *AWKWARD_NAMES) if plain_name(name) not in taken]
