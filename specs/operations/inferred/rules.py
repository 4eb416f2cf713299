"""The rules that operations get when nobody declared them: from the document's resources, path shapes and schemas.

Everything here is marked inferred and rests on assumption; `threadmock explain` shows it as guessed, with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from threadmock.specs.behaviour.read_settings import Spell
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.setting import Key, Setting, Source, Within
from threadmock.specs.contract import Operation
from threadmock.specs.operations.inferred.answers import conditional, farewell, progress, removal, removed, report
from threadmock.specs.operations.inferred.lists import headers_of, infer_listing
from threadmock.specs.operations.inferred.members import address, changed_members, counts_of, given, made_members
from threadmock.specs.operations.inferred.resources import (
    Model,
    PathSubject,
    Resource,
    asked,
    is_list,
    plain,
    reply_schema,
    singular,
    subject_of,
)
from threadmock.specs.operations.inferred.spelled import spell_rule
from threadmock.specs.operations.inferred.texts import unique_members
from threadmock.specs.operations.inferred.verbs import is_verb, outcome, repeated
from threadmock.specs.operations.path_templates import name_of, names_in
from threadmock.specs.schemas.declared import properties, types_of

_STATELESS = frozenset(
    [
        "search",
        "query",
        "filter",
        "find",
        "lookup",
        "count",
        "stats",
        "statistics",
        "summary",
        "report",
        "aggregate",
        "login",
        "logout",
        "signin",
        "signout",
        "token",
        "refresh",
        "authorize",
        "auth",
        "authenticate",
        "oauth",
        "introspect",
        "validate",
        "verify",
        "check",
        "test",
        "ping",
        "health",
        "healthz",
        "status",
        "preview",
        "render",
        "convert",
        "parse",
        "estimate",
        "quote",
        "calculate",
        "compute",
        "translate",
        "classify",
        "completions",
        "embeddings",
        "moderations",
        "upload",
        "import",
        "export",
        "download",
        "batch",
        "bulk",
        "graphql",
        "rpc",
        "webhook",
        "callback",
        "echo",
    ]
)
"""Last segments of paths behind which nothing is kept, unless something is named below them."""
_ACCEPTED = 202


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
        if not each.rule.inferred and each.rule.traits.makes:
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


class _Inference:
    """Rules of one document, operation by operation."""

    def __init__(self, model: Model, texts: Mapping[str, str]) -> None:
        self.model = model
        self.texts = texts

    def rule(self, operation: Operation) -> Rule:
        """The rule of an operation."""
        place, method = subject_of(operation.path), operation.method
        resource = self.model.of(operation)
        base = Rule("fixed", resource=resource.name, within=self.within(place), evidence="assumed", inferred=True)
        if place.key:
            return self.of_one(operation, place, resource, base)
        if method in ("POST", "PUT", "DELETE", "PATCH") and (acted := self.acting(operation)):
            return acted
        if method == "POST":
            return self.create(operation, resource, base)
        if method == "GET":
            return self.listed(operation, resource, base)
        if method == "DELETE" and (removed := removal(operation, resource, base)):
            return removed
        return replace(base, why=f"{method} of a path that names no thing")

    def within(self, place: PathSubject) -> Within | None:
        """The parents that a path names, the nearest first."""
        found: Within | None = None
        for index, (segment, parameter) in enumerate(place.above):
            name = self.model.named(segment)
            parent = self.model.resources.get(name)
            nested = index > 0 and parent is not None and bool(parent.parents) and self.below_only(parent)
            made = parent is not None and parent.made
            above = found if nested else None
            found = Within(name, Source("path", (parameter,)), must_exist=made, within=above, evidence="assumed")
        return found

    def below_only(self, resource: Resource) -> bool:
        """Whether all that makes a resource's things names their parent in its path."""
        makers = [each for each in resource.operations if self.makes(each)]
        return bool(makers) and all(subject_of(each.path).above for each in makers)

    # --- what makes things

    def makes(self, operation: Operation) -> bool:
        """Whether an operation makes a thing of the resource that its path is about."""
        place = subject_of(operation.path)
        if place.key:
            return operation.method in ("PUT", "POST") and self.upserts(operation)
        return operation.method == "POST" and self.acted_on(operation) is None and self.keeps(operation)

    def upserts(self, operation: Operation) -> bool:
        """Whether a PUT of one thing makes it: the document says so by 201, or nothing else makes such things."""
        if operation.method == "PUT" and "201" in operation.replies:
            return True
        resource = self.model.of(operation)
        posted = any(each.method == "POST" and not subject_of(each.path).key for each in resource.operations)
        puts = any(each.method == "PUT" and subject_of(each.path).key for each in resource.operations)
        return not posted and (operation.method == "PUT" or ("201" in operation.replies and not puts))

    def keeps(self, operation: Operation) -> bool:
        """Whether what a POST answers with, or what it is given, is kept: something names it, and it is no search."""
        resource = self.model.of(operation)
        collection = self.model.is_below(operation.path)
        if plain(operation.path.rstrip("/").rpartition("/")[2]) in _STATELESS and not collection:
            return False
        schema = reply_schema(operation)
        if schema is not None and "array" in types_of(schema, schema.document):
            return False
        shown = properties(schema)
        if resource.key and resource.key in shown:
            return True
        return bool(collection and resource.key and (not shown or operation.success in (201, _ACCEPTED)))

    def create(self, operation: Operation, resource: Resource, base: Rule) -> Rule:
        """A POST on a collection."""
        if not self.keeps(operation):
            why = "its answer has no member that could be a key" if resource.name not in _STATELESS else "it only asks"
            return replace(base, why=f"POST of {operation.path}: {why}")
        sent = asked(operation)
        source = Source("body", (resource.key,)) if resource.key in sent else None
        key = Key(resource.key, source, resource.generator, "assumed")
        settings = made_members(operation, resource, self.model)
        if operation.success == _ACCEPTED:
            settings |= {name: given(values[0]) for name, values in progress(resource).items()}
        parent = self.model.resources.get(base.within.resource) if base.within else None
        return replace(
            base,
            action="create",
            within=base.within or self.body_parent(operation, resource),
            key=key,
            set=settings,
            unique=unique_members(operation, resource, key, self.texts.get(operation.pointer, "")),
            headers=self.headers(operation, resource),
            touch=counts_of(resource, parent, self.model) if parent else {},
            why=f"POST of a collection; its things have the key {resource.key}",
        )

    def body_parent(self, operation: Operation, resource: Resource) -> Within | None:
        """A parent whose things' paths list this resource, and which the body names."""
        sent = {plain(name): name for name in asked(operation)}
        for name in sorted(resource.parents):
            parent = self.model.resources.get(name)
            thing = plain(singular(name))
            keys = (f"{thing}id", f"{thing}{plain(parent.key)}" if parent else "", thing)
            member = next((sent[each] for each in keys if each in sent), "")
            if parent is not None and member:
                must = parent.made and "404" in operation.replies
                return Within(name, Source("body", (member,)), must_exist=must, evidence="assumed")
        return None

    def headers(self, operation: Operation, resource: Resource) -> dict[str, Setting]:
        """Location and ETag where they are declared."""
        reply = operation.reply(operation.success)
        found: dict[str, Setting] = {}
        for name, header in (reply.headers if reply else {}).items():
            if name == "etag":
                found[header.name] = Setting("generate", "etag", evidence="assumed")
            if name in ("location", "content-location") and (path := address(operation, resource)):
                whole = header.schema.document.get("format") in ("uri", "url")
                found[header.name] = Setting("template", value=f"{'$base' * whole}{path}", evidence="assumed")
        return found

    # --- what is about one thing

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
        key = Key(resource.key or place.key, Source("path", (place.key,)), resource.generator, "assumed")
        rule = replace(
            base, action=actions[operation.method], key=key, why=f"{operation.method} of a path that ends in a key"
        )
        rule = replace(rule, headers=self.headers(operation, resource), conditional=conditional(operation))
        if operation.method == "GET":
            return replace(rule, progress=progress(resource) if self.is_accepted(resource) else {})
        if operation.method == "DELETE":
            return replace(rule, reply=farewell(operation, resource), touch=self.counts(rule, resource))
        rule = replace(rule, set=changed_members(resource))
        if self.upserts(operation):
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
        if operation.method == "PATCH" and operation.body and "application/merge-patch+json" in operation.body.content:
            rule = replace(rule, merge={"*": "deep"}, nulls=removed(operation, resource))
        elif operation.method != "PATCH":
            rule = replace(rule, merge={"*": "replace"})
        return rule

    def counts(self, rule: Rule, resource: Resource) -> dict[str, Setting]:
        """Members of the parent that count such things."""
        names = [rule.within.resource] if rule.within else sorted(resource.parents)
        parents = [self.model.resources[name] for name in names if name in self.model.resources]
        return {name: each for parent in parents for name, each in counts_of(resource, parent, self.model).items()}

    def is_accepted(self, resource: Resource) -> bool:
        """Whether things are made by requests that are answered before the work is done."""
        return any(
            each.method == "POST" and each.success == _ACCEPTED and self.makes(each) for each in resource.operations
        )

    def acted_on(self, operation: Operation) -> Operation | None:
        """The operation on the thing of which this one, at a verb behind its key, changes something."""
        above, _, verb = operation.path.rstrip("/").rpartition("/")
        there = self.model.items_at(above)
        if not there or not name_of(above.rpartition("/")[2]) or names_in(verb) or self.model.is_below(operation.path):
            return None
        if self.model.is_shown(operation.path):
            return None
        item = next((each for each in there if each.method == "GET"), there[0])
        resource = self.model.of(item)
        if operation.method in ("PUT", "DELETE"):
            return item if outcome(resource, verb) or is_verb(verb) else None
        if operation.method != "POST":
            return None
        shown = set(properties(reply_schema(operation)))
        if outcome(resource, verb) or is_verb(verb) or (shown and shown == set(properties(reply_schema(item)))):
            return item
        keyed = {"id", resource.key, f"{singular(verb)}_id", f"{singular(verb)}Id", "uuid", "key", "sid"}
        return None if shown & keyed else item

    def acting(self, operation: Operation) -> Rule | None:
        """A verb behind a key: a change of that thing; None where it is none."""
        item = self.acted_on(operation)
        if item is None:
            return None
        verb = operation.path.rstrip("/").rpartition("/")[2]
        resource, names = self.model.of(item), names_in(operation.path)
        left = outcome(resource, verb, undone=operation.method == "DELETE")
        shown = reply_schema(operation)
        is_thing = shown is None or resource.key in properties(shown)
        reply = None if is_thing else report(operation, resource)
        return Rule(
            "update",
            resource=resource.name,
            within=self.within(subject_of(item.path)),
            key=Key(resource.key or names[-1], Source("path", (names[-1],)), resource.generator, "assumed"),
            set={**changed_members(resource), **left},
            conditions=tuple(repeated(left, 409)) if "409" in operation.replies else (),
            reply=reply,
            headers=self.headers(operation, resource) if is_thing else {},
            conditional=conditional(operation),
            evidence="assumed",
            inferred=True,
            why=f"{verb!r} behind the key of a thing acts on that thing",
        )

    # --- lists, and what removes several

    def listed(self, operation: Operation, resource: Resource, base: Rule) -> Rule:
        """A GET of a path that does not end in a key."""
        found, items = is_list(operation, expected=self.model.is_collection(operation.path))
        if not found:
            return replace(base, why="GET of something that has no key and is no list")
        listing, reply = infer_listing(operation, resource, items, self.texts.get(operation.pointer, ""))
        everywhere = base.within is None and bool(resource.parents)
        key = resource.key or resource.member("name", "code", "slug", "title", "value")
        return replace(
            base,
            action="list",
            key=Key(key, None, resource.generator, "assumed") if key else None,
            listing=replace(listing, everywhere=everywhere) if everywhere else listing,
            reply=reply,
            headers=headers_of(operation),
            why=f"GET of a collection: its things are in {items or 'the answer itself'}",
        )
