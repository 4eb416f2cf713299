"""What an update changes: what it was sent, everywhere, and nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import base_value, plain_value
from threadmock.contracts.cases.families import lists, makers, parents, reads
from threadmock.contracts.cases.references import body_schema, references
from threadmock.contracts.cases.shapes import shapes, subschema
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.echo import differences, same
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.storing import merge_of, overlap
from threadmock.contracts.scenarios.asking import evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.families.selected_members import item_schema
from threadmock.contracts.scenarios.lookups import look_for
from threadmock.contracts.scenarios.scenario import ask, marked
from threadmock.contracts.target.answers import CREATED, CreatedThing
from threadmock.specs.contract import Contract, Operation, reply_media
from threadmock.specs.documents.pointers import walk
from threadmock.specs.errors import DocumentError
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.replies import answer_members
from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.text_formats import forms_of
from threadmock.specs.schemas.validation import checker
from threadmock.specs.text import one_line
from threadmock.specs.wire.strictjson import dump_json

MOST_ALONE = 4
"""Members that are changed alone where all together are refused."""
_FORGED = {"date-time": "2001-02-03T04:05:06Z", "uuid": "f0f0f0f0-dead-4bad-8bad-f0f0f0f0f0f0"}


def changes(contract: Contract, operation: Operation) -> str:
    """Updates of one thing that can be made, from a JSON object."""
    reason = _changes_known(contract, operation)
    return reason or ("" if isinstance(plain_value(operation), dict) else "no valid body is known")


def _changes_known(contract: Contract, operation: Operation) -> str:
    rule = operation.rule
    if not rule.traits.changes or not any(name.own for name in references(operation)):
        return "the operation changes no thing that is named by its key"
    return "" if makers(contract, rule.resource, parents(operation)) else f"nothing makes a {rule.resource}"


def shows(contract: Contract, operation: Operation) -> str:
    """Updates of what can be read back, with a member to change, or that leave known values in it."""
    if not acts(contract, operation):
        return ""
    reason = changes(contract, operation)
    if not reason and reader(contract, operation) is None and not lists(contract, operation.rule.resource):
        return "nothing shows the thing afterwards"
    return reason or ("" if changed_members(contract, operation, "x") else "no member is shown that could be changed")


def acts(contract: Contract, operation: Operation) -> str:
    """Operations that act on a thing and leave known values in it, which a read shows."""
    if reason := _changes_known(contract, operation):
        return reason
    read = reader(contract, operation)
    if read is None:
        return "nothing reads the thing"
    return "" if _effects(operation, read) else "it leaves no value that is known and that a read shows"


def _effects(operation: Operation, read: Operation) -> dict[str, Any]:
    """What an operation leaves in a thing whatever it is sent: member to value, as far as a read shows it."""
    found = {name: setting for name, setting in operation.rule.set.items() if name in answer_members(read)}
    return {n: each.value for n, each in found.items() if each.kind == "value" and each.when is None}


def _find_effects(context: Context, operation: Operation) -> Iterator[Finding]:
    """Act on a thing: a read shows what that leaves in it."""
    read = reader(context.contract, operation)
    thing = thing_for(context, operation)
    if read is None:
        return
    got = ask(context, case_about(operation, keys_of(thing), "to be seen afterwards"))
    if not got.accepted:
        return
    after = ask(context, case_about(read, keys_of(thing), f"after {operation}"))
    for name, value in _effects(operation, read).items() if after.made else ():
        after.compared()
        shown = after.made.get(name, ABSENT)
        if not same(value, shown, after.forms(name)):
            yield after.find(
                "update_visible",
                f"{name} = {one_line(dump_json(value).decode())}, as {operation} leaves it",
                f"{name}: another value, or none",
                where=f"/{name}",
                source=f"rule {operation.pointer}/x-behaviour/set",
                evidence=weakest(evidence_of(operation, read), operation.rule.set[name].evidence),
                exchanges=3,
            )


def empties(contract: Contract, operation: Operation) -> str:
    """Updates that take an empty object, or one member alone, of what can be read back."""
    reason = changes(contract, operation)
    if not reason and (operation.rule.action == "replace" or not _small_bodies(contract, operation)):
        return "neither an empty body nor one of one member is an update"
    return reason or ("" if reader(contract, operation) else "nothing reads the thing")


def _small_bodies(contract: Contract, operation: Operation) -> list[dict[str, Any]]:
    """An empty object, and one with a member alone: of a PATCH, and where a rule says so, the rest stays as it is."""
    schema = body_schema(operation)
    if schema is None:
        return []
    alone = operation.method == "PATCH" or not operation.rule.inferred
    changed = changed_members(contract, operation, "changed alone") if alone else {}
    takes = checker(schema).accepted
    one = next(({name: value} for name, value in changed.items() if takes({name: value})), None)
    return [*([{}] if takes({}) else []), *([one] if one else [])]


def merges(contract: Contract, operation: Operation) -> str:
    """Updates with an object of free members that a create takes, too."""
    reason = changes(contract, operation)
    if not reason and operation.rule.action == "replace":
        return "the operation puts one thing in the place of another"
    return reason or ("" if _objects(contract, operation) else "no object of free members can be made and changed")


def forges(contract: Contract, operation: Operation) -> str:
    """Updates of what can be read back, where a member that only the server sets can be sent."""
    reason = changes(contract, operation)
    if not reason and reader(contract, operation) is None:
        return "nothing reads the thing"
    return reason or ("" if _forgeries(contract, operation) else "every member of the answer may be changed")


def reader(contract: Contract, operation: Operation) -> Operation | None:
    """The read of the thing that an operation changes."""
    return next((read for read in reads(contract, operation.rule.resource) if read.rule.reply is None), None)


def changed_members(contract: Contract, operation: Operation, mark: str) -> dict[str, Any]:
    """A body that gives a text of its own to every member that can be seen afterwards; {} where there is none."""
    shown_by = reader(contract, operation) or (operation if operation.rule.reply is None else None)
    fixed = {name.partition(".")[0] for name, setting in operation.rule.set.items() if setting.kind != "from"}
    seen = {name: node for name, node in answer_members(shown_by).items() if name not in fixed} if shown_by else {}
    body = marked(operation, mark, seen)
    return body if body != plain_value(operation) else {}


def thing_for(context: Context, operation: Operation, members: Mapping[str, Any] | None = None) -> CreatedThing:
    """A new thing to be changed. NotSent where it can't be made."""
    maker = makers(context.contract, operation.rule.resource, parents(operation))[0]
    made = marked(maker, "as it was made") | dict(members or {})
    return prerequisites_of(context).make(operation.rule.resource, {}, made)


