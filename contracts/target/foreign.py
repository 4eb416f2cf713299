"""What answers hold of things that a run did not make: other people's ids and texts, kept out of all that is written.

Lists show whatever is on a target. Each answer is looked through when it comes; a thing in it whose key the run neither
made nor sent is somebody else's. Its texts become names such as `not-of-this-run-3`, wherever they would be shown.
"""

import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.contracts.cases.fresh_keys import is_invented
from threadmock.contracts.cases.references import references
from threadmock.contracts.cases.sent_values import UNREADABLE, values_at
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.guard import Ownership
from threadmock.contracts.target.tags import tags_in
from threadmock.contracts.transport.redaction import Masking
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.members import dotted, nodes
from threadmock.specs.wire.messages import Request
from threadmock.specs.wire.strictjson import JsonError, parse_json

_SHORTEST, _CUT = 6, 12
_MOST = 200_000
_DEEPEST = 100
"""What lies deeper in an answer is cut: an answer of a thousand levels is no reason to stop."""
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|$)')
_ENDS = ("…", "...")
"""What stands where a text was cut off."""
_NAMED = "not-of-this-run-{}"
_WORD = re.compile(r"[\w.-]+")


class ForeignTexts:
    """The texts of other people's things that answers held. owned: what the run made. tag: of the run."""

    def __init__(self, contract: Contract, owned: Ownership, tag: str) -> None:
        self._owned = owned
        self._tag = tag
        self._keys = {o.rule.key.member for o in contract.operations if o.rule.key and "." not in o.rule.key.member}
        self._documented = set(_documented(contract))
        self._sent: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._index: dict[str, list[str]] = {}

    def allow(self, texts: Iterable[str]) -> None:
        """Texts that stay: the run names them on its user's behalf, such as the agent."""
        for text in texts:
            self._documented.add(text)
            for spelled in {text, *_spellings(text)}:
                if self._numbers.pop(spelled, None) is not None:
                    self._index[spelled[:_SHORTEST]].remove(spelled)

    def note(self, operation: Operation, request: Request, body: bytes | None) -> None:
        """Look through an answer, after the request that it answers."""
        sent = (request.path, urllib.parse.unquote_plus(request.query), request.body.decode("utf-8", "replace"))
        if len(self._sent) < _MOST:
            self._sent |= {word for text in sent for word in _WORD.findall(text) if word not in self._numbers}
        value = _parsed(body)
        if value is not None:
            self.cut(operation, request, value, self._learn)
        elif body and operation.rule.traits.lists and not self._lies_in_ours(operation, request):
            self._learn([text for text in _quoted(body) if not (is_invented(text) or self._owned.owns("", text))])

    def cut(self, operation: Operation, request: Request, value: Any, learn: Any = None) -> Any:
        """An answer with other people's things cut down to their keys. learn: is given each of them before."""
        listing, key = operation.rule.listing, operation.rule.key.member if operation.rule.key else ""
        if self._lies_in_ours(operation, request):
            return value
        items = value if listing is None or listing.items is None else dotted(value, listing.items)

        def reduced(thing: Any, member: str) -> Any:
            if learn is not None:
                learn(thing)
            name = thing.get(member) if isinstance(thing, dict) else None
            return {member: self._name_of(str(name))} if name is not None else {}

        def walk(node: Any, *, listed: bool, depth: int = 0) -> Any:
            if depth > _DEEPEST and isinstance(node, list | dict):
                return "…"
            if isinstance(node, list):
                inner = node is items and listing is not None
                return [walk(each, listed=inner or listed, depth=depth + 1) for each in node]
            if not isinstance(node, dict):
                return node
            member = next((name for name in (key, *sorted(self._keys)) if name and name in node), "")
            known = isinstance(node.get(member), str | int) and not isinstance(node.get(member), bool)
            theirs = not self._is_ours(node, member) if known else listed
            if theirs and (listed or (depth == 0 and member == key and known)):
                return reduced(node, member if known else "id")
            if listed:
                # what lies in a thing of ours is ours
                return node
            return {name: walk(each, listed=False, depth=depth + 1) for name, each in node.items()}

        return walk(value, listed=False)

    def _lies_in_ours(self, operation: Operation, request: Request) -> bool:
        """Whether all that an answer is about lies in a thing of this run."""
        around = [name for name in references(operation) if not name.own]
        for name in around:
            values = values_at(operation, request, name.source)
            if values is UNREADABLE or not values:
                return False
            if not all(is_invented(each) or self._owned.owns(name.resource, each) for each in values):
                return False
        return bool(around) and not (operation.rule.listing and operation.rule.listing.everywhere)

    def _is_ours(self, thing: Mapping[str, Any], member: str) -> bool:
        key = thing[member]
        if is_invented(key) or self._owned.owns("", key) or str(key) in self._sent:
            return True
        return self._tag in tags_in(thing)

    def _learn(self, thing: Any) -> None:
        for text in _texts(thing):
            known = text in self._numbers or text in self._documented or text in self._sent
            if len(text) < _SHORTEST or known or len(self._numbers) >= _MOST:
                continue
            number = self._numbers[text] = len(self._numbers) + 1
            for spelled in _spellings(text):
                self._numbers.setdefault(spelled, number)
                self._index.setdefault(spelled[:_SHORTEST], []).append(spelled)

    def _name_of(self, key: str) -> str:
        """What stands for a key: the same name each time."""
        return _NAMED.format(self._numbers.get(key, 0))

    def replaced(self, text: str) -> str:
        """A text without those of other people's things, also where they were cut off."""
        if not self._index:
            return text
        made: list[str] = []
        at = last = 0
        while at <= len(text) - _SHORTEST:
            found = self._found(text, at) if text[at : at + _SHORTEST] in self._index else None
            if found is None:
                at += 1
                continue
            name, length = found
            made += [text[last:at], name]
            at = last = at + length
        return "".join([*made, text[last:]])

    def _found(self, text: str, at: int) -> tuple[str, int] | None:
        """The name for what stands there, and its length; the longest that fits, or a long one that was cut off."""
        best: tuple[int, str] | None = None
        for each in self._index[text[at : at + _SHORTEST]]:
            length = len(each) if text.startswith(each, at) else _common(text, at, each)
            whole = length == len(each)
            cut = length >= _CUT and (text.startswith(_ENDS, at + length) or at + length == len(text))
            if (whole and (len(each) > _CUT or _stands_alone(text, at, length))) or (not whole and cut):
                best = max(best or (0, ""), (length, each))
        return None if best is None else (_NAMED.format(self._numbers[best[1]]), best[0])


