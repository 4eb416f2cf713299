"""The list of the runs of a thread: its own alone, each once and as it is read, none of a thread that was deleted."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import of_action, reads
from threadmock.contracts.cases.list_pages import paging_of
from threadmock.contracts.cases.references import references, schema_at
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import ask_missing, evidence_of
from threadmock.contracts.scenarios.pages import items_of, key_in
from threadmock.contracts.scenarios.runs.asking import (
    StartedRun,
    new_thread,
    on_thread,
    settle,
    sibling,
    start,
    text_for,
)
from threadmock.contracts.scenarios.runs.stored import (
    Keys,
    agent_of,
    read,
    worded_members,
)
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import CREATED
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.members import dotted
from threadmock.specs.schemas.validation import checker

_HOWS = ("at_once", "when_done", "stream")


def lists_runs(contract: Contract, operation: Operation) -> str:
    """Lists of the runs of one thread, where an operation starts runs there."""
    agent, rule = contract.profile.agent, operation.rule
    within = [name.resource for name in references(operation)]
    if agent is None or rule.action != "list" or rule.listing is None or agent.thread not in within:
        return "the operation does not list the runs of a thread"
    return "" if _starter(contract, operation) else "no operation starts a run that it could list"


def _starter(contract: Contract, operation: Operation) -> Operation | None:
    found = [sibling(contract, operation, how) for how in _HOWS]
    return next((each for each in found if each is not None and on_thread(contract, each)), None)


def run_run_list(context: Context, operation: Operation) -> Iterator[Finding]:
    """The runs of one thread are listed, each once, with none of another thread; each as it is read."""
    own, other = (_runs(context, operation, count) for count in (2, 1))
    listed = _listed(context, operation, own[0].keys)
    way = paging_of(operation)
    keys = [str(key_in(way, item)) for item in items_of(listed)]
    for number, started in enumerate(own, 1):
        listed.compared()
        if (count := keys.count(str(started.run))) != 1:
            got = f"run {number} {'is not in it' if not count else f'is in it {count} times'}"
            yield _list(listed, "each run of the thread, once", got)
    strange = [key for key in keys if key not in {str(started.run) for started in own}]
    if strange:
        whose = "of another thread" if strange[0] == str(other[0].run) else "that nobody started here"
        yield _list(listed, "the runs of this thread alone", f"one {whose}: {strange[0]}")
    items = {str(key_in(way, item)): item for item in items_of(listed)}
    yield from _as_read(context, operation, own, items)
    yield from _filtered(context, operation, own[0].keys, items)
    yield from _without_deleted(context, operation, own)
    yield from _of_deleted(context, operation, other[0])


def _runs(context: Context, operation: Operation, count: int) -> list[StartedRun]:
    """Runs of a thread of their own, all of them over."""
    starter = _starter(context.contract, operation)
    if starter is None:
        raise NotSent("no operation starts a run")
    how = next(how for how in _HOWS if sibling(context.contract, operation, how) is starter)
    keys, made = new_thread(context, starter), []
    for _ in range(count):
        text, _ = text_for(context)
        started = start(context, starter, keys, text, how, label="a run that is to be listed")
        known = {**keys, operation.rule.resource: started.run}
        settle(context, starter, known)
        made.append(StartedRun(started.reading, known))
    return made


def _listed(context: Context, operation: Operation, keys: Keys) -> Reading:
    got = ask(context, case_about(operation, keys, "the runs of a thread"))
    if not got.accepted:
        raise NotSent("the list could not be read")
    return got


def _as_read(
    context: Context, operation: Operation, own: list[StartedRun], items: Mapping[str, Any]
) -> Iterator[Finding]:
    """What is fixed of a run once it is over is the same in the list and in a read."""
    for started in own:
        item = items.get(str(started.run))
        stored = read(context, operation.rule.resource, started.keys)
        if stored is None or not stored.made or stored.reading.operation is operation or not isinstance(item, Mapping):
            continue
        shown = stored.reading
        known = _told_members(context, operation)
        for member in sorted(name for name in item if name in known or CREATED.fullmatch(name)):
            if member not in stored.made:
                continue
            shown.compared()
            if item[member] != stored.made[member]:
                expected = f"{member} of a run as its list shows it: {item[member]}"
                yield _list(shown, expected, f"{member} {stored.made[member]}", where=f"/{member}")


def _told_members(context: Context, operation: Operation) -> set[str]:
    """Members of a run that runs or their starts set, by the rules."""
    set_by_runs = {name.partition(".")[0] for name in worded_members(agent_of(context), "run")}
    key = operation.rule.key
    return {*set_by_runs, *({key.member} if key else ())}


def _filtered(context: Context, operation: Operation, keys: Keys, items: Mapping[str, Any]) -> Iterator[Finding]:
    """A filter on what runs say of themselves leaves those that say so, and no other."""
    for rule in operation.rule.listing.filters if operation.rule.listing else ():
        schema = schema_at(operation, rule.source) if len(rule.source.steps) == 1 else None
        values = [v for item in items.values() if isinstance(v := dotted(item, rule.member), str)]
        if rule.how != "equal" or schema is None or not values or not checker(schema).valid(values[0]):
            continue
        others = [v for v in _words(schema.document) if v != values[0] and checker(schema).valid(v)]
        for value in (values[0], *others[:1]):
            label = f"the runs whose {rule.member} is {value}"
            got = ask(context, case_about(operation, keys, label, at={rule.source: value}))
            if not got.accepted:
                continue
            got.compared()
            found = {str(key_in(paging_of(operation), item)) for item in items_of(got)}
            wanted = {key for key, item in items.items() if dotted(item, rule.member) == value}
            if found != wanted:
                evidence = weakest(operation.rule.evidence, rule.evidence)
                expected = f"the {len(wanted)} runs of the thread whose {rule.member} is {value}"
                missing = len(wanted - found)
                what = f"without {missing} of them" if missing else f"with {len(found - wanted)} others"
                yield got.find("run_list", expected, what, where=f"/{rule.member}", evidence=evidence, exchanges=4)


def _words(node: Any) -> list[str]:
    """The texts of the first enumeration in a schema."""
    if isinstance(node, Mapping):
        if isinstance(node.get("enum"), list | tuple):
            return [each for each in node["enum"] if isinstance(each, str)]
        return next((found for each in node.values() if (found := _words(each))), [])
    return next((found for each in node if (found := _words(each))), []) if isinstance(node, list | tuple) else []


def _without_deleted(context: Context, operation: Operation, own: list[StartedRun]) -> Iterator[Finding]:
    """A run that was deleted is in the list no more, and the other one is."""
    remover = next(iter(of_action(context.contract, operation.rule.resource, "delete")), None)
    if remover is None:
        return
    gone = ask(context, case_about(remover, own[0].keys, "a run is deleted"))
    if not gone.accepted:
        return
    listed = _listed(context, operation, own[0].keys)
    keys = [str(key_in(paging_of(operation), item)) for item in items_of(listed)]
    listed.compared()
    evidence = evidence_of(remover, operation)
    if str(own[0].run) in keys:
        yield listed.find("run_list", "no run that was deleted", "one", evidence=evidence, exchanges=4)
    if str(own[1].run) not in keys:
        yield listed.find(
            "run_list", "the run that was not deleted", "a list without it", evidence=evidence, exchanges=4
        )


def _of_deleted(context: Context, operation: Operation, started: StartedRun) -> Iterator[Finding]:
    """The runs of a thread that was deleted are not there any more."""
    thread = agent_of(context).thread
    remover = next(iter(of_action(context.contract, thread, "delete")), None)
    if remover is None:
        return
    above = {name: key for name, key in started.keys.items() if name != operation.rule.resource}
    gone = ask(context, case_about(remover, above, "the thread of a run is deleted"))
    if not gone.accepted:
        return
    readers = reads(context.contract, operation.rule.resource)
    for each, keys in [*((reader, started.keys) for reader in readers[:1]), (operation, above)]:
        got = ask_missing(context, case_about(each, keys, "what lay in a thread that was deleted"))
        if got.response is None or got.status >= 500 or got.status == 429:
            continue
        got.compared()
        if got.accepted and (each is not operation or items_of(got)):
            evidence = evidence_of(remover, each)
            expected = f"nothing of a {thread} that was deleted"
            yield got.find("run_list", expected, "a run that lay in it", evidence=evidence, exchanges=4)


def _list(reading: Reading, expected: str, got: str, *, where: str = "") -> Finding:
    evidence = weakest(reading.rule.evidence, reading.rule.listing.evidence if reading.rule.listing else "documented")
    return reading.find("run_list", expected, got, where=where, evidence=evidence, exchanges=4)
