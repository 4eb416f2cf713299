"""The plan of a run, made without sending anything: what is asked, how much at most, what is written and removed."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from threadmock.contracts.cases.references import agent_places
from threadmock.contracts.engine.run import Run
from threadmock.contracts.engine.run_plan import READERS, Floor, RunPlan
from threadmock.contracts.engine.session import Session
from threadmock.contracts.target.agents import own_agent
from threadmock.contracts.target.created_things import answers_with_thread
from threadmock.contracts.target.guard import writes
from threadmock.contracts.target.removal import made_by, removal_of
from threadmock.contracts.target.run_budget import starts_runs
from threadmock.contracts.target.tags import metadata_member
from threadmock.specs.contract import Operation
from threadmock.specs.operations.path_templates import shape
from threadmock.specs.text import one_line, printable

WIDTH = 120


def plan(run: Run) -> Iterator[str]:
    """The plan, for people."""
    settings = run.settings
    where = "this machine" if run.target.local else "NOT this machine"
    yield printable(
        f"Plan for {run.contract.name} ({run.contract.layer}) on {run.target.name}, {where}. Nothing is sent."
    )
    if not run.target.local and not settings.allow_writes and any(map(writes, run.operations)):
        yield "This plan needs --allow-writes."
    phases: dict[str, list[str]] = {}
    for slug, phase in run.items():
        phases.setdefault(slug, []).append(phase)
    total = 0
    for operation in run.operations:
        if operation in run.left_out:
            yield printable(f"  {operation}: not tested, {run.left_out[operation]}")
            continue
        most = run.most
        total += most
        kind = "starts runs" if starts_runs(operation) else "writes" if writes(operation) else "reads"
        yield printable(f"  {operation}: {kind}, at most {most:,} requests in {len(phases[operation.slug])} phases")
        yield printable(f"      {', '.join(phases[operation.slug])}")
    for flawed in run.contract.left_out:
        yield printable(f"  {flawed}: left out, {one_line(flawed.why)}")
    rate = f", at most {settings.rate:g} a second" if settings.rate else ""
    yield f"At most {total:,} requests{rate}, besides those that clean up; with --max-time S they end after S seconds."
    yield from _runs(run)
    yield from _made(run)


def _runs(session: Session) -> Iterator[str]:
    spending = [operation for operation in session.operations if starts_runs(operation)]
    if spending:
        allowed = session.settings.allow_runs
        most = "as many as the plan says" if allowed is None and not session.settings.target else f"{allowed or 0:,}"
        yield f"Runs that may be started: {most} (--allow-runs N)."
    if session.run_plan is not None:
        yield from _plan_of_runs(session.run_plan)
    if any(agent_places(operation) for operation in session.asked):
        wanted = session.settings.agent
        own = own_agent(session.contract)
        otherwise = f", {own} where it has no list" if own else ""
        listed = f"the only one that the target lists{otherwise}, else say which with --agent"
        which = f"{wanted} (--agent)" if wanted else listed
        yield printable(f"Agent that requests name: {which}. It is used as it is.")


def _plan_of_runs(plan: RunPlan) -> Iterator[str]:
    """What runs are for, in the order in which they are paid."""
    yield "What they are for, in this order; a request that is refused gives its run back:"
    for phase, floors in groupby((floor for floor in plan.floors if plan.pays(floor)), key=lambda floor: floor.phase):
        yield from _wrapped(f"{phase}: ", [f"{_named(plan, floor)} {floor.runs}" for floor in floors if floor.runs])
    lacking: dict[str, list[str]] = {}
    for floor in plan.floors:
        if not plan.pays(floor):
            lacking.setdefault(floor.phase, []).append(str(floor.runs))
    told = [f"{phase} ({' + '.join(runs)})" for phase, runs in lacking.items()]
    yield from _wrapped("too few are left, unless others leave some, for: ", told)
    if plan.left:
        yield f"  The {plan.left:,} others are for the cases of {plan.sharing} operations, in even parts."


def _named(plan: RunPlan, floor: Floor) -> str:
    """Method and path, without the names of parameters."""
    shared = plan.place(floor)[0] == READERS
    return "all that only read" if shared else f"{floor.operation.method} {shape(floor.operation.path)}"


def _wrapped(head: str, items: Sequence[str]) -> Iterator[str]:
    text = printable(head + ", ".join(items))
    yield from textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="      ") if items else ()


def _made(session: Session) -> Iterator[str]:
    made = made_by(session.contract, session.asked)
    if not made:
        yield "Nothing is made."
        return
    yield "What is made, and what becomes of it:"
    for resource, operations in made.items():
        by = ", ".join(map(str, operations))
        tags = dict.fromkeys(filter(None, map(metadata_member, operations)))
        tagged = f"; carries the run's tag in {', '.join(tags)}" if tags else ""
        kept = "kept (--keep)" if session.settings.keep else str(removal_of(session.contract, resource))
        yield printable(f"  {resource} (by {by}): {kept}{tagged}")


def _made_by(session: Session) -> dict[str, list[Operation]]:
    """What the operations that are asked create: resource to those that create it."""
    return made_by(session.contract, session.asked)


def lasting(session: Session) -> Iterator[str]:
    """What can't be removed again, said before anything is made."""
    made = _made_by(session)
    found = {resource: removal_of(session.contract, resource) for resource in made}
    never = [resource for resource, how in found.items() if how.how == "never"]
    if never:
        yield printable(f"Nothing removes what is made of: {', '.join(never)}. It stays on the target.")
    for operation in session.operations:
        if operation not in session.left_out and not answers_with_thread(operation):
            yield printable(
                f"{operation} makes a thing of its own where none is named, and does not say which: it stays."
            )
    for resource, how in found.items():
        if how.how == "archive":
            yield printable(f"Nothing deletes a {resource}: it is archived ({how.operation}).")
