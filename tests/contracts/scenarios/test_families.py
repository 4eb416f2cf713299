"""Scenarios of families: which operations they are asked of, and that what is assumed alone never fails."""

import random
from dataclasses import replace

import pytest
from support.paths import DATA
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.scenarios.families.table import FAMILY
from threadmock.mockserver.faults.table import FAMILY as FAULTS
from threadmock.specs.loader import builtin_names, load

NOTEBOOKS = str(DATA / "notebooks")
CONTRACT = load(NOTEBOOKS)


@pytest.mark.parametrize("scenario", FAMILY, ids=[scenario.name for scenario in FAMILY])
def test_a_scenario_is_asked_of_some_operation_and_says_why_not_of_others(scenario) -> None:
    reasons = [scenario.applies(CONTRACT, operation) for operation in CONTRACT.operations]
    assert "" in reasons
    assert all(len(reason) > 10 for reason in reasons if reason)


@pytest.mark.parametrize("scenario", FAMILY, ids=[scenario.name for scenario in FAMILY])
def test_a_scenario_keeps_to_the_exchanges_that_it_asked_for(scenario) -> None:
    run = prepare(Settings(NOTEBOOKS, seed=random.SystemRandom().randrange(2**32)))
    for slug, phase in run.items():
        if phase == scenario.name:
            outcome = run.perform(slug, phase)
            assert not outcome.causes
            assert not outcome.crash
            assert 0 < outcome.exchanges <= scenario.exchanges
    run.target.close()


@pytest.mark.parametrize("name", builtin_names())
def test_no_scenario_breaks_while_it_looks_at_an_operation(name: str) -> None:
    contract = load(name)
    assert all(isinstance(s.applies(contract, o), str) for s in FAMILY for o in contract.operations)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_what_rests_on_assumed_rules_is_unconfirmed(fault) -> None:
    run = prepare(Settings(NOTEBOOKS, faults=(fault.name,), seed=3))
    operations = tuple(
        replace(o, rule=replace(o.rule, evidence="assumed", refusals={}, listing=o.rule.listing))
        for o in run.operations
    )
    run.contract = replace(run.contract, operations=operations)
    run.operations = operations
    for slug, phase in list(run.items()):
        if phase in fault.caught_by and phase not in ("malformed_id", "default_limit"):
            assert not [finding for finding in run.perform(slug, phase).failures if finding.check == phase]
    run.target.close()


def steps_of(seed: int) -> list[str]:
    """What the state machine of one resource asks, in order."""
    run = prepare(Settings(NOTEBOOKS, seed=seed))
    asked: list[str] = []
    exchange = run.target.exchange

    def noting(case):
        asked.append(f"{case.operation.slug} {case.label}")
        return exchange(case)

    run.target.exchange = noting
    run.perform("read_notebook", "state_machine")
    run.target.close()
    return asked


def test_the_sequences_of_the_state_machine_hang_on_the_seed() -> None:
    first = steps_of(1)
    assert len(first) > 50
    assert steps_of(1) == first
    assert len({tuple(steps_of(seed)) for seed in range(2, 5)} - {tuple(first)}) == 3


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["lost-update", "list-deleted", "read-deleted"])
def test_the_state_machine_catches_a_fault_with_every_seed(fault: str) -> None:
    for seed in range(3):
        run = prepare(Settings(NOTEBOOKS, faults=(fault,), seed=seed))
        phases = [item for item in run.items() if item[1] == "state_machine"]
        assert any(f.check == "state_machine" for item in phases for f in run.perform(*item).failures), seed
        run.target.close()


def test_the_smallest_sequence_of_the_state_machine_is_told() -> None:
    run = prepare(Settings(NOTEBOOKS, faults=("read-deleted",), seed=1))
    (finding,) = [f for f in run.perform("read_page", "state_machine").failures if f.check == "state_machine"]
    assert finding.expected.count(";") <= 3
    assert "make page 1" in finding.expected
    assert finding.expected.endswith("read page 1, which is gone")
    run.target.close()
