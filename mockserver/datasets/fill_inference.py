"""Fill a provider without a `fill` of its own: threads and messages are stored as its creates would store them."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.mockserver.actions.create import build, free_key
from threadmock.mockserver.actions.plan import Plan, member_schema
from threadmock.mockserver.datasets.conversations import DatedConversation, message_item
from threadmock.mockserver.rules.generation import Ungeneratable, generate
from threadmock.mockserver.rules.parents import enter, touch
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.mockserver.state.store import Store
from threadmock.specs.contract import Contract, first_json
from threadmock.specs.operations.path_templates import names_in
from threadmock.specs.operations.spelling import snake
from threadmock.specs.schemas.declared import properties, required
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import Request

_THREADS = ("thread", "conversation", "chat", "session", "dialog", "dialogue", "discussion")
_MESSAGES = ("message",)
_MEMBERS: Mapping[str, str] = {
    "title": "title",
    "name": "title",
    "subject": "title",
    "metadata": "metadata",
    "meta_data": "metadata",
    "meta": "metadata",
    "archived": "archived",
    "is_archived": "archived",
    "role": "role",
    "content": "text",
    "text": "text",
    "body": "text",
    "message": "text",
}


@dataclass(frozen=True)
class FillResult:
    """What became of a data file at one provider. pieces: of what kind, and how many.

    left_out: members and things that fit no schema. where: the parent of the threads, "" for none. note: why nothing
    was filled. inferred: by what the creates suggest.
    """

    threads: int = 0
    pieces: int = 0
    piece: str = ""
    left_out: int = 0
    where: str = ""
    note: str = ""
    inferred: bool = False


@dataclass(frozen=True, eq=False)
class InferredCreate:
    """A create, and how its body is made. members: of the body, each with its schema and what of an item it takes."""

    plan: Plan
    schema: Schema
    members: tuple[tuple[str, Schema, str], ...]
    needed: frozenset[str]
    valid: Callable[[Any], bool]


@dataclass(frozen=True, eq=False)
class InferredCreates:
    """The create of threads, and that of messages below them, where there is one."""

    thread: InferredCreate
    message: InferredCreate | None


def find_creates(plans: Iterable[Plan]) -> InferredCreates | None:
    """The creates that make threads and messages, by the names of their resources; None where no threads are made."""
    made = [plan for plan in plans if plan.operation.rule.action == "create" and plan.make_key]
    thread = next(
        (plan for plan in made if names_thread(plan.operation.rule.resource) and not names_in(plan.operation.path)),
        None,
    )
    if thread is None:
        return None
    resource = thread.operation.rule.resource
    below = (
        plan
        for plan in made
        if names_message(plan.operation.rule.resource)
        and (within := plan.operation.rule.within)
        and within.resource == resource
    )
    message = next(below, None)
    first = compile_create(thread)
    return InferredCreates(first, compile_create(message) if message else None) if first else None


def names_thread(resource: str) -> bool:
    """Whether a resource is one of threads, by its name."""
    return _last_word(resource) in _THREADS


def names_message(resource: str) -> bool:
    """Whether a resource is one of messages, by its name."""
    return _last_word(resource) in _MESSAGES


def _last_word(resource: str) -> str:
    return snake(resource).lower().replace("-", "_").split("_")[-1].removesuffix("s")


def compile_create(plan: Plan) -> InferredCreate | None:
    """What is needed to make bodies for a create; None where it takes no JSON object."""
    media = first_json(plan.operation.body.content) if plan.operation.body else None
    schema = media.schema if media else None
    if schema is None:
        return None
    members = tuple(
        (name, member_schema(schema, node), _MEMBERS.get(snake(name).lower(), ""))
        for name, node in properties(schema).items()
    )
    return InferredCreate(plan, schema, members, required(schema), checker(schema).valid)


def body_of(create: InferredCreate, item: Mapping[str, Any], ids: Ids, clock: Clock) -> dict[str, Any] | None:
    """A valid body with what the item holds; None where the schema does not accept it."""
    made: dict[str, Any] = {}
    for name, schema, what in create.members:
        if what in item and checker(schema).valid(item[what]):
            made[name] = item[what]
        elif name in create.needed:
            if what in item:
                return None
            try:
                made[name] = generate(schema, ids, clock)
            except Ungeneratable:
                return None
    return made if create.valid(made) else None


def fill_by_creates(
    creates: InferredCreates, sender: "Sender", conversations: Iterable[DatedConversation]
) -> FillResult:
    """Store threads and messages as if they had been sent at their moments; what became of them."""
    threads = pieces = left_out = 0
    for dated in conversations:
        key = sender.send(creates.thread, dated.start, dated.item, "")
        if key is None:
            left_out += 1
            continue
        threads += 1
        if creates.message is None:
            continue
        for message, at in zip(dated.one.messages, dated.when, strict=True):
            sent = sender.send(creates.message, at, message_item(message, at), key)
            pieces, left_out = (pieces, left_out + 1) if sent is None else (pieces + 1, left_out)
    piece = creates.message.plan.operation.rule.resource.removesuffix("s") if creates.message else ""
    return FillResult(threads, pieces, piece, left_out, inferred=True)


@dataclass(frozen=True, eq=False)
class Sender:
    """Stores what creates make of bodies."""

    contract: Contract
    store: Store
    ids: Ids
    clock: Clock

    def send(
        self, create: InferredCreate, moment: datetime.datetime, item: Mapping[str, Any], parent: str
    ) -> str | None:
        """Store one thing; its key, or None where it fits no schema. parent: the key of its thread."""
        body = body_of(create, item, self.ids, self.clock)
        if body is None:
            return None
        plan = create.plan
        operation = plan.operation
        within = operation.rule.within
        scope = Scope(
            contract=self.contract,
            operation=operation,
            request=Request(operation.method, operation.path),
            body=body,
            path_values={within.source.steps[0]: parent} if within and parent else {},
            parameters={},
            store=self.store,
            ids=self.ids,
            moment=moment,
            stamp=write_date_time(moment),
        )
        if enter(scope, plan.parent):
            return None
        scope.key = free_key(plan, scope)
        scope.thing = build(plan, scope, self.clock)
        if plan.fits and not operation.rule.reply and not plan.fits(scope.thing):
            return None
        self.store.insert(scope.shelf, scope.key, scope.thing)
        touch(scope, plan.parent, plan.touch)
        return scope.key
