"""The deterministic cases: each is what it says it is, none is there twice, and the telling ones are there."""

import itertools
from collections import Counter
from dataclasses import replace

import pytest
from threadmock.contracts.cases.case import body_schema
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.generation.boundaries import limits
from threadmock.contracts.generation.coverage import LIMIT, coverage, examples
from threadmock.contracts.generation.coverage_basis import prepare
from threadmock.contracts.generation.malformed import malformed_bodies
from threadmock.specs.behaviour.rule import Leniency, Requirement, Rule
from threadmock.specs.behaviour.setting import Key, Source
from threadmock.specs.contract import Body, Media, Operation, Parameter, Reply
from threadmock.specs.errors import SchemaError
from threadmock.specs.loader import load
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.parameters import check_parameters
from threadmock.specs.operations.requests import read_body
from threadmock.specs.operations.routing import Router
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.strictjson import JsonError, parse_json

PROVIDERS = ("langsmith", "scale", "lighton", "seekrflow", "ishvana")
CREATES = [
    pytest.param(operation, id=f"{name}-{layer}")
    for name in PROVIDERS
    for layer in ("documented", "observed")
    for operation in load(name, layer=layer).operations
    if operation.rule.action == "create" and operation.rule.resource == "thread" and not operation.rule.reply
]


def create(name, layer="documented"):
    return next(o for o in load(name, layer=layer).operations if o.rule.action == "create")


def counter():
    numbers = itertools.count()
    return lambda: f"00000000-0000-4000-8000-{next(numbers):012x}"


def cases(operation, **more):
    return list(coverage(operation, fresh=counter(), **more))


def labels(operation, intent=None, **more):
    return {case.label for case in cases(operation, **more) if intent in (None, case.intent)}


def posting(document, **more):
    """An operation with that JSON body and nothing else."""
    media = Media("application/json", Schema(document, "#/body", "request"))
    reply = Reply("200", {"application/json": Media("application/json", Schema({"type": "object"}, "#/r", "response"))})
    rule = more.pop("rule", Rule("create"))
    return Operation(
        "POST",
        "/things",
        "make",
        "make",
        rule,
        body=Body(True, {"application/json": media}),
        replies={"200": reply},
        **more,
    )


@pytest.mark.parametrize("operation", CREATES)
def test_labels_and_requests_are_unique_and_within_the_limit(operation):
    found = [*examples(operation), *cases(operation)]
    assert 100 < len(found) <= LIMIT + 1
    assert max(Counter(case.label for case in found).values()) == 1
    sent = Counter(
        (r.method, r.path, r.query, str(r.headers), r.body, c.credentials) for c in found for r in [c.request]
    )
    assert sum(n - 1 for n in sent.values()) <= 1  # an example may be the same as a case


@pytest.mark.parametrize("operation", CREATES)
def test_the_whole_coverage_fits_without_being_cut(operation):
    assert len(cases(operation)) == len(cases(operation, limit=10_000))


@pytest.mark.parametrize("operation", CREATES)
def test_coverage_is_the_same_each_time_but_for_keys(operation):
    first, second = cases(operation), cases(operation)
    assert [(c.label, c.intent, c.evidence, c.request) for c in first] == [
        (c.label, c.intent, c.evidence, c.request) for c in second
    ]


@pytest.mark.parametrize("operation", CREATES)
def test_every_valid_case_is_valid_as_a_server_reads_it(operation):
    judge = checker(body_schema(operation))
    router = Router([operation])
    for case in [*examples(operation), *cases(operation)]:
        # a stranger's request may be invalid, too: that is not what it is refused for
        if case.intent not in ("valid", "credentials") or "no credentials, invalid" in case.label:
            continue
        reading = read_body(operation, case.request)
        assert reading.trouble == "", case
        assert reading.present == (case.value is not ABSENT), case
        if reading.present:
            assert reading.value == case.value
            assert judge.accepted(reading.value), case
        found = router.find(case.request.method, case.request.path)
        assert found.operation is operation
        assert check_parameters(operation, case.request, found.values)[1] == []


