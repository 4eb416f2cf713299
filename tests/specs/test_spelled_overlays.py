"""A snake_case overlay on a camelCase wire is the overlay that somebody wrote in camelCase: no word is left out.

What the overlay would be is worked out here from `behaviour.schema.json`, place by place, and not from the parsers.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from support.clients import Client, make_gateway
from support.documents import JSON, document_of
from support.paths import DATA
from threadmock import specs
from threadmock.specs import loader
from threadmock.specs.behaviour.read_settings import is_setting
from threadmock.specs.behaviour.rule import Spelling
from threadmock.specs.behaviour.setting import Setting
from threadmock.specs.contract import Contract
from threadmock.specs.loader import builtin_names, load
from threadmock.specs.operations.spelling import camel, spell_schema

SCHEMA = json.loads((Path(specs.__file__).parent / "behaviour" / "behaviour.schema.json").read_text())
DEFS = SCHEMA["$defs"]
NOTEBOOKS = DATA / "notebooks"
CAMEL = {"wire": "camelCase"}

# A place is OWNER.WORD: the owner is a definition of the schema ("rule" for the whole), `*` any name.
MEMBERS = {
    "as_node.member", "agent.input.wrapped.members", "agent.inside.member", "agent.inside.tasks", "agent.inside.names", "agent.inside.shows", "agent.input.wrapped.role", "agent.input.removal.member",
    "rule.list.items", "rule.list.by", "rule.list.next", "rule.list.previous", "rule.list.total", "rule.list.filters.member",
    "rule.expires.at", "rule.expires.strategy", "rule.restores.by", "rule.restores.members", "rule.cascades.by", "rule.list.distinct.member", "setting.related.by", "setting.related.member", "key.field", "key.by", "setting.stored", "setting.parent", "setting.latest", "setting.over",
    "setting.without", "setting.append", "run.agent.by", "run.agent.name", "rule.requires.agent", "rule.unique.member", "run.commands.known.*.needs",
}  # fmt: skip
MEMBER_KEYS = {"settings", "rule.shown", "rule.merge", "rule.nulls", "rule.progress"}
TEMPLATES = {"refusal.body", "rule.refuse.body"}
# Resources, policies, parameters, headers, words that a client sends, texts, literals.
STAYS = {
    "rule.resource", "rule.requires.resource", "rule.taken.default", "rule.shown.*.query", "rule.shown.*.holds", "rule.list.pagination.next", "rule.list.pagination.total",
    "rule.progress.*", "rule.prune.keeps", "rule.expires.keeps", "rule.restores.resource", "rule.cascades.resource", "setting.related.resource", "setting.named.space", "rule.refuse.reason", "rule.refuse.media_type", "rule.fill.below.resource", "rule.fill.below.key",
    "setting.value", "setting.child", "setting.counted", "setting.weighed", "setting.template", "setting.words.*",
    "within.resource", "made.resource", "refusal.media_type", "respond.format", "respond.keep_alive", "respond.headers.*", "run.busy.default", "run.busy.*.reason",
    "run.modes.default", "run.modes.own", "run.modes.bare", "run.agent.resource", "run.commands.known.*.code", "run.commands.known.*.reason",
    "run.commands.codes.*", "run.last_event.start", "run.stop.removes", "run.headers.*", "event.event", "event.raw", "event.modes", "event.unless",
    "format.extends", "format.heartbeat", "format.headers.*", "format.nested.joint", "format.nested.bare", "format.nested.always", "agent.thread", "agent.piece", "agent.inside.resource", "agent.input.fails.empty", "agent.input.fails.role", "agent.input.fails.removed", "agent.input.fails.unnamed", "agent.input.removal.word", "agent.input.removal.every",
    "as_node.copy", "as_node.input", "as_node.next.*", "as_node.calls", "agent.ends.start", "agent.ends.end", "failure.error", "failure.message", "cors.expose", "cors.preflight.text",
    "client.label", "client.setting",
}  # fmt: skip


def respelled(value: Any, schema: Any = SCHEMA, at: str = "rule", changed: set[str] | None = None) -> Any:
    """A part of `x-behaviour` with every member name in camelCase. changed: gains the places where that made a difference."""
    made = _respelled(value, schema, at, set() if changed is None else changed)
    if changed is not None and made != value:
        changed.add(at)
    return made


def _respelled(value: Any, schema: Any, at: str, changed: set[str]) -> Any:
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    if name in ("source", "sources"):
        return [_path(each) for each in value] if isinstance(value, list) else _path(value)
    if name == "conditions" or at == "rule.refuse.when":
        return {_path(key): _wanted(wanted) for key, wanted in value.items()}
    if at in STAYS:
        return value
    if at in MEMBERS:
        return list(map(camel, value)) if isinstance(value, list) else value and camel(value)
    if at in TEMPLATES:
        return _template(value)
    if at == "event.schema":
        return spell_schema(value)
    if at == "setting.otherwise":
        return respelled(value, DEFS["setting"], "setting", changed) if is_setting(value) else value
    if name:
        return respelled(value, DEFS[name], name, changed)
    if "anyOf" in schema:
        branch = next(each for each in schema["anyOf"] if _is_valid(value, each))
        return _respelled(value, branch, at, changed)
    if isinstance(value, list):
        return [respelled(each, schema["items"], at, changed) for each in value]
    if not isinstance(value, dict):
        return value
    known, other = schema.get("properties", {}), schema.get("additionalProperties")
    return {
        (camel(key) if at in MEMBER_KEYS else key): (
            respelled(each, known[key], f"{at}.{key}", changed)
            if key in known
            else respelled(each, other, f"{at}.*", changed)
        )
        for key, each in value.items()
    }


def _is_valid(value: Any, schema: Any) -> bool:
    return _validator(json.dumps(schema)).is_valid(value)


@cache
def _validator(text: str) -> Any:
    return jsonschema.Draft202012Validator({**json.loads(text), "$defs": DEFS})


def _path(text: str) -> str:
    if text in ("body", "item"):  # alone: there is no member to spell
        return text
    place, _, path = text.partition(".")
    return (
        f"{place}.{camel(path)}"
        if path and place in ("body", "item", "stored", "parent", "latest", "earlier", "listed")
        else text
    )


def _wanted(wanted: Any) -> Any:
    if not isinstance(wanted, dict) or "unknown" not in wanted:
        return wanted
    if isinstance(wanted["unknown"], list):
        return {"unknown": [_wanted({"unknown": each})["unknown"] for each in wanted["unknown"]]}
    resource, _, member = wanted["unknown"].partition(".")
    return {"unknown": f"{resource}.{camel(member)}"}


def _template(node: Any) -> Any:
    if isinstance(node, dict):
        return {camel(name): _template(child) for name, child in node.items()}
    return list(map(_template, node)) if isinstance(node, list) else node


def places(schema: Any, at: str) -> Iterator[str]:
    """Every place of the vocabulary that can hold a name, or a part with names; objects that are spelled out are not one."""
    for part in schema.get("anyOf", [schema]):
        words, other = part.get("properties", {}), part.get("additionalProperties")
        if "items" in part:
            yield from places(part["items"], at)
        elif not words and not isinstance(other, dict) and not _is_plain(part):
            yield at
        for word, each in words.items():
            yield from places(each, f"{at}.{word}")
        if isinstance(other, dict):
            yield from places(other, f"{at}.*")


def _is_plain(schema: Any) -> bool:
    target = DEFS[schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema
    return "enum" in target or "const" in target or target.get("type") in ("integer", "number", "boolean")


def every_place() -> set[str]:
    owners = {"rule": SCHEMA, **{name: each for name, each in DEFS.items() if name not in ("name", "source", "sources", "conditions")}}  # fmt: skip
    # What these hold is looked at below their own names, and is nothing but words of ours or texts.
    return {place for name, each in owners.items() for place in places(each, name)} - {"rule.lenient", "rule.spelling", "rule.cors", "rule.client"}  # fmt: skip


def _from(word: str) -> dict[str, Any]:
    return {"from": f"body.a_{word}.b_{word}"}


def _setting(word: str) -> dict[str, Any]:
    return {"members": {f"m_{word}": _from(word)}}


def _made(word: str, **more: Any) -> dict[str, Any]:
    made = {"resource": "kept_resource", "key": {"field": f"k_{word}"}, "set": {f"s_{word}": _setting(word)}}
    return {**made, "also": [{**made, "key": {"field": f"below_{word}"}}], **more}


def _when(word: str) -> dict[str, Any]:
    return {f"body.w_{word}": "kept_word", f"item.w_{word}.v_{word}": True, f"stored.w_{word}": 1, f"parent.w_{word}": None, "query.kept_query": 1}  # fmt: skip


SETTINGS = [
    {"value": {"kept_name": 1}},
    {"from": ["body.first_of", "body.second_of", "header.kept-header_name"], "without": ["left_out"], "only": "item.names_of", "words": {"kept_word": "kept_text"}, "when": "body.when_it"},
    {"count": ["body.count_one", "body.count_two"]},
    {"members": {"inner_one": "now", "inner_two": {"value": "kept_text"}}, "from": "body.guard_of"},
    {"minutes_after": "body.minutes_of"},
    {"stored": "stored_one.stored_two", "plus_item": "body.plus_item_of", "minus_item": "body.minus_item_of"}, {"parent": "parent_one"}, {"latest": "latest_one"},
    {"child": "kept_resource"}, {"counted": "kept_resource"}, {"weighed": "kept_resource"},
    {"list": [{"from": "body.listed_one"}]},
    {"text": "body.text_of"}, {"template": "kept_text $key"},
    {"keyed": "body.keyed_by", "of": _setting("keyed")},
    {"merged": "body.merged_of", "over": "latest.over_this", "append": ["added_to"]},
    {"merged": {"members": {"made_of": "now"}}, "over": "over_that"},
    {"messages": "body.messages_of", "of": {"members": {"message_of": {"from": "item.text"}}}},
    {"each": "body.each_of", "of": {"members": {"of_each": {"from": "item.of_it"}}}},
    {"from": "body.a_b", "otherwise": {"stored": "otherwise_of"}},
    {"from": "body.c_d", "otherwise": {"kept_name": {"kept_literal": 1}}},
    {"related": {"resource": "kept_resource", "by": ["related_by"], "is": {"from": "body.related_is"}, "member": "shown_one.shown_two", "at": [{"from": "body.further_down"}]}},
    {"scheduled": {"schedule": {"from": "body.cron_schedule"}, "zone": {"stored": "time_zone"}}},
    {"named": {"name": {"from": "body.some_name"}, "space": "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}},
    {"declared": {"name": {"stored": "agent_named"}, "depth": {"from": "body.how_deep_in"}, "namespace": {"from": "body.name_space"}, "of": {"from": "item.of_agent"}}},
    {"tally": "total"}, {"sequence": "parent"}, "uuid4", "absent",
]  # fmt: skip
REFUSAL = {"status": 400, "media_type": "kept_type/json", "body": {"error_code": "$code", "all_errors": {"$each": {"error_text": "kept_text"}}}}  # fmt: skip
RUN = {
    "respond": [
        {"how": "stream", "when": _when("respond"), "format": "kept_format", "keep_alive": "kept_text"},
        {"how": "when_done", "reply": _setting("respond"), "headers": {"kept_header": "kept_text"}},
    ],
    "busy": {"by": "body.busy_by", "default": "kept_policy", "kept_policy": {"do": "wait", "reason": "kept_text"}},
    "modes": {"from": "body.modes_of", "default": ["kept_mode"], "own": "kept_mode", "bare": ["kept_mode"]},
    "resume": "body.resume_with",
    "goto": "body.nodes_to_go",
    "pause": {"before": "body.pause_before", "after": "body.pause_after"},
    "follows": ["body.follows_one", "body.follows_two"],
    "delay": "body.delay_of",
    "disconnect": _when("disconnect"), "makes_thread": _when("makes"), "kept": _when("kept"), "cancels": _when("cancels"),
    "agent": {"from": "body.agent_of", "resource": "kept_resource", "by": ["agent_id", "other_id"], "name": "agent_name", "make": _made("agent")},
    "alone": _made("alone"),
    "commands": {
        "by": "body.command_name", "params": "body.all_params", "failed": _setting("failed"), "codes": {"unknown": "kept_code"},
        "known": {"kept_command": {"do": "refuse", "needs": ["needed_one"], "code": "kept_code", "reason": "kept_text", "reply": _setting("command")}},
    },
    "last_event": {"from": "body.last_event", "start": ["kept_word"]},
    "stop": {"by": "body.stop_by", "removes": ["kept_word"], "keys": "body.stop_keys", "status": "body.stop_status"},
    "headers": {"kept_header": "kept_text"},
}  # fmt: skip
AS_NODE = {"from": "body.node_of", "member": "next_of", "copy": "kept_word", "input": "kept_word", "next": {"kept_node": ["kept_next"]}, "calls": "kept_word", "messages": "body.said_here", "agent": {"parent": "agent_asked"}}  # fmt: skip
RULE = {
    "action": "create",
    "resource": "kept_resource",
    "within": {"resource": "kept_resource", "from": "body.within_of", "within": {"resource": "kept_resource", "from": "body.above_it"}, "create": _made("within")},
    "key": {"field": "key_field", "from": ["body.key_one", "body.key_two"], "by": ["key_beside"]},
    "taken": {"by": "body.taken_by", "default": "kept_policy", "kept_policy": {"status": 409}},
    "set": {f"set_{at}.in_it": each for at, each in enumerate(SETTINGS)},
    "shown": {"shown_one": {"query": "kept_query", "holds": "kept_word"}},
    "requires": [{"from": "body.required_id", "statuses": [404], "agent": ["agent_name"], "resource": "kept_resource"}],
    "list": {
        "items": "all_items", "by": "ordered_by", "next": "next_page", "previous": "previous_page", "total": "total_count",
        **{word: f"body.list_{word}" for word in ("limit", "offset", "page", "sort", "direction", "select", "extract")},
        "after": ["body.list_after", "body.after_two"], "before": "body.list_before",
        "pagination": {"next": "kept_header", "total": "kept_total"},
        "filters": [{"from": "body.filter_by", "member": "filtered_one.filtered_two"}],
        "distinct": {"member": "distinct_one", "depth": "body.how_deep"},
        "item": {"item_one": _setting("item")},
    },
    "merge": {"merged_one": "deep", "*": "shallow"},
    "nulls": {"null_one": "removes"},
    "empty": {"empty_one": _setting("empty")},
    "reply": _setting("reply"),
    "also": [_made("also", within={"resource": "kept_resource", "from": "body.also_within"}, each="body.also_each", when="body.also_when", touch={"also_touch": "now"}, as_node={**AS_NODE, "each": "body.all_updates"})],
    "touch": {"touch_one": "now"},
    "copies": {"kept_resource": {"copied_one": "now"}},
    "as_node": AS_NODE,
    "inside": {"from": "body.inside_of", "shown": "body.shown_inside"},
    "prune": {"keys": "body.prune_keys", "strategy": "body.prune_by", "keeps": "kept_resource"},
    "restores": {"resource": "kept_resource", "by": "version_number", "from": "body.version_asked", "members": ["taken_over"]},
    "cascades": [{"resource": "kept_resource", "by": "owner_id", "when": "body.also_owned"}],
    "expires": {"at": "ends_one.ends_at", "strategy": "ends_one.ends_how", "keeps": "kept_resource"},
    "refuse": [
        {"when": {"stored.met_one": 1, "parent.met_two": 2, "listed.met_three": 3, "body.met_four": {"unknown": "kept_resource.met_five.met_six"}, "header.kept_header": True}, "status": 409, "reason": "kept_text", **{word: REFUSAL[word] for word in ("body", "media_type")}},
        {"when": {"item.met_seven": {"present": True}}, "some": "body.some_items", "status": 409},
    ],
    "unique": [{"member": "unique_one.unique_two", "among": "all"}],
    "headers": {"kept_header": _setting("header")},
    "conditional": {"if_match": 412},
    "progress": {"moved_one": ["kept_word", "kept_words"]},
    "select": "body.select_by",
    "run": RUN,
    "errors": {"invalid": REFUSAL},
}  # fmt: skip
WIDE = {
    "errors": dict.fromkeys(DEFS["errors"]["properties"], REFUSAL),
    "initial": [_made("initial")],
    "agent": {
        "thread": "kept_resource",
        "piece": "kept_resource",
        "input": {word: _setting(word) for word in ("content", "otherwise", "again")} | {"roles": {"kept_role": "user"}, "fails": {"empty": {"error": "kept_text", "message": "kept_text"}}, "pending": _setting("pending"), "wrapped": {"members": "wrapped_in", "role": "role_in"}, "removal": {"member": "taken_by", "word": "kept_word", "every": "kept_word"}},
        "step": _setting("step"),
        "inside": {"resource": "kept_resource", "member": "graph_of.it_is", "tasks": "all_tasks", "names": "graph_in.named_as", "shows": "shown_as"},
        "ends": {"start": "kept_word", "end": "kept_word"},
        "declared": [_made("declared")],
        "on": {
            "begun": {**{word: {f"on_{word}": _setting(word)} for word in ("run", "latest", "thread")}, "make": _made("on"), "when": _when("on")},
            "ended": [{"thread": {"at_end": "now"}}],
        },
        "formats": {
            "kept_format": {"events": [], "heartbeat": "kept_text", "headers": {"kept_header": "kept_text"}, "numbered": "body.is_numbered", "nested": {"by": "body.is_nested", "joint": "kept_text", "bare": ["kept_event"], "always": ["kept_event"]}},
            "other_format": {"extends": "kept_format", "events": [{
                "on": "part", "event": "kept_event", "data": _setting("data"), "raw": "kept_text", "modes": ["kept_mode"], "unless": ["kept_mode"], "when": _when("event"),
                "each": _from("each"), "schema": {"type": "object", "properties": {"schema_one": {"type": "string"}}, "required": ["schema_one"]},
            }]},
        },
        "results": {"ended": _setting("result")},
    },
    "cors": {"expose": ["kept_header"], "preflight": {"status": 204, "text": "kept_text"}},
    "client": {"label": "kept_text", "setting": "kept_text"},
}  # fmt: skip
FILL = {
    "thread": _made("thread"),
    "below": {"resource": "kept_resource", "key": "kept_key"},
    "opening": _made("opening"),
}
QUERY = [{"name": "kept_query", "in": "query", "schema": {"type": "integer"}}]


@pytest.fixture(autouse=True)
def words_in_vain(monkeypatch):
    """No operation has a use for every word: what would do nothing is another test's."""
    monkeypatch.setattr(loader, "check_effects", lambda *_: None)


