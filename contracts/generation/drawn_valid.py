"""Strategies of valid cases: the body of one of the documented media types, and the parameters around it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hypothesis import strategies as st
from threadmock.contracts.cases.branch_evidence import choice_evidence
from threadmock.contracts.cases.case import (
    FORMS,
    Case,
    build_request,
    chosen_key,
    form_media,
    json_media,
    key_member,
    linked_members,
    referring_members,
)
from threadmock.contracts.cases.drawn.freeform import pooled
from threadmock.contracts.cases.drawn.objects import bodies, values
from threadmock.contracts.cases.encoding import encode_query, read_back, text_of
from threadmock.contracts.cases.references import (
    body_schema,
    cursors,
    listed_agent_places,
    plain_text,
    references,
)
from threadmock.contracts.cases.shapes import Branch, shapes
from threadmock.contracts.cases.value_pools import TEXTS
from threadmock.contracts.generation.coverage_basis import needed_elsewhere
from threadmock.specs.contract import Media, Operation, Parameter
from threadmock.specs.evidence import weakest
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.parameters import is_read, read_parameter
from threadmock.specs.operations.requests import read_body
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import Request

_NUL = b"\\u0000"
_PATH_POOL = tuple(t for t in TEXTS.values() if t.strip(" .") and t.isprintable() and "/" not in t and t == t.strip())
_header_texts = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=("Cc", "Cf"), exclude_characters="\xa0"),
    min_size=1,
    max_size=20,
).filter(lambda text: text == text.strip())
_path_texts = st.one_of(
    pooled(_PATH_POOL),
    st.text(
        st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="/\\"), min_size=1, max_size=12
    ),
).filter(lambda text: text not in (".", ".."))
_query_texts = st.one_of(pooled([t for t in TEXTS.values() if t.isprintable()]), st.text(max_size=10))


_Sent = Mapping[str, dict[str, str]]


def valid_cases(operation: Operation) -> st.SearchStrategy[Case]:
    """Cases that the document says are to be accepted, of every documented media type.

    Keys are fresh on each draw; members that repeat the path agree with it; references are known ones or left out.
    SchemaError where no valid body can be drawn.
    """
    drawn = [_json_cases(operation)] if json_media(operation) else []
    drawn += [_form_cases(operation, media) for media in form_media(operation)]
    if operation.body is None or not drawn:
        drawn.append(_bodiless(operation))
    elif not operation.body.required:
        drawn = [drawn[0], *drawn, _bodiless(operation)]
    return st.one_of(drawn)


def _json_cases(operation: Operation) -> st.SearchStrategy[Case]:
    schema = body_schema(operation)
    around = _parameters(operation)
    if schema is None:
        return around.map(lambda sent: _case(operation, {}, sent))
    return _drawn(operation, schema, around).map(lambda pair: _case(operation, pair[0], pair[1]))


def _drawn(
    operation: Operation, schema: Schema, around: st.SearchStrategy[_Sent]
) -> st.SearchStrategy[tuple[Any, _Sent]]:
    """Body values of a schema, the members in them that are not free put in, and the parameters around them."""
    special = _special(operation)
    drawn = bodies(schema, special) if special else values(schema)
    if not special:
        return st.tuples(drawn, around)
    fits = checker(schema).valid
    fill = _filler(operation, schema)
    choices = st.integers(0, 2**12 - 1)
    return (
        st.tuples(drawn, around, choices)
        .map(lambda drawn: (fill(drawn[0], drawn[1], drawn[2]), drawn[1]))
        .filter(lambda pair: fits(pair[0]))
    )


def _special(operation: Operation) -> tuple[str, ...]:
    """Body members whose values are not free: the key, links to the path, references."""
    key = key_member(operation)
    return (*([key] if key else []), *linked_members(operation), *referring_members(operation))


def _filler(operation: Operation, schema: Schema) -> Callable[[Any, _Sent, int], Any]:
    """Puts the special members in: each present or not by one bit of the choice."""
    required = {name for branch in shapes(schema).root() if branch.kind == "object" for name in branch.required}
    key, linked, referring = key_member(operation), linked_members(operation), referring_members(operation)

    def fill(value: Any, sent: _Sent, choice: int) -> Any:
        if not isinstance(value, dict):
            return value
        made = dict(value)
        for position, name in enumerate(_special(operation)):
            if name not in required and not choice >> position & 1:
                continue
            if name == key:
                made[name] = chosen_key(operation)
            elif name in linked:
                made[name] = sent["path"][linked[name]]
            elif referring[name]:
                made[name] = referring[name][choice % len(referring[name])]
        return made

    return fill


def _case(operation: Operation, value: Any, sent: _Sent, media_type: str | None = None) -> Case:
    request = build_request(
        operation, value, media_type=media_type, path_values=sent["path"], query=sent["query"], headers=sent["header"]
    )
    # What servers do with NUL is known to differ: stores that can't hold it refuse or replace it.
    schema = body_schema(operation)
    chosen = choice_evidence(schema, value) if schema and value is not ABSENT else "documented"
    named = [p for p in operation.parameters if p.name in sent.get(p.location, ())]
    read = [(p.schema, read_parameter(p, request, sent["path"])[1]) for p in named if p.location in ("query", "header")]
    evidence = weakest(
        "assumed" if _NUL in request.body else "documented", chosen, *(choice_evidence(*each) for each in read)
    )
    form = media_type is not None
    label = f"drawn {'form' if form else 'body' if value is not ABSENT else 'request without body'}"
    return Case(operation, request, "valid", label, "exploration", value, evidence=evidence, form=form)


def _bodiless(operation: Operation) -> st.SearchStrategy[Case]:
    return _parameters(operation).map(lambda sent: _case(operation, ABSENT, sent))


def _form_cases(operation: Operation, media: Media) -> st.SearchStrategy[Case]:
    """XML, and forms of members whose text says their type, kept where our own reading gives back what was drawn."""
    around = _parameters(operation)
    if media.schema and media.media_type not in FORMS:
        pairs = _drawn(operation, media.schema, around)
    else:
        members = _form_members(operation, media.schema) if media.schema else st.just({})
        pairs = st.tuples(members, around)

    def case(pair: tuple[dict[str, Any], _Sent]) -> Case | None:
        made = _case(operation, pair[0], pair[1], media.media_type)
        reading = read_body(operation, made.request)
        return made if reading.present and not reading.trouble and reading.value == made.value else None

    made = pairs.map(case)
    return made.filter(lambda found: found is not None)  # type: ignore[return-value]


def _form_members(operation: Operation, schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Members that a form can carry; references only with known values."""
    referring = referring_members(operation)
    members: dict[str, st.SearchStrategy[Any]] = {}
    required: set[str] = set()
    for branch in shapes(schema).root():
        required |= set(branch.required)
        for name, node in branch.properties.items():
            known = referring.get(name)
            drawn = st.sampled_from(known) if known else _form_values(shapes(schema).branches(node), schema)
            if drawn is not None and (known or name not in referring):
                members[name] = drawn
    always = {name: drawn for name, drawn in members.items() if name in required}
    return st.fixed_dictionaries(always, optional={n: drawn for n, drawn in members.items() if n not in required})


