"""A run: settings read strictly, exchanges shared out, phases that go on after a finding."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.contracts import checks
from threadmock.contracts.checks.finding import declared_names
from threadmock.contracts.engine.budget import Budget
from threadmock.contracts.engine.outcome import read_outcome
from threadmock.contracts.engine.recorder import MOST_SILENCES
from threadmock.contracts.engine.run import Run, prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.settings import UsageError, chosen_checks, chosen_operations, read_settings
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.target import TargetLost
from threadmock.contracts.transport.errors import BudgetSpent
from threadmock.specs.errors import SchemaError, UnknownName
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Response

CONTRACT = load("langsmith")
OPERATION = CONTRACT.operations[0]
SLUG = OPERATION.slug


class Scripted:
    """A target that answers by a function of the request's number."""

    name, ledger, run_budget, local = "a scripted target", None, None, True

    def __init__(self, answer):
        self.answer = answer
        self.sent = []

    def masking(self, text):
        return text

    def refusal(self, operation):
        return ""

    def run_pause(self, seconds):
        raise AssertionError("nobody waits for runs here")

    def exchange(self, case):
        self.sent.append(case)
        response, timed_out = self.answer(len(self.sent))
        now = datetime.now(UTC)
        return Exchange(case, case.request, response, "" if response else "silence", 0.0, now, now, timed_out=timed_out)


def run_on(answer, *, checks=("answers",), clock=lambda: 0.0, **settings):
    return Run(
        Settings("langsmith", **settings),
        CONTRACT,
        CONTRACT.operations,
        frozenset(checks),
        Scripted(answer),
        clock=clock,
    )


def ok(_):
    return Response(200, {"content-type": "application/json"}, b"{}"), False


def spend_all(budget):
    count = 0
    while True:
        try:
            budget.spend()
        except BudgetSpent:
            return count
        count += 1


@given(st.integers(1, 2000), st.integers(0, 3000), st.sets(st.sampled_from(["coverage", "scenario", "exploration"])))
def test_an_operation_never_takes_more_than_its_limit_and_no_phase_is_starved(limit, scenarios, idle):
    budget = Budget(limit, scenarios, None, lambda: 0.0)
    taken = {}
    for kind in ("coverage", "scenario", "exploration"):
        budget.begin(kind)
        taken[kind] = 0 if kind in idle else spend_all(budget)
    assert sum(taken.values()) <= limit
    if not idle and limit >= 10:
        assert taken["coverage"] >= limit * 0.4 - 1
        assert taken["exploration"] >= limit * 0.1 - 1
        assert taken["scenario"] >= min(scenarios, limit * 0.5 - 1)
    if "exploration" not in idle:
        assert sum(taken.values()) == limit


@given(st.integers(1, 2000), st.integers(0, 3000))
def test_phases_in_processes_of_their_own_take_no_more_together(limit, scenarios):
    taken = 0
    for kind in ("coverage", "scenario", "exploration"):
        budget = Budget(limit, scenarios, None, lambda: 0.0)
        budget.begin(kind, alone=True)
        taken += spend_all(budget)
    assert taken <= max(limit, 2)


def test_time_ends_a_budget():
    moment = [0.0]
    budget = Budget(10, 0, 5.0, lambda: moment[0])
    budget.begin("coverage")
    budget.spend()
    moment[0] = 5.0
    with pytest.raises(BudgetSpent, match="--max-time"):
        budget.spend()


def test_coverage_stops_where_the_requests_are_used_up_and_says_so():
    run = run_on(ok, max_requests=20)
    outcome = run.perform(SLUG, "coverage")
    assert outcome.exchanges == len(run.target.sent) <= 20
    assert "--max-requests" in outcome.ended


def test_an_outcome_says_which_scenarios_can_not_be_asked_and_why_also_in_another_process():
    run = run_on(ok, checks=("answers", "taken", "life_cycle"), max_requests=5)
    outcome = run.perform(SLUG, "coverage")
    reasons = {name: scenarios[name].applies(CONTRACT, OPERATION) for name in ("taken", "life_cycle")}
    assert outcome.inapplicable == {name: reason for name, reason in reasons.items() if reason} != {}
    assert read_outcome(outcome.dump()).inapplicable == outcome.inapplicable