def contract_of(rule: Any, wide: Any, tmp_path: Path, spelling: Any) -> Contract:
    replies = {"201": {"description": "", "content": {JSON: {"schema": {"type": "object"}}}}}
    node = {"parameters": QUERY, "responses": replies, "x-behaviour": rule}
    document = document_of({"/things": {"post": node}}, **{"x-behaviour": {**wide, "spelling": spelling}})
    (tmp_path / "api.json").write_text(json.dumps(document))
    return load(tmp_path / "api.json")


def records(contract: Contract) -> list[str]:
    """Everything that the behaviour of a contract is made of, but for the spelling."""
    rules = [repr((str(each), replace(each.rule, spelling=Spelling(), why=""))) for each in contract.operations]
    profile = contract.profile
    return [*rules, *map(repr, (profile.agent, profile.fill, profile.initial, profile.refusals, profile.cors))]


@pytest.mark.parametrize("per", ["message", "turn"])
def test_every_word_of_the_vocabulary_is_read_in_the_spelling_of_the_wire(per, tmp_path):
    wide = {**WIDE, "fill": {**FILL, per: _made(per)}}
    made = records(contract_of(RULE, wide, tmp_path, CAMEL))
    written = records(contract_of(respelled(RULE), respelled(wide), tmp_path, {}))
    assert made == written
    assert made != records(contract_of(RULE, wide, tmp_path, {}))


