"""Every check of the suite has a planted fault, and has been seen to catch it within the default number of exchanges."""

import contextlib
import datetime
import random
from dataclasses import replace

import pytest
from threadmock.contracts.cases.case import base_value, case_with_body
from threadmock.contracts.checks import checks
from threadmock.contracts.engine.run import Run, known_checks, prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.target.open_target import MOCK_TOKEN, mock_target
from threadmock.contracts.target.prerequisites import Prerequisites
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.errors import NotSent
from threadmock.contracts.transport.stream_limits import Stop
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.mockserver import create_mock
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.mockserver.faults.table import RUNS as STREAM_FAULTS
from threadmock.mockserver.faults.table import find_faults, table
from threadmock.mockserver.world import World
from threadmock.specs.errors import UnknownName
from threadmock.specs.loader import builtin_names, load

NOTEBOOKS = "tests/data/notebooks"
PAIRS = [(fault.name, check) for fault in table.values() if fault not in STREAM_FAULTS for check in fault.caught_by]
# What no document says is unconfirmed, whatever shows it; each with its reason.
UNSURE = {"key_spelling": "that a UUID in upper case is the same key is what RFC 9562 says, not the provider"}

# No OpenAPI document states these: they are observed at most, which is unconfirmed in the documented layer.
MANNERS = {"final_slash", "unknown_route", "cors"}


class Hands:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    def read(self) -> float:
        return self.seconds


def perform(run: Run, check: str = "") -> dict[str, set[str]]:
    """Check name to the severities of its findings, over all items of a run; of a scenario, over its own."""
    found: dict[str, set[str]] = {}
    items = list(run.items())
    if check:  # what is drawn takes longest, and the rest has nearly always told by then
        items.sort(key=lambda item: item[1] == "exploration")
    for slug, phase in items:
        if check in scenarios and phase != check:
            continue
        if check in found and "failure" in found[check]:
            break
        for finding, _ in run.perform(slug, phase).findings:
            found.setdefault(finding.check, set()).add(finding.severity)
    run.target.close()
    return found


def test_check_and_fault_tables_have_the_same_keys() -> None:
    assert {check for fault in table.values() for check in fault.caught_by} == set(checks) | set(scenarios)
    assert set(known_checks()) == set(checks) | set(scenarios)


def test_names_of_faults_are_their_keys_and_each_says_what_it_does() -> None:
    assert all(name == fault.name and fault.summary.endswith(".") for name, fault in table.items())


def test_unknown_fault_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'forget'"):
        find_faults(["forgot"])


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize("provider", builtin_names())
def test_a_planted_fault_breaks_what_it_says_and_never_the_mock(provider: str) -> None:
    contract = load(provider)
    for name in table:
        target = mock_target(contract, 1, faults=(name,))
        stage = Prerequisites(contract, target.exchange, random.Random(1))
        for operation in contract.operations * 2:
            case = case_with_body(operation, base_value(operation), "a case", "coverage")
            case = replace(case, stop=Stop(events=3))
            with contextlib.suppress(NotSent):
                exchange = target.exchange(stage.resolve(case))
                assert exchange.response is None or b"urn:threadmock:problem" not in exchange.response.body, (
                    f"{name} on {operation}: {exchange.response.body[:300]}"
                )
        target.close()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "check"), PAIRS, ids=[f"{name}-{check}" for name, check in PAIRS])
def test_planted_fault_is_caught_by_its_check_on_the_invented_provider(
    name: str, check: str, pytestconfig: pytest.Config
) -> None:
    """Every fault: a provider of data alone shows all of them, so no other is asked."""
    source = f"{pytestconfig.rootpath}/{NOTEBOOKS}"
    layer = "observed" if check in MANNERS else "documented"
    settings = Settings(source, faults=(name,), seed=1, layer=layer)
    run = slow_run(source, name) if check == "prompt" else prepare(settings)
    found = perform(run, check)
    assert check in found
    assert check in UNSURE or "failure" in found[check]


def slow_run(source: str, fault: str) -> Run:
    """A run whose time is told by hands: nobody sleeps."""
    hands = Hands()
    run = prepare(Settings(source, seed=1))
    mock = create_mock(run.contract, seed=1, auth=MOCK_TOKEN, faults=[fault], timer=JumpingTimer())
    mock.gateway.world.pause = hands.pause
    transport = WsgiTransport(mock.wsgi)
    given = run.target.given
    run.target.close()
    run.target = Target(transport, "the mock in this process", given=given, clock=hands.read)
    return run


def test_a_create_alone_is_asked_about_things_that_were_made_long_ago() -> None:
    run = prepare(Settings("langsmith", operations=("POST /threads",), faults=("forget",), seed=1))
    assert "failure" in perform(run)["survives_many"]


# the invented provider has nothing of which they could be asked
RARE = {
    "langsmith": {"commands", "unknown_agent", "stateless", "run_location", "accumulated"},
    "lighton": {"cancel_thread", "alone"},
}


def test_the_invented_provider_is_asked_every_check_and_passes(pytestconfig: pytest.Config) -> None:
    seed = random.SystemRandom().randrange(2**32)
    run = prepare(Settings(f"{pytestconfig.rootpath}/{NOTEBOOKS}", seed=seed))
    passed: set[str] = set()
    for slug, phase in list(run.items()):
        outcome = run.perform(slug, phase)
        assert outcome.findings == [], f"seed {seed}"
        passed |= {name for name, tally in outcome.tallies.items() if tally.passed}
    run.target.close()
    assert passed == set(known_checks()).difference(*RARE.values())


@pytest.mark.parametrize(("provider", "rare"), RARE.items())
def test_what_the_invented_provider_is_not_asked_another_passes(provider: str, rare: set[str]) -> None:
    run = prepare(Settings(provider, seed=1))
    outcomes = [run.perform(slug, phase) for slug, phase in list(run.items()) if phase in rare]
    run.target.close()
    assert not [finding for outcome in outcomes for finding in outcome.findings]
    assert {name for outcome in outcomes for name, tally in outcome.tallies.items() if tally.passed} >= rare


@pytest.mark.parametrize("layer", ["documented", "observed"])
@pytest.mark.parametrize("provider", builtin_names())
def test_the_suite_finds_nothing_on_the_mock(provider: str, layer: str) -> None:
    seed = random.SystemRandom().randrange(2**32)
    # What is drawn is much the same in both layers.
    few = {"max_examples": 20} if layer == "observed" else {}
    run = prepare(Settings(provider, layer=layer, seed=seed, **few))
    assert perform(run) == {}, f"seed {seed}"


def test_the_mock_without_faults_keeps_true_time() -> None:
    hands = Hands()
    world = World(1, pause=hands.pause, now=lambda: datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    assert world.clock.tick() < world.clock.tick()
    assert hands.read() == 0.0
