"""What a document says in words: of its operations, and of members that no two things share."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from threadmock.specs.behaviour.rule import Unique
from threadmock.specs.behaviour.setting import Key
from threadmock.specs.contract import Operation
from threadmock.specs.operations.inferred.places import subject_of
from threadmock.specs.operations.inferred.resources import Resource
from threadmock.specs.operations.inferred.shapes import asked

_UNIQUE = ("external_id", "externalId", "email", "username", "slug", "sku", "isbn", "handle", "login", "code")
_TAKEN = re.compile(r"unique|already|duplicate|taken|same|in use|exist|conflict", re.IGNORECASE)


def unique_members(operation: Operation, resource: Resource, key: Key, text: str) -> tuple[Unique, ...]:
    """Members of which a documented 409 says that no two things share them. text: what the document says of it."""
    if "409" not in operation.replies:
        return ()
    sent = asked(operation)
    names = [name for name in sent if name != key.member and name in resource.members]
    told = (
        [name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]
        if _TAKEN.search(text)
        else []
    )
    usual = [name for name in names if name in _UNIQUE] if key.source is None else []
    among: Any = "parent" if subject_of(operation.path).above else "all"
    return tuple(Unique(name, among, 409, "assumed") for name in told or usual)


def described(operations: Iterable[Operation], tree: Mapping[str, Any]) -> dict[str, str]:
    """What a document says of each operation and its answers in words, by the operation's pointer."""
    paths = tree.get("paths")
    found = {}
    for each in operations:
        item = paths.get(each.path) if isinstance(paths, Mapping) else None
        node = item.get(each.method.lower()) if isinstance(item, Mapping) else None
        if isinstance(node, Mapping):
            replies = node.get("responses")
            texts = [node.get("summary"), node.get("description")]
            texts += [
                reply.get("description")
                for reply in (replies.values() if isinstance(replies, Mapping) else ())
                if isinstance(reply, Mapping)
            ]
            found[each.pointer] = " ".join(text for text in texts if isinstance(text, str))
    return found
