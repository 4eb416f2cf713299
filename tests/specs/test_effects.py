"""Every word of a rule: where it could never do anything it is an error at its place, and where it works it is none."""

import json

import pytest
from support.documents import document_of
from threadmock.specs.behaviour.effects import ACTIONS_OF, KINDS_OF, kind_of, settings_in
from threadmock.specs.behaviour.read_settings import HOLDS
from threadmock.specs.behaviour.vocabulary import read_vocabulary, words_in
from threadmock.specs.documents.places import as_place
from threadmock.specs.effects.checks import check_effects
from threadmock.specs.errors import SpecError
from threadmock.specs.loader import LAYERS, builtin_names, load

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
NOTE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        **dict.fromkeys(("id", "title", "state", "created_at", "shelf_id", "twin", "ends"), TEXT),
        **dict.fromkeys(("position", "version"), NUMBER),
        "labels": {"type": "object"},
        "parts": {"type": "array", "items": {"type": "object"}},
    },
}
SHELF = {"type": "object", "properties": {"id": TEXT, "title": TEXT, "notes": NUMBER, "touched_at": TEXT}}
PAGE = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": NOTE}, "total": NUMBER, "next": TEXT, "next_cursor": TEXT},
}
ASKED = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "title": TEXT,
        "labels": {"type": "object"},
        "shelf_id": TEXT,
        "ids": {"type": "array"},
        "many": {"type": "array"},
        "mode": TEXT,
    },
}


def answer(schema, status="200"):
    return {"responses": {status: {"description": "", "content": {"application/json": {"schema": schema}}}}}


def query(*names):
    return {"parameters": [{"name": name, "in": "query", "schema": TEXT} for name in names]}


def path(*names):
    return {"parameters": [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in names]}


BODY = {"requestBody": {"content": {"application/json": {"schema": ASKED}}}}
PLACES = {
    "create": ("/shelves/{shelf_id}/notes", "post"),
    "list": ("/shelves/{shelf_id}/notes", "get"),
    "read": ("/shelves/{shelf_id}/notes/{id}", "get"),
    "update": ("/shelves/{shelf_id}/notes/{id}", "patch"),
    "replace": ("/shelves/{shelf_id}/notes/{id}", "put"),
    "delete": ("/shelves/{shelf_id}/notes/{id}", "delete"),
    "append": ("/shelves/{shelf_id}/append", "post"),
    "copy": ("/shelves/{shelf_id}/notes/{id}/copy", "post"),
    "count": ("/shelves/{shelf_id}/count", "get"),
    "prune": ("/shelves/{shelf_id}/prune", "post"),
    "fixed": ("/shelves/{shelf_id}/fixed", "post"),
}
WITHIN = {"resource": "shelf", "from": "path.shelf_id"}
OWN = {"field": "id", "from": "path.id"}
RULES = {
    "create": {"key": {"field": "id", "from": "body.id"}},
    "list": {"key": {"field": "id"}, "list": {"items": "items"}},
    **{action: {"key": OWN} for action in ("read", "update", "replace", "delete", "copy")},
    "append": {"key": {"field": "id"}},
    "count": {},
    "prune": {"prune": {"keys": "body.ids"}},
    "fixed": {},
}


def document():
    """A document with an operation for each action that needs no agent."""
    paths = {"/shelves": {"post": {**BODY, **answer(SHELF, "201")}}}
    for action, (template, method) in PLACES.items():
        schema = PAGE if action == "list" else NUMBER if action == "count" else NOTE
        body = BODY if action in ("create", "update", "replace", "append", "copy", "prune", "fixed") else {}
        asked = query("limit", "sort", "after", "page", "include", "state", "select")
        item = paths.setdefault(template, path(*(("shelf_id", "id") if "{id}" in template else ("shelf_id",))))
        item[method] = {**body, **asked, **answer(schema)}
    return document_of(paths, components={"securitySchemes": {}})