def test_the_overlay_of_every_word_lacks_none_and_names_something_at_each():
    changed: set[str] = set()
    for per in ("message", "turn"):
        respelled(RULE, changed=changed)
        respelled({**WIDE, "fill": {**FILL, per: _made(per)}}, changed=changed)
    assert every_place() - STAYS - changed == set(), (
        "a word of the vocabulary is not in the overlay, or holds no member name"
    )
    assert changed & STAYS == set()
    assert changed >= MEMBERS | TEMPLATES


def test_no_member_name_of_the_overlay_is_left_in_any_record(tmp_path):
    text = "".join(records(contract_of(RULE, {**WIDE, "fill": {**FILL, "turn": _made("turn")}}, tmp_path, CAMEL)))
    planted = {word for word in _names([RULE, WIDE, FILL]) if not word.startswith(("kept_", "other_format"))}
    assert len(planted) > 150
    assert [word for word in sorted(planted) if f"'{word}'" in text] == []
    assert "keptResource" not in text
    assert "keptHeader" not in text


def _names(node: Any) -> Iterator[str]:
    """Every name with an underscore in a place for member names: the keys and the dotted steps, words of ours left out."""
    ours = {word for place in every_place() for word in place.split(".")} | {word for each in DEFS.values() for word in each.get("properties", {})}  # fmt: skip
    ours |= {"unknown_name", "unknown_key", "default_limit", "no_route", "no_method"}
    for part in node if isinstance(node, list) else [node]:
        if isinstance(part, Mapping):
            yield from _names([*part, *part.values()])
        elif isinstance(part, list):
            yield from _names(part)
        elif isinstance(part, str):
            steps = (
                [] if part.startswith(("header.", "query.", "path.")) or " " in part or "/" in part else part.split(".")
            )
            yield from (
                step for step in steps if "_" in step and step not in ours and step not in ("at_once", "when_done")
            )


