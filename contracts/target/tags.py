"""The run's tag: what a run makes carries it in its metadata, where the API has such a member."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from threadmock.contracts.cases.case import Case
from threadmock.contracts.cases.references import body_schema
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.target.guard import SAFE_METHODS
from threadmock.specs.behaviour.actions import Traits
from threadmock.specs.contract import Operation
from threadmock.specs.documents.pointers import escaped
from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.validation import Checker, checker
from threadmock.specs.wire.strictjson import JsonError, dump_json

NAME = "threadmock_run"
UNTAGGED = 2
"""So many requests of each operation that leave the member out stay as they are: its default is asked about, too."""
_METADATA = re.compile(r"(?i)(meta_?data|meta|labels|annotations|attributes|custom(_?(data|fields|metadata))?)")


def tags_in(thing: Any) -> list[Any]:
    """The tags of runs that a thing carries in its members; [] for what no run of ours made."""
    inner = thing.values() if isinstance(thing, Mapping) else ()
    return [each[NAME] for each in inner if isinstance(each, dict) and NAME in each]


@lru_cache(maxsize=512)
def metadata_member(operation: Operation) -> str:
    """The member of an operation's body that takes anything and is shown again by its response; "" for none."""
    schema = body_schema(operation)
    if schema is None or operation.method in SAFE_METHODS or not _makes(operation.rule.traits):
        return ""
    shown = _shown(operation)
    folded = shapes(schema)
    for name, node in folded.members().items():
        if not _METADATA.fullmatch(name) or name not in shown:
            continue
        if any(_is_open(branch.keywords) for branch in folded.branches(node) if branch.kind == "object"):
            return name
    return ""


def _makes(traits: Traits) -> bool:
    """Runs are left alone: what they are given is for an agent, and they go with their thread."""
    return traits.makes and not traits.starts_run


def _is_open(keywords: Mapping[str, Any]) -> bool:
    more = keywords.get("additionalProperties", True)
    return more is not False and (not isinstance(more, dict) or more.get("type", "string") == "string")


def _shown(operation: Operation) -> frozenset[str]:
    reply = operation.reply(operation.success)
    schemas = [media.schema for media in reply.content.values() if media.schema] if reply else []
    return frozenset(name for schema in schemas for name in properties(schema))


@dataclass
class Tagger:
    """Puts the tag into requests that make things, also into invalid ones: a server may keep what it refuses."""

    tag: str

    def __post_init__(self) -> None:
        self._left: dict[str, int] = {}

    def tagged(self, case: Case) -> Case:
        """The case with the tag where it is with it as valid, or as invalid, as it was; else the same case.

        It is the case that changes, not only its bytes: what is judged afterwards is what was sent.
        """
        member, value = metadata_member(case.operation), case.value
        if not member or case.intent not in ("valid", "invalid") or case.form or not isinstance(value, dict):
            return case
        if case.request.method != case.operation.method or (member not in value and self._may_stay(case)):
            return case
        held = value.get(member, {})
        if not isinstance(held, dict) or NAME in held or not _is_plain(case) or _is_about(case, member):
            return case
        changed = {**value, member: {**held, NAME: self.tag}}
        schema = body_schema(case.operation)
        if schema is None or not _as_before(checker(schema), value, changed, valid=case.intent == "valid"):
            return case
        return replace(case, value=changed, request=replace(case.request, body=dump_json(changed)))

    def _may_stay(self, case: Case) -> bool:
        """Whether a request without the member is one of the few that stay so. Things to be used always carry it."""
        if case.part != "coverage" or case.intent != "valid":
            return False
        left = self._left.setdefault(case.operation.slug, UNTAGGED)
        self._left[case.operation.slug] = max(0, left - 1)
        return left > 0


def has_tag(case: Case) -> bool:
    """Whether the request of a case holds the tag."""
    return NAME.encode() in case.request.body


def _is_plain(case: Case) -> bool:
    """Whether the bytes are what the value usually becomes: bytes that are written oddly are so on purpose."""
    try:
        return dump_json(case.value) == case.request.body
    except JsonError:
        return False


def _is_about(case: Case, member: str) -> bool:
    """Whether the member that would hold the tag is what the case tries out."""
    return case.intent == "invalid" and case.where.split("/")[1:2] == [escaped(member)]


def _as_before(judge: Checker, value: Any, changed: Any, *, valid: bool) -> bool:
    """Whether both engines say the same of a body with the tag as of the one without."""
    if valid or judge.accepted(value):
        return judge.accepted(changed)
    return judge.refused(value) and judge.refused(changed)