def overlay(changes):
    """The rules of all operations, with words put over those of one action."""
    shelf = {"action": "create", "resource": "shelf", "key": {"field": "id"}}
    actions = [{"target": "$.paths['/shelves'].post", "update": {"x-behaviour": shelf}}]
    for action, (template, method) in PLACES.items():
        rule = {"action": action, "resource": "note", "within": WITHIN, **RULES[action], **changes.get(action, {})}
        rule = {word: value for word, value in rule.items() if value is not None}
        actions.append({"target": f"$.paths['{template}'].{method}", "update": {"x-behaviour": rule}})
    return {"overlay": "1.0.0", "info": {"title": "x", "version": "1"}, "actions": actions}


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """What is said about words put over the rule of one action; "" for nothing."""
    folder = tmp_path_factory.mktemp("effects")
    (folder / "api.json").write_text(json.dumps(document()), encoding="utf-8")

    def say(action, words):
        (folder / "o.yaml").write_text(json.dumps(overlay({action: words}), indent=1), encoding="utf-8")
        try:
            load(folder / "api.json", overlays=folder / "o.yaml")
        except SpecError as error:
            assert "o.yaml#/actions/" in str(error)
            assert "docs/reference/behaviour.md" in str(error)
            return str(error)
        return ""

    return say


REFUSE = {"when": {"stored.state": "closed"}, "status": 409}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", builtin_names())
def test_every_rule_that_we_ship_does_something(name, layer):
    contract = load(name, layer)
    check_effects(contract.operations, contract.profile, contract.document, str)


def test_what_is_put_over_a_provider_of_ours_is_judged(tmp_path):
    made = {"target": "$.paths['/threads'].post", "update": {"x-behaviour": {"set": {"sttaus": {"value": "x"}}}}}
    head = {"overlay": "1.0.0", "info": {"title": "x", "version": "1"}}
    (tmp_path / "o.json").write_text(json.dumps({**head, "actions": [made]}), encoding="utf-8")
    with pytest.raises(SpecError, match=r"o\.json#/actions/0/update/x-behaviour/set/sttaus .* Did you mean 'status'"):
        load("langsmith", overlays=tmp_path / "o.json")


EXAMPLES = {
    "within": ("create", WITHIN, "create", {"resource": "shelv", "from": "path.shelf_id"}),
    "resource": ("read", "note", "read", "notte"),
    "key": ("read", OWN, "read", {"field": "idd", "from": "path.id"}),
    "taken": ("create", {"default": "a", "a": {"status": 409}}, "update", {"default": "a", "a": {"status": 409}}),
    "unique": ("create", [{"member": "title"}], "create", [{"member": "tittle"}]),
    "set": ("create", {"title": {"value": "x"}}, "create", {"tittle": {"value": "x"}}),
    "shown": (
        "read",
        {"labels": {"query": "include", "holds": "l"}},
        "delete",
        {"labels": {"query": "include", "holds": "l"}},
    ),
    "requires": (
        "create",
        [{"from": "body.mode", "statuses": [404]}],
        "create",
        [{"from": "body.note_id", "statuses": [404]}],
    ),
    "list": ("count", {"filters": [{"from": "query.state", "member": "state"}]}, "read", {"items": "items"}),
    "merge": ("update", {"labels": "deep"}, "update", {"lables": "deep"}),
    "nulls": ("update", {"labels": "ignored"}, "create", "ignored"),
    "missing": ("replace", "create", "delete", "create"),
    "empty": ("read", {"title": {"value": ""}}, "update", {"title": {"value": ""}}),
    "reply": ("delete", {"members": {"id": "key"}}, "create", {"members": {"total": {"tally": "total"}}}),
    "also": (
        "create",
        [{"resource": "part", "key": {"field": "id"}, "set": {}}],
        "read",
        [{"resource": "part", "key": {"field": "id"}, "set": {}}],
    ),
    "touch": ("create", {"touched_at": "now"}, "create", {"tuched_at": "now"}),
    "copies": ("copy", {"note": {"title": {"value": "x"}}}, "copy", {"nope": {}}),
    "prune": ("prune", {"keys": "body.ids"}, "delete", {"keys": "body.ids"}),
    "as_node": (
        "append",
        {"from": "body.mode", "member": "title"},
        "create",
        {"from": "body.mode", "member": "title"},
    ),
    "inside": ("read", {"shown": "query.select"}, "update", {"shown": "query.select"}),
    "restores": (
        "update",
        {"resource": "note", "by": "version", "from": "body.mode", "members": ["title"]},
        "update",
        {"resource": "version", "by": "version", "from": "body.mode", "members": ["title"]},
    ),
    "cascades": ("delete", [{"resource": "note", "by": "twin"}], "delete", [{"resource": "twin", "by": "id"}]),
    "expires": ("create", {"at": "ends"}, "read", {"at": "ends"}),
    "refuse": ("update", [REFUSE], "create", [{"when": {"stored.state": {"known": "note.id"}}, "status": 409}]),
    "select": ("read", "query.select", "list", "query.select"),
    "headers": ("create", {"ETag": "etag"}, "create", {"ETag": {"tally": "links"}}),
    "conditional": ("update", {"if_match": 412}, "create", {"if_match": 412}),
    "progress": ("read", {"state": ["a", "b"]}, "read", {"stat": ["a", "b"]}),
    "errors": ("create", {"malformed": {"status": 400}}, "read", {"malformed": {"status": 400}}),
    "lenient": ("create", [{"what": "plain_text"}], "read", [{"what": "plain_text"}]),
    "run": ("update", {"cancels": {"body.mode": "x"}}, "create", {"respond": "at_once"}),
}
"""Word → an action and a value with which it does something, and an action and a value with which it does not."""
ANYWHERE = {
    "action": "each operation has one",
    "minimal": "every action that answers about a thing knows it",
    "spelling": "of every operation",
    "slashes": "of every operation",
    "evidence": "it says on what the rule rests",
    **dict.fromkeys(("cors", "client", "initial", "fill", "agent"), "of the whole document: refused at operations"),
}
"""Words that do something wherever they may stand, and why."""
BESIDE = {"empty": {"missing": "empty"}}