@pytest.mark.parametrize("operation", CREATES)
def test_every_invalid_case_is_refused_by_both_engines_as_bytes(operation):
    judge = checker(body_schema(operation))
    for case in cases(operation):
        if case.intent == "invalid":
            reading = read_body(operation, case.request)
            assert reading.trouble == "invalid", case
            assert judge.refused(reading.value)
            assert case.note or case.where or case.form or "body" in case.label


@pytest.mark.parametrize("operation", CREATES)
def test_no_malformed_body_is_taken_by_a_strict_reader(operation):
    for case in cases(operation):
        if case.intent == "malformed":
            assert read_body(operation, case.request).trouble == "malformed", case


@pytest.mark.parametrize("operation", CREATES)
def test_wrong_media_types_are_not_documented_ones(operation):
    for case in cases(operation):
        if case.intent == "media_type":
            assert read_body(operation, case.request).trouble == "media_type", case
            assert case.evidence == "assumed"


@pytest.mark.parametrize("operation", CREATES)
def test_the_most_telling_cases_come_first(operation):
    first = [case.label for case in itertools.islice(coverage(operation), 3)]
    assert first[:2] == ["minimal body", "maximal body"]


@pytest.mark.parametrize("operation", CREATES)
def test_every_required_member_is_missing_once_from_each_body_and_every_member_is_of_a_wrong_type(operation):
    found = labels(operation, "invalid")
    for branch in shapes(body_schema(operation)).root():
        for name, node in branch.properties.items():
            kinds = {inner.kind for inner in shapes(body_schema(operation)).branches(node)}
            if name in branch.required:
                assert {f"missing: {name}", f"missing: {name}, maximal body"} <= found
            if "any" not in kinds:
                assert len([label for label in found if label.startswith(f"{name} is ")]) >= 5


def test_langsmith_is_asked_about_every_limit_of_its_document():
    found = labels(create("langsmith"))
    update = "supersteps[0].updates[0]"
    assert {
        "thread_id chosen", "thread_id in upper case", "thread_id is no uuid", "thread_id uuid with a final newline",
        "if_exists = do_nothing", "if_exists is in other case", "ttl.strategy = keep_latest", "ttl is null", "metadata is an array",
        "missing: supersteps[0].updates", f"missing: {update}.as_node", f"{update}.as_node is an integer",
        f"missing: {update}.command.goto.node", f"{update}.command.goto(array 2)[0] is an integer", "forged: created_at",
        "forged: status", "query include=ttl", "metadata object: awkward names", "metadata object: deep, 60 levels",
        "metadata object: NUL in a text", "malformed: empty body", "malformed: metadata twice", "method TRACE", "sent as application/xml",
    } <= found  # fmt: skip


def test_scale_is_asked_about_links_required_members_and_texts():
    found = labels(create("scale"))
    assert {
        "missing: title", "application_variant_id differs from the path", "title text: leading blank", "title text: empty",
        "title text: 100,000 characters", "account_id text: mixed case", "forged: id", "forged: archived_at",
        "path application_variant_id text: emoji", "thread_metadata is null", "body is an array of the object",
    } <= found  # fmt: skip


def test_lighton_is_asked_about_forms_references_and_credentials():
    found = labels(create("lighton"))
    assert {
        "no body", "form: maximal body", "multipart: maximal body", "form: is_ephemeral=maybe", "multipart: agent_id = abc",
        "name has 255 characters", "name has 256 characters", "name has 255 astral characters", "name has 256 astral characters",
        "reference: agent_id=0", "reference: chat_setting_id=999999", "no credentials", "wrong credentials",
        "is_ephemeral is a text", "tool_parameters object: falsy values", "multipart: no boundary named",
    } <= found  # fmt: skip
    assert [case.label for case in examples(create("lighton"))] == ["example: CreateThreadRequest"]


