"""`/_mock/exchanges` and `/_mock/expect`: what was asked, chosen by a query, or held against what a test expects."""

import difflib
import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from threadmock.mockserver.control.bodies import ControlError, members, shown, text, whole
from threadmock.mockserver.control.operations import check_operation, find_provider, names_of
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.state.journal import MAX_BODY, MAX_EXCHANGES, JournalEntry
from threadmock.specs.errors import nearest
from threadmock.specs.operations.parameters import parse_query
from threadmock.specs.wire.messages import media_type
from threadmock.specs.wire.strictjson import JsonError, parse_json

FILTERS = ("session", "operation", "provider", "path", "status", "unexpected", "after", "limit")
EXPECTED = ("operation", "provider", "path", "status", "query", "body", "times")
TIMES = ("at_least", "at_most", "exactly")
_STATUS = re.compile(r"[1-5](?:[0-9][0-9]|[Xx]{2})")
_FORM = "application/x-www-form-urlencoded"
_MOST_SHOWN = 5
_MOST_DIFFERENCES = 10
_OTHER_OPERATION = 100


KnownSessions: TypeAlias = Callable[[str], Gateway | None]


def no_sessions(name: str) -> Gateway | None:  # noqa: ARG001 - as a server has it
    """Nobody knows a session."""
    return None


@dataclass(frozen=True)
class ExchangeFilter:
    """Which exchanges are meant; what is empty says nothing. status: "404" or "4XX". after: only with later numbers."""

    operation: str = ""
    provider: str = ""
    path: str = ""
    status: str = ""
    unexpected: bool | None = None
    after: int | None = None
    limit: int = MAX_EXCHANGES

    def takes(self, entry: JournalEntry) -> bool:
        """Whether an exchange is meant."""
        return (
            entry.number > (self.after or 0)
            and self.unexpected in (None, entry.unexpected)
            and next(self.differences(entry), None) is None
        )

    def differences(self, entry: JournalEntry) -> Iterator[str]:
        """How operation, provider, path and status of an exchange differ from those that are meant."""
        if self.operation and not (entry.operation and self.operation in names_of(entry.operation)):
            yield f"operation: {entry.operation or 'none'}"
        if self.provider not in ("", entry.provider):
            yield f"provider: {entry.provider or 'none'}"
        if self.path and not fnmatch.fnmatchcase(entry.request.path, self.path):
            yield f"path: {entry.request.path[:200]}"
        if self.status and self.status not in (str(entry.status), f"{entry.status // 100}XX"):
            yield f"status: {entry.status}, not {self.status}"


def read_filter(gateway: Gateway, query: str, known: KnownSessions = no_sessions) -> tuple[Gateway, ExchangeFilter]:
    """The mock whose exchanges a query string is about, and which of them. ControlError for what it can't say.

    known: the mock of a session by its name, "" for the server's own.
    """
    given: dict[str, str] = {}
    for name, value in parse_query(query):
        if name not in FILTERS:
            raise ControlError(f"There is no parameter {name[:60]!r}.", where=name[:60], fix=nearest(name, FILTERS))
        given[name] = value
    unexpected = given.get("unexpected")
    if unexpected not in (None, "true", "false"):
        raise ControlError(f"{unexpected[:60]!r} is neither true nor false.", where="unexpected")
    if "session" in given:
        found = known(given["session"])
        if found is None:
            fix = "GET /_mock/sessions lists them; one is made by its first request."
            raise ControlError(f"No session is named {given['session'][:100]!r}.", where="session", fix=fix)
        gateway = found
    return gateway, replace(
        _which(gateway, given),
        unexpected=None if unexpected is None else unexpected == "true",
        after=_count(given, "after", 0, 0) if "after" in given else None,
        limit=_count(given, "limit", MAX_EXCHANGES, 1),
    )


def list_exchanges(gateway: Gateway, query: str = "", known: KnownSessions = no_sessions) -> dict[str, Any]:
    """The exchanges that a query chooses, the oldest first: the newest `limit`, or with `after` the next ones."""
    gateway, wanted = read_filter(gateway, query, known)
    found = [entry for entry in list(gateway.world.journal.entries) if wanted.takes(entry)]
    kept = found[: wanted.limit] if wanted.after is not None else found[-wanted.limit :]
    return {"exchanges": [entry.as_json() for entry in kept]}


def clear_exchanges(gateway: Gateway) -> dict[str, Any]:
    """Forget all exchanges; how many there were."""
    return {"forgotten": gateway.world.journal.clear()}


def expect(gateway: Gateway, asked: Any) -> dict[str, Any]:
    """Whether as many such requests came as are expected, and what came instead. ControlError."""
    given = members(asked, EXPECTED)
    if not given.keys() & {"operation", "path"}:
        raise ControlError("Nothing says which requests.", where="operation", fix="Send `operation` or `path`.")
    texts = {name: str(value) if name == "status" else value for name, value in given.items()}
    wanted = _which(gateway, texts)
    query = members(given.get("query", {}), given.get("query", ()) if isinstance(given.get("query"), dict) else ())
    least, most = _times(given.get("times", {"at_least": 1}))
    entries = list(gateway.world.journal.entries)
    judged = [(entry, [*_differences(entry, wanted, query, given)]) for entry in entries]
    met = [entry for entry, differences in judged if not differences]
    count = len(met)
    if least <= count and (most is None or count <= most):
        return {"met": True, "count": count}
    came = [(entry, []) for entry in met] if count >= least else [pair for pair in judged if pair[1]]
    came.sort(key=lambda pair: (_distance(pair[0], pair[1], wanted), -pair[0].number))
    told = [_told(*pair) for pair in came[:_MOST_SHOWN]]
    return {"met": False, "count": count, "came": told, "detail": _summary(wanted, (least, most), count, told)}


