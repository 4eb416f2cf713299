"""Where a saved finding is sent: a mock in this process, or a deployment, on which what is created is removed again."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.contracts.options import Settings, mention
from threadmock.contracts.replays.guarded_transport import GuardedTransport
from threadmock.contracts.replays.rejudge import known_contract, named_contract
from threadmock.contracts.settings import UsageError
from threadmock.contracts.target import ledger_session
from threadmock.contracts.target.guard import SAFE_METHODS
from threadmock.contracts.target.open_target import http_target, mock_target
from threadmock.contracts.target.tags import NAME
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.base import Transport
from threadmock.contracts.transport.header_options import read_headers
from threadmock.contracts.transport.http import HttpTransport
from threadmock.contracts.transport.sockets import addresses
from threadmock.contracts.transport.urls import TargetUrl, read_target
from threadmock.specs.contract import Contract
from threadmock.specs.wire.hosts import is_loopback

_TAG = re.compile(NAME + r"[\\\": ]+(\d{8}T\d{6}-[0-9a-f]{12})")
_STAYS = "What this makes stays there: the document by which it was found is not at hand, and would say what that is."


@dataclass(frozen=True)
class Destination:
    """Where a finding is sent.

    saved: the finding, as it is sent there. given: lower-case header name to good value. close: gives all back; lines
    about what was removed. contract, target: None where the document that it was found by is not at hand.
    """

    saved: Mapping[str, Any]
    transport: Transport
    given: Mapping[str, str]
    name: str
    close: Callable[[], Iterator[str]]
    contract: Contract | None = None
    target: Target | None = None


def open_destination(saved: Mapping[str, Any], settings: Settings, times: int) -> Destination:
    """The target of the settings; without one, a mock like the one that it was found on. times: how often it is sent.

    UsageError where nothing may be sent there; Unreachable where the host has no address.
    """
    given = read_headers(settings.headers, settings.header_env, commands=settings.header_command)
    if settings.target is None:
        mock = _mock(saved)
        name, known = "the mock in this process", known_contract(saved)
        return Destination(saved, mock.transport, given, name, lambda: _closed(mock.transport), known, mock)
    base = read_target(settings.target)
    local = all(is_loopback(str(address[4][0])) for address in addresses(base.host, base.port))
    runs = times * sum(bool(step.get("starts_run")) for step in saved["steps"])
    if not local:
        _may_be_sent(saved, base.text, runs, settings)
    contract = known_contract(saved)
    if contract is None and _writing(saved) and not settings.allow_writes:
        raise UsageError(
            "The document by which this was found is not at hand, or has changed: nothing would keep the requests from"
            f" what is somebody else's on {base.text}.",
            fix=f"Add {mention('allow_writes', True)} if they may be sent all the same.",
        )
    if contract is None:
        return _unguarded(saved, base, given, ca_file=settings.ca_file, local=local)
    return _guarded(saved, contract, replace(settings, target=base.text), runs, given)


def _unguarded(
    saved: Mapping[str, Any], base: TargetUrl, given: Mapping[str, str], *, ca_file: str | None, local: bool
) -> Destination:
    try:
        transport = HttpTransport(base, ca_file=ca_file, loopback_only=local)
    except OSError as error:
        raise UsageError(f"The CA file {ca_file!r} can't be used: {error}.", fix="Give a PEM file.") from None

    def close() -> Iterator[str]:
        transport.close()
        if _writing(saved):
            yield _STAYS

    return Destination(saved, transport, given, base.text, close)


def _guarded(
    saved: Mapping[str, Any], contract: Contract, settings: Settings, runs: int, given: Mapping[str, str]
) -> Destination:
    """A deployment behind the guard of a run, with a ledger."""
    url = settings.target or ""
    path = ledger_session.start(settings)
    file = ledger_session.join(path)
    saved = _tagged(saved, file.tag)
    target = http_target(
        contract,
        url,
        headers=given,
        # whether it may be written to was asked before
        allow_writes=True,
        allow_runs=runs,
        ca_file=settings.ca_file,
        settle=settings.settle,
        ledger=file,
    )

    def close() -> Iterator[str]:
        try:
            try:
                cleaning = ledger_session.finish(settings, contract, target, path)
            except KeyboardInterrupt:
                yield f"Stopped. What was made is still there: threadmock cleanup {path}"
                raise
            yield from ledger_session.closing(settings, path, cleaning, tidied=ledger_session.tidy(settings, path))
        finally:
            file.close()
            target.close()

    return Destination(saved, GuardedTransport(contract, target), given, url, close, contract, target)


def _tagged(saved: Mapping[str, Any], tag: str) -> Mapping[str, Any]:
    """The finding with the tag of this ledger in place of that of the run that found it."""
    text = json.dumps(saved)
    for old in set(_TAG.findall(text)):
        text = text.replace(old, tag)
    return dict(json.loads(text))


def _writing(saved: Mapping[str, Any]) -> int:
    return sum(step["request"]["method"] not in SAFE_METHODS for step in saved["steps"])


def _may_be_sent(saved: Mapping[str, Any], name: str, runs: int, settings: Settings) -> None:
    writing = _writing(saved)
    if writing and not settings.allow_writes:
        raise UsageError(
            f"{name} is not this machine, and {writing} of the requests would write to it.",
            fix=f"Add {mention('allow_writes', True)} if that is meant.",
        )
    if runs > (settings.allow_runs or 0):
        raise UsageError(
            f"{runs} of the requests may start a run on {name}.", fix=f"Add {mention('allow_runs', runs)}."
        )


def _mock(saved: Mapping[str, Any]) -> Target:
    return mock_target(named_contract(saved), 0, faults=tuple(saved.get("faults", ())))


def _closed(transport: Transport) -> Iterator[str]:
    transport.close()
    yield from ()
