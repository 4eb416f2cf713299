"""`threadmock explain --words`: the words of the vocabulary, in the terminal."""

import pytest
from support.command_line import invoke
from threadmock.contracts.cli.words import PARTS, read_schema, use_of, uses, vocabulary, word_lines, written
from threadmock.specs.documents.yaml_text import parse_yaml
from threadmock.specs.members import ABSENT

SCHEMA = read_schema()
WORDS = vocabulary(SCHEMA)
USES = uses(SCHEMA)


def test_every_word_is_in_one_part_and_only_there():
    listed = [name for names in PARTS.values() for name in names]
    assert sorted(listed) == sorted({*SCHEMA["properties"], *SCHEMA["$defs"]})


def test_the_vocabulary_holds_words_at_every_depth():
    assert {"taken.*.status", "list.filters.how", "setting.from", "run.commands.known.*.do", "evidence"} <= WORDS.keys()
    assert WORDS["evidence"].default == "documented"
    assert WORDS["list.filters.how: among"].value == "among"
    assert WORDS["list.limit"].takes == "`source`"
    assert WORDS["merge"].takes == "`merge_way` or object of name to `merge_way`"


@pytest.mark.parametrize("path", [word.path for word in WORDS.values() if word.value is not ABSENT])
def test_every_value_that_a_word_allows_has_an_example(path):
    word = WORDS[path]
    found = use_of(word, SCHEMA, USES)
    assert word.name in found or str(word.value) in str(parse_yaml(found, "found"))


def test_of_several_examples_that_use_a_value_the_shortest_is_shown():
    assert use_of(WORDS["list.filters.how: search"], SCHEMA, USES) == "{from: query.search, member: title, how: search}"
    assert use_of(WORDS["beat: ended"], SCHEMA, USES) == "{on: {ended: {thread: {state: {value: open}}}}}"
    assert use_of(WORDS["place: header"], SCHEMA, USES) == "{from: header.last-event-id}"
    assert use_of(WORDS["run.commands.known.*.do: refuse"], SCHEMA, USES).startswith("{do: refuse, code: no_such_run")
    schema = {
        "properties": {"a": {"description": "A.", "enum": ["b"], "enumDescriptions": ["B."]}},
        "$defs": {},
        "examples": [],
    }
    assert use_of(vocabulary(schema)["a: b"], schema, uses(schema)) == ""


@pytest.mark.parametrize("path", [word.path for word in WORDS.values() if word.examples])
def test_examples_are_written_as_an_overlay_may_hold_them(path):
    word = WORDS[path]
    for value, shown in zip(word.examples, word.shown(), strict=True):
        assert "\n" not in shown
        assert parse_yaml(shown, path) == (value if word.is_nameless else {word.name: value})


@pytest.mark.parametrize(
    "value", ["", "no", "true", "null", "1", "a: b", "- a", "a #b", "*", "é\n", "{}", "x'y", 1.5, [], {}]
)
def test_any_value_is_written_so_that_it_is_read_as_what_it_is(value):
    assert parse_yaml(written({"a": [value]}), "written") == {"a": [value]}


def test_a_word_is_printed_with_what_it_takes_its_default_and_an_example():
    assert list(word_lines("list.from_end")) == [
        "list.from_end",
        "  Whether a page counts from the newest end and then shows its items oldest first, as chats do. Checks: paging.",
        "  takes    true or false",
        "  default  false",
        "  example  from_end: true",
        "",
    ]


def test_every_word_of_that_name_is_printed_and_so_is_a_value():
    status, text = invoke("explain", "--words", "append")
    assert status == 0
    assert text.startswith("action: append\n")
    assert "\nsetting.append\n" in text
    assert "  example  append: [messages]\n" in text
    for value, meaning in zip(
        *(SCHEMA["$defs"]["merge_way"][part] for part in ("enum", "enumDescriptions")), strict=True
    ):
        assert f"    {value:<14} {meaning}\n" in invoke("explain", "--words", "merge")[1]


def test_all_words_are_listed_by_part():
    status, text = invoke("explain", "--words")
    assert status == 0
    lines = text.splitlines()
    for part in PARTS:
        assert f"{part}:" in lines
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [
        word.path for word in WORDS.values() if word.value is ABSENT
    ]


def test_a_word_that_is_none_is_refused_with_the_nearest():
    status, text = invoke("explain", "--words", "reqires")
    assert status == 2
    assert "There is no word 'reqires'. Did you mean 'requires'?" in text