def change(
    context: Context, operation: Operation, keys: Mapping[str, Any], mark: str
) -> tuple[dict[str, Any], Reading]:
    """Give every member that can be seen a text of its own; where that is refused, one after the other alone.

    The body of the last request and its answer.
    """
    whole, base = changed_members(context.contract, operation, mark), plain_value(operation)
    body, got = whole, ask(context, case_about(operation, keys, mark, value=whole))
    changed = [name for name, value in whole.items() if name not in base or base[name] != value]
    for name in changed[:MOST_ALONE] if len(changed) > 1 else ():
        if got.accepted or got.status < 400 or got.status == 429:
            break
        body = {**base, name: whole[name]}
        got = ask(context, case_about(operation, keys, f"{mark}, {name} alone", value=body))
    return body, got


def run_update_visible(context: Context, operation: Operation) -> Iterator[Finding]:
    """Change a thing twice: answer, read and list show the last change. Then what it leaves whatever it is sent."""
    if not acts(context.contract, operation):
        yield from _find_effects(context, operation)
    if not isinstance(plain_value(operation), dict) or not changed_members(context.contract, operation, "x"):
        return
    thing = thing_for(context, operation)
    keys = keys_of(thing)
    for mark in ("changed once", "changed twice"):
        body, got = change(context, operation, keys, mark)
        if not got.accepted:
            return
    base = plain_value(operation)
    sent = {name: value for name, value in body.items() if name not in base or base[name] != value}
    where: list[tuple[str, Reading, Mapping[str, Any]]] = []
    if operation.rule.reply is None and got.made:
        where.append(("its own answer", got, got.made))
    read = reader(context.contract, operation)
    if read is not None:
        again = ask(context, case_about(read, keys, "after the change"))
        where.append(("a read", again, again.made))
    for listing in lists(context.contract, operation.rule.resource)[:1]:
        found = look_for(context, listing, thing)
        if found.item is not None and found.reading is not None and not listing.rule.listing.item:  # type: ignore[union-attr]
            where.append(("a list", found.reading, found.item))
    for place, reading, shown in where:
        yield from _unchanged(operation, place, reading, shown, sent)


