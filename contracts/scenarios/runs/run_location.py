"""The headers that say where a run is to be found."""

import re
from collections.abc import Iterator

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.runs.asking import keys_pattern, new_thread, on_thread, sibling, start, text_for
from threadmock.contracts.scenarios.runs.stored import Keys, agent_of, read
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import find_key
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest

_HOWS = ("at_once", "stream", "when_done")


def says_where(contract: Contract, operation: Operation) -> str:
    """Operations that start or follow a run, whose answer says in a header where it is."""
    run = operation.rule.run
    if run is None or not run.headers or run.each:
        return "no rule says that a header names the run"
    if operation.rule.action == "join" and not _starter(contract, operation):
        return "no operation starts a run that could be followed"
    return ""


def _starter(contract: Contract, operation: Operation) -> Operation | None:
    found = [sibling(contract, operation, how) for how in _HOWS]
    return next((each for each in found if each is not None and on_thread(contract, each)), None)


def run_run_location(context: Context, operation: Operation) -> Iterator[Finding]:
    """The header is there, names this run and this thread, and what it names can be read."""
    run = operation.rule.run
    text, _ = text_for(context)
    starts = operation if operation.rule.action == "run" else _starter(context.contract, operation)
    if run is None or starts is None:
        return
    keys = new_thread(context, starts)
    how = next(how for how in _HOWS if any(way.how == how for way in starts.rule.run.respond))  # type: ignore[union-attr]
    started = start(context, starts, keys, text, how, label="a run that a header names")
    got = started.reading
    if starts is not operation:
        got = ask(context, case_about(operation, {**keys, operation.rule.resource: started.run}, "a run is followed"))
    if not got.accepted or got.response is None:
        raise NotSent("no run was started")
    thread, said = keys.get(agent_of(context).thread), _said(got) or _said(started.reading)
    if len(keys_told := _told(got)) > 1:
        expected = f"events of one {operation.rule.resource}, as its stream is"
        yield _location(got, "", expected, f"of several: {' and '.join(keys_told)}", _format_evidence(got))
    named = {name: str(key) for name, key in (("parent_key", thread), ("key", said)) if key}
    for name, template in run.headers.items():
        found, evidence = got.response.headers.get(name), _evidence(got, name)
        if found is None and evidence != "documented" and context.contract.layer == "documented":
            continue  # that others send it binds nobody
        got.compared()
        parts = _parts(template, found or "")
        if found is None:
            yield _location(got, name, f"the header {name}, as {template}", "no such header", evidence)
        elif parts is None or any(named.get(each, value) != value for each, value in parts.items()):
            yield _location(got, name, f"{name} as {template}, of this run", found, evidence)
        elif keys and "key" in parts:
            yield from _read(context, got, name, {**keys, operation.rule.resource: parts["key"]})


def _said(reading: Reading) -> str:
    """The key of the run as the body, or the stream, of an answer says it; "" where neither does."""
    key = reading.rule.key
    found = find_key(reading.value, key.member) if key and reading.made else None
    if found is None and key and reading.stream is not None:
        found = reading.stream.last(f"stored.{key.member}")
    return "" if found is None else str(found)


def _told(reading: Reading) -> list[str]:
    """The keys of runs that the events of a stream say they are of, whatever of the format each event may be."""
    key, stream = reading.rule.key, reading.stream
    place = f"stored.{key.member}" if key else ""
    told = (item for item in (stream.events if stream else ()) if all(place in found for _, found in item.forms))
    return list(dict.fromkeys(str(item.held[place]) for item in told if item.forms))


def _format_evidence(reading: Reading) -> Evidence:
    stream = reading.stream
    return weakest(reading.rule.evidence, stream.format.evidence) if stream else reading.rule.evidence


def thread_named(reading: Reading) -> str | None:
    """The key of the thread of a run, as a header of its answer names it; None where none does."""
    run, response = reading.rule.run, reading.response
    for name, template in run.headers.items() if run and response else ():
        parts = _parts(template, response.headers.get(name, "")) if response else None
        if parts and "parent_key" in parts:
            return parts["parent_key"]
    return None


def _evidence(reading: Reading, name: str) -> Evidence:
    """A header that the document declares is documented; what else a rule says was seen."""
    reply, rule = reading.reply, reading.rule
    declared = reply is not None and name.lower() in {each.lower() for each in reply.headers}
    known = rule.run.evidence if rule.run else "documented"
    return weakest(rule.evidence, known, "documented" if declared else "observed")


def _parts(template: str, found: str) -> dict[str, str] | None:
    """The keys that a header names; None where it is not of that form. A mount point may stand before it."""
    match = re.fullmatch(rf"(?:https?://[^/?#]+)?(?:/[^?#]*)?{keys_pattern(template)}(?:[?#].*)?", found)
    return None if match is None else match.groupdict()


def _read(context: Context, got: Reading, name: str, keys: Keys) -> Iterator[Finding]:
    """What a header names is read, where something reads runs of threads that stay."""
    resource, key = got.rule.resource, got.rule.key
    found = read(context, resource, keys)
    if key is None or found is None or found.reading.response is None:
        return
    shown = found.reading
    if shown.status >= 500 or shown.status == 429:
        return
    shown.compared()
    if not found.accepted or str(find_key(found.made, key.member)) != keys[resource]:
        evidence = weakest(shown.rule.evidence, _evidence(got, name))
        yield _location(got, name, f"a {resource} that is there, where {name} says", f"status {shown.status}", evidence)


def _location(reading: Reading, name: str, expected: str, got: str, evidence: Evidence) -> Finding:
    return reading.find("run_location", expected, got, where=name, evidence=evidence, exchanges=3)
