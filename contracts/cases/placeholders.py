"""Values put into a request where it names things: into its path, its query, its body."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from threadmock.contracts.cases.case import Case
from threadmock.contracts.cases.encoding import encode_query, styled, text_of
from threadmock.contracts.cases.references import as_named, placeholder, references
from threadmock.contracts.cases.request_values import BEFORE, BEHIND, value_in
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.parameters import parse_query
from threadmock.specs.operations.path_templates import expression, names_in, within
from threadmock.specs.operations.spelling import twin
from threadmock.specs.wire.strictjson import JsonError, dump_json


def fill_placeholder(case: Case, source: Source, standing: Any, key: Any, linked: Iterable[str] = ()) -> Case:
    """The case with a key where the placeholder `standing` stood, and in body members that repeat it."""
    key = as_named(case.operation, source, key)
    if source.place == "path":
        case = _in_path(case, source.steps[0], text_of(key))
    elif source.place == "query":
        texts = [text_of(each) for each in (key if isinstance(key, list) else [key])]
        pairs = [
            (n, text) for n, v in parse_query(case.request.query) for text in (texts if n == source.steps[0] else [v])
        ]
        query: dict[str, list[str]] = {}
        for name, value in pairs:
            query.setdefault(name, []).append(value)
        case = replace(case, request=replace(case.request, query=encode_query(query)))
    for member in (*linked, *(source.steps[:1] if source.place == "body" else ())):
        case = _in_body(case, member, standing, key)
    return case


def add_placeholder(case: Case, source: Source, standing: Any) -> Case:
    """The case with a placeholder in an optional place of its query or body that was empty."""
    if source.place == "query":
        query = "&".join(filter(None, (case.request.query, encode_query({source.steps[0]: text_of(standing)}))))
        return replace(case, request=replace(case.request, query=query))
    if source.place != "body" or not isinstance(case.value, dict):
        return case
    value = {**case.value, source.steps[0]: standing}
    return replace(case, value=value, request=replace(case.request, body=dump_json(value)))


def name_parents(case: Case, parents: Mapping[str, Any]) -> Case:
    """The case about a thing that lies in these parents, where it names them by their placeholders or not at all."""
    for name in references(case.operation):
        if name.own or parents.get(name.resource) is None:
            continue
        standing, value = placeholder(case.operation, name.source), value_in(case, name.source)
        if value is ABSENT and case.intent == "valid":
            case = add_placeholder(case, name.source, standing)
        elif value is ABSENT or text_of(value) not in (text_of(standing), text_of([standing])):
            continue
        case = fill_placeholder(case, name.source, standing, parents[name.resource])
    return case


def _in_path(case: Case, parameter: str, text: str) -> Case:
    found = expression(case.operation.path, before=BEFORE, behind=BEHIND).fullmatch(case.request.path)
    if found is None:
        return case
    at = names_in(case.operation.path).index(parameter) + 1
    declared = next((each for each in case.operation.parameters_in("path") if each.name == parameter), None)
    text = within(styled(declared, text) if declared else text)
    path = case.request.path[: found.start(at)] + text + case.request.path[found.end(at) :]
    return replace(case, request=replace(case.request, path=path))


def _in_body(case: Case, member: str, standing: Any, key: Any) -> Case:
    key = key if isinstance(key, type(standing)) else text_of(key) if isinstance(standing, str) else key
    value, body = case.value, case.request.body
    if isinstance(value, dict) and member not in value:
        member = twin(member)
    held = value.get(member) if isinstance(value, dict) else None
    # digits in a text are no number: a request that is wrong in this way stays so
    digits = isinstance(held, str) and not isinstance(standing, str)
    if isinstance(value, dict) and text_of(held) == text_of(standing) and not digits:
        changed = {**value, member: key}
        if not case.form and _is_plain(value, body):
            return replace(case, value=changed, request=replace(case.request, body=dump_json(changed)))
        value = changed
    if isinstance(standing, str):
        # Bytes that are written oddly on purpose, or spoilt: the placeholder is looked for as it is.
        body = body.replace(standing.encode(), str(key).encode())
    return replace(case, value=value, request=replace(case.request, body=body))


def _is_plain(value: Any, body: bytes) -> bool:
    try:
        return dump_json(value) == body
    except JsonError:
        return False
