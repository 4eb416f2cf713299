"""The provider folders: facts as in the documents they come from, data only, and nothing inferred that is not said so."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import threadmock.specs
from threadmock.specs.documents import overlay
from threadmock.specs.documents.document import read_document
from threadmock.specs.loader import builtin_names, load
from threadmock.specs.schemas.formats import FORMAT_CHECKER

SPECS = Path(threadmock.specs.__file__).parent
PROVIDERS = SPECS / "providers"
FACTS = Path(__file__).parent / "seed-facts"
NAMES = ("ishvana", "langsmith", "lighton", "scale", "seekrflow")
DOCUMENTED = ("langsmith", "lighton", "scale", "seekrflow")
ALWAYS = {"openapi.yaml", "behaviour.overlay.yaml", "SOURCES.md", "transcripts"}
WHERE_IT_DIFFERS = {"observed.overlay.yaml"}
LONGEST_SENTENCE = 160

ANNOTATIONS = frozenset({"summary", "description"})
MAPS_OF_NAMES = frozenset(
    {"paths", "schemas", "securitySchemes", "responses", "properties", "content", "examples", "headers"}
)
LITERALS = frozenset({"default", "value", "example", "enum", "const"})


def read(path: Path) -> dict[str, Any]:
    return read_document(path).tree


def layered(name: str, layer: str) -> dict[str, Any]:
    """The provider's document after the overlays of a layer."""
    files = ["behaviour.overlay.yaml"] + (["observed.overlay.yaml"] if layer == "observed" else [])
    found = [read_document(PROVIDERS / name / file) for file in files if (PROVIDERS / name / file).exists()]
    return overlay.apply(read(PROVIDERS / name / "openapi.yaml"), found)


LAYERS = [
    pytest.param(name, layer, id=f"{name}-{layer}")
    for name in NAMES
    for layer in ("documented", "observed")
    if layer == "documented" or (PROVIDERS / name / "observed.overlay.yaml").exists()
]


def escaped(step: object) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def facts(node: Any, at: str = "", *, names: bool = False, literal: bool = False) -> Iterator[tuple[str, str]]:
    """Every node as (JSON pointer, JSON text), without summaries and descriptions. Containers are "{}" and "[]"."""
    if isinstance(node, dict):
        yield at, "{}"
        for key, child in node.items():
            keyword = not names and not literal
            if keyword and key in ANNOTATIONS:
                continue
            yield from facts(
                child,
                f"{at}/{escaped(key)}",
                names=keyword and key in MAPS_OF_NAMES,
                literal=literal or (keyword and key in LITERALS),
            )
    elif isinstance(node, list):
        yield at, "[]"
        for index, child in enumerate(node):
            yield from facts(child, f"{at}/{index}", literal=literal)
    else:
        yield at, json.dumps(node)


def section(pointer: str) -> str:
    """What a failure names: one operation, one schema, one security scheme, else one member of the root."""
    steps = pointer.split("/")[1:]
    return "/" + "/".join(steps[:3] if steps and steps[0] in ("paths", "components") else steps[:1])


