"""One harmless flaw of a good document is told with its place, and costs nothing but itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.documents import JSON, OK, document_of
from threadmock.specs.contract import Operation
from threadmock.specs.documents.document import parse_document
from threadmock.specs.operations.reader import read_operations
from threadmock.specs.operations.unread_parts import unread_parts
from threadmock.specs.schemas.dialect import Dialect

NOTE = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "text": {"type": "string"}}}
SHOWN = {"200": {"description": "", "content": {JSON: {"schema": NOTE}}}}
TAKEN = {"content": {JSON: {"schema": NOTE}}}
KEY = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
PATHS = {
    "/about": {"get": {"operationId": "about", "responses": OK}},
    "/notes": {
        "get": {"operationId": "list", "responses": {"200": {"description": "", "content": {JSON: {"schema": {"type": "array", "items": NOTE}}}}}},
        "post": {"operationId": "make", "requestBody": TAKEN, "responses": SHOWN},
    },
    "/notes/{id}": {"get": {"operationId": "read", "parameters": [KEY], "responses": SHOWN}},
    "/tags": {"get": {"operationId": "tags", "responses": OK}},
}  # fmt: skip

SCHEMA_FLAWS: dict[str, dict[str, Any]] = {
    "a pattern that nothing reads": {"pattern": "[z-a]"},
    "an empty enum": {"enum": []},
    "a name required twice": {"required": ["id", "id"]},
    "a flag for a bound": {"minimum": 1, "exclusiveMinimum": True},
    "bounds that nothing satisfies": {"minLength": 5, "maxLength": 1},
    "nullable": {"nullable": True},
    "a reference of an earlier draft": {"$recursiveRef": "#"},
    "a reference to an anchor that is not there": {"$dynamicRef": "#nothing"},
    "a base of references": {"$id": "https://example.com/a"},
    "a file": {"type": "file"},
    "any type": {"type": "any"},
    "a format of nobody": {"format": "colour"},
    "an example that does not fit": {"example": [1]},
    "a default that does not fit": {"type": "integer", "default": "no"},
    "a word of the vendor": {"x-internal": {"a": [1]}},
    "a word of nobody": {"colour": "red"},
    "another dialect": {"$schema": "http://json-schema.org/draft-04/schema#"},
    "a divisor that is none": {"type": "number", "multipleOf": 0},
    "dependencies of an earlier draft": {"dependencies": {"a": ["b"]}},
}
SAID_NOTHING = {
    "a format of nobody",
    "a word of the vendor",
    "an example that does not fit",
    "a default that does not fit",
}


def _with_parameter(node: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda operation: operation.setdefault("parameters", []).append(node)


OPERATION_FLAWS: dict[str, Callable[[dict[str, Any]], None]] = {
    "a body as a parameter": _with_parameter({"name": "b", "in": "body", "schema": {}}),
    "a form as parameters": _with_parameter({"name": "b", "in": "formData", "type": "string"}),
    "a parameter for the whole query": _with_parameter({"name": "q", "in": "querystring", "content": {}}),
    "an id that another has": lambda operation: operation.update(operationId="about"),
    "a callback": lambda operation: operation.update(callbacks={"done": {"{$request.body#/url}": {}}}),
    "a body for 204": lambda operation: operation["responses"].update({"204": SHOWN["200"]}),
    "an example that breaks its schema": lambda operation: operation["responses"].update(
        {"404": {"description": "", "content": {JSON: {"schema": {"type": "object"}, "example": 1}}}}
    ),
}


def loaded(tree: dict[str, Any]) -> tuple[dict[str, Operation], list[str]]:
    document = parse_document(json.dumps(tree, indent=1).encode(), Path("api.json"))
    dialect = Dialect(document, document.tree)
    found: list[str] = []
    operations = read_operations(document, document.tree, dialect, {}, found)
    told = [*dialect.warnings, *found, *unread_parts(document.tree, dialect)]
    return {str(each): each for each in operations}, told


def shape(operation: Operation) -> object:
    """What an operation says, to compare by value."""
    replies = {
        status: [media.schema.document if media.schema else None for media in reply.content.values()]
        for status, reply in operation.replies.items()
    }
    body = (
        [media.schema.document if media.schema else None for media in operation.body.content.values()]
        if operation.body
        else None
    )
    parameters = [(each.location, each.name, each.schema.document) for each in operation.parameters]
    return operation.operation_id, operation.rule.action, parameters, body, replies


GOOD = json.dumps(document_of(PATHS))
BEFORE = {name: shape(each) for name, each in loaded(json.loads(GOOD))[0].items()}
DATA = ("POST /notes", "GET /notes/{id}")


def flawed(name: str, flaw: Any) -> dict[str, Any]:
    tree = json.loads(GOOD)
    method, _, path = name.partition(" ")
    operation = tree["paths"][path][method.lower()]
    if isinstance(flaw, dict):
        operation["responses"]["200"]["content"][JSON]["schema"]["properties"]["text"] = flaw
    else:
        flaw(operation)
    return tree


@pytest.mark.parametrize("flaw", [*SCHEMA_FLAWS, *OPERATION_FLAWS])
@pytest.mark.parametrize("name", DATA)
def test_a_harmless_flaw_costs_no_other_operation(name, flaw):
    operations, told = loaded(flawed(name, SCHEMA_FLAWS.get(flaw) or OPERATION_FLAWS[flaw]))
    assert list(operations) == list(BEFORE)
    assert {other: shape(each) for other, each in operations.items() if other != name} == {
        other: each for other, each in BEFORE.items() if other != name
    }
    assert flaw in SAID_NOTHING or told
    assert all("(line " in line for line in told)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(DATA), st.sampled_from(sorted(SCHEMA_FLAWS))), min_size=1, max_size=2))
def test_several_flaws_in_one_document_stop_nothing(flaws):
    tree = json.loads(GOOD)
    for name, flaw in flaws:
        method, _, path = name.partition(" ")
        schema = tree["paths"][path][method.lower()]["responses"]["200"]["content"][JSON]["schema"]
        schema["properties"][f"p{len(schema['properties'])}"] = SCHEMA_FLAWS[flaw]
    operations, _ = loaded(tree)
    assert list(operations) == list(BEFORE)
    assert all(shape(operations[name]) == BEFORE[name] for name in BEFORE if name not in {each for each, _ in flaws})


def test_an_error_is_no_harmless_flaw():
    operations, said = loaded(flawed(DATA[0], {"type": "strin"}))
    assert list(operations) == [name for name in BEFORE if name != DATA[0]]
    assert any("strin" in each and each.endswith(f"So {DATA[0]} is left out.") for each in said)


UNREAD = {
    "webhooks": ({"webhooks": {"paid": {"post": {"responses": OK}}}}, {}, "#/webhooks/paid"),
    "callbacks": ({}, {"callbacks": {"a/b": {}}}, "#/paths/~1tags/get/callbacks/a~1b"),
    "links": ({}, {"responses": {"200": {"description": "", "links": {"next": {}}}}}, "#/paths/~1tags/get/responses/200/links"),
    "itemSchema": ({}, {"responses": {"200": {"description": "", "content": {"text/event-stream": {"itemSchema": {}}}}}}, "/responses/200/content/text~1event-stream/itemSchema"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "part"), UNREAD.items(), ids=UNREAD)
def test_what_nobody_reads_is_said_once_with_its_first_place(kind, part):
    top, inner, place = part
    tree = json.loads(GOOD) | top
    tree["paths"]["/tags"]["get"].update(inner)
    tree["paths"]["/more"] = {"get": {**tree["paths"]["/tags"]["get"], "operationId": "more"}}
    told = [line for line in loaded(tree)[1] if f"`{kind}`" in line]
    assert len(told) == 1
    assert place in told[0]
    assert "in the document)" in told[0]


def test_what_is_new_in_openapi_3_2_is_left_out_and_the_rest_is_read_as_3_1():
    tree = json.loads(GOOD) | {"openapi": "3.2.0"}
    tree["paths"]["/notes"] |= {"query": {"responses": OK}, "additionalOperations": {"COPY": {"responses": OK}}}
    operations, told = loaded(tree)
    assert {name: shape(each) for name, each in operations.items()} == BEFORE
    assert [line.partition("): ")[2] for line in told] == [
        "OpenAPI 3.2 is read as 3.1",
        "`methods` of OpenAPI 3.2 (`query`, `additionalOperations`) are not read (2 in the document)",
    ]


def test_a_misspelt_method_is_told_with_the_nearest():
    tree = json.loads(GOOD)
    tree["paths"]["/tags"]["psot"] = {"responses": OK}
    operations, told = loaded(tree)
    assert {name: shape(each) for name, each in operations.items()} == BEFORE
    assert [line.partition("): ")[2] for line in told] == ["'psot' is no method and is not read. Did you mean 'post'?"]
    assert "#/paths/~1tags/psot (line" in told[0]


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Content-Encoding", "Connection"])
def test_a_header_of_framing_is_never_made_from_a_document(name):
    tree = json.loads(GOOD)
    header = {"required": True, "schema": {"const": "5"}}
    tree["paths"]["/tags"]["get"]["responses"]["200"]["headers"] = {name: header, "X-Count": header}
    operations, told = loaded(tree)
    assert list(operations["GET /tags"].replies["200"].headers) == ["x-count"]
    assert len(told) == 1
    assert repr(name) in told[0]


def test_a_good_document_has_no_warning():
    assert loaded(json.loads(GOOD))[1] == []


def test_a_document_of_webhooks_alone_says_so():
    with pytest.raises(Exception, match="It has webhooks only"):
        loaded({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "webhooks": {"a": {}}})
