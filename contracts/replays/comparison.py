"""Whether a finding still holds: responses of now compared with those of then, without what differs by server.

Only the standard library is used here, and of ours `substitution`: a generated test carries the text of both.
"""

import json
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from threadmock.contracts.replays.substitution import (
    NAMES,
    OPAQUE,
    UUID,
    Values,
    events,
    leaf_values,
    names_something,
    parsed,
)

TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_MISSING = object()
_FAULT = 5
_LIMIT = re.compile(r"(^|[_.-])(limit|size|per_?page|count)$|pageSize|perPage", re.IGNORECASE)
_PAGE = 10
_KNOWN = re.compile('"<(v|of )')


def normal(answer: Mapping[str, Any], names: Mapping[str, str], sent: str = "") -> Any:
    """What a response says, without what differs from server to server and from time to time.

    Names of things become the names of values; other ids and times lose what they are; things in lists that are none
    of those are left out. Of events: their names, the shapes of their data, whether they have ids.
    sent: what stands in it was sent by the client, and is kept as it is.
    """
    stream = events(answer)
    if stream is None:
        value = parsed(answer["body"])
        return answer["body"].decode("utf-8", "replace") if value is None else _plain(value, names, sent)
    made: list[Any] = []
    for event in stream:
        data = parsed(event["data"].encode())
        entry = [event["event"], _shape(data, names) if data is not None else "text", event["id"] is not None]
        if made[-1:] != [entry]:
            made.append(entry)
    return made


def _plain(value: Any, names: Mapping[str, str], sent: str, member: str = "") -> Any:
    if isinstance(value, dict):
        return {str(_plain(name, names, sent)): _plain(inner, names, sent, name) for name, inner in value.items()}
    if isinstance(value, list):
        items = [_plain(inner, names, sent, member) for inner in value]
        if names and items and all(isinstance(inner, dict) for inner in value):
            return [item for item in items if _is_known(item)] or [i for i in items if _KNOWN.search(json.dumps(i))]
        return items
    if isinstance(value, str):
        return _plain_text(value, names, sent)
    if type(value) is int and NAMES.search(member):
        return f"<{names[str(value)]}>" if str(value) in names else "<id>"
    return value


def _is_known(item: Mapping[str, Any]) -> bool:
    """Whether a thing of a list is one that was met: by the first of its members that names one."""
    own = next((value for name, value in item.items() if NAMES.search(name) and value is not None), item)
    return bool(_KNOWN.search(json.dumps(own)))


def _plain_text(text: str, names: Mapping[str, str], sent: str) -> str:
    for known in (text, text.lower()):
        if known in names:
            return f"<{names[known]}>"
    if text and text in sent:
        return text
    if OPAQUE.fullmatch(text):
        return "<id>"
    for name in names:
        if len(name) >= 8 and name in text:
            text = text.replace(name, f"<{names[name]}>")
    return TIME.sub("<time>", UUID.sub("<id>", text))


def _shape(value: Any, names: Mapping[str, str], member: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _shape(inner, names, name) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [_shape(inner, names, member) for inner in value[:1]]
    known = _plain(value, names, "", member)
    if isinstance(known, str) and known.startswith("<v"):
        return known
    return type(value).__name__


def still(saved: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], values: Values) -> tuple[str, str]:
    """Whether a finding holds, is gone, or can't be decided ("holds", "gone", "undecided"), and why.

    saved: judged (the number of a step), about (status, time, headers, beside, payload, answer), where, several (it
    rests on several exchanges), and steps, each with request and answer as they were then, bodies as bytes. answers:
    those of now, which may hold `seconds`.
    """
    judged, steps = saved["judged"], saved["steps"]
    was = [step["answer"] for step in steps]
    for number, step in enumerate(steps):
        said = f"request {number + 1} of {len(steps)} is answered {_said(answers[number])}, not {_said(was[number])}"
        lead = bool(step.get("staged")) or (number != judged and not saved.get("several"))
        if _refused(step, was[number], answers[number]) or (lead and _kind(was[number]) != _kind(answers[number])):
            return "undecided", said
    own = [n for n, step in enumerate(steps) if n == judged or (saved.get("several") and not step.get("staged"))]
    if lost := _hidden(saved, answers):
        return "undecided", lost
    for group in _groups(steps, own):
        before, after = (sorted(str(each[n]["status"]) for n in group) for each in (was, answers))
        if before != after and not all(_kind(each[n]) == _FAULT for each in (was, answers) for n in group):
            told_now = f"is answered {_said(answers[group[0]])}, not {_said(was[group[0]])}"
            return "gone", f"request {group[0] + 1} of {len(steps)} {told_now}" if len(group) == 1 else _at_once(after)
    state, why = _compared(saved, own, answers, values)
    if state == "gone" and saved["about"] != "time" and _holds_others(saved, answers, values):
        return "undecided", f"{why}; but the list holds things that others made, and they may be why"
    return state, why


