"""The rules that operations get when nobody declared them: from the document's resources, path shapes and schemas.

Everything here is marked inferred and rests on assumption; `threadmock explain` shows it as guessed, with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from threadmock.specs.behaviour.read_settings import Spell
from threadmock.specs.behaviour.rule import Listing, Rule
from threadmock.specs.behaviour.setting import Key, Source
from threadmock.specs.contract import Operation
from threadmock.specs.operations.inferred.acts import Acts
from threadmock.specs.operations.inferred.answers import (
    again,
    conditional,
    counted_members,
    farewell,
    progress,
    referral,
    removal,
    removed,
)
from threadmock.specs.operations.inferred.lists import headers_of, infer_listing
from threadmock.specs.operations.inferred.members import (
    changed_members,
    counts_of,
    given,
    made_members,
    sent_members,
)
from threadmock.specs.operations.inferred.places import PathSubject, last_of
from threadmock.specs.operations.inferred.resources import ACCEPTED, Model, Resource, named_by
from threadmock.specs.operations.inferred.shapes import asked, body_source, is_count, is_list, reply_schema
from threadmock.specs.operations.inferred.spelled import spell_rule
from threadmock.specs.operations.inferred.texts import unique_members
from threadmock.specs.operations.inferred.words import SEVERAL, STATELESS
from threadmock.specs.schemas.declared import types_of


def infer_rule(operation: Operation, spell: Spell) -> Rule:
    """The rule of an operation that stands alone."""
    return infer_rules((operation,), spell, {})[0].rule


def infer_rules(operations: Sequence[Operation], spell: Spell, texts: Mapping[str, str]) -> tuple[Operation, ...]:
    """The operations, those with an inferred rule with what their document suggests; declared ones stay as they are.

    spell: member names as on the wire. texts: by an operation's pointer, what the document says of it in words.
    """
    if not any(each.rule.inferred for each in operations):
        return tuple(operations)
    model = Model(operations)
    for each in operations:
        if not each.rule.inferred and (each.rule.traits.makes or each.rule.traits.makes_several):
            model.resources.setdefault(each.rule.resource, Resource(each.rule.resource)).made = True
    reader = _Inference(model, texts)
    inferred = [each for each in operations if each.rule.inferred]
    for each in inferred:
        if reader.makes(each):
            model.of(each).made = True
    rules = {each: reader.rule(each) for each in inferred}
    return tuple(
        replace(each, rule=_kept(each.rule, spell_rule(rules[each], spell))) if each in rules else each
        for each in operations
    )


def _kept(before: Rule, made: Rule) -> Rule:
    """The inferred rule with what holds for the whole document."""
    return replace(
        made,
        refusals=before.refusals,
        lenient=before.lenient,
        spelling=before.spelling,
        slashes=before.slashes,
        conditions=tuple(_worded(each, before) for each in made.conditions),
    )


def _worded(condition: Any, rule: Rule) -> Any:
    taken = rule.refusals.get("taken")
    if taken is None or taken.body is None or taken.status != condition.status:
        return condition
    return replace(condition, body=taken.body, media_type=taken.media_type)


class _Inference(Acts):
    """Rules of one document, operation by operation."""

    def rule(self, operation: Operation) -> Rule:
        """The rule of an operation."""
        place, method = self.model.subject(operation), operation.method
        resource = self.model.of(operation)
        base = Rule("fixed", resource=resource.name, within=self.within(place), evidence="assumed", inferred=True)
        if operation in self.model.singletons:
            return self.of_single(operation, resource, base)
        if place.key:
            return self.listing_item(operation) or self.of_one(operation, place, resource, base)
        acted = self.acting(operation) if method in ("POST", "PUT", "DELETE", "PATCH") else None
        return acted or self.of_several(operation, resource, base)

    def of_several(self, operation: Operation, resource: Resource, base: Rule) -> Rule:
        """An operation whose path names no one thing."""
        method = operation.method
        if method == "POST" and (single := self.several(operation)) and not self.keeps(operation):
            made = self.create(single, resource, base, several=True)
            return replace(made, why=f"POST whose body holds several of {resource.name}, each of which is made")
        if method == "POST" and not self.model.is_aside(operation):
            return self.create(operation, resource, base)
        if method in ("GET", "POST"):
            return self.listed(operation, resource, base)
        if method in ("PUT", "PATCH") and resource.keys and resource.key in asked(operation):
            return self.changed_by_body(operation, resource, base)
        gone = removal(operation, resource, base) if method == "DELETE" else None
        return gone or replace(base, why=f"{method} of a path that names no thing")

    def changed_by_body(self, operation: Operation, resource: Resource, base: Rule) -> Rule:
        """A change of the thing whose key stands in the body: `PUT /pets` with `{"id": 7, …}`."""
        key = Key(resource.key, body_source(operation, resource.key), resource.generator, "assumed")
        rule = replace(
            base,
            action="replace" if operation.method == "PUT" else "update",
            key=key,
            set={**sent_members(operation, resource), **changed_members(resource)},
            reply=self.envelope(operation),
            why=f"{operation.method} of a collection changes the thing that {resource.key} of its body names",
        )
        return (
            self.patched(operation, resource, rule)
            if operation.method == "PATCH"
            else replace(rule, merge={"*": "replace"})
        )

    # --- what makes things

    def create(self, operation: Operation, resource: Resource, base: Rule, *, several: bool = False) -> Rule:
        """A POST on a collection. several: it stands for one of several things that a request makes."""
        if not several and not self.keeps(operation):
            return replace(base, why=f"POST of {operation.path}: {self.not_kept(operation)}")
        sent = asked(operation)
        source = body_source(operation, resource.key) if resource.key in sent else None
        key = Key(resource.key, source, resource.generator, "assumed")
        settings = made_members(operation, resource, self.model)
        referred = operation in self.model.referring
        if operation.success == ACCEPTED or referred:
            settings |= {name: given(values[0]) for name, values in progress(resource).items()}
        parent = self.model.resources.get(base.within.resource) if base.within else None
        return replace(
            base,
            action="create_many" if several else "create",
            within=base.within or self.body_parent(operation, resource),
            key=key,
            taken=again(operation) if source and "409" not in operation.replies else None,
            set=settings,
            unique=unique_members(operation, resource, key, self.texts.get(operation.pointer, "")),
            reply=referral(operation, resource) if referred else self.envelope(operation),
            headers=self.headers(operation, resource),
            touch=counts_of(resource, parent, self.model) if parent else {},
            why=f"POST that is answered with the key of one of {resource.name}"
            if referred
            else f"POST of a collection; its things have the key {resource.key}",
        )

    def not_kept(self, operation: Operation) -> str:
        """Why nothing is kept of what a POST is given."""
        last = last_of(operation.path)
        schema = reply_schema(operation)
        if last in SEVERAL:
            return "it makes several things at once"
        if last in STATELESS:
            return "it only asks"
        if schema is not None and "array" in types_of(schema, schema.document):
            return "its answer is a list and no thing"
        return "its answer has no member that could be a key"

    # --- what is about one thing

    def of_single(self, operation: Operation, resource: Resource, base: Rule) -> Rule:
        """An operation on the one thing of its kind."""
        actions: Mapping[str, Any] = {"GET": "read", "PATCH": "update", "PUT": "replace", "DELETE": "delete"}
        method = operation.method
        made = "POST" in (each.method for each in resource.operations)
        removed = "DELETE" in (each.method for each in resource.operations)
        rule = replace(
            base,
            action=actions.get(method, "replace"),
            key=Key(resource.key or "id", None, resource.generator, "assumed", pick="newest"),
            headers=self.headers(operation, resource),
            conditional=conditional(operation),
            why=f"{method} of the one thing at a path that names none of several",
        )
        there: Literal["refuse", "create"] = "refuse" if (made or removed) and "404" in operation.replies else "create"
        if method == "GET":
            return replace(rule, reply=self.envelope(operation), missing=there)
        if method == "DELETE":
            return replace(rule, reply=farewell(operation, resource))
        stamps = {**made_members(operation, resource, self.model), **changed_members(resource)}
        rule = replace(
            rule, set=stamps, reply=self.envelope(operation), missing="create" if method != "PATCH" else there
        )
        return replace(rule, merge={"*": "replace"}) if method != "PATCH" else self.patched(operation, resource, rule)

    @staticmethod
    def patched(operation: Operation, resource: Resource, rule: Rule) -> Rule:
        """A change that is sent as a merge patch where the document says so."""
        if operation.body and "application/merge-patch+json" in operation.body.content:
            return replace(rule, merge={"*": "deep"}, nulls=removed(operation, resource))
        return rule

    def of_one(self, operation: Operation, place: PathSubject, resource: Resource, base: Rule) -> Rule:
        """An operation whose path ends in a key."""
        actions: Mapping[str, Any] = {
            "GET": "read",
            "PATCH": "update",
            "PUT": "replace",
            "DELETE": "delete",
            "POST": "update",
        }
        if operation.method not in actions:
            return replace(base, why=f"{operation.method} of one thing")
        member = named_by(resource, operation.path, place.key) if self.model.is_aside(operation) else ""
        key = Key(member or resource.key or place.key, Source("path", (place.key,)), resource.generator, "assumed")
        rule = replace(
            base,
            action=actions[operation.method],
            key=key,
            why=f"{operation.method} of the thing whose {key.member} the path names"
            if member and member != resource.key
            else f"{operation.method} of a path that ends in a key",
        )
        rule = replace(
            rule,
            headers=self.headers(operation, resource),
            conditional=conditional(operation),
            reply=self.envelope(operation),
        )
        if operation.method == "GET":
            return replace(rule, progress=progress(resource) if self.is_accepted(resource) else {})
        if operation.method == "DELETE":
            return replace(rule, reply=farewell(operation, resource) or rule.reply, touch=self.counts(rule, resource))
        rule = replace(rule, set={**sent_members(operation, resource), **changed_members(resource)})
        if self.upserts(operation) and not self.model.is_aside(operation):
            made = {
                name: each
                for name, each in made_members(operation, resource, self.model).items()
                if name not in rule.set
            }
            first = {
                name: replace(each, kind="stored", steps=(name,), value=None, generator="", sources=(), otherwise=each)
                for name, each in made.items()
            }
            rule = replace(
                rule, action="replace", missing="create", set={**first, **rule.set}, touch=self.counts(rule, resource)
            )
        if operation.method == "PATCH":
            return self.patched(operation, resource, rule)
        return replace(rule, merge={"*": "replace"})

    # --- lists, and what removes several

    def counted(self, operation: Operation, resource: Resource, base: Rule) -> Rule:
        """A GET of how many things there are."""
        listing, _ = infer_listing(operation, resource, None, "", base.within)
        asked_for = replace(
            Listing(), filters=listing.filters, everywhere=base.within is None and bool(resource.parents)
        )
        return replace(
            base,
            action="count",
            listing=asked_for,
            reply=counted_members(operation),
            why=f"GET of how many {resource.name} there are",
        )

    def listed(self, operation: Operation, resource: Resource, base: Rule) -> Rule:
        """A GET of a path that does not end in a key."""
        if is_count(operation) and self.model.is_aside(operation):
            return self.counted(operation, resource, base)
        found, items = is_list(operation, expected=self.model.holds_several(operation))
        if not found:
            return replace(base, why="GET of something that has no key and is no list")
        aside = self.model.is_aside(operation)
        listing, reply = infer_listing(operation, resource, items, self.texts.get(operation.pointer, ""), base.within)
        everywhere = bool(resource.parents) if base.within is None else self.is_further_down(resource, base.within)
        key = resource.key or resource.member("name", "code", "slug", "title", "value")
        return replace(
            base,
            action="list",
            key=Key(key, None, resource.generator, "assumed") if key else None,
            listing=replace(listing, everywhere=everywhere) if everywhere else listing,
            reply=reply,
            headers={**self.headers(operation, resource), **headers_of(operation)},
            conditional=conditional(operation) if operation.method == "GET" else None,
            why=f"It lists {resource.name}, though its path is another: its things look the same"
            if aside
            else f"GET of a collection: its things are in {items or 'the answer itself'}",
        )
