"""`agent` and `run` of `x-behaviour` as data → records. The vocabulary is checked by `behaviour.schema.json` first."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from threadmock.specs.behaviour.actions import ACTIONS
from threadmock.specs.behaviour.agent import (
    Agent,
    AgentInput,
    Busy,
    BusyPolicy,
    Change,
    Command,
    Commands,
    Event,
    Failure,
    Format,
    InnerPieces,
    Nesting,
    Removal,
    Respond,
    RunRule,
    Speaker,
    Stopping,
    Wrapped,
)
from threadmock.specs.behaviour.read_rules import parse_made
from threadmock.specs.behaviour.read_settings import Spell, parse_setting, parse_settings, parse_source, parse_when
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.documents.places import DocumentPlace, as_place
from threadmock.specs.errors import RuleError, nearest
from threadmock.specs.evidence import Evidence
from threadmock.specs.members import steps_of
from threadmock.specs.schemas.schema import Schema

ReadSchema = Callable[[Any, DocumentPlace], Schema]
_GENERATORS_IN_EVENTS = ("now", "key", "parent_key")


def parse_agent(
    provider_wide: Mapping[str, Any], where: str | DocumentPlace, read_schema: ReadSchema, spell: Spell
) -> Agent | None:
    """The agent of a provider; None where it has none. RuleError.

    read_schema: node and place → Schema, as on the wire. What a beat holds is in single words, which every spelling
    leaves as they are.
    """
    node = provider_wide.get("agent")
    if node is None:
        return None
    own: Evidence = node.get("evidence", "documented")
    place = as_place(where) / "agent"
    given, ends = node["input"], node.get("ends", {})
    changes = {
        kind: tuple(
            _change(each, own, place / "on" / kind, spell) for each in (given if isinstance(given, list) else [given])
        )
        for kind, given in node.get("on", {}).items()
    }
    formats: dict[str, Format] = {}
    for name, each in node.get("formats", {}).items():
        at = place / "formats" / name
        extended = each.get("extends")
        if extended is not None and extended not in formats:
            raise RuleError(f"No format {extended!r} stands before this one.", where=at, fix=nearest(extended, formats))
        formats[name] = _format(name, each, own, at, read_schema, spell, formats[extended].events if extended else ())
    return Agent(
        node["thread"],
        node.get("piece", ""),
        AgentInput(
            _maybe(given.get("content"), own, place / "input" / "content", spell),
            given.get("roles", {}),
            _maybe(given.get("otherwise"), own, place / "input" / "otherwise", spell),
            _maybe(given.get("again"), own, place / "input" / "again", spell),
            {name: Failure(each["error"], each["message"]) for name, each in given.get("fails", {}).items()},
            Wrapped(**{word: spell(each) for word, each in given["wrapped"].items()}) if "wrapped" in given else None,
            Removal(**{**given["removal"], "member": spell(given["removal"]["member"])})
            if "removal" in given
            else None,
            _maybe(given.get("pending"), own, place / "input" / "pending", spell),
        ),
        changes,
        formats,
        {
            end: parse_setting(each, own, place / "results" / end, spell)
            for end, each in node.get("results", {}).items()
        },
        _maybe(node.get("step"), own, place / "step", spell),
        (ends.get("start", "start"), ends.get("end", "end")),
        tuple(
            parse_made(each, own, place / "declared" / at, spell) for at, each in enumerate(node.get("declared", ()))
        ),
        own,
        _inner_pieces(node.get("inside"), spell),
    )


def _inner_pieces(node: Mapping[str, Any] | None, spell: Spell) -> InnerPieces | None:
    if node is None:
        return None
    steps = {word: steps_of(spell(node[word])) for word in ("member", "tasks", "names")}
    return InnerPieces(node["resource"], **steps, shows=spell(node["shows"]), gone=node.get("gone", "absent"))


def _removal(node: Mapping[str, str] | None, spell: Spell) -> Removal | None:
    return Removal(spell(node["member"]), node["word"], node.get("every", "")) if node else None


def _maybe(node: Any, evidence: Evidence, where: DocumentPlace, spell: Spell) -> Setting | None:
    return None if node is None else parse_setting(node, evidence, where, spell)


def _change(node: Mapping[str, Any], evidence: Evidence, where: DocumentPlace, spell: Spell) -> Change:
    own: Evidence = node.get("evidence", evidence)
    run, latest, thread = (
        parse_settings(node.get(part), own, where / part, spell) for part in ("run", "latest", "thread")
    )
    made = (parse_made(node["make"], own, where / "make", spell),) if "make" in node else ()
    return Change(run, made, latest, thread, parse_when(node.get("when"), spell), own)


def _format(  # noqa: PLR0913, PLR0917 - one pass, and this is what it carries along
    name: str,
    node: Mapping[str, Any],
    evidence: Evidence,
    where: DocumentPlace,
    read_schema: ReadSchema,
    spell: Spell,
    extended: tuple[Event, ...],
) -> Format:
    own: Evidence = node.get("evidence", evidence)
    events = extended + tuple(
        _event({**each, "on": kind}, own, where / "events" / at, read_schema, spell)
        for at, each in enumerate(node["events"])
        for kind in (each["on"] if isinstance(each["on"], list) else [each["on"]])
    )
    made = Format(
        name,
        events,
        newline=node.get("newline", "\n"),
        heartbeat=node.get("heartbeat", ""),
        every=node.get("every", 15.0),
        ids=node.get("ids", ""),
        twins=node.get("twins", False),
        replays=node.get("replays", False),
        headers=node.get("headers", {}),
        evidence=own,
    )
    if "nested" in node:
        nested = node["nested"]
        by = parse_source(nested["by"], spell)
        bare, always = (tuple(nested.get(word, ())) for word in ("bare", "always"))
        made = replace(made, nested=Nesting(by, nested["joint"], bare, always))
    return replace(made, numbered=parse_source(node["numbered"], spell)) if "numbered" in node else made


def _event(
    node: Mapping[str, Any], evidence: Evidence, where: DocumentPlace, read_schema: ReadSchema, spell: Spell
) -> Event:
    own: Evidence = node.get("evidence", evidence)
    data = _maybe(node.get("data"), own, where / "data", spell)
    for random in _random(data):
        raise RuleError(
            f"An event can't hold a new {random}: whoever reads it again must find the same.",
            where=where,
            fix="Take an id of the beat, such as {from: item.id}.",
        )
    return Event(
        node["on"],
        node.get("event", ""),
        data,
        node.get("raw", ""),
        tuple(node.get("modes", ())),
        tuple(node.get("unless", ())),
        parse_when(node.get("when"), spell),
        _maybe(node.get("each"), own, where, spell),
        read_schema(node["schema"], where) if "schema" in node else None,
        bool(node.get("optional")),
        own,
    )


def _random(setting: Setting | None) -> list[str]:
    if setting is None:
        return []
    own = [setting.generator] if setting.kind == "generate" and setting.generator not in _GENERATORS_IN_EVENTS else []
    return own + [name for inner in (*dict(setting.members).values(), setting.otherwise) for name in _random(inner)]


def parse_run(rule: Mapping[str, Any], where: str | DocumentPlace, spell: Spell) -> RunRule | None:
    """The `run` of an operation's rule; None where it has none. RuleError where it makes no sense."""
    node = rule.get("run", {} if ACTIONS[rule["action"]].about_runs else None)
    if node is None:
        return None
    own: Evidence = node.get("evidence", rule.get("evidence", "documented"))
    place = as_place(where) / "run"
    pause, modes, last = node.get("pause", {}), node.get("modes", {}), node.get("last_event", {})
    sources: dict[str, Source] = {
        word: parse_source(given, spell)
        for word, given in (
            *((word, node[word]) for word in ("resume", "goto", "follows", "delay") if word in node),
            *pause.items(),
            *((word, found["from"]) for word, found in (("modes", modes), ("last_event", last)) if found),
        )
    }
    return RunRule(
        **sources,
        respond=_respond(node.get("respond", "at_once"), own, place, spell),
        busy=_busy(node.get("busy"), own, place, spell),
        default_modes=tuple(modes.get("default", ())),
        own_modes=modes.get("own", ""),
        bare_modes=tuple(modes.get("bare", ())),
        disconnect=parse_when(node.get("disconnect"), spell),
        agent=_speaker(node.get("agent"), own, place / "agent", spell),
        alone=parse_made(node["alone"], own, place / "alone", spell) if "alone" in node else None,
        makes_thread=parse_when(node.get("makes_thread"), spell),
        temporary=node.get("temporary", False),
        kept=parse_when(node.get("kept"), spell),
        each=node.get("each", False),
        from_start=tuple(last.get("start", ())),
        malformed=last.get("malformed", 0),
        follow_thread=node.get("follow", "run") == "thread",
        stopping=_stopping(node.get("stop"), spell),
        cancels=parse_when(node.get("cancels"), spell),
        fails=node.get("fails", 0),
        commands=_commands(node.get("commands"), own, place / "commands", spell),
        headers=node.get("headers", {}),
        evidence=own,
    )


