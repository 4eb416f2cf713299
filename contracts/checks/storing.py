"""What kind of operation a response belongs to: whether it shows what was just made, or what was changed."""

from typing import Any

from threadmock.contracts.checks.reading import Reading
from threadmock.specs.behaviour.rule import Rule


def makes(reading: Reading) -> bool:
    """Whether the response shows a thing that was just made of the request."""
    return (reading.rule.traits.makes_of_body or shows_run(reading)) and reading.rule.reply is None


def shows_run(reading: Reading) -> bool:
    """Whether the response shows a run that was just started."""
    way = reading.way
    return reading.rule.traits.starts_run and way is not None and way.how == "at_once" and way.reply is None


def stores(reading: Reading) -> bool:
    """Whether the operation takes what the request holds into a thing. An operation of no known kind may."""
    traits = reading.rule.traits
    return traits.makes_of_body or traits.changes or traits.open or shows_run(reading)


def merge_of(rule: Rule, name: str) -> str:
    """How an update treats an object in a member."""
    return rule.merge.get(name, rule.merge.get("*", "shallow"))


def overlap(sent: Any, got: Any) -> tuple[Any, Any]:
    """Both without what an update may keep besides, and without nulls, which may mean that a member goes."""
    if not isinstance(sent, dict) or not isinstance(got, dict):
        return sent, got
    pairs = {name: overlap(value, got[name]) for name, value in sent.items() if value is not None and name in got}
    lost = {name: value for name, value in sent.items() if value is not None and name not in got}
    return {**{n: a for n, (a, _) in pairs.items()}, **lost}, {n: b for n, (_, b) in pairs.items()}
