"""Parameters as text: typed by their schema, never a crash, and judged only where we know how they are written."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import asking
from threadmock.specs.contract import Operation
from threadmock.specs.operations.parameters import (
    MAX_PAIRS,
    check_parameters,
    is_object,
    is_read,
    parse_query,
    read_parameter,
    typed,
    unstyled,
)
from threadmock.specs.schemas.declared import types_of
from threadmock.specs.wire.messages import Request

TYPES = ("integer", "number", "boolean", "string", "array", "object", "null")
hostile = st.text(st.characters()) | st.from_regex(r"-?[0-9]*\.?[0-9]*([eE][+-]?[0-9]*)?", fullmatch=True)
plain_texts = st.text(st.characters(exclude_categories=["Cs"]))


def query(schema: dict, name: str = "q", **rest: object) -> dict:
    return {"name": name, "in": "query", "schema": schema, **rest}


def get(raw: str = "", headers: dict | None = None) -> Request:
    return Request("GET", "/things", raw, headers or {})


def read(parameter: dict, request: Request, path_values: dict | None = None, path: str = "/things") -> object:
    made = asking(parameter, path=path)
    present, value = read_parameter(made.parameters[0], request, path_values or {})
    return value if present else "absent"


def complaints(parameter: dict, request: Request) -> list[str]:
    return [f"{v.where} {v.pointer} {v.keyword}" for v in check_parameters(asking(parameter), request, {})[1]]


@given(hostile, st.sets(st.sampled_from(TYPES)))
def test_any_text_becomes_a_value_of_one_of_the_types_or_stays_itself(text, types):
    value = typed(text, frozenset(types))
    if value != text or not isinstance(value, str):
        kind = {bool: {"boolean"}, int: {"integer", "number"}, float: {"number"}}[type(value)]
        assert kind & types


@given(st.integers())
def test_an_integer_is_read_back(number):
    assert typed(str(number), frozenset({"integer"})) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back(number):
    assert typed(repr(number), frozenset({"number"})) == number


TYPED = [
    ("007", {"integer"}, "007"),
    ("+1", {"integer"}, "+1"),
    ("1_000", {"integer"}, "1_000"),
    ("١", {"integer"}, "١"),
    (" 1", {"integer"}, " 1"),
    ("1.0", {"integer"}, "1.0"),
    ("1e400", {"number"}, "1e400"),
    ("nan", {"number"}, "nan"),
    ("Infinity", {"number"}, "Infinity"),
    ("9" * 5000, {"integer"}, "9" * 5000),
    ("1" * 500, {"number"}, "1" * 500),
    ("true", {"boolean"}, True),
    ("False", {"boolean"}, False),
    ("yes", {"boolean"}, "yes"),
    ("1", {"string"}, "1"),
    ("1", {"number"}, 1),
    ("1", {"string", "integer"}, 1),
    ("", {"integer"}, ""),
    ("null", {"null"}, "null"),
]


@pytest.mark.parametrize(
    ("text", "types", "value"), TYPED, ids=[f"{text[:9]} as {sorted(types)}" for text, types, _ in TYPED]
)
def test_only_the_json_spelling_of_a_value_is_typed(text, types, value):
    found = typed(text, types)
    assert (found, type(found)) == (value, type(value))


@given(st.lists(st.tuples(plain_texts, plain_texts), max_size=30))
def test_a_query_that_was_encoded_reads_back_in_order(pairs):
    pairs = [(name, value) for name, value in pairs if name or value]
    assert parse_query(urlencode(pairs)) == pairs


@given(st.text(st.characters()) | st.text("&=%+;a0f"))
def test_any_query_is_read(raw):
    assert len(parse_query(raw)) <= MAX_PAIRS


def test_of_a_flood_of_pairs_the_first_are_kept():
    raw = "&".join(f"name{index}=value{index}" for index in range(100_000))
    found = parse_query(raw)
    assert len(found) == MAX_PAIRS
    assert found[-1] == (f"name{MAX_PAIRS - 1}", f"value{MAX_PAIRS - 1}")


INTEGERS = {"type": "array", "items": {"type": "integer"}}
READ = {
    "a repeated name": (query(INTEGERS), "q=1&q=2", [1, 2]),
    "a list with commas": (query(INTEGERS, explode=False), "q=1,2", [1, 2]),
    "a list with blanks": (query(INTEGERS, style="spaceDelimited", explode=False), "q=1%202", [1, 2]),
    "a list with bars": (query(INTEGERS, style="pipeDelimited", explode=False), "q=1|2", [1, 2]),
    "a list of one": (query(INTEGERS), "q=1", [1]),
    "a list or null": (query({"anyOf": [INTEGERS, {"type": "null"}]}), "q=1&q=2", [1, 2]),
    "a list or a text, once": (query({"type": ["array", "string"], "items": {"type": "integer"}}), "q=1,2", "1,2"),
    "the last of several": (query({"type": "integer"}), "q=1&q=2", 2),
    "a name that is not encoded alike": (query({"type": "string"}, "a[b]"), "a%5Bb%5D=1", "1"),
    "a name without a value": (query({"type": "string"}), "q", ""),
    "an enum without a type": (query({"enum": [1, 2]}), "q=2", 2),
    "a constant without a type": (query({"const": True}), "q=true", True),
    "a type behind a reference": (query({"$ref": "#/components/schemas/N"}), "q=1", 1),
    "nothing of that name": (query({"type": "string"}), "Q=1", "absent"),
}


@pytest.mark.parametrize(("parameter", "raw", "value"), READ.values(), ids=READ)
def test_a_query_parameter_is_read_as_its_schema_and_style_say(parameter, raw, value):
    made = asking(parameter, components={"schemas": {"N": {"type": "integer"}}})
    present, found = read_parameter(made.parameters[0], get(raw), {})
    assert (found if present else "absent") == value
    assert check_parameters(made, get(raw), {})[1] == []


def test_a_header_list_is_split_and_its_blanks_mean_nothing():
    parameter = {"name": "X-Ids", "in": "header", "schema": INTEGERS}
    assert read(parameter, get(headers={"x-ids": "1, 2,\t3"})) == [1, 2, 3]
    assert complaints(parameter, get(headers={"x-ids": "1, b"})) == ["header /X-Ids/1 type"]


def test_a_header_is_found_whatever_its_case_in_the_document():
    assert read({"name": "X-Team-ID", "in": "header", "schema": {}}, get(headers={"x-team-id": "a"})) == "a"


@pytest.mark.parametrize("sent", ["page_size", "page-size"])
def test_a_header_with_an_underscore_is_found_behind_a_wsgi_server_too(sent):
    assert read({"name": "Page_Size", "in": "header", "schema": {"type": "integer"}}, get(headers={sent: "3"})) == 3
    assert read({"name": "Page-Size", "in": "header", "schema": {}}, get(headers={"page_size": "3"})) == "absent"


def test_a_cookie_is_found_among_others():
    parameter = {"name": "b", "in": "cookie", "schema": {"type": "integer"}}
    assert read(parameter, get(headers={"cookie": "a=1; b=2;c"})) == 2
    assert read(parameter, get(headers={"cookie": "a=1"})) == "absent"


def test_a_path_parameter_is_typed():
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    assert read(parameter, get(), {"id": "12"}, "/things/{id}") == 12


COMPLAINTS = {
    "missing": (query({"type": "integer"}, required=True), "", ["query /q required"]),
    "missing, not required": (query({"type": "integer"}), "", []),
    "of another type": (query({"type": "integer"}), "q=a", ["query /q type"]),
    "out of bounds": (query({"type": "integer", "maximum": 5}), "q=6", ["query /q maximum"]),
    "an item of another type": (query(INTEGERS), "q=1&q=b", ["query /q/1 type"]),
    "of another format": (query({"type": "string", "format": "uuid"}), "q=1", ["query /q format"]),
    "one that nobody declared": (query({"type": "integer"}), "other=a", []),
}


@pytest.mark.parametrize(("parameter", "raw", "expected"), COMPLAINTS.values(), ids=COMPLAINTS)
def test_what_is_wrong_with_a_parameter_is_said_by_its_name(parameter, raw, expected):
    assert complaints(parameter, get(raw)) == expected


OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}}
OBJECTS = {
    "deepObject": (query(OBJECT, style="deepObject", required=True), {"q[a]=1": 1, "q[a]=x": "type", "q=1": "type", "": "required"}),
    "an exploded object": (query(OBJECT, required=True), {"a=1": 1, "a=x": "type", "other=1": None}),
    "an object in one text": (query(OBJECT, explode=False, required=True), {"q=a,1": 1, "q=a,x": "type", "": "required"}),
}  # fmt: skip


@pytest.mark.parametrize(("parameter", "sent"), OBJECTS.values(), ids=OBJECTS)
def test_an_object_in_a_query_is_read_and_judged(parameter, sent):
    made = asking(parameter)
    assert is_object(made.parameters[0])
    assert not is_read(made.parameters[0])
    for raw, expected in sent.items():
        values, violations = check_parameters(made, get(raw), {})
        if isinstance(expected, str):
            assert [(violation.location[0], violation.keyword) for violation in violations] == [("q", expected)]
        else:
            assert (values, violations) == ({"q": {} if expected is None else {"a": expected}}, [])


def test_an_object_that_may_be_absent_is_no_complaint_and_members_of_other_parameters_are_not_its_own():
    made = asking(query(OBJECT), query({"type": "string"}, "a"))
    assert check_parameters(made, get("a=text"), {}) == ({"a": "text"}, [])
    assert check_parameters(asking(query(OBJECT, style="deepObject")), get(""), {}) == ({}, [])


STYLED = {
    "a label": ("label", False, {"type": "integer"}, ".5", 5),
    "a matrix": ("matrix", False, {"type": "integer"}, ";id=5", 5),
    "a number with a point": ("label", False, {"type": "number"}, ".1.5", 1.5),
    "a text with marks": ("matrix", True, {"type": "string"}, ";id=a;id=b,c.d", "a;id=b,c.d"),
    "an empty matrix": ("matrix", False, {"type": "string"}, ";id", ""),
    "a list with points": ("label", False, INTEGERS, ".3.4", [3, 4]),
    "a list with commas": ("label", False, INTEGERS, ".3,4", [3, 4]),
    "an exploded list": ("label", True, INTEGERS, ".3.4", [3, 4]),
    "a list of one": ("label", True, INTEGERS, ".3", [3]),
    "a matrix of a list": ("matrix", False, INTEGERS, ";id=3,4", [3, 4]),
    "an exploded matrix": ("matrix", True, INTEGERS, ";id=3;id=4", [3, 4]),
}


def in_path(style: str, schema: dict, explode: bool = False) -> Operation:
    parameter = {"name": "id", "in": "path", "required": True, "style": style, "explode": explode, "schema": schema}
    return asking(parameter, path="/things/{id}")


@pytest.mark.parametrize("kind", STYLED)
def test_a_path_parameter_is_read_in_its_style(kind):
    style, explode, schema, text, value = STYLED[kind]
    made = in_path(style, schema, explode)
    texts, wrong = unstyled(made, {"id": text, "other": text})
    assert (wrong, texts["other"]) == ([], text)
    assert check_parameters(made, get(), texts) == ({"id": value}, [])


@pytest.mark.parametrize(
    ("style", "text"), [("label", "5"), ("matrix", "5"), ("matrix", ";it=5"), ("matrix", ".5"), ("label", ";id=5")]
)
def test_a_text_that_is_not_in_its_style_is_told(style, text):
    texts, wrong = unstyled(in_path(style, {"type": "integer"}), {"id": text})
    assert texts == {"id": text}
    assert [(each.where, each.keyword, each.location) for each in wrong] == [("path", "style", ("id",))]


@pytest.mark.parametrize("style", ["label", "matrix"])
def test_a_value_in_a_style_is_judged_and_an_object_is_not(style):
    text = {"label": ".x", "matrix": ";id=x"}[style]
    made = in_path(style, {"type": "integer"})
    assert [each.keyword for each in check_parameters(made, get(), unstyled(made, {"id": text})[0])[1]] == ["type"]
    odd = in_path(style, OBJECT)
    assert unstyled(odd, {"id": "R,1"}) == ({"id": "R,1"}, [])
    assert check_parameters(odd, get(), {"id": "R,1"})[1] == []


def test_a_plain_path_stays_as_it_is():
    texts = {"id": ".5"}
    assert unstyled(in_path("simple", {"type": "string"}), texts) == (texts, [])


def test_values_come_by_name_and_the_wrong_ones_stay_out():
    made = asking(query({"type": "integer"}, "a"), query({"type": "integer"}, "b"), query({}, "c"))
    values, found = check_parameters(made, get("a=1&b=x"), {})
    assert values == {"a": 1}
    assert [violation.location for violation in found] == [("b",)]


def test_a_requirement_that_is_only_assumed_is_said_to_be_so():
    made = asking(query({"type": "integer"}, required=True) | {"x-evidence": "assumed"})
    (violation,) = check_parameters(made, get(), {})[1]
    assert violation.evidence == "assumed"
    assert violation.schema_pointer == "#/paths/~1things/get/parameters/0"


schemas = st.sampled_from(
    [
        {},
        {"type": "integer"},
        {"type": "string", "format": "uuid"},
        INTEGERS,
        OBJECT,
        {"enum": [1, "a", None]},
        {"type": ["number", "null"]},
        {"type": "array", "items": {"type": ["string", "boolean"]}},
        {"pattern": "^a"},
    ]
)
parameters = st.builds(
    lambda place, schema, style: {"name": "p", "in": place, "schema": schema, **({"style": style} if style else {})},
    st.sampled_from(["query", "header", "cookie"]),
    schemas,
    st.sampled_from(["", "simple", "form", "pipeDelimited", "deepObject", "odd"]),
)


@given(parameters, st.text(st.characters()), st.text(st.characters()))
def test_no_text_anywhere_makes_the_check_of_parameters_raise(parameter, raw, header):
    made = asking(parameter)
    values, found = check_parameters(made, get(raw + "&p=" + header, {"p": header, "cookie": "p=" + header}), {})
    assert bool(values) or bool(found) or is_object(made.parameters[0])


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize(("sent", "values"), [("id=5", {"id": 5}), ("", {})])
def test_of_parameters_that_share_a_name_the_value_is_that_of_the_query(order, sent, values):
    both = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        query({"type": "integer"}, name="id"),
    ]
    made = asking(*(both[::-1] if order else both), path="/things/{id}")
    assert check_parameters(made, get(sent), {"id": "x"}) == (values, [])


@given(plain_texts.filter(lambda text: "/" not in text and text))
def test_a_text_in_a_query_is_read_back_whatever_it_holds(text):
    assert read(query({"type": "string"}), get("q=" + quote(text, safe=""))) == text


def test_types_are_found_through_references_and_unions_even_in_a_circle():
    made = asking(
        query({"$ref": "#/components/schemas/A"}),
        components={
            "schemas": {
                "A": {"anyOf": [{"$ref": "#/components/schemas/B"}, {"type": "null"}]},
                "B": {"allOf": [{"type": ["integer", "array"], "items": {"$ref": "#/components/schemas/A"}}]},
            }
        },
    )
    schema = made.parameters[0].schema
    assert types_of(schema, schema.document) == {"integer", "array", "null"}
