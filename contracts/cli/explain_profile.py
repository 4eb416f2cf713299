"""What holds for a whole provider, in words: for each word of its document's `x-behaviour`."""

import json
from collections.abc import Callable, Iterator, Mapping

from threadmock.contracts.cli.explain_settings import (
    Part,
    made_parts,
    numbered,
    one,
    setting_text,
    settings_parts,
    value_text,
    when_text,
)
from threadmock.specs.behaviour.agent import Agent, Change, Event, Format
from threadmock.specs.behaviour.profile import Profile


def profile_parts(profile: Profile) -> Iterator[Part]:
    """Every part of what holds for a whole provider."""
    for parts in PROFILE_WORDS.values():
        yield from parts(profile)


def _client(profile: Profile) -> Iterator[Part]:
    if profile.label:
        yield "client", f"called {profile.label}", ""
    if profile.setting:
        yield "client", f"set {profile.setting}", ""
    if profile.layer:
        yield "client", f"clients work as with the real service in the layer {profile.layer}", ""


def _cors(profile: Profile) -> Iterator[Part]:
    if cors := profile.cors:
        origin = "*" if cors.origin == "*" else "the origin that asked"
        yield "cors", f"Access-Control-Allow-Origin: {origin}", cors.evidence
        if cors.expose:
            yield "cors", f"exposes {', '.join(cors.expose)}", cors.evidence
        if cors.max_age:
            yield "cors", f"a preflight holds for {cors.max_age} s", cors.evidence
        status, text = cors.preflight
        yield "cors", f"a preflight is answered with {status} {json.dumps(text)}", cors.evidence
        yield (
            "cors",
            "a 500 carries these headers, too" if cors.failures else "a 500 carries none of these headers",
            cors.evidence,
        )


def _initial(profile: Profile) -> Iterator[Part]:
    names = numbered(made.resource for made in profile.initial)
    for made, name in zip(profile.initial, names, strict=True):
        yield from made_parts("initial", made, name)


def _fill(profile: Profile) -> Iterator[Part]:
    if fill := profile.fill:
        yield from made_parts("fill", fill.thread, f"{fill.thread.resource} for each thread of a file")
        if any(fill.below):
            yield "fill", f"threads lie below the {fill.below[0]} {json.dumps(fill.below[1])}", fill.thread.evidence
        if fill.piece:
            yield from made_parts("fill", fill.piece, f"{fill.piece.resource} for each {fill.per}")
        if fill.opening:
            yield from made_parts("fill", fill.opening, f"{fill.opening.resource} before that of a user's message")


def _agent(profile: Profile) -> Iterator[Part]:
    if profile.agent:
        for word, parts in AGENT_WORDS.items():
            for text, evidence in parts(profile.agent):
                yield f"agent {word}", text, evidence


PROFILE_WORDS: Mapping[str, Callable[[Profile], Iterator[Part]]] = {
    "client": _client,
    "cors": _cors,
    "initial": _initial,
    "fill": _fill,
    "agent": _agent,
}
"""Words of a document's `x-behaviour`, besides those that its operations take over (errors, lenient, spelling, …)."""

_Texts = Iterator[tuple[str, str]]


def _input_part(agent: Agent) -> _Texts:
    given = agent.input
    settings = {word: getattr(given, word) for word in ("content", "otherwise", "again", "pending")}
    for word, setting in settings.items():
        if setting:
            yield f"{word}: {setting_text(setting)}", setting.evidence
    for name, role in given.roles.items():
        yield f"role {name!r}: {role}", agent.evidence
    if given.wrapped:
        yield f"a message may stand in {given.wrapped.members}, its role in {given.wrapped.role}", agent.evidence
    if given.removal:
        every = f"; {given.removal.every} takes out all" if given.removal.every else ""
        yield f"a message whose {given.removal.member} is {given.removal.word} takes out another{every}", agent.evidence
    for name, failure in given.fails.items():
        yield f"a run whose input is {name} fails: {failure.error}, {value_text(failure.message)}", agent.evidence


