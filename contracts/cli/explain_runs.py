"""What an operation does with runs, in words: for each word of `run`."""

import json
from collections.abc import Callable, Iterator, Mapping

from threadmock.contracts.cli.explain_settings import Part, made_parts, setting_text, value_text, when_text
from threadmock.specs.behaviour.agent import RunRule
from threadmock.specs.behaviour.setting import Source, When


def run_parts(run: RunRule | None) -> Iterator[Part]:
    """The parts of a rule about runs."""
    if run is not None:
        for parts in RUN_WORDS.values():
            for text, evidence in parts(run):
                yield "run", text, evidence


_Texts = Iterator[tuple[str, str]]
_HOW = {
    "at_once": "answered at once",
    "when_done": "answered when the run is done",
    "stream": "answered by a stream of events",
}
_DO = {
    "refuse": "it is refused",
    "wait": "it waits",
    "cancel": "the other is cancelled",
    "remove": "the other is removed",
    "run": "it runs, too",
}


def _respond(run: RunRule) -> _Texts:
    for way in run.respond:
        text = _HOW[way.how]
        text += f" in the format {way.format}" if way.format else ""
        text += f", status {way.status}" if way.status else ""
        text += f", {json.dumps(way.keep_alive)} every {way.every:g} s meanwhile" if way.keep_alive else ""
        text += f", with {setting_text(way.reply)}" if way.reply else ""
        text += "".join(f", header {name}: {value_text(value)}" for name, value in way.headers.items())
        yield text + (f", where {when_text(way.when)}" if way.when else ""), way.evidence


def _busy(run: RunRule) -> _Texts:
    for policy in run.busy.policies if run.busy else ():
        default = " (default)" if run.busy and policy.name == run.busy.default else ""
        by = f"{run.busy.by} is {policy.name}" if run.busy and run.busy.by else policy.name
        refusal = f" with {policy.status}" + (f", because {policy.reason}" if policy.reason else "")
        then = _DO[policy.do] + (refusal if policy.do == "refuse" else "")
        yield f"while another is under way, {by}{default}: {then}", policy.evidence


def _modes(run: RunRule) -> _Texts:
    if run.modes:
        default = f", otherwise {', '.join(run.default_modes)}" if run.default_modes else ""
        own = f"; {run.own_modes} stands for those of each run" if run.own_modes else ""
        bare = f"; events without a mode in {', '.join(run.bare_modes)} only" if run.bare_modes else ""
        yield f"modes from {run.modes}{default}{own}{bare}", run.evidence


def _pause(run: RunRule) -> _Texts:
    for word, source in (("before", run.before), ("after", run.after)):
        if source:
            yield f"a pause {word} the nodes in {source}", run.evidence


def _agent(run: RunRule) -> _Texts:
    if agent := run.agent:
        among = f", which is {' or '.join(agent.by)} of some {agent.resource}" if agent.resource else ""
        script = f"; {agent.name} names a script, too" if agent.name else ""
        yield f"the agent is named by {agent.source}{among}{script}", agent.evidence
        if agent.make:
            name = f"{agent.make.resource} that is made for an unknown name"
            yield from _without_kind(made_parts("", agent.make, name))
        elif agent.resource:
            yield f"an unknown agent: {agent.unknown_name}, or {agent.unknown_key} where it is an id", agent.evidence


def _alone(run: RunRule) -> _Texts:
    if run.alone:
        yield from _without_kind(made_parts("", run.alone, f"{run.alone.resource} for a run without one"))


def _commands(run: RunRule) -> _Texts:
    if commands := run.commands:
        yield f"commands by {commands.by}, with parameters in {commands.params}", run.evidence
        for name, command in commands.known.items():
            text = {"start": "starts a run", "answer": "answers a pause", "refuse": "is refused"}[command.do]
            text += ", or answers a pause" if command.answers else ""
            text += f", needs {' and '.join(command.needs)}" if command.needs else ""
            text += f", code {command.code}" if command.code else ""
            text += f", because {command.reason}" if command.reason else ""
            yield (
                f"command {name}: {text}" + (f", with {setting_text(command.reply)}" if command.reply else ""),
                (run.evidence),
            )
        yield f"a command that fails: {setting_text(commands.failed)}", run.evidence
        for what, code in commands.codes.items():
            yield f"code of {what} commands: {code}", run.evidence


def _last_event(run: RunRule) -> _Texts:
    if run.last_event:
        start = f"; {' or '.join(map(json.dumps, run.from_start))} is the beginning" if run.from_start else ""
        broken = str(run.malformed) if run.malformed else "an empty stream"
        yield f"goes on after the event in {run.last_event}{start}; for one that is none: {broken}", run.evidence


def _stop(run: RunRule) -> _Texts:
    if stop := run.stopping:
        removes = f"; {' or '.join(stop.removes)} removes it" if stop.removes else ""
        yield "stops a run" + (f" as {stop.by} says{removes}" if stop.by else ""), run.evidence
        for word, source in (("keys", stop.keys), ("status", stop.status)):
            if source:
                yield f"stops all runs whose {word} {source} holds", run.evidence


def _headers(run: RunRule) -> _Texts:
    for name, value in run.headers.items():
        yield f"header {name}: {value_text(value)}", run.evidence


def _without_kind(parts: Iterator[Part]) -> _Texts:
    for _, text, evidence in parts:
        yield text, evidence


def _source(text: str, read: Callable[[RunRule], Source | None]) -> Callable[[RunRule], _Texts]:
    def parts(run: RunRule) -> _Texts:
        if source := read(run):
            yield f"{text} {source}", run.evidence

    return parts


def _where(text: str, read: Callable[[RunRule], When]) -> Callable[[RunRule], _Texts]:
    def parts(run: RunRule) -> _Texts:
        if when := read(run):
            yield f"{text} where {when_text(when)}", run.evidence

    return parts


def _flag(text: str, read: Callable[[RunRule], int]) -> Callable[[RunRule], _Texts]:
    def parts(run: RunRule) -> _Texts:
        if value := read(run):
            yield text.format(value), run.evidence

    return parts


RUN_WORDS: Mapping[str, Callable[[RunRule], _Texts]] = {
    "respond": _respond,
    "busy": _busy,
    "modes": _modes,
    "resume": _source("the answer to a pause is in", lambda run: run.resume),
    "goto": _source("goes on with the nodes in", lambda run: run.goto),
    "pause": _pause,
    "follows": _source("goes on from what is named by", lambda run: run.follows),
    "delay": _source("begins after the seconds in", lambda run: run.delay),
    "disconnect": _where("a reader that leaves cancels the run", lambda run: run.disconnect),
    "agent": _agent,
    "alone": _alone,
    "makes_thread": _where("an unknown thread is made", lambda run: run.makes_thread),
    "temporary": _flag("the thread of a run without one ends with it", lambda run: run.temporary),
    "kept": _where("the thread of a run without one stays", lambda run: run.kept),
    "each": _flag("a run for each item of the body", lambda run: run.each),
    "commands": _commands,
    "last_event": _last_event,
    "follow": _flag("follows all runs of the thread", lambda run: run.follow_thread),
    "stop": _stop,
    "cancels": _where("cancels the run of the thread", lambda run: run.cancels),
    "fails": _flag("{} where the run failed", lambda run: run.fails),
    "headers": _headers,
}
"""Words of `run`, besides its evidence."""
