"""`behaviour.schema.json` explains itself: every word says what it means and shows an example, and both are true."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest
from support.paths import ROOT
from threadmock.contracts.checks import checks
from threadmock.contracts.scenarios import scenarios
from threadmock.specs.behaviour.read_agents import parse_agent, parse_run
from threadmock.specs.behaviour.read_fill import parse_fill
from threadmock.specs.behaviour.read_rules import check_provider_wide, parse_profile, parse_rule
from threadmock.specs.operations.spelling import as_written
from threadmock.specs.schemas.schema import Schema

SCHEMA: Mapping[str, Any] = json.loads((ROOT / "specs/behaviour/behaviour.schema.json").read_text(encoding="utf-8"))
SUBSCHEMAS = ("items", "additionalProperties", "propertyNames")


def nodes(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every sub-schema: its place, the word that it stands for ("" for a form of one), and itself."""
    waiting: list[tuple[str, str, Any]] = [("", "", schema)]
    while waiting:
        place, word, node = waiting.pop()
        if not isinstance(node, dict):
            continue
        yield place, word, node
        for part in ("properties", "$defs"):
            waiting += [(f"{place}/{part}/{name}", name, child) for name, child in node.get(part, {}).items()]
        waiting += [(f"{place}/{part}", "", node[part]) for part in SUBSCHEMAS if part in node]
        waiting += [(f"{place}/anyOf/{at}", "", child) for at, child in enumerate(node.get("anyOf", ()))]


def is_described_by_its_definition(word: str, node: Mapping[str, Any]) -> bool:
    """Whether a word means the same wherever it stands, such as `evidence`."""
    return node.get("$ref") == f"#/$defs/{word}" and word not in ("name", "status")


def lacking(schema: Mapping[str, Any]) -> Iterator[str]:
    """Words without a description or an example, and allowed values without a meaning."""
    for place, word, node in nodes(schema):
        names_its_members = place.endswith("/additionalProperties") and "properties" in node
        if (word or names_its_members or not place) and not is_described_by_its_definition(word, node):
            yield from (f"{place}: no {part}" for part in ("description", "examples") if not node.get(part))
        if "enum" in node and len(node.get("enumDescriptions", ())) != len(node["enum"]):
            yield f"{place}: a value without a meaning"
        if not all(
            text.strip().endswith(".") for text in (*node.get("enumDescriptions", ()), node.get("description", "."))
        ):
            yield f"{place}: a text without an end"


def test_every_word_has_a_description_and_an_example():
    assert list(lacking(SCHEMA)) == []


@pytest.mark.parametrize("part", ["description", "examples", "enumDescriptions"])
def test_a_word_without_them_is_found(part):
    planted = copy.deepcopy(dict(SCHEMA))
    found = [
        (place, node)
        for place, word, node in nodes(planted)
        if part in node and not is_described_by_its_definition(word, node)
    ]
    assert len(found) > 10
    for place, node in found:
        kept = node.pop(part)
        assert [line for line in lacking(planted) if line.startswith(f"{place}: ")], place
        node[part] = kept


def test_a_new_word_that_says_nothing_is_found():
    planted = copy.deepcopy(dict(SCHEMA))
    planted["properties"]["list"]["properties"]["planted"] = {"type": "boolean"}
    planted["$defs"]["event"]["properties"]["planted"] = {"$ref": "#/$defs/name"}
    planted["properties"]["action"]["enum"].append("planted")
    assert sorted(lacking(planted)) == [
        "/$defs/event/properties/planted: no description",
        "/$defs/event/properties/planted: no examples",
        "/properties/action: a value without a meaning",
        "/properties/list/properties/planted: no description",
        "/properties/list/properties/planted: no examples",
    ]


def broken_examples(schema: Mapping[str, Any]) -> Iterator[str]:
    for place, _, node in nodes(schema):
        judge = jsonschema.Draft202012Validator({**node, "$defs": schema["$defs"]})
        shown = [*node.get("examples", ()), *([node["default"]] if "default" in node else [])]
        yield from (f"{place}: {example!r}" for example in shown if not judge.is_valid(example))


def test_every_example_and_default_is_valid_where_it_stands():
    assert list(broken_examples(SCHEMA)) == []


def test_an_example_that_its_word_does_not_allow_is_found():
    planted = copy.deepcopy(dict(SCHEMA))
    planted["properties"]["minimal"]["examples"] = [204, "204"]
    planted["$defs"]["key"]["examples"].append({"field": "id", "form": "path.id"})
    planted["$defs"]["cors"]["properties"]["failures"]["default"] = 1
    assert len(list(broken_examples(planted))) == 3


def names_of_checks(schema: Mapping[str, Any]) -> set[str]:
    texts = " ".join(node.get("description", "") for _, _, node in nodes(schema))
    return {name.strip() for listed in re.findall(r"Checks: ([^.]+)\.", texts) for name in listed.split(",")}