def _respond(node: Any, evidence: Evidence, where: DocumentPlace, spell: Spell) -> tuple[Respond, ...]:
    if isinstance(node, str):
        return (Respond(node, evidence=evidence),)  # type: ignore[arg-type]  # the vocabulary has checked the word
    made = tuple(
        Respond(
            each["how"],
            parse_when(each.get("when"), spell),
            each.get("status", 0),
            each.get("format", ""),
            each.get("keep_alive", ""),
            each.get("every", 5.0),
            _maybe(each.get("reply"), evidence, where, spell),
            each.get("headers", {}),
            each.get("evidence", evidence),
        )
        for each in node
    )
    if made[-1].when:
        raise RuleError(
            "Nothing says how a request is answered that meets none of the conditions.",
            where=where / "respond",
            fix="Add a last entry without `when`.",
        )
    return made


def _busy(node: Mapping[str, Any] | None, evidence: Evidence, where: DocumentPlace, spell: Spell) -> Busy | None:
    if node is None:
        return None
    policies = tuple(
        BusyPolicy(name, each["do"], each.get("status", 409), each.get("reason", ""), each.get("evidence", evidence))
        for name, each in node.items()
        if name not in ("by", "default")
    )
    known = [policy.name for policy in policies]
    if node["default"] not in known:
        raise RuleError(
            f"The default policy {node['default']!r} is not among the policies.",
            where=where / "busy" / "default",
            fix=nearest(node["default"], known),
        )
    return Busy(parse_source(node["by"], spell) if "by" in node else None, node["default"], policies)