def _summary(
    wanted: ExchangeFilter, times: tuple[int, int | None], count: int, came: Sequence[Mapping[str, Any]]
) -> str:
    """What was expected and what came, for people."""
    least, most = times
    often = f"exactly {least}" if least == most else f"at least {least}" if most is None else f"{least} to {most}"
    lines = [f"{wanted.operation or wanted.path}: {often} expected, {count} came as described."]
    for each in came:
        why = "; ".join(each["differs"]) or "as described"
        lines.append(f"  {each['number']}. {each['method']} {each['path']} {each['status']}: {why}")
    return "\n".join(lines if came else [*lines, "  Nothing else came."])


def _which(gateway: Gateway, given: Mapping[str, Any]) -> ExchangeFilter:
    """Operation, provider, path and status of a filter."""
    found: dict[str, str] = {}
    if "provider" in given:
        found["provider"] = find_provider(gateway, given["provider"])
    if "operation" in given:
        found["operation"] = check_operation(gateway, given["operation"], found.get("provider"))
    if "path" in given:
        found["path"] = text(given["path"], "path")
    if "status" in given:
        if not _STATUS.fullmatch(given["status"]):
            raise ControlError(f"{given['status'][:60]!r} is no status.", where="status", fix="Send 404, or 4XX.")
        found["status"] = given["status"].upper()
    return ExchangeFilter(
        operation=found.get("operation", ""),
        provider=found.get("provider", ""),
        path=found.get("path", ""),
        status=found.get("status", ""),
    )


def _count(given: Mapping[str, str], name: str, default: int, least: int) -> int:
    if name not in given:
        return default
    value = given[name]
    return whole(int(value) if value.isascii() and value.isdigit() and len(value) < 10 else value, name, least)


def _times(asked: Any) -> tuple[int, int | None]:
    given = {name: whole(value, f"times.{name}") for name, value in members(asked, TIMES, "times").items()}
    if not given or ("exactly" in given and len(given) > 1):
        fix = "Send `exactly`, or `at_least` and `at_most`, or one of these."
        raise ControlError("It says nothing, or two things at once.", where="times", fix=fix)
    if "exactly" in given:
        return given["exactly"], given["exactly"]
    least, most = given.get("at_least", 0), given.get("at_most")
    if most is not None and most < least:
        raise ControlError("`at_most` is less than `at_least`.", where="times.at_most", fix="No count is both.")
    return least, most


def _differences(
    entry: JournalEntry, wanted: ExchangeFilter, query: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterator[str]:
    """What is not as expected of an exchange."""
    yield from wanted.differences(entry)
    pairs = parse_query(entry.request.query)
    for name, value in query.items():
        came = [each for other, each in pairs if other == name]
        expected = [_as_text(each) for each in value] if isinstance(value, list) else [_as_text(value)]
        if came != expected:
            yield f"query.{name}: {', '.join(came) or 'absent'}, not {', '.join(expected)}"
    if "body" in given:
        yield from _unlike(given["body"], _body(entry), "body")


def _unlike(expected: Any, came: Any, where: str) -> Iterator[str]:
    """Where a value lacks what a subset of it has. Objects may have more members; arrays are of one length."""
    if isinstance(expected, Mapping) and isinstance(came, Mapping):
        for name, value in expected.items():
            if name in came:
                yield from _unlike(value, came[name], f"{where}.{name}")
            elif isinstance(value, Mapping) and value:
                yield from _unlike(value, {}, f"{where}.{name}")
            else:
                yield f"{where}.{name}: absent"
    elif isinstance(expected, list) and isinstance(came, list) and len(expected) == len(came):
        for index, (value, other) in enumerate(zip(expected, came, strict=True)):
            yield from _unlike(value, other, f"{where}[{index}]")
    elif isinstance(expected, bool) is not isinstance(came, bool) or expected != came:
        yield f"{where}: {_short(came)}, not {_short(expected)}"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"an array of {len(value)}"
    return shown(value)


def _as_text(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _body(entry: JournalEntry) -> Any:
    """The body of a request: JSON, the fields of a form, or its text."""
    data = entry.request.body
    plain = data.decode("utf-8", "backslashreplace")
    if media_type(entry.request.headers.get("content-type")) == _FORM:
        return dict(parse_query(plain))
    try:
        return parse_json(data)
    except JsonError:
        return f"(more than {MAX_BODY} bytes)" if len(data) >= MAX_BODY else plain


def _distance(entry: JournalEntry, differences: Sequence[str], wanted: ExchangeFilter) -> float:
    """How far an exchange is from what was expected: another operation is further than any difference in one."""
    same = not any(each.startswith(("operation:", "path:")) for each in differences)
    name = f"{entry.request.method} {entry.request.path}" if wanted.operation else entry.request.path
    unlike = 1 - difflib.SequenceMatcher(None, name[:200], wanted.operation or wanted.path).ratio()
    return len(differences) + (0 if same else _OTHER_OPERATION * (1 + unlike))


def _told(entry: JournalEntry, differences: Sequence[str]) -> dict[str, Any]:
    noted = entry.as_json()
    names = ("number", "method", "path", "query", "status", "reason", "body")
    return {**{name: noted[name] for name in names}, "differs": list(differences[:_MOST_DIFFERENCES])}
