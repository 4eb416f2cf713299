"""Whether every `x-evidence` of a document says a word that we know: a misspelt one would count as documented."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, get_args

from threadmock.specs.documents.pointers import escaped
from threadmock.specs.errors import SchemaError, SpecError, gathered, nearest, raise_all

MARK = "x-evidence"
_NAMES = frozenset(
    {
        *("properties", "patternProperties", "$defs", "dependentSchemas", "schemas", "headers", "parameters"),
        *("requestBodies", "securitySchemes", "links", "callbacks", "pathItems", "webhooks", "variables"),
    }
)
_LITERALS = frozenset({"default", "example", "examples", "value", "enum", "const", "x-behaviour"})


def check_evidence(tree: Any, where: Callable[[str], str]) -> None:
    """SchemaError by place where a mark is neither a word of evidence nor a mapping of keywords to such words.

    where: JSON pointer → text for an error. Iterative: safe on anything.
    """
    errors: list[SpecError] = []
    for pointer, name, mark in extensions(tree):
        if name == MARK:
            with gathered(errors):
                check_mark(pointer, mark, where)
    raise_all(errors)


def check_mark(pointer: str, mark: Any, where: Callable[[str], str]) -> None:
    """SchemaError where a mark that stands at a pointer is none."""
    known = evidence_words()
    words = list(mark.items()) if isinstance(mark, dict) else [("", mark)]
    for keyword, word in words:
        if not isinstance(word, str) or word not in known:
            at = f"{pointer}/{escaped(keyword)}" if keyword else pointer
            raise SchemaError(f"{word!r} is no evidence.", where=where(at), fix=nearest(str(word), known))


def extensions(tree: Any) -> Iterator[tuple[str, str, Any]]:
    """Every member of a document whose name begins with an x and is no name of a user's: pointer, name, value.

    What stands in examples and other literals is none. Iterative: safe on anything.
    """
    waiting: list[tuple[Any, str, bool]] = [(tree, "#", False)]
    while waiting:
        node, pointer, names = waiting.pop()
        if isinstance(node, list):
            waiting.extend((child, f"{pointer}/{index}", False) for index, child in enumerate(node))
            continue
        if not isinstance(node, dict):
            continue
        if not names:
            for key in node:
                if key[:1] in ("x", "X"):
                    yield f"{pointer}/{escaped(key)}", key, node[key]
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
