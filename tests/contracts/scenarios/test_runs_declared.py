"""Each scenario says how many runs it starts: it starts no more, and begins only where as many may be started."""

import pytest
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.scenarios import RUN_SCENARIOS as RUNS
from threadmock.contracts.scenarios import scenarios
from threadmock.specs.loader import builtin_names

FAULTS = ("", "never-busy", "cancel-nothing", "any-agent")
"""A server that refuses nothing has it pay for what should be refused, and no more."""
ASKED = [each.name for each in RUNS]


@pytest.mark.parametrize("provider", builtin_names())
@pytest.mark.parametrize("fault", FAULTS)
def test_no_scenario_starts_more_runs_than_it_declares(provider: str, fault: str) -> None:
    run = prepare(Settings(provider, layer="observed", seed=3, faults=(fault,) if fault else ()))
    wrong, budget = [], run.target.run_budget
    assert budget
    for operation in run.operations:
        for name in (name for name, reason in run.scenarios(operation).items() if not reason and name in ASKED):
            budget.begin()
            run.perform(operation.slug, name)
            declared = scenarios[name].runs_of(operation)
            if budget.spent > declared:
                wrong.append(f"{name} of {operation}: {budget.spent} runs, {declared} declared")
    run.target.close()
    assert wrong == []


def test_scenarios_of_runs_say_what_they_start() -> None:
    assert [each.name for each in RUNS if each.runs == 0] == []
