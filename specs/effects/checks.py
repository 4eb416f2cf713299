"""Rules that could never do anything: each is an error at its own place, with what would do something instead."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from threadmock.specs.behaviour.conditions import asks_of_store
from threadmock.specs.behaviour.effects import (
    ACTIONS_OF,
    CONDITIONS,
    KINDS_OF,
    OF_BODIES,
    TALLIES,
    kind_of,
    settings_in,
    sources_in,
)
from threadmock.specs.behaviour.profile import Profile
from threadmock.specs.behaviour.vocabulary import reference
from threadmock.specs.contract import Operation
from threadmock.specs.documents.places import DocumentPlace
from threadmock.specs.documents.pointers import walk
from threadmock.specs.effects.known_members import KnownMembers
from threadmock.specs.errors import RuleError, SpecError, nearest, raise_all
from threadmock.specs.operations.inferred.places import plain, singular
from threadmock.specs.operations.spelling import camel

_SLIP = 0.8
_CURSORS = ("cursor", "token")
_BESIDE = ("total", "next", "previous")


def check_effects(operations: Sequence[Operation], profile: Profile, tree: Any, where: Callable[[str], str]) -> None:
    """RuleError, or SeveralErrors, where a declared rule of the document says something that can never do anything.

    tree: the document with its overlays. where: JSON pointer → text for an error.
    """
    declared = [each for each in operations if not each.rule.inferred and each.pointer.startswith("#")]
    if not declared:
        return
    known = KnownMembers(operations, profile)
    errors: list[SpecError] = []
    for operation in declared:
        pointer = f"{operation.pointer[1:]}/x-behaviour"
        place = DocumentPlace(where, pointer)
        errors += effect_errors(operation, walk(tree, pointer, where=lambda: ""), place, known)
    raise_all(errors)


def effect_errors(
    operation: Operation, node: Mapping[str, Any], place: DocumentPlace, known: KnownMembers
) -> Iterator[SpecError]:
    """What a declared rule says in vain. node: the rule as data, and its place; known: what the document makes."""
    judged = _Judged(operation, node, place, known)
    yield from judged.words()
    yield from judged.resources()
    yield from judged.settings()
    yield from judged.conditions()
    yield from judged.members()
    yield from judged.sources()
    if "list" in node and operation.rule.action == "list":
        yield from judged.listing()


class _Judged:
    """One rule, with what is needed to judge it."""

    def __init__(
        self, operation: Operation, node: Mapping[str, Any], place: DocumentPlace, known: KnownMembers
    ) -> None:
        self.operation = operation
        self.node = node
        self.place = place
        self.known = known
        self.rule = operation.rule

    def error(self, what: str, place: DocumentPlace, word: str, fix: str = "") -> RuleError:
        return RuleError(what, where=place, fix=f"{fix} {reference(word)}".strip())

    def words(self) -> Iterator[SpecError]:
        """Words that do nothing in this action, or without another word."""
        node, action = self.node, self.rule.action
        for word in node:
            actions = ACTIONS_OF.get(word, ())
            listed = word == "list" and any(
                key.startswith("listed.") for each in self.refusals() for key in each["when"]
            )
            if actions and action not in actions and not listed:
                what = f"`{word}` does nothing in an operation with `action: {action}`."
                yield self.error(what, self.place / word, word, f"It does something in: {', '.join(actions)}.")
        for word, why, needed in (
            ("touch", "the rule has no `within`, and so no parent", "within" in node),
            ("empty", "it shows what is not there only with `missing: empty`", node.get("missing") == "empty"),
            ("taken", "the client can't choose the key", bool(self.rule.key and self.rule.key.source)),
            ("merge", "the request has no body", self.operation.body is not None),
            ("nulls", "the request has no body", self.operation.body is not None),
        ):
            if word in node and not needed and action in ACTIONS_OF[word]:
                fix = " Add `from` to `key`." if word == "taken" else ""
                yield self.error(f"`{word}` does nothing here: {why}.", self.place / word, word, fix.strip())
        missing = {"create": ("read", "update", "replace"), "empty": ("read", "delete")}.get(
            node.get("missing", ""), ()
        )
        if missing and action not in missing and action in ACTIONS_OF["missing"]:
            what = f"`missing: {node['missing']}` does nothing in an operation with `action: {action}`."
            yield self.error(what, self.place / "missing", "missing", f"It does something in: {', '.join(missing)}.")
        yield from self.requirements()
        yield from self.kinds()

    def requirements(self) -> Iterator[SpecError]:
        for index, each in enumerate(self.node.get("requires", ())):
            name = plain(each["from"].rpartition(".")[2])
            made = next((one for one in sorted(self.known.made) if f"{plain(singular(one))}id" in name), "")
            if made and "agent" not in each and "resource" not in each:
                shown = f"{{when: {{{each['from']}: {{unknown: {made}.id}}}}, status: {each['statuses'][0]}}}"
                yield self.error(
                    f"This refuses nothing on the mock, though the document makes each {made!r}.",
                    self.place / "requires" / index,
                    "requires",
                    f"`requires` is for things of which it knows nothing. Write `refuse: [{shown}]`.",
                )

    def kinds(self) -> Iterator[SpecError]:
        """Kinds of errors, and of leniency, that cannot come up in this operation."""
        kinds = [(kind, self.place / "errors" / kind) for kind in self.node.get("errors", {})]
        for index, each in enumerate(self.node.get("lenient", ())):
            kinds.append((each["what"], self.place / "lenient" / index / "what"))
        for kind, place in kinds:
            why = self.idle(kind)
            if why:
                yield self.error(f"`{kind}` can't come up in this operation: {why}.", place, "errors", "Take it away.")

    def idle(self, kind: str) -> str:
        if kind in OF_BODIES and self.operation.body is None:
            return "the request has no body"
        if kind in ("no_route", "no_method"):
            return "it is for the whole document"
        if kind == "denied" and not self.operation.security:
            return "no credentials are asked for"
        if kind == "stale" and "conditional" not in self.node:
            return "the rule has no `conditional`"
        return ""

    def refusals(self) -> Sequence[Mapping[str, Any]]:
        refusals: Sequence[Mapping[str, Any]] = self.node.get("refuse", ())
        return refusals

    def resources(self) -> Iterator[SpecError]:
        """Resources that nothing makes."""
        rule, made = self.rule, self.known.made
        about = rule.traits.names_thing or rule.traits.about_many
        if "resource" in self.node and about and not rule.makes_more and rule.resource not in made:
            above = self.known.made_above(self.operation)
            meant = above or _slip(rule.resource, made)
            if meant:
                what = f"Nothing makes a {rule.resource!r}."
                yield self.error(what, self.place / "resource", "resource", f"Did you mean {meant!r}?")
        within, at, node = rule.within, self.place / "within", self.node.get("within")
        while within is not None and node is not None:
            meant = _slip(within.resource, made)
            if within.resource not in made and not within.create and (within.must_exist or meant):
                known = f"{nearest(within.resource, made)} Or write `must_exist: false`: any parent will do."
                fix = f"Did you mean {meant!r}?" if meant else known.strip()
                yield self.error(f"Nothing makes a {within.resource!r}.", at / "resource", "within", fix)
            within, at, node = within.within, at / "within", node.get("within")
        named = [(name, self.place / "copies" / name, "copies") for name in self.node.get("copies", {})]
        for index, each in enumerate(self.node.get("cascades", ())):
            named.append((each["resource"], self.place / "cascades" / index / "resource", "cascades"))
        for index, each in enumerate(self.node.get("requires", ())):
            if "resource" in each:
                named.append((each["resource"], self.place / "requires" / index / "resource", "requires"))
        if "restores" in self.node:
            named.append((self.node["restores"]["resource"], self.place / "restores" / "resource", "restores"))
        for name, place, word in named:
            if name not in made:
                yield self.error(f"Nothing makes a {name!r}.", place, word, nearest(name, made))

    def settings(self) -> Iterator[SpecError]:
        """Words of settings that do not fit beside each other, or find nothing here."""
        for word, setting, place in settings_in(self.node, self.place):
            kind = kind_of(setting)
            for modifier in setting if isinstance(setting, Mapping) else ():
                kinds = KINDS_OF.get(modifier, ())
                if kinds and kind not in kinds:
                    what = f"`{modifier}` does nothing beside `{kind}`."
                    yield self.error(
                        what,
                        place / modifier,
                        f"setting.{modifier}",
                        f"It goes with {', '.join(f'`{k}`' for k in kinds)}.",
                    )
            why = self.nothing_found(word, kind, setting)
            if why:
                yield self.error(f"This finds nothing: {why}.", place, "setting")

    def nothing_found(self, word: str, kind: str, setting: Any) -> str:  # noqa: PLR0911 - one for each reason
        value = setting.get(kind) if isinstance(setting, Mapping) else setting
        own = word in ("set", "touch", "reply", "headers") and not self.rule.traits.about_runs
        if own and "within" not in self.node and (kind == "parent" or "parent_key" in (value, kind)):
            return "the rule has no `within`, and so no parent"
        if word == "set" and kind == "stored" and self.rule.action == "create":
            return "nothing is stored yet when a thing is made"
        if own and kind == "latest" and self.rule.action in ("create", "read", "list", "update", "replace", "delete"):
            return f"`latest` is what an `append` follows, and this is a `{self.rule.action}`"
        if kind == "tally":
            known = TALLIES.get(self.rule.action, ())
            fits = value != "done" if self.rule.action == "list" else value in known
            return "" if fits else f"an operation with `action: {self.rule.action}` has no tally {value!r}"
        if kind in ("counted", "weighed", "child") and value not in self.known.made:
            return f"nothing makes a {value!r}. {nearest(str(value), self.known.made)}".rstrip(".")
        places = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        items = "as_node" in self.node
        if not items and own and kind in ("from", "text", "count") and places and all(map(_is_of_an_item, places)):
            return "there is no item here; `each`, `also` and `as_node` have items"
        return ""

    def conditions(self) -> Iterator[SpecError]:
        for index, refusal in enumerate(self.refusals()):
            at = self.place / "refuse" / index
            for name, wanted in refusal["when"].items():
                if isinstance(wanted, Mapping) and (len(wanted) != 1 or not wanted.keys() <= set(CONDITIONS)):
                    unknown = next((key for key in wanted if key not in CONDITIONS), "")
                    what = f"{unknown!r} is no condition."
                    yield self.error(what, at / "when" / name, "conditions", nearest(unknown, CONDITIONS))
                    continue
                asked = (each.partition(".")[0] for each in asks_of_store(wanted))
                for resource in (each for each in asked if each not in self.known.made):
                    fix = nearest(resource, self.known.made)
                    yield self.error(f"Nothing makes a {resource!r}.", at / "when" / name, "conditions", fix)
                why = self.never_holds(name, refusal)
                if why:
                    yield self.error(f"This never holds: {why}.", at / "when" / name, "refuse")

    def never_holds(self, name: str, refusal: Mapping[str, Any]) -> str:
        place = name.partition(".")[0]
        if place == "parent" and "within" not in self.node:
            return "the rule has no `within`, and so no parent"
        if place == "item" and "some" not in refusal:
            return "there are no items without `some`"
        if place == "stored" and not refusal.get("kept") and not (self.rule.key and self.rule.key.source):
            return "the request names no stored thing"
        return ""

    def members(self) -> Iterator[SpecError]:
        """Members that neither the requests nor the answers of the resource have."""
        node, rule = self.node, self.rule
        own = rule.resource
        named: list[tuple[str, str, DocumentPlace, str]] = [
            *((own, name, self.place / "set" / name, "set") for name in node.get("set", {})),
            *((own, name, self.place / "progress" / name, "progress") for name in node.get("progress", {})),
            *((own, name, self.place / "shown" / name, "shown") for name in node.get("shown", {})),
        ]
        if rule.within:
            named += [
                (rule.within.resource, name, self.place / "touch" / name, "touch") for name in node.get("touch", {})
            ]
        for word in ("merge", "nulls"):
            given = node.get(word)
            if isinstance(given, Mapping):
                named += [(own, name, self.place / word / name, word) for name in given if name != "*"]
        if "key" in node and rule.action != "fixed":
            named.append((own, node["key"]["field"], self.place / "key" / "field", "key"))
        for index, each in enumerate(node.get("unique", ())):
            named.append((own, each["member"], self.place / "unique" / index / "member", "unique"))
        listing = node.get("list", {})
        if "by" in listing:
            named.append((own, listing["by"], self.place / "list" / "by", "list"))
        for index, each in enumerate(listing.get("filters", ())):
            at = self.place / "list" / "filters" / index / "member"
            named.append((own, each["member"], at, "list"))
        for resource, name, place, word in named:
            spelled = camel(name) if rule.spelling.wire == "camelCase" else name
            lacking = self.known.lacks(resource, spelled)
            # A key may be the mock's own: an answer need not show it.
            if lacking is not None and (word != "key" or _slip(spelled, lacking)):
                what = f"No request or answer of {resource!r} has a member {name!r}."
                yield self.error(what, place, word, nearest(spelled, lacking))

    def sources(self) -> Iterator[SpecError]:
        """Members of the body that no request has, but one by nearly that name.

        Others may be taken although no document says so.
        """
        asked = self.known.asked(self.operation)
        for text, place in sources_in(self.node, self.place):
            where, _, path = text.partition(".")
            name = path.partition(".")[0]
            spelled = camel(name) if self.rule.spelling.wire == "camelCase" else name
            meant = _slip(spelled, asked) if where == "body" and spelled not in asked else ""
            if meant:
                fix = f"Did you mean {meant!r}?"
                yield self.error(f"No request has a member {name!r}.", place, "source", fix)

    def listing(self) -> Iterator[SpecError]:
        node, at = self.node["list"], self.place / "list"
        declared, arrays = self.known.answer(self.operation)
        spelled = camel if self.rule.spelling.wire == "camelCase" else str
        items = node.get("items")
        if items is None:
            for word in (*(each for each in _BESIDE if each in node), *(["reply"] if "reply" in self.node else [])):
                place = self.place / word if word == "reply" else at / word
                yield self.error(
                    f"`{word}` does nothing: `items` names no member, so the answer is the array.", place, "list"
                )
            if declared and arrays:
                fix = f"Write `items: {arrays[0]}`."
                yield self.error(
                    "The answer is an object, and nothing says which member holds the items.", at, "list", fix
                )
        elif declared and spelled(items) not in arrays:
            what = f"The answer has no array {items!r}."
            yield self.error(what, at / "items", "list", nearest(items, arrays) or "Its schema declares no array.")
        for word in _BESIDE:
            name = node.get(word)
            if name is not None and declared and spelled(name) not in declared:
                yield self.error(f"The answer has no member {name!r}.", at / word, "list", nearest(name, declared))
            elif word != "total" and name is not None and any(each in name.lower() for each in _CURSORS):
                yield self.error(
                    f"`{word}` holds the URL of another page, and {name!r} is a cursor by its name.",
                    at / word,
                    "list",
                    f"Take it away and write `reply: {{members: {{{name}: {{tally: {word}}}}}}}`.",
                )
        if "page_from" in node and "page" not in node:
            yield self.error("`page_from` does nothing without `page`.", at / "page_from", "list")


def _slip(name: str, known: Iterable[str]) -> str:
    """The known name of which another one is plainly a misspelling; "" for none."""
    return next(iter(difflib.get_close_matches(name, sorted(known), 1, _SLIP)), "")


def _is_of_an_item(place: object) -> bool:
    return str(place).startswith("item.")