def test_every_word_of_a_rule_is_in_one_of_the_tables():
    assert set(words_in(read_vocabulary())) == EXAMPLES.keys() | ANYWHERE.keys()
    assert not EXAMPLES.keys() & ANYWHERE.keys()
    assert ACTIONS_OF.keys() <= EXAMPLES.keys()


@pytest.mark.parametrize("word", EXAMPLES)
def test_a_word_is_an_error_where_it_does_nothing_and_none_where_it_works(judge, word):
    action, value, other, idle = EXAMPLES[word]
    assert judge(action, {word: value, **BESIDE.get(word, {})}) == ""
    said = judge(other, {word: idle})
    index = 1 + list(PLACES).index(other)
    assert f"o.yaml#/actions/{index}/update/x-behaviour/{word}" in said


@pytest.mark.parametrize("word", ACTIONS_OF)
def test_a_word_is_told_in_every_action_in_which_it_does_nothing(judge, word):
    value = {"field": "id"} if word == "key" else EXAMPLES[word][1]
    for action in PLACES.keys() - set(ACTIONS_OF[word]):
        said = judge(action, {word: value})
        assert f"`{word}` does nothing in an operation with `action: {action}`." in said, action


def test_the_rules_themselves_are_silent(judge):
    assert judge("create", {}) == ""


