"""Where each word of a rule does something: what an overlay says elsewhere, the mock could not act out.

A word that stands in none of these tables does something wherever it may stand.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.specs.behaviour.actions import Action
from threadmock.specs.behaviour.read_settings import HOLDS, is_setting
from threadmock.specs.behaviour.setting import Kind
from threadmock.specs.documents.places import DocumentPlace

ACTIONS_OF: Mapping[str, tuple[Action, ...]] = {
    "key": (
        *("create", "read", "list", "update", "replace", "delete", "append", "copy", "count", "run", "join", "cancel"),
        *("fixed", "create_many"),
    ),
    "taken": ("create", "create_many", "run"),
    "set": ("create", "create_many", "update", "replace", "append", "copy", "run"),
    "shown": ("create", "read", "list", "update", "replace", "append", "copy", "run"),
    "list": ("list", "count"),
    "merge": ("update", "replace"),
    "nulls": ("update", "replace"),
    "missing": ("read", "update", "replace", "delete"),
    "empty": ("read",),
    "also": ("create", "create_many", "append", "update", "replace", "run"),
    "touch": ("create", "create_many", "append", "update", "replace", "delete"),
    "copies": ("copy",),
    "prune": ("prune",),
    "as_node": ("append",),
    "inside": ("read", "list"),
    "restores": ("update", "replace"),
    "cascades": ("delete",),
    "expires": ("create", "create_many", "append", "update", "replace", "run"),
    "select": ("read", "create", "update", "replace", "append", "copy"),
    "unique": ("create", "create_many", "append", "update", "replace"),
    "headers": (
        *("create", "create_many", "read", "list", "update", "replace", "delete", "append", "copy", "count", "prune"),
        "fixed",
    ),
    "conditional": ("read", "list", "update", "replace", "delete"),
    "progress": ("read",),
    "run": ("run", "join", "cancel", "update"),
}
"""Word of a rule → the actions in which it does something."""
KINDS_OF: Mapping[str, tuple[Kind, ...]] = {
    "plus": ("stored", "parent", "latest"),
    "plus_item": ("stored",),
    "minus_item": ("stored",),
    "null": ("from", "text", "minutes_after", "each", "keyed"),
    "otherwise": (
        "from",
        "members",
        "stored",
        "parent",
        "latest",
        "child",
        "text",
        "keyed",
        "related",
        "scheduled",
        "named",
        "declared",
    ),
    "words": ("from",),
    "without": ("from",),
    "only": ("from",),
    "over": ("merged",),
    "append": ("merged",),
    "of": ("each", "messages", "keyed"),
}
"""Word beside the one that gives a value → the words beside which it does something."""
TALLIES: Mapping[Action, tuple[str, ...]] = {"count": ("total",), "prune": ("done",)}
"""What `tally` knows in an action. A list knows all but `done`, any other action nothing."""
CONDITIONS = ("present", "filled", "type", "unknown", "ill_formed")
"""What a condition may ask of a value, beside being equal to a literal."""
OF_BODIES = ("malformed", "media_type", "too_large", "plain_text", "duplicate_keys")
"""Kinds of errors, and of leniency, that need a body in the request."""


_SOURCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    *(("key", ("from",)), ("within", ("from",)), ("taken", ("by",)), ("select", ())),
    *(("inside", (word,)) for word in ("from", "shown")),
    *(("prune", (word,)) for word in ("keys", "strategy")),
    *(
        ("list", (word,))
        for word in ("limit", "offset", "page", "sort", "direction", "after", "before", "select", "extract")
    ),
)


def settings_in(
    rule: Mapping[str, Any], place: DocumentPlace
) -> Iterator[tuple[str, Mapping[str, Any] | str, DocumentPlace]]:
    """Every setting of a rule as data, inner ones too: the word that it stands under, the setting, its place."""
    for word in ("set", "touch", "empty", "headers"):
        yield from _in_mapping(word, rule.get(word), place / word)
    if "reply" in rule:
        yield from _deep("reply", rule["reply"], place / "reply")
    yield from _in_mapping("list.item", rule.get("list", {}).get("item"), place / "list" / "item")
    for resource, settings in rule.get("copies", {}).items():
        yield from _in_mapping("copies", settings, place / "copies" / resource)
    for index, made in enumerate(rule.get("also", ())):
        for word in ("set", "touch"):
            yield from _in_mapping("also", made.get(word), place / "also" / index / word)
        if "agent" in made.get("as_node", {}):
            yield from _deep("also", made["as_node"]["agent"], place / "also" / index / "as_node" / "agent")
    if "agent" in rule.get("as_node", {}):
        yield from _deep("as_node", rule["as_node"]["agent"], place / "as_node" / "agent")


def sources_in(rule: Mapping[str, Any], place: DocumentPlace) -> Iterator[tuple[str, DocumentPlace]]:
    """Every place of the request that a rule reads, as it is written, with where it stands in the rule.

    Of several places for one value none is told: some of them need not be there.
    """
    for word, setting, at in settings_in(rule, place):
        kind = kind_of(setting)
        if isinstance(setting, Mapping) and HOLDS.get(kind) == "places" and word != "item":  # type: ignore[call-overload]
            yield from _texts(setting.get(kind), at / kind)
    for word, steps in _SOURCES:
        node: Any = rule.get(word)
        at = place / word
        for step in steps:
            node, at = (node.get(step) if isinstance(node, Mapping) else None), at / step
        yield from _texts(node, at)
    for index, each in enumerate(rule.get("list", {}).get("filters", ())):
        yield from _texts(each["from"], place / "list" / "filters" / index / "from")
    for index, each in enumerate(rule.get("refuse", ())):
        for name in each["when"]:
            yield name, place / "refuse" / index / "when" / name


def _texts(node: Any, place: DocumentPlace) -> Iterator[tuple[str, DocumentPlace]]:
    if isinstance(node, str):
        yield node, place


def _in_mapping(
    word: str, settings: Any, place: DocumentPlace
) -> Iterator[tuple[str, Mapping[str, Any] | str, DocumentPlace]]:
    for member, setting in (settings or {}).items():
        yield from _deep(word, setting, place / member)


def _deep(
    word: str, setting: Any, place: DocumentPlace
) -> Iterator[tuple[str, Mapping[str, Any] | str, DocumentPlace]]:
    yield word, setting, place
    if not isinstance(setting, Mapping):
        return
    yield from _in_mapping(word, setting.get("members"), place / "members")
    for index, each in enumerate(setting.get("list", ())):
        yield from _deep(word, each, place / "list" / index)
    if "of" in setting:
        yield from _deep("item", setting["of"], place / "of")
    kind = kind_of(setting)
    if HOLDS.get(kind) == "parts":  # type: ignore[call-overload]
        for name, inner in setting[kind].items():
            for index, each in enumerate(inner if name == "at" else [inner]):
                if is_setting(each):
                    yield from _deep(
                        "item" if name == "of" else word,
                        each,
                        place / kind / name / index if name == "at" else place / kind / name,
                    )
    if isinstance(setting.get("merged"), Mapping):
        yield from _deep(word, setting["merged"], place / "merged")
    if "otherwise" in setting and is_setting(setting["otherwise"]):
        yield from _deep(word, setting["otherwise"], place / "otherwise")


def kind_of(setting: Mapping[str, Any] | str) -> str:
    """The word that says where a setting's value comes from; of a bare word that word."""
    if isinstance(setting, str):
        return setting
    return next((kind for kind in HOLDS if kind in setting), "")
