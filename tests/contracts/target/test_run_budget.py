"""What may be spent on runs: counted below all that makes requests, shared by processes, and told where it is nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.hostile_server import answers, hostile, reply
from threadmock.contracts.cases.case import base_value, case_with_body
from threadmock.contracts.cases.references import placeholder
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.engine.summary import Summary
from threadmock.contracts.options import Settings
from threadmock.contracts.reporting.text_report import lines
from threadmock.contracts.settings import UsageError, read_settings
from threadmock.contracts.target.open_target import http_target
from threadmock.contracts.target.run_budget import RUNS_OFF, RunBudget, starts_runs, users
from threadmock.contracts.transport.errors import BudgetSpent, Forbidden, NotSent
from threadmock.contracts.transport.rate import Pacer
from threadmock.contracts.transport.shared import SharedCount
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Response

CONTRACT = load("langsmith")
RUN = "POST /threads/{thread_id}/runs"
READ = "GET /threads/{thread_id}/runs/{run_id}"


def operation(name: str):
    return next(operation for operation in CONTRACT.operations if str(operation) == name)


def case(name: str, intent="valid", **members):
    found = operation(name)
    base = base_value(found)
    return case_with_body(found, {**base, **members} if isinstance(base, dict) else base, "a case", intent=intent)


def test_operations_that_start_runs_are_known_by_their_rules() -> None:
    assert {str(each) for each in CONTRACT.operations if starts_runs(each)} == {
        "POST /threads/{thread_id}/commands",
        RUN,
        "POST /threads/{thread_id}/runs/stream",
        "POST /threads/{thread_id}/runs/wait",
        "POST /runs",
        "POST /runs/stream",
        "POST /runs/wait",
        "POST /runs/batch",
    }


@pytest.mark.parametrize("intent", ["valid", "invalid", "malformed", "media_type", "credentials"])
def test_every_request_that_a_target_might_take_counts(intent: str) -> None:
    purse = RunBudget(CONTRACT, 2)
    purse.take(case(RUN, intent))
    purse.take(case(RUN, intent))
    with pytest.raises(BudgetSpent, match="--allow-runs 2"):
        purse.take(case(RUN, intent))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_a_method_that_nobody_documents_may_start_a_run_where_another_one_does(method: str) -> None:
    purse, asked = RunBudget(CONTRACT, 1), case(RUN, "method")
    strange = replace(asked, request=replace(asked.request, method=method))
    purse.take(strange)
    with pytest.raises(BudgetSpent):
        purse.take(strange)


@pytest.mark.parametrize(
    ("status", "started"),
    [(200, 1), (202, 1), (301, 1), (500, 1), (503, 1), (408, 1), (425, 1), (None, 1), (400, 0), (404, 0), (409, 0),
     (422, 0), (429, 0)],
)  # fmt: skip
def test_only_what_the_target_refused_was_not_started(status: int | None, started: int) -> None:
    purse = RunBudget(CONTRACT, 2)
    purse.give_back(purse.take(asked := case(RUN)), asked, None if status is None else Response(status))
    assert (purse.used, purse.spent) == (started, started)


@pytest.mark.parametrize(
    ("answer", "started"),
    [
        ({"type": "error", "id": 1, "error": "unknown_command", "message": "no"}, 0),
        ({"type": "success", "id": 1, "result": {"run_id": "1"}}, 1),
        ([], 1),
    ],
)
def test_a_command_that_the_rule_says_failed_started_nothing(answer: object, started: int) -> None:
    purse, command = RunBudget(CONTRACT, 2), case("POST /threads/{thread_id}/commands")
    purse.give_back(purse.take(command), command, Response(200, {}, json.dumps(answer).encode()))
    assert purse.used == started


def test_a_batch_counts_as_many_runs_as_it_asks_for() -> None:
    purse, batch = RunBudget(CONTRACT, 4), operation("POST /runs/batch")
    three = case_with_body(batch, [{"assistant_id": "agent"}] * 3, "three")
    assert purse.take(three) == 3
    with pytest.raises(BudgetSpent):
        purse.take(three)
    assert purse.take(case_with_body(batch, [], "none")) == 1
    assert purse.used == 4


def test_an_item_takes_no_more_than_its_part_and_what_it_leaves_is_there_for_the_next() -> None:
    purse = RunBudget(CONTRACT, 5)
    purse.begin(2)
    for _ in range(2):
        purse.take(case(RUN))
    with pytest.raises(BudgetSpent, match="planned for this are used up: 2"):
        purse.take(case(RUN))
    purse.begin(2)
    purse.give_back(purse.take(asked := case(RUN)), asked, Response(422))
    assert (purse.used, purse.spent) == (2, 0)
    purse.begin()
    for _ in range(3):
        purse.take(case(RUN))
    assert not purse.covers(1)


def test_a_request_that_a_busy_target_did_not_carry_out_is_sent_once_more_and_counts_once() -> None:
    with hostile(answers(*[reply(b"", "429 Too Many Requests")] * 2)) as server:
        target = http_target(CONTRACT, server.url, allow_runs=1)
        target.pacer = Pacer(sleep=lambda _: None)
        target.exchange(case("POST /runs"))
        target.close()
    assert len(server.requests) == 2
    assert target.run_budget.used == 0


def test_a_request_that_may_have_begun_is_not_sent_once_more() -> None:
    with hostile(answers(*[reply(b"", "503 Service Unavailable")] * 2)) as server:
        target = http_target(CONTRACT, server.url, allow_runs=2)
        target.pacer = Pacer(sleep=lambda _: None)
        target.exchange(case("POST /runs"))
        target.close()
    assert (len(server.requests), target.run_budget.used) == (1, 1)


def test_nothing_is_spent_on_other_operations_and_methods() -> None:
    purse = RunBudget(CONTRACT, 0)
    for name in ("POST /threads", READ, "GET /threads/{thread_id}/runs"):
        purse.take(case(name))
    with pytest.raises(Forbidden, match=RUNS_OFF):
        purse.take(case(RUN))


def test_an_unlimited_purse_is_never_empty() -> None:
    purse = RunBudget(CONTRACT)
    for _ in range(1000):
        purse.take(case(RUN))
    assert not purse.forbids(operation(RUN))


def test_runs_that_would_begin_in_a_long_time_are_not_asked_for() -> None:
    purse = RunBudget(CONTRACT)
    purse.take(case(RUN, after_seconds=1))
    with pytest.raises(NotSent, match="begin only after"):
        purse.take(case(RUN, after_seconds=1e9))
    batch = operation("POST /runs/batch")
    with pytest.raises(NotSent, match="begin only after"):
        purse.take(case_with_body(batch, [{"assistant_id": "agent", "after_seconds": 3600}], "late"))


def test_processes_share_a_limit_and_together_they_have_all_of_it(tmp_path: Path) -> None:
    first, second = (RunBudget(CONTRACT, 5, shared=SharedCount(tmp_path / "runs", 5)) for _ in range(2))
    for purse in (first, second, first, first):
        purse.take(case(RUN))
    assert first.covers(1)
    assert not second.covers(2)
    second.give_back(second.take(asked := case(RUN)), asked, Response(409))
    second.take(case(RUN))
    for purse in (first, second):
        with pytest.raises(BudgetSpent, match="--allow-runs 5"):
            purse.take(case(RUN))


def test_what_was_not_asked_is_told_with_its_reason() -> None:
    run = prepare(Settings("langsmith", target="http://127.0.0.1:9", operations=(RUN, READ), seed=1))
    # its own operations: another load of the document may be another object
    starts, reads = (next(each for each in run.operations if str(each) == name) for name in (RUN, READ))
    assert run.left_out == {starts: RUNS_OFF}
    assert {slug for slug, _ in run.items()} == {reads.slug}
    assert run.prerequisites(reads).prerequisites.lacking(reads) == f"nothing makes a run ({RUNS_OFF})"
    assert f"NOT TESTED, {RUNS_OFF}: {starts.slug}" in list(lines(Summary(run)))


def test_nothing_left_to_be_asked_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=RUNS_OFF):
        prepare(Settings("langsmith", target="http://127.0.0.1:9", operations=(RUN,)))


def test_a_limit_holds_on_the_mock_too_whatever_sends() -> None:
    run = prepare(Settings("langsmith", operations=(RUN,), allow_runs=12, seed=1))
    sent = []
    send = run.target.transport.send

    def noting(request, **more):
        response = send(request, **more)
        if request.method == "POST" and request.path.endswith(("/runs", "/runs/stream", "/runs/wait")):
            sent.append(response.status)
        return response

    run.target.transport.send = noting
    for slug, phase in run.items():
        run.perform(slug, phase)
    run.target.close()
    assert 0 < len([status for status in sent if status < 400]) <= 12


def test_a_placeholder_for_an_agent_is_replaced_by_one_that_the_target_has() -> None:
    run = prepare(Settings("langsmith", operations=(RUN,), seed=1))
    stage, asked = run.prerequisites(operation(RUN)).prerequisites, operation(RUN)
    settled = stage.resolve(case(RUN))
    assert settled.value["assistant_id"] != placeholder(asked, asked.rule.run.agent.source)
    assert settled.standing == "there"
    assert stage.resolve(case(RUN, assistant_id="6f9619ff-8b86-4d11-b42d-00cf4fc964ff")).standing == "unknown"
    run.target.close()


def test_what_may_be_spent_is_shared_so_that_every_operation_has_some() -> None:
    run = prepare(Settings("langsmith", allow_runs=300, max_examples=5, seed=1))
    about = users(CONTRACT, CONTRACT.operations)
    assert {READ, RUN, "POST /runs/cancel"} <= {str(each) for each in about}
    asked = {slug: 0 for slug, _ in run.items()}
    for slug, phase in run.items():
        if slug in {operation(str(each)).slug for each in about}:
            asked[slug] += run.perform(slug, phase).accepted
    run.target.close()
    assert [str(each) for each in about if not asked[each.slug]] == []
    assert run.target.run_budget.limit == 300


def test_the_option_counts_runs_and_is_no_less_than_none() -> None:
    assert read_settings({"provider": "langsmith", "allow_runs": 4, "seed": 1}).allow_runs == 4
    assert read_settings({"provider": "langsmith", "seed": 1}).allow_runs is None
    with pytest.raises(UsageError, match=r"^allow_runs must be 0 or more"):
        read_settings({"provider": "langsmith", "allow_runs": -1})