IN_VAIN = {
    "a parent's member without a parent": (
        "create",
        {"within": None, "set": {"title": {"parent": "title"}}},
        "no parent",
    ),
    "a parent's key without a parent": ("create", {"within": None, "set": {"shelf_id": "parent_key"}}, "no parent"),
    "a parent that changes and is none": ("create", {"within": None, "touch": {"title": "now"}}, "no parent"),
    "what is stored, when a thing is made": (
        "create",
        {"set": {"title": {"stored": "title"}}},
        "nothing is stored yet",
    ),
    "the latest of an update": (
        "update",
        {"set": {"title": {"latest": "title"}}},
        "`latest` is what an `append` follows",
    ),
    "a tally of another action": ("prune", {"reply": {"members": {"n": {"tally": "total"}}}}, "no tally 'total'"),
    "a count of what nobody makes": ("create", {"touch": {"notes": {"counted": "noet"}}}, "Did you mean 'note'?"),
    "an item without items": ("create", {"set": {"title": {"from": "item.title"}}}, "there is no item here"),
    "a condition on the parent without one": (
        "update",
        {"within": None, "refuse": [{"when": {"parent.title": "x"}, "status": 409}]},
        "no parent",
    ),
    "a condition on items without items": (
        "update",
        {"refuse": [{"when": {"item.a": 1}, "status": 409}]},
        "without `some`",
    ),
    "a condition on a thing that is not named": (
        "create",
        {"key": {"field": "id"}, "refuse": [REFUSE]},
        "names no stored thing",
    ),
    "a condition that is none": (
        "update",
        {"refuse": [{"when": {"body.id": {"knwon": "note.id"}}, "status": 409}]},
        "Did you mean 'unknown'?",
    ),
    "a condition on what nobody makes": (
        "update",
        {"refuse": [{"when": {"body.id": {"unknown": "noet.id"}}, "status": 409}]},
        "Did you mean 'note'?",
    ),
    "policies for keys that nobody chooses": (
        "create",
        {"key": {"field": "id"}, "taken": {"default": "a", "a": {"status": 409}}},
        "can't choose the key",
    ),
    "what is empty without `missing`": ("read", {"empty": {"title": {"value": ""}}}, "only with `missing: empty`"),
    "a delete that makes what is missing": ("delete", {"missing": "create"}, "`missing: create` does nothing"),
    "another name of a resource that is made": ("read", {"resource": "page"}, "Did you mean 'note'?"),
    "a parent that is misspelt, and need not exist": (
        "create",
        {"within": {**WITHIN, "resource": "shelff", "must_exist": False}},
        "Did you mean 'shelf'?",
    ),
    "items that are none": (
        "list",
        {"list": {"items": "itms"}},
        "The answer has no array 'itms'. Did you mean 'items'?",
    ),
    "items that are no array": ("list", {"list": {"items": "total"}}, "The answer has no array 'total'."),
    "no items in an object": ("list", {"list": {}}, "Write `items: items`."),
    "a total that is none": ("list", {"list": {"items": "items", "total": "totl"}}, "Did you mean 'total'?"),
    "a cursor as a URL": (
        "list",
        {"list": {"items": "items", "next": "next_cursor"}},
        "write `reply: {members: {next_cursor: {tally: next}}}`",
    ),
    "an order by nothing": ("list", {"list": {"items": "items", "by": "crated_at"}}, "Did you mean 'created_at'?"),
    "a filter of nothing": (
        "list",
        {"list": {"items": "items", "filters": [{"from": "query.state", "member": "stat"}]}},
        "Did you mean 'state'?",
    ),
    "a first page of no pages": (
        "list",
        {"list": {"items": "items", "page_from": 0}},
        "`page_from` does nothing without `page`.",
    ),
    "a member of the body that is misspelt": (
        "create",
        {"set": {"title": {"from": "body.titel"}}},
        "Did you mean 'title'?",
    ),
    "a key in a member that is misspelt": (
        "create",
        {"key": {"field": "id", "from": "body.shelf_idd"}},
        "Did you mean 'shelf_id'?",
    ),
    "a filter by a member that is misspelt": (
        "create",
        {"refuse": [{"when": {"body.titl": "x"}, "status": 409}]},
        "Did you mean 'title'?",
    ),
    "refusals of credentials that nobody asks for": (
        "read",
        {"errors": {"denied": {"status": 401}}},
        "no credentials are asked for",
    ),
    "refusals of another place": ("read", {"errors": {"no_route": {"status": 404}}}, "it is for the whole document"),
    "refusals of a state that nobody compares": ("update", {"errors": {"stale": {"status": 412}}}, "no `conditional`"),
}


@pytest.mark.parametrize(("action", "words", "said"), IN_VAIN.values(), ids=IN_VAIN)
def test_what_can_never_do_anything_is_told(judge, action, words, said):
    assert said in judge(action, words)