def test_the_run_goes_on_after_a_finding():
    run = run_on(lambda number: (None, False) if number == 2 else ok(number), max_requests=50)
    outcome = run.perform(SLUG, "coverage")
    assert outcome.tallies["answers"].failed == 1
    assert outcome.exchanges > 10


def test_a_target_that_keeps_silent_is_not_asked_for_ever():
    run = run_on(lambda _: (None, True))
    outcome = run.perform(SLUG, "coverage")
    assert outcome.exchanges == MOST_SILENCES
    assert "silent" in outcome.ended
    assert outcome.untested


def test_a_target_that_is_gone_ends_every_item():
    def gone(_):
        raise TargetLost("it is gone")

    run = run_on(gone)
    assert run.perform(SLUG, "coverage").gone == "it is gone"
    assert run.perform(SLUG, "repeat").gone == "it is gone"
    assert len(run.target.sent) == 1


def test_valid_requests_that_were_refused_are_counted_and_the_first_answer_kept():
    run = run_on(lambda _: (Response(401, {}, b"who\x1b are you?"), False))
    outcome = run.perform(SLUG, "coverage")
    assert outcome.sent_valid > 3
    assert outcome.refusal == "401 who\\x1b are you?"
    assert "401" in outcome.untested


@pytest.mark.parametrize("seed", range(3))
def test_exploration_shows_a_small_request_for_each_cause(seed):
    def answer(case):
        if case.intent == "valid" and b"metadata" in case.request.body:
            return Response(500, {}, b"broken")
        return (
            Response(200, {"content-type": "application/json"}, b"{}")
            if case.intent == "valid"
            else Response(422, {}, b"")
        )

    run = run_on(ok, checks=("no_server_error",), seed=seed)
    run.target.exchange = lambda case: Exchange(
        case, case.request, answer(case), "", 0.0, datetime.now(UTC), datetime.now(UTC)
    )
    outcome = run.perform(SLUG, "exploration")
    assert len(outcome.causes) == 1
    (finding, count) = outcome.findings[0]
    assert count > 1
    assert len(finding.case.body) <= len('{"metadata":null}') + 2


def test_exploration_stays_within_the_requests():
    run = run_on(
        lambda _: (Response(500, {}, b"broken"), False), checks=("no_server_error",), max_requests=60, max_examples=500
    )
    outcome = run.perform(SLUG, "exploration")
    assert outcome.exchanges == len(run.target.sent) <= 60


def test_only_checks_that_count_are_kept():
    run = run_on(lambda _: (Response(500, {}, b""), False), checks=("answers",))
    outcome = run.perform(SLUG, "coverage")
    assert set(outcome.tallies) == {"answers"}
    assert not outcome.causes


def test_a_scenario_without_budget_is_not_applicable_and_says_why():
    run = run_on(ok, checks=("repeat", "answers"), max_requests=1)
    run.perform(SLUG, "coverage")
    outcome = run.perform(SLUG, "repeat")
    assert outcome.tallies["repeat"].verdict == "n/a"
    assert "--max-requests" in next(iter(outcome.tallies["repeat"].not_applicable))


def test_declared_names_are_found_at_any_depth_and_others_are_not():
    names = declared_names(OPERATION)
    assert {"metadata", "thread_id", "if_exists", "supersteps", "updates"} <= names
    assert "type" not in names or "type" in str(CONTRACT.document)


@pytest.mark.parametrize("name", [OPERATION.operation_id, SLUG, "POST /threads", "post /threads", f"{SLUG}, {SLUG}"])
def test_operations_are_chosen_by_id_slug_or_route(name):
    assert chosen_operations(CONTRACT, [name]) == (OPERATION,)


def test_operations_are_chosen_by_tag():
    (tag,) = OPERATION.tags
    assert chosen_operations(CONTRACT, [tag]) == tuple(o for o in CONTRACT.operations if tag in o.tags)


def test_an_operation_that_nobody_declared_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'POST /threads'"):
        chosen_operations(CONTRACT, ["POST /thread"])