@dataclass(frozen=True)
class RunMasking(Masking):
    """Hides secrets, and what belongs to others."""

    foreign: ForeignTexts | None = field(default=None, compare=False)

    def __call__(self, text: str) -> str:
        """The text without either."""
        text = super().__call__(text)
        return self.foreign.replaced(text) if self.foreign else text

    def data(self, data: bytes) -> bytes:
        """The bytes without either; the other bytes are kept as they are."""
        data = super().data(data)
        if not self.foreign:
            return data
        return self.foreign.replaced(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def secrets_alone(self) -> Masking:
        """What hides secrets only."""
        return Masking(self.secrets, self.headers)


def kept_body(exchange: Exchange) -> bytes:
    """The body of a response as it may be kept: of others' things only what stands for their keys; b"" for none."""
    response, masking = exchange.response, exchange.masking
    body = response.body if response is not None and isinstance(response.body, bytes) else b""
    foreign = masking.foreign if isinstance(masking, RunMasking) else None
    value = _parsed(body) if foreign else None
    if foreign and value is not None:
        cut = foreign.cut(exchange.case.operation, exchange.request, value)
        if cut != value:
            body = json.dumps(cut, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return masking.data(body)


def told_body(exchange: Exchange) -> bytes:
    """As `kept_body`, for people: where a list holds things of others, their number."""
    body = kept_body(exchange)
    if b"not-of-this-run-" not in body:
        return body
    value = _parsed(body)
    return body if value is None else json.dumps(_counted(value), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _counted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _counted(each) for name, each in value.items()}
    if not isinstance(value, list):
        return value
    made: list[Any] = []
    count = 0
    for each in [*value, None]:
        theirs = isinstance(each, dict) and len(each) <= 1 and all("not-of-this-run-" in str(k) for k in each.values())
        if theirs:
            count += 1
            continue
        if count:
            made.append(f"… {count} thing{'s' * (count != 1)} that this run did not make")
            count = 0
        made.append(_counted(each))
    return made[:-1]


def _parsed(body: bytes | None) -> Any:
    """The JSON of a body, whatever it is called, and as far as Python reads it; None for none."""
    if not body or body.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return parse_json(body, duplicate_keys="last")
    except JsonError:
        pass
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _quoted(body: bytes) -> Iterator[str]:
    """The texts in something like JSON."""
    for found in _TEXT.findall(body.decode("utf-8", "replace")):
        try:
            yield str(json.loads(f'"{found}"'))
        except ValueError:
            yield found


def _texts(value: Any) -> Iterator[str]:
    """All texts of a thing, names of members too; whole numbers that may be ids as texts."""
    for node in nodes(value):
        if isinstance(node, dict):
            yield from node
        elif isinstance(node, str) or (type(node) is int and abs(node) >= 10**5):
            yield str(node)


def _spellings(text: str) -> set[str]:
    plain = json.dumps(text)[1:-1]
    quoted = urllib.parse.quote(text.encode("utf-8", "surrogatepass"), safe="")
    return {text, plain, quoted, repr(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}


def _common(text: str, at: int, other: str) -> int:
    length = 0
    for one, two in zip(text[at : at + len(other)], other, strict=False):
        if one != two:
            break
        length += 1
    return length


def _stands_alone(text: str, at: int, length: int) -> bool:
    """Whether a short text is no part of a longer word."""
    before, behind = text[at - 1 : at], text[at + length : at + length + 1]
    return not any(each.isalnum() or each == "_" for each in (before, behind))


def _documented(contract: Contract) -> Iterator[str]:
    """The words of a document: nobody's own."""
    for operation in contract.operations:
        contents = [operation.body.content] if operation.body else []
        contents += [reply.content for reply in operation.replies.values()]
        for media in (each for content in contents for each in content.values() if each.schema):
            yield from _texts(media.schema.document if media.schema else {})
        yield from (parameter.name for parameter in operation.parameters)
