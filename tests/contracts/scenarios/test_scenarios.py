"""The scenarios: each is tripped by a server that does wrong what it asks, keeps to its budget, and says why it can't be asked."""

import threading

import pytest
from support.planted import faulty_servers
from support.planted.faulty_states import ids
from support.reference_servers.servers import SERVERS, Answer, Clock
from support.suite_loop import Run
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.scenarios.robustness.table import ROBUSTNESS
from threadmock.contracts.transport.errors import NotSent

TRIPS = {
    "repeat": ["scale: the same request is taken", "seekrflow: every third answer lacks the time"],
    "ids_distinct": ["seekrflow: ids repeat after 10", "ishvana: one id for all"],
    "isolation": ["ishvana: tags stays for the next", "langsmith: one object for all"],
    "forged": ["lighton: is_archived by the client", "scale: created_by_identity_type by the client", "seekrflow: status by the client"],
    "precedence": ["lighton: the deprecated agent first", "lighton: the deprecated agent is ignored"],
    "taken": ["langsmith: do_nothing replaces it", "langsmith: taken is 422", "langsmith: a refusal updates it", "langsmith: the policies are swapped"],
    "policies_on_new": ["langsmith: do_nothing creates nothing", "langsmith: raise creates nothing"],
    "generated_taken": ["langsmith: keys of the server's own are not kept"],
    "refused_leaves_nothing": ["langsmith: the key is kept when refused"],
    "survives_many": ["langsmith: only 25 things are kept", "langsmith: only 55 things are kept"],
    "clock": ["seekrflow: created_at stands still"],
    "writings": ["lighton: no indented JSON", "scale: no escapes", "scale: an unknown query", "ishvana: all answers must be accepted"],
    "broken_credentials": ["lighton: another scheme", "lighton: Basic, too", "seekrflow: what is in the token", "lighton: in any case"],
}  # fmt: skip


def run_of(name: str, scenario: str) -> Run:
    fault = faulty_servers.table[name]
    clock = Clock()
    server = SERVERS[fault.provider](clock)
    fault.plant(server)
    run = Run(fault.provider, server, clock)
    run.found.extend(scenarios[scenario].run(run.context, run.operation))
    return run


@pytest.mark.parametrize(("scenario", "name"), [(s, n) for s, names in TRIPS.items() for n in names])
def test_a_scenario_finds_what_it_asks_about(scenario: str, name: str):
    assert scenario in {finding.check for finding in run_of(name, scenario).failures}


def test_a_key_in_upper_case_that_is_not_known_is_unconfirmed():
    clock = Clock()
    server = SERVERS["langsmith"](clock)
    server.canonical = lambda key: key  # type: ignore[attr-defined]
    run = Run("langsmith", server, clock)
    found = list(scenarios["key_spelling"].run(run.context, run.operation))
    assert [finding.severity for finding in found] == ["unconfirmed"]
    assert not run.failures


class Racing(SERVERS["langsmith"]):  # type: ignore[misc]
    """Looks for the key first and stores the thing later; counts ids without a lock."""

    def create(self, body, values, ask):
        key = body.get("thread_id")
        known = self.things.get(key) if key else None
        if known:
            return self.taken(known, body, ask)
        self.waiting = getattr(self, "waiting", None) or threading.Event()
        self.waiting.wait(0.05)
        thing = self.make(body, values, ask)
        if not key:
            thing["thread_id"] = f"00000000-0000-4000-8000-{len(self.things):012d}"
        self.things[thing["thread_id"]] = thing
        return self.answer_of(thing, ask)

    def answer_of(self, thing, ask):
        return Answer(200, self.show(thing, ask))


@pytest.mark.parametrize("scenario", ["one_winner"])
def test_a_race_for_one_key_has_one_winner(scenario: str):
    clock = Clock()
    run = Run("langsmith", Racing(clock), clock)
    assert {finding.check for finding in scenarios[scenario].run(run.context, run.operation)} == {scenario}


def test_keys_that_are_made_at_once_are_distinct():
    clock = Clock()
    run = Run("langsmith", SERVERS["langsmith"](clock), clock)
    server = SERVERS["langsmith"](clock)
    ids(lambda _: lambda: "00000000-0000-4000-8000-000000000007")(server)
    run = Run("langsmith", server, clock)
    assert {finding.check for finding in scenarios["at_once"].run(run.context, run.operation)} == {"at_once"}


@pytest.mark.parametrize("provider", SERVERS)
@pytest.mark.parametrize("name", scenarios)
def test_a_scenario_is_silent_and_keeps_to_its_budget_or_says_why_not(provider: str, name: str):
    clock = Clock()
    run = Run(provider, SERVERS[provider](clock), clock)
    scenario = scenarios[name]
    reason = scenario.applies(run.contract, run.operation)
    if reason:
        assert len(reason) > 10
        return
    try:
        assert not list(scenario.run(run.context, run.operation))
    except NotSent:  # it needs a thing that another operation makes
        return
    assert not run.failures
    assert 0 < run.exchanges <= scenario.exchanges


@pytest.mark.parametrize("provider", SERVERS)
def test_all_scenarios_of_an_operation_stay_within_bounds(provider: str):
    run = Run(provider, SERVERS[provider]())
    usual = [s for s in scenarios.values() if s not in ROBUSTNESS]  # those have requests of their own
    applying = [s for s in usual if not s.applies(run.contract, run.operation)]
    assert sum(scenario.exchanges for scenario in applying) <= 180
    assert len(applying) >= 7


def test_a_server_that_refuses_everything_gets_through_all_scenarios():
    clock = Clock()
    server = SERVERS["langsmith"](clock)
    server.rules["never"] = lambda body: [(["body"], "never", "never")]
    run = Run("langsmith", server, clock)
    assert {finding.check for finding in run.all_failures()} >= {"valid_accepted"}
