"""What a request makes, by the rule of its operation."""

import pytest
from threadmock.contracts.target.created_things import chosen_key, made_by_answer, may_make
from threadmock.specs.behaviour.actions import ACTIONS
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.setting import Key, Made, Source
from threadmock.specs.contract import Operation
from threadmock.specs.wire.messages import Request, Response

KEY = Key("id", Source("path", ("id",)), "uuid4")
ALSO = (Made("note", Key("id", None, "uuid4"), {}),)
SENT = Request("POST", "/things/a-key")


def acting(action, **words):
    return Operation("POST", "/things/{id}", "o", "o", Rule(action, resource="thing", key=KEY, **words))


def test_what_makes_nothing_by_its_action_may_by_its_rule_and_what_nobody_knows_may():
    assert {action for action in ACTIONS if may_make(acting(action))} == {
        "create", "append", "copy", "run", "replace", "fixed",
    }  # fmt: skip
    assert all(may_make(acting(action, missing="create")) and may_make(acting(action, also=ALSO)) for action in ACTIONS)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_request_chooses_a_key_where_what_is_made_is_made_under_it(action):
    chooses = action in ("create", "run", "replace", "update", "fixed")
    assert chosen_key(acting(action), SENT) == ("a-key" if chooses else None)


def test_what_is_removed_with_something_made_beside_was_not_made():
    made = made_by_answer(acting("delete", also=ALSO), SENT, Response(204))
    assert list(made) == []
