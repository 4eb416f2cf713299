"""Scenarios of runs on agents that say what they like: nothing, several messages, calls of tools, odd texts, failures."""

import pytest
from threadmock.contracts.engine.run import Run, prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.scenarios.conversations.table import CONVERSATIONS
from threadmock.contracts.target.open_target import MOCK_TOKEN
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.mockserver import create_mock
from threadmock.mockserver.agents.script_files import shipped
from threadmock.mockserver.agents.scripts import AgentInput, Script, ScriptReply, Scripts, ScriptStep
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.specs.loader import builtin_names

TALK = ("stream_state", "tokens", "wait_equals_stream", *(scenario.name for scenario in CONVERSATIONS))
SEVERAL = (ScriptStep("say", "One."), ScriptStep("say", " And two, which is longer.\n"), ScriptStep("say", "One."))
AGENTS = {
    **{name: script for name, script in shipped().items() if name != "long"},
    "several": Script("several", (ScriptReply(SEVERAL),)),
    "fails at once": Script("fails_at_once", (ScriptReply((ScriptStep("fail", text="No.", name="E"),)),)),
}


class Always(Scripts):
    """An agent that follows one script, whatever it is told."""

    def choose(self, given: AgentInput) -> tuple[Script, AgentInput]:
        return self.known[self.default], given


def run_with(provider: str, script: Script, seed: int) -> Run:
    run = prepare(Settings(provider, seed=seed, layer="observed"))
    given, timer = run.target.given, JumpingTimer()
    run.target.close()
    agent = Always({script.name: script}, script.name)
    mock = create_mock(run.contract, seed=seed, auth=MOCK_TOKEN, timer=timer, script=agent)
    run.target = Target(WsgiTransport(mock.wsgi), "another agent", given=given, run_pause=timer.advance)
    return run


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("provider", builtin_names())
def test_what_an_agent_says_is_no_finding_whatever_it_is(provider: str, agent: str) -> None:
    run, compared = run_with(provider, AGENTS[agent], 1), set()
    for slug, phase in list(run.items()):
        if phase in TALK:
            outcome = run.perform(slug, phase)
            assert (outcome.crash, [(phase, found.check, found.got) for found, _ in outcome.findings]) == ("", [])
            compared |= {phase} if outcome.tallies[phase].passed else set()
    run.target.close()
    assert compared >= {"views", "turns", "threads_apart"}
