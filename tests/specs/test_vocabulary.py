"""One source for each word: every table has the words of `behaviour.schema.json`, all of them and no others."""

import copy
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, get_args, get_type_hints

import pytest
from support.paths import ROOT
from threadmock.contracts.checks import expected
from threadmock.contracts.cli import explain_rules, explain_runs
from threadmock.contracts.cli.explain_settings import SETTINGS
from threadmock.mockserver.actions import actions
from threadmock.mockserver.rules import generators, lists, values
from threadmock.specs.behaviour import observed, read_settings
from threadmock.specs.behaviour.actions import ACTIONS, Action, Traits
from threadmock.specs.behaviour.agent import Doing, How
from threadmock.specs.behaviour.rule import Filter, Merge, Rule
from threadmock.specs.behaviour.setting import Kind, Setting
from threadmock.specs.evidence import Evidence, evidence_words

SCHEMA: Mapping[str, Any] = json.loads((ROOT / "specs/behaviour/behaviour.schema.json").read_text(encoding="utf-8"))
BESIDE = {
    "of",
    "over",
    "append",
    "words",
    "without",
    "only",
    "plus",
    "plus_item",
    "minus_item",
    "when",
    "null",
    "otherwise",
    "evidence",
}
"""Words of a setting that add to the one that says where its value comes from."""

Part = Callable[[Mapping[str, Any]], dict[str, Any] | list[str]]
PARTS: Mapping[str, Part] = {
    "action": lambda schema: schema["properties"]["action"]["enum"],
    "setting": lambda schema: next(f["properties"] for f in schema["$defs"]["setting"]["anyOf"] if "properties" in f),
    "generator": lambda schema: schema["$defs"]["generator"]["enum"],
    "filter": lambda schema: schema["properties"]["list"]["properties"]["filters"]["items"]["properties"]["how"][
        "enum"
    ],
    "merge": lambda schema: schema["$defs"]["merge_way"]["enum"],
    "respond": lambda schema: schema["$defs"]["answer_way"]["enum"],
    "busy": lambda schema: schema["$defs"]["run"]["properties"]["busy"]["additionalProperties"]["properties"]["do"][
        "enum"
    ],
    "evidence": lambda schema: schema["$defs"]["evidence"]["enum"],
}
TABLES: Mapping[str, tuple[str, Collection[str]]] = {
    "the type Action": ("action", get_args(Action)),
    "the traits": ("action", ACTIONS),
    "the mock's actions": ("action", actions),
    "the type Kind": ("setting", get_args(Kind)),
    "how a setting is read": ("setting", read_settings.HOLDS),
    "the mock's compilers": ("setting", values.COMPILERS),
    "settings in words": ("setting", SETTINGS),
    "settings read backwards": ("setting", observed.READERS),
    "what a setting makes the suite expect": ("setting", expected.READERS),
    "the mock's generators": ("generator", generators.GENERATORS),
    "the type of a filter": ("filter", get_args(get_type_hints(Filter)["how"])),
    "the mock's filters": ("filter", lists._JUDGES),
    "filters in words": ("filter", explain_rules._HOW),
    "the type Merge": ("merge", get_args(Merge)),
    "the type How": ("respond", get_args(How)),
    "ways to answer in words": ("respond", explain_runs._HOW),
    "the type Doing": ("busy", get_args(Doing)),
    "busy threads in words": ("busy", explain_runs._DO),
    "the type Evidence": ("evidence", get_args(Evidence)),
    "evidence, the weakest first": ("evidence", evidence_words()),
}


def words_of(schema: Mapping[str, Any], part: str) -> set[str]:
    return set(PARTS[part](schema)) - (BESIDE if part == "setting" else set())


def departures(schema: Mapping[str, Any], tables: Mapping[str, tuple[str, Collection[str]]]) -> Iterator[str]:
    """Words that a table lacks or has too many, measured by the schema."""
    for name, (part, table) in tables.items():
        words = words_of(schema, part)
        yield from (f"{name}: no {word!r}" for word in sorted(words - set(table)))
        yield from (f"{name}: {word!r} is no word of the schema" for word in sorted(set(table) - words))


def test_every_table_has_the_words_of_the_schema():
    assert list(departures(SCHEMA, TABLES)) == []
    assert set(PARTS["setting"](SCHEMA)) > BESIDE
    assert {part for part, _ in TABLES.values()} == set(PARTS)


@pytest.mark.parametrize("name", TABLES)
def test_a_word_without_a_row_and_a_row_without_a_word_are_caught(name):
    part, table = TABLES[name]
    assert list(departures(SCHEMA, {name: (part, {*table, "planted"})})) == [
        f"{name}: 'planted' is no word of the schema"
    ]
    for word in table:
        assert list(departures(SCHEMA, {name: (part, set(table) - {word})})) == [f"{name}: no {word!r}"]


@pytest.mark.parametrize("part", PARTS)
def test_a_new_word_of_the_schema_without_rows_is_caught_in_every_table(part):
    planted = copy.deepcopy(dict(SCHEMA))
    words = PARTS[part](planted)
    words.append("planted") if isinstance(words, list) else words.setdefault("planted", {"type": "string"})
    assert list(departures(planted, TABLES)) == [
        f"{name}: no 'planted'" for name, (p, _) in TABLES.items() if p == part
    ]


def listed_in_schema(text: str) -> set[str]:
    """The words that stand in the brackets of a description."""
    return set(re.findall("[a-z_]+", text.partition("(")[2].partition(")")[0]))


def listed_in_docstring(text: str) -> set[str]:
    """The words that a docstring describes as kinds, in quotes."""
    return set(re.findall('"([a-z_]+)"', text))


SETTING_TEXTS = {
    "the schema": (SCHEMA["$defs"]["setting"]["description"], listed_in_schema),
    "the docstring of Setting": (Setting.__doc__ or "", listed_in_docstring),
}


@pytest.mark.parametrize("name", SETTING_TEXTS)
def test_a_text_that_lists_the_words_of_a_setting_lists_all_of_them(name):
    text, listed = SETTING_TEXTS[name]
    words = words_of(SCHEMA, "setting")
    assert words - listed(text) == set()
    for word in words:
        assert words - listed(re.sub(f'(?<=[ (",]){word}(?=[",)])', "_", text)) == {word}


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
