"""Scripts: what is wrong in a file is told with its place; which one speaks, when, and what its marks become."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from threadmock.mockserver.agents.beats import _MOST_TOKENS, cut
from threadmock.mockserver.agents.script_files import parse_scripts, read_scripts, shipped, shipped_names
from threadmock.mockserver.agents.script_steps import MAX_STEPS
from threadmock.mockserver.agents.scripts import (
    AgentInput,
    ReplyCondition,
    Script,
    ScriptReply,
    Scripts,
    ScriptStep,
    marks_of,
)
from threadmock.mockserver.cli.serve import serve
from threadmock.specs.errors import SpecError

SAY = "steps:\n- say: hello\n"


def one(text: str) -> Script:
    (script,), _ = parse_scripts(text, "mine.yaml")
    return script


def step_of(text: str) -> ScriptStep:
    return one(f"steps:\n- {text}").replies[0].steps[0]


# Each: the file, where the error points, what it says, what it offers.
WRONG: Mapping[str, tuple[str, str, str, str]] = {
    "a list": ("- say: x", "#", "A file of scripts is an object", "replies"),
    "a text": ("hello", "#", "A file of scripts is an object", "steps"),
    "nothing": ("{}", "#", "either `replies` or `steps`", "Write one"),
    "an unknown member": ("step: []", "#", "no member 'step'", "'steps'"),
    "both": ("steps: []\nreplies: []", "#", "either `replies` or `steps`", "Write one"),
    "a default alone": ("default: a\nsteps: []", "#/default (line 1)", "goes with `scripts` only", "Leave it out"),
    "an unspeakable name": ("name: two words\nsteps: []", "#/name (line 1)", "no name of a script", "letters"),
    "a name that is a number": ("name: 7\nsteps: []", "#/name (line 1)", "no name of a script", "letters"),
    "scripts with steps": ("steps: []\nscripts: {a: {steps: []}}", "#/steps", "inside one of the `scripts`", "Move"),
    "scripts as a list": ("scripts: [a]", "#/scripts", "names to scripts", "at least one"),
    "no scripts": ("scripts: {}", "#/scripts", "names to scripts", "at least one"),
    "a script that is a text": ("scripts:\n  a: hello", "#/scripts/a (line 2)", "A script is an object", "steps"),
    "an unspeakable script": ("scripts:\n  a b: {steps: []}", "#/scripts/a b (line 2)", "no name", "letters"),
    "an unknown default": (
        "default: tow\nscripts: {one: {steps: []}, two: {steps: []}}",
        "#/default",
        "named 'tow'",
        "'two'",
    ),
    "steps as an object": ("steps: {say: x}", "#/steps", "no list", "Begin each"),
    "replies as an object": ("replies: {steps: []}", "#/replies", "no list", "Begin each"),
    "a reply that is a text": ("replies:\n- hello", "#/replies/0 (line 2)", "A reply is an object", "when"),
    "an unknown condition": (
        "replies:\n- when: {texts: x}",
        "#/replies/0/when",
        "no member 'texts'",
        "'text'",
    ),
    "when as a text": ("replies:\n- when: x", "#/replies/0/when", "`when` is an object", "turn"),
    "a turn in words": ("replies:\n- when: {turn: two}", "#/replies/0/when/turn", "no number of times", "whole"),
    "turn zero": ("replies:\n- when: {turn: 0}", "#/replies/0/when/turn", "no number of times", "above 0"),
    "turn true": ("replies:\n- when: {turn: true}", "#/replies/0/when/turn", "no number of times", "whole"),
    "a text that is a number": ("replies:\n- when: {text: 7}", "#/replies/0/when/text", "no text", "quotes"),
    "a resume that is a list": ("replies:\n- when: {resume: [a]}", "#/replies/0/when/resume", "no text", "quotes"),
    "a step that is a text": ("steps:\n- hello", "#/steps/0 (line 2)", "A step is an object", "- say"),
    "a step of no kind": ("steps:\n- sya: hello", "#/steps/0 (line 2)", "A step has one of", "'say'"),
    "an empty step": ("steps:\n- {}", "#/steps/0 (line 2)", "A step has one of", ""),
    "two kinds in a step": ("steps:\n- {say: x, wait: 1s}", "#/steps/0 (line 2)", "A step has one of", "two steps"),
    "what goes with another kind": ("steps:\n- {wait: 1s, node: x}", "#/steps/0", "with `wait` has no", "wait"),
    "a failure with a pace": ("steps:\n- {fail: x, pace: 1s}", "#/steps/0", "with `fail` has no", "error"),
    "the second of two": ("steps:\n- say: x\n- say: [x]", "#/steps/1/say (line 3)", "no text", "of"),
    "a long text without times": ("steps:\n- say: {of: x}", "#/steps/0/say/times", "no number", "whole"),
    "a long text of a number": ("steps:\n- say: {of: 7, times: 2}", "#/steps/0/say/of", "no text", "quotes"),
    "a text that is too long": (
        "steps:\n- say: {of: xxxxxxxxxx, times: 8000000}",
        "#/steps/0/say",
        "at most",
        "less often",
    ),
    "a thought that is a number": ("steps:\n- think: 7", "#/steps/0/think", "no text", "quotes"),
    "a node that is a number": ("steps:\n- {say: x, node: 7}", "#/steps/0/node", "no text", "quotes"),
    "a pace in words": ("steps:\n- {say: x, pace: slow}", "#/steps/0/pace", "no time", "90s"),
    "a pace below zero": ("steps:\n- {say: x, pace: -1}", "#/steps/0/pace", "no time", "seconds"),
    "a script's pace in words": ("pace: slow\nsteps: []", "#/pace (line 1)", "no time", "90s"),
    "a wait of more than a day": ("steps:\n- wait: 2d", "#/steps/0/wait", "longer than a day", "shorter"),
    "a wait that never ends": ("steps:\n- wait: 1e300", "#/steps/0/wait", "too long a time", "seconds"),
    "calls as an object": ("steps:\n- {say: x, calls: {}}", "#/steps/0/calls", "no list", "Begin each"),
    "a call without a name": ("steps:\n- call: {arguments: {}}", "#/steps/0/call", "the name of a tool", "name"),
    "a call that is a text": ("steps:\n- call: find", "#/steps/0/call", "A call is an object", "name"),
    "an unknown member of a call": ("steps:\n- call: {name: x, args: {}}", "#/steps/0/call", "'args'", "arguments"),
    "arguments as a list": ("steps:\n- call: {name: x, arguments: [1]}", "#/steps/0/call/arguments", "object", "names"),
    "a result that is an object": ("steps:\n- call: {name: x, result: {}}", "#/steps/0/call/result", "no text", "quo"),
    "a call that takes words": ("steps:\n- call: {name: x, takes: long}", "#/steps/0/call/takes", "no time", "90s"),
    "a failed that is a text": ("steps:\n- call: {name: x, failed: 'no'}", "#/steps/0/call/failed", "true or", "one"),
    "a call's id that is a number": ("steps:\n- call: {name: x, id: 7}", "#/steps/0/call/id", "no text", "quotes"),
    "a second call": (
        "steps:\n- say: x\n  calls:\n  - {name: x}\n  - {}",
        "#/steps/0/calls/1 (line 5)",
        "the name of a tool",
        "name",
    ),
    "a failure that is a number": ("steps:\n- fail: 7", "#/steps/0/fail", "no text", "quotes"),
    "an error that is a number": ("steps:\n- {fail: x, error: 7}", "#/steps/0/error", "no text", "quotes"),
    "a custom event's name that is none": ("steps:\n- {emit: 1, name: 2}", "#/steps/0/name", "no text", "quotes"),
    "an expression that is none": (
        "replies:\n- when: {matches: '('}",
        "#/replies/0/when/matches",
        "expression",
        "Python",
    ),
    "a decision that is none": (
        "steps:\n- choose:\n  - when: {decision: aprove}",
        "#/steps/0/choose/0/when/decision (line 3)",
        "'aprove' is none of",
        "'approve'",
    ),
    "a state that is a list": ("steps:\n- set: [a]", "#/steps/0/set", "no object", "names"),
    "a component without a name": ("steps:\n- show: {props: {}}", "#/steps/0/show", "the name of a component", "name"),
    "a component with another word": ("steps:\n- show: {nam: x}", "#/steps/0/show", "no member 'nam'", "'name'"),
    "a block without a type": ("steps:\n- {say: x, content: [{url: y}]}", "#/steps/0/content/0", "`type`", "image"),
    "tokens in words": (
        "steps:\n- {say: x, usage: {input_tokens: few}}",
        "#/steps/0/usage/input_tokens",
        "no number",
        "0",
    ),
    "tokens of another kind": (
        "steps:\n- {say: x, usage: {inputs: 1}}",
        "#/steps/0/usage",
        "'inputs'",
        "'input_tokens'",
    ),
    "one question of several": (
        "steps:\n- interrupts: [{value: 1, node: a}]",
        "#/steps/0/interrupts",
        "two questions or more",
        "`interrupt`",
    ),
    "two questions in one node": (
        "steps:\n- interrupts: [{value: 1, node: a}, {value: 2, node: a}]",
        "#/steps/0/interrupts",
        "two questions or more",
        "`interrupt`",
    ),
    "a question without a node": (
        "steps:\n- interrupts: [{value: 1}, {value: 2}]",
        "#/steps/0/interrupts/0",
        "a value and a node",
        "both",
    ),
    "nothing to pick": ("steps:\n- pick: []", "#/steps/0/pick", "nothing to pick", "at least one"),
    "a weight of nothing": (
        "steps:\n- pick: [{weight: 0}]",
        "#/steps/0/pick/0/weight",
        "no number of times",
        "above 0",
    ),
    "each of a number": ("steps:\n- {each: 7, steps: []}", "#/steps/0/each", "`each` is a list", "- "),
    "each without steps": ("steps:\n- each: [1]", "#/steps/0", "`each` has steps", "`steps`"),
    "a part without steps": ("steps:\n- subgraph: x", "#/steps/0", "`subgraph` has steps", "`steps`"),
    "a step inside of a part": (
        "steps:\n- subgraph: x\n  steps:\n  - sya: y",
        "#/steps/0/steps/0 (line 4)",
        "A step has one of",
        "'say'",
    ),
    "a status that refuses nothing": ("steps:\n- refuse: 200", "#/steps/0/refuse", "no status of a refusal", "400"),
    "a disconnect in words": ("steps:\n- disconnect: soon", "#/steps/0/disconnect", "no number", "whole"),
    "a form that nobody has": (
        "steps:\n- call: {name: x, approve: {form: old}}",
        "#/steps/0/call/approve/form",
        "none of current, older, listed",
        "'older'",
    ),
    "an approval of another kind": (
        "steps:\n- call: {name: x, approve: {allowed: [acept]}}",
        "#/steps/0/call/approve/allowed/0",
        "'acept' is none of",
        "approve",
    ),
    "pieces of nothing": (
        "steps:\n- call: {name: x, pieces: 0}",
        "#/steps/0/call/pieces",
        "no number of times",
        "above 0",
    ),
    "a state set by no result": (
        "steps:\n- call: {name: x, set: {a: 1}}",
        "#/steps/0/call",
        "has a result",
        "`result`",
    ),
    "a seed in words": ("seed: lucky\nsteps: []", "#/seed (line 1)", "no number", "whole"),
    "choices as a text": ("steps:\n- choose: x", "#/steps/0/choose", "no list", "Begin each"),
    "deep inside a choice": (
        "steps:\n- choose:\n  - when: {resume: x}\n    steps:\n    - wait: soon\n",
        "#/steps/0/choose/0/steps/0/wait (line 5)",
        "no time",
        "90s",
    ),
    "too many steps": (
        "steps: [" + ",".join(["{say: x}"] * (MAX_STEPS + 1)) + "]",
        "#/steps",
        f"more than {MAX_STEPS}",
        "fewer",
    ),
}


@pytest.mark.parametrize(("text", "where", "what", "fix"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_names_its_place_and_a_way_out(text: str, where: str, what: str, fix: str) -> None:
    with pytest.raises(SpecError) as told:
        parse_scripts(text, "mine.yaml")
    assert told.value.where.startswith(f"mine.yaml{where}")
    assert what in told.value.what
    assert fix in told.value.fix
    assert told.value.fix


@pytest.mark.parametrize(
    ("text", "where"),
    [("steps: [", "mine.yaml"), ("{'steps'", "mine.yaml"), ('{"steps": [1,]}', "mine.yaml"), ("a: 1\na: 2", "a")],
    ids=["cut yaml", "cut json", "no json", "a member twice"],
)
def test_what_is_no_yaml_and_no_json_is_told_as_such(text: str, where: str) -> None:
    with pytest.raises(SpecError) as told:
        parse_scripts(text, "mine.yaml")
    assert where in str(told.value)


# What a file says where it is right.


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("say: hello", ScriptStep("say", "hello")),
        ("{say: {of: ab, times: 3}, pace: 10ms, node: n}", ScriptStep("say", "ababab", pace=0.01, node="n")),
        ("{think: hm, pace: 2}", ScriptStep("think", "hm", pace=2.0)),
        ("{emit: {a: [1, null]}, name: n}", ScriptStep("emit", value={"a": [1, None]}, name="n")),
        ("emit: null", ScriptStep("emit")),
        ("interrupt: {ask: 1}", ScriptStep("interrupt", value={"ask": 1})),
        ("fail: no", ScriptStep("fail", "no", name="RuntimeError")),
        ("{fail: no, error: E}", ScriptStep("fail", "no", name="E")),
        ("wait: 1m30s", ScriptStep("wait", seconds=90.0)),
        ("wait: 0", ScriptStep("wait", seconds=0.0)),
        ("wait: 1d", ScriptStep("wait", seconds=86400.0)),
        ("choose: []", ScriptStep("choose")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_step_is_what_it_says(text: str, made: ScriptStep) -> None:
    assert step_of(text) == made


def test_a_call_is_what_it_says() -> None:
    (call,) = step_of("call: {name: n, arguments: {a: 1}, result: r, takes: 1.5s, id: i, failed: true}").calls
    assert (call.name, call.arguments, call.result, call.takes, call.id, call.failed) == (
        "n",
        {"a": 1},
        "r",
        1.5,
        "i",
        True,
    )
    (bare,) = step_of("call: {name: n}").calls
    assert (bare.arguments, bare.result, bare.takes, bare.id, bare.failed) == ({}, None, 0.0, "", False)


def test_a_file_is_named_as_it_says_or_as_it_is_called() -> None:
    assert [parse_scripts(SAY, name)[1] for name in ("tea.yaml", "my own tea!.yaml", "漢字.yaml")] == [
        "tea",
        "my-own-tea",
        "echo",
    ]
    (script,), default = parse_scripts("name: chosen\n" + SAY, "tea.yaml")
    assert (script.name, default) == ("chosen", "chosen")


def test_the_first_of_several_scripts_is_the_default_unless_the_file_says_otherwise() -> None:
    text = "scripts: {b: {steps: []}, a: {pace: 2s, steps: []}}"
    made, default = parse_scripts(text, "x.yaml")
    assert ([(script.name, script.pace) for script in made], default) == ([("b", Script.pace), ("a", 2.0)], "b")
    assert parse_scripts("default: a\n" + text, "x.yaml")[1] == "a"


# What is shipped.


def test_every_shipped_script_loads_and_is_named_as_its_file() -> None:
    assert set(shipped()) == set(shipped_names())
    assert {"echo", "long", "tool", "human", "failing", "slow", "empty", "awkward"} <= set(shipped_names())
    for name, script in shipped().items():
        assert (script.name, len(script.replies) > 0) == (name, True)


def test_the_help_names_every_shipped_script() -> None:
    told = " ".join(CliRunner().invoke(serve, ["--help"]).output.split())
    listed = re.search(r"What agents say: (.*?), or a FILE", told)
    assert listed
    names = tuple(name.split()[0] for name in listed[1].split(", "))
    assert names == shipped_names()


def test_a_file_comes_beside_the_shipped_ones_and_before_them(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("scripts: {mine: {steps: [{say: a}]}, tool: {steps: [{say: b}]}}", encoding="utf-8")
    scripts = read_scripts(str(file))
    assert scripts.default == "mine"
    assert set(scripts.known) == {"mine", *shipped_names()}
    assert scripts.known["tool"].replies[0].steps == (ScriptStep("say", "b"),)
    assert scripts.known["echo"] == shipped()["echo"]
    assert (read_scripts().default, read_scripts("tool").default) == ("echo", "tool")
    assert read_scripts().known["tool"] == shipped()["tool"]


@pytest.mark.parametrize(
    ("source", "told"),
    [("tol", "'tool'"), ("nowhere.yaml", "no such file"), ("no/where", "no such file"), (".", "a folder")],
)
def test_a_source_that_is_none_is_told_with_what_might_be_meant(source: str, told: str) -> None:
    with pytest.raises(SpecError) as error:
        read_scripts(source)
    assert told in str(error.value)
    ended = CliRunner().invoke(serve, ["langsmith", "--script", source])
    assert (ended.exit_code, told in ended.output) == (2, True)


# Which script speaks.

ONE, TWO, AGENT = (Script(name, (ScriptReply((ScriptStep("say", name),)),)) for name in ("one", "two", "agent-x"))
KNOWN = Scripts({script.name: script for script in (ONE, TWO, AGENT)}, "one")


@pytest.mark.parametrize(
    ("text", "agent", "name", "heard"),
    [
        ("hello", "", "one", "hello"),
        ("/two hello", "", "two", "hello"),
        ("  /two\n hello ", "", "two", "hello"),
        ("/two", "", "two", "/two"),
        ("/agent-x hello", "", "agent-x", "hello"),
        ("/three hello", "", "one", "/three hello"),
        ("/twofold hello", "", "one", "/twofold hello"),
        ("say /two", "", "one", "say /two"),
        ("//two", "", "one", "//two"),
        ("/ two", "", "one", "/ two"),
        ("hello", "agent-x", "agent-x", "hello"),
        ("/two hello", "agent-x", "two", "hello"),
        ("hello", "stranger", "one", "hello"),
        ("", "", "one", ""),
    ],
)
def test_a_name_at_the_beginning_counts_then_the_agents_then_the_default(
    text: str, agent: str, name: str, heard: str
) -> None:
    script, told = KNOWN.choose(AgentInput(text, turn=3, agent=agent))
    assert (script.name, told.text, told.turn, told.agent) == (name, heard, 3, agent)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (ReplyCondition(), True),
        (ReplyCondition(text="TEA"), True),
        (ReplyCondition(text="coffee"), False),
        (ReplyCondition(text=""), True),
        (ReplyCondition(resume="Yes"), True),
        (ReplyCondition(resume="no"), False),
        (ReplyCondition(turn=2), True),
        (ReplyCondition(turn=1), False),
        (ReplyCondition("tea", "yes", 2), True),
        (ReplyCondition("tea", "yes", 3), False),
        (ReplyCondition("tea", "no", 2), False),
        (ReplyCondition("STRASSE"), True),
    ],
)
def test_a_condition_holds_where_all_that_it_names_does(condition: ReplyCondition, holds: bool) -> None:
    assert condition.holds(AgentInput("More tea from the straße", turn=2), "oh yes") is holds


def test_the_first_reply_that_fits_speaks_and_none_where_none_does() -> None:
    script = one(
        "replies:\n- when: {text: tea}\n  steps: [{say: a}]\n- when: {turn: 2}\n  steps: [{say: b}]\n- when: {text: x}"
    )
    assert script.chosen(AgentInput("tea", turn=2)).steps == (ScriptStep("say", "a"),)
    assert script.chosen(AgentInput("milk", turn=2)).steps == (ScriptStep("say", "b"),)
    assert script.chosen(AgentInput("x")).steps == ()
    assert script.chosen(AgentInput("milk")).steps == ()


# Marks.

INPUT = AgentInput("tea $resume", turn=4, agent="kettle")


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("$text", "tea $resume"),
        ("$resume!", "yes $text!"),
        ("$agent, $turn", "kettle, 4"),
        ("$$text costs $$5", "$text costs $5"),
        ("$$$text", "$tea $resume"),
        ("$texts $unknown $ $", "$texts $unknown $ $"),
        ("plain", "plain"),
        ("", ""),
        (["$turn", {"a": ["$turn"], "$turn": 1}, 5, None, True], ["4", {"a": ["4"], "$turn": 1}, 5, None, True]),
    ],
    ids=repr,
)
def test_marks_are_filled_in_once_wherever_texts_are(template: Any, made: Any) -> None:
    assert marks_of(INPUT).answered("yes $text").fill(template) == made


@given(st.text(), st.text(), st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=4))
def test_a_dollar_sign_doubled_is_a_dollar_sign_and_all_else_stays(text: str, resume: str, template: Any) -> None:
    def doubled(node: Any) -> Any:
        return [doubled(each) for each in node] if isinstance(node, list) else _doubled(node)

    assert marks_of(AgentInput(text)).answered(resume).fill(doubled(template)) == template


def _doubled(node: Any) -> Any:
    return node.replace("$", "$$") if isinstance(node, str) else node


# Tokens.


@given(st.text(max_size=400) | st.text(alphabet=" \n\tab", max_size=400))
def test_tokens_are_the_text_bit_by_bit(text: str) -> None:
    tokens = cut(text)
    assert "".join(tokens) == text
    assert all(tokens)


@pytest.mark.parametrize("text", ["a " * 50_000, "a" * 500_000, "\n" * 100_000, "é\u2028" * 60_000], ids=len)
def test_there_are_never_too_many_tokens(text: str) -> None:
    tokens = cut(text)
    assert "".join(tokens) == text
    assert 1 <= len(tokens) <= _MOST_TOKENS


def test_a_token_is_a_word_with_the_blanks_before_it() -> None:
    assert cut("You said: tea\n\n- green ") == ["You", " said:", " tea", "\n\n-", " green", " "]
    assert [len(token) for token in cut("x" * 60)] == [24, 24, 12]
    assert cut("") == []
