"""Which agent a run is about: the one that was asked for, else the only one that the target lists."""

import io

import pytest
from support.agents_deployed import PROVIDER, Deployed
from support.command_line import deployment, invoke
from threadmock.contracts import verify
from threadmock.contracts.settings import UsageError
from threadmock.contracts.target.agents import choose_agent
from threadmock.contracts.target.tags import NAME
from threadmock.specs.loader import load

LANGSMITH = load(PROVIDER, layer="observed")
KEY = "046b5dc7-2108-582c-9c6c-31d556d138f0"
ECHO = {"assistant_id": KEY, "graph_id": "echo", "metadata": {"created_by": "system"}}
OURS = {"assistant_id": "1", "graph_id": "other", "metadata": {NAME: "a run"}}
ABOUT_AGENTS = [
    "POST /assistants",
    "POST /assistants/search",
    "GET /assistants/{assistant_id}",
    "POST /threads/{thread_id}/state",
    "GET /threads/{thread_id}/history",
    "POST /threads/{thread_id}/runs/wait",
    "POST /runs/batch",
]
QUICKLY = {"layer": "observed", "max_requests": 40, "max_examples": 8, "allow_runs": 40}


def chosen(listed, wanted=None):
    return choose_agent(LANGSMITH, wanted, lambda _: listed)


@pytest.mark.parametrize(
    ("listed", "wanted", "name", "members"),
    [
        ([ECHO], None, "echo", ECHO),
        ([ECHO, OURS], None, "echo", ECHO),
        ([ECHO, {**ECHO, "assistant_id": "2"}], None, "echo", {"graph_id": "echo"}),
        (None, None, "agent", {"graph_id": "agent"}),
        ([], None, "agent", {"graph_id": "agent"}),
        ([ECHO], "echo", "echo", ECHO),
        ([ECHO], KEY, KEY, ECHO),
        (None, "mine", "mine", {"graph_id": "mine"}),
        (None, KEY, KEY, {"assistant_id": KEY}),
        ([ECHO], "mine", "mine", {"graph_id": "mine"}),
    ],
)
def test_the_agent_is_the_one_asked_for_else_the_only_one_else_the_contracts_own(listed, wanted, name, members):
    agent = chosen(listed, wanted)
    assert (agent.name, dict(agent.members), agent.several) == (name, members, False)


def test_several_are_none_unless_one_is_asked_for():
    both = [{**ECHO, "graph_id": "zebra"}, ECHO]
    assert chosen(both).several
    assert not chosen(both, "echo").several


def test_a_contract_that_speaks_of_no_agents_asks_for_none():
    def never(_):
        raise AssertionError("something was sent")

    assert choose_agent(load("scale"), None, never).name == ""


@pytest.mark.parametrize("seed", [1, 2])
def test_a_deployment_whose_only_agent_has_another_name_is_right(tmp_path, seed):
    app = Deployed(tmp_path, "echo")
    with deployment(app) as url:
        stream = io.StringIO()
        report = verify(PROVIDER, url, operations=ABOUT_AGENTS, seed=seed, stream=stream, **QUICKLY)
    assert not report.findings, str(report)
    assert report.exit_status == 0, str(report)
    assert "Agent: echo (the only one that the target lists)" in stream.getvalue()


def test_of_several_agents_one_has_to_be_named_before_anything_is_sent_to_run(tmp_path):
    app = Deployed(tmp_path, "echo", "zebra")
    with deployment(app) as url:
        with pytest.raises(UsageError, match=r"several agents: .*echo.*agent='") as error:
            verify(PROVIDER, url, operations=["POST /runs/wait"], **QUICKLY)
        assert "zebra" in str(error.value)
        assert not [path for _, path, _ in app.asked if "/runs" in path]
        report = verify(PROVIDER, url, operations=ABOUT_AGENTS, agent="zebra", seed=1, **QUICKLY)
        assert not report.findings, str(report)
        batches = [body for _, path, body in app.asked if path == "/runs/batch" and isinstance(body, list)]
        named = {str(item["assistant_id"]) for body in batches for item in body if isinstance(item, dict)}
    assert "00000000-0000-5000-8000-000000000002" in named
    assert "00000000-0000-5000-8000-000000000001" not in named


@pytest.mark.parametrize(("wanted", "name"), [(None, "agent"), ("echo", "echo")])
def test_a_deployment_without_a_list_of_agents_runs_the_one_asked_for_else_the_contracts_own(tmp_path, wanted, name):
    app, said = Deployed(tmp_path, name, lists=False), io.StringIO()
    with deployment(app) as url:
        report = verify(PROVIDER, url, operations=ABOUT_AGENTS[3:], agent=wanted, seed=1, stream=said, **QUICKLY)
    assert not report.findings, str(report)
    assert report.exit_status == 0, str(report)
    assert not [each.operation for each in report.operations if each.untested]
    how = "asked for" if wanted else "the contract's own; the target has no list"
    assert f"Agent: {name} ({how})" in said.getvalue()


def test_where_the_contracts_own_agent_is_refused_it_is_said_before_anything_is_tested(tmp_path):
    app = Deployed(tmp_path, "echo", lists=False)
    with (
        deployment(app) as url,
        pytest.raises(UsageError, match=r"lists no agents, and refuses .* agent: 404") as error,
    ):
        verify(PROVIDER, url, operations=["POST /runs/wait", "POST /threads/{thread_id}/runs"], **QUICKLY)
    assert "agent=" in error.value.fix
    assert [path for method, path, _ in app.asked if method == "POST" and "runs" in path] == ["/runs/wait"]


def test_the_plan_says_which_agent():
    plain = ["verify", PROVIDER, "--target", "http://127.0.0.1:9", "--operations", "POST /runs/wait", "--dry-run"]
    assert "Agent that requests name: echo (--agent)" in invoke(*plain, "--allow-runs", "1", "--agent", "echo")[1]
    assert "the only one that the target lists, agent where it has no list" in invoke(*plain, "--allow-runs", "1")[1]