def _holds_others(saved: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], values: Values) -> bool:
    """Whether a list that is judged shows things now which were not made for it: what it shows hangs on them, too."""
    number = saved["judged"]
    value = parsed(answers[number]["body"])
    lists = [
        each for each in ([value, *value.values()] if isinstance(value, dict) else [value]) if isinstance(each, list)
    ]
    names = {**_met(answers, number, times=False), **values.names("now")}
    sent = _texts(saved["steps"][number]["request"])
    items = [item for each in lists for item in each if isinstance(item, dict)]
    return any(not _is_known(_plain(item, names, sent)) for item in items)


def _hidden(saved: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> str:
    """Why a judged list says nothing: it showed what was made for it then, and is full of others' things now."""
    judged = saved["judged"]
    was, now = saved["steps"][judged]["answer"], answers[judged]
    if was["status"] != now["status"] or not crowded(saved["steps"][judged]["request"], now):
        return ""
    shown = [
        shows_made(list(each[:judged]), each[judged]) for each in ([step["answer"] for step in saved["steps"]], answers)
    ]
    return (
        "the page holds others' things now, and none of those that were made for it" if shown == [True, False] else ""
    )


def crowded(request: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Whether a list in a response is as long as was asked for, so that more may be behind it."""
    value, asked = parsed(answer["body"]), parsed(request["body"])
    found = [value, *value.values()] if isinstance(value, dict) else [value]
    longest = max((len(each) for each in found if isinstance(each, list)), default=0)
    texts = [text for name, text in urllib.parse.parse_qsl(request["query"]) if _LIMIT.search(name)]
    texts += [str(each) for name, each in asked.items() if _LIMIT.search(name)] if isinstance(asked, dict) else []
    limit = next((int(text) for text in texts if text.isdecimal() and len(text) < 9), _PAGE)
    return longest >= max(1, min(limit, _PAGE) if not texts else limit)


def shows_made(earlier: Sequence[Mapping[str, Any]], answer: Mapping[str, Any]) -> bool:
    """Whether a response names something that earlier responses named first."""
    text = answer["body"].decode("utf-8", "replace")
    named = (
        str(value)
        for each in earlier
        for place, value in leaf_values(each).items()
        if names_something(place, value) and len(str(value)) > 5
    )
    return any(name in text for name in named)


def _refused(step: Mapping[str, Any], was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a server does not let itself be asked, as it did then."""
    asked = step.get("case", {}).get("credentials", "good") == "good"
    return asked and now["status"] != was["status"] and now["status"] in (401, 403, 429, 503)


def _groups(steps: Sequence[Mapping[str, Any]], own: Sequence[int]) -> list[list[int]]:
    """The numbers of steps, those of one moment together."""
    made: dict[Any, list[int]] = {}
    for number in own:
        made.setdefault(steps[number].get("together", ("alone", number)), []).append(number)
    return list(made.values())


def _at_once(statuses: Sequence[str]) -> str:
    return f"the requests of one moment are answered with {', '.join(statuses)}"


def _compared(
    saved: Mapping[str, Any], own: Sequence[int], answers: Sequence[Mapping[str, Any]], values: Values
) -> tuple[str, str]:
    judged, where = saved["judged"], saved["where"]
    was = [step["answer"] for step in saved["steps"]]
    said = f"it is answered {_said(answers[judged])}"
    if saved["about"] == "time":
        seconds = answers[judged].get("seconds", 0.0)
        return ("holds" if 2 * seconds > was[judged].get("seconds", 0.0) else "gone"), f"{said} in {seconds:.1f} s"
    if saved["about"] == "status" or was[judged]["status"] is None:
        return "holds", f"{said}, as it was"
    alike = [n for n in own if saved["steps"][n].get("operation") == saved["steps"][judged].get("operation")]
    before, after = (_all_at(saved, each, alike, v) for each, v in _both(was, answers, values))
    if before != after and _kinds(before) != _kinds(after):
        return "gone", f"{said}, and says something else at {where}"
    if before:
        return "holds", f"{said}, and says the same at {where}"
    for number in own:
        before, after = (_renamed(saved, each, number, v, times=False) for each, v in _both(was, answers, values))
        if before != after:
            return "gone", f"request {number + 1} of {len(was)} is answered with something else"
    return "holds", f"{said}, and all answers say what they said"


def _both(was: Any, now: Any, values: Values) -> tuple[tuple[Any, dict[str, str]], tuple[Any, dict[str, str]]]:
    return (was, values.names("was")), (now, values.names("now"))


def _all_at(
    saved: Mapping[str, Any], answers: Sequence[Mapping[str, Any]], numbers: Sequence[int], names: Mapping[str, str]
) -> list[Any]:
    """What the responses of one operation say at the place of the finding."""
    found = (_at(_renamed(saved, answers, number, names), saved["where"]) for number in numbers)
    return [value for value in found if value is not _MISSING]


def _kinds(said: Sequence[Any]) -> Any:
    """Of names alone, whether some are new and some another's: which answer says a name twice may change."""
    texts = [value for value in said if isinstance(value, str) and re.match("<(of |id>)", value)]
    return said if len(texts) < len(said) else {re.sub(r"^<of \d+", "<of", text) for text in texts}


def _renamed(
    saved: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]],
    number: int,
    names: Mapping[str, str],
    *,
    times: bool = True,
) -> Any:
    """What a response says, with ids and times named by the response that held them first."""
    known = {**_met(answers, number, times=times), **names}
    said = normal(answers[number], known, _texts(saved["steps"][number]["request"]))
    if events(answers[number]) is not None and saved["about"] != "payload":
        # the state that events show hangs on what else was asked before
        said = [[name, shape if isinstance(shape, str) else "", known_id] for name, shape, known_id in said]
    if times:
        return said
    headers = {n: v for n, v in answers[number]["headers"].items() if n.startswith("x-") or n == "link"}
    counted = {name: value if value.isdigit() else "text" for name, value in headers.items()}
    own = saved["where"].lower()
    if own in answers[number]["headers"]:
        counted[own] = _plain_text(answers[number]["headers"][own], known, "")
    return [_loose(said, exact=saved["about"] == "beside"), counted if saved["about"] == "headers" else {}]