def test_checks_are_chosen_and_excluded_by_name():
    settings = read_settings({"provider": "langsmith", "checks": ["a, b", "c"], "exclude_checks": ["b"]})
    assert chosen_checks(settings, ["a", "b", "c", "d"]) == {"a", "c"}
    with pytest.raises(UnknownName):
        chosen_checks(settings, ["a", "b"])


def test_without_a_seed_a_random_one_is_known():
    seeds = {read_settings({"provider": "langsmith"}).seed for _ in range(5)}
    assert len(seeds) > 1
    assert all(isinstance(seed, int) and seed >= 0 for seed in seeds)


@pytest.mark.parametrize(
    "options", [{"max_time": 0}, {"max_time": float("nan")}, {"max_requests": 0}, {"max_examples": -1}, {"seed": -1}]
)
def test_numbers_that_can_not_be_meant_are_usage_errors(options):
    with pytest.raises(UsageError):
        read_settings({"provider": "langsmith", **options})


def test_a_prepared_run_asks_the_mock_and_every_item_has_a_known_operation():
    run = prepare(read_settings({"provider": "langsmith", "seed": 1}))
    items = list(run.items())
    told = [(slug, phase) for slug, phase in items if run.is_conversation(run.operation(slug), phase)]
    assert items[: len(told)] == told
    rest = [(slug, phase) for slug, phase in items[len(told) :] if not run.is_apart(run.operation(slug), phase)]
    assert rest[0] == (SLUG, "coverage")
    assert (SLUG, "exploration") in items
    assert run.perform(SLUG, random.Random(1).choice([phase for _, phase in items if phase == "repeat"])).accepted > 1


@pytest.mark.parametrize(("asked", "drawn"), [(1, 100), (24, 100), (48, 50), (200, 40)])
def test_fewer_requests_are_drawn_for_each_operation_where_many_are_asked(asked, drawn):
    for more, expected in (({}, drawn), ({"max_examples": 7}, 7)):
        run = prepare(read_settings({"provider": "langsmith", "seed": 1, "operations": [SLUG], **more}))
        run.asked = [OPERATION] * asked
        assert run.examples == expected


@given(st.integers(20, 2000), st.integers(0, 300), st.integers(0, 400))
def test_a_process_that_knows_how_many_cases_coverage_has_leaves_none_unused(limit, scenarios, cases):
    budget = Budget(limit, scenarios, None, lambda: 0.0, cases=cases)
    budget.begin("exploration", alone=True)
    assert spend_all(budget) >= limit - max(cases, 1) - scenarios


def test_a_schema_that_nothing_can_satisfy_leaves_the_operation_untested_with_the_reason(monkeypatch):
    def impossible(*_, **__):
        raise SchemaError("Nothing can satisfy it.")

    monkeypatch.setattr("threadmock.contracts.engine.session.coverage", impossible)
    outcome = run_on(ok).perform(SLUG, "coverage")
    assert outcome.untested == "Nothing can satisfy it."


def test_what_was_found_before_something_broke_is_kept_and_the_break_is_told(monkeypatch):
    run = run_on(lambda number: (None, False) if number == 2 else ok(number), max_requests=50)
    judged = []

    def judge(*arguments):
        judged.append(arguments)
        if len(judged) == 5:
            raise ZeroDivisionError("oh no")
        return real(*arguments)

    real = checks.judge
    monkeypatch.setattr(checks, "judge", judge)
    outcome = run.perform(SLUG, "coverage")
    assert "ZeroDivisionError: oh no" in outcome.crash
    assert outcome.failures


def test_drawn_requests_to_a_slow_agent_end_before_they_add_up_and_deterministic_ones_do_not():
    run = prepare(
        read_settings({"provider": "langsmith", "operations": ["POST /runs/wait", "POST /threads"], "seed": 1})
    )
    create, wait = run.operations
    send = run.target.exchange
    run.target.exchange = lambda case: replace(send(case), elapsed=0.9)
    assert run.perform(wait.slug, "coverage").exchanges > 100
    slow = run.perform(wait.slug, "exploration")
    assert slow.exchanges == 5
    assert slow.ended == "the answers of agents took 4 s, which is enough for requests like these"
    assert run.perform(create.slug, "exploration").exchanges > 30
