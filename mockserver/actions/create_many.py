"""Create several things by one request: each item of its body is made as by a create, or none is."""

from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions import create
from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.plan import member_schema
from threadmock.mockserver.actions.reply import response_headers
from threadmock.mockserver.rules.generation import possible
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.specs.operations.batches import Batch, batch_of
from threadmock.specs.schemas.declared import properties, required, types_of

_COUNTS = frozenset(("integer", "number"))


def run(call: Call) -> Done | Refused:
    """The things, in the order of the items; the refusal of the first that can't be made, and then none is kept."""
    plan, scope = call.plan, call.scope
    batch, each = batch_of(plan.operation), plan.each
    if batch is None or each is None:
        raise ValueError("a create of several needs a body that holds an array of things")
    items = scope.sent.get(batch.sent_in) if batch.sent_in and isinstance(scope.sent, dict) else scope.sent
    made: list[Any] = []
    kept: list[tuple[Any, str]] = []
    for item in items if isinstance(items, list) else ():
        one = replace(call.with_scope(body=item, sent=item, operation=each.operation), plan=each)
        done = create.run(one)
        if isinstance(done, Refused):
            for shelf, key in kept:
                scope.store.delete(shelf, key)
            return done
        kept.append((one.scope.shelf, one.scope.key))
        made.append(done.shown)
    return Done(plan.success, _answer(call, batch, made), f"{len(made)} created", response_headers(call))


def _answer(call: Call, batch: Batch, made: list[Any]) -> Any:
    """The things as the answer has them: the array, or in its envelope beside their number and what else it needs."""
    schema = call.plan.schema
    if batch.answer_in is None or schema is None:
        return None
    if not batch.answer_in:
        return made
    answer: dict[str, Any] = {}
    needed = required(schema)
    for name, node in properties(schema).items():
        types = types_of(schema, node)
        if name == batch.answer_in:
            answer[name] = made
        elif types & _COUNTS and "string" not in types:
            answer[name] = 0 if "fail" in name.lower() or "error" in name.lower() else len(made)
        elif "array" in types:
            answer[name] = []
        elif name in needed:
            told, own = types == {"boolean"}, member_schema(schema, node)
            answer[name] = True if told else possible(own, call.scope.ids, call.world.clock, name)
    return answer
