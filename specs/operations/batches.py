"""Creates of several things by one request: a body that is an array of things, or one array of them in an envelope."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from threadmock.specs.contract import Media, Operation, Reply, first_structured, reply_media
from threadmock.specs.schemas.declared import nodes_of, part_of, properties, required, types_of
from threadmock.specs.schemas.schema import Schema

_JSON = "application/json"


@dataclass(frozen=True)
class Batch:
    """Where a request and its answer hold things: the member, "" where the whole is the array; and what one looks like.

    answer: None where the answer shows none of them.
    """

    sent_in: str
    sent: Schema
    answer_in: str | None
    answer: Schema | None


@lru_cache(maxsize=2048)
def batch_of(operation: Operation) -> Batch | None:
    """How a POST makes several things at once; None where its body is one thing."""
    media = first_structured(operation.body.content) if operation.body and operation.method == "POST" else None
    sent = _array_in(media.schema) if media and media.schema else None
    if sent is None:
        return None
    shown = reply_media(operation, operation.success)
    answer = _array_in(shown.schema) if shown and shown.schema else None
    if answer is None:
        empty = shown is None or shown.schema is None or not properties(shown.schema)
        return Batch(*sent, None, None) if empty and sent[0] == "" else None
    return Batch(*sent, *answer)


def single_of(operation: Operation) -> Operation | None:
    """The same operation for one thing: its body and its answer are an item; None where it does not make several."""
    batch = batch_of(operation)
    if batch is None or operation.body is None:
        return None
    body = replace(operation.body, content={_JSON: Media(_JSON, batch.sent)})
    replies: Mapping[str, Reply] = operation.replies
    status = str(operation.success)
    if batch.answer is not None:
        known = operation.reply(operation.success)
        one = Reply(status, {_JSON: Media(_JSON, batch.answer)}, {}, pointer=known.pointer if known else "")
        replies = {**operation.replies, status: one}
    rule = replace(operation.rule, action="create") if operation.rule.action == "create_many" else operation.rule
    return replace(operation, body=body, replies=replies, rule=rule)


def _array_in(schema: Schema) -> tuple[str, Schema] | None:
    """The one array of objects that a schema is, or has beside members that are no objects and need not be sent."""
    if "array" in types_of(schema, schema.document):
        item = _object_items(schema, schema.document)
        return ("", item) if item else None
    found = [(name, item) for name, node in properties(schema).items() if (item := _object_items(schema, node))]
    needed = required(schema) or {name for name, _ in found}
    others = [name for name, node in properties(schema).items() if "object" in types_of(schema, node)]
    return found[0] if len(found) == 1 and found[0][0] in needed and not others else None


def _object_items(schema: Schema, node: Any) -> Schema | None:
    inner = next((part["items"] for part in nodes_of(schema, node) if "items" in part), None)
    if not isinstance(inner, Mapping):
        return None
    item = part_of(schema, schema.resolve(inner))
    return item if properties(item) else None
