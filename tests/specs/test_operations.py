"""`paths` → operations: what is wrong is said with file, pointer and line; nothing wrong passes in silence."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import JSON, OK, operation, read
from threadmock.specs.errors import DocumentError, SpecError
from threadmock.specs.evidence import check_evidence

THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


def refusal(paths: dict, **members: object) -> str:
    with pytest.raises(DocumentError) as caught:
        read(paths, **members)
    assert caught.value.where.startswith("api.json#/")
    assert "(line " in caught.value.where
    return str(caught.value)


def warnings(paths: dict, **members: object) -> list[str]:
    _, found = read(paths, **members)
    assert all(each.startswith("api.json#/") and "(line " in each for each in found)
    return found


def get(**node: object) -> dict:
    return {"get": {"responses": OK, **node}}


def by_path(*names: str) -> dict:
    return {"parameters": [{"name": name, "in": "path", "required": True, "schema": {}} for name in names]}


# --- what stops the loading

REFUSED = {
    "one parameter twice": ({"/{a}/{a}": get(**by_path("a"))}, "#/paths/~1{a}~1{a}", "twice"),
    "a path without a slash": ({"t": get()}, "#/paths/t", "slash"),
    "a brace that is not closed": ({"/t/{id": get()}, "#/paths/~1t~1{id", "braces"),
    "empty braces": ({"/t/{}": get()}, "#/paths/~1t~1{}", "braces"),
    "no status": ({"/t": {"get": {"responses": {"20": {}}}}}, "#/paths/~1t/get/responses", "'20' is no status"),
    "no object": ({"/t": {"get": []}}, "#/paths/~1t/get", "An object is due"),
    "an empty member": ({"/t": {"get": None}}, "#/paths/~1t/get", "An object is due"),
    "responses that are empty": ({"/t": {"get": {"responses": None}}}, "#/paths/~1t/get/responses", "An object is due"),
    "parameters that are no list": ({"/t": get(parameters=None)}, "#/paths/~1t/get/parameters", "A list is due"),
    "tags that are no list": ({"/t": get(tags="a")}, "#/paths/~1t/get/tags", "A list is due"),
    "security that is no list": ({"/t": get(security={"k": []})}, "#/paths/~1t/get/security", "A list is due"),
    "a parameter without a name": ({"/t": get(parameters=[{"in": "query"}])}, "#/paths/~1t/get/parameters/0", "`name`"),
    "a parameter from nowhere": ({"/t": get(parameters=[{"name": "a", "in": "nowhere"}])}, "parameters/0", "`in`"),
    "a reference to nothing": ({"/t": get(parameters=[{"$ref": "#/components/parameters/P"}])}, "parameters/0", "components"),
    "an evidence that is none": ({"/t": {"get": {"responses": {"200": {"x-evidence": "sure"}}}}}, "responses/200", "'sure' is no evidence"),
    "no operation at all": ({"/t": {"summary": "nothing"}}, "#/paths", "no operations"),
    "no path at all": ({}, "#/paths", "no operations"),
}  # fmt: skip


@pytest.mark.parametrize(("paths", "pointer", "text"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_served_stops_the_loading_with_its_place(paths, pointer, text):
    components = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    said = refusal(paths, components=components)
    assert pointer in said
    assert text in said


SCHEMES = {
    "no type": {"in": "header", "name": "X"},
    "an unknown type": {"type": "apikey", "in": "header", "name": "X"},
    "a key without a name": {"type": "apiKey", "in": "header"},
    "a key without a place": {"type": "apiKey", "name": "X"},
    "a key at an unknown place": {"type": "apiKey", "name": "X", "in": "body"},
    "http without a scheme": {"type": "http"},
}


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_a_security_scheme_that_says_too_little_is_not_asked_for(scheme):
    (made,), (said,) = read({"/t": get(security=[{"k": []}])}, components={"securitySchemes": {"k": scheme}})
    assert "#/components/securitySchemes/k" in said
    assert "So that is not asked for." in said
    assert made.security == ()


def test_of_alternatives_only_those_that_can_be_shown_are_asked_for():
    components = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    (made,), (said,) = read({"/t": get(security=[{"token": []}, {"tokn": []}])}, components=components)
    assert "#/paths/~1t/get/security (line" in said
    assert "Did you mean 'token'?" in said
    assert [[scheme.identifier for scheme in alternative] for alternative in made.security] == [["token"]]


# --- what costs one operation

COSTLY = {
    "a reference to nothing": ("GET /bad", get(parameters=[{"$ref": "#/components/parameters/P"}])),
    "an infinite answer": ("GET /bad", get(responses={"200": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Loop"}}}}})),
    "references that go round": ("GET /bad", get(responses={"200": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Round"}}}}})),
    "a type that is none": ("GET /bad", get(parameters=[{"name": "a", "in": "query", "schema": {"type": "strin"}}])),
    "no status": ("GET /bad", get(responses={"20": {}})),
    "an empty member": ("GET /bad", {"get": None}),
    "an item that is nowhere": ("/bad", {"$ref": "#/components/pathItems/None"}),
    "an item that is none": ("/bad", []),
}  # fmt: skip
COMPONENTS = {
    "schemas": {
        "Loop": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Loop"}}},
        "Round": {"allOf": [{"$ref": "#/components/schemas/Round"}]},
    }
}


@pytest.mark.parametrize(("name", "node"), COSTLY.values(), ids=COSTLY)
def test_a_flaw_costs_its_operation_only_and_is_told_with_its_place(name, node):
    out: list = []
    made, said = read({"/bad": node, "/good": get()}, components=COMPONENTS, left_out=out)
    assert [str(each) for each in made] == ["GET /good"]
    assert [str(each) for each in out] == [name]
    (warning,) = said
    assert out[0].why in warning
    assert "(line " in warning
    assert warning.endswith("is left out.")


@pytest.mark.parametrize(("name", "node"), COSTLY.values(), ids=COSTLY)
def test_a_document_of_which_nothing_is_left_is_refused_for_what_is_wrong(name, node):
    with pytest.raises(SpecError, match=r"^api\.json#/.*\(line "):
        read({"/bad": node}, components=COMPONENTS)


def test_paths_that_cannot_be_told_apart_cost_the_later_one():
    out: list = []
    by = by_path("b")
    paths = {"/t/{a}": get(**by_path("a")), "/t/{b}": {**get(**by), "delete": {"responses": OK, **by}}}
    made, said = read(paths, left_out=out)
    assert [str(each) for each in made] == ["GET /t/{a}", "DELETE /t/{b}"]
    assert [str(each) for each in out] == ["GET /t/{b}"]
    assert any("can't be told apart: both have GET" in each for each in said)


def test_a_path_parameter_that_nobody_declares_is_a_text_and_one_that_the_path_lacks_is_none():
    (made,), said = read({"/t/{id}": get(**by_path("idd"))})
    assert [(each.name, each.schema.document) for each in made.parameters] == [("id", {"type": "string"})]
    assert ["the path has no {idd}" in said[0], "'id' is not declared; it is taken for a text" in said[1]] == [True] * 2
    assert "Did you mean 'id'?" in said[0]
    assert warnings({"/t/{id}": get(**by_path("id"))}) == []


def test_all_errors_are_told_at_once_and_each_once():
    broken = {"content": {JSON: {"schema": {"$ref": "#/components/schemas/A"}}}}
    paths = {
        "/a": {method: {"responses": {"200": broken}} for method in ("get", "put")},
        "/b/{id}/{id}": get(),
        "c": get(),
    }
    with pytest.raises(DocumentError) as caught:
        read(paths, components={"schemas": {"A": {"type": "strin"}}})
    head, *lines = str(caught.value).splitlines()
    assert head == "3 things are wrong with the document:"
    assert ["Did you mean 'string'" in lines[0], "one parameter twice" in lines[1], "slash" in lines[2]] == [True] * 3
    assert all("(line " in line for line in lines)


# --- what is warned about

BAD_EXAMPLE = {
    "content": {
        JSON: {
            "schema": THING,
            "examples": {"bad": {"value": {}}, "good": {"value": {"id": "a"}}, "worse": {"value": 1}},
        }
    }
}
WARNED = {
    "no success": ({"/t": {"get": {"responses": {"404": {}}}}}, ["#/paths/~1t/get/responses (line 10): no success is documented"]),
    "no responses": ({"/t": {"get": {}}}, ["#/paths/~1t/get/responses (line 9): no success is documented"]),
    "default only": ({"/t": {"get": {"responses": {"default": {}}}}}, ["only `default` is documented"]),
    "a range as success": ({"/t": {"get": {"responses": {"2XX": {}}}}}, []),
    "204 with a body": ({"/t": {"get": {"responses": {"204": {"content": {JSON: {}}}}}}}, ["#/paths/~1t/get/responses/204 (line 11): a 204 has no body"]),
    "examples that break their schema": ({"/t": {"get": {"responses": {"200": BAD_EXAMPLE}}}}, ["application~1json/examples/bad (line 26): the example 'bad' breaks its own", "examples/worse (line 34)"]),
    "a parameter that we can't read": ({"/t": get(parameters=[{"name": "a", "in": "query", "style": "tabDelimited", "schema": {"type": "object"}}])}, ["#/paths/~1t/get/parameters/0 (line 16): the parameter 'a'"]),
    "two paths for one request": ({"/{a}/x": get(**by_path("a")), "/y/{b}": get(**by_path("b"))}, ["#/paths/~1y~1{b} (line"]),
    "two names for one parameter": ({"/t/{a}": get(**by_path("a")), "/t/{b}": {"delete": {"responses": OK, **by_path("b")}}}, ["this path and '/t/{a}' are the same but for names"]),
    "a literal beside a parameter": ({"/t/{a}": get(**by_path("a")), "/t/x": get()}, []),
    "a query in a path": ({"/t?a=1": get()}, ["a path ends before"]),
    "nothing": ({"/t": get()}, []),
}  # fmt: skip


@pytest.mark.parametrize(("paths", "expected"), WARNED.values(), ids=WARNED)
def test_what_is_doubtful_is_warned_about_with_its_place(paths, expected):
    found = warnings(paths)
    assert len(found) == len(expected)
    assert all(text in warning for text, warning in zip(expected, found, strict=True))


@pytest.mark.parametrize("target", ["#/components/examples/user/value", "#/components/examples/user"])
def test_a_value_of_an_example_may_refer_to_another(target):
    referring = {"examples": {"one": {"value": {"$ref": target}}}, "example": {"$ref": target}}
    content = {JSON: {"schema": {"type": "object"}, **referring}}
    reply = {"200": {"description": "", "content": content}}
    examples = {"user": {"value": {"id": 1}}}
    (made,), _ = read({"/t": {"get": {"responses": reply}}}, components={"examples": examples})
    assert made.replies["200"].content[JSON].examples == {"one": {"id": 1}, "example": {"id": 1}}


@pytest.mark.parametrize(
    "value", [{"$ref": "#/nowhere"}, {"$ref": "text"}, {"$ref": "#/paths", "more": 1}, {"$ref": 5}]
)
def test_what_refers_to_nothing_is_the_value_itself(value):
    content = {JSON: {"schema": {"type": "object"}, "example": value}}
    (made,), _ = read({"/t": {"get": {"responses": {"200": {"description": "", "content": content}}}}})
    assert made.replies["200"].content[JSON].examples == {"example": value}


def test_an_example_that_breaks_its_schema_is_not_used_and_the_others_are():
    made = operation({"responses": {"200": {"description": "", **BAD_EXAMPLE}}})
    assert made.replies["200"].content[JSON].examples == {"good": {"id": "a"}}


def test_a_body_that_no_204_has_is_dropped():
    made = operation({"responses": {"204": {"content": {JSON: {"schema": {}}}}}})
    assert made.replies["204"].content == {}
    assert made.success == 204


def test_a_document_of_many_paths_is_read_in_reasonable_time():
    operations, _ = read({f"/a{index}/{{x}}/b": get(**by_path("x")) for index in range(1500)})
    assert len(operations) == 1500


# --- what is read

SECURITY = {
    "k": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "b": {"type": "http", "scheme": "Bearer", "x-evidence": "observed"},
}
ALTERNATIVES = {
    "none anywhere": ({}, {}, []),
    "at the root": ({"security": [{"k": []}]}, {}, [["k"]]),
    "at the operation": ({}, {"security": [{"b": []}]}, [["b"]]),
    "the operation's over the root's": ({"security": [{"k": []}]}, {"security": [{"b": []}]}, [["b"]]),
    "none at the operation over the root's": ({"security": [{"k": []}]}, {"security": []}, []),
    "an empty root under the operation's": ({"security": []}, {"security": [{"k": []}]}, [["k"]]),
    "two that hold together": ({"security": [{"k": [], "b": []}]}, {}, [["k", "b"]]),
    "two alternatives": ({"security": [{"k": []}, {"b": []}]}, {}, [["k"], ["b"]]),
    "optional": ({"security": [{"k": []}, {}]}, {}, []),
    "optional, first": ({"security": [{}, {"k": []}]}, {}, []),
    "only the empty one": ({"security": [{"k": []}]}, {"security": [{}]}, []),
}


@pytest.mark.parametrize(("root", "node", "expected"), ALTERNATIVES.values(), ids=ALTERNATIVES)
def test_security_is_the_operations_own_else_the_roots_and_optional_means_none(root, node, expected):
    made = operation(node, components={"securitySchemes": SECURITY}, **root)
    assert [[scheme.identifier for scheme in together] for together in made.security] == expected


def test_a_security_scheme_says_where_the_credential_travels():
    made = operation({"security": [{"k": [], "b": []}]}, components={"securitySchemes": SECURITY})
    key, bearer = made.security[0]
    assert (key.kind, key.location, key.name, key.evidence) == ("apiKey", "header", "X-Key", "documented")
    assert (bearer.kind, bearer.location, bearer.scheme, bearer.evidence) == ("http", None, "bearer", "observed")


def test_parameters_of_the_path_are_shared_and_an_operation_may_replace_them():
    shared = [{"name": "a", "in": "query", "schema": {"type": "integer"}}, {"name": "a", "in": "header", "schema": {}}]
    own = {"name": "a", "in": "query", "required": True, "schema": {"type": "string"}}
    (made,), _ = read({"/t": {"parameters": shared, **get(parameters=[own])}})
    assert [(p.location, p.required) for p in made.parameters] == [("query", True), ("header", False)]
    assert made.parameters_in("query")[0].pointer == "#/paths/~1t/get/parameters/0"


DEFAULTS = {"path": ("simple", False), "header": ("simple", False), "query": ("form", True), "cookie": ("form", True)}


@pytest.mark.parametrize(("place", "expected"), DEFAULTS.items())
def test_style_and_explode_have_the_defaults_of_openapi(place, expected):
    made = operation(
        {"parameters": [{"name": "a", "in": place, "schema": {}}]}, "get", "/{a}" if place == "path" else "/t"
    )
    (parameter,) = made.parameters
    assert (parameter.style, parameter.explode) == expected
    assert parameter.required is (place == "path")


def test_headers_that_openapi_ignores_as_parameters_are_ignored():
    names = ["Accept", "content-type", "Authorization", "X-Own"]
    made = operation({"parameters": [{"name": name, "in": "header", "required": True} for name in names]})
    assert [parameter.name for parameter in made.parameters] == ["X-Own"]


def test_references_to_path_items_parameters_bodies_and_replies_are_followed():
    content = {
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/T"}, "examples": {"e": {"$ref": "#/components/examples/E"}}}
        }
    }
    components = {
        "pathItems": {"I": {"post": {"parameters": [{"$ref": "#/components/parameters/P"}], "requestBody": {"$ref": "#/components/requestBodies/B"}, "responses": {"201": {"$ref": "#/components/responses/R"}}}}},
        "parameters": {"P": {"name": "q", "in": "query", "schema": {"type": "integer"}}},
        "requestBodies": {"B": {"required": True, **content}},
        "responses": {"R": {"description": "", **content, "headers": {"X-A": {"$ref": "#/components/headers/H"}}}},
        "headers": {"H": {"required": True, "schema": {}}},
        "examples": {"E": {"value": {"id": "a"}}},
        "schemas": {"T": THING},
    }  # fmt: skip
    (made,), found = read({"/t": {"$ref": "#/components/pathItems/I"}}, components=components)
    assert found == []
    assert (made.parameters[0].name, made.body.required, made.success) == ("q", True, 201)
    assert made.body.content[JSON].examples == {"e": {"id": "a"}}
    assert made.replies["201"].headers["x-a"].required
    assert made.replies["201"].pointer == "#/components/responses/R"


def test_media_types_are_known_by_their_name_alone():
    body = {"content": {"Application/JSON; charset=utf-8": {"schema": THING}, "text/*": {}}}
    made = operation({"requestBody": body})
    assert list(made.body.content) == [JSON, "text/*"]


def test_statuses_are_told_in_one_spelling():
    made = operation({"responses": {"2xx": {}, "4XX": {}, "Default": {}, "x-note": 1}})
    assert list(made.replies) == ["2XX", "4XX", "default"]
    assert made.success == 200


def test_vendor_keywords_stay():
    made = operation({"x-team": "a", "x-behaviour": {"action": "fixed"}})
    assert made.extensions == {"x-team": "a"}


SLUGS = {
    "list_things": "list_things",
    "POST/v5/things/{id}": "POST-v5-things-id",
    "../../etc/passwd": "etc-passwd",
    "a\nb": "a-b",
    "class": "class",
    "ä": "operation",
    "x" * 500: "x" * 120,
}


@pytest.mark.parametrize(("identifier", "slug"), SLUGS.items(), ids=ascii)
def test_an_operation_id_makes_a_name_that_is_safe_for_files_and_tests(identifier, slug):
    made = operation({"operationId": identifier})
    assert (made.operation_id, made.slug) == (identifier, slug)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5, unique=True))
def test_slugs_are_safe_and_unique(identifiers):
    operations, _ = read({f"/p{index}": get(operationId=name) for index, name in enumerate(identifiers)})
    slugs = [made.slug for made in operations]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", slug) for slug in slugs)


def test_an_operation_without_an_id_is_named_by_method_and_path():
    made = operation({}, "get", "/t")
    assert (made.operation_id, made.slug, str(made)) == ("get-/t", "get-t", "GET /t")


MARKS = {
    "a schema": (
        {"components": {"schemas": {"A": {"x-evidence": "documnted"}}}},
        "#/components/schemas/A/x-evidence",
        "'documented'",
    ),
    "a keyword": ({"a": [{"x-evidence": {"type": "sure"}}]}, "#/a/0/x-evidence/type", "'sure'"),
    "no text": ({"x-evidence": 5}, "#/x-evidence", "5 is no evidence"),
}


@pytest.mark.parametrize(("tree", "pointer", "text"), MARKS.values(), ids=MARKS)
def test_a_mark_of_evidence_that_says_nothing_is_refused_by_place(tree, pointer, text):
    with pytest.raises(SpecError, match="is no evidence") as caught:
        check_evidence(tree, lambda at: at)
    assert caught.value.where == pointer
    assert text in str(caught.value)


def test_members_examples_and_rules_of_that_name_are_no_marks():
    check_evidence(
        {
            "properties": {"x-evidence": {"type": "string"}},
            "example": {"x-evidence": "any"},
            "default": {"x-evidence": 1},
            "x-behaviour": {"x-evidence": 1},
            "x-evidence": {"required": "assumed"},
        },
        str,
    )


# --- anything at all


@pytest.mark.parametrize(
    ("written", "served"),
    [("/a#b", "/a"), ("/a?b=c", "/a"), ("/a?b={b}", "/a"), ("/#Action=x", "/"), ("/{a?}/b", "/{a?}/b"), ("/{a}/b?c#d", "/{a}/b")],
)  # fmt: skip
def test_a_path_ends_before_its_query(written, served):
    operations, warnings = read({written: {"get": {"responses": OK}}})
    assert [operation.path for operation in operations] == [served]
    assert any("a path ends before" in warning for warning in warnings) == (written != served)


def test_of_paths_that_differ_behind_their_end_alone_the_first_is_served():
    operations, warnings = read({"/a#b": {"post": {"responses": OK}}, "/a#c": {"post": {"responses": OK}, "get": {"responses": OK}}})  # fmt: skip
    assert [(operation.method, operation.path) for operation in operations] == [("POST", "/a"), ("GET", "/a")]
    assert any("can't be told apart" in warning for warning in warnings)