def _unchanged(
    operation: Operation, place: str, reading: Reading, shown: Mapping[str, Any], sent: Mapping[str, Any]
) -> Iterator[Finding]:
    for name, value in sent.items():
        if name not in shown:
            continue
        wanted, got = (
            overlap(value, shown[name]) if merge_of(operation.rule, name) != "replace" else (value, shown[name])
        )
        reading.compared()
        forms = forms_of(name, body_schema(operation), item_schema(reading.operation), reading.made_schema)
        difference = next(differences(wanted, got, forms), None)
        lax = difference is not None and (difference.loss or difference.added)
        if difference is not None:
            yield reading.find(
                "update_visible",
                f"{place} shows {name} as it was changed",
                f"{name}: {difference.told}, in {place}",
                where=f"/{name}{difference.pointer}",
                source=f"rule {operation.pointer}/x-behaviour",
                evidence="assumed" if lax else evidence_of(operation, reading.operation),
                exchanges=4,
            )


def run_empty_update(context: Context, operation: Operation) -> Iterator[Finding]:
    """An update without a member changes no member that the client gave; one of a member alone changes no other."""
    for body in _small_bodies(context.contract, operation):
        yield from _find_changed(context, operation, body)


def _find_changed(context: Context, operation: Operation, body: dict[str, Any]) -> Iterator[Finding]:
    read = reader(context.contract, operation)
    thing = thing_for(context, operation)
    if read is None:
        return
    what = "of one member" if body else "without a member"
    before = ask(context, case_about(read, keys_of(thing), f"before an update {what}"))
    if not before.made:
        return
    if not ask(context, case_about(operation, keys_of(thing), f"an update {what}", value=body)).accepted:
        return
    after = ask(context, case_about(read, keys_of(thing), f"after an update {what}"))
    touched = {name.partition(".")[0] for name in operation.rule.set} | body.keys()
    for name, value in before.made.items() if after.made else ():
        own = name in thing.sent or CREATED.fullmatch(name)
        if not own or name in touched:
            continue
        after.compared()
        if not same(value, after.made.get(name), before.forms(name)):
            yield after.find(
                "empty_update",
                f"{name} as before: it was not to be changed",
                f"{name}: another value after an update {what}",
                where=f"/{name}",
                source=f"{operation.pointer}/requestBody",
                evidence=evidence_of(operation, read),
                exchanges=4,
            )


def _forgeries(contract: Contract, operation: Operation) -> dict[str, Any]:
    """Members that a read shows and that the update does not take: name to a value that no server would set."""
    read, schema = reader(contract, operation), body_schema(operation)
    media = reply_media(read, read.success) if read else None
    if schema is None or media is None or media.schema is None:
        return {}
    asked = {*properties(schema), *(name.partition(".")[0] for name in operation.rule.set)}
    found = {}
    for name, node in properties(media.schema).items():
        branch = next((b for b in shapes(media.schema).branches(node) if b.kind == "string"), None)
        value = _FORGED.get(branch.keywords.get("format", ""), f"forged {name}") if branch else None
        good = value is not None and checker(subschema(media.schema, node)).accepted(value)
        if good and name not in asked and checker(schema).accepted({**base_value(operation), name: value}):
            found[name] = value
    return found


def run_immutable(context: Context, operation: Operation) -> Iterator[Finding]:
    """What only the server sets can't be changed by naming it in an update."""
    read, forgeries = reader(context.contract, operation), _forgeries(context.contract, operation)
    thing = thing_for(context, operation)
    if read is None:
        return
    value = {**base_value(operation), **forgeries}
    case = case_about(operation, keys_of(thing), "members that the server sets", value=value)
    ask(context, case, without=("valid_accepted", "documented_status", "server_set"))
    after = ask(context, case_about(read, keys_of(thing), "after members that the server sets were sent"))
    for name, forged in forgeries.items():
        if name in after.made:
            after.compared()
        if name in after.made and same(forged, after.made[name], after.forms(name)):
            yield after.find(
                "immutable",
                f"{name} as the server set it: the update's schema does not have it",
                f"{name}: what the client sent in an update",
                where=f"/{name}",
                source=after.pointer(name),
                evidence=evidence_of(operation, read),
                exchanges=3,
            )