def differences(expected: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """What differs, each as "POINTER: expected X, got Y". JSON types count: 0 is not false, 1 is not "1"."""
    left, right = dict(facts(expected)), dict(facts(got))
    return [
        f"{pointer}: expected {left.get(pointer, 'nothing')}, got {right.get(pointer, 'nothing')}"
        for pointer in sorted(left.keys() | right.keys())
        if left.get(pointer) != right.get(pointer)
    ]


def seed(name: str) -> dict[str, Any]:
    return read(FACTS / f"{name}.openapi.yaml")


def ours(name: str) -> dict[str, Any]:
    return read(PROVIDERS / name / "openapi.yaml")


def sections() -> Iterator[Any]:
    for name in DOCUMENTED:
        pointers = dict(facts(seed(name))).keys()
        for where in sorted({section(pointer) for pointer in pointers}):
            yield pytest.param(name, where, id=f"{name}:{where}")


@pytest.mark.parametrize(("name", "where"), list(sections()))
def test_every_path_and_schema_holds_the_facts_of_the_seed(name, where):
    found = [line for line in differences(seed(name), ours(name)) if section(line.split(": ")[0]) == where]
    if where == "/tags":  # the rest of a family may have tags of its own
        found = [line for line in found if ": expected nothing, got " not in line]
    assert found == []


def pointers_of(name: str) -> list[str]:
    return [pointer for pointer, _ in facts(seed(name)) if pointer]


def holder_of(tree: Any, pointer: str) -> tuple[Any, Any]:
    """The container that holds a node, and the node's key or index in it."""
    *steps, last = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
    for step in steps:
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    return tree, int(last) if isinstance(tree, list) else last


@pytest.mark.parametrize("name", DOCUMENTED)
def test_any_fact_that_is_dropped_is_reported(name):
    expected = seed(name)
    for pointer in pointers_of(name):
        changed = copy.deepcopy(expected)
        holder, key = holder_of(changed, pointer)
        del holder[key]
        assert any(line.startswith(pointer.rsplit("/", 1)[0]) for line in differences(expected, changed)), pointer


@pytest.mark.parametrize("name", DOCUMENTED)
@pytest.mark.parametrize("value", ["changed", {}, [], False, 0, None], ids=repr)
def test_any_fact_that_is_replaced_is_reported_where_it_stands(name, value):
    expected = seed(name)
    for pointer in pointers_of(name):
        changed = copy.deepcopy(expected)
        holder, key = holder_of(changed, pointer)
        if json.dumps(holder[key]) == json.dumps(value):
            continue
        holder[key] = value
        assert any(line.startswith(pointer) for line in differences(expected, changed)), pointer


@pytest.mark.parametrize("name", DOCUMENTED)
def test_any_member_that_is_added_is_reported_where_it_stands(name):
    expected = seed(name)
    for pointer in pointers_of(name):
        changed = copy.deepcopy(expected)
        holder, key = holder_of(changed, pointer)
        if isinstance(holder[key], dict):
            holder[key]["x-planted"] = 1
            assert differences(expected, changed) == [f"{pointer}/x-planted: expected nothing, got 1"]


PLANTED = {
    "a required member is dropped": ("scale", "/components/schemas/ChatThreadRequest/required/2", None),
    "a type is another": ("lighton", "/components/schemas/ThreadResponse/properties/agent_id/type", "number"),
    "a limit is another": ("lighton", "/components/schemas/CreateThreadRequest/properties/name/maxLength", 254),
    "false becomes 0": ("scale", "/components/schemas/ChatThreadRequest/properties/account_id/can_patch", 0),
    "true becomes text": ("lighton", "/components/schemas/ThreadResponse/properties/name/readOnly", "true"),
    "a sibling of a reference is dropped": ("seekrflow", "/components/schemas/Thread/properties/status/default", None),
    "a format is dropped": ("langsmith", "/components/schemas/ThreadCreate/properties/thread_id/format", None),
    "credentials are no longer asked for": ("seekrflow", "/paths/~1v1~1threads/post/security/0", None),
    "a reply is gone": ("langsmith", "/paths/~1threads/post/responses/409", None),
    "an example holds another value": (
        "lighton",
        "/paths/~1api~1v3~1threads/post/requestBody/content/application~1json/examples/CreateThreadRequest/value/agent_id",
        2,
    ),
}


@pytest.mark.parametrize(("name", "pointer", "value"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_change_is_reported(name, pointer, value):
    changed = copy.deepcopy(ours(name))
    holder, key = holder_of(changed, pointer)
    if value is None:
        del holder[key]
    else:
        holder[key] = value
    found = differences(seed(name), changed)
    assert [line for line in found if line.startswith((f"{pointer}: ", f"{pointer}/"))]


def test_a_sentence_of_ours_is_no_difference_and_a_member_called_description_is_a_fact():
    expected = {"paths": {}, "components": {"schemas": {"A": {"properties": {"description": {"type": "string"}}}}}}
    changed = copy.deepcopy(expected)
    changed["components"]["schemas"]["A"]["description"] = "ours"
    assert differences(expected, changed) == []
    changed["components"]["schemas"]["A"]["properties"] = {}
    assert differences(expected, changed) != []


# Folders


def test_there_is_one_folder_per_provider():
    assert sorted(path.name for path in PROVIDERS.iterdir()) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_holds_the_same_files_as_every_other_and_data_only(name):
    found = {path.name for path in (PROVIDERS / name).iterdir()}
    assert found >= ALWAYS
    assert found - ALWAYS <= WHERE_IT_DIFFERS
    everything = [path for path in (PROVIDERS / name).rglob("*") if path.is_file()]
    assert {path.suffix for path in everything} == {".yaml", ".md"}
    assert len(list((PROVIDERS / name / "transcripts").iterdir())) >= 4


def sentences(node: Any, at: str = "", *, names: bool = False) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, child in node.items():
            if not names and key in ANNOTATIONS and isinstance(child, str):
                yield f"{at}/{key}", child
            yield from sentences(child, f"{at}/{key}", names=not names and key in MAPS_OF_NAMES)
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from sentences(child, f"{at}/{index}")


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_summaries_and_descriptions_are_short(name, layer):
    long = [(at, text) for at, text in sentences(layered(name, layer)) if len(text) > LONGEST_SENTENCE]
    assert long == []


# Rules


def rules_of(tree: dict[str, Any]) -> dict[str, Any]:
    """Where an `x-behaviour` stands ("root", "post /threads") to what it holds."""
    found = {"root": tree["x-behaviour"]}
    for path, item in tree["paths"].items():
        found |= {f"{method.upper()} {path}": operation["x-behaviour"] for method, operation in item.items()}
    return found


def vocabulary() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json.loads((SPECS / "behaviour" / "behaviour.schema.json").read_text(encoding="utf-8"))
    )


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_every_rule_keeps_to_the_vocabulary(name, layer):
    for where, rule in rules_of(layered(name, layer)).items():
        assert [error.message for error in vocabulary().iter_errors(rule)] == [], where


@pytest.mark.parametrize(
    "change", [{"invented": 1}, {"action": "make"}, {"set": {"id": "uuid9"}}, {"evidence": "sure"}]
)
def test_a_word_outside_the_vocabulary_is_refused(change):
    rule = {**layered("langsmith", "documented")["paths"]["/threads"]["post"]["x-behaviour"], **change}
    assert not vocabulary().is_valid(rule)


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_every_operation_has_a_rule_and_every_provider_tells_a_client_where_to_point(name, layer):
    rules = rules_of(layered(name, layer))
    assert [where for where, rule in rules.items() if where != "root" and "action" not in rule] == []
    assert sum(rule.get("action") == "create" and rule["resource"] == "thread" for rule in rules.values()) >= 1
    assert rules["root"]["client"]["label"]
    assert "$base" in rules["root"]["client"]["setting"]


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_every_member_that_a_reply_requires_has_a_value_by_rule(name, layer):
    tree = layered(name, layer)
    for item in tree["paths"].values():
        for operation in item.values():
            rule = operation["x-behaviour"]
            if rule["action"] != "create" or "reply" in rule:
                continue
            success = min(status for status in operation["responses"] if status.startswith("2"))
            reference = operation["responses"][success]["content"]["application/json"]["schema"]["$ref"]
            schema = tree["components"]["schemas"][reference.rsplit("/", 1)[1]]
            assert set(schema["required"]) <= {rule["key"]["field"], *rule["set"]}


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_every_provider_loads_with_a_declared_rule_and_keeps_its_vendor_keywords(name, layer):
    contract = load(name, layer=layer)
    assert [str(operation) for operation in contract.operations if operation.rule.inferred] == []
    assert [line for line in contract.warnings if "can_patch" not in line and "nullable" not in line] == []
    assert [text.count('"can_patch": false') for text in [json.dumps(contract.document)]] == [
        4 if name == "scale" else 0
    ]


def test_the_built_in_names_are_the_folders():
    assert builtin_names() == NAMES


def test_the_observed_layers_add_what_was_seen():
    assert {operation.security for operation in load("scale").operations} == {()}
    for operation in load("scale", layer="observed").operations:
        ((scheme,),) = operation.security
        assert (scheme.location, scheme.name, scheme.evidence) == ("header", "x-api-key", "observed")
    seen = load("langsmith", layer="observed").operations[0].rule
    assert {item.what for item in seen.lenient} == {
        "media_type", "plain_text", "duplicate_keys", "empty_key", "uuid_forms",
    }  # fmt: skip
    assert [item.what for item in load("langsmith").operations[0].rule.lenient] == ["plain_text"]
    assert seen.key is not None
    assert seen.key.otherwise == "uuid7"
    spellings = [load("ishvana", layer=layer).operations[0].rule.spelling for layer in ("documented", "observed")]
    assert [(spelling.wire, spelling.accepts_both) for spelling in spellings] == [
        ("as written", True),
        ("camelCase", True),
    ]


# What is inferred, and where that is said


def words(node: Any) -> set[str]:
    """The words of evidence of an `x-evidence`, below documented."""
    return set(node.values() if isinstance(node, dict) else [node]) - {"documented"}


def label(steps: tuple[str, ...], tree: dict[str, Any]) -> str:
    """What SOURCES.md calls a node.

    `Schema.member`, a scheme, `GET /path` of an operation, the name of a parameter, else a status or media type; a
    schema of a reply's own by the path.
    """
    if steps[:2] == ("components", "schemas"):
        members = [steps[i + 1] for i in range(2, len(steps) - 1) if steps[i] == "properties"]
        return ".".join([steps[2], *members])
    if steps[:2] == ("components", "securitySchemes"):
        return steps[2]
    if steps[0] != "paths":
        return steps[0]
    if len(steps) == 3:
        return f"{steps[2].upper()} {steps[1]}"
    if steps[3] == "parameters":
        return str(tree["paths"][steps[1]][steps[2]]["parameters"][int(steps[4])]["name"])
    cut = steps.index("schema") if "schema" in steps else len(steps)
    return steps[cut - 1] if steps[1] != "/info" else "/info"


def inferred_facts(node: Any, tree: dict[str, Any], steps: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(label, word) of every `x-evidence` that is not documented."""
    if isinstance(node, dict):
        if "x-evidence" in node and steps and steps[-1] != "properties":
            yield from ((label(steps, tree), word) for word in words(node["x-evidence"]))
        for key, child in node.items():
            if key not in ("x-evidence", "x-behaviour"):
                yield from inferred_facts(child, tree, (*steps, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from inferred_facts(child, tree, (*steps, str(index)))


def inferred_rules(where: str, node: Any, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(label, word) of every `evidence` in a rule that is not documented.

    `set.member`, `errors.kind`, `shown.member`, another word of the rule, or the operation for the whole rule.
    """
    if isinstance(node, dict):
        if node.get("evidence", "documented") != "documented":
            named = ".".join(steps[:2] if steps[:1] in (("set",), ("errors",), ("shown",)) else steps[:1])
            yield named or where, node["evidence"]
        for key, child in node.items():
            yield from inferred_rules(where, child, (*steps, key))
    elif isinstance(node, list):
        for child in node:
            yield from inferred_rules(where, child, steps)


def inferred(name: str, layer: str) -> set[tuple[str, str]]:
    tree = layered(name, layer)
    rules = (found for where, rule in rules_of(tree).items() for found in inferred_rules(where, rule))
    return {*inferred_facts(tree, tree), *rules}


def said(name: str) -> set[tuple[str, str]]:
    """(label, word) of every row of the tables in SOURCES.md."""
    found = set()
    for line in (PROVIDERS / name / "SOURCES.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3:
            evidence = re.findall(r"documented|observed|assumed", cells[1])
            found |= {(place, word) for place in re.findall(r"`([^`]+)`", cells[0]) for word in evidence}
            assert cells[2], line
    return found


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_whatever_is_inferred_stands_in_the_sources_with_its_evidence(name, layer):
    assert inferred(name, layer) - said(name) == set()


@pytest.mark.parametrize("name", NAMES)
def test_the_sources_call_nothing_inferred_that_is_not(name):
    everything = inferred(name, "documented") | inferred(name, "observed")
    assert said(name) - everything <= {("slashes", "observed")}


def test_every_fact_of_the_four_seeds_is_documented():
    for name in DOCUMENTED:
        pointers = dict(facts(seed(name))).keys()
        assert [at for at, _ in facts(ours(name)) if at.endswith("/x-evidence") and at[:-11] in pointers] == []


# Ishvana, whose document is ours

PAGE_OF_ISHVANA = {
    "ThreadCreateRequest": "title project_id initial_message tags created_at",
    "ChatThread": "thread_id title project_id created_at message_count tags custom_metadata settings permissions metadata",
    "CustomMetadataInfo": "tags labels annotations source version",
    "ThreadSettings": "temperature max_tokens use_rag persona stance auto_title notifications",
    "ThreadPermissions": "owner_id can_read can_write can_delete is_public share_link",
}


@pytest.mark.parametrize(("schema", "members"), PAGE_OF_ISHVANA.items(), ids=PAGE_OF_ISHVANA.keys())
def test_ishvana_has_every_member_that_the_page_names_and_no_other(schema, members):
    assert list(ours("ishvana")["components"]["schemas"][schema]["properties"]) == members.split()


def test_ishvana_has_two_containers_of_metadata_with_one_schema():
    members = ours("ishvana")["components"]["schemas"]["ChatThread"]["properties"]
    reference = {"$ref": "#/components/schemas/CustomMetadataInfo"}
    assert [name for name, schema in members.items() if reference in schema.get("anyOf", ())] == [
        "custom_metadata",
        "metadata",
    ]


def test_ishvana_counts_as_documented_what_the_page_says():
    tree = ours("ishvana")
    operation = tree["paths"]["/api/chat/threads"]["post"]
    request = tree["components"]["schemas"]["ThreadCreateRequest"]
    assert operation["operationId"] == "create_thread_api_chat_threads_post"
    assert list(operation["responses"]) == ["200", "422"]
    assert operation["requestBody"]["required"] is True
    assert request["required"] == ["title"]
    assert request["properties"]["project_id"]["default"] == "my-project"
    assert tree["security"] == []
    assert all("x-evidence" not in reply for reply in operation["responses"].values())
    assert not {"required", "default"} & {*request["x-evidence"], *request["properties"]["project_id"]["x-evidence"]}


@pytest.mark.parametrize("schema", ["HTTPValidationError", "ValidationError"])
def test_ishvana_refuses_in_the_shape_that_seekrflow_documents(schema):
    shape = seed("seekrflow")["components"]["schemas"][schema]
    assert differences(shape, ours("ishvana")["components"]["schemas"][schema]) == []


# Transcripts

_POINTERS = {"type": "object", "propertyNames": {"pattern": "^/"}}
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
TRANSCRIPT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "source", "exchanges"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1},
        "layers": {"type": "array", "items": {"enum": ["documented", "observed"]}, "minItems": 1},
        "exchanges": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["send", "expect"],
                "properties": {
                    "note": {"type": "string", "minLength": 1},
                    "evidence": {"enum": ["documented", "observed", "assumed"]},
                    "send": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["method", "path"],
                        "properties": {
                            "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
                            "path": {"type": "string", "pattern": "^/"},
                            "query": _TEXTS,
                            "headers": _TEXTS,
                            "json": {},
                            "form": _TEXTS,
                            "multipart": _TEXTS,
                            "body": {"type": "string"},
                        },
                    },
                    "expect": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["status"],
                        "properties": {
                            "status": {"type": "integer"},
                            "headers": _TEXTS,
                            "json": {"type": "object"},
                            "at": _POINTERS,
                            "matches": {
                                "allOf": [_POINTERS, {"additionalProperties": {"type": "string", "format": "regex"}}]
                            },
                            "absent": {"type": "array", "items": {"type": "string", "pattern": "^/"}},
                            "same": {"allOf": [_POINTERS, {"additionalProperties": {"pattern": "^[0-9]+:/"}}]},
                            "differs": {"allOf": [_POINTERS, {"additionalProperties": {"pattern": "^[0-9]+:/"}}]},
                            "schema": {"const": False},
                        },
                    },
                },
            },
        },
    },
}
TRANSCRIPTS = [
    pytest.param(name, path, id=f"{name}-{path.stem}")
    for name in NAMES
    for path in sorted((PROVIDERS / name / "transcripts").iterdir())
]