def _met(answers: Sequence[Mapping[str, Any]], number: int, *, times: bool) -> dict[str, str]:
    """The ids, and times, that the responses before one held: value to where it was met first."""
    known: dict[str, str] = {}
    for earlier in range(number):
        for place, value in leaf_values(answers[earlier]).items():
            moment = times and isinstance(value, str) and TIME.fullmatch(value)
            if (moment or names_something(place, value)) and not re.search(r"/\d+(/|$)", place):
                known.setdefault(str(value), f"{'at' if moment else 'of'} {earlier} {place}")
    return known


def _loose(value: Any, *, exact: bool = False) -> Any:
    """What was said, without what stands next to a list: counts and cursors change with what others put into it.

    exact: the finding is about those, so counts stay, and whether there is a text.
    """
    if not isinstance(value, dict):
        return value
    listed = any(isinstance(item, dict) for inner in value.values() if isinstance(inner, list) for item in inner)
    if not (listed or exact):
        return {name: _loose(inner) for name, inner in value.items()}
    return {
        name: inner if isinstance(inner, list | dict) else _besides_items(inner, exact) for name, inner in value.items()
    }


def _besides_items(value: Any, exact: bool) -> Any:
    if not exact:
        return "beside"
    return "text" if isinstance(value, str) else value


def _texts(request: Mapping[str, Any]) -> str:
    """All that a request says, with no escapes: a text that was cut off is found in it, too."""
    value = parsed(request["body"])
    body = request["body"].decode("utf-8", "replace") if value is None else json.dumps(value, ensure_ascii=False)
    return "\n".join((request["path"], request["query"], *request["headers"].values(), body))


def _kind(answer: Mapping[str, Any]) -> int:
    return (answer["status"] or 0) // 100


def _said(answer: Mapping[str, Any]) -> str:
    return f"with status {answer['status']}" if answer["status"] else "by nothing"


def _at(value: Any, pointer: str) -> Any:
    if not pointer.startswith("/"):
        return _MISSING
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _MISSING
    return value