def test_seekrflow_is_asked_about_null_and_its_header():
    operation = create("seekrflow")
    assert {"meta_data is null", "header x-team-id plain"} <= labels(operation, "valid")
    assert "meta_data is a text" in labels(operation, "invalid")


def test_ishvana_is_asked_about_tags_and_dates():
    operation = create("ishvana")
    assert {"tags array: texts out of order", "tags is null", "created_at date-time with an offset"} <= labels(
        operation, "valid"
    )
    assert {"tags[0] is an integer", "created_at date-time in month 13", "missing: title"} <= labels(
        operation, "invalid"
    )


def test_evidence_of_an_invalid_case_is_that_of_the_schema_which_refuses_it():
    by_label = {case.label: case for case in cases(create("ishvana"))}
    assert by_label["body is an array"].evidence == "documented"
    assert by_label["created_at is an integer"].evidence == "assumed"


def test_spellings_of_a_uuid_that_many_take_rest_on_an_assumption_or_are_left_out_where_known_to_be_taken():
    operation = create("langsmith")
    forms = [case for case in cases(operation) if case.label == "thread_id uuid without hyphens"]
    assert [case.evidence for case in forms] == ["assumed"]
    lenient = replace(operation.rule, lenient=(Leniency("uuid_forms"), Leniency("empty_key")))
    found = labels(replace(operation, rule=lenient))
    assert not {"thread_id uuid without hyphens", "thread_id is an empty text"} & found
    assert "thread_id is no uuid" in found


def test_what_a_provider_is_known_to_accept_is_not_asked():
    operation = create("langsmith")
    lenient = replace(operation.rule, lenient=(Leniency("media_type"), Leniency("duplicate_keys")))
    found = cases(replace(operation, rule=lenient))
    assert not [
        case for case in found if case.intent == "media_type" or ("twice" in case.label and case.intent == "malformed")
    ]


def test_references_are_asked_on_an_assumption_unless_an_example_knows_them():
    for case in cases(create("lighton")):
        if case.intent == "valid" and isinstance(case.value, dict):
            unknown = case.value.get("agent_id", 1) != 1 or {"chat_setting_id", "chat_settings_id"} & case.value.keys()
            assert (case.evidence == "assumed") >= bool(unknown), case


def test_a_key_is_new_in_each_valid_case():
    chosen = [
        c.value["thread_id"]
        for c in cases(create("langsmith"))
        if c.intent == "valid" and "thread_id" in (c.value or {})
    ]
    assert len(chosen) >= 3
    assert len({key.lower() for key in chosen}) == len(chosen)


def test_a_required_key_is_fresh_in_every_case_that_may_create():
    operation = posting(
        {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "note": {"type": "string"}}},
        rule=Rule("create", key=key("id")),
    )
    chosen = [c.value["id"] for c in cases(operation) if c.intent == "valid" and isinstance(c.value, dict)]
    assert len(set(chosen)) == len(chosen) > 30


def key(member):
    return Key(member, Source("body", (member,)), "uuid4")


def test_methods_that_are_documented_on_the_path_are_not_tried():
    operation = create("langsmith")
    assert {"method GET", "method DELETE"} <= labels(operation, "method")
    assert not {"method GET", "method POST"} & labels(operation, "method", methods={"GET"})


def test_credentials_are_asked_only_where_a_scheme_is_documented():
    assert not [c for c in cases(create("langsmith")) if c.intent == "credentials"]
    asked = [(c.credentials, c.evidence) for c in cases(create("seekrflow")) if c.intent == "credentials"]
    assert set(asked) == {("absent", "documented"), ("wrong", "documented")}


def test_coverage_is_lazy():
    assert next(coverage(create("langsmith"))).label == "minimal body"


