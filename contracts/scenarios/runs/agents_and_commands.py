"""What requests about runs name: agents that nothing has, and commands, known and unknown."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from threadmock.contracts.cases.agent_input import input_anywhere, put_at
from threadmock.contracts.cases.references import AgentPlace, listed_agent_places
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import keys_of, prerequisites_of
from threadmock.contracts.scenarios.runs.asking import ASKS, finish_thread, new_thread, placed, text_for
from threadmock.contracts.scenarios.runs.stored import Keys, agent_of, held, look, reading_places
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import Command, Commands
from threadmock.specs.behaviour.observed import observe
from threadmock.specs.behaviour.questions import ASKED
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.members import dotted
from threadmock.specs.text import shorten

_UNKNOWN = "no.such.command"


def names_agent(_: Contract, operation: Operation) -> str:
    """Operations whose requests name an agent."""
    run = operation.rule.run
    if not listed_agent_places(operation) or (run is not None and run.each):
        return "the request names no agent"
    return "the request changes a thing that is there" if operation.rule.traits.needs_key else ""


def unknown_agent_runs(operation: Operation) -> int:
    """The runs that `run_unknown_agent` starts where nothing is refused."""
    return 2 if operation.rule.traits.starts_run else 0


def run_unknown_agent(context: Context, operation: Operation) -> Iterator[Finding]:
    """An agent that nothing has is refused, as the rule says."""
    speaker = operation.rule.run.agent if operation.rule.run else None
    for place in listed_agent_places(operation):
        number = context.choose.getrandbits(60)
        key, name = f"{number:08x}"[:8] + "-0000-4000-8000-000000000001", f"no-such-agent-{number:x}"
        keys = new_thread(context, operation) if speaker else _parent_of(context, operation)
        if speaker is not None and place.source == speaker.source:
            asked: list[tuple[str, tuple[int, ...]]] = [(key, (speaker.unknown_key,))]
            # one that is made for any name, by the mock: a deployment may refuse it
            asked.append((name, (speaker.unknown_name, speaker.unknown_key)))
            free = speaker.make is not None
        else:
            asked, free = [(name, place.statuses)], True
        for value, statuses in asked:
            yield from _unknown_agent(context, operation, place, (keys, value), statuses, free=free and value == name)


def _parent_of(context: Context, operation: Operation) -> Keys:
    """The keys of a parent of its own; {} for an operation whose things are in none."""
    within = operation.rule.within
    if within is None or within.source.place != "path":
        return {}
    return keys_of(prerequisites_of(context).make(within.resource))


def _unknown_agent(  # noqa: PLR0913 - what is asked, and what is right
    context: Context,
    operation: Operation,
    place: AgentPlace,
    asked: tuple[Keys, str],
    statuses: tuple[int, ...],
    *,
    free: bool,
) -> Iterator[Finding]:
    """free: a deployment may have an agent of any name."""
    case = placed(operation, asked[0], {place.source: asked[1]}, "an agent that is not there")
    got = ask(context, replace(case, standing="unknown"), without=("valid_accepted", "documented_status"))
    if got.status in statuses or (free and got.accepted):
        got.compared()
        return
    if got.response is None or got.status == 429 or got.status >= 500:
        return
    speaker = operation.rule.run.agent if operation.rule.run else None
    sure = speaker.evidence if speaker else "assumed"
    yield got.find(
        "unknown_agent",
        f"status {' or '.join(map(str, dict.fromkeys(statuses)))}: there is no such {place.resource}",
        f"status {got.status}",
        where=f"/{place.source.steps[0]}",
        evidence=weakest(operation.rule.evidence, sure if not got.accepted else "documented"),
        exchanges=2,
    )


def takes_commands(_: Contract, operation: Operation) -> str:
    """Operations that take commands of several kinds."""
    return "" if operation.rule.run and operation.rule.run.commands else "the operation takes no commands"


def command_runs(operation: Operation) -> int:
    """The runs that `run_commands` starts, and one more for what is to be refused: it counts until it is."""
    commands = operation.rule.run.commands if operation.rule.run else None
    known = [command.do for command in commands.known.values()] if commands else []
    return 1 + known.count("start") + (2 if {"start", "answer"} <= set(known) else 0)


def run_commands(context: Context, operation: Operation) -> Iterator[Finding]:
    """Each known command gets the answer that its rule words; unknown ones, and such that lack something, the other."""
    commands = operation.rule.run.commands if operation.rule.run else None
    if commands is None:
        return
    keys = new_thread(context, operation)
    yield from _expect(_send(context, operation, keys, _UNKNOWN, {}), commands.failed, commands, "unknown")
    for name, command in commands.known.items():
        if command.needs:
            got = _send(context, operation, keys, name, {})
            yield from _expect(got, commands.failed, commands, "invalid")
        if command.do == "refuse":
            got = _send(context, operation, keys, name, {})
            yield from _expect(got, commands.failed, commands, "", code=command.code)
        elif command.do == "start":
            text, _ = text_for(context)
            got = _send(context, operation, keys, name, _start(context, operation, command, text))
            yield from _expect(got, command.reply, commands, "")
    yield from _answered(context, operation, commands)


def _send(context: Context, operation: Operation, keys: Keys, name: str, params: Mapping[str, Any]) -> Reading:
    commands = operation.rule.run.commands if operation.rule.run else None
    places: dict[Source, Any] = {commands.by: name, commands.params: dict(params)} if commands else {}
    case = placed(operation, keys, places, f"the command {name}, with {', '.join(params) or 'nothing'}")
    return ask(context, case)


def _start(context: Context, operation: Operation, command: Command, text: str) -> Any:
    """Parameters that start a run with a text."""
    speaker = operation.rule.run.agent if operation.rule.run else None
    params: Any = dict.fromkeys(command.needs, "text")
    if speaker is not None and speaker.resource:
        params = put_at(params, {speaker.source: prerequisites_of(context).agent(operation)})
    return put_at(params, input_anywhere(context.contract, text))


def _expect(
    got: Reading, setting: Setting | None, commands: Commands, kind: str, *, code: str = ""
) -> Iterator[Finding]:
    """A finding where an answer is not what a setting makes, or holds another code."""
    found: dict[str, Any] = {}
    code = code or commands.codes.get(kind, "")
    agrees = setting is None or observe(setting, got.value, found)
    if got.accepted and (setting is not None or code):
        got.compared()
    if not got.accepted or (agrees and (not code or found.get("item.code", code) == code)):
        return
    yield got.find(
        "commands",
        f"the answer that the rule words{f', with the code {code}' if code else ''}",
        f"another: {shorten(got.content.decode('utf-8', 'replace'), 150)}",
        evidence=weakest(got.rule.evidence, setting.evidence if setting else "documented"),
    )


def _answered(context: Context, operation: Operation, commands: Commands) -> Iterator[Finding]:
    """What a run asked is answered once; a second answer is refused: nothing waits for it."""
    start = next(((name, each) for name, each in commands.known.items() if each.do == "start"), None)
    answer = next(((name, each) for name, each in commands.known.items() if each.do == "answer"), None)
    if start is None or answer is None:
        return
    text, _ = text_for(context, ASKS)
    keys = new_thread(context, operation)
    _send(context, operation, keys, start[0], _start(context, operation, start[1], text))
    finish_thread(context, operation, keys)
    asked = _question(context, operation, keys)
    if asked is None:
        raise NotSent("the agent asked nobody")
    params = {**dict.fromkeys(answer[1].needs, asked), "response": "approve"}
    yield from _expect(_send(context, operation, keys, answer[0], params), answer[1].reply, commands, "")
    finish_thread(context, operation, keys)  # until the answer was taken, the question waits
    again = _send(context, operation, keys, answer[0], params)
    yield from _expect(again, commands.failed, commands, "answered")


def _question(context: Context, operation: Operation, keys: Keys) -> Any:
    """The id of what a run on the thread asks; None where it asks nothing."""
    agent = agent_of(context)
    state = look(context, operation, keys)
    for _, setting, value, _ in reading_places(agent, "paused", state, ("keyed", "from", "list", "members", "each")):
        asked = held(setting, value).get(ASKED)
        if isinstance(asked, list) and asked:
            return dotted(asked[0], "id")
    return None