WORKS = {
    "a parent's member": ("create", {"set": {"title": {"parent": "title"}}}),
    "a parent's key": ("create", {"set": {"shelf_id": "parent_key"}}),
    "what is stored, in an update": ("update", {"set": {"version": {"stored": "version", "plus": 1}}}),
    "the latest of an append": ("append", {"set": {"position": {"latest": "position", "plus": 1, "otherwise": 1}}}),
    "items of `each`": (
        "create",
        {"set": {"parts": {"each": "body.many", "of": {"members": {"a": {"from": "item.a"}}}}}},
    ),
    "conditions of every form": (
        "update",
        {
            "refuse": [
                {"when": {f"body.{name}": each}, "status": 409}
                for name, each in {
                    "id": {"present": True},
                    "title": {"filled": False},
                    "labels": {"type": "object"},
                    "mode": {"unknown": "note.id"},
                    "shelf_id": "x",
                }.items()
            ]
        },
    ),
    "a member that only rules read": (
        "update",
        {"set": {"hidden": "now"}, "refuse": [{"when": {"stored.hidden": {"present": True}}, "status": 409}]},
    ),
    "several places, of which no request has one": (
        "create",
        {"set": {"title": {"from": ["body.titel", "body.title"]}}},
    ),
    "a parent that need not exist": ("create", {"within": {**WITHIN, "resource": "library", "must_exist": False}}),
    "a cursor": ("list", {"reply": {"members": {"next_cursor": {"tally": "next"}}}}),
    "a URL": ("list", {"list": {"items": "items", "next": "next", "total": "total", "after": "query.after"}}),
}


@pytest.mark.parametrize(("action", "words"), WORKS.values(), ids=WORKS)
def test_what_does_something_is_not_told(judge, action, words):
    assert judge(action, words) == ""


KINDS = {
    "generate": "now",
    "absent": True,
    "value": 1,
    "from": "body.title",
    "count": "body.id",
    "members": {},
    "minutes_after": "body.id",
    "stored": "version",
    "parent": "notes",
    "latest": "version",
    "child": "note",
    "counted": "note",
    "weighed": "note",
    "sequence": "parent",
    "list": [],
    "text": "body.title",
    "template": "x",
    "keyed": "body.title",
    "merged": "body.labels",
    "each": "body.many",
    "messages": "body.many",
    "tally": "total",
    "related": {"resource": "note", "by": ["id"], "is": {"from": "body.title"}, "member": "text"},
    "scheduled": {"schedule": {"from": "body.title"}},
    "named": {"name": {"from": "body.title"}, "space": "6ba7b811-9dad-11d1-80b4-00c04fd430c8"},
    "declared": {"name": {"from": "body.title"}, "of": {"from": "item.name"}},
}
BESIDES = {
    "plus": 1,
    "plus_item": "body.title",
    "minus_item": "body.title",
    "null": "absent",
    "otherwise": 1,
    "words": {"a": "b"},
    "without": ["a"],
    "only": "body.names",
    "over": "labels",
    "append": ["a"],
    "of": {"value": 1},
}


def test_the_tables_of_settings_are_whole():
    assert KINDS.keys() == HOLDS.keys()
    assert KINDS_OF.keys() == BESIDES.keys()
    setting = read_vocabulary()["$defs"]["setting"]
    assert set(words_in(setting)) == KINDS.keys() | BESIDES.keys() | {"when", "evidence"}


@pytest.mark.parametrize("word", BESIDES)
def test_a_word_of_settings_is_told_beside_every_word_beside_which_it_does_nothing(judge, word):
    for kind, value in KINDS.items():
        setting = {kind: value, **({"of": {"value": 1}} if kind in ("each", "keyed") else {}), word: BESIDES[word]}
        said = judge("append", {"set": {"version": setting}})
        if kind in KINDS_OF[word]:
            assert f"`{word}` does nothing" not in said, kind
        else:
            assert said, (kind, word)


def test_inner_settings_are_found():
    inner = {"members": {"a": {"list": [{"each": "body.x", "of": {"merged": {"members": {"b": "now"}}}}]}}}
    found = settings_in({"set": {"m": {"from": "body.m", "otherwise": inner}}}, as_place("here"))
    assert [kind_of(setting) for _, setting, _ in found] == [
        "from",
        "members",
        "list",
        "each",
        "merged",
        "members",
        "now",
    ]
