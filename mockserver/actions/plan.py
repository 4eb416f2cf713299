"""What an operation needs at run time, compiled once: makers, echoed members, the reply's schema."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.mockserver.agents.run_plan import RunPlan, compile_run
from threadmock.mockserver.rules.as_node import CompiledAsNode, compile_as_node
from threadmock.mockserver.rules.conditions import CompiledCondition, compile_condition
from threadmock.mockserver.rules.inner_pieces import CompiledInside, compile_inside
from threadmock.mockserver.rules.keys import KeyReader, compile_key, compile_key_value, own_key_of
from threadmock.mockserver.rules.lists import Lister, compile_listing
from threadmock.mockserver.rules.parents import Parent, compile_parent, is_uuid_parameter
from threadmock.mockserver.rules.recipes import Members, Recipe, compile_members, compile_recipe
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.mockserver.rules.values import compile_setting
from threadmock.specs.behaviour.rule import Cascade, Conditional, Expiry, Listing, Requirement, Restoring, Rule, Unique
from threadmock.specs.behaviour.setting import Key, tally_words
from threadmock.specs.contract import Contract, Operation, Reply, reply_media
from threadmock.specs.members import ABSENT, steps_of
from threadmock.specs.operations.batches import single_of
from threadmock.specs.schemas.declared import (
    all_properties,
    alternatives,
    is_read_only,
    part_of,
    properties,
    required,
    types_of,
)
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker


@dataclass(frozen=True, eq=False)
class Plan:
    """One operation, compiled.

    order: members of the success reply in document order; declared: the same as a set. envelope: members of the object
    that holds a list; inner: what those members, and an item's, declare in turn. holder: the
    member of the answer that holds the thing, or "". thing: what one looks like. makers: member to how a rule makes it;
    deep_makers: the same for members inside others. echoed: member, the check that an echoed value must pass, and its
    default (ABSENT: none); patched: the same for a JSON Patch, which may change any member. changed_status: of a
    replace that found the thing, 0 for the success. wanted: members that the reply must have. choice: the schema of a
    thing that a discriminator tells the rest of; else None. fits: whether a body is all that the success reply asks
    for; None where it asks for more than a body. takes: whether a JSON body is valid as it was sent; None where names
    or keys are read leniently. told: the words of `tally` about a page that the rule uses.
    """

    contract: Contract
    operation: Operation
    rule_name: str
    success: int
    reply: Reply | None
    schema: Schema | None
    order: tuple[str, ...]
    declared: frozenset[str]
    envelope: Mapping[str, Schema]
    required_beside: frozenset[str]
    inner: Mapping[str, frozenset[str]]
    holder: str
    thing: Schema | None
    makers: tuple[tuple[str, Maker], ...]
    deep_makers: tuple[tuple[tuple[str, ...], Maker], ...]
    echoed: tuple[tuple[str, Callable[[Any], bool], Any], ...]
    patched: tuple[tuple[str, Callable[[Any], bool], Any], ...]
    changed_status: int
    wanted: frozenset[str]
    choice: Schema | None
    shown: tuple[tuple[str, str, str], ...]
    select: Maker | None
    key: KeyReader
    make_key: Maker | None
    key_value: Callable[[str], Any]
    member_schemas: Mapping[str, Schema]
    fits: Callable[[Any], bool] | None
    takes: Callable[[Any], bool] | None
    key_steps: tuple[str, ...]
    picks_newest: bool
    parent: Parent | None
    lister: Lister
    empty: Members
    reply_maker: Maker | None
    also: tuple[Recipe, ...]
    touch: Members
    copies: tuple[tuple[str, Members], ...]
    prune_keys: Maker | None
    prune_strategy: Maker | None
    as_node: CompiledAsNode | None
    inside: CompiledInside | None
    restores: tuple[Restoring, Maker] | None
    cascades: tuple[tuple[Cascade, Maker | None], ...]
    expires: Expiry | None
    conditions: tuple[CompiledCondition, ...]
    agents: tuple[tuple[Requirement, Maker], ...]
    unique: tuple[tuple[tuple[str, ...], Unique], ...]
    headers: tuple[tuple[str, Maker], ...]
    told: frozenset[str]
    conditional: Conditional | None
    progress: tuple[tuple[tuple[str, ...], tuple[Any, ...]], ...]
    minimal: int
    each: "Plan | None"
    run: RunPlan | None


def compile_plan(contract: Contract, operation: Operation) -> Plan:
    """The plan of an operation."""
    rule = operation.rule
    media = reply_media(operation, operation.success)
    schema = media.schema if media else None
    listing = rule.listing or Listing()
    holder = rule.held_in
    item = shown_schema(schema, rule)
    declared = all_properties(item)
    asked = _asked(operation)
    members = {name: member_schema(item, node) for name, node in declared.items()} if item else {}
    kin = kindred(contract, operation)
    shown_elsewhere = {name: each for other in kin for name, each in _members_of(other).items() if name not in members}
    made = {**members, **shown_elsewhere}
    key = rule.key
    own_key = own_key_of(contract, operation)
    single = single_of(operation) if rule.action == "create_many" else None
    return Plan(
        contract=contract,
        operation=operation,
        rule_name=f"{rule.action} {rule.resource or operation.path}" + (" (inferred)" if rule.inferred else ""),
        success=operation.success,
        reply=operation.reply(operation.success),
        schema=schema,
        order=(*declared, *shown_elsewhere),
        declared=frozenset(declared),
        envelope={name: member_schema(schema, node) for name, node in properties(schema).items()}
        if item is not schema
        else {},
        required_beside=required(schema) - {listing.items or holder} if schema and item is not schema else frozenset(),
        inner=_inner(schema) | _inner(item),
        holder=holder,
        thing=item or next(iter(kin), None),
        makers=tuple((name, compile_setting(each)) for name, each in rule.set.items() if "." not in name),
        deep_makers=tuple((steps_of(name), compile_setting(each)) for name, each in rule.set.items() if "." in name),
        echoed=tuple(
            (name, checker(each).valid, asked[name])
            for name, each in made.items()
            if name in asked and name not in rule.set and not (key and name == key.member)
        ),
        patched=tuple(
            (name, checker(each).valid, ABSENT)
            for name, each in made.items()
            if name not in rule.set and not (key and name == key.member)
        ),
        changed_status=_changed_status(operation),
        wanted=(required(item) if item else frozenset()).union(*map(required, kin)),
        choice=item if alternatives(item) else None,
        shown=tuple((each.member, each.query, each.holds) for each in rule.shown),
        select=fetch(rule.select) if rule.select else None,
        key=KeyReader(
            fetch(key.source) if key and key.source else None,
            is_uuid=bool(key and (_is_uuid(item, declared.get(key.member)) or _names_uuid(operation, key))),
            member=steps_of(own_key) if key else (),
            named=steps_of(key.member) if key and own_key != key.member else (),
            others=tuple(map(steps_of, key.by)) if key else (),
        ),
        make_key=compile_key(contract, operation, key, made) if key else None,
        key_value=compile_key_value(key, made.get(key.member)) if key else str,
        member_schemas=made,
        fits=_fast_judge(operation, schema),
        takes=_plain_judge(operation),
        key_steps=steps_of(key.member) if key else ("id",),
        picks_newest=bool(key and key.pick == "newest"),
        parent=compile_parent(operation, rule.within),
        lister=compile_listing(listing, operation),
        empty=compile_members(rule.empty),
        reply_maker=compile_setting(rule.reply) if rule.reply else None,
        also=tuple(map(compile_recipe, rule.also)),
        touch=compile_members(rule.touch),
        copies=tuple((name, compile_members(settings)) for name, settings in rule.copies.items()),
        prune_keys=fetch(rule.prune.keys) if rule.prune else None,
        prune_strategy=fetch(rule.prune.strategy) if rule.prune and rule.prune.strategy else None,
        as_node=compile_as_node(rule.as_node),
        inside=compile_inside(contract, rule),
        restores=(rule.restores, fetch(rule.restores.source)) if rule.restores else None,
        cascades=tuple((each, fetch(each.when) if each.when else None) for each in rule.cascades),
        expires=rule.expires,
        agents=tuple((each, fetch(each.source)) for each in rule.requires if each.agent),
        conditions=tuple(map(compile_condition, rule.conditions)),
        unique=tuple((steps_of(each.member), each) for each in rule.unique),
        headers=tuple((name.lower(), compile_setting(each)) for name, each in rule.headers.items()),
        told=tally_words((*([rule.reply] if rule.reply else ()), *rule.headers.values())),
        conditional=rule.conditional,
        progress=tuple((steps_of(name), values) for name, values in rule.progress.items()),
        minimal=rule.minimal,
        each=compile_plan(contract, single) if single else None,
        run=compile_run(rule.run),
    )


def _inner(schema: Schema | None) -> dict[str, frozenset[str]]:
    """Members that are objects with declared members: name to those."""
    declared = {name: properties(member_schema(schema, node)) for name, node in properties(schema).items()}
    return {name: frozenset(members) for name, members in declared.items() if members}


def _names_uuid(operation: Operation, key: Key) -> bool:
    source = key.source
    return source is not None and source.place == "path" and is_uuid_parameter(operation, source.steps[0])


def _fast_judge(operation: Operation, schema: Schema | None) -> Callable[[Any], bool] | None:
    reply = operation.reply(operation.success)
    return checker(schema).valid if schema and reply and not reply.headers else None


def _plain_judge(operation: Operation) -> Callable[[Any], bool] | None:
    media = operation.body.content.get("application/json") if operation.body else None
    if media is None or media.schema is None or operation.rule.lenient or operation.rule.spelling.accepts_both:
        return None
    return checker(media.schema).valid


def _changed_status(operation: Operation) -> int:
    """The status where a replace finds the thing that it would else make: not 201, if another is documented."""
    if operation.rule.missing != "create" or operation.success not in (200, 201, 204):
        return 0
    return next((status for status in (200, 204) if str(status) in operation.replies), 0)


def _members_of(schema: Schema) -> dict[str, Schema]:
    return {name: member_schema(schema, node) for name, node in properties(schema).items()}


def kindred(contract: Contract, operation: Operation) -> list[Schema]:
    """What other operations show of the things that an operation makes or changes."""
    rule = operation.rule
    if not (rule.traits.makes or rule.traits.changes) or rule.traits.about_runs:
        return []
    found = []
    for other in contract.operations:
        own = other.rule
        tells = own.reply is not None and own.action != "list" and not own.held_in
        if other is operation or own.resource != rule.resource or tells:
            continue
        media = reply_media(other, other.success)
        if media and media.schema and own.action in ("read", "list", "update", "replace", "create"):
            shown = shown_schema(media.schema, own)
            found += [shown] if shown else []
    return found


def member_schema(schema: Schema | None, node: Any) -> Schema:
    """A member's own schema, with the definitions of the whole."""
    if schema is None or not isinstance(node, Mapping):
        return Schema({}, "", "response")
    return part_of(schema, node)


