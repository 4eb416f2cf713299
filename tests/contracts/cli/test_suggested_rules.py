"""What `explain` and `init` say of documents: rules that load, and mean what was inferred."""

import json

import pytest
from support.paths import DATA
from threadmock.contracts.cli.explain import explanation
from threadmock.contracts.cli.suggested_rules import suggested_rule
from threadmock.contracts.cli.written_overlay import overlay_text, target_of
from threadmock.specs.loader import load

DOCUMENTS = [*sorted((DATA / "services").iterdir()), *sorted((DATA / "stateful").iterdir())]
FITTING = {
    ("fastapi_recipes", "POST /recipes/batch"): "create",
    ("nest_events", "GET /events/{id}/stats"): "read",
    ("nest_events", "POST /auth/login"): "create",
    ("stripe_like", "GET /v1/balance"): "list",
    ("rails_blog", "GET /tags"): "list",
}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_suggested_rule_fits_its_method_and_an_overlay_with_it_loads(path, tmp_path):
    contract = load(str(path))
    actions = []
    for operation in contract.operations:
        if not operation.rule.traits.open:
            continue
        rule = suggested_rule(contract, operation)
        wanted = FITTING.get((path.stem, str(operation)))
        assert rule["action"] == wanted or not wanted
        assert operation.method != "GET" or rule["action"] in ("read", "list")
        assert operation.rule.why
        actions.append({"target": target_of(operation), "update": {"x-behaviour": rule}})
    overlay = tmp_path / "o.json"
    given = {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": actions}
    overlay.write_text(json.dumps(given), encoding="utf-8")
    if actions:
        assert not any(each.rule.traits.open for each in load(str(path), "documented", (str(overlay),)).operations)
    assert list(explanation(contract))


@pytest.mark.parametrize("path", DOCUMENTS[:6], ids=lambda path: path.stem)
def test_what_init_writes_means_what_was_inferred(path, tmp_path):
    contract = load(str(path))
    overlay = tmp_path / "o.yaml"
    overlay.write_text(overlay_text(contract, path.name), encoding="utf-8")
    again = load(str(path), "documented", (str(overlay),))
    for before, after in zip(contract.operations, again.operations, strict=True):
        if not before.rule.traits.open:
            assert not after.rule.inferred
            assert (after.rule.action, after.rule.resource) == (before.rule.action, before.rule.resource)
            assert after.rule.within == before.rule.within, str(before)
            keys = [each.rule.key and (each.rule.key.member, each.rule.key.source) for each in (before, after)]
            assert keys[0] == keys[1]
            assert (after.rule.set, after.rule.reply) == (before.rule.set, before.rule.reply), str(before)
