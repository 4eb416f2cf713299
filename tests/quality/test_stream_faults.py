"""Every check and scenario of runs has a planted fault that it has been seen to catch, and none is found without one."""

from dataclasses import replace

import pytest
from support.paths import DATA
from support.reading import read_events
from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.agent_input import body_with_text
from threadmock.contracts.engine.run import Run, prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.scenarios import RUN_SCENARIOS as RUNS
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.target.open_target import MOCK_TOKEN
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.stream_limits import Stop
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.mockserver import create_mock
from threadmock.mockserver.agents.scripts import AgentInput, Script, ScriptReply, Scripts, ScriptStep
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.mockserver.faults.table import RUNS as FAULTS

# What no operation of the provider asked here can show; the others below are asked for it.
ELSEWHERE = {"cancel_thread"}
NOT_SHOWN = {"miscounted", "pieces-given-away", "uncounted"}
PAIRS = [
    (fault.name, check)
    for fault in FAULTS
    for check in fault.caught_by
    if check not in ELSEWHERE and fault.name not in NOT_SHOWN
]
TELLING = [scenario.name for scenario in RUNS if scenario.name not in ELSEWHERE]
PROVIDER = "langsmith"
# What is known of its streams was observed: in the documented layer all of it is unconfirmed.
LAYER = "observed"


# An invented provider whose events have no names, whose runs hear what lies below their thread, and of which less is known.
HELPLINE = str(DATA / "helpline")
SHOWN_BY_HELPLINE = [
    ("late-event", "stream_order"),
    ("late-event", "failing"),
    ("no-first-event", "stream_order"),
    ("split-event", "framing"),
    ("error-in-stream", "framing"),
    ("other-event-name", "event_names"),
    ("broken-payload", "event_names"),
    ("duplicate-event", "tokens"),
    ("lost-event", "tokens"),
    ("never-ends", "stream_ends"),
    ("other-history", "stream_state"),
    ("answered-twice", "interrupt_resume"),
    ("cancel-nothing", "cancel"),
    ("never-busy", "busy"),
    ("idle-while-running", "run_status"),
    ("busy-for-ever", "run_status"),
    ("pending-for-ever", "run_status"),
    ("failure-kept-quiet", "background_failure"),
    ("stream-held-back", "stream_begins"),
    ("cancel-kept-quiet", "cancel_waiters"),
    ("cancel-of-finished", "cancel_forms"),
    ("unlisted-newest", "views"),
    ("other-list", "views"),
    ("twins-listed", "views"),
    ("lists-turned", "views"),
    ("turn-lost", "turns"),
    ("turn-rewritten", "turns"),
    ("threads-crossed", "threads_apart"),
    ("run-never-over", "background"),
]


# Providers of which less is sure: what rests on an assumption is told, and is no failure.
SHOWN_BY_OTHERS = [
    ("lighton", "idle-while-running", "run_status"),
    ("lighton", "busy-for-ever", "run_status"),
    ("lighton", "failure-kept-quiet", "background_failure"),
    ("lighton", "runs-of-all-threads", "run_list"),
    ("lighton", "run-listed-twice", "run_list"),
    ("lighton", "queue-lost", "queue_order"),
    ("lighton", "queue-twice", "queue_order"),
    ("lighton", "thread-goes-on", "cancel_thread"),
    ("lighton", "stream-held-back", "stream_begins"),
    ("seekrflow", "idle-while-running", "run_status"),
    ("seekrflow", "busy-for-ever", "run_status"),
    ("seekrflow", "pending-for-ever", "run_status"),
    ("seekrflow", "failure-kept-quiet", "background_failure"),
    ("seekrflow", "runs-of-all-threads", "run_list"),
    ("seekrflow", "run-listed-twice", "run_list"),
    ("seekrflow", "run-listed-as-begun", "run_list"),
    ("seekrflow", "run-outlives-thread", "run_list"),
    ("seekrflow", "refused-and-stored", "busy_traces"),
    ("seekrflow", "refused-and-done", "busy_traces"),
    ("seekrflow", "cancel-of-finished", "cancel_forms"),
    ("seekrflow", "cancel-kept-quiet", "cancel_waiters"),
    ("seekrflow", "stream-held-back", "stream_begins"),
    ("lighton", "mixed-inputs", "alone"),
    ("lighton", "run-given-away", "background"),
    ("lighton", "run-never-over", "background"),
    ("seekrflow", "run-given-away", "background"),
    ("seekrflow", "run-never-over", "background"),
    ("seekrflow", "duplicate-event", "readers"),
    ("seekrflow", "other-reader", "views"),
    ("seekrflow", "lists-turned", "views"),
    ("seekrflow", "kept-after-delete", "after_delete"),
    ("scale", "kept-after-delete", "after_delete"),
    ("ishvana", "kept-after-delete", "after_delete"),
    ("ishvana", "mixed-inputs", "alone"),
    ("ishvana", "miscounted", "views"),
    ("ishvana", "uncounted", "accumulated"),
    ("seekrflow", "middle-unlisted", "views"),
    ("ishvana", "middle-unlisted", "views"),
    ("ishvana", "lists-turned", "views"),
    *(
        (provider, fault, check)
        for provider in ("seekrflow", "scale", "ishvana", "lighton")
        for fault, check in (
            ("unlisted-newest", "views"),
            ("pieces-given-away", "views"),
            ("other-list", "views"),
            ("twins-listed", "views"),
            ("other-history", "views"),
            ("turn-lost", "turns"),
            ("turn-rewritten", "turns"),
            ("threads-crossed", "threads_apart"),
            ("duplicate-event", "tokens"),
            ("never-ends", "stream_ends"),
        )
    ),
]


