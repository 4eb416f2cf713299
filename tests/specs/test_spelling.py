"""Member names in two spellings: there and back again, everywhere in a schema and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import JSON, operation
from support.schema_values import JUNK, contracts
from threadmock.specs.operations.spelling import camel, respell, snake, spell_operation, spell_schema, twin
from threadmock.specs.schemas.validation import checker

words = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
snakes = st.lists(words, min_size=1, max_size=4).map("_".join)
names = snakes | snakes.map(camel) | st.text(max_size=6)


@given(snakes)
def test_a_name_spelled_the_other_way_and_back_is_the_name(name):
    assert snake(camel(name)) == name
    assert camel(snake(camel(name))) == camel(name)
    assert "_" not in camel(name)


@given(snakes)
def test_the_twin_of_the_twin_is_the_name(name):
    assert twin(twin(name)) == name
    assert (twin(name) == name) is ("_" not in name)


@given(names)
def test_spelling_a_name_twice_changes_it_once(name):
    assert camel(camel(name)) == camel(name)
    assert snake(snake(name)) == snake(name)


NAMES = {"project_id": "projectId", "a": "a", "_id": "_id", "__proto__": "__proto__", "a_1": "a1", "is_archived": "isArchived", "ID": "ID", "a__b": "aB", "": ""}  # fmt: skip


@pytest.mark.parametrize(("name", "spelled"), NAMES.items())
def test_camel_case_leaves_alone_what_is_no_word_boundary(name, spelled):
    assert camel(name) == spelled


@given(st.dictionaries(snakes, st.integers(), max_size=4), st.sets(names, max_size=4))
def test_respelling_loses_and_invents_nothing(value, declared):
    known = dict.fromkeys([*declared, *value])
    assert respell(value, known) == value
    spelled = {camel(name): child for name, child in value.items()}
    assert respell(spelled, known) == (value if len(spelled) == len(value) else respell(spelled, known))
    assert len(respell(value, dict.fromkeys(declared))) == len(value)


def test_a_name_whose_twin_is_there_too_stays():
    assert respell({"aB": 1, "a_b": 2}, {"a_b": {}}) == {"aB": 1, "a_b": 2}
    assert respell({"aB": 1}, {"aB": {}, "a_b": {}}) == {"aB": 1}
    assert respell([{"aB": 1}], {"a_b": {}}) == [{"aB": 1}]


SCHEMA = {
    "properties": {
        "thread_id": {"type": "string"},
        "inner_thing": {"$ref": "#/$defs/inner_name"},
        "many_things": {"items": {"properties": {"a_b": {}}, "required": ["a_b"]}},
        "open_box": {"additionalProperties": {"properties": {"c_d": {}}}},
    },
    "required": ["thread_id"],
    "dependentRequired": {"thread_id": ["inner_thing"]},
    "anyOf": [{"properties": {"e_f": {}}}],
    "if": {"required": ["g_h"]},
    "enum": ["snake_value"],
    "x-note": {"some_key": 1},
    "$defs": {"inner_name": {"properties": {"i_j": {"const": "k_l"}}}},
}


def test_every_declared_name_in_a_schema_is_spelled_and_nothing_else():
    assert spell_schema(SCHEMA) == {
        "properties": {
            "threadId": {"type": "string"},
            "innerThing": {"$ref": "#/$defs/inner_name"},
            "manyThings": {"items": {"properties": {"aB": {}}, "required": ["aB"]}},
            "openBox": {"additionalProperties": {"properties": {"cD": {}}}},
        },
        "required": ["threadId"],
        "dependentRequired": {"threadId": ["innerThing"]},
        "anyOf": [{"properties": {"eF": {}}}],
        "if": {"required": ["gH"]},
        "enum": ["snake_value"],
        "x-note": {"some_key": 1},
        "$defs": {"inner_name": {"properties": {"iJ": {"const": "k_l"}}}},
    }


@given(JUNK)
def test_spelling_a_schema_never_raises_and_twice_is_once(node):
    assert spell_schema(spell_schema(node)) == spell_schema(node)


THING = {
    "type": "object",
    "properties": {
        "thing_id": {"type": "string"},
        "own_parts": {"type": "array", "items": {"type": "object", "properties": {"part_no": {"type": "integer"}}, "additionalProperties": False}},
        "open_box": {"type": "object"},
    },
    "required": ["thing_id"],
    "additionalProperties": False,
}  # fmt: skip
EXAMPLE = {"thing_id": "a", "own_parts": [{"part_no": 1}], "open_box": {"any_name": {"goes_here": 1}}}
ERROR = {"type": "object", "properties": {"error_code": {"type": "string"}, "all_errors": {"type": "array"}}}
RULE = {
    "action": "create",
    "resource": "thing",
    "key": {"field": "thing_id", "from": "body.thing_id"},
    "taken": {"by": "body.if_taken", "default": "refuse", "refuse": {"status": 409}},
    "set": {"open_box": {"from": "body.open_box", "otherwise": {"members": {"made_at": "now"}}}},
    "shown": {"own_parts": {"query": "with_parts", "holds": "own_parts"}},
    "requires": [{"from": "body.other_id", "statuses": [404]}],
    "list": {"items": "all_things", "total": "total_count"},
    "errors": {"invalid": {"status": 400, "body": {"error_code": "$code", "all_errors": {"$each": {"error_text": "$reason"}}}}},
    "spelling": {"wire": "camelCase"},
}  # fmt: skip


def spelled():
    media = {"content": {JSON: {"schema": THING, "examples": {"one": {"value": EXAMPLE}}}}}
    error = {"description": "", "content": {JSON: {"schema": ERROR}}}
    replies = {"201": {"description": "", **media}, "400": error}
    return spell_operation(operation({"requestBody": media, "responses": replies, "x-behaviour": RULE}))


def test_the_examples_of_a_spelled_operation_still_fit_their_schema():
    made = spelled()
    for media in (made.body.content[JSON], made.replies["201"].content[JSON]):
        assert media.examples["one"] == {
            "thingId": "a",
            "ownParts": [{"partNo": 1}],
            "openBox": {"any_name": {"goes_here": 1}},
        }
        assert checker(media.schema).valid(media.examples["one"])


def test_a_spelled_rule_speaks_of_bodies_in_the_wires_names_and_of_queries_in_the_documents():
    rule = spelled().rule
    assert (rule.key.member, str(rule.key.source)) == ("thingId", "body.thingId")
    assert str(rule.taken.by) == "body.ifTaken"
    assert str(rule.set["openBox"].sources[0]) == "body.openBox"
    assert rule.set["openBox"].otherwise.members[0][0] == "madeAt"
    assert (rule.shown[0].member, rule.shown[0].query, rule.shown[0].holds) == ("ownParts", "with_parts", "own_parts")
    assert str(rule.requires[0].source) == "body.otherId"
    assert (rule.listing.items, rule.listing.total) == ("allThings", "totalCount")
    assert rule.refusals["invalid"].body == {"errorCode": "$code", "allErrors": {"$each": {"errorText": "$reason"}}}


@pytest.mark.parametrize("contract", list(contracts()), ids=lambda contract: f"{contract.name}-{contract.layer}")
def test_every_rule_that_we_ship_sets_members_that_the_reply_declares(contract):
    for made in contract.operations:
        if made.rule.action != "create" or made.rule.reply or made.rule.resource != "thread":
            continue
        for media in made.replies[str(made.success)].content.values():
            declared = {name for part in [media.schema.resolve(media.schema.document)] for name in part["properties"]}
            always = {name for name, setting in made.rule.set.items() if setting.evidence != "assumed"}
            assert always | {made.rule.key.member} <= declared
