"""What an operation does with runs, compiled once."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.mockserver.rules.conditions import Predicate, compile_when
from threadmock.mockserver.rules.recipes import Recipe, compile_recipe
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.mockserver.rules.values import compile_setting
from threadmock.specs.behaviour.agent import BusyPolicy, Respond, RunRule
from threadmock.specs.behaviour.setting import Source, When
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.strictjson import JsonError, parse_json


@dataclass(frozen=True, eq=False)
class CompiledRespond:
    """A `Respond`, compiled. holds: whether a request is answered in this way. reply: what the answer holds instead."""

    rule: Respond
    holds: Predicate
    reply: Maker | None


@dataclass(frozen=True, eq=False)
class RunPlan:
    """A `RunRule`, compiled; see there. readers: by the rule's word, for what the request may name."""

    rule: RunRule
    readers: Mapping[str, Maker]
    responds: tuple[CompiledRespond, ...]
    agent: Recipe | None
    alone: Recipe | None
    commands: Mapping[str, Maker]
    failed: Maker | None
    makes_thread: Predicate | None
    kept: Predicate | None
    disconnect: Predicate | None
    cancels: Predicate

    def read(self, word: str, scope: Scope) -> Any:
        """The request's value for a word; ABSENT where the request, or the rule, has none."""
        reader = self.readers.get(word)
        return reader(scope) if reader else ABSENT

    def policy(self, scope: Scope) -> BusyPolicy | None:
        """What becomes of the run where its thread is busy."""
        busy = self.rule.busy
        return busy.policy(self.read("busy", scope)) if busy else None

    def is_commanded(self, scope: Scope) -> bool:
        """Whether the request directs the run without any message: it has a value beside the one for answers."""
        return bool(self.read("beside_answers", scope) not in (ABSENT, None, {}))

    def respond(self, scope: Scope) -> CompiledRespond:
        """How this request is answered."""
        return next(each for each in self.responds if each.holds(scope))

    def modes(self, scope: Scope) -> frozenset[str]:
        """The stream modes that the request asks for, or the default."""
        asked = self.read("modes", scope)
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
    commands = rule.commands
    return RunPlan(
        rule=rule,
        readers={word: fetch(source) for word, source in _sources(rule).items() if source},
        responds=tuple(
            CompiledRespond(each, compile_when(each.when), compile_setting(each.reply) if each.reply else None)
            for each in rule.respond
        ),
        agent=compile_recipe(rule.agent.make) if rule.agent and rule.agent.make else None,
        alone=compile_recipe(rule.alone) if rule.alone else None,
        commands={name: compile_setting(each.reply) for name, each in commands.known.items() if each.reply}
        if commands
        else {},
        failed=compile_setting(commands.failed) if commands else None,
        makes_thread=_optional(rule.makes_thread),
        kept=_optional(rule.kept),
        disconnect=_optional(rule.disconnect),
        cancels=compile_when(rule.cancels),
    )


def _optional(when: When) -> Predicate | None:
    return compile_when(when) if when else None


def _sources(rule: RunRule) -> Mapping[str, Source | None]:
    """Where the request names what, by the word of the rule."""
    resume = rule.resume
    beside_answers = replace(resume, steps=resume.steps[:-1], others=()) if resume and len(resume.steps) > 1 else None
    words = ("modes", "resume", "goto", "before", "after", "follows", "delay", "last_event")
    return {
        "busy": rule.busy.by if rule.busy else None,
        "agent": rule.agent.source if rule.agent else None,
        "stop": rule.stopping.by if rule.stopping else None,
        "keys": rule.stopping.keys if rule.stopping else None,
        "status": rule.stopping.status if rule.stopping else None,
        "command": rule.commands.by if rule.commands else None,
        "params": rule.commands.params if rule.commands else None,
        "beside_answers": beside_answers,
        **{word: getattr(rule, word) for word in words},
    }