def run_of(*faults: str, provider: str = PROVIDER) -> Run:
    return prepare(Settings(provider, faults=faults, seed=1, layer=LAYER))


def found_by(run: Run, check: str, *severities: str) -> bool:
    """Whether a check, or the scenario of that name, finds something of such a severity; it ends there."""
    phases = [check] if check in scenarios else TELLING
    try:
        for slug, phase in run.items():
            if phase in phases:
                outcome = run.perform(slug, phase)
                assert not outcome.crash
                if any(found.check == check and found.severity in severities for found, _ in outcome.findings):
                    return True
        return False
    finally:
        run.target.close()


@pytest.mark.parametrize(("fault", "check"), PAIRS, ids=[f"{fault}-{check}" for fault, check in PAIRS])
def test_planted_fault_of_runs_is_caught_by_its_check(fault: str, check: str) -> None:
    assert found_by(run_of(fault), check, "failure")


@pytest.mark.parametrize(("fault", "check"), SHOWN_BY_HELPLINE)
def test_planted_fault_of_runs_is_caught_on_a_provider_of_another_kind(fault: str, check: str) -> None:
    assert found_by(run_of(fault, provider=HELPLINE), check, "failure")


@pytest.mark.parametrize(("provider", "fault", "check"), SHOWN_BY_OTHERS)
def test_planted_fault_of_runs_is_caught_where_less_is_sure(provider: str, fault: str, check: str) -> None:
    assert found_by(run_of(fault, provider=provider), check, "failure", "unconfirmed")


def test_every_scenario_that_no_operation_of_one_provider_shows_is_shown_by_another() -> None:
    assert {check for _, _, check in SHOWN_BY_OTHERS} >= ELSEWHERE
    assert {fault for _, fault, _ in SHOWN_BY_OTHERS} >= NOT_SHOWN


def test_the_suite_finds_nothing_on_a_provider_of_another_kind_and_tests_all_of_it() -> None:
    run = run_of(provider=HELPLINE)
    accepted = dict.fromkeys([operation.slug for operation in run.operations], 0)
    for slug, phase in run.items():
        outcome = run.perform(slug, phase)
        assert (outcome.crash, [(found.check, found.got) for found, _ in outcome.findings]) == ("", [])
        accepted[slug] += outcome.accepted
    run.target.close()
    assert [slug for slug, count in accepted.items() if not count] == []


def test_scenarios_of_runs_find_nothing_where_no_fault_is_planted() -> None:
    run = run_of()
    outcomes = [run.perform(slug, phase) for slug, phase in run.items() if phase in TELLING]
    assert [(found.check, found.got) for outcome in outcomes for found, _ in outcome.findings] == []
    passed = {name for outcome in outcomes for name, tally in outcome.tallies.items() if tally.passed}
    assert passed >= {*TELLING, "framing", "event_names", "event_payload", "stream_order", "ids"}
    assert [outcome.ended for outcome in outcomes if outcome.ended] == []


@pytest.mark.parametrize("scenario", RUNS, ids=[scenario.name for scenario in RUNS])
def test_a_scenario_of_runs_keeps_to_its_budget(scenario) -> None:
    run = run_of()
    for slug, phase in run.items():
        if phase == scenario.name:
            outcome = run.perform(slug, phase)
            assert 0 < outcome.exchanges <= scenario.exchanges


class Mute(Scripts):
    """An agent that says one thing, whatever it is told: nobody's script is chosen."""

    def choose(self, given: AgentInput) -> tuple[Script, AgentInput]:
        return self.known["echo"], given


def test_an_agent_that_obeys_no_script_is_no_finding_and_what_could_not_be_asked_is_said() -> None:
    run = run_of()
    given = run.target.given
    run.target.close()
    known = {"echo": Script("echo", (ScriptReply((ScriptStep("say", "I am another agent, and do as I like."),)),))}
    mock = create_mock(run.contract, seed=1, auth=MOCK_TOKEN, timer=JumpingTimer(), script=Mute(known))
    run.target = Target(WsgiTransport(mock.wsgi), "another agent", given=given, run_pause=lambda _: None)
    ended: dict[str, str] = {}
    for slug, phase in run.items():
        if phase in TELLING:
            outcome = run.perform(slug, phase)
            assert (outcome.crash, [finding.got for finding, _ in outcome.findings]) == ("", [])
            ended[phase] = outcome.ended or ended.get(phase, "")
    assert ended["interrupt_resume"] == "the agent asked nobody"
    assert ended["failing"] == "the agent did not fail when it was asked to"
    assert {name for name, reason in ended.items() if not reason} >= {"stream_state", "tokens", "resume_stream"}


def test_ids_in_the_stream_of_a_thread_grow_from_run_to_run_although_time_jumps() -> None:
    run = run_of()
    operations = {str(operation): operation for operation in run.operations}
    stage = run.prerequisites(operations["GET /threads/{thread_id}/stream"]).prerequisites
    keys = {"thread": stage.make("thread").key}
    start = operations["POST /threads/{thread_id}/runs/stream"]
    for number in range(2):
        body = body_with_text(run.contract, start, f"/long number {number}") | {"stream_mode": ["messages", "values"]}
        run.target.exchange(stage.resolve(case_about(start, keys, "a run", value=body)))
    follow = case_about(operations["GET /threads/{thread_id}/stream"], keys, "all that was told")
    follow = replace(
        follow, request=replace(follow.request, headers={"last-event-id": "-"}), stop=Stop(events=9999, silences=2)
    )
    events = read_events(run.target.exchange(follow).response.body)
    ids = [tuple(map(int, event.id.split("-"))) for event in events]
    assert len(ids) > 1000
    assert ids == sorted(set(ids))
    run.target.close()
