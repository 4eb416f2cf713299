"""What an operation does with runs, worked out once."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from threadmock.mockserver.agents.compiled_agent import all_hold
from threadmock.mockserver.rules.recipes import Recipe, compile_recipe
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.rules.values import Maker, compile_setting, fetch
from threadmock.specs.behaviour.agent import BusyPolicy, Respond, RunRule
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.strictjson import JsonError, parse_json

if TYPE_CHECKING:
    from threadmock.specs.behaviour.setting import Source


@dataclass(frozen=True, eq=False)
class RunPlan:
    """A `RunRule`, ready to be used. readers: by the word of the rule, for what the request names."""

    rule: RunRule
    readers: Mapping[str, Maker]
    replies: Mapping[Respond, Maker]
    agent: Recipe | None
    alone: Recipe | None
    commands: Mapping[str, Maker]
    failed: Maker | None

    def read(self, word: str, tx: Transaction) -> Any:
        """What the request says for a word; ABSENT where it, or the rule, says nothing."""
        reader = self.readers.get(word)
        return reader(tx) if reader else ABSENT

    def policy(self, tx: Transaction) -> BusyPolicy | None:
        """What becomes of the run where its thread is busy."""
        busy = self.rule.busy
        return busy.policy(self.read("busy", tx)) if busy else None

    def commanded(self, tx: Transaction) -> bool:
        """Whether the request tells the run where to go, whatever it says: something stands where answers would."""
        return bool(self.read("beside_answers", tx) not in (ABSENT, None, {}))

    def respond(self, tx: Transaction) -> Respond:
        """How this request is answered."""
        return next(way for way in self.rule.respond if all_hold(way.when, tx))

    def modes(self, tx: Transaction) -> frozenset[str]:
        """What the request wants to see, or the default."""
        asked = self.read("modes", tx)
        names = _listed(asked) if isinstance(asked, str) else asked
        return frozenset(names if isinstance(names, list) and names else self.rule.default_modes)


def _listed(text: str) -> list[str]:
    """Names with commas between them, or a JSON array of names; nothing for nothing."""
    if text.startswith("["):
        with contextlib.suppress(JsonError):
            found = parse_json(text.encode())
            return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
    return [name for part in text.split(",") if (name := part.strip())]


def compile_run(rule: RunRule | None) -> RunPlan | None:
    """The plan of a rule; None where there is none."""
    if rule is None:
        return None
    sources: dict[str, Source | None] = {
        "busy": rule.busy.by if rule.busy else None,
        "agent": rule.agent.source if rule.agent else None,
        "stop": rule.stopping.by if rule.stopping else None,
        "keys": rule.stopping.keys if rule.stopping else None,
        "status": rule.stopping.status if rule.stopping else None,
        "command": rule.commands.by if rule.commands else None,
        "params": rule.commands.params if rule.commands else None,
        "beside_answers": replace(rule.resume, steps=rule.resume.steps[:-1], others=())
        if rule.resume and len(rule.resume.steps) > 1
        else None,
        **{
            word: getattr(rule, word)
            for word in ("modes", "resume", "before", "after", "follows", "delay", "last_event")
        },
    }
    return RunPlan(
        rule,
        {word: fetch(source) for word, source in sources.items() if source},
        {way: compile_setting(way.reply) for way in rule.respond if way.reply},
        compile_recipe(rule.agent.make) if rule.agent and rule.agent.make else None,
        compile_recipe(rule.alone) if rule.alone else None,
        {name: compile_setting(each.reply) for name, each in rule.commands.known.items() if each.reply}
        if rule.commands
        else {},
        compile_setting(rule.commands.failed) if rule.commands else None,
    )
