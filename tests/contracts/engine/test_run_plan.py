"""Runs that may be started are few: what tells most is paid first, wholly or not at all, and it is said what was not."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.contracts.engine.dry_run import plan
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.engine.run_plan import CASES, Floor, RunPlan
from threadmock.contracts.engine.summary import Summary
from threadmock.contracts.options import Settings
from threadmock.contracts.reporting.html_report import html_report
from threadmock.contracts.reporting.json_report import as_json
from threadmock.contracts.reporting.text_report import lines
from threadmock.contracts.scenarios import scenarios
from threadmock.specs.loader import load

CONTRACT = load("langsmith")
BY_NAME = {str(operation): operation for operation in CONTRACT.operations}
STREAM, WAIT = (BY_NAME[f"POST /threads/{{thread_id}}/runs/{how}"] for how in ("stream", "wait"))
READ, LIST = (BY_NAME[f"GET /threads/{{thread_id}}/runs{more}"] for more in ("/{run_id}", ""))
SMALL = {"max_requests": 40, "max_examples": 4, "seed": 1}


def floors(*given):
    return [Floor(operation, phase, runs) for operation, phase, runs in given]


def test_a_scenario_gets_all_its_runs_or_is_not_begun():
    made = RunPlan(10, floors((STREAM, "tokens", 1), (STREAM, "busy", 12), (WAIT, "busy", 8)))
    assert made.share(STREAM, "tokens", 0).most == 1
    lack = made.share(STREAM, "busy", 1).lack
    assert lack == "not run: it needs 12 runs, and 0 of 10 are left for it (--allow-runs)"
    assert made.share(WAIT, "busy", 1).most == 8


def test_what_a_scenario_leaves_over_pays_for_one_that_was_too_dear():
    made = RunPlan(13, floors((STREAM, "busy", 8), (WAIT, "busy", 8)))
    assert [made.pays(floor) for floor in made.floors] == [True, False]
    assert made.share(STREAM, "busy", 0).most == 8
    assert made.share(WAIT, "busy", 4).most == 8


def test_cases_share_evenly_what_scenarios_leave_and_one_run_is_kept_for_what_is_to_be_refused():
    made = RunPlan(21, floors((STREAM, "tokens", 4), (STREAM, CASES, 1), (WAIT, CASES, 1)))
    made.share(STREAM, "tokens", 0)
    coverage = made.share(STREAM, "coverage", 4)
    assert (coverage.planned, coverage.most - coverage.keep, coverage.keep) == (8, 5, 1)
    made.note(STREAM, "coverage", 2)
    assert made.share(STREAM, "exploration", 6).most == 8 - 2 + 1
    assert made.share(WAIT, "coverage", 6).planned == 14


def test_operations_that_only_read_share_the_run_that_is_started_for_them():
    made = RunPlan(4, floors((READ, CASES, 1), (LIST, CASES, 1), (STREAM, CASES, 1)))
    assert [floor.runs for floor in made.floors] == [1, 1]
    assert made.share(LIST, "paging", 0).most == 0
    assert made.share(READ, "coverage", 0).most == 1
    made.note(READ, "coverage", 1)
    assert made.share(LIST, "coverage", 1).most == 0


def test_what_is_not_begun_leaves_its_runs_to_others():
    made = RunPlan(9, floors((STREAM, "busy", 8), (WAIT, "busy", 8)))
    made.skip(STREAM, "busy")
    assert made.share(WAIT, "busy", 0).most == 8


@given(st.integers(1, 80), st.lists(st.integers(0, 12), max_size=8), st.integers(0, 3))
def test_what_is_promised_is_never_more_than_is_there(limit, needs, cases):
    operations = [STREAM, WAIT, READ][:cases]
    given = [(STREAM, f"scenario-{number}", runs) for number, runs in enumerate(needs)]
    made = RunPlan(limit, floors(*given, *((operation, CASES, 1) for operation in operations)))
    used = 0
    for operation, phase, _ in given:
        used += made.share(operation, phase, used).most
    for operation in operations:
        for phase in ("coverage", "repeat", "exploration"):
            share = made.share(operation, phase, used)
            used += share.most - share.keep
            made.note(operation, phase, share.most - share.keep)
            assert used + made.kept <= limit
    assert used <= limit


@pytest.mark.parametrize("limit", [1, 60])
def test_in_several_processes_the_parts_are_no_more_than_the_whole(limit):
    asked = [*((STREAM, f"scenario-{number}", 3) for number in range(8)), (STREAM, CASES, 1), (WAIT, CASES, 1)]
    total = sum(
        RunPlan(limit, floors(*asked), alone=True).share(operation, phase, 0).most
        for operation, phase, _ in asked
        if phase != CASES
    )
    assert total <= limit


def performed(limit, *operations, **more):
    run = prepare(Settings("langsmith", allow_runs=limit, operations=operations, **{**SMALL, **more}))
    summary = Summary(run)
    for slug, phase in run.items():
        summary.gather(run.perform(slug, phase))
    summary.end()
    run.target.close()
    return run, summary


@pytest.fixture(scope="module")
def sixty():
    asked = [str(each) for each in CONTRACT.operations if each.rule.resource == "run" and not follows(each)]
    return performed(60, *asked, exclude_checks=("hostile_values",), max_requests=600, max_examples=2)


def follows(operation):
    return operation.rule.run is not None and operation.rule.run.follow_thread


def test_sixty_runs_try_every_kind_of_conversation_and_a_request_of_every_operation(sixty):
    run, summary = sixty
    kinds = {scenario.name: scenario for _, scenario in run.conversations}
    asked = {each.phase for each in summary.runs if not each.reason and each.phase != CASES}
    assert {name for name, scenario in kinds.items() if scenario.priority <= 2} <= asked
    assert len({name for name, scenario in kinds.items() if scenario.priority <= 3} - asked) <= 2
    assert summary.untested == {}
    assert 0 < summary.runs_used <= 60
    assert sum(each.spent for each in summary.runs) == summary.runs_used
    assert all(each.spent <= each.planned + 1 for each in summary.runs)


def test_it_is_said_what_runs_were_spent_on_and_what_was_not_run(sixty):
    _, summary = sixty
    short = [each for each in summary.runs if each.reason]
    assert short
    text = "\n".join(lines(summary))
    assert f"Runs: {summary.runs_used} of 60 used (--allow-runs)" in text
    assert "not run: " in text
    assert "stream_ends 1 of 1" in " ".join("\n".join(lines(summary, 1)).split())
    document = as_json(summary, 0)
    assert document["runs"]["used"] == summary.runs_used
    items = {(each["operation"], each["item"]): each for each in document["runs"]["items"]}
    for each in short:
        told = items[each.operation, each.phase]
        assert (told["started"], told["planned"]) == (0, 0)
        assert told["needs"] == scenarios[each.phase].runs_of(summary.operation(each.operation))
        assert "needs" in told["not_run"]
        assert any(o == each.operation and check == each.phase for o, check, _ in summary.not_tested)
    page = html_report(json.loads(json.dumps(document)))
    assert f"{summary.runs_used} of 60 runs that were allowed were started" in page


def test_an_operation_of_which_no_scenario_could_be_paid_is_tested_partly():
    _, summary = performed(2, str(WAIT), max_requests=20)
    assert {each.phase for each in summary.runs if each.reason} >= {"busy"}
    all_short = [replace(each, reason="too few") for each in summary.runs if each.phase != CASES]
    summary._runs = {(each.operation, each.phase): each for each in all_short}
    assert list(summary.partly) == [WAIT.slug]
    text = "\n".join(lines(summary))
    assert f"PARTLY TESTED {WAIT.slug}: no scenario of runs was begun" in text
    assert "0 of 1 operations tested (1 more partly)" in text


def test_where_nothing_limits_runs_nothing_is_said_of_them():
    run, summary = performed(None, str(WAIT), max_requests=20)
    assert run.run_plan is None
    assert summary.runs == []
    assert "Runs:" not in "\n".join(lines(summary, 1))
    assert as_json(summary, 0)["runs"] is None


def test_a_plan_says_what_runs_are_for_before_any_is_started():
    run = prepare(Settings("langsmith", allow_runs=30, seed=1))
    told = "\n".join(plan(run))
    assert "Runs that may be started: 30" in told
    assert "  stream_ends: POST /threads/{}/runs/stream 1\n" in told
    assert "too few are left, unless others leave some, for: " in told
    assert run.target.run_budget.used == 0


def test_four_hundred_runs_leave_nothing_out():
    run = prepare(Settings("langsmith", allow_runs=400, seed=1))
    assert all(run.run_plan.pays(floor) for floor in run.run_plan.floors)
    assert run.run_plan.left > 100


def test_little_is_drawn_where_every_answer_waits_for_a_run():
    join, read = "GET /threads/{thread_id}/runs/{run_id}/join", "GET /threads/{thread_id}/runs/{run_id}"
    run = prepare(Settings("langsmith", seed=1, allow_runs=20, operations=(join, read), max_examples=60))
    drawn = {
        str(run.operation(slug)): run.perform(slug, phase) for slug, phase in run.items() if phase == "exploration"
    }
    run.target.close()
    assert 0 < drawn[join].exchanges <= 10 < drawn[read].exchanges
