"""What frameworks do and documents leave open is no failure; what is wrong beside it is found all the same."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.crowded_list import run_on
from support.notes_server import Notes, document
from threadmock.contracts.checks.inference import HOLD_WITHOUT_RULE, INFERRED

SEEDS = (1, 2)
CREATES = {"action": "create", "resource": "note", "key": {"field": "id", "otherwise": "uuid4"}}


def causes(
    tmp_path, server: Notes, seed: int = 1, changes: Any = None, until: Callable[[set[str]], object] = lambda _: False
) -> dict[str, set[str]]:
    """Check and place of every cause, by severity. until: told the failures after each item; it may end the run."""
    path = tmp_path / "notes.json"
    path.write_text(json.dumps(document(**(changes or {}))))
    run = run_on(server.app, str(path), seed=seed, max_examples=25)
    found: dict[str, set[str]] = {"failure": set(), "unconfirmed": set()}
    for slug, phase in run.items():
        outcome = run.perform(slug, phase)
        assert not outcome.crash, outcome.crash
        for finding, _ in outcome.findings:
            found[finding.severity].add(f"{finding.check} {finding.place or finding.where}: {finding.got}")
            assert finding.severity == "unconfirmed" or INFERRED not in finding.source
        if until(found["failure"]):
            break
    run.target.close()
    return found


HABITS = [
    (),
    ("offset",),
    ("offset", "micro"),
    ("words",),
    ("bare",),
    ("adds",),
    ("projects",),
    ("offset", "words", "adds"),
]


def in_turn(cases: list[Any]) -> list[tuple[Any, int]]:
    """Each case with one of the seeds: a verification takes seconds."""
    return [(case, SEEDS[number % len(SEEDS)]) for number, case in enumerate(cases)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("habits", "seed"), in_turn(HABITS), ids=lambda it: "-".join(it) if isinstance(it, tuple) else it
)
def test_a_habit_is_no_failure(tmp_path, habits, seed) -> None:
    assert causes(tmp_path, Notes(*habits), seed)["failure"] == set()


BUGS = [
    ("shift", "echo", "due_at"),
    ("shift", "echo", "detail"),
    ("loses", "echo", "labels"),
    ("lax_flag", "invalid_refused", "accepted"),
    ("lax_number", "invalid_refused", "accepted"),
]


def of_bug(found: set[str], check: str, where: str) -> list[str]:
    return [each for each in found if each.startswith(check) and where in each]


@pytest.mark.slow
@pytest.mark.parametrize(("planted", "seed"), in_turn(BUGS))
def test_a_bug_beside_a_habit_is_found(tmp_path, planted, seed) -> None:
    bug, check, where = planted

    def told(found: set[str]) -> list[str]:
        return of_bug(found, check, where)

    assert told(causes(tmp_path, Notes("offset", bug), seed, {"x-behaviour": CREATES}, told)["failure"])


@pytest.mark.slow
@pytest.mark.parametrize(("bug", "check", "where"), [each for each in BUGS if each[1] not in HOLD_WITHOUT_RULE])
def test_a_bug_that_only_an_inferred_rule_tells_is_unconfirmed(tmp_path, bug, check, where) -> None:
    found = causes(tmp_path, Notes("offset", bug))
    assert of_bug(found["unconfirmed"], check, where)
    assert not of_bug(found["failure"], check, where)


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, {"x-behaviour": CREATES}], ids=["inferred", "declared"])
def test_without_the_bug_nothing_of_it_is_found(tmp_path, changes) -> None:
    found = causes(tmp_path, Notes("offset"), changes=changes)
    told = found["failure"] | found["unconfirmed"]
    assert not [each for _, check, where in BUGS for each in of_bug(told, check, where)]


@pytest.mark.slow
def test_a_member_that_is_never_shown_and_one_that_is_added_are_unconfirmed(tmp_path) -> None:
    bare = causes(tmp_path, Notes("bare"))
    assert bare["failure"] == set()
    assert [each for each in bare["unconfirmed"] if "labels" in each]
    more = causes(tmp_path, Notes("adds"))
    assert more["failure"] == set()
    assert [each for each in more["unconfirmed"] if "labels" in each]


@pytest.mark.slow
def test_how_a_query_spells_a_value_is_unconfirmed(tmp_path) -> None:
    words = causes(tmp_path, Notes("words"))
    assert words["failure"] == set()
    assert [each for each in words["unconfirmed"] if each.startswith("invalid_refused")]
