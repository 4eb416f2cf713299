"""A saved finding, sent again: its requests in order, with the names of things that this server returns."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, cast

from threadmock.contracts.cases.fresh_keys import fresh_key
from threadmock.contracts.options import mention
from threadmock.contracts.replays.comparison import still
from threadmock.contracts.replays.credential_forms import credentials_of_forms
from threadmock.contracts.replays.substitution import Values, unpack
from threadmock.contracts.settings import UsageError
from threadmock.contracts.target.target import TargetLost
from threadmock.contracts.transport.base import Transport
from threadmock.contracts.transport.errors import NotSent, TransportError, Unreachable
from threadmock.contracts.transport.stream_limits import PLAIN, Stop
from threadmock.specs.wire.messages import Request, Response

DEADLINE = 60.0
MOST_WAIT = 10.0
ReplayState = Literal["holds", "gone", "undecided"]
HOLDS: ReplayState = "holds"
GONE: ReplayState = "gone"
UNDECIDED: ReplayState = "undecided"


@dataclass(frozen=True)
class ReplayOutcome:
    """What came of sending a finding again. state: holds, gone or undecided. requests and responses: None for none."""

    state: ReplayState
    why: str
    requests: Sequence[Request]
    responses: Sequence[Response | None]


def replay(
    saved: Mapping[str, Any],
    transport: Transport,
    given: Mapping[str, str],
    *,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> ReplayOutcome:
    """Send the requests of a finding. given: lower-case header name to good value, of this server.

    UsageError where credentials are lacking; Unreachable where nobody answers the first request.
    """
    values = Values(saved["values"], new=fresh_key)
    requests: list[Request] = []
    responses: list[Response | None] = []
    took: list[float] = []
    for group in _groups(saved["steps"]):
        pause(max(0.0, min(float(group[0].get("wait", 0.0)), MOST_WAIT)))
        try:
            made = [_request(step, values, given) for step in group]
        except LookupError as error:
            statuses = ", ".join(str(response.status) if response else "none" for response in responses)
            return ReplayOutcome(UNDECIDED, f"{error.args[0]}; answered so far: {statuses}", requests, responses)
        began = clock()
        try:
            answered = _send(transport, group, made, first=not requests)
        except NotSent as error:
            return ReplayOutcome(UNDECIDED, f"request {len(requests) + 1} was not sent: {error}", requests, responses)
        for request, response in zip(made, answered, strict=True):
            values.learn(len(requests), plain(response))
            requests.append(request)
            responses.append(response)
            took.append(clock() - began)
    answers = [{**plain(r), "seconds": s} for r, s in zip(responses, took, strict=True)]
    if responses[saved["judged"]] is None and saved["steps"][saved["judged"]]["answer"]["status"] is not None:
        return ReplayOutcome(UNDECIDED, f"request {saved['judged'] + 1} is not answered now", requests, responses)
    state, why = still(unpacked(saved), answers, values)
    return ReplayOutcome(cast("ReplayState", state), why, requests, responses)


def _groups(steps: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """The steps, those of one moment together."""
    group: list[Mapping[str, Any]] = []
    for step in steps:
        if group and (step.get("together") is None or step["together"] != group[0].get("together")):
            yield group
            group = []
        group.append(step)
    yield group


def unpacked(saved: Mapping[str, Any]) -> dict[str, Any]:
    """The finding with the bodies of its requests and answers as bytes."""
    parts = ("request", "answer")
    steps = [
        {**step, **{part: {**step[part], "body": unpack(step[part]["body"])} for part in parts}}
        for step in saved["steps"]
    ]
    return {**saved, "steps": steps}


def _request(step: Mapping[str, Any], values: Values, given: Mapping[str, str]) -> Request:
    saved = {**step["request"], "body": unpack(step["request"]["body"])}
    filled = values.fill(saved, step["puts"])
    headers, query, lacking = credentials_of_forms(saved["credentials"], given)
    if lacking:
        raise UsageError(
            f"The request was sent with a secret in {lacking!r}, which no file holds.",
            fix=f"Add {mention('header_env', f'{lacking}=VARIABLE')}.",
        )
    # a header of this server that the first one did not ask for, where the request is no question about credentials
    free = step.get("case", {}).get("credentials", "good") == "good"
    more = {
        name: value
        for name, value in given.items()
        if free and name not in headers and f"?{name}" not in saved["credentials"]
    }
    return Request(
        saved["method"],
        filled["path"],
        "&".join(filter(None, (filled["query"], query))),
        {**more, **filled["headers"], **headers},
        filled["body"],
    )


def _send(
    transport: Transport, steps: Sequence[Mapping[str, Any]], requests: Sequence[Request], *, first: bool
) -> list[Response | None]:
    def send(step: Mapping[str, Any], request: Request) -> Response | None:
        stop = Stop(events=step["events"] or 1, seconds=MOST_WAIT) if "events" in step else PLAIN
        try:
            return transport.send(request, deadline=DEADLINE, stop=stop)
        except TargetLost:
            raise
        except Unreachable:
            if first:
                raise
            return None
        except TransportError:
            return None

    if len(steps) == 1:
        return [send(steps[0], requests[0])]
    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(send, steps, requests))


def plain(response: Response | None) -> dict[str, Any]:
    """A response as `substitution` reads it."""
    if response is None:
        return {"status": None, "headers": {}, "body": b""}
    body = response.body if isinstance(response.body, bytes) else b""
    return {"status": response.status, "headers": dict(response.headers), "body": body}
