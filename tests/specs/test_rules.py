"""`x-behaviour` as data: a closed vocabulary, complete records, and complaints that name the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import operation, read
from support.schema_values import JUNK, contracts
from threadmock.specs.behaviour.read_rules import check_provider_wide, parse_profile, parse_rule, sources_of
from threadmock.specs.behaviour.read_settings import check_vocabulary, is_setting, parse_source
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.errors import RuleError, SeveralErrors, SpecError
from threadmock.specs.evidence import evidence_words, weakest
from threadmock.specs.operations.spelling import as_written

CREATE = {"action": "create", "key": {"field": "id"}}
EVIDENCE = st.sampled_from(evidence_words())


def refusal(node: object, wide: dict | None = None) -> str:
    with pytest.raises(RuleError) as caught:
        parse_rule(node, wide or {}, "here", as_written)
    assert caught.value.where.startswith("here")
    return str(caught.value)


def setting(node: object) -> Setting:
    return parse_rule({**CREATE, "set": {"a": node}}, {}, "here", as_written).set["a"]


def complaints(error):
    """All that an error tells of."""
    return error.errors if isinstance(error, SeveralErrors) else (error,)


REFUSED = {
    "an unknown word": ({**CREATE, "resuorce": "x"}, "Did you mean 'resource'?"),
    "an unknown word below": ({**CREATE, "key": {"feild": "id"}}, "key"),
    "an unknown action": ({"action": "crate"}, "crate"),
    "no action": ({"resource": "x"}, "The rule has no action"),
    "a create without a key": ({"action": "create"}, "A create needs a key"),
    "a read without a key": ({"action": "read"}, "needs a key from the request"),
    "a delete whose key comes from nowhere": ({"action": "delete", "key": {"field": "id"}}, "needs a key"),
    "an evidence that is none": ({**CREATE, "evidence": "sure"}, "evidence"),
    "a status beyond statuses": ({**CREATE, "errors": {"invalid": {"status": 600}}}, "600"),
    "a source without a place": ({**CREATE, "key": {"field": "id", "from": "id"}}, "key"),
    "a source at an unknown place": ({**CREATE, "set": {"a": {"from": "cookie.a"}}}, "set/a"),
    "a default policy that is none": (
        {**CREATE, "taken": {"default": "rais", "raise": {"status": 409}}},
        "Did you mean 'raise'?",
    ),
    "a setting of two kinds": ({**CREATE, "set": {"a": {"value": 1, "from": "body.a"}}}, "one of"),
    "a setting of no kind": ({**CREATE, "set": {"a": {"evidence": "assumed"}}}, "none"),
    "an unknown generator": ({**CREATE, "set": {"a": "tomorrow"}}, "set/a"),
    "an unknown word in an otherwise": (
        {**CREATE, "set": {"a": {"from": "body.a", "otherwise": {"value": 1, "evidnce": "assumed"}}}},
        "otherwise",
    ),
    "a source that is no text in an otherwise": (
        {**CREATE, "set": {"a": {"from": "body.a", "otherwise": {"from": 5}}}},
        "otherwise",
    ),
    "a deep otherwise": (
        {**CREATE, "set": {"a": {"from": "body.a", "otherwise": {"from": "body.b", "otherwise": {"count": []}}}}},
        "otherwise",
    ),
    "no mapping": ([], "a mapping"),
    "nothing": (None, "a mapping"),
}


@pytest.mark.parametrize(("node", "text"), REFUSED.values(), ids=REFUSED)
def test_a_rule_that_breaks_the_vocabulary_is_refused_by_place(node, text):
    assert text in refusal(node)


@given(JUNK)
def test_anything_for_a_rule_is_a_rule_or_a_rule_error(node):
    for candidate in (
        node,
        {**CREATE, "set": {"a": node}},
        {**CREATE, "set": {"a": {"from": "body.a", "otherwise": node}}},
    ):
        try:
            parse_rule(candidate, {}, "here", as_written)
        except SpecError as error:
            assert all(isinstance(each, RuleError) for each in complaints(error))


words = st.sampled_from(
    [
        "action",
        "resource",
        "within",
        "key",
        "taken",
        "set",
        "shown",
        "requires",
        "list",
        "merge",
        "errors",
        "lenient",
        "spelling",
        "slashes",
        "client",
        "evidence",
        "field",
        "from",
        "otherwise",
        "value",
        "generate",
        "members",
        "status",
    ]
)
leaves = st.sampled_from(
    ["create", "read", "now", "absent", "body.a", "path.id", "documented", 409, True, None, "x", 0, "by", "default"]
)
rules = st.recursive(
    leaves, lambda inner: st.dictionaries(words, inner, max_size=3) | st.lists(inner, max_size=2), max_leaves=12
)


@given(st.dictionaries(words, rules, max_size=4), st.dictionaries(words, rules, max_size=2))
def test_any_arrangement_of_the_vocabularys_words_is_a_rule_or_a_rule_error(node, wide):
    try:
        check_provider_wide(wide, "here")
        rule = parse_rule({**CREATE, **node}, wide, "here", as_written)
    except SpecError as error:
        assert all(each.where.startswith("here") for each in complaints(error))
    else:
        assert list(sources_of(rule)) is not None
        assert parse_profile(wide, as_written).label == wide.get("client", {}).get("label", "")


SETTINGS = {
    "a generator": ("now", Setting("generate", "now")),
    "absent": ("absent", Setting("absent")),
    "absent, written out": ({"absent": True}, Setting("absent")),
    "a literal": ({"value": {"from": "x"}}, Setting("value", value={"from": "x"})),
    "null": ({"value": None}, Setting("value")),
    "one source": ({"from": "body.a.b"}, Setting("from", sources=(Source("body", ("a", "b")),))),
    "two sources": (
        {"from": ["body.a", "query.b"]},
        Setting("from", sources=(Source("body", ("a",)), Source("query", ("b",)))),
    ),
    "a generator otherwise": (
        {"from": "body.a", "otherwise": "uuid4"},
        Setting("from", sources=(Source("body", ("a",)),), otherwise=Setting("generate", "uuid4")),
    ),
    "absent otherwise": (
        {"from": "body.a", "otherwise": "absent"},
        Setting("from", sources=(Source("body", ("a",)),), otherwise=Setting("absent")),
    ),
    "a literal otherwise": (
        {"from": "body.a", "otherwise": "idle"},
        Setting("from", sources=(Source("body", ("a",)),), otherwise=Setting("value", value="idle")),
    ),
    "an object otherwise": (
        {"from": "body.a", "otherwise": {}},
        Setting("from", sources=(Source("body", ("a",)),), otherwise=Setting("value", value={})),
    ),
    "null counts as absent": (
        {"from": "body.a", "null": "absent"},
        Setting("from", sources=(Source("body", ("a",)),), null="absent"),
    ),
    "a count": ({"count": "body.a"}, Setting("count", sources=(Source("body", ("a",)),))),
    "members": ({"members": {"a": "now"}}, Setting("members", members=(("a", Setting("generate", "now")),))),
    "members where something was sent": (
        {"members": {"a": "now"}, "from": "body.b"},
        Setting("members", members=(("a", Setting("generate", "now")),), sources=(Source("body", ("b",)),)),
    ),
}


@pytest.mark.parametrize(("node", "expected"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_is_read_as_it_is_written(node, expected):
    assert setting(node) == expected


@given(st.sampled_from(["body", "path", "query", "header"]), st.lists(st.text("abc_", min_size=1), min_size=1))
def test_a_source_reads_back_as_its_text(place, steps):
    text = ".".join((place, *steps))
    assert str(parse_source(text, as_written)) == text


@given(EVIDENCE, EVIDENCE)
def test_a_part_without_evidence_of_its_own_has_that_of_its_rule(rule, own):
    node = {
        **CREATE,
        "evidence": rule,
        "set": {
            "a": "now",
            "b": {"value": 1, "evidence": own},
            "c": {"from": "body.c", "otherwise": {"value": 1, "evidence": own}},
        },
        "taken": {"default": "x", "x": {"status": 409}, "y": {"status": 200, "evidence": own}},
        "within": {"resource": "p", "from": "path.p"},
    }
    made = parse_rule(node, {}, "here", as_written)
    assert (made.evidence, made.key.evidence, made.set["a"].evidence, made.within.evidence) == (rule,) * 4
    assert (made.set["b"].evidence, made.set["c"].otherwise.evidence) == (own, own)
    assert [policy.evidence for policy in made.taken.policies] == [rule, own]


@given(st.lists(EVIDENCE))
def test_what_rests_on_several_has_the_evidence_of_the_weakest(evidence):
    expected = next((word for word in ("assumed", "observed") if word in evidence), "documented")
    assert weakest(*evidence) == expected


def test_provider_wide_words_are_defaults_that_a_rule_may_override_or_add_to():
    wide = {
        "errors": {"invalid": {"status": 422}, "unknown": {"status": 404}},
        "lenient": [{"what": "media_type"}],
        "spelling": {"accepts_both": True},
        "slashes": True,
        "evidence": "observed",
        "client": {"label": "Name", "setting": "url=$base"},
    }
    made = parse_rule(
        {**CREATE, "errors": {"invalid": {"status": 400}}, "lenient": [{"what": "empty_key"}]}, wide, "here", as_written
    )
    assert {kind: each.status for kind, each in made.refusals.items()} == {"invalid": 400, "unknown": 404}
    assert [each.what for each in made.lenient] == ["media_type", "empty_key"]
    assert (made.spelling.accepts_both, made.slashes, made.evidence) == (True, True, "observed")
    profile = parse_profile(wide, as_written)
    assert (profile.label, profile.setting) == ("Name", "url=$base")


@pytest.mark.parametrize("word", ["action", "key", "set", "taken", "list"])
def test_what_one_operation_does_is_not_said_of_the_whole_document(word):
    node = {
        "action": "read",
        "key": {"field": "id"},
        "set": {},
        "taken": {"default": "a", "a": {"status": 409}},
        "list": {},
    }[word]
    with pytest.raises(RuleError, match=f"`{word}` is not for the whole document"):
        check_provider_wide({word: node}, "here")


def test_a_complaint_about_the_vocabulary_names_the_step():
    with pytest.raises(RuleError) as caught:
        check_vocabulary({"set": {"a": {"from": "nowhere.x"}}}, "api.yaml#/x")
    assert caught.value.where.startswith("api.yaml#/x/set/a")


LITERALS = [1, None, [], {}, {"a": 1}, "idle", True]


@pytest.mark.parametrize("node", LITERALS, ids=repr)
def test_a_literal_is_no_setting(node):
    assert not is_setting(node)


@pytest.mark.parametrize("node", ["now", "absent", {"value": 1}, {"from": "body.a"}, {"members": {}}], ids=repr)
def test_a_setting_is_told_from_a_literal(node):
    assert is_setting(node)
    check_vocabulary(node, "here", part="setting")


def test_the_policy_of_a_name_that_nobody_declared_is_the_default_one():
    made = parse_rule(
        {**CREATE, "taken": {"default": "b", "a": {"status": 200}, "b": {"status": 409}}}, {}, "here", as_written
    )
    assert made.taken.policy("a").status == 200
    for name in ("c", None, 5, ["a"]):
        assert made.taken.policy(name).status == 409


READS = {"path": "path.idd", "query": "query.limt"}


@pytest.mark.parametrize("source", READS.values(), ids=READS)
def test_a_rule_that_reads_a_parameter_which_is_not_there_is_refused_with_the_nearest(source):
    parameters = [
        {"name": "id", "in": "path", "required": True, "schema": {}},
        {"name": "limit", "in": "query", "schema": {}},
    ]
    node = {"parameters": parameters, "x-behaviour": {"action": "read", "key": {"field": "id", "from": source}}}
    with pytest.raises(RuleError, match=r"Did you mean '(id|limit)'"):
        operation(node, "get", "/things/{id}")


def test_every_source_of_a_rule_is_told():
    made = parse_rule(
        {
            "action": "create",
            "key": {"field": "a", "from": "body.key"},
            "within": {"resource": "p", "from": "path.parent"},
            "taken": {"by": "query.by", "default": "x", "x": {"status": 409}},
            "requires": [{"from": "body.other", "statuses": [404]}],
            "list": {"limit": "query.limit", "offset": "query.offset"},
            "set": {"m": {"members": {"n": {"from": "body.n", "otherwise": {"count": "header.h"}}}, "from": "body.m"}},
        },
        {},
        "here",
        as_written,
    )
    assert {str(source) for source in sources_of(made)} == {
        "body.key", "path.parent", "query.by", "body.other", "query.limit", "query.offset", "body.n", "header.h", "body.m",
    }  # fmt: skip


def test_every_rule_that_we_ship_reads_only_what_its_operation_has():
    for contract in contracts():
        for made in contract.operations:
            known = {"path": set(), "query": set(), "header": set()}
            for parameter in made.parameters:
                known[parameter.location].add(parameter.name)
            for source in sources_of(made.rule):
                assert source.place == "body" or source.steps[0] in known[source.place]


def test_a_provider_wide_rule_reaches_operations_without_one():
    (made,), _ = read({"/a": {"get": {"responses": {"200": {"description": ""}}}}}, wide={"slashes": True})
    assert made.rule.slashes
    assert made.rule.inferred


def test_a_rule_error_is_a_usage_error():
    assert issubclass(RuleError, SpecError)
