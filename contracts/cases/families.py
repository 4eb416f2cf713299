"""Families: which operations of a contract make, read, list, change and delete the things of one resource."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from threadmock.contracts.cases.case import base_value, unwritten
from threadmock.contracts.cases.references import Reference, references, undescribed
from threadmock.specs.behaviour.setting import generated_members
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.errors import SchemaError
from threadmock.specs.members import NAMING, put
from threadmock.specs.operations.replies import answer_members


def parents(operation: Operation) -> tuple[str, ...]:
    """The resources that an operation's things lie in, as its request names them, outermost first."""
    return tuple(name.resource for name in references(operation) if not name.own)


def makers(contract: Contract, resource: str, within: Iterable[str] = ()) -> tuple[Operation, ...]:
    """Operations that make a thing of a resource below parents of these resources, the plainest first.

    Where none does, those that need not name what the things' own paths name before them: see `shown_parents`.
    """
    wanted = set(within)
    found = _makers_below(contract, resource, wanted)
    if found or not wanted:
        return found
    return _makers_below(contract, resource, wanted - {parent for parent, _ in _unmade(contract, resource)})


def _makers_below(contract: Contract, resource: str, wanted: set[str]) -> tuple[Operation, ...]:
    return tuple(operation for operation in _makers(contract, resource) if wanted <= set(parents(operation)))


@lru_cache(maxsize=256)
def _makers(contract: Contract, resource: str) -> tuple[Operation, ...]:
    found = [operation for operation in contract.operations if _makes(contract, operation, resource)]
    return tuple(sorted(found, key=lambda o: (o.rule.traits.rank, o.rule.reply is not None, len(references(o)))))


def _is_untold(operation: Operation) -> bool:
    """Whether nobody learns the key of what is made: no client chooses it, and the answer is without a body."""
    reply, key = operation.reply(operation.success), operation.rule.key
    silent = reply is not None and not reply.content and "location" not in reply.headers
    return operation.rule.inferred and silent and key is not None and key.source is None


def _makes(contract: Contract, operation: Operation, resource: str) -> bool:
    rule = operation.rule
    if rule.traits.rank is None or rule.resource != resource or rule.key is None:
        return False
    if rule.traits.starts_run and not answers_with_run(contract, operation):
        return False
    if rule.traits.changes and rule.missing != "create":
        return False
    is_child = rule.reply is not None and rule.reply.kind == "child"
    if is_child or undescribed(operation) or _is_untold(operation) or unwritten(operation):
        return False
    try:
        base_value(operation)
    except SchemaError:
        return False
    return True


def answers_with_run(contract: Contract, operation: Operation) -> bool:
    """Whether a plain request that starts a run is answered with the run, or with its key, be it at the end."""
    run = operation.rule.run
    if run is None or run.each or run.commands:
        return False
    plain = run.respond[-1]
    agent = contract.profile.agent
    whole = plain.reply is None and (plain.how == "at_once" or not (agent and agent.results))
    return plain.how != "stream" and (whole or answered_key(operation) != "")


def answered_key(operation: Operation) -> str:
    """The member of a response that holds the key of what was created; "" where none does."""
    rule = operation.rule
    plain = rule.run.respond[-1] if rule.run and rule.traits.starts_run else None
    if plain is None or plain.reply is None:
        return rule.key.member if rule.key else ""
    return next(generated_members(plain.reply.members, "key"), "")


def of_action(contract: Contract, resource: str, *actions: str) -> tuple[Operation, ...]:
    """Operations on the things of a resource with one of these actions, where a rule describes them, in order.

    Those that name a thing by another member than its key are left out.
    """
    return tuple(
        operation
        for operation in contract.operations
        if operation.rule.resource == resource
        and operation.rule.action in actions
        and not undescribed(operation)
        and not named_by(contract, operation)
    )


