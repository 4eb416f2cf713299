"""`threadmock explain` prints all of it: every word of the vocabulary, each part once."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from support.command_line import invoke
from support.paths import DATA
from threadmock.contracts.cli.explain import explanation
from threadmock.contracts.cli.explain_profile import AGENT_WORDS, PROFILE_WORDS, profile_parts
from threadmock.contracts.cli.explain_rules import RULE_WORDS, parts_of
from threadmock.contracts.cli.explain_runs import RUN_WORDS
from threadmock.specs import loader
from threadmock.specs.behaviour import rule
from threadmock.specs.loader import LAYERS, builtin_names, load

VOCABULARY = json.loads((Path(rule.__file__).parent / "behaviour.schema.json").read_text(encoding="utf-8"))
WORDS = VOCABULARY["properties"].keys()
SETTING = next(form for form in VOCABULARY["$defs"]["setting"]["anyOf"] if "properties" in form)["properties"].keys()
IN_THE_HEADING = {"action", "resource", "evidence"}
OF_OPERATIONS = {"errors", "lenient", "spelling", "slashes"}
"""Words of a whole document that each operation takes over."""

NAMED = [(name, layer) for name in builtin_names() for layer in LAYERS]
SOURCES = [*NAMED, (DATA / "notebooks", "documented"), (DATA / "helpline", "documented")]
contracts = pytest.mark.parametrize(
    ("source", "layer"), SOURCES, ids=[f"{Path(s).name}-{layer}" for s, layer in SOURCES]
)

SETTINGS_OF_EVERY_WORD = {
    "generate": ({"generate": "uuid7"}, "uuid7"),
    "absent": ({"absent": True}, "never there"),
    "value": ({"value": 7}, "7"),
    "from": ({"from": ["body.title", "body.shelf"]}, "from body.title or body.shelf"),
    "count": ({"count": "body.labels"}, "how many there are of body.labels"),
    "members": ({"members": {"a": "now", "b": {"value": 1}}}, "{a: now, b: 1}"),
    "minutes_after": ({"minutes_after": "body.expires_in"}, "now plus the minutes in body.expires_in"),
    "stored": ({"stored": "state.now"}, "the thing's state.now"),
    "parent": ({"parent": "."}, "the parent's self"),
    "latest": ({"latest": "state"}, "the newest thing's state"),
    "child": ({"child": "page"}, "the page below it"),
    "related": (
        {"related": {"resource": "page", "by": ["id"], "is": {"from": "body.shelf"}, "member": "text", "at": ["key"]}},
        "text of the page whose id is from body.shelf, there what key names",
    ),
    "scheduled": (
        {"scheduled": {"schedule": {"from": "body.title"}, "zone": {"value": "UTC"}}},
        'the next moment of the schedule from body.title in the zone "UTC"',
    ),
    "named": (
        {"named": {"name": {"from": "body.title"}, "space": "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}},
        "a UUID that follows from from body.title",
    ),
    "counted": ({"counted": "page"}, "how many page things there are below the parent"),
    "sequence": ({"sequence": "parent"}, "1, 2, 3 … below each parent"),
    "weighed": ({"weighed": "page"}, "how many bytes the page things below the parent are"),
    "list": ({"list": [{"value": 1}, "key"]}, "[1, key]"),
    "text": ({"text": "body.title"}, "the text of body.title"),
    "template": ({"template": "/notebooks/$key"}, 'the text "/notebooks/$key"'),
    "keyed": ({"keyed": "body.title", "of": {"value": 2}}, "under the name in body.title: 2"),
    "of": ({"keyed": "body.title", "of": {"from": "body.shelf"}}, "under the name in body.title: from body.shelf"),
    "without": ({"from": "body.labels", "without": ["size"]}, "from body.labels, without size"),
    "only": ({"from": "body.labels", "only": "body.names"}, "from body.labels, only what body.names names"),
    "merged": ({"merged": {"value": {"a": 1}}}, '{"a": 1} over itself'),
    "over": ({"merged": ["body.labels"], "over": "latest.labels"}, "body.labels over latest.labels"),
    "append": (
        {"merged": "body.labels", "over": "labels", "append": ["sizes"]},
        "body.labels over labels, sizes being appended to",
    ),
    "messages": ({"messages": "body.said", "of": {"from": "item.id"}}, "for each message in body.said: from item.id"),
    "each": ({"each": "body.labels", "of": {"from": "item.id"}}, "for each of body.labels: from item.id"),
    "words": ({"from": "body.shelf", "words": {"high": "top"}}, "from body.shelf, with 'top' for 'high'"),
    "tally": ({"tally": "done"}, "how many there are (done)"),
    "plus": ({"latest": "weight", "plus": 2}, "the newest thing's weight plus 2"),
    "plus_item": ({"stored": "labels", "plus_item": "body.title"}, "the thing's labels and body.title once"),
    "minus_item": ({"stored": "labels", "minus_item": "body.title"}, "the thing's labels without the item body.title"),
    "declared": (
        {"declared": {"name": {"from": "body.title"}, "of": {"from": "item.name"}}},
        "of the declared agent from body.title: from item.name",
    ),
    "when": ({"value": 1, "when": "body.title"}, "1 where body.title is given"),
    "null": ({"from": "body.title", "null": "absent"}, "from body.title, null counting as absent"),
    "otherwise": ({"from": "body.title", "otherwise": {"value": 3}}, "from body.title, otherwise 3"),
    "evidence": ({"value": 5, "evidence": "assumed"}, "5"),
}


def test_every_word_of_a_setting_has_a_description() -> None:
    assert SETTINGS_OF_EVERY_WORD.keys() == SETTING


def test_a_users_overlay_may_hold_a_setting_of_every_word(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(loader, "check_effects", lambda *_: None)  # no operation has a use for all of them
    folder = shutil.copytree(DATA / "notebooks", tmp_path / "own")
    overlay = folder / "behaviour.overlay.yaml"
    settings = {f"x_{word}": setting for word, (setting, _) in SETTINGS_OF_EVERY_WORD.items()}
    action = {"target": "$.paths['/notebooks'].post", "update": {"x-behaviour": {"set": settings}}}
    overlay.write_text(f"{overlay.read_text(encoding='utf-8').rstrip()}\n- {json.dumps(action)}\n", encoding="utf-8")
    status, text = invoke("explain", str(folder))
    assert status == 0, text
    for word, (setting, expected) in SETTINGS_OF_EVERY_WORD.items():
        evidence = setting.get("evidence", "documented")
        assert re.search(rf"^      {evidence} +set +x_{word}: {re.escape(expected)}$", text, re.MULTILINE), word


def test_every_word_of_the_vocabulary_has_lines() -> None:
    assert set(WORDS) == RULE_WORDS.keys() | PROFILE_WORDS.keys() | IN_THE_HEADING
    definitions = VOCABULARY["$defs"]
    assert set(definitions["run"]["properties"]) == RUN_WORDS.keys() | {"evidence"}
    assert set(definitions["agent"]["properties"]) == AGENT_WORDS.keys() | {"evidence"}


def sections(contract) -> dict[str, list[str]]:
    """The lines about each operation, by its name; those about all of them under ""."""
    found: dict[str, list[str]] = {}
    name = None
    operations = {f"  {operation}": str(operation) for operation in contract.operations}
    for line in explanation(contract):
        if line in operations or line == "  For all operations:":
            name = operations.get(line, "")
            found[name] = []
        elif not line:
            name = None
        elif name is not None:
            found[name].append(line)
    return found


def lines(parts) -> list[str]:
    return [f"      {evidence:<11} {kind:<13} {text}" for kind, text, evidence in parts]


@contracts
def test_no_part_is_printed_twice(source, layer) -> None:
    found = sections(load(source, layer=layer))
    assert found
    for name, printed in found.items():
        assert [line for line, count in Counter(printed).items() if count > 1] == [], name


def off(value: object) -> bool:
    """Whether it only takes back what another overlay, or the whole document, says."""
    return value is False or value in ([], {})


@contracts
def test_every_word_of_an_overlay_is_printed(source, layer) -> None:
    contract = load(source, layer=layer)
    found = sections(contract)
    shared = contract.document.get("x-behaviour", {})
    for word in shared.keys() - OF_OPERATIONS - {"evidence"}:
        printed = lines(PROFILE_WORDS[word](contract.profile))
        assert printed, word
        assert set(printed) <= set(found[""])
    for word, value in shared.get("agent", {}).items():
        assert word == "evidence" or off(value) or any(AGENT_WORDS[word](contract.profile.agent)), word
    for operation in contract.operations:
        own = contract.document["paths"][operation.path][operation.method.lower()].get("x-behaviour", {})
        for word, value in {**{word: shared[word] for word in shared.keys() & OF_OPERATIONS}, **own}.items():
            if word in IN_THE_HEADING or off(value):
                continue
            printed = lines(RULE_WORDS[word](operation.rule))
            assert printed, f"{operation}: {word}"
            assert set(printed) <= set(found[str(operation)])
        for word, value in own.get("run", {}).items():
            assert word == "evidence" or off(value) or any(RUN_WORDS[word](operation.rule.run)), word


def camel(place: str) -> str:
    """The place as it is spelled on a camelCase wire."""
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), place)


def places(node) -> set[str]:
    """Every place of a request in a part of an overlay: `body.title`."""
    if isinstance(node, dict):
        return {each for word, value in node.items() for each in places(word) | places(value)}
    if isinstance(node, list):
        return {each for value in node for each in places(value)}
    return {node} if isinstance(node, str) and re.fullmatch(r"(body|path|query|header|item)\.\S+", node) else set()


@contracts
def test_every_place_of_a_request_that_an_overlay_names_is_printed(source, layer) -> None:
    contract = load(source, layer=layer)
    found = sections(contract)

    def lacking(node, text):
        return {place for place in places(node) if place not in text and camel(place) not in text}

    for operation in contract.operations:
        own = contract.document["paths"][operation.path][operation.method.lower()].get("x-behaviour", {})
        text = "\n".join(found[str(operation)])
        assert lacking(own, text) == set(), str(operation)
    shared = {word: contract.document.get("x-behaviour", {}).get(word, {}) for word in PROFILE_WORDS}
    text = "\n".join(found.get("", ()))
    assert lacking(shared, text) == set()


def test_what_a_provider_has_is_under_all_operations() -> None:
    contract = load("langsmith", layer="observed")
    printed = sections(contract)[""]
    assert lines(profile_parts(contract.profile)) == printed
    kinds = {line[18:31].strip() for line in printed}
    assert kinds >= {"client", "cors", "initial", "fill", "agent thread", "agent input", "agent on", "agent results"}
    for operation in contract.operations:
        assert {kind for kind, _, _ in parts_of(operation.rule)} <= {*RULE_WORDS, "filter", "item", "refuses"}


SUCCESSES = {
    "201": "201",
    "2XX": "2XX (200 is assumed)",
    "3XX": "3XX (302 is assumed)",
    "4XX": "none documented (200 is assumed)",
    "101": "none documented (200 is assumed)",
}


@pytest.mark.parametrize("status", SUCCESSES)
def test_a_success_that_nobody_documents_is_called_assumed(status, tmp_path) -> None:
    path = tmp_path / "api.json"
    node = {"get": {"responses": {status: {"description": ""}}}}
    path.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/x": node}}))
    contract = load(path)
    assert f"    success       {SUCCESSES[status]}" in explanation(contract)
    told = [line for line in contract.warnings if "200 is assumed for success" in line]
    assert bool(told) is (status in ("4XX", "101"))
