"""What compared nothing has not passed: every scenario on servers that show it nothing to compare."""

import json
from dataclasses import replace

import pytest
from support.paths import DATA
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.scenarios import scenarios
from threadmock.specs.members import put

# What passes all the same has compared something; each with what that is.
COMPARED = {
    # Only what is asked of lists counts there.
    "lists": {
        "writings": "statuses",
        "broken_credentials": "statuses",
        "final_slash": "a status and a header",
        "unknown_id": "statuses",
        "malformed_id": "statuses",
        "totals": "a member beside the items",
        "hostile_values": "statuses",
        "unknown_agent": "that nothing is found for an agent that nobody has",
    },
    "empty": {
        "writings": "statuses",
        "policies_on_new": "statuses",
        "hostile_values": "statuses",
        "readable": "the statuses of what shows a thing",
        "unknown_agent": "that nothing is found for an agent that nobody has",
    },
    "refused": {
        "unknown_id": "that ids of nothing are refused",
        "malformed_id": "that ids that are none are refused",
        "broken_credentials": "that odd credentials are refused",
        "unknown_route": "the refusal of an unknown path",
        "unknown_agent": "that agents that nothing has are refused",
        "hostile_values": "statuses",
    },
}
# What asks whether a thing is as it should be can't be told where no thing is ever read. What lies below another parent
# is looked for in lists, too.
READING = {
    "read_your_writes", "life_cycle", "empty_update", "immutable", "merge", "prune", "copy", "kept",
    "state_machine", "stream_state", "cancel", "disconnect", "interrupt_resume",
}  # fmt: skip


def emptied(response, operation):
    """A list without items."""
    value = json.loads(response.body)
    listing = operation.rule.listing
    if listing.items is None:
        value = []
    else:
        put(value, tuple(listing.items.split(".")), [])
    return replace(response, body=json.dumps(value).encode())


def blind(kind, operation, response):
    """A response of the mock as a server gives it that shows nothing."""
    headers = {"content-type": "application/json"}
    if kind == "lists":
        return emptied(response, operation) if operation.rule.action == "list" and response.status == 200 else response
    if kind == "reads":
        refused = replace(response, status=404, body=b'{"detail": "no"}', headers=headers)
        return refused if operation.rule.action == "read" else response
    status, body = (200, b"{}") if kind == "empty" else (404, b'{"detail": "no"}')
    return replace(response, status=status, body=body, headers=headers)


def passed_on(kind: str, source: str) -> dict[str, str]:
    """Scenarios that passed: name to an operation that they were asked of."""
    run = prepare(Settings(source, seed=1))
    exchange = run.target.exchange

    def blinded(case):
        got = exchange(case)
        response = got.response
        seen = response is not None and isinstance(response.body, bytes)
        return replace(got, response=blind(kind, case.operation, response)) if seen else got

    run.target.exchange = blinded
    passed = {}
    for slug, phase in run.items():
        if phase not in scenarios or (kind == "lists" and run.operation(slug).rule.action != "list"):
            continue
        outcome = run.perform(slug, phase)
        assert not outcome.crash, (phase, outcome.crash)
        tally = outcome.tallies[phase]
        assert tally.verdict != "n/a" or all(tally.not_applicable), phase
        if tally.verdict == "pass":
            passed[phase] = slug
    run.target.close()
    return passed


@pytest.mark.parametrize("source", [str(DATA / "notebooks"), "langsmith", "seekrflow"])
@pytest.mark.parametrize("kind", COMPARED)
def test_a_scenario_that_sees_nothing_does_not_pass(kind: str, source: str) -> None:
    assert not {name: slug for name, slug in passed_on(kind, source).items() if name not in COMPARED[kind]}


@pytest.mark.parametrize("source", [str(DATA / "notebooks"), "langsmith", "seekrflow"])
def test_a_scenario_about_what_is_stored_does_not_pass_where_nothing_is_ever_read(source: str) -> None:
    assert not passed_on("reads", source).keys() & READING