def _objects(contract: Contract, operation: Operation) -> list[str]:
    """Objects of free members that create and update both take and that a read or the update shows."""
    maker = makers(contract, operation.rule.resource, parents(operation))[0]
    ours, theirs = body_schema(operation), body_schema(maker)
    shown_by = reader(contract, operation) or operation
    if ours is None or theirs is None:
        return []
    return [
        name
        for name in shapes(ours).members()
        if name in shapes(theirs).members()
        and name in answer_members(shown_by)
        and _takes(operation, name, {"a": "1", "b": "2"})
        and _takes(maker, name, {"a": "1", "b": "2"})
        and (name not in operation.rule.set or operation.rule.set[name].kind == "from")
    ]


def _takes(operation: Operation, name: str, value: Any) -> bool:
    base, schema = base_value(operation), body_schema(operation)
    return isinstance(base, dict) and schema is not None and checker(schema).accepted({**base, name: value})


def run_merge(context: Context, operation: Operation) -> Iterator[Finding]:
    """An object is merged with what was there, or takes its place, as the rule says; a null as the rule says."""
    maker = makers(context.contract, operation.rule.resource, parents(operation))[0]
    read = reader(context.contract, operation)
    for name in _objects(context.contract, operation)[:2]:
        first: dict[str, Any] = {"a": "1", "b": {"x": "1"}, "c": "1"}
        second: dict[str, Any] = {"b": {"y": "2"}, "c": "2", "d": "2"}
        if not (_takes(maker, name, first) and _takes(operation, name, second)):
            first, second = {"a": "1", "c": "1"}, {"c": "2", "d": "2"}
        thing = thing_for(context, operation, {name: first})
        body = {**base_value(operation), name: second}
        got = ask(context, case_about(operation, keys_of(thing), f"{name} with other members", value=body))
        if not got.accepted:
            continue
        shown = ask(context, case_about(read, keys_of(thing), f"after {name} was changed")) if read else got
        how = merge_of(operation.rule, name)
        if name not in thing.sent:
            context.comparisons.lack(f"a {operation.rule.resource} with {name} can't be made")
            continue
        # What was sent counts: on a deployment the run's tag is in it, too.
        held = thing.sent[name]
        yield from _judge_merge(context.contract, operation, shown, name, how, held, _merged(held, second, how))


def _merged(first: Any, second: Any, how: str) -> Any:
    if how == "replace" or not isinstance(first, dict) or not isinstance(second, dict):
        return second
    inner = "deep" if how == "deep" else "replace"
    return {**first, **{name: _merged(first.get(name, ABSENT), value, inner) for name, value in second.items()}}


def _judge_merge(  # noqa: PLR0913, PLR0917 - what was done, and what is expected of it
    contract: Contract, operation: Operation, shown: Reading, name: str, how: str, before: Any, expected: Any
) -> Iterator[Finding]:
    if name not in shown.made:
        return
    shown.compared()
    difference = next(differences(expected, shown.made[name], shown.forms(name)), None)
    if difference is not None:
        # What was there before and is there still was not replaced; anything else a server may have added.
        own = difference.added and difference.steps[0] not in before
        declared = not own and _declares(contract, operation)
        evidence: Evidence = evidence_of(operation) if declared else "assumed"
        yield shown.find(
            "merge",
            f"{name} merged as the rule says: {how}",
            f"{name}: {difference.told}, after an update with other members",
            where=f"/{name}{difference.pointer}",
            source=f"rule {operation.pointer}/x-behaviour/merge",
            evidence=weakest(evidence, evidence_of(shown.operation)),
            exchanges=3,
        )


def _declares(contract: Contract, operation: Operation) -> bool:
    """Whether the document says how an update merges; the vocabulary's own default is only assumed."""
    try:
        node = walk(contract.document, operation.pointer, where=str)
    except DocumentError:
        return False
    rule = node.get("x-behaviour") if isinstance(node, Mapping) else None
    return isinstance(rule, Mapping) and "merge" in rule
