"""The rule that an operation gets when nobody declared one: marked as inferred, and conforming to its own document."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.documents import JSON, operation, schema_of, taking
from support.schema_values import JUNK
from threadmock.specs.behaviour.setting import Within
from threadmock.specs.contract import json_media
from threadmock.specs.operations.inferred.refusals import infer_refusals
from threadmock.specs.operations.inferred.rules import infer_rule
from threadmock.specs.operations.spelling import as_written
from threadmock.specs.schemas.declared import properties, required
from threadmock.specs.schemas.validation import checker

STAMP = {"type": "string", "format": "date-time"}
THING = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "created_at": STAMP, "updatedAt": STAMP, "due_at": STAMP, "name": {}},
}


def reply(schema: object, status: str = "200", media: str = JSON) -> dict:
    return {"responses": {status: {"description": "", "content": {media: {"schema": schema}}}}}


def inferred(method: str, path: str, schema: object = THING, status: str = "200", **node: object):
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    made = operation({"parameters": parameters, **reply(schema, status), **node}, method, path)
    rule = infer_rule(made, as_written)
    assert rule.inferred
    assert rule.evidence == "assumed"
    return rule


ARRAY = {"type": "array", "items": THING}
PAGE = {"type": "object", "properties": {"total": {"type": "integer"}, "items": {"anyOf": [ARRAY, {"type": "null"}]}}}
SHAPES = {
    "a create": ("post", "/threads", THING, "create", "threads"),
    "a create below": ("post", "/v1/threads/{t}/messages", THING, "create", "messages"),
    "a post that makes nothing with a key": ("post", "/threads/search", ARRAY, "fixed", "search"),
    "a post to one thing": ("post", "/threads/{id}", THING, "update", "threads"),
    "a read": ("get", "/threads/{id}", THING, "read", "threads"),
    "a list": ("get", "/threads", ARRAY, "list", "threads"),
    "a page": ("get", "/threads", PAGE, "list", "threads"),
    "a get that is no list": ("get", "/me", THING, "fixed", "me"),
    "an update": ("patch", "/threads/{id}", THING, "update", "threads"),
    "a replace": ("put", "/threads/{id}", THING, "replace", "threads"),
    "a delete": ("delete", "/threads/{id}", {}, "delete", "threads"),
    "a put on a collection": ("put", "/threads", THING, "fixed", "threads"),
    "a suffix after the key": ("get", "/threads/{id}.json", THING, "fixed", "threads"),
    "two keys in a segment": ("get", "/threads/{a}-{b}", THING, "fixed", "threads"),
    "only a key": ("get", "/{id}", THING, "read", "/{id}"),
    "the root": ("get", "/", THING, "fixed", "/"),
    "options": ("options", "/threads", {}, "fixed", "threads"),
}


@pytest.mark.parametrize(("method", "path", "schema", "action", "resource"), SHAPES.values(), ids=SHAPES)
def test_the_action_follows_from_the_method_the_path_and_the_reply(method, path, schema, action, resource):
    if "}." in path or "}-" in path:
        names = ["id"] if "." in path else ["a", "b"]
        parameters = [{"name": name, "in": "path", "required": True, "schema": {}} for name in names]
        rule = infer_rule(operation({"parameters": parameters, **reply(schema)}, method, path), as_written)
    else:
        rule = inferred(method, path, schema)
    assert (rule.action, rule.resource) == (action, resource)


def test_the_array_of_a_page_is_found_by_its_type():
    assert inferred("get", "/threads", PAGE).listing.items == "items"
    assert inferred("get", "/threads", ARRAY).listing.items is None


KEYS = {
    "id": ({"id": {"type": "string"}}, "id", "opaque"),
    "the resource's own": ({"thread_id": {"type": "string", "format": "uuid"}, "x": {}}, "thread_id", "uuid4"),
    "in camelCase": ({"threadId": {"type": "string"}}, "threadId", "opaque"),
    "id before others": ({"thread_id": {}, "id": {"type": "string", "format": "uuid"}}, "id", "uuid4"),
    "a nullable uuid": ({"id": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}}, "id", "uuid4"),
    "a uuid by name": ({"uuid": {"type": "string"}}, "uuid", "opaque"),
}


@pytest.mark.parametrize(("members", "member", "generator"), KEYS.values(), ids=KEYS)
def test_the_key_of_a_create_is_the_member_that_looks_like_one(members, member, generator):
    key = inferred("post", "/threads", {"type": "object", "properties": members}).key
    assert (key.member, key.otherwise, key.source, key.evidence) == (member, generator, None, "assumed")


def test_a_key_that_the_client_may_send_is_taken_from_it():
    body = {"requestBody": {"content": {JSON: {"schema": THING}}}}
    assert str(inferred("post", "/threads", THING, **body).key.source) == "body.id"


def test_without_a_key_in_the_reply_nothing_is_created():
    assert inferred("post", "/threads", {"properties": {"name": {}}}).action == "fixed"


def test_the_key_of_one_thing_comes_from_the_path():
    key = inferred("get", "/threads/{thread_id}").key
    assert (key.member, str(key.source)) == ("id", "path.thread_id")
    bare = inferred("get", "/threads/{thread_id}", {"type": "object", "properties": {"name": {}}}).key
    assert (bare.member, str(bare.source)) == ("thread_id", "path.thread_id")


def test_creation_and_update_times_are_set_and_other_times_are_not():
    assert list(inferred("post", "/threads").set) == ["created_at", "updatedAt"]
    assert list(inferred("patch", "/threads/{id}").set) == ["updatedAt"]


PARENTS = {
    "/threads": None,
    "/threads/{t}": ("t", "path.t"),
    "/threads/{t}/messages": ("threads", "path.t"),
    "/threads/{t}/messages/{m}": ("m", "path.m"),
    "/a/{x}/b/{y}/c": ("b", "path.y"),
    "/a/{x}/b/c": ("a", "path.x"),
    "/{tenant}/threads": ("tenant", "path.tenant"),
}


@pytest.mark.parametrize(("path", "parent"), PARENTS.items())
def test_the_things_below_a_thing_are_kept_apart_by_it(path, parent):
    within = inferred("get", path, ARRAY).within
    assert parent == (within and (within.resource, str(within.source)))
    assert within is None or (isinstance(within, Within) and not within.must_exist and within.evidence == "assumed")


# --- members


def test_members_are_found_through_references_all_of_and_a_union_with_null():
    document = {
        "anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}],
        "$defs": {
            "A": {"allOf": [{"$ref": "#/$defs/B"}, {"allOf": [{"properties": {"c": {}}, "required": ["c"]}]}]},
            "B": {"properties": {"b": {"type": "string"}}, "required": ["b"]},
        },
    }
    assert dict(properties(schema_of(document))) == {"b": {"type": "string"}, "c": {}}
    assert required(schema_of(document)) == {"b", "c"}


@pytest.mark.parametrize("document", [{}, {"$ref": "#/$defs/T", "$defs": {"T": True}}, {"anyOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}], ids=["open", "true", "a choice"])  # fmt: skip
def test_where_no_members_are_sure_none_are_told(document):
    assert properties(schema_of(document)) == {}
    assert required(schema_of(document)) == frozenset()


def test_without_a_schema_there_are_no_members():
    assert properties(None) == {}


MEDIA = {JSON: True, "application/vnd.x+json": True, "*/*": True, "application/x-ndjson": False, "text/plain": False}


@pytest.mark.parametrize(("media", "is_json"), MEDIA.items())
def test_the_json_media_of_a_reply_is_json(media, is_json):
    assert (json_media(operation(reply({}, media=media)), 200) is not None) is is_json


# --- refusals


def refusals(*statuses: str, schema: object, media: str = JSON):
    replies = {status: {"description": "", "content": {media: {"schema": schema}}} for status in statuses}
    return infer_refusals(operation({"responses": {"200": {"description": ""}, **replies}}), as_written)


DETAILS = {"type": "object", "properties": {"detail": {"type": "array", "items": {"type": "object", "required": ["loc", "msg", "type"], "properties": {"loc": {"type": "array"}, "msg": {"type": "string"}, "type": {"type": "string"}}}}}}  # fmt: skip
TEXT = {"type": "string"}


def shape(**members: object) -> dict:
    return {"type": "object", "required": list(members), "properties": members}


BODIES = {
    "a list of details": (DETAILS, {"detail": {"$each": {"loc": "$location", "msg": "$reason", "type": "$code"}}}),
    "a detail": (shape(detail=TEXT), {"detail": "$reason"}),
    "a message": (shape(message=TEXT), {"message": "$reason"}),
    "an error": (shape(error=TEXT), {"error": "$reason"}),
    "an error with a message": (shape(error=shape(message=TEXT)), {"error": {"message": "$reason"}}),
    "a code and a message": (shape(code=TEXT, message=TEXT), {"code": "$code", "message": "$reason"}),
    "a number and a message": (shape(code={"type": "integer"}, message=TEXT), {"code": 400, "message": "$reason"}),
    "texts": (shape(errors={"type": "array", "items": TEXT}), {"errors": ["$reason"]}),
    "lists by field": ({"type": "object", "additionalProperties": {"type": "array", "items": TEXT}}, {"$fields": ["$reason"]}),
    "an open object": ({"type": "object"}, {"detail": "$reason"}),
    "anything": ({}, {"detail": "$reason"}),
    "a text": (TEXT, "$reason"),
    "a problem": (
        shape(type={"type": "string", "format": "uri-reference"}, title=TEXT, status={"type": "integer"}),
        {"type": "about:blank", "title": "$reason", "status": 400},
    ),
    "an enumeration": (shape(kind={"enum": ["bad"]}, reason=TEXT), {"kind": "bad", "reason": "$reason"}),
    "a constant and a flag": (shape(ok={"const": False}, retry={"type": "boolean"}, msg=TEXT), {"ok": False, "retry": False, "msg": "$reason"}),
    "deep": (
        shape(meta=shape(id={"type": "string", "format": "uuid"}), items={"type": "array", "items": shape(title=TEXT)}),
        {"meta": {"id": "00000000-0000-0000-0000-000000000000"}, "items": [{"title": "$reason"}]},
    ),
    "more than is required": (
        {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}, "message": TEXT, "other": TEXT}},
        {"n": 400, "message": "$reason"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "body"), BODIES.values(), ids=BODIES)
def test_the_body_of_a_refusal_fits_the_documented_schema_and_holds_the_reason(schema, body):
    refusal = refusals("400", schema=schema)["invalid"]
    assert (refusal.status, refusal.body, refusal.media_type, refusal.evidence) == (400, body, JSON, "assumed")


def test_a_body_into_which_no_reason_fits_is_not_made_up():
    assert "invalid" not in refusals("400", schema=shape(detail={"type": "string", "maxLength": 5}))
    assert "invalid" not in refusals("400", schema=shape(detail={"type": "string", "pattern": "^E[0-9]+$"}))
    assert "invalid" not in refusals("400", schema={"not": {}})


STATUSES = {
    "422 before 400": (("400", "422"), "invalid", 422),
    "400 where there is no 422": (("400",), "invalid", 400),
    "400 first for what can't be read": (("400", "422"), "malformed", 400),
    "exact before a range": (("400", "4XX"), "invalid", 400),
    "a range": (("4XX",), "unknown", 404),
    "default": (("default",), "media_type", 415),
    "403 where there is no 401": (("403",), "denied", 403),
    "not documented": (("404",), "taken", None),
}


@pytest.mark.parametrize(("documented", "kind", "status"), STATUSES.values(), ids=STATUSES)
def test_the_status_of_a_refusal_is_a_documented_one(documented, kind, status):
    refusal = refusals(*documented, schema=shape(detail=TEXT)).get(kind)
    assert (refusal and refusal.status) == status


def test_a_refusal_comes_as_the_media_type_that_is_documented():
    assert (
        refusals("400", schema=shape(detail=TEXT), media="application/problem+json")["invalid"].media_type
        == "application/problem+json"
    )
    assert refusals("400", schema=shape(detail=TEXT), media="*/*")["invalid"].media_type == JSON
    assert refusals("400", schema=TEXT, media="text/plain") == {}


def test_a_declared_refusal_comes_before_an_inferred_one():
    replies = reply(shape(detail=TEXT), "400") | {
        "x-behaviour": {"action": "fixed", "errors": {"invalid": {"status": 418}}}
    }
    made = operation(replies)
    assert made.rule.refusals["invalid"].status == 418
    assert made.rule.refusals["malformed"].status == 400


schemas = st.recursive(
    st.sampled_from(
        [{}, True, TEXT, {"type": "integer"}, {"enum": ["a", 1]}, {"const": None}, STAMP, {"type": ["object", "null"]}]
    )
    | st.sampled_from(
        [
            {"type": "boolean"},
            {"type": "null"},
            {"$ref": "#/components/schemas/N"},
            {"maxLength": 3},
            {"type": "number", "minimum": 500},
        ]
    ),
    lambda inner: (
        st.builds(
            lambda members, needed, rest: {
                "type": "object",
                "properties": members,
                "required": sorted(needed & members.keys()),
                **rest,
            },
            st.dictionaries(
                st.sampled_from(["id", "detail", "code", "message", "created_at", "items", "n"]), inner, max_size=4
            ),
            st.sets(st.sampled_from(["id", "detail", "code", "message", "n"])),
            st.sampled_from([{}, {"additionalProperties": False}, {"additionalProperties": {"type": "array"}}]),
        )
        | inner.map(lambda items: {"type": "array", "items": items})
        | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"anyOf": parts})
        | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"allOf": parts})
    ),
    max_leaves=8,
)
NODE = {"type": "object", "properties": {"message": TEXT, "next": {"$ref": "#/components/schemas/N"}}}


def filled(template: object) -> object:
    """A template with a reason in it, written apart from the renderer's own."""
    if isinstance(template, dict) and "$each" in template:
        return [filled(template["$each"])]
    if isinstance(template, dict) and "$fields" in template:
        return {"name": filled(template["$fields"])}
    if isinstance(template, dict):
        return {name: filled(child) for name, child in template.items()}
    if isinstance(template, list):
        return [filled(child) for child in template]
    return (
        ["body", "name"]
        if template == "$location"
        else "because it is so"
        if str(template).startswith("$")
        else template
    )


@settings(max_examples=200)
@given(
    st.sampled_from(["get", "post", "put", "patch", "delete"]),
    st.sampled_from(["/a", "/a/{x}", "/a/{x}/b", "/"]),
    schemas,
    schemas,
)
def test_inference_never_raises_and_every_refusal_it_makes_conforms(method, path, success, error):
    node = {
        **reply(success),
        "parameters": [{"name": "x", "in": "path", "required": True, "schema": {}}] if "x" in path else [],
    }
    node["responses"]["default"] = {"description": "", "content": {JSON: {"schema": error}}}
    made = operation(node, method, path, components={"schemas": {"N": NODE}})
    assert made.rule.inferred
    for refusal in made.rule.refusals.values():
        schema = made.reply(refusal.status).content[JSON].schema
        assert checker(schema).valid(filled(refusal.body))


@given(JUNK)
def test_an_example_schema_of_anything_is_read_or_refused_by_name(value):
    made = taking({"type": "object", "default": value, "example": value, "x-note": value})
    assert made.rule.inferred