SHIPPED = [
    *((name, layer) for name in builtin_names() for layer in ("documented", "observed")),
    (NOTEBOOKS, "documented"),
]


@pytest.mark.parametrize(("source", "layer"), SHIPPED, ids=lambda each: getattr(each, "name", each))
def test_every_overlay_that_we_ship_could_have_been_written_in_camel_case(source, layer, tmp_path):
    tree = json.loads(json.dumps(load(source, layer=layer).document))
    wire = tmp_path / "wire.yaml"
    wire.write_text(yaml.safe_dump({"overlay": "1.0.0", "info": {"title": "W", "version": "1"}, "actions": [{"target": "$", "update": {"x-behaviour": {"spelling": {"wire": "camelCase"}}}}]}))  # fmt: skip
    tree.setdefault("x-behaviour", {}).pop("spelling", None)
    written = tmp_path / "api.json"
    text = json.dumps(_written_in_camel_case(tree))
    # A reference may lead to a member of a schema.
    written.write_text(re.sub(r"(?<=/properties/)[^/\"]+", lambda step: camel(step[0]), text))
    assert records(load(source, layer=layer, overlays=[wire])) == records(load(written))


@pytest.mark.parametrize(("source", "layer"), SHIPPED, ids=lambda each: getattr(each, "name", each))
def test_what_an_event_reads_of_a_beat_is_a_single_word_which_no_spelling_changes(source, layer):
    agent = load(source, layer=layer).profile.agent
    events = [event for each in agent.formats.values() for event in each.events] if agent else []
    read = {step for event in events for step in _beat_words(event.data) | _beat_words(event.each)}
    assert {camel(word) for word in read} == read
    assert read or not events


