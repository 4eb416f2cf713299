"""Opening a run: its ledger is begun and its target reached, before any item is performed."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from threadmock.contracts.cases.case import base_value, case_with_body
from threadmock.contracts.cases.references import agent_places, references
from threadmock.contracts.engine.dry_run import lasting
from threadmock.contracts.engine.first_contact import check_first_contact
from threadmock.contracts.engine.run import Run, prepare
from threadmock.contracts.engine.run_plan import LEAST
from threadmock.contracts.options import Settings, mention
from threadmock.contracts.settings import UsageError
from threadmock.contracts.target import ledger_session
from threadmock.contracts.target.agents import naming_runs
from threadmock.contracts.target.answers import describe_response
from threadmock.contracts.target.ledger_file import LedgerFile
from threadmock.contracts.target.target_info import identity
from threadmock.contracts.transport.errors import NotSent, WrongTarget
from threadmock.contracts.transport.shared import WorkerPlace
from threadmock.specs.contract import Operation
from threadmock.specs.text import one_line, printable


@dataclass(frozen=True, eq=False)
class OpenRun:
    """A run that can be performed.

    ledger: where it is recorded what is created on a deployment; None where nothing is. head: lines about the target
    and the ledger, for people. place: which of several processes this is, and the folder that they share.
    """

    run: Run
    ledger: LedgerFile | None
    head: tuple[str, ...]
    place: WorkerPlace

    def close(self) -> None:
        """Give back the target's connections; the first process removes the shared folder."""
        self.run.target.close()
        if self.place.folder is not None and not self.place.alone:
            shutil.rmtree(self.place.folder, ignore_errors=True)


def open_run(settings: Settings, place: WorkerPlace, *, send: bool = True) -> OpenRun:
    """A run with these settings. send: whether anything is going to be sent; without it the target is not reached.

    SpecError where it can't be done as asked; Unreachable where nobody answers at the target.
    """
    path, joined, run = None, None, None
    if settings.target and send:
        joined = settings.ledger if place.alone else None
        path = joined or ledger_session.start(settings)
    try:
        ledger = ledger_session.join(path) if path else None
        run = prepare(settings, ledger=ledger, at=place)
        head = tuple(_head(run, ledger)) if send and not place.alone else ()
    except BaseException as error:
        # Where anything was made, it was by a first request to the right target.
        if path and not joined:
            if run is not None and not isinstance(error, WrongTarget):
                ledger_session.finish(settings, run.contract, run.target, path)
            path.unlink(missing_ok=True)
        raise
    return OpenRun(run, ledger, head, place)


def _agent(run: Run) -> Iterator[str]:
    """Which agent the requests name. UsageError where runs need one, and the target lists several."""
    agent = run.agent
    asked = run.asked
    if agent.several and naming_runs(asked):
        raise UsageError(
            f"{run.target.name} has several agents: {one_line(', '.join(agent.listed))}.",
            fix=f"Say which one the runs are of: {mention('agent', agent.name)}.",
        )
    if not (agent.given or agent.listed) and (refusal := _refusal_of_agent(run, naming_runs(asked))):
        raise UsageError(
            f"{run.target.name} lists no agents, and refuses the one that the contract has, {agent.name}: {refusal}.",
            fix=f"Say which one the runs are of: {mention('agent', 'NAME')}.",
        )
    if agent.name and any(map(agent_places, asked)):
        others = f", of {', '.join(agent.listed)}" if agent.several else ""
        yield printable(run.target.masking(one_line(f"Agent: {agent.name} ({agent.how}{others})")))


def _refusal_of_agent(run: Run, naming: Iterable[Operation]) -> str:
    """How the target refuses the agent in a plain request that may start a run; "" where it does not."""
    budget = run.target.run_budget
    operation = min(naming, key=lambda each: len(references(each)), default=None)
    if operation is None or budget is None or not budget.covers(LEAST):
        return ""
    prerequisites = run.prerequisites(operation).prerequisites
    try:
        case = prerequisites.resolve(case_with_body(operation, base_value(operation), "the agent"))
        exchange = run.target.exchange(case)
    except NotSent:
        return ""
    speaker, response = operation.rule.run.agent if operation.rule.run else None, exchange.response
    if speaker is None or response is None or response.status not in (speaker.unknown_key, speaker.unknown_name, 400):
        return ""
    said = describe_response(exchange)
    words = {run.agent.name, speaker.resource, speaker.name.partition("_")[0]} - {""}
    return one_line(said) if any(word.lower() in said.lower() for word in words) else ""


def _head(run: Run, ledger: LedgerFile | None) -> Iterator[str]:
    """Who answers, where it is recorded what is created, and what of that will stay."""
    run.target.probe()
    if run.settings.target and ledger is not None:
        yield from identity(run.contract, run.target, run.settings.target)
        asked = run.asked
        check_first_contact(run.contract, asked, run.target)
        yield from _agent(run)
        yield f"Ledger: {ledger.path}"
        yield from lasting(run)