@pytest.mark.parametrize(
    ("document", "valid", "invalid"),
    [
        ({"type": "integer", "minimum": 3, "maximum": 5}, {3, 4, 5}, {2, 6}),
        ({"type": "number", "exclusiveMinimum": 0}, {0.5}, {0, -0.5}),
        ({"type": "string", "minLength": 2, "maxLength": 3}, {2, 3}, {1, 4}),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2}, {1, 2}, {0, 3}),
    ],
    ids=["integer", "number", "string", "array"],
)
def test_probes_stand_at_and_beside_every_bound(document, valid, invalid):
    schema = Schema(document, "#/x", "request")
    judge = checker(schema)
    size = (lambda value: value) if document["type"] in ("integer", "number") else len
    found = {True: set(), False: set()}
    for branch in shapes(schema).root():
        for probe in limits(branch):
            if judge.accepted(probe.value) or judge.refused(probe.value):
                found[judge.accepted(probe.value)].add(
                    size(probe.value)
                    if not isinstance(probe.value, list) or all(isinstance(v, str) for v in probe.value)
                    else None
                )
    assert valid <= found[True]
    assert invalid <= found[False]


def test_places_follow_recursion_once_and_name_branches_of_one_kind_apart():
    node = {
        "type": "object",
        "properties": {
            "next": {"$ref": "#/$defs/N"},
            "kinds": {
                "anyOf": [
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "array", "items": {"type": "integer"}},
                ]
            },
        },
    }
    grounds = prepare(posting({"$ref": "#/$defs/N", "$defs": {"N": node}}))
    titles = [place.title for place in grounds.places]
    assert titles == ["body", "next", "kinds", "kinds(array 1)[0]", "kinds(array 2)[0]"]
    assert {place.pointer for place in grounds.places} == {"", "/next", "/kinds", "/kinds/0"}


def test_parameters_are_asked_there_missing_and_of_wrong_type():
    limit = Parameter("limit", "query", True, Schema({"type": "integer", "minimum": 1}, "#/p", "request"))
    team = Parameter("x-team", "header", False, Schema({"type": "string", "maxLength": 5}, "#/h", "request"))
    found = cases(posting({"type": "object"}, parameters=(limit, team)))
    by_label = {case.label: case for case in found}
    assert by_label["minimal body"].request.query == "limit=1"
    assert by_label["missing: query limit"].request.query == ""
    assert by_label["query limit = 'abc'"].intent == by_label["query limit = '0'"].intent == "invalid"
    assert by_label[f"header x-team = {'x' * 20!r}"].intent == "invalid"
    assert all("limit=" in case.request.query for case in found if case.label != "missing: query limit")


def test_a_parameter_that_names_another_thing_is_asked_on_an_assumption():
    team = Parameter("x-team", "header", False, Schema({"type": "string"}, "#/h", "request"))
    rule = Rule("create", requires=(Requirement(Source("header", ("x-team",)), (404,)),))
    found = cases(posting({"type": "object"}, parameters=(team,), rule=rule))
    assert {case.evidence for case in found if case.label.startswith("header x-team")} == {"assumed"}


def test_an_operation_without_a_body_is_asked_plainly():
    operation = replace(posting({}), body=None)
    assert {"plain request", "method TRACE"} <= labels(operation)
    assert {case.intent for case in cases(operation)} == {"valid", "method"}


@pytest.mark.parametrize("value", [{}, {"a": 1}, {"text": "b", "inner": {"c": []}}], ids=str)
def test_every_malformed_form_is_refused_by_the_strict_parser(value):
    found = list(malformed_bodies(value))
    assert len({bad.label for bad in found}) == len(found)
    for bad in found:
        try:
            parsed = parse_json(bad.body)
        except JsonError:
            continue
        pytest.fail(f"{bad.label} was read as {parsed!r}")


def test_a_circle_of_references_is_named_and_does_not_hang():
    circle = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}
    with pytest.raises(SchemaError, match="without end"):
        shapes(Schema(circle, "#/x", "request")).root()
