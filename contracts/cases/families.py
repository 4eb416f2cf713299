"""Families: which operations of a contract make, read, list, change and delete the things of one resource."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from threadmock.contracts.cases.case import base_value
from threadmock.contracts.cases.references import references, undescribed
from threadmock.specs.behaviour.setting import generated_members
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.errors import SchemaError


def parents(operation: Operation) -> tuple[str, ...]:
    """The resources that an operation's things lie in, as its request names them, outermost first."""
    return tuple(name.resource for name in references(operation) if not name.own)


def makers(contract: Contract, resource: str, within: Iterable[str] = ()) -> tuple[Operation, ...]:
    """Operations that make a thing of a resource below parents of these resources, the plainest first."""
    wanted = set(within)
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
    if (rule.reply is not None and rule.reply.kind == "child") or undescribed(operation) or _is_untold(operation):
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
