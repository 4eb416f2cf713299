"""Keys of things: where a request names one, and the one form in which it is compared."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.mockserver.rules.generation import Ungeneratable, generate
from threadmock.mockserver.rules.lookups import find_related
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import Maker
from threadmock.mockserver.rules.values import compile_setting
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.store import is_below
from threadmock.specs.behaviour.setting import Key, Setting
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.members import ABSENT, dig
from threadmock.specs.operations.text_values import typed
from threadmock.specs.schemas.declared import nodes_of, types_of
from threadmock.specs.schemas.formats import canonical, is_uuid
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

_MOST_TRIES = 200
_CLOCK = Clock()
"""For the texts of keys whose schema asks for a moment."""


@dataclass(frozen=True, eq=False)
class KeyReader:
    """How an operation's key is read. read: None where requests name none. is_uuid: whether keys compare as UUIDs.

    member: that of the key; others: those by which a thing is found where there is none of that key. named: the only
    member by which requests name a thing, where that is not the one whose value is its key.
    """

    read: Maker | None
    is_uuid: bool
    member: tuple[str, ...] = ()
    others: tuple[tuple[str, ...], ...] = ()
    named: tuple[str, ...] = ()

    def canonical(self, value: Any) -> str:
        """The one form of a key."""
        return canonical(value) if self.is_uuid else str(value)

    def asked(self, scope: Scope) -> str:
        """The key that the request names; "" where it names none."""
        value = self.read(scope) if self.read else ABSENT
        if value is ABSENT or value is None:
            return ""
        if self.named:
            return self._key_of_named(scope, value)
        key = self.canonical(value)
        if self.others and (found := find_related(scope, scope.operation.rule.resource, self.others, value)):
            own, kind = str(dig(found, self.member)), (scope.contract.name, scope.operation.rule.resource)
            return key if scope.store.read(scope.store.find(*kind, key), key) else own
        return key

    def _key_of_named(self, scope: Scope, value: Any) -> str:
        """The key of the thing with that member; of none, a text that is no key."""
        wanted, store = str(value), scope.store
        below = is_below(scope.shelf)
        things = (
            store.list(scope.shelf) if below else store.everywhere(scope.contract.name, scope.operation.rule.resource)
        )
        found = next((thing for thing in things if str(dig(thing, self.named)) == wanted), None)
        return f"{'.'.join(self.named)} {wanted}" if found is None else str(dig(found, self.member))

    def is_ill_formed(self, key: str) -> bool:
        """Whether a key that nothing has is none at all: things are found by other members, too, and keys are UUIDs."""
        return bool(self.others) and self.is_uuid and not is_uuid(key)


def own_key_of(contract: Contract, operation: Operation) -> str:
    """The member whose value is the key of an operation's things: that of what makes them; "" for none.

    An operation whose rule has another one, such as `GET /articles/by-slug/{slug}`, finds its thing by that member.
    """
    rule, key = operation.rule, operation.rule.key
    if key is None or not rule.traits.names_thing or key.source is None:
        return key.member if key else ""
    kin = [each.rule for each in contract.operations if each.rule.resource == rule.resource]
    made = [each.key.member for each in kin if each.key and each.traits.makes and not each.traits.names_thing]
    made += [each.key.member for each in kin if each.key and each.traits.makes_several]
    made += [each.key.member for each in contract.profile.initial if each.resource == rule.resource]
    return key.member if key.member in made or not made else made[0]


def compile_key(contract: Contract, operation: Operation, key: Key, members: Mapping[str, Schema]) -> Maker:
    """The maker of new keys: as the rule says where that fits what the document asks of keys, else by its schemas."""
    make = compile_setting(Setting("generate", key.otherwise))
    schemas = [members[key.member]] if key.member in members else []
    schemas += _parameters(contract, operation)
    bounds = [node for each in schemas for node in nodes_of(each, each.document)]
    if key.otherwise == "opaque" and any(_is_number(each) for each in schemas):
        # A path that takes whole numbers, and a member that is a text: a text of digits is both.
        key = replace(key, otherwise="number")
        make = compile_setting(Setting("generate", key.otherwise))
    if key.otherwise in _NUMBERED:
        least = max(
            (math.ceil(node["minimum"]) for node in bounds if isinstance(node.get("minimum"), int | float)), default=1
        )
        return make if least <= 1 else lambda scope: str(int(make(scope)) + least - 1)
    if key.otherwise != "opaque" or not any(node.keys() & _BOUNDING for node in bounds):
        return make
    judges = [checker(each).valid for each in schemas]
    documents = [{word: value for word, value in each.document.items() if word != "$defs"} for each in schemas]
    definitions = {name: node for each in schemas for name, node in each.document.get("$defs", {}).items()}
    whole = Schema({"allOf": documents, "$defs": definitions}, "", "response")
    listed = next((node["enum"] for node in bounds if node.get("enum")), ())

    def fitting(scope: Scope) -> Any:
        made = make(scope)
        if all(judge(made) for judge in judges):
            return made
        for value in listed:
            if scope.store.read(scope.shelf, str(value)) is None and all(judge(value) for judge in judges):
                return str(value)
        for _ in range(_MOST_TRIES):
            made = str(generate(whole, scope.ids, _CLOCK, key.member))
            if scope.store.read(scope.shelf, made) is None:
                return made
        raise Ungeneratable(f"No new key could be built for {key.member}. Let the client choose it, or add examples.")

    return fitting


def _is_number(schema: Schema) -> bool:
    types = types_of(schema, schema.document)
    return bool(types) and types <= {"integer", "number"}


def compile_key_value(key: Key, schema: Schema | None) -> Callable[[str], Any]:
    """What the key's member holds for a key; ABSENT where it can't hold it, as an `owner` that is an object."""
    types = types_of(schema, schema.document) if schema else frozenset()
    numbers = types & {"integer", "number"}
    if types and not numbers and "string" not in types:
        return lambda _text: ABSENT
    if key.otherwise not in _NUMBERED or (types and not numbers):
        return str

    def number(text: str) -> Any:
        value = typed(text, numbers or {"integer"})
        return value if "string" in types or not isinstance(value, str) else ABSENT

    return number


_NUMBERED = ("number", "number_below")
_BOUNDING = {"pattern", "enum", "maxLength", "minLength", "format"}


def _parameters(contract: Contract, operation: Operation) -> list[Schema]:
    """The schemas of the path parameters by which requests name things of the same resource."""
    found = []
    for each in contract.operations:
        source = each.rule.key.source if each.rule.key else None
        if each.rule.resource == operation.rule.resource and source and source.place == "path":
            found += [one.schema for one in each.parameters_in("path") if one.name == source.steps[0]]
    return found
