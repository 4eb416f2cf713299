"""Our things among other people's: a bug of a list is found or the check says why it can't tell; it never passes."""

import pytest
from support.crowded_list import CrowdedList, run_on, verdicts

SEEKRFLOW = "seekrflow"
OPERATIONS = ("POST /v1/threads", "GET /v1/threads", "GET /v1/threads/{thread_id}", "DELETE /v1/threads/{thread_id}")
CROWDS = (0, 3, 120, 10_000)
LISTS = ("order", "list_contains", "paging", "life_cycle", "gone_after_delete", "default_limit")


def asked(before, bugs, *scenarios, seed=1, **settings):
    server = CrowdedList(before, bugs, seed)
    run = run_on(server.app, SEEKRFLOW, operations=OPERATIONS, seed=seed, **settings)
    return verdicts(run, *scenarios)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("before", CROWDS)
@pytest.mark.parametrize(
    "bugs", [("order",), ("order", "bare"), ("deaf",), ("chance",), ("chance", "bare")], ids="-".join
)
def test_a_wrong_order_never_passes(before, bugs, seed):
    verdict, why = asked(before, bugs, "order", seed=seed)["order"]
    assert verdict in ("FAIL", "n/a")
    assert why
    if "order" in bugs or before <= 3:
        assert verdict == "FAIL"


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("before", CROWDS)
@pytest.mark.parametrize("bugs", [(), ("bare",)])
def test_a_correct_list_has_no_finding_whoever_else_uses_it(before, bugs, seed):
    found = asked(before, bugs, *LISTS, seed=seed)
    assert set(found) == set(LISTS)
    assert {name: verdict for name, (verdict, _) in found.items()} == dict.fromkeys(LISTS, "pass")


@pytest.mark.parametrize("before", CROWDS)
@pytest.mark.parametrize("bugs", [("kept",), ("kept", "order")], ids="-".join)
def test_what_stays_in_a_list_after_its_end_is_found_wherever_it_stands(before, bugs):
    found = asked(before, bugs, "life_cycle", "gone_after_delete")
    assert {name: verdict for name, (verdict, _) in found.items()} == {
        "life_cycle": "FAIL",
        "gone_after_delete": "FAIL",
    }


@pytest.mark.parametrize("bugs", [("nothing",), ("others",)])
def test_a_list_that_shows_nothing_of_ours_passes_no_check_of_lists(bugs):
    found = asked(200, bugs, *LISTS)
    assert found["order"][0] == "n/a"
    assert "pass" not in {found[name][0] for name in ("order", "list_contains", "paging")}
    assert all(why for verdict, why in found.values() if verdict != "pass")


def test_the_walk_to_the_end_of_a_list_keeps_to_the_requests_of_the_run():
    server = CrowdedList(10_000, ("order",))
    run = run_on(server.app, SEEKRFLOW, operations=OPERATIONS, seed=1, max_requests=60)
    outcomes = [run.perform(slug, phase) for slug, phase in run.items() if phase in LISTS]
    run.target.close()
    assert not any(outcome.crash for outcome in outcomes)
    by_operation: dict[str, int] = {}
    for outcome in outcomes:
        by_operation[outcome.operation] = by_operation.get(outcome.operation, 0) + outcome.exchanges
    assert max(by_operation.values()) <= 60