def _ends(agent: Agent) -> _Texts:
    if agent.ends != ("start", "end"):
        yield f"a graph begins at {agent.ends[0]} and ends at {agent.ends[1]}", agent.evidence


def _declared(agent: Agent) -> _Texts:
    for made, name in zip(agent.declared, numbered(each.resource for each in agent.declared), strict=True):
        yield from ((text, evidence) for _, text, evidence in made_parts("", made, f"{name} for each declared agent"))


def _step(agent: Agent) -> _Texts:
    if agent.step:
        yield f"the number of a node: {setting_text(agent.step)}", agent.step.evidence


def _on(agent: Agent) -> _Texts:
    for beat, changes in agent.changes.items():
        for change, name in zip(changes, numbered([beat] * len(changes)), strict=True):
            yield from _change(change, name)


def _change(change: Change, name: str) -> _Texts:
    if change.when:
        yield f"{name}: only where {when_text(change.when)}", change.evidence
    parts = [*settings_parts("", "in the run ", change.run)]
    for made, label in zip(change.makes, numbered(made.resource for made in change.makes), strict=True):
        parts += made_parts("", made, label)
    parts += settings_parts("", "in the newest ", change.latest)
    parts += settings_parts("", "in the thread ", change.thread)
    for _, text, evidence in parts:
        yield f"{name}: {text}", evidence


def _formats(agent: Agent) -> _Texts:
    for form in agent.formats.values():
        yield f"{form.name}: {_format(form)}", form.evidence
        for name, value in form.headers.items():
            yield f"{form.name}: header {name}: {value_text(value)}", form.evidence
        names = numbered(event.on for event in form.events)
        for event, name in zip(form.events, names, strict=True):
            yield f"{form.name}: on {name}, {_event(event)}", event.evidence


def _format(form: Format) -> str:
    text = f"lines end with {json.dumps(form.newline)}"
    text += f", comment {json.dumps(form.heartbeat)} after {form.every:g} s of silence" if form.heartbeat else ""
    text += f", ids are {form.ids}" if form.ids else ""
    text += ", which events of one moment share" if form.twins else ""
    text += f", only where {form.numbered} is true" if form.numbered else ""
    return text + (", who joins sees what was before" if form.replays else "")


def _event(event: Event) -> str:
    text = f"event {event.name}" if event.name else "an event without a name"
    text += f", data {setting_text(event.data)}" if event.data else ""
    text += f", raw {value_text(event.raw)}" if event.raw else ""
    text += f", for each of {setting_text(event.each)}" if event.each else ""
    text += f", in modes {', '.join(event.modes)}" if event.modes else ""
    text += f", but not beside {', '.join(event.unless)}" if event.unless else ""
    text += f", where {when_text(event.when)}" if event.when else ""
    text += ", which a server may send or not" if event.optional else ""
    return text + (", with a schema" if event.schema else "")


def _results(agent: Agent) -> _Texts:
    for end, setting in agent.results.items():
        yield f"{end}: {setting_text(setting)}", setting.evidence


def _inside(agent: Agent) -> _Texts:
    if found := agent.inside:
        member, names, tasks = (".".join(steps) for steps in (found.member, found.names, found.tasks))
        yield f"what graphs inside of nodes make is kept as {found.resource}, named by {member}", agent.evidence
        yield (
            f"{names} of {tasks} names such a graph, {found.shows} shows it, and the other is {found.gone} then",
            agent.evidence,
        )


AGENT_WORDS: Mapping[str, Callable[[Agent], _Texts]] = {
    "thread": lambda agent: iter([(f"runs belong to {one(agent.thread)}", agent.evidence)]),
    "piece": lambda agent: iter([(f"runs make {agent.piece} things below it", agent.evidence)] if agent.piece else []),
    "inside": _inside,
    "input": _input_part,
    "step": _step,
    "ends": _ends,
    "declared": _declared,
    "on": _on,
    "formats": _formats,
    "results": _results,
}
"""Words of `agent`, besides its evidence."""
