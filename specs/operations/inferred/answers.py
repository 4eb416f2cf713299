"""What answers about one thing tell: the state of long work, farewells, reports; conditional requests. All assumed."""

from dataclasses import replace
from typing import Any

from threadmock.specs.behaviour.rule import Conditional, Policy, Pruning, Rule, Taken
from threadmock.specs.behaviour.setting import Key, Setting, Source
from threadmock.specs.contract import Operation
from threadmock.specs.operations.inferred.members import address, given
from threadmock.specs.operations.inferred.places import plain, singular
from threadmock.specs.operations.inferred.resources import Resource
from threadmock.specs.operations.inferred.shapes import asked, body_schema, body_source, reply_schema
from threadmock.specs.schemas.declared import item_types, properties, types_of

_BEGUN = ("queued", "pending", "accepted", "submitted", "scheduled", "waiting", "created", "new", "not_started")
_GOING = ("running", "in_progress", "processing", "started", "working", "active")
_PLACES = ("url", "uri", "href", "link", "location")
_ENDED = ("succeeded", "success", "completed", "complete", "finished", "done", "ready")


def again(operation: Operation) -> Taken:
    """What a create does with a key that exists, where the document has no refusal: it answers with the thing."""
    policy = Policy("again", operation.success, "existing", evidence="assumed")
    return Taken(None, "again", (policy,))


def conditional(operation: Operation) -> Conditional | None:
    """What If-Match and If-None-Match do, where they are declared with a status for it."""
    asked_ = {each.name.lower() for each in operation.parameters_in("header")}
    reply = operation.reply(operation.success)
    tagged = reply is not None and "etag" in reply.headers
    match = 412 if "if-match" in asked_ and operation.reply(412) else 0
    needed = 428 if "428" in operation.replies and "if-match" in asked_ else 0
    known = 304 if "304" in operation.replies and ("if-none-match" in asked_ or tagged) else 0
    if "if-none-match" in asked_ and "412" in operation.replies and operation.method in ("PUT", "PATCH", "DELETE"):
        known = 412
    return Conditional(match, needed, known, "assumed") if match or needed or known else None


def removed(operation: Operation, resource: Resource) -> dict[str, Any]:
    """Members that a null of a merge patch removes: those that need not be there and can't be null (RFC 7396)."""
    names = [name for name in asked(operation) if name in resource.members]
    return {name: "removes" for name in names if not resource.members[name].required}


def progress(resource: Resource) -> dict[str, tuple[Any, ...]]:
    """The state of work that takes long, from its first value to its last."""
    for name, member in resource.members.items():
        texts = {str(each).lower(): each for each in member.values if isinstance(each, str)}
        steps = [next((texts[word] for word in words if word in texts), None) for words in (_BEGUN, _GOING, _ENDED)]
        found = tuple(each for each in steps if each is not None)
        if len(found) > 1 and steps[-1] is not None:
            return {name: found}
    return {}


def farewell(operation: Operation, resource: Resource, *, several: bool = False) -> Setting | None:
    """What an answer to a DELETE says truly: that the thing is deleted, and which; None where it shows the thing.

    several: whether the request names any number of things.
    """
    schema = reply_schema(operation)
    shown = properties(schema)
    if schema is None or not shown:
        return None
    made: dict[str, Setting] = {}
    for name, node in shown.items():
        short, types = plain(name), types_of(schema, node)
        if "boolean" in types and short in ("deleted", "success", "ok", "removed", "acknowledged", "isdeleted", "done"):
            made[name] = given(True)
        elif name == resource.key or short in ("id", "deletedid", f"{plain(singular(resource.name))}id"):
            made[name] = Setting("stored", steps=(resource.key,), evidence="assumed")
        elif types & {"integer"} and short in ("deleted", "count", "deletedcount", "removed"):
            made[name] = Setting("tally", value="done", evidence="assumed") if several else given(1)
        elif name in resource.members and not (set(shown) - set(resource.members)):
            return None
    return Setting("members", members=tuple(made.items()), evidence="assumed") if made else None


def report(operation: Operation, resource: Resource) -> Setting | None:
    """What an answer that is not the thing tells of it."""
    schema = reply_schema(operation)
    made: dict[str, Setting] = {}
    for name, node in properties(schema).items():
        short = plain(name)
        if (
            schema is not None
            and "boolean" in types_of(schema, node)
            and short in ("success", "ok", "done", "accepted")
        ):
            made[name] = given(True)
        elif name in resource.members or short == f"{plain(singular(resource.name))}id":
            made[name] = Setting(
                "stored", steps=(name if name in resource.members else resource.key,), evidence="assumed"
            )
    return Setting("members", members=tuple(made.items()), evidence="assumed") if made else given({})


def referral(operation: Operation, resource: Resource) -> Setting | None:
    """What an answer tells of the thing to which it refers, such as a job: its key, its state, where it is."""
    schema, made = reply_schema(operation), dict[str, Setting]()
    thing = plain(singular(resource.name))
    for name, node in properties(schema).items():
        if plain(name) in (f"{thing}id", f"{thing}key", plain(resource.key)):
            made[name] = Setting("stored", steps=(resource.key,), evidence="assumed")
        elif name in resource.members:
            made[name] = Setting("stored", steps=(name,), evidence="assumed")
        elif schema and "string" in types_of(schema, node) and plain(name).endswith(_PLACES):
            path = address(operation, resource)
            made |= {name: Setting("template", value=f"$base{path}", evidence="assumed")} if path else {}
    return Setting("members", members=tuple(made.items()), evidence="assumed") if made else None


def counted_members(operation: Operation) -> Setting | None:
    """What an answer around a count tells; None where the answer is the number."""
    schema = reply_schema(operation)
    members = properties(schema)
    number = Setting("tally", value="total", evidence="assumed")
    made = {name: number for name, node in members.items() if schema and types_of(schema, node) & {"integer", "number"}}
    return Setting("members", members=tuple(made.items()), evidence="assumed") if made else None


def removal(operation: Operation, resource: Resource, base: Rule) -> Rule | None:
    """DELETE of a collection that names things in its body or query."""
    schema = body_schema(operation)
    if schema is not None and item_types(schema, schema.document) & {"string", "integer"}:
        return replace(
            base,
            action="prune",
            prune=Pruning(Source("body", ()), evidence="assumed"),
            reply=farewell(operation, resource, several=True),
            why="DELETE of all that its body names",
        )
    places = {"body": [*asked(operation)], "query": [each.name for each in operation.parameters_in("query")]}
    for place, names in places.items():
        for name in names:
            source = body_source(operation, name) if place == "body" else Source("query", (name,))
            if plain(name) in ("ids", "keys", f"{plain(singular(resource.name))}ids"):
                reply = farewell(operation, resource, several=True)
                return replace(
                    base,
                    action="prune",
                    prune=Pruning(source, evidence="assumed"),
                    reply=reply,
                    why=f"DELETE of all that {source} names",
                )
            if resource.key and name == resource.key:
                key = Key(name, source, resource.generator, "assumed")
                return replace(
                    base,
                    action="delete",
                    key=key,
                    reply=farewell(operation, resource),
                    why=f"DELETE of what {source} names",
                )
    return None
