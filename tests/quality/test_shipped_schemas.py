"""Every schema of the built-in providers: two engines, one verdict; what is sent is what is read."""

import json

import pytest
from support.documents import JSON, post
from support.schema_values import contracts, near_values, shipped_schemas
from threadmock.specs.operations.replies import check_response
from threadmock.specs.operations.requests import read_body
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import Request, Response, is_json
from threadmock.specs.wire.strictjson import dump_json, parse_json

GET = Request("GET", "/things")
OPERATIONS = [made for contract in contracts() for made in contract.operations]
SHIPPED = shipped_schemas()


def test_the_schemas_of_every_provider_in_both_layers_are_here():
    assert len({name.split("-")[0] for name in SHIPPED}) == 5
    assert sum("-request-" in name for name in SHIPPED) >= 10
    assert sum("-200-" in name or "-201-" in name for name in SHIPPED) >= 10


@pytest.mark.parametrize("name", SHIPPED)
def test_both_engines_give_one_verdict_on_every_schema_that_we_ship(name):
    judge, verdicts = checker(SHIPPED[name]), set()
    for value in near_values(SHIPPED[name], name, 200):
        # As the value is judged: after it was sent as JSON and read again.
        sent = parse_json(dump_json(value))
        assert judge.accepted(sent) is not judge.refused(sent), value
        assert judge.valid(sent) is not bool(judge.violations(sent)), value
        verdicts.add(judge.valid(sent))
    # Values that are all refused, or all taken, would prove little.
    told = {"request", "200", "201"} & set(name.split("-"))
    assert verdicts == {True, False} or not told or not SHIPPED[name].document or "run" in name


REPLIES = {
    (made.path, made.method, status, json.dumps(media.schema.document, sort_keys=True)): (made, status, media.schema)
    for made in OPERATIONS
    for status, reply in made.replies.items()
    for name, media in reply.content.items()
    if is_json(name) and media.schema
}
"""Each once: most are alike in both layers."""


@pytest.mark.parametrize(
    ("made", "status", "schema"), REPLIES.values(), ids=lambda each: getattr(each, "slug", None) or str(each)[:3]
)
def test_a_body_breaks_its_schema_where_both_engines_refuse_it(made, status, schema):
    for value in near_values(schema, f"{made.slug} {status}", 60):
        found = check_response(made, GET, Response(int(status), {"content-type": JSON}, dump_json(value)))
        assert bool(found) is checker(schema).refused(value), value


JSON_OPERATIONS = [made for made in OPERATIONS if made.body and "application/json" in made.body.content]


@pytest.mark.parametrize("made", JSON_OPERATIONS, ids=lambda made: made.slug)
def test_a_json_body_is_read_as_the_value_that_was_sent(made):
    schema = made.body.content["application/json"].schema
    for value in near_values(schema, made.slug, 60):
        reading = read_body(made, post(dump_json(value)))
        assert reading.present
        assert (reading.trouble == "invalid") is not checker(schema).valid(reading.value), value
        if not made.rule.spelling.accepts_both and not made.rule.lenient:
            assert reading.value == value
