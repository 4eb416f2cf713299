"""What each step of a script becomes: played without a provider, beat by beat."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.mockserver.agents.beats import AGAIN, Beat, cut, in_pieces
from threadmock.mockserver.agents.player import MOST_ROUNDS, ScriptPlayer
from threadmock.mockserver.agents.script_files import parse_scripts
from threadmock.mockserver.agents.scripts import AgentInput
from threadmock.mockserver.rules.decisions import ask, read_decisions
from threadmock.mockserver.rules.partial_json import read_partial_json


def player_of(steps: str, text: str = "tea", *, nests: bool = True, **more: Any) -> ScriptPlayer:
    """A player of one script, with ids that are numbers."""
    (script,), _ = parse_scripts("steps:\n" + steps, "mine.yaml")
    numbers = itertools.count(1)
    return ScriptPlayer(script, AgentInput(text, **more), lambda: f"id-{next(numbers)}", nests=nests)


def play(player: ScriptPlayer, *answers: Any) -> list[Beat]:
    """All beats; a pause is answered with the next of the answers, and the end where there is none."""
    left, beats, made = list(answers), player.beats(), []
    beat = next(beats, None)
    while beat is not None:
        made.append(beat)
        if beat.kind == "failed" or (beat.kind == "paused" and not left):
            break
        try:
            beat = beats.send(left.pop(0) if beat.kind == "paused" else None)
        except StopIteration:
            break
    return made


def of(beats: list[Beat], kind: str) -> list[Any]:
    return [beat.as_item() for beat in beats if beat.kind == kind]


def spoken(beats: list[Beat]) -> list[str]:
    return [item["text"] for item in of(beats, "said") if item["role"] == "assistant"]


# Choices, loops, chance.


def test_what_an_expression_found_stands_for_its_marks() -> None:
    steps = """- choose:
  - when: {matches: '(?i)order (?P<number>\\d+)'}
    steps: [{say: 'It is $match.number, of "$match", and $match.1.'}]
  - steps: [{say: None.}]"""
    assert spoken(play(player_of(steps, "my Order 1042, please"))) == ['It is 1042, of "Order 1042", and 1042.']
    assert spoken(play(player_of(steps, "my order, please"))) == ["None."]


def test_each_goes_through_a_list_and_tells_which_node_comes_next() -> None:
    steps = """- each: [{name: milk, node: a}, {name: tea, node: b}]
  steps: [{say: "$index: $each.name"}]
- say: That is all.
  node: end"""
    beats = play(player_of(steps))
    assert spoken(beats) == ["0: milk", "1: tea", "That is all."]
    assert [item["next"] for item in of(beats, "said")] == [["agent"], ["end"], []]


def test_each_reads_a_list_that_a_mark_stands_for_and_is_left_out_where_there_is_none() -> None:
    steps = "- interrupt: {question: which}\n- each: $resume.names\n  steps: [{say: $each}]\n- say: Done."
    assert spoken(play(player_of(steps), {"names": ["a", "b"]})) == ["a", "b", "Done."]
    assert spoken(play(player_of(steps), "none")) == ["Done."]
    assert len(spoken(play(player_of(steps), {"names": ["a"] * (MOST_ROUNDS + 5)}))) == MOST_ROUNDS + 1


def test_a_pick_is_the_same_for_the_same_seed_and_differs_over_messages() -> None:
    text = "seed: {}\nsteps:\n- pick: [{{steps: [{{say: heads}}]}}, {{steps: [{{say: tails}}]}}]"

    def picked(seed: int) -> list[str]:
        made = []
        for number in range(40):
            (script,), _ = parse_scripts(text.format(seed), "mine.yaml")
            made += spoken(play(ScriptPlayer(script, AgentInput(f"toss {number}"), lambda: "one")))
        return made

    assert picked(1) == picked(1) != picked(2)
    assert set(picked(1)) == {"heads", "tails"}


def test_weights_count() -> None:
    steps = "- pick: [{steps: [{say: often}], weight: 30}, {steps: [{say: never}], weight: 1}]"
    made = [spoken(play(player_of(steps, f"toss {number}")))[0] for number in range(60)]
    assert made.count("often") > 45


# The state.


def test_what_is_set_is_told_when_its_node_ends() -> None:
    steps = "- set: {todos: [$text]}\n- say: I plan.\n- set: {files: {/a: b}}\n  node: work\n- say: Done."
    beats = play(player_of(steps))
    assert [item.get("set") for item in of(beats, "said")] == [{"todos": ["tea"]}, None]
    assert [(item["node"], item["set"]) for item in of(beats, "left")] == [("work", {"files": {"/a": "b"}})]


def test_a_component_is_told_at_once_and_its_props_are_merged_for_the_state() -> None:
    steps = """- show: {name: bar, id: one, props: {done: 1, of: 2}}
