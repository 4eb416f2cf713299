"""Opening a target: a deployment, or the mock in this process."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from threadmock.contracts.cases.families import shown_parents
from threadmock.contracts.options import mention
from threadmock.contracts.target.foreign import ForeignTexts, RunMasking
from threadmock.contracts.target.guard import Guard, writes
from threadmock.contracts.target.ledger import Ledger
from threadmock.contracts.target.ledger_file import LedgerFile
from threadmock.contracts.target.run_budget import RunBudget
from threadmock.contracts.target.tags import Tagger
from threadmock.contracts.target.target import DEADLINE, Target
from threadmock.contracts.transport.credentials import invented
from threadmock.contracts.transport.header_options import secrets_of
from threadmock.contracts.transport.http import HttpTransport
from threadmock.contracts.transport.rate import Pacer
from threadmock.contracts.transport.shared import HERE, RUNS, SharedCount, SharedRate, WorkerPlace
from threadmock.contracts.transport.sockets import addresses
from threadmock.contracts.transport.urls import TargetError, TargetUrl, read_target
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.wire.hosts import is_loopback

MOST_NAMED = 3
MOCK_TOKEN = "threadmock"  # noqa: S105 - made up, and no secret


def http_target(  # noqa: PLR0913 - options, by name
    contract: Contract,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    allow_writes: bool = False,
    allow_runs: int = 0,
    ca_file: str | None = None,
    operations: Sequence[Operation] | None = None,
    deadline: float = DEADLINE,
    rate: float | None = None,
    settle: float = 0.0,
    at: WorkerPlace = HERE,
    ledger: LedgerFile | None = None,
) -> Target:
    """A deployment.

    headers: sent with every request, any case. operations: those to be asked, else all. allow_runs: how many requests
    may be sent that may start a run. rate: requests a second. settle: see Pacer. at: the processes that keep to both
    together. ledger: where it is written what is created.

    TargetError where URL, headers or CA file can't be used, or the operations would write to what is not this machine
    and allow_writes was not given. Unreachable where the host has no address.
    """
    base = read_target(url)
    given = {name.lower(): value for name, value in (headers or {}).items()}
    chosen = contract.operations if operations is None else operations
    local = all(is_loopback(str(address[4][0])) for address in addresses(base.host, base.port))
    if not (local or allow_writes):
        _refuse_writes(base, chosen)
    try:
        transport = HttpTransport(base, ca_file=ca_file, loopback_only=local)
    except OSError as error:
        raise TargetError(f"The CA file {ca_file!r} can't be used: {error}.", fix="Give a PEM file.") from None
    together = SharedRate(at.folder, rate or math.inf) if at.folder and at.workers > 1 else None
    secrets = secrets_of(contract, given)
    lies_in = partial(shown_parents, contract)
    kept = Ledger(ledger, masking=secrets, agent=contract.profile.agent, lies_in=lies_in)
    writable = local or allow_writes
    foreign = ForeignTexts(contract, kept, ledger.tag if ledger else "")
    masking = RunMasking(secrets.secrets, secrets.headers, foreign)
    return Target(
        transport,
        base.text,
        base_url=base.text,
        writable=writable,
        local=local,
        given=given,
        masking=masking,
        ledger=kept,
        run_budget=RunBudget(
            contract, allow_runs, shared=SharedCount(at.folder / RUNS, allow_runs) if at.folder else None
        ),
        guard=Guard(contract, kept, local=local, writable=writable, name=base.text),
        pacer=Pacer(rate, shared=together, settle=settle),
        tagger=Tagger(ledger.tag) if ledger and ledger.tag else None,
        deadline=deadline,
    )


def _refuse_writes(base: TargetUrl, operations: Iterable[Operation]) -> None:
    writing = [str(operation) for operation in operations if writes(operation)]
    if writing:
        more = f" and {len(writing) - MOST_NAMED} more" if len(writing) > MOST_NAMED else ""
        raise TargetError(
            f"{base.text} is not this machine, and {', '.join(writing[:MOST_NAMED])}{more} would write to it.",
            fix=f"Add {mention('allow_writes', True)} if that is meant, or choose others with {mention('operations')}.",
        )


def mock_target(contract: Contract, seed: int, *, faults: Sequence[str] = (), allow_runs: int | None = None) -> Target:
    """The mock of this contract, in this process, with these faults planted.

    UnknownName where there is no such fault. It takes one made-up token and no other, so that absent and wrong
    credentials are refused.
    """
    own = {operation: invented(operation, MOCK_TOKEN) for operation in contract.operations}
    given = {name: value for each in own.values() for name, value in each.items()}
    # only who asks for the mock loads it
    from threadmock.mockserver import create_mock  # noqa: PLC0415
    from threadmock.mockserver.agents.timer import JumpingTimer  # noqa: PLC0415

    timer = JumpingTimer()
    mock = create_mock(contract, seed=seed, auth=MOCK_TOKEN, faults=faults, timer=timer)
    transport, budget = WsgiTransport(mock.wsgi), RunBudget(contract, allow_runs)
    return Target(
        transport,
        "the mock in this process",
        given=given,
        given_to=lambda operation: own.get(operation, given),
        run_budget=budget,
        run_pause=timer.advance,
    )
