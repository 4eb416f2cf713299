"""A document with anything anywhere loads, or is refused by place."""

import copy
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.documents import JSON, document_of
from support.schema_values import JUNK
from threadmock.specs import loader
from threadmock.specs.behaviour.read_rules import check_provider_wide
from threadmock.specs.documents import overlay
from threadmock.specs.documents.document import parse_document, read_document
from threadmock.specs.errors import SpecError
from threadmock.specs.operations.parameters import check_parameters
from threadmock.specs.operations.reader import read_operations
from threadmock.specs.operations.replies import check_response
from threadmock.specs.operations.requests import read_body
from threadmock.specs.operations.routing import Router
from threadmock.specs.schemas.dialect import Dialect
from threadmock.specs.wire.messages import Request, Response

THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


def bases() -> list[dict]:
    """The documents that we ship, layered, and one of a user's that has a bit of everything."""
    found = []
    for name in loader.builtin_names():
        folder = Path(loader.__file__).parent / "providers" / name
        overlays = [read_document(path) for path in sorted(folder.glob("*.overlay.yaml"))]
        found.append(overlay.apply(read_document(folder / "openapi.yaml").tree, overlays))
    content = {
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/T"}, "examples": {"a": {"value": {"id": "a"}}}}}
    }
    everything = document_of(
        {
            "/t": {"post": {"security": [{}], "requestBody": {"$ref": "#/components/requestBodies/B"}, "responses": {"201": {"description": "", **content}}}},
            "/t/{id}": {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {}}], "get": {"tags": ["a"], "parameters": [{"name": "q", "in": "query", "explode": False, "schema": {"type": "array", "items": {"type": "integer"}}}], "responses": {"200": {"headers": {"X-A": {"schema": {}}}, **content}, "default": content}}},
        },
        version="3.0.3",
        security=[{"k": []}],
        servers=[{"url": "/"}],
        components={
            "securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Key"}, "b": {"type": "http", "scheme": "Bearer", "x-evidence": "observed"}},
            "requestBodies": {"B": content},
            "schemas": {"T": {**THING, "nullable": True, "oneOf": [{"$ref": "#/components/schemas/T"}], "minProperties": 1, "x-evidence": "assumed"}},
        },
    )  # fmt: skip
    everything["components"]["schemas"]["T"].pop("oneOf")
    return [*found, everything]


BASES = bases()
ODD = [
    None,
    True,
    0,
    1.5,
    "",
    "x",
    "{",
    "/{a}",
    [],
    [1],
    ["x"],
    {},
    {"a": 1},
    {"$ref": "#"},
    {"$ref": "#/no"},
    {"$ref": 5},
    "default",
    {"": ""},
]
NAMES = ["", "x-evidence", "$ref", "nullable", "0", "default", "x-behaviour", "allOf", "/{b}"]


def places(node: object, way: tuple = ()) -> list[tuple]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [way, *(place for key, child in children for place in places(child, (*way, key)))]


PLACES = [places(base)[1:] for base in BASES]


@settings(max_examples=400)
@given(st.data())
def test_a_document_with_anything_anywhere_loads_or_is_refused_by_place(data):
    number = data.draw(st.integers(0, len(BASES) - 1))
    tree = copy.deepcopy(BASES[number])
    way = data.draw(st.sampled_from(PLACES[number]))
    holder = tree
    for step in way[:-1]:
        holder = holder[step]
    change = data.draw(st.sampled_from(["put", "put", "drop", "rename"]))
    if change == "put":
        holder[way[-1]] = data.draw(st.sampled_from(ODD) | JUNK)
    elif change == "drop":
        del holder[way[-1]]
    elif isinstance(holder, dict):
        holder[data.draw(st.sampled_from(NAMES))] = holder.pop(way[-1])
    document = parse_document(json.dumps(tree).encode(), Path("api.json"))
    wide = document.tree.get("x-behaviour", {})
    try:
        check_provider_wide(wide, "api.json")
        operations = read_operations(document, document.tree, Dialect(document, document.tree), wide, [])
    except SpecError as error:
        places = [error.where] if error.where else str(error).splitlines()[1:]  # of one error, or of several
        assert places
        assert all(place.strip().startswith("api.json") for place in places)
        return
    # What loads can be asked anything.
    for made in operations:
        request = Request(made.method, made.path, "q=1&a=b", {"content-type": JSON, "x": "1"}, b'{"id":"a"}')
        match = Router(operations).find(made.method, made.path)
        check_parameters(made, request, match.values)
        read_body(made, request)
        assert isinstance(check_response(made, request, Response(made.success, {"content-type": JSON}, b"{}")), list)
