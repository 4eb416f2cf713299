"""One source for each word: the tables of actions have the words of `behaviour.schema.json`, all of them and no others."""

import copy
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, get_args

import pytest
from support.paths import ROOT
from threadmock.mockserver.actions import behaviours
from threadmock.specs.behaviour.actions import ACTIONS, Action, Traits
from threadmock.specs.behaviour.rule import Rule

SCHEMA: Mapping[str, Any] = json.loads((ROOT / "specs/behaviour/behaviour.schema.json").read_text(encoding="utf-8"))


def actions_of(schema: Mapping[str, Any]) -> set[str]:
    return set(schema["properties"]["action"]["enum"])


TABLES: Mapping[str, tuple[Any, Collection[str]]] = {
    "the type Action": (actions_of, get_args(Action)),
    "the traits": (actions_of, ACTIONS),
    "the mock's behaviours": (actions_of, behaviours),
}


def departures(schema: Mapping[str, Any], tables: Mapping[str, tuple[Any, Collection[str]]]) -> Iterator[str]:
    """Words that a table lacks or has too many, measured by the schema."""
    for name, (words, table) in tables.items():
        yield from (f"{name}: no {word!r}" for word in sorted(words(schema) - set(table)))
        yield from (f"{name}: {word!r} is no word of the schema" for word in sorted(set(table) - words(schema)))


def test_every_table_has_the_words_of_the_schema():
    assert list(departures(SCHEMA, TABLES)) == []


@pytest.mark.parametrize("name", TABLES)
def test_a_word_without_a_row_and_a_row_without_a_word_are_caught(name):
    words, table = TABLES[name]
    assert list(departures(SCHEMA, {name: (words, {*table, "planted"})})) == [
        f"{name}: 'planted' is no word of the schema"
    ]
    for word in table:
        assert list(departures(SCHEMA, {name: (words, set(table) - {word})})) == [f"{name}: no {word!r}"]


def test_a_new_action_without_rows_is_caught_in_every_table():
    planted = copy.deepcopy(dict(SCHEMA))
    planted["properties"]["action"]["enum"].append("planted")
    assert [line for line in departures(planted, TABLES) if "planted" in line] == [
        f"{name}: no 'planted'" for name, (words, _) in TABLES.items() if words is actions_of
    ]


@pytest.mark.parametrize("action", ACTIONS)
def test_the_traits_of_an_action_agree_with_each_other(action):
    traits = ACTIONS[action]
    writes = traits.makes or traits.changes or traits.destroys or traits.starts_run or traits.open
    assert not (traits.only_reads and writes)
    assert (traits.rank is None) or traits.makes
    assert not traits.makes_of_body or traits.makes
    assert not traits.needs_key or traits.names_thing
    assert not (traits.starts_run or traits.follows_run) or traits.about_runs
    assert not (traits.names_thing and traits.follows_key)


def test_a_rule_has_the_traits_of_its_action(monkeypatch):
    assert Rule("list").traits is ACTIONS["list"]
    monkeypatch.setattr("threadmock.specs.behaviour.rule.ACTIONS", {"planted": Traits(destroys=True)})
    assert Rule("planted").traits.destroys