def _speaker(node: Mapping[str, Any] | None, evidence: Evidence, where: DocumentPlace, spell: Spell) -> Speaker | None:
    if node is None:
        return None
    own: Evidence = node.get("evidence", evidence)
    return Speaker(
        parse_source(node["from"], spell),
        node.get("resource", ""),
        tuple(map(spell, node.get("by", ()))),
        spell(node.get("name", "")),
        parse_made(node["make"], own, where / "make", spell) if "make" in node else None,
        node.get("unknown_key", 404),
        node.get("unknown_name", 422),
        own,
    )


def _stopping(node: Mapping[str, Any] | None, spell: Spell) -> Stopping | None:
    if node is None:
        return None
    return Stopping(
        parse_source(node["by"], spell) if "by" in node else None,
        tuple(node.get("removes", ())),
        parse_source(node["keys"], spell) if "keys" in node else None,
        parse_source(node["status"], spell) if "status" in node else None,
    )


def _commands(
    node: Mapping[str, Any] | None, evidence: Evidence, where: DocumentPlace, spell: Spell
) -> Commands | None:
    if node is None:
        return None
    known = {
        name: Command(
            each["do"],
            tuple(map(spell, each.get("needs", ()))),
            _maybe(each.get("reply"), evidence, where, spell),
            each.get("code", ""),
            each.get("reason", ""),
            each.get("answers", False),
        )
        for name, each in node["known"].items()
    }
    failed = parse_setting(node["failed"], evidence, where / "failed", spell)
    by, params = (parse_source(node[word], spell) for word in ("by", "params"))
    return Commands(by, params, known, failed, node.get("codes", {}))


def run_sources(rule: RunRule) -> list[Source]:
    """Every place in a request that an operation reads for its run."""
    stopping = rule.stopping or Stopping()
    found = (
        rule.modes,
        rule.resume,
        rule.goto,
        rule.before,
        rule.after,
        rule.follows,
        rule.delay,
        rule.last_event,
        rule.busy and rule.busy.by,
        rule.agent and rule.agent.source,
        stopping.by,
        stopping.keys,
        stopping.status,
        rule.commands and rule.commands.by,
        rule.commands and rule.commands.params,
    )
    conditions = (
        *rule.disconnect,
        *rule.kept,
        *rule.makes_thread,
        *rule.cancels,
        *(each for way in rule.respond for each in way.when),
    )
    asked = [Source(place, steps) for place, steps, _ in conditions if place in ("body", "path", "query", "header")]  # type: ignore[arg-type]
    return [source for source in found if source] + asked
