"""The scenarios of runs and their streams."""

from threadmock.contracts.scenarios.runs import agents_and_commands, cancel_and_busy, resume, streamed_state
from threadmock.contracts.scenarios.runs.asking import streams, streams_on_thread
from threadmock.contracts.scenarios.scenario import Scenario

_RULES = "the agent's rules, with their evidence"

RUNS = (
    Scenario(
        "stream_ends",
        "the stream of a run ends when the run does",
        _RULES,
        streams_on_thread,
        streamed_state.run_stream_ends,
        3,
    ),
    Scenario(
        "stream_state",
        "what is stored when a stream has ended is what the stream said last, and the run is over",
        _RULES,
        streams_on_thread,
        streamed_state.run_stream_state,
        5,
    ),
    Scenario(
        "tokens",
        "the pieces of a message, put together, are the message",
        _RULES,
        streams,
        streamed_state.run_tokens,
        2,
    ),
    Scenario(
        "wait_equals_stream",
        "who waits for a run gets what its stream said last, and what is stored",
        _RULES,
        streamed_state.waits,
        streamed_state.run_wait_equals_stream,
        5,
    ),
    Scenario(
        "failing",
        "a run that fails says so last, is stored as failed, and a waiting client learns it",
        _RULES,
        streams_on_thread,
        streamed_state.run_failing,
        5,
    ),
    Scenario(
        "resume_stream",
        "who comes back to a stream after an event gets exactly what came after it",
        "the operation's rule, with its evidence; WHATWG HTML, 9.2",
        resume.resumes,
        resume.run_resume_stream,
        6,
    ),
    Scenario(
        "interrupt_resume",
        "a run that asks pauses; one answer lets it go on to its end, and a second one changes nothing",
        _RULES,
        resume.takes_answers,
        resume.run_interrupt_resume,
        10,
    ),
    Scenario(
        "disconnect",
        "a run whose reader goes away is cancelled where that was asked for, and else goes on",
        "the operation's rule, with its evidence",
        resume.has_disconnect_rule,
        resume.run_disconnect,
        24,
        usual=8,
    ),
    Scenario(
        "cancel",
        "a run that is cancelled is over and stays so; one that is taken away leaves nothing",
        "the operation's rule, with its evidence",
        cancel_and_busy.stops,
        cancel_and_busy.run_cancel,
        36,
        usual=20,
    ),
    Scenario(
        "busy",
        "a second run on a busy thread is refused, waits or takes over, by each policy; at one moment one wins",
        "the operation's rule, with its evidence",
        cancel_and_busy.meets_busy,
        cancel_and_busy.run_busy,
        44,
    ),
    Scenario(
        "unknown_agent",
        "an agent that nothing has is refused",
        "the operation's rule, with its evidence",
        agents_and_commands.names_agent,
        agents_and_commands.run_unknown_agent,
        2,
    ),
    Scenario(
        "commands",
        "each command gets the answer that its rule words; what is unknown, lacking or answered already, the other",
        "the operation's rule, with its evidence",
        agents_and_commands.takes_commands,
        agents_and_commands.run_commands,
        16,
    ),
)