- say: Half.
- show: {name: bar, id: one, props: {done: 2}, merge: true}
- say: Whole."""
    beats = play(player_of(steps))
    assert [item["props"] for item in of(beats, "shown")] == [{"done": 1, "of": 2}, {"done": 2}]
    assert [item["only"]["state"] for item in of(beats, "said")] == [{"done": 1, "of": 2}, {"done": 2, "of": 2}]


def test_a_tool_changes_the_state() -> None:
    steps = "- call: {name: write, arguments: {path: /a}, result: written, set: {files: {note: $args.path}}}"
    (result,) = [item for item in of(play(player_of(steps)), "said") if item["role"] == "tool"]
    assert result["set"] == {"files": {"note": "/a"}}


# Messages.


def test_blocks_stand_in_order_and_are_told_bit_by_bit() -> None:
    steps = """- think: Well then.
  block: true
- say: Look here.
  content: [{type: image, url: https://example.org/$text.png}]"""
    beats = play(player_of(steps))
    (message,) = of(beats, "said")
    assert message["content"] == [
        {"type": "reasoning", "reasoning": "Well then.", "index": 0},
        {"type": "text", "text": "Look here.", "index": 1},
        {"type": "image", "url": "https://example.org/tea.png", "index": 2},
    ]
    so_far = [item["content"] for kind in ("thought", "part", "block") for item in of(beats, kind)]
    assert so_far[0] == [{"type": "reasoning", "reasoning": "Well", "index": 0}]
    assert so_far[-1] == message["content"]
    assert [item["position"] for kind in ("part", "block") for item in of(beats, kind)] == [None, None, "last"]
    assert "apart" not in message


def test_a_message_without_blocks_has_none_and_its_thoughts_stand_apart() -> None:
    beats = play(player_of("- think: Well then.\n- say: Yes."))
    (message,) = of(beats, "said")
    assert ("content" in message, message["apart"], message["thoughts"]) == (False, "Well then.", "Well then.")
    assert [item["heard"] for item in of(beats, "thought")] == ["Well", "Well then."]


def test_usage_gets_its_total_and_closes_the_message() -> None:
    beats = play(player_of("- say: Yes.\n  usage: {input_tokens: 2, output_tokens: 3}\n  metadata: {model: $text}"))
    (message,) = of(beats, "said")
    assert message["usage"] == {"input_tokens": 2, "output_tokens": 3, "total_tokens": 5}
    assert (message["facts"], message["closing"]) == ({"model": "tea"}, True)
    assert [item["position"] for item in of(beats, "part")] == [None]


@given(st.text(max_size=60), st.integers(1, 9))
def test_pieces_are_the_text_and_no_more_than_asked_for(text: str, count: int) -> None:
    pieces = in_pieces(text, count)
    assert "".join(pieces) == text
    assert len(pieces) <= count


def test_arguments_in_pieces_are_read_as_far_as_they_came() -> None:
    steps = "- call: {name: find, id: c1, arguments: {query: $text, n: 12}, pieces: 4}"
    beats = play(player_of(steps))
    found = of(beats, "piece")
    assert "".join(item["written"] for item in found) == '{"query":"tea","n":12}'
    assert [item["calls"][0]["arguments"] for item in found][-1] == {"query": "tea", "n": 12}
    assert [("name" in item, item["position"]) for item in found] == [
        (True, None),
        *[(False, None)] * 3,
        (False, "last"),
    ]
    assert of(beats, "said")[0]["joint"] is False


@given(st.recursive(st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=5), lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3), max_leaves=6))  # fmt: skip
def test_a_whole_text_is_read_as_it_is_and_every_beginning_of_an_object_as_an_object(value: Any) -> None:
    text = json.dumps({"value": value})
    assert read_partial_json(text) == {"value": value}
    assert all(isinstance(read_partial_json(text[:end]), dict) for end in range(1, len(text)))


