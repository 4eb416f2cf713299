"""Rules as data, as overlays have them."""

from typing import Any

from threadmock.specs.behaviour.effects import ACTIONS_OF
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.written_rules import written_rule


def effective_rule(rule: Rule) -> dict[str, Any]:
    """A rule as data, without what does nothing in its action."""
    made = {
        word: value for word, value in written_rule(rule).items() if rule.action in ACTIONS_OF.get(word, (rule.action,))
    }
    if "otherwise" in made.get("key", {}) and not rule.traits.makes and rule.missing != "create":
        made["key"] = {word: value for word, value in made["key"].items() if word != "otherwise"}
    return made
