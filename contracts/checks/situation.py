"""What a request earned: which statuses are fair whatever the document says, and why a valid one may be refused."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from threadmock.contracts.cases.encoding import is_plain_name, text_of
from threadmock.contracts.cases.named_things import named_things
from threadmock.contracts.cases.number_widths import SAFE_INTEGER, find_wide_number, find_wide_text
from threadmock.contracts.cases.own_syntax import own_syntax
from threadmock.contracts.cases.request_values import value_at
from threadmock.contracts.cases.spans import find_doubtful_span
from threadmock.contracts.checks.inference import unknown_page, unsure_refusal
from threadmock.contracts.checks.reading import Reading
from threadmock.contracts.checks.redirects import elsewhere
from threadmock.specs.behaviour.conditions import agrees, asks_of_store
from threadmock.specs.behaviour.rule import Condition
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.members import ABSENT, nodes, spread
from threadmock.specs.operations.parameters import parse_query, value_of
from threadmock.specs.schemas.declared import has_discriminator, types_of
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import is_json, media_type
from threadmock.specs.wire.strictjson import depth_of

LARGE_BODY = 64 * 1024
LONG_HEAD = 4 * 1024
DEEP = 32
WIDE = 5_000
_JSON_PATCH = "application/json-patch+json"
_ABOUT_NOTHING = {"method": "the method is not the operation's", "hostile": "only asked whether the server fails"}
_BEYOND_JSON = frozenset({"nan", "surrogate"})
_ASSUMED_KINDS = frozenset({"nan", "duplicate_keys", "depth", "surrogate", "number", "bom"})


def neutral(reading: Reading) -> str:
    """Why a response says nothing about the operation; "" where it does."""
    if reading.status == 429:
        return "the target asked to be left alone (429)"
    if reading.status == 503:
        return "the target is away for a while (503)"
    if elsewhere(reading):
        return "the answer leads elsewhere: another check asks about that"
    return ""


def no_answer(reading: Reading) -> str:
    """Why there is no response of the operation's own; "" where there is one."""
    if reading.response is None:
        return "no answer came"
    return "the answer is a server error" if reading.status >= 500 and not neutral(reading) else neutral(reading)


def trouble(reading: Reading) -> str:
    """Why nothing can be said of what the response holds; "" where something can. One cause, one finding."""
    if reason := no_answer(reading):
        return reason
    if reading.case.intent in _ABOUT_NOTHING:
        return _ABOUT_NOTHING[reading.case.intent]
    if reading.case.intent != "valid":
        return "the request was accepted" if reading.accepted else ""
    if reading.conflict:
        return "the key is taken: a check of several exchanges asks about it"
    if not reading.accepted:
        return "the request was refused"
    return refused_by_rule(reading)


def content_trouble(reading: Reading) -> str:
    """As `trouble`, for a thing that was created; those need a valid request and an object in response."""
    if reading.case.intent != "valid":
        return "only asked of valid requests"
    return trouble(reading) or ("" if reading.made else "the answer holds no object")


def malformed_assumed(reading: Reading) -> bool:
    """Whether many a parser takes these bytes: refusing them is right, but no document says so."""
    return reading.malformed_kind in _ASSUMED_KINDS


def beyond_json(reading: Reading) -> bool:
    """Whether the body holds NaN, a number beyond a double or half a surrogate pair, of which no document speaks.

    Grammars and readers of JSON differ in these (RFC 8259, 6 and 8.2), and whole frameworks fail on them.
    """
    return reading.malformed_kind in _BEYOND_JSON


def unreadable(reading: Reading) -> bool:
    """Whether the body is meant as JSON and is none."""
    return reading.case.intent == "malformed" or bool(reading.malformed_kind)


def _has_plain_json(reading: Reading) -> bool:
    return is_json(media_type(reading.request.headers.get("content-type"))) and not unreadable(reading)


def _unusual_accept(reading: Reading) -> bool:
    accept = reading.request.headers.get("accept", "*/*")
    return "*/*" not in accept and "json" not in accept


