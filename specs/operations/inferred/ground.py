"""The ground of inferred rules: what makes things, what lies above them, what answers tell of them. All assumed."""

from collections.abc import Mapping
from dataclasses import dataclass

from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.setting import Setting, Source, Within
from threadmock.specs.contract import Operation
from threadmock.specs.operations.batches import batch_of, single_of
from threadmock.specs.operations.inferred.members import address, counts_of, generated, given
from threadmock.specs.operations.inferred.places import PathSubject, last_of, plain, singular
from threadmock.specs.operations.inferred.resources import ACCEPTED, Model, Resource
from threadmock.specs.operations.inferred.shapes import asked, body_source, reply_schema, shown_in, shown_thing
from threadmock.specs.operations.inferred.verbs import is_verb, outcome
from threadmock.specs.operations.inferred.words import COPIES, SEARCHES, SEVERAL, STATELESS
from threadmock.specs.operations.path_templates import name_of, names_in
from threadmock.specs.schemas.declared import item_types, nodes_of, properties, types_of


def _names(within: Within | None, parent: Within) -> bool:
    while within is not None and within.resource != parent.resource:
        within = within.within
    return within is not None


@dataclass(frozen=True)
class Ground:
    """One document. texts: by an operation's pointer, what the document says of it in words."""

    model: Model
    texts: Mapping[str, str]

    def within(self, place: PathSubject) -> Within | None:
        """The parents that a path names, the nearest first."""
        found: Within | None = None
        for index, (segment, parameter) in enumerate(place.above):
            name = self.model.named(segment)
            parent = self.model.resources.get(name)
            below = parent is not None and bool(parent.parents) and self.below_only(parent)
            loose = found is not None and not found.must_exist and found.resource not in self.model.resources
            made = parent is not None and parent.made
            above = found if index > 0 and (below or loose) else None
            found = Within(name, Source("path", (parameter,)), must_exist=made, within=above, evidence="assumed")
        return found

    def below_only(self, resource: Resource) -> bool:
        """Whether all that makes a resource's things names their parent in its path."""
        makers = [each for each in resource.operations if self.makes(each)]
        return bool(makers) and all(self.model.subject(each).above for each in makers)

    def is_further_down(self, resource: Resource, parent: Within) -> bool:
        """Whether all that makes a resource's things names a nearer parent, and this one above it.

        `/subscriptions/{id}/accounts` lists what is made at `/subscriptions/{id}/groups/{name}/accounts/{key}`.
        """
        places = [self.within(self.model.subject(each)) for each in resource.operations if self.makes(each)]
        outer = [within.within for within in places if within and within.resource != parent.resource]
        return bool(outer) and len(outer) == len(places) and all(_names(within, parent) for within in outer)

    def makes(self, operation: Operation) -> bool:
        """Whether an operation makes a thing of the resource that it is about."""
        place = self.model.subject(operation)
        if operation in self.model.singletons or self.list_of(operation):
            return False
        if place.key:
            return operation.method in ("PUT", "POST") and self.upserts(operation)
        if operation.method != "POST" or self.acted_on(operation) is not None:
            return False
        return self.keeps(operation) or self.several(operation) is not None

    def several(self, operation: Operation) -> Operation | None:
        """The operation for one of the things that it makes, where it makes several; else None."""
        batch, resource, word = batch_of(operation), self.model.of(operation), last_of(operation.path)
        if batch is None or not resource.key or not resource.keys:
            return None
        named = word in SEVERAL or not self.model.is_aside(operation)
        if not named or operation.success == ACCEPTED or word in SEARCHES:
            return None
        shown = batch.answer is None or resource.key in properties(batch.answer)
        return single_of(operation) if shown else None

    def upserts(self, operation: Operation) -> bool:
        """Whether a PUT of one thing makes it: the document says so by 201, or nothing else makes such things."""
        if operation.method == "PUT" and "201" in operation.replies:
            return True
        resource = self.model.of(operation)
        posted = any(each.method == "POST" and not self.model.subject(each).key for each in resource.operations)
        puts = any(each.method == "PUT" and self.model.subject(each).key for each in resource.operations)
        return not posted and (operation.method == "PUT" or ("201" in operation.replies and not puts))

    def keeps(self, operation: Operation) -> bool:
        """Whether what a POST answers with, or what it is given, is kept: something names it, and it is no search."""
        resource = self.model.of(operation)
        if operation in self.model.referring:
            return bool(resource.key)
        collection = self.model.is_below(operation.path)
        if last_of(operation.path) in STATELESS and not collection:
            return False
        schema = reply_schema(operation)
        if schema is not None and "array" in types_of(schema, schema.document):
            return False
        shown = properties(shown_thing(operation))
        if resource.key and resource.key in shown:
            return True
        return bool(collection and resource.key and (not shown or operation.success in (201, ACCEPTED)))

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
                return Within(name, body_source(operation, member), must_exist=must, evidence="assumed")
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

    def counts(self, rule: Rule, resource: Resource) -> dict[str, Setting]:
        """Members of the parent that count such things."""
        names = [rule.within.resource] if rule.within else sorted(resource.parents)
        parents = [self.model.resources[name] for name in names if name in self.model.resources]
        return {name: each for parent in parents for name, each in counts_of(resource, parent, self.model).items()}

    def is_accepted(self, resource: Resource) -> bool:
        """Whether things are made by requests that are answered before the work is done."""
        return any(
            each.method == "POST" and each.success == ACCEPTED and self.makes(each) for each in resource.operations
        )

    def envelope(self, operation: Operation) -> Setting | None:
        """What an answer tells around the one thing that it holds; None where the answer is the thing."""
        member, schema = shown_in(operation), reply_schema(operation)
        if not member or schema is None:
            return None
        made: dict[str, Setting] = {}
        for name, node in properties(schema).items():
            short, types = plain(name), types_of(schema, node)
            formats = {each.get("format") for each in nodes_of(schema, node)}
            if name == member:
                made[name] = Setting("stored", evidence="assumed")
            elif short in ("success", "ok") and "boolean" in types:
                made[name] = given(True)
            elif short in ("timestamp", "time") and "date-time" in formats:
                made[name] = generated("now")
        return Setting("members", members=tuple(made.items()), evidence="assumed")

    def list_of(self, operation: Operation) -> tuple[Operation, str] | None:
        """The operation on the thing, and the member of it, of which this one puts an item in or takes it out.

        `PUT /notes/{id}/tags/{tag}`, where a note has a list of tags and nothing else is known of tags.
        """
        above, _, last = operation.path.rstrip("/").rpartition("/")
        path, _, word = above.rpartition("/")
        there = self.model.items_at(path) if name_of(last) and not names_in(word) else []
        if not there or operation.method not in ("PUT", "POST", "DELETE"):
            return None
        if any(self.model.is_shown(each) for each in (operation.path, above)) or self.model.is_posted(above):
            return None
        item = next((each for each in there if each.method == "GET"), there[0])
        resource = self.model.of(item)
        name = resource.member(word)
        member = resource.members.get(name)
        kinds = item_types(member.schema, member.node) if member else frozenset()
        return (item, name) if kinds and kinds <= {"string", "integer"} else None

    def acted_on(self, operation: Operation) -> Operation | None:
        """The operation on the thing of which this one, at a verb behind its key, changes something."""
        above, _, verb = operation.path.rstrip("/").rpartition("/")
        there = self.model.items_at(above)
        if not there or not name_of(above.rpartition("/")[2]) or names_in(verb) or self.model.is_below(operation.path):
            return None
        if self.model.is_shown(operation.path) or operation in self.model.referring:
            return None
        item = next((each for each in there if each.method == "GET"), there[0])
        resource = self.model.of(item)
        is_verbal = bool(outcome(resource, verb)) or is_verb(verb)
        shown = set(properties(shown_thing(operation)))
        is_thing = bool(shown) and shown == set(properties(shown_thing(item)))
        if operation.method in ("PUT", "DELETE", "PATCH"):
            part = bool(resource.member(verb)) and bool(set(asked(operation)) & set(resource.members))
            return item if is_verbal or ((is_thing or part) and operation.method != "DELETE") else None
        if operation.method != "POST":
            return None
        if is_verbal or is_thing or plain(verb) in COPIES:
            return item
        keyed = {"id", resource.key, f"{singular(verb)}_id", f"{singular(verb)}Id", "uuid", "key", "sid"}
        return None if shown & keyed else item
