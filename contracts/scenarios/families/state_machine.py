"""The state machine as a scenario, and several clients at one moment."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import key_member
from threadmock.contracts.cases.families import lists, makers, parents, reads
from threadmock.contracts.checks import Context
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import differing, evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.creates.repeats import refused_otherwise, send_at_once
from threadmock.contracts.scenarios.pages import listed
from threadmock.contracts.scenarios.scenario import ask, marked, new_key, record, usable
from threadmock.contracts.target.answers import CreatedThing, read_thing
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest

CLIENTS = 6


def anchors(contract: Contract, operation: Operation) -> str:
    """One operation of each resource that can be made: its first read, else its first list."""
    resource = operation.rule.resource
    found = [read for read in reads(contract, resource) if read.rule.reply is None]
    found = found or [each for each in lists(contract, resource) if not listed(contract, each)]
    if not found or not makers(contract, resource, parents(found[0])):
        return "no thing of its resource can be made and read"
    return "" if operation is found[0] else f"{found[0]} stands for its resource"


def run_state_machine(context: Context, operation: Operation) -> Iterator[Finding]:
    """Steps at random against a plain model; the smallest sequence that they differ on."""
    from threadmock.contracts.scenarios.families.machine_model import run_machine  # noqa: PLC0415 - Hypothesis takes time to load

    found = run_machine(context, operation)
    if found is not None:
        yield found.reading.find(
            "state_machine",
            f"{found.expected}, after: {'; '.join(found.steps)}",
            found.got,
            source=f"rule {found.reading.operation.pointer}/x-behaviour",
            evidence=found.evidence,
            exchanges=len(found.steps),
            unconditional=True,
        )


def run_clients(context: Context, operation: Operation) -> Iterator[Finding]:
    """Clients that make things at one moment: one of them gets a key that all ask for, else each gets its own."""
    prerequisites, contract = prerequisites_of(context), context.contract
    maker = makers(contract, operation.rule.resource, parents(operation))[0]
    shared, taken = key_member(maker), maker.rule.taken
    cases = []
    for number in range(CLIENTS):
        case, above = prerequisites.request(maker, {}, usable(context, maker, marked(maker, f"client {number}")))
        cases.append(replace(case, label=f"client {number} of {CLIENTS} at one moment"))
    made: list[CreatedThing] = []
    for reading in send_at_once(context, cases):
        record(reading, without=("new_key", "prompt"))
        thing = read_thing(reading.exchange, above)
        if thing is None:
            continue
        if made and not _chose_key(maker, thing):  # a key that was asked for is not the server's word
            reading.compared()
        if any(other.key == thing.key for other in made):
            yield reading.find(
                "several_clients", "a key of its own for each client's thing", "the key of another client's thing",
                evidence=evidence_of(maker), exchanges=CLIENTS, source="the meaning of a key",
            )  # fmt: skip
            return
        made.append(thing)
    if operation.rule.action == "read":
        yield from _mixed(context, operation, made)
    if shared and taken and taken.policy(taken.default).reply == "refusal":
        yield from _one_key(context, maker, shared)


def _chose_key(maker: Operation, thing: CreatedThing) -> bool:
    """Whether the request named the key."""
    source = maker.rule.key.source if maker.rule.key else None
    return source is not None and (source.place != "body" or source.steps[0] in thing.sent)


def _mixed(context: Context, operation: Operation, made: list[CreatedThing]) -> Iterator[Finding]:
    """Each client's thing holds what that client said."""
    for thing in made:
        got = ask(context, case_about(operation, keys_of(thing), "a client's own thing"))
        for what in differing(thing.sent, thing.shown, got) if got.made else ():
            yield got.find(
                "several_clients", "each client's thing as that client made it", what.what,
                evidence=weakest(what.evidence, evidence_of(operation, thing.maker)), exchanges=CLIENTS + 1,
            )  # fmt: skip


def _one_key(context: Context, maker: Operation, member: str) -> Iterator[Finding]:
    key, cases = new_key(context, maker), []
    for number in range(CLIENTS):
        members: dict[str, Any] = {**usable(context, maker, marked(maker, f"client {number}")), member: key}
        cases.append(prerequisites_of(context).request(maker, {}, members)[0])
    readings = send_at_once(context, cases)
    for reading in readings:
        record(reading, without=("valid_accepted", "documented_status", "prompt", "echo", "settings", "defaults"))
    if len(readings) < CLIENTS or any(reading.status >= 500 or reading.status == 429 for reading in readings):
        return
    winners = [reading for reading in readings if reading.accepted]
    policy = maker.rule.taken.policy(maker.rule.taken.default) if maker.rule.taken else None
    if policy and (lost := refused_otherwise(readings, policy.status)):
        context.comparisons.lack(lost)
        return
    readings[0].compared()
    if len(winners) != 1:
        yield readings[0].find(
            "several_clients",
            f"one success among {CLIENTS} clients that ask for one key",
            f"{'no' if not winners else 'several'} successes",
            where=f"/{member}",
            source=f"rule {maker.pointer}/x-behaviour/taken",
            evidence=weakest(evidence_of(maker), policy.evidence if policy else "assumed"),
            exchanges=CLIENTS,
        )