def test_the_checks_that_descriptions_name_exist():
    named = names_of_checks(SCHEMA)
    assert len(named) > 40
    assert named - {*checks, *scenarios} == set()
    assert names_of_checks({**SCHEMA, "description": "Checks: settings, no_such_check."}) - {*checks, *scenarios} == {
        "no_such_check"
    }


def test_every_place_of_a_pattern_is_described():
    patterns = [match for text in re.findall(r"\^\(([a-z|]+)\)", json.dumps(SCHEMA)) for match in text.split("|")]
    assert set(patterns) <= set(SCHEMA["$defs"]["place"]["enum"])
    assert {*patterns, "latest"} == set(SCHEMA["$defs"]["place"]["enum"])


# --- a `default` says what an overlay means that leaves the word out


def members_with_defaults(node: Mapping[str, Any], value: Any) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """Objects in a value that lack a member which has a default: the object, the member, the default."""
    if "$ref" in node:
        node = {**SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]}
    for form in node.get("anyOf", ()):
        if jsonschema.Draft202012Validator({**form, "$defs": SCHEMA["$defs"]}).is_valid(value):
            yield from members_with_defaults(form, value)
    if isinstance(value, list) and "items" in node:
        for item in value:
            yield from members_with_defaults(node["items"], item)
    if not isinstance(value, dict):
        return
    known = node.get("properties", {})
    yield from (
        (value, name, child["default"]) for name, child in known.items() if "default" in child and name not in value
    )
    for name, inner in list(value.items()):
        child = known.get(name, node.get("additionalProperties"))
        if isinstance(child, Mapping):
            yield from members_with_defaults(child, inner)


def meaning(node: dict[str, Any]) -> str:
    """All that is read of a rule, or of what holds for a whole provider."""
    if "action" in node:
        return repr((parse_rule(node, {}, "rule", as_written), parse_run(node, "rule", as_written)))
    check_provider_wide(node, "provider")
    read = parse_agent(node, "provider", lambda document, _: Schema(document, "", "response"), as_written)
    shared = parse_rule({"action": "fixed"}, node, "rule", as_written)
    return repr((parse_profile(node, as_written), read, parse_fill(node, "provider", as_written), shared))


def test_the_examples_of_the_whole_can_be_read():
    assert {example.get("action") for example in SCHEMA["examples"]} == {*SCHEMA["properties"]["action"]["enum"], None}
    for example in SCHEMA["examples"]:
        assert meaning(example)


MADE = {"resource": "page", "key": {"field": "id"}, "set": {}}
WITHOUT_DEFAULTS: tuple[dict[str, Any], ...] = (
    {
        "action": "create",
        "resource": "notebook",
        "key": {"field": "id"},
        "within": {"resource": "shelf", "from": "path.shelf"},
        "taken": {"default": "raise", "raise": {"status": 409}},
        "set": {"title": {"from": "body.title"}, "count": {"latest": "count"}},
        "requires": [{"from": "body.shelf", "statuses": [404]}],
        "refuse": [{"when": {"body.title": ""}, "status": 400, "body": {}}],
        "errors": {"invalid": {"status": 422, "body": {}}},
        "lenient": [{"what": "media_type"}],
        "unique": [{"member": "title"}],
        "spelling": {},
    },
    {"action": "list", "list": {"filters": [{"from": "query.shelf", "member": "shelf"}]}},
    {
        "action": "run",
        "run": {
            "respond": [{"how": "when_done", "keep_alive": " "}],
            "busy": {"default": "reject", "reject": {"do": "refuse"}},
            "agent": {"from": "body.agent", "resource": "agent", "by": ["id"], "name": "name"},
            "commands": {"by": "body.a", "params": "body.b", "known": {"start": {"do": "start"}}, "failed": "absent"},
        },
    },
    {"action": "join", "run": {}},
    {
        "cors": {},
        "fill": {"thread": MADE},
        "agent": {
            "thread": "notebook",
            "input": {},
            "inside": {"resource": "line", "member": "a", "tasks": "b", "names": "c", "shows": "d"},
            "formats": {"lines": {"heartbeat": "-", "events": []}},
        },
    },
    {"cors": {"preflight": {"status": 200}}},
)
OF_A_PROVIDER = {"slashes", "evidence"}
"""Words with a default of their own that may stand at the root of a document."""


def test_what_an_overlay_leaves_out_means_the_default_of_the_word():
    tried = set()
    for node in copy.deepcopy(WITHOUT_DEFAULTS):
        before = meaning(node)
        for held, name, default in list(members_with_defaults(SCHEMA, node)):
            if held is node and "action" not in node and name not in OF_A_PROVIDER:
                continue
            held[name] = copy.deepcopy(default)
            assert meaning(node) == before, (name, default, node)
            tried.add((name, json.dumps(default)))
            del held[name]
    known = {(word, json.dumps(node["default"])) for _, word, node in nodes(SCHEMA) if "default" in node and word}
    assert known - tried == set()
