"""Any optional member that a server refuses: what rests on the thing is asked all the same, and the member is told."""

import random
from dataclasses import replace

import pytest
from threadmock.contracts.cases.case import base_value, full_value
from threadmock.contracts.cases.families import makers
from threadmock.contracts.cases.references import body_schema, references
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.scenarios.scenario import marked
from threadmock.contracts.target.accepted_members import AcceptedMembers
from threadmock.contracts.target.open_target import mock_target
from threadmock.contracts.target.prerequisites import Prerequisites
from threadmock.specs.loader import builtin_names, load
from threadmock.specs.wire.messages import Response


def optional_members(operation):
    """Members that a create may be sent, and need not be; not those that name its parents."""
    base, schema = base_value(operation), body_schema(operation)
    if not isinstance(base, dict) or schema is None:
        return []
    naming = {name.source.steps[0] for name in references(operation) if name.source.place == "body"}
    return [name for name in shapes(schema).members() if name not in base and name not in naming]


def refusing(exchange, slug, member, status=422):
    """An exchange with a target that refuses every create that has this member."""

    def send(case):
        got = exchange(case)
        if case.operation.slug == slug and isinstance(case.value, dict) and member in case.value and got.response:
            headers = {"content-type": "application/json"}
            return replace(got, response=Response(status, headers, b'{"detail": "not this member"}'))
        return got

    return send


CREATES = [
    (provider, operation.slug, member)
    for provider in builtin_names()
    for contract in [load(provider)]
    for operation in contract.operations
    if operation.rule.action == "create"
    and operation.rule.key is not None
    and makers(contract, operation.rule.resource)[0] is operation  # things are made by the first
    for member in optional_members(operation)
]


@pytest.mark.parametrize(("provider", "slug", "member"), CREATES)
def test_things_are_made_whichever_optional_member_is_refused(provider, slug, member):
    contract = load(provider)
    maker = next(operation for operation in contract.operations if operation.slug == slug)
    target = mock_target(contract, 1)
    accepted = AcceptedMembers()
    stage = Prerequisites(contract, refusing(target.exchange, slug, member), random.Random(1), accepted=accepted)
    rich = {**marked(maker, "rich"), member: full_value(maker).get(member, "text")}
    for _ in range(3):
        made = stage.make(maker.rule.resource, {}, rich)
        assert member not in made.sent
        assert made.maker is maker or len(makers(contract, maker.rule.resource)) > 1
    assert [(refused.maker.slug, refused.member) for refused in accepted.refused] == [(slug, member)]
    target.close()


def test_a_create_whose_plain_body_is_refused_teaches_nothing():
    accepted, asked = AcceptedMembers(), []
    contract = load("langsmith")
    maker = makers(contract, "thread")[0]
    target = mock_target(contract, 1)

    def create(members):
        asked.append(dict(members))
        return refusing(target.exchange, maker.slug, "metadata")(replace(case, value={"metadata": {}}))

    case = Prerequisites(contract, target.exchange, random.Random(1)).request(maker, {})[0]
    accepted.learn(maker, {"ttl": {"a": 1}}, create)
    target.close()
    assert asked == [{}]
    assert accepted.without_refused(maker, {"ttl": {"a": 1}}) == {"ttl": {"a": 1}}


THREADS = (
    "GET /threads/{thread_id}",
    "PATCH /threads/{thread_id}",
    "DELETE /threads/{thread_id}",
    "POST /threads/search",
)


def outcomes_of(operations, member, status=422):
    run = prepare(Settings("langsmith", operations=operations, seed=1))
    run.target.exchange = refusing(run.target.exchange, "create_thread_threads_post", member, status)
    found = [run.perform(slug, phase) for slug, phase in run.items() if phase in scenarios]
    run.target.close()
    return found


@pytest.mark.parametrize(
    ("member", "status"), [("ttl", 422), ("metadata", 400), ("supersteps", 400), ("ttl", 500), ("if_exists", 422)]
)
def test_every_phase_has_its_things_and_the_member_is_told_once(member, status):
    found = outcomes_of(THREADS, member, status)
    lacking = [
        o.phase for o in found if any("could be made" in why for t in o.tallies.values() for why in t.not_applicable)
    ]
    assert not lacking
    assert not any(outcome.crash for outcome in found)
    check = "no_server_error" if status == 500 else "valid_accepted"
    told = [(f.where, f.severity) for outcome in found for f, _ in outcome.findings if f.check == check]
    # What is never put into a thing that is to be used is not missed: the create's own cases ask about it.
    assert told == ([] if member in ("if_exists", "supersteps") else [(f"/{member}", "failure")])


def test_creates_themselves_are_asked_without_the_member_that_is_refused():
    found = outcomes_of(("POST /threads",), "ttl")
    verdicts = {o.phase: o.tallies[o.phase].verdict for o in found}
    # nothing odd is accepted here, so that nothing odd is stored and has to be readable
    unasked = {"kept", "key_spelling", "readable"}
    assert {name for name, verdict in verdicts.items() if verdict != "pass"} <= unasked, verdicts