def shown_schema(schema: Schema | None, rule: Rule) -> Schema | None:
    """What one thing looks like in the answer of a rule."""
    if rule.action == "list":
        return item_schema(schema, (rule.listing or Listing()).items)
    held = rule.held_in
    return member_schema(schema, schema.resolve(properties(schema).get(held))) if schema and held else schema


def item_schema(schema: Schema | None, items: str | None) -> Schema | None:
    """The schema of a list's items, which are in that member, or in the answer itself."""
    if schema is None:
        return None
    node = schema.resolve(schema.document)
    if items is not None:
        node = schema.resolve(properties(schema).get(items, {}))
    inner = node.get("items") if isinstance(node, Mapping) else None
    return member_schema(schema, inner) if isinstance(inner, Mapping) else None


def _asked(operation: Operation) -> Mapping[str, Any]:
    """The members that the request may have, each with its documented default or ABSENT."""
    if operation.body is None:
        return {}
    return {
        name: node.get("default", ABSENT) if isinstance(node, Mapping) else ABSENT
        for media in operation.body.content.values()
        for name, node in all_properties(media.schema).items()
        if not (media.schema and is_read_only(media.schema, node))
    }


def _is_uuid(schema: Schema | None, node: Any) -> bool:
    if schema is None:
        return False
    node = schema.resolve(node)
    return isinstance(node, Mapping) and node.get("format") == "uuid" and "string" in types_of(schema, node)


class Plans(Mapping[Operation, Plan]):
    """The plans of a contract's operations, each made when it is first asked for. change: that of planted faults."""

    def __init__(self, contract: Contract, change: Callable[[Plan], Plan] | None = None) -> None:
        self._contract = contract
        self._change = change
        self._made: dict[Operation, Plan] = {}

    def __getitem__(self, operation: Operation) -> Plan:
        made = self._made.get(operation)
        if made is None:
            made = compile_plan(self._contract, operation)
            made = self._made[operation] = self._change(made) if self._change else made
        return made

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._contract.operations)

    def __len__(self) -> int:
        return len(self._contract.operations)
