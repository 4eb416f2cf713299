"""Whether every `x-evidence` of a document says a word that we know: a misspelt one would count as documented."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, get_args

from threadmock.specs.documents.pointers import escaped
from threadmock.specs.errors import SchemaError, nearest

MARK = "x-evidence"
_NAMES = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas", "schemas", "headers", "paths"})
_LITERALS = frozenset({"default", "example", "examples", "value", "enum", "const", "x-behaviour"})


def check_evidence(tree: Any, where: Callable[[str], str]) -> None:
    """SchemaError by place where a mark is neither a word of evidence nor a mapping of keywords to such words.

    where: JSON pointer → text for an error. Iterative: safe on anything.
    """
    known = evidence_words()
    for pointer, mark in _marks(tree):
        words = list(mark.items()) if isinstance(mark, dict) else [("", mark)]
        for keyword, word in words:
            if not isinstance(word, str) or word not in known:
                at = f"{pointer}/{escaped(keyword)}" if keyword else pointer
                raise SchemaError(f"{word!r} is no evidence.", where=where(at), fix=nearest(str(word), known))


def _marks(tree: Any) -> Iterator[tuple[str, Any]]:
    waiting: list[tuple[Any, str, bool]] = [(tree, "#", False)]
    while waiting:
        node, pointer, names = waiting.pop()
        if isinstance(node, list):
            waiting.extend((child, f"{pointer}/{index}", False) for index, child in enumerate(node))
            continue
        if not isinstance(node, dict):
            continue
        if MARK in node and not names:
            yield f"{pointer}/{MARK}", node[MARK]
        waiting.extend(
            (child, f"{pointer}/{escaped(key)}", not names and key in _NAMES)
            for key, child in node.items()
            if names or (key != MARK and key not in _LITERALS)
        )


Evidence = Literal["documented", "observed", "assumed"]


weakness: Mapping[str, int] = {"documented": 0, "observed": 1, "assumed": 2}


def weakest(*evidence: Evidence) -> Evidence:
    """The evidence of something that rests on all of these."""
    return max(evidence, key=weakness.__getitem__, default="documented")


def evidence_words() -> tuple[str, ...]:
    """The three words of evidence, strongest first."""
    return get_args(Evidence)