def named_by(contract: Contract, operation: Operation) -> str:
    """The member by which an operation names its thing, where that is not the one that its makers give as its key."""
    key = operation.rule.key
    if key is None or not _by_key(operation):
        return ""
    made = {maker.rule.key.member for maker in makers(contract, operation.rule.resource) if maker.rule.key}
    return key.member if made and key.member not in made else ""


@lru_cache(maxsize=256)
def other_names(contract: Contract, resource: str) -> tuple[str, ...]:
    """The members by which operations name things of a resource, beside their key."""
    own = (operation for operation in contract.operations if operation.rule.resource == resource)
    return tuple(dict.fromkeys(filter(None, (named_by(contract, operation) for operation in own))))


def reads(contract: Contract, resource: str) -> tuple[Operation, ...]:
    """Operations that read one thing by the key that its maker gave it, whole."""
    keys = {maker.rule.key.member for maker in makers(contract, resource) if maker.rule.key}
    found = of_action(contract, resource, "read")
    return tuple(operation for operation in found if _by_key(operation) and operation.rule.key.member in keys)  # type: ignore[union-attr]


def _by_key(operation: Operation) -> bool:
    return any(name.own for name in references(operation))


def lists(contract: Contract, resource: str) -> tuple[Operation, ...]:
    """Operations that list the things of a resource, with a body or without; those that list values show no things."""
    found = of_action(contract, resource, "list")
    return tuple(each for each in found if each.rule.listing and not each.rule.listing.distinct)


def below(contract: Contract, resource: str) -> Sequence[str]:
    """Resources whose things lie in those of a resource, and that can be made there."""
    found = [operation.rule.resource for operation in contract.operations if resource in parents(operation)]
    return [each for each in dict.fromkeys(found) if each != resource and makers(contract, each, [resource])]


def shown_parents(contract: Contract, resource: str, shown: Any) -> dict[str, Any]:
    """What paths name before a thing though nothing makes it, as the thing shows it: resource to key.

    `owner` of `/repos/{owner}/{repo}` stands in the member `owner`: a text or a number, or an object with a `login`.
    """
    found: dict[str, Any] = {}
    for parent, parameter in _unmade(contract, resource) if isinstance(shown, Mapping) else ():
        value = next((shown[name] for name in (parameter, parent) if name in shown), None)
        if isinstance(value, Mapping):
            value = next((value[name] for name in NAMING if name in value), None)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            found.setdefault(parent, value)
    return found


@lru_cache(maxsize=256)
def _unmade(contract: Contract, resource: str) -> tuple[tuple[str, str], ...]:
    """The parents that nothing makes, that need not be there, and that a thing shows: resource, path parameter."""
    shown = set().union(*(answer_members(maker) for maker in _makers(contract, resource)))
    found = {
        (name.resource, name.source.steps[0]): None
        for operation in contract.operations
        if operation.rule.resource == resource and operation.rule.inferred
        for name in references(operation)
        if not (name.own or name.strict or name.source.place != "path" or makers(contract, name.resource))
        and {name.resource, name.source.steps[0]} & shown
    }
    return tuple(found)


def demanded(operation: Operation, name: Reference, value_of: Callable[[str], Any]) -> dict[str, Any]:
    """Members without which the operation is refused, by its rule: those that a thing to be named has to hold.

    value_of: a value by the name of a member.
    """
    within = operation.rule.within
    place = "stored" if name.own else "parent" if within and within.source == name.source else ""
    made: dict[str, Any] = {}
    for condition in operation.rule.conditions:
        wanted = [steps for where, steps, value in condition.when if where == place and value == {"present": False}]
        if len(wanted) == len(condition.when):
            for steps in wanted:
                put(made, steps, value_of(steps[-1]))
    return made


def demanded_below(contract: Contract, resource: str, value_of: Callable[[str], Any]) -> dict[str, Any]:
    """Members that a thing has to hold, so that no operation below it is refused. value_of: as of `demanded`."""
    made: dict[str, Any] = {}
    for operation in contract.operations:
        for name in references(operation):
            if name.resource == resource and not name.own:
                made |= demanded(operation, name, value_of)
    return made