def _form_values(branches: Iterable[Branch], schema: Schema) -> st.SearchStrategy[Any] | None:
    """Values that a form carries: no null, no empty text, no line breaks. None for a member of any type or of none."""
    scalars = [
        values(
            Schema({**b.keywords, "type": b.kind} if b.kind != "enum" else b.keywords, schema.pointer, schema.direction)
        )
        for b in branches
        if b.kind in ("string", "integer", "number", "boolean", "enum")
    ]
    return st.one_of(scalars).filter(_carried) if scalars else None


def _carried(value: Any) -> bool:
    if isinstance(value, str):
        return value != "" and not {"\n", "\r", "\0"} & set(value)
    return isinstance(value, int)


def _parameters(operation: Operation) -> st.SearchStrategy[_Sent]:
    """Texts by location and name: path values always, the others where they are required or by chance."""
    needed: dict[str, dict[str, st.SearchStrategy[str]]] = {"path": {}, "query": {}, "header": {}}
    optional: dict[str, dict[str, st.SearchStrategy[str]]] = {"path": {}, "query": {}, "header": {}}
    unknowable = {*needed_elsewhere(operation), *(s.steps[0] for s in cursors(operation) if s.place == "query")}
    named = {(n.source.place, n.source.steps[0]) for n in references(operation) if n.strict}
    named |= {(place.source.place, place.source.steps[0]) for place in listed_agent_places(operation)}
    for parameter in operation.parameters:
        unknown = parameter.name in unknowable and not parameter.required
        if parameter.location == "cookie" or unknown or not (is_read(parameter) or parameter.required):
            continue
        kept = needed if parameter.required or parameter.location == "path" else optional
        # What names a thing keeps its placeholder: a drawn name would be of nothing.
        standing = (parameter.location, parameter.name) in named
        drawn = st.just(plain_text(operation, parameter)) if standing else _parameter_texts(parameter)
        kept[parameter.location][parameter.name] = drawn
    if not any(needed[place] or optional[place] for place in needed):
        return st.just({"path": {}, "query": {}, "header": {}})
    made = {place: st.fixed_dictionaries(needed[place], optional=optional[place]) for place in needed}
    return st.fixed_dictionaries(made)


def _parameter_texts(parameter: Parameter) -> st.SearchStrategy[str]:
    """Texts that read as a valid value. Null can't be carried, so it is left out."""
    kinds = {branch.kind for branch in shapes(parameter.schema).root()}
    pools = {"path": _path_texts, "query": _query_texts, "header": _header_texts}
    judge = checker(parameter.schema)

    def fits(text: str) -> bool:
        values_of = {parameter.name: read_back(parameter, text)}
        request = _ask(parameter, text)
        return judge.accepted(read_parameter(parameter, request, values_of)[1])

    free = kinds <= {"string", "null", "any"}
    drawn = (
        values(parameter.schema)
        .filter(lambda value: value is not None and not isinstance(value, list | dict))
        .map(text_of)
    )
    if not free or not _plain(parameter):
        safe = drawn.filter(lambda text: _sendable(parameter, text))
        return safe.filter(fits)
    return pools[parameter.location].filter(fits)


def _plain(parameter: Parameter) -> bool:
    return all(
        not {"pattern", "format", "minLength", "maxLength"} & branch.keywords.keys()
        for branch in shapes(parameter.schema).root()
    )


def _sendable(parameter: Parameter, text: str) -> bool:
    if parameter.location == "query":
        return True
    if not text or text != text.strip() or not text.isprintable():
        return False
    return text.isascii() if parameter.location == "header" else "/" not in text and text not in (".", "..")


def _ask(parameter: Parameter, text: str) -> Request:
    if parameter.location == "query":
        return Request("GET", "/", encode_query({parameter.name: text}))
    return Request("GET", "/", "", {parameter.name.lower(): text})
