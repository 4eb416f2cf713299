"""What inferred rules learn from each other: which things a document makes, and what acts on one of them.

An operation alone does not tell whether `POST /tickets/{id}/close` makes a close or closes a ticket, nor whether
anything makes the parents that a path names. Everything here is assumed, as what it refines.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.contract import Operation, json_media
from threadmock.specs.operations.path_templates import name_of, names_in, shape
from threadmock.specs.schemas.declared import nodes_of, properties, types_of
from threadmock.specs.schemas.schema import Schema

_ITEM = ("GET", "PATCH", "PUT", "DELETE")


def refine(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """The operations with what their inferred rules learn from the others. Declared rules stay as they are."""
    keys = {o.rule.resource: o.rule.key.member for o in operations if o.rule.action == "create" and o.rule.key}
    operations = [_keyed(each, keys) if each.rule.inferred else each for each in operations]
    items = {shape(each.path): each for each in operations if each.method in _ITEM and _ends_in_key(each.path)}
    collections = {shape(each.path) for each in operations if each.method == "GET" or _ends_in_key(each.path)}
    collections |= {path.rpartition("/")[0] for path in collections}
    acting = [_acting(each, items, collections) if each.rule.inferred else each for each in operations]
    made = {each.rule.resource for each in acting if each.rule.action == "create"}
    return tuple(_below(each, made) if each.rule.inferred else each for each in acting)


def _keyed(operation: Operation, keys: Mapping[str, str]) -> Operation:
    """The member that is the key is that of the create, whatever the path calls it."""
    key = operation.rule.key
    if key is None or operation.rule.resource not in keys:
        return operation
    return replace(operation, rule=replace(operation.rule, key=replace(key, member=keys[operation.rule.resource])))


def _ends_in_key(path: str) -> bool:
    return name_of(path.rpartition("/")[2]) != ""


def _acting(operation: Operation, items: Mapping[str, Operation], collections: Iterable[str]) -> Operation:
    """`POST …/{id}/VERB` as a change of that thing, where its answer is the thing."""
    above, _, verb = operation.path.rpartition("/")
    item = items.get(shape(above))
    if operation.method != "POST" or item is None or names_in(verb) or shape(operation.path) in collections:
        return operation
    reply, thing = _answer(operation), _answer(item)
    key = item.rule.key
    if reply is None or key is None or key.source is None or key.member not in properties(reply):
        return operation
    if thing is not None and set(properties(thing)) != set(properties(reply)):
        return operation
    names = names_in(operation.path)
    source = Source("path", (names[-1],))
    settings = {**item.rule.set, **_outcome(reply, verb)}
    rule = replace(
        operation.rule,
        action="update",
        resource=item.rule.resource,
        within=item.rule.within,
        key=replace(key, source=source),
        set=settings,
    )
    return replace(operation, rule=rule)


def _answer(operation: Operation) -> Schema | None:
    media = json_media(operation, operation.success)
    return media.schema if media else None


def _outcome(reply: Schema, verb: str) -> dict[str, Setting]:
    """What a verb leaves: a member that lists its outcome, one that is called so, and the moment when it was done."""
    words = _forms(verb.lower().replace("-", "_"))
    found: dict[str, Setting] = {}
    for name, node in properties(reply).items():
        listed = [value for part in nodes_of(reply, node) for value in part.get("enum", ())]
        texts = {each.lower(): each for each in listed if isinstance(each, str)}
        value = next((texts[word] for word in words if word in texts), None)
        plain = name.lower().replace("_", "").removeprefix("is")
        if value is not None:
            found[name] = Setting("value", value=value, evidence="assumed")
        elif plain in words and "boolean" in types_of(reply, node):
            found[name] = Setting("value", value=True, evidence="assumed")
        elif plain.removesuffix("at") in words and plain.endswith("at"):
            found[name] = Setting("generate", "now", evidence="assumed")
    return found


def _forms(verb: str) -> tuple[str, ...]:
    """The words for what a verb leaves, the likeliest first: close → closed; cancel → cancelled, canceled."""
    stem = verb.removesuffix("e")
    doubled = f"{verb}{verb[-1:]}ed"
    return (f"{stem}ed", doubled, f"{stem}ing", f"{verb}{verb[-1:]}ing", verb.removeprefix("re"), verb)


def _below(operation: Operation, made: Iterable[str]) -> Operation:
    """A parent that the document makes has to be there."""
    within = operation.rule.within
    if within is None or within.resource not in made:
        return operation
    return replace(operation, rule=replace(operation.rule, within=replace(within, must_exist=True)))