@pytest.mark.parametrize(("name", "path"), TRANSCRIPTS)
def test_a_transcript_has_the_form_that_its_page_describes(name, path):
    transcript = read(path)
    jsonschema.validate(transcript, TRANSCRIPT, jsonschema.Draft202012Validator)
    for index, exchange in enumerate(transcript["exchanges"]):
        send, expect = exchange["send"], exchange["expect"]
        assert len({"json", "form", "multipart", "body"} & send.keys()) <= 1
        for pattern in expect.get("matches", {}).values():
            assert re.compile(pattern)
        for earlier in (*expect.get("same", {}).values(), *expect.get("differs", {}).values()):
            assert int(earlier.split(":")[0]) < index


def route(tree: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The one operation whose path template fits, a final slash aside."""
    for template in sorted(tree["paths"], key=lambda template: template.count("{")):
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template) + "/?", path):
            return tree["paths"][template][method.lower()]
    raise AssertionError(f"no operation answers {path}")


@pytest.mark.parametrize(("name", "path"), TRANSCRIPTS)
def test_a_transcript_and_the_document_agree_on_which_bodies_are_right(name, path):
    transcript = read(path)
    for layer in transcript.get("layers", ["documented", "observed"]):
        tree = layered(name, layer)
        for index, exchange in enumerate(transcript["exchanges"]):
            operation = route(tree, exchange["send"]["method"], exchange["send"]["path"])
            status = exchange["expect"]["status"]
            if exchange.get("evidence", "documented") == "documented":
                assert str(status) in operation["responses"], f"{layer}, exchange {index}"
            refused_otherwise = status in (201, 400) and exchange.get("evidence") == "observed"
            if "json" in exchange["send"] and status in (200, 201, 400, 422) and not refused_otherwise:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                validator = jsonschema.Draft202012Validator(
                    {**schema, "components": tree["components"]}, format_checker=FORMAT_CHECKER
                )
                assert validator.is_valid(exchange["send"]["json"]) == (status < 300), f"{layer}, exchange {index}"


@pytest.mark.parametrize("name", NAMES)
def test_each_provider_has_transcripts_of_success_and_of_refusal(name):
    statuses = {
        exchange["expect"]["status"]
        for path in (PROVIDERS / name / "transcripts").iterdir()
        for exchange in read(path)["exchanges"]
    }
    assert statuses & {200, 201}
    assert statuses & {400, 422}