def _large_head(reading: Reading) -> bool:
    request = reading.request
    return max(len(request.path) + len(request.query), *map(len, request.headers.values()), 0) > LONG_HEAD


def _refers(reading: Reading) -> bool:
    return any(reading.look_up(needed.source) is not ABSENT for needed in reading.rule.requires)


_earned: Mapping[int, Callable[[Reading], bool]] = {
    401: lambda r: r.case.credentials != "good" or not r.context.memory.get("paths"),
    403: lambda r: r.case.credentials != "good" or not r.context.memory.get("paths") or _refers(r),
    404: lambda r: (
        r.case.standing == "unknown"
        or r.request.path not in r.context.memory.get("paths", ())
        or _refers(r)
        or names_other_things(r)
    ),
    405: lambda r: r.case.intent == "method",
    406: _unusual_accept,
    411: lambda r: not r.request.body,
    413: lambda r: len(r.request.body) > LARGE_BODY,
    414: _large_head,
    415: lambda r: not _has_plain_json(r) or "content-encoding" in r.request.headers,
    429: lambda _: True,
    431: _large_head,
}


def earned(reading: Reading) -> bool:
    """Whether the request earned this status, so that no document needs to name it."""
    asked = _earned.get(reading.status)
    return asked is not None and asked(reading)


def names_other_things(reading: Reading) -> bool:
    """Whether the request names things that nobody made, and no accepted request named: then a 404 is right."""
    memory = reading.context.memory
    needed = {(str(needed.source), str(reading.look_up(needed.source))) for needed in reading.rule.requires}
    known = {(source.rpartition(".")[2], value) for source, value in needed & memory.get("references", set())}
    return bool(named_things(reading.case, reading.request) - memory.get("named", set()) - known)


def excused(reading: Reading) -> str:
    """Why a valid request may be refused with this status, so that there is no finding; "" where it may not."""
    if reading.status == 404 and names_other_things(reading):
        return "the request names a thing that nobody made"
    if reading.status in (414, 431) and _large_head(reading):
        return "the head is larger than a server has to read"  # RFC 9110, 4.1; RFC 6585, 5
    if reading.case.standing == "unknown":
        refusal = reading.rule.refusals.get("unknown")
        if reading.status in (403, 404, 410) or (refusal and reading.status == refusal.status):
            return "the request names a thing that is not there"
        speaker = reading.rule.run.agent if reading.rule.run else None
        if speaker and reading.status in (speaker.unknown_key, speaker.unknown_name):
            return "the request may name an agent that is not there"
    if missing := reading.may_be_missing:
        return f"there may be no such {missing}"
    drawn = reading.case.part != "scenario"
    excuse = _excused_run(reading) or unknown_page(reading.operation, reading.status, reading.look_up, drawn=drawn)
    return excuse or _excused_state(reading) or _excused_syntax(reading) or refused_by_rule(reading)


def _excused_state(reading: Reading) -> str:
    """Why a request may be refused that names a state of the thing, or none; "" where it may not."""
    if reading.status in (400, 409, 422) and media_type(reading.request.headers.get("content-type")) == _JSON_PATCH:
        return "whether a JSON Patch can be done hangs on what is stored"
    conditional = reading.rule.conditional
    meant = (conditional.if_match, conditional.required) if conditional else ()
    return "the state that the request has to name is another" if reading.status and reading.status in meant else ""


def _excused_syntax(reading: Reading) -> str:
    """Why a value may be refused that was drawn by its schema alone; "" where none was.

    Scenarios make theirs by the rule.
    """
    if reading.status not in (400, 404, 422) or reading.case.part == "scenario":
        return ""
    for source in own_syntax(reading.operation):
        value = reading.look_up(source)
        if value is not ABSENT and value not in (None, "", [], {}):
            return f"{source} has a syntax that its schema does not tell"
    return ""