def _beat_words(setting: Setting | None) -> set[str]:
    """The words of a beat that a setting reads; in an `each`, what it makes of an item reads the item instead."""
    if setting is None:
        return set()
    inner = () if setting.kind == "each" else dict(setting.members).values()
    found = {source.steps[0] for source in setting.sources if source.place == "item"}
    return found.union(*map(_beat_words, (*inner, setting.otherwise)))


def _written_in_camel_case(node: Any) -> Any:
    if isinstance(node, list):
        return list(map(_written_in_camel_case, node))
    if not isinstance(node, dict):
        return node
    by_word: Mapping[str, Callable[[Any], Any]] = {
        "x-behaviour": respelled,
        "schema": spell_schema,
        "schemas": lambda each: {name: spell_schema(schema) for name, schema in each.items()},
    }
    return {word: by_word.get(word, _written_in_camel_case)(each) for word, each in node.items()}


def test_a_rule_that_nobody_wrote_is_inferred_in_the_spelling_of_the_wire(tmp_path):
    thing = {"type": "object", "properties": {"thing_id": {"type": "string"}, "created_at": {"type": "string", "format": "date-time"}}}  # fmt: skip
    error = {"type": "object", "properties": {"error_text": {"type": "string"}, "error_code": {"type": "string"}}, "required": ["error_text", "error_code"]}  # fmt: skip
    many = {"type": "object", "properties": {"all_things": {"type": "array", "items": thing}}}
    found = []
    for spell, spelling in ((lambda schema: schema, CAMEL), (spell_schema, {})):
        thing_media, error_media, many_media = (
            {"content": {JSON: {"schema": spell(each)}}} for each in (thing, error, many)
        )
        refused = {"404": {"description": "", **error_media}, "422": {"description": "", **error_media}}
        one = {"parameters": [{"name": "thing", "in": "path", "required": True, "schema": {"type": "string"}}], "responses": {"200": {"description": "", **thing_media}, **refused}}  # fmt: skip
        paths = {
            "/things": {"post": {"requestBody": thing_media, "responses": {"201": {"description": "", **thing_media}, **refused}}, "get": {"responses": {"200": {"description": "", **many_media}}}},
            "/things/{thing}": {"get": one, "patch": one},
        }  # fmt: skip
        (tmp_path / "api.json").write_text(json.dumps(document_of(paths, **{"x-behaviour": {"spelling": spelling}})))
        found.append(records(load(tmp_path / "api.json")))
    assert found[0] == found[1]
    for name in ("thingId", "createdAt", "errorText", "errorCode", "allThings"):
        assert f"'{name}'" in "".join(found[0])


