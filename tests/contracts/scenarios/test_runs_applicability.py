"""For each provider and each scenario of runs: it applies, runs and compares; or a table says why it never does."""

import pytest
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.scenarios import RUN_SCENARIOS as RUNS
from threadmock.specs.loader import builtin_names

SCENARIOS = [scenario.name for scenario in RUNS]
NO_KEY = "no operation cancels a run by its key"
NO_CURSOR = "no reader can say which event it saw last"
NO_QUESTION = "no rule says how an answer reaches a run"
NO_LEAVING = "no rule says what a reader that leaves does to its run"
NO_AGENT = "no operation names an agent of a list that could be asked"
NO_COMMANDS = "no operation takes commands"
NO_RESULT = "no operation waits for a run: all answer at once or with events"
NO_BACKGROUND = "no operation starts a run and answers at once, so that another could meet it"
NO_END = "neither runs nor threads say how a run ended, and a stream tells pieces of messages only: see tokens"
NO_THREAD_STOP = "no operation stops what goes on on a thread: runs are cancelled by their key, or not at all"
NO_TIME = "nothing reads a run, and in this process none takes time: see test_run_variants"
NO_HEADER = "no header names a run"
NO_RUN_LIST = "no operation lists the runs of a thread"
NO_WAIT = "no rule says that a second run waits for the first, or no operation starts one at once"
NO_MODES = "requests do not choose kinds of events"
NO_STATELESS = "every run has a thread that stays"
NO_TRACES = "no second run is refused, and none takes over"
NO_WHOLE = "no event holds a text as far as it has come, or counts its pieces"
NO_JOIN = "no operation streams a run that another one started"
NO_ALONE = "every run has a thread that its request names"
NO_DELETE = "no operation deletes a thread"
NEVER = {
    "langsmith": {"cancel_thread": NO_THREAD_STOP},
    "seekrflow": {
        "questions": NO_QUESTION,
        "accumulated": NO_WHOLE,
        "alone": NO_ALONE,
        "run_location": NO_HEADER,
        "queue_order": NO_WAIT,
        "cancel_thread": NO_THREAD_STOP,
        "stream_modes": NO_MODES,
        "stateless": NO_STATELESS,
        "wait_equals_stream": NO_RESULT,
        "resume_stream": NO_CURSOR,
        "interrupt_resume": NO_QUESTION,
        "disconnect": NO_LEAVING,
        "unknown_agent": NO_AGENT,
        "commands": NO_COMMANDS,
    },
    "scale": {
        "questions": NO_QUESTION,
        "accumulated": NO_WHOLE,
        "readers": NO_JOIN,
        "background": NO_BACKGROUND,
        "alone": NO_ALONE,
        "run_status": NO_BACKGROUND,
        "background_failure": NO_BACKGROUND,
        "run_location": NO_HEADER,
        "run_list": NO_RUN_LIST,
        "queue_order": NO_WAIT,
        "busy_traces": NO_TRACES,
        "cancel_forms": NO_KEY,
        "cancel_waiters": NO_KEY,
        "cancel_thread": NO_THREAD_STOP,
        "stream_begins": NO_TIME,
        "stream_modes": NO_MODES,
        "stateless": NO_STATELESS,
        "resume_stream": NO_CURSOR,
        "interrupt_resume": NO_QUESTION,
        "disconnect": NO_LEAVING,
        "cancel": NO_KEY,
        "busy": NO_BACKGROUND,
        "unknown_agent": NO_AGENT,
        "commands": NO_COMMANDS,
    },
    "ishvana": {
        "questions": NO_QUESTION,
        "readers": NO_JOIN,
        "background": NO_BACKGROUND,
        "run_status": NO_BACKGROUND,
        "background_failure": NO_BACKGROUND,
        "run_location": NO_HEADER,
        "run_list": NO_RUN_LIST,
        "queue_order": NO_WAIT,
        "busy_traces": NO_TRACES,
        "cancel_forms": NO_KEY,
        "cancel_waiters": NO_KEY,
        "cancel_thread": NO_THREAD_STOP,
        "stream_begins": NO_TIME,
        "stream_modes": NO_MODES,
        "stateless": NO_STATELESS,
        "stream_state": NO_END,
        "wait_equals_stream": NO_RESULT,
        "resume_stream": NO_CURSOR,
        "interrupt_resume": NO_QUESTION,
        "disconnect": NO_LEAVING,
        "cancel": NO_KEY,
        "busy": NO_BACKGROUND,
        "unknown_agent": NO_AGENT,
        "commands": NO_COMMANDS,
    },
    "lighton": {
        "questions": NO_QUESTION,
        "accumulated": NO_WHOLE,
        "readers": NO_JOIN,
        "after_delete": NO_DELETE,
        "run_location": NO_HEADER,
        "busy_traces": NO_TRACES,
        "cancel_forms": NO_KEY,
        "cancel_waiters": NO_KEY,
        "stream_modes": NO_MODES,
        "stateless": NO_STATELESS,
        "resume_stream": NO_CURSOR,
        "interrupt_resume": NO_QUESTION,
        "disconnect": NO_LEAVING,
        "cancel": NO_KEY,
        "unknown_agent": NO_AGENT,
        "commands": NO_COMMANDS,
    },
}


@pytest.mark.parametrize("layer", ["documented", "observed"])
@pytest.mark.parametrize("provider", builtin_names())
def test_a_scenario_of_runs_applies_and_compares_or_the_table_says_why_it_never_does(provider: str, layer: str) -> None:
    run = prepare(Settings(provider, seed=1, layer=layer))
    compared, silent = set(), []
    for slug, phase in list(run.items()):
        if phase in SCENARIOS:
            outcome = run.perform(slug, phase)
            tally = outcome.tallies[phase]
            if tally.passed:
                compared.add(phase)
            elif phase not in NEVER.get(provider, {}):
                silent.append((phase, str(run.operation(slug)), *tally.not_applicable))
    run.target.close()
    assert silent == []
    assert compared == set(SCENARIOS) - set(NEVER.get(provider, {}))