def _excused_run(reading: Reading) -> str:
    """Why a valid request about runs may be refused with this status; "" where it may not."""
    run = reading.rule.run
    if run and reading.rule.action == "cancel" and _is_unknown(reading):
        return "no run that is under way may fit"
    busy = run.busy if run else None
    if busy and reading.status == busy.policy(reading.look_up(busy.by) if busy.by else None).status:
        policy = busy.policy(reading.look_up(busy.by) if busy.by else None)
        return "the thread may be busy" if policy.do == "refuse" else ""
    if run and run.malformed == reading.status and run.last_event:
        asked = reading.look_up(run.last_event)
        return "" if asked in (ABSENT, *run.from_start) else "the event that was seen last may be none"
    return ""


def _is_unknown(reading: Reading) -> bool:
    refusal = reading.rule.refusals.get("unknown")
    return reading.status == (refusal.status if refusal else 404)


def refused_by_rule(reading: Reading) -> str:
    """The condition of the rule that explains this status; "" where none does."""
    if reading.case.intent in ("valid", "hostile"):
        for condition in reading.rule.conditions:
            meant = reading.status in _meant(reading, condition)
            if meant and any(may_hold(condition, look_up, reading.sent) for look_up in _look_ups(reading)):
                return f"the rule refuses it: {condition.reason or condition.status}"
        if reading.taken_member:
            return f"another thing may have that {reading.taken_member}"
    return ""


def _meant(reading: Reading, condition: Condition) -> tuple[int, ...]:
    """Statuses by which a request may be refused as a rule says: its own, and the one of all that is invalid."""
    invalid = reading.rule.refusals.get("invalid")
    return (condition.status, invalid.status) if 400 <= condition.status < 500 and invalid else (condition.status,)


def _look_ups(reading: Reading) -> Iterator[Callable[[Source], Any]]:
    """How the values of the request are looked up: in the body, or in each of its items where each is a run."""
    run = reading.rule.run
    if run is None or not run.each or not isinstance(reading.case.value, list):
        yield reading.look_up
        return
    for item in reading.case.value:
        yield partial(value_at, reading.operation, reading.request, item)


def may_hold(condition: Condition, look_up: Callable[[Source], Any], body: Any) -> bool:
    """Whether a condition may hold of a request: of what is stored nobody can say."""
    if condition.some is None:
        return all(_part_may_hold(part, look_up) for part in condition.when)
    items = spread(body, condition.some.steps) if condition.some.place == "body" else [{}]
    return any(
        all(_item_may_hold(part, item) and _part_may_hold(part, look_up) for part in condition.when) for item in items
    )


def _part_may_hold(part: tuple[str, tuple[str, ...], Any], look_up: Callable[[Source], Any]) -> bool:
    place, steps, wanted = part
    if place not in ("body", "path", "query", "header"):
        return True
    value = look_up(Source(place, steps))  # type: ignore[arg-type]  # one of the places, as was just seen
    if asks_of_store(wanted):
        return value is not ABSENT
    return agrees(value, wanted, there=value is not ABSENT) or (
        # Parameters are texts.
        value is not ABSENT and not isinstance(wanted, Mapping) and text_of(value) == text_of(wanted)
    )


def _item_may_hold(part: tuple[str, tuple[str, ...], Any], item: Any) -> bool:
    place, steps, wanted = part
    if place != "item":
        return True
    found = spread(item, steps[:-1])
    values = [each[steps[-1]] for each in found if isinstance(each, Mapping) and steps[-1] in each]
    return agrees(values[0], wanted, there=True) if values else agrees(None, wanted, there=False)


def doubt(reading: Reading) -> str:
    """Why a server may refuse this valid request all the same; "" where nothing excuses it.

    Of several reasons the first is told. What is large may be refused before anybody reads what it holds.
    """
    return next((reason for question in _doubts if (reason := question(reading))), "")


def _doubt_key(reading: Reading) -> str:
    policy = reading.policy
    refused = policy is not None and policy.reply == "refusal" and reading.status == policy.status
    return "the key that was chosen may be taken" if refused and reading.may_exist else ""


def _doubt_reference(reading: Reading) -> str:
    known = reading.context.memory.get("references", ())
    for needed in reading.rule.requires:
        value = reading.look_up(needed.source)
        if value is ABSENT or value is None or (str(needed.source), str(value)) in known:
            continue
        if reading.status in (*needed.statuses, 403, 404, 422):
            return f"{needed.source} may name a thing that does not exist"
    return ""