def test_a_key_named_by_the_path_is_a_member_of_the_wire_and_a_parameter_of_the_document(tmp_path):
    one = {"parameters": [{"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}}], "responses": {"200": {"description": ""}}}  # fmt: skip
    document = document_of({"/things/{thing_id}": {"get": one}}, **{"x-behaviour": {"spelling": CAMEL}})
    (tmp_path / "api.json").write_text(json.dumps(document))
    key = load(tmp_path / "api.json").operations[0].rule.key
    assert (key.member, str(key.source)) == ("thingId", "path.thing_id")


INFO = {"type": "object", "properties": {"some_info": {"type": "object"}, "thing_id": {"type": "string"}}}


@pytest.mark.parametrize(("spelling", "spell"), [(CAMEL, camel), ({}, str)], ids=["camelCase", "as written"])
@pytest.mark.parametrize("left_out", [{"without": ["inner_name"]}, {"only": "body.kept_names"}, {}], ids=str)
def test_members_that_are_left_out_on_a_camel_case_wire_stay_out_of_the_answer(left_out, spelling, spell, tmp_path):
    info = {"from": "body.some_info", **left_out}
    rule = {"action": "create", "resource": "thing", "key": {"field": "thing_id"}, "set": {"some_info": info}}
    media = {"content": {JSON: {"schema": INFO}}}
    node = {"requestBody": media, "responses": {"201": {"description": "", **media}}, "x-behaviour": rule}
    document = document_of({"/things": {"post": node}}, **{"x-behaviour": {"spelling": spelling}})
    (tmp_path / "api.json").write_text(json.dumps(document))
    client = Client(make_gateway(tmp_path / "api.json"))
    sent = {spell("inner_name"): 1, "keep": 2}
    answer = client.post("/things", {spell("some_info"): sent, spell("kept_names"): ["keep", "other"]})
    assert (answer.status, answer.json()[spell("some_info")]) == (201, {"keep": 2} if left_out else sent)
    answer = client.post("/things", {spell("some_info"): sent})
    assert (answer.status, answer.json()[spell("some_info")]) == (201, {"keep": 2} if "without" in left_out else sent)