def test_what_is_no_beginning_is_none() -> None:
    assert [read_partial_json(text) for text in ("", " ", 'y":"he', "}", "{]")] == [{}, {}, None, None, {}]


# Decisions.

CALL = "- call: {name: send, id: c1, arguments: {to: a}, result: 'sent to $args.to', approve: true}\n"
AFTER = """- choose:
  - when: {decision: edit}
    steps: [{call: {name: log, arguments: $resume.edited.args}}, {say: "To $resume.edited.args.to."}]
  - when: {decision: reject}
    steps: [{say: "No: $resume.message"}]
  - steps: [{say: $resume.decision}]"""
EDIT = {"decisions": [{"type": "edit", "edited_action": {"name": "send", "args": {"to": "b"}}}]}
OLDER_EDIT = [{"type": "edit", "args": {"action": "send", "args": {"to": "b"}}}]


@pytest.mark.parametrize("answer", [EDIT, OLDER_EDIT], ids=["current", "older"])
def test_an_edited_call_is_called_as_edited(answer: Any) -> None:
    beats = play(player_of(CALL + AFTER), answer)
    assert [item["arguments"] for item in of(beats, "called")] == [{"to": "b"}]
    assert of(beats, "reviewed")[0]["calls"][0]["arguments"] == {"to": "b"}
    told = [item for item in of(beats, "said") if item["role"] == "tool"]
    assert [(item["text"], item["answers"]["arguments"]) for item in told] == [("sent to b", {"to": "b"})]
    assert of(beats, "said")[2]["calls"][0]["arguments"] == {"to": "b"}
    assert spoken(beats)[-1] == "To b."


@pytest.mark.parametrize(
    ("answer", "called", "told", "said"),
    [
        ({"decisions": [{"type": "approve"}]}, 1, [], "approve"),
        ([{"type": "accept", "args": None}], 1, [], "approve"),
        ("approve", 1, [], "approve"),
        ({"decisions": [{"type": "reject", "message": "late"}]}, 0, [("late", "error")], "No: late"),
        ({"decisions": [{"type": "reject"}]}, 0, [("User rejected the tool call for `send` with id c1", "error")], "No: "),
        ([{"type": "response", "args": "wait"}], 0, [("wait", "success")], "respond"),
        ([{"type": "ignore", "args": None}], 0, [("User rejected the tool call for `send` with id c1", "error")], "ignore"),
        ("hm", 0, [("hm", "success")], ""),
    ],
)  # fmt: skip
def test_a_decision_is_acted_on(answer: Any, called: int, told: list[Any], said: str) -> None:
    beats = play(player_of(CALL + AFTER), answer)
    assert len(of(beats, "called")) == called
    assert [(item["text"], item["outcome"]) for item in of(beats, "reviewed")[0]["results"]] == told
    assert spoken(beats)[-1] == said


def test_of_two_calls_each_is_decided_on_by_itself() -> None:
    steps = """- say: Two.
  calls:
  - {name: a, id: c1, arguments: {n: 1}, result: done, approve: true}
  - {name: b, id: c2, arguments: {n: 2}, result: done, approve: true}
  - {name: c, id: c3, arguments: {n: 3}, result: done}"""
    beats = play(player_of(steps), {"decisions": [{"type": "reject"}, {"type": "approve"}]})
    (question,) = of(beats, "paused")[0]["interrupts"]
    assert [each["name"] for each in question["value"]["action_requests"]] == ["a", "b"]
    assert [item["name"] for item in of(beats, "called")] == ["b", "c"]