def _doubt_standing(reading: Reading) -> str:
    if reading.accepted_before:
        return "the same request was accepted before, so that this hangs on what is stored"
    unsure = unsure_refusal(reading.operation, reading.status)
    return unsure or ("the request names a thing that is not there" if reading.case.standing == "unknown" else "")


def _doubt_header(reading: Reading) -> str:
    for parameter in reading.operation.parameters_in("header"):
        text = reading.request.headers.get(parameter.name.lower(), "")
        if not text.isascii():
            return f"the header {parameter.name} is not in ASCII"
        if text and reading.status in (403, 404):
            return f"the header {parameter.name} may name a thing that does not exist"
    return ""


def _doubt_path(reading: Reading) -> str:
    for name, text in reading.path_values.items():
        if not is_plain_name(text):
            return f"the path parameter {name} is no plain name"
        if name in reading.sent and text_of(reading.sent[name]) != text:
            return f"path and body name different things as {name}"
    for parameter in reading.operation.parameters_in("path"):
        sent = reading.path_values.get(parameter.name)
        if sent is not None and not checker(parameter.schema).accepted(value_of(parameter, [sent])):
            return f"the key in the path is none that {parameter.name} takes"
    return ""


def _doubt_forged(reading: Reading) -> str:
    extra = [n for n in reading.sent if n not in reading.asked_members and n in reading.made_members]
    return f"a member that only the server sets was sent: {extra[0]}" if extra else ""


def _doubt_size(reading: Reading) -> str:
    if len(reading.request.body) > LARGE_BODY:
        return "the body is large"
    if _large_head(reading):
        return "the request's head is large"
    if depth_of(reading.case.value) > DEEP:
        return "the body is deeply nested"
    body = reading.operation.body
    unwritten = body is not None and body.required and not reading.request.body
    return "the body that is asked for is of a media type that is not written here" if unwritten else ""


def _doubt_values(reading: Reading) -> str:
    sent = [("path", *pair) for pair in reading.path_values.items()]
    if wide := find_wide_text(reading.operation, [*sent, *(("query", *p) for p in parse_query(reading.request.query))]):
        return wide
    if reading.case.value is ABSENT:
        return ""
    for value in _leaves(reading.case.value):
        if isinstance(value, str) and "\0" in value:
            return "a text holds NUL, which some stores can't"
        if isinstance(value, int | float) and abs(value) > SAFE_INTEGER:
            return "a number is beyond 2^53"
    return find_wide_number(reading.asked_schema, reading.case.value) if reading.asked_schema else ""


def _doubt_integer(reading: Reading) -> str:
    schema = reading.asked_schema
    for name, value in reading.sent.items():
        node = reading.asked_members.get(name)
        if schema and isinstance(value, float) and value.is_integer() and "integer" in types_of(schema, node):
            return f"{name} is written as a fraction, {value}"
    return ""


def _doubt_width(reading: Reading) -> str:
    widest = max((len(v) for v in (reading.sent, *reading.sent.values()) if isinstance(v, dict | list)), default=0)
    return "the body has very many members" if widest > WIDE else ""


def _doubt_accept(reading: Reading) -> str:
    return "the answer that was asked for is of no documented type" if _unusual_accept(reading) else ""


def _leaves(value: Any) -> Iterator[Any]:
    for node in nodes(value):
        if isinstance(node, dict):
            yield from node
        elif not isinstance(node, list):
            yield node


def _doubt_choice(reading: Reading) -> str:
    told = reading.asked_schema and has_discriminator(reading.asked_schema)
    return "a `discriminator` chooses among schemas, of which OpenAPI says SHOULD" if told else ""


_doubts: tuple[Callable[[Reading], str], ...] = (
    _doubt_key,
    _doubt_reference,
    _doubt_size,
    _doubt_standing,
    _doubt_path,
    _doubt_header,
    _doubt_forged,
    _doubt_values,
    lambda reading: find_doubtful_span(reading.rule.set, reading.look_up),
    _doubt_integer,
    _doubt_width,
    _doubt_accept,
    _doubt_choice,
)
