"""Valid requests that wait for an agent are under way several at once, each about a thread of its own; nothing else changes."""

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import pytest
from threadmock.contracts.cases.case import base_value, case_with_body
from threadmock.contracts.engine import lanes
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.transport.errors import BudgetSpent, NotSent
from threadmock.specs.wire.messages import Response

WAIT = "POST /threads/{thread_id}/runs/wait"
STATELESS = "POST /runs/wait"
JOIN = "GET /threads/{thread_id}/runs/{run_id}/join"


class SlowAgent:
    """The mock in this process, which answers valid requests about runs late, and notes which are under way together."""

    def __init__(self, run, *, elapsed=0.9, refused=""):
        self._send, self._elapsed, self._refused = run.target.exchange, elapsed, refused
        self._changed, self._one = threading.Condition(), threading.Lock()
        self.under_way, self.most, self.labels, self.together = [], 0, Counter(), []

    def exchange(self, case):
        if case.operation.rule.run is None or case.intent != "valid":
            with self._one:
                return self._send(case)
        with self._changed:
            self.under_way.append(case.request.path)
            self.together.append(tuple(self.under_way))
            self.most = max(self.most, len(self.under_way))
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= lanes.LANES, timeout=0.01)
        try:
            with self._one:
                found = replace(self._send(case), elapsed=self._elapsed)
        finally:
            with self._changed:
                self.under_way.remove(case.request.path)
        with self._changed:
            self.labels[case.label] += 1
        if self._refused and case.label == self._refused:
            found = replace(found, response=Response(500, {"content-type": "application/json"}, b"{}"))
        return found


def slow_run(*operations, target=True, allow_runs=None, **more):
    """A run as on a target elsewhere, and its agent."""
    run = prepare(Settings("langsmith", operations=operations, seed=1, allow_runs=allow_runs))
    if target:
        run.settings = replace(run.settings, target="http://127.0.0.1")
        run.service = None  # the mock serves all
    agent = SlowAgent(run, **more)
    run.target.exchange = agent.exchange
    return run, agent


def counts(outcome):
    return {name: (tally.passed, tally.failed, tally.unconfirmed) for name, tally in outcome.tallies.items()}


@pytest.mark.parametrize("name", [WAIT, JOIN])
def test_slow_answers_are_waited_for_together_and_tell_what_they_tell_one_by_one(name):
    run, agent = slow_run(name)
    together = run.perform(run.operations[0].slug, "coverage")
    alone, one = slow_run(name, target=False)
    sequence = alone.perform(alone.operations[0].slug, "coverage")
    assert agent.most == lanes.LANES
    assert one.most == 1
    assert agent.labels == one.labels
    assert together.exchanges == sequence.exchanges > 50
    assert counts(together) == counts(sequence)
    assert not together.failures
    assert not together.crash


def test_no_two_runs_are_under_way_on_one_thread():
    run, agent = slow_run(WAIT)
    run.perform(run.operations[0].slug, "coverage")
    several = [paths for paths in agent.together if len(paths) > 1]
    assert several
    assert all(len(set(paths)) == len(paths) for paths in several)


@pytest.mark.parametrize(("name", "more"), [(WAIT, {"elapsed": 0.1}), (WAIT, {"target": False})])
def test_a_prompt_agent_and_the_mock_itself_are_asked_one_by_one(name, more):
    run, agent = slow_run(name, **more)
    for phase in ("coverage", "exploration"):
        run.perform(run.operations[0].slug, phase)
    assert agent.most == 1


def test_what_fails_in_a_lane_is_found():
    run, agent = slow_run(WAIT, refused="only metadata")
    outcome = run.perform(run.operations[0].slug, "coverage")
    assert agent.most == lanes.LANES
    assert [(found.check, found.case.label) for found in outcome.failures] == [("no_server_error", "only metadata")]


def test_drawn_requests_wait_together_where_the_operation_is_known_to_be_slow():
    run, agent = slow_run(STATELESS)
    slug = run.operations[0].slug
    run.perform(slug, "coverage")
    agent.most = 0
    drawn = run.perform(slug, "exploration")
    assert agent.most > 1
    assert drawn.ended.startswith("the answers of agents took")
    assert 5 <= drawn.sent_valid <= 5 + lanes.LANES


@pytest.mark.parametrize("limit", [15, 40])
def test_no_more_runs_are_started_in_lanes_than_were_allowed(limit):
    run, agent = slow_run(WAIT, allow_runs=limit)
    slug = run.operations[0].slug
    outcome = run.perform(slug, "coverage")
    assert 0 < sum(agent.labels.values()) <= limit
    assert run.target.run_budget.used <= limit
    assert any("planned for valid requests" in reason for reason in outcome.not_sent)
    alone, _ = slow_run(WAIT, target=False, allow_runs=limit)
    sequence = alone.perform(slug, "coverage")
    assert not outcome.ended
    # what is to be refused is asked all the same
    assert outcome.exchanges - outcome.sent_valid == sequence.exchanges - sequence.sent_valid > 50


@pytest.mark.parametrize("error", [KeyboardInterrupt, BudgetSpent])
def test_what_is_under_way_is_answered_before_an_item_ends(error):
    run, agent = slow_run(WAIT)
    count = 0

    def check():
        nonlocal count
        count += 1
        if count == 8:
            raise error("enough")

    with patched_interrupt(run, check):
        if error is KeyboardInterrupt:
            with pytest.raises(KeyboardInterrupt):
                run.perform(run.operations[0].slug, "coverage")
        else:
            outcome = run.perform(run.operations[0].slug, "coverage")
            assert outcome.ended == "enough"
            assert outcome.sent_valid == sum(agent.labels.values())
    assert agent.labels
    assert agent.under_way == []


@contextmanager
def patched_interrupt(run, check):
    """Have the run ask this whether it was interrupted."""
    perform = run._perform

    def patched(slug, phase):
        run.check_interrupt = check
        return perform(slug, phase)

    run._perform = patched
    yield


def test_a_valid_request_is_left_out_while_one_that_is_to_be_refused_has_the_run_that_is_kept():
    run, _ = slow_run(WAIT, allow_runs=9)
    budget, operation = run.target.run_budget, run.operations[0]
    valid = case_with_body(operation, base_value(operation), "valid")
    budget.begin(3, keep=1)
    for case in (valid, valid, replace(valid, intent="invalid")):
        budget.take(case)
    with pytest.raises(NotSent, match="planned for valid requests") as told:
        budget.take(valid)
    assert not isinstance(told.value, BudgetSpent)