def test_both_forms_of_the_question() -> None:
    call = {"name": "send", "arguments": {"to": "a"}}
    assert ask([call], ["Sends."], ["approve", "reject"], "current") == {
        "action_requests": [{"name": "send", "args": {"to": "a"}, "description": "Sends."}],
        "review_configs": [{"action_name": "send", "allowed_decisions": ["approve", "reject"]}],
    }
    older = ask([call], [""], ["approve", "ignore"], "older")
    assert ask([call], [""], ["approve", "ignore"], "listed") == [older]
    assert ask([call, call], ["", ""], ["approve", "ignore"], "older") == [older, older]
    assert older["action_request"] == {"action": "send", "args": {"to": "a"}}
    assert older["config"] == {"allow_accept": True, "allow_edit": False, "allow_respond": False, "allow_ignore": True}
    assert older["description"].startswith("Tool execution requires approval")


@given(st.recursive(st.none() | st.text() | st.integers(), lambda each: st.lists(each) | st.dictionaries(st.sampled_from(["type", "args", "decisions", "edited_action", "message", "x"]), each), max_leaves=8))  # fmt: skip
def test_any_answer_is_read_without_an_error(answer: Any) -> None:
    assert all(each.kind in ("approve", "edit", "reject", "respond", "ignore") for each in read_decisions(answer))
    play(player_of(CALL + AFTER), answer)


# Nodes inside of nodes, and side by side.

PART = "- subgraph: research\n  steps: [{say: Found.}, {interrupt: {question: Go on?}}, {say: $resume}]\n- say: Done."


def test_a_part_is_told_with_its_place_and_goes_on_after_an_answer() -> None:
    beats = play(player_of(PART), "yes")
    inside = [beat for beat in beats if beat.item.get("namespace")]
    assert {beat.item["within"] for beat in inside} == {"research:id-1"}
    assert [item["text"] for item in of(inside, "said")] == ["Found.", "yes"]
    assert [beat.kind for beat in beats if beat.kind in ("delegated", "halted", "paused", "returned")] == [
        *("delegated", "halted", "paused", "delegated", "returned"),
    ]
    assert of(beats, "paused")[0]["next"] == ["research"]
    assert of(beats, "returned")[0]["next"] == ["agent"]


def test_where_nothing_nests_a_part_is_told_like_all_else() -> None:
    beats = play(player_of(PART, nests=False), "yes")
    assert not any(beat.item.get("namespace") or beat.kind in ("delegated", "returned", "halted") for beat in beats)
    assert spoken(beats) == ["Found.", "yes", "Done."]


def test_a_failure_inside_of_a_part_ends_the_run_at_its_outermost_node() -> None:
    beats = play(player_of("- subgraph: research\n  steps: [{fail: no}]"))
    assert (beats[-1].kind, beats[-1].item["node"], beats[-1].inner) == ("failed", "research", None)


SEVERAL = """- interrupts: [{value: {q: 1}, node: one}, {value: {q: 2}, node: two}]
- say: "$resume.0, $resume.1"
"""


def test_several_questions_wait_until_each_is_answered_by_its_id() -> None:
    player = player_of(SEVERAL)
    beats = player.beats()
    paused = next(beat for beat in beats if beat.kind == "paused")
    first, second = (each["id"] for each in paused.item["interrupts"])
    assert [paused.item["next"], sorted(paused.item["waiting"])] == [["one", "two"], ["id-1", "id-2"]]
    beats.send({second: "b"})
    paused = next(beat for beat in beats if beat.kind == "paused")
    assert [each["id"] for each in paused.item["interrupts"]] == [first]
    beats.send(AGAIN)
    paused = next(beat for beat in beats if beat.kind == "paused")
    beats.send({first: "a"})
    assert [beat.item["text"] for beat in beats if beat.kind == "said"] == ["a, b"]


# Tokens are as before.


@given(st.text(max_size=100))
def test_the_parts_of_a_message_are_its_text(text: str) -> None:
    escaped = json.dumps([{"say": text.replace("$", "$$")}])
    (script,), _ = parse_scripts(f'{{"steps": {escaped}}}', "mine.json")
    beats = play(ScriptPlayer(script, AgentInput("x"), lambda: "one"))
    assert [item["text"] for item in of(beats, "part")] == cut(text)
