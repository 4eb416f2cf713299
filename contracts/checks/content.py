"""What a made thing holds: what was sent, what the rule sets, and nothing that only the server may set."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.encoding import is_plain_name
from threadmock.contracts.cases.shapes import subschema
from threadmock.contracts.checks.checked_exchange import Problem
from threadmock.contracts.checks.echo import Difference, differences, same
from threadmock.contracts.checks.expected import Expected, NearMoment, expectations
from threadmock.contracts.checks.reading import Reading
from threadmock.contracts.checks.reply import selects
from threadmock.contracts.checks.situation import content_trouble
from threadmock.contracts.checks.storing import (
    echoed_members,
    is_hidden,
    makes,
    merge_of,
    named_part,
    one_shape,
    overlap,
    stores,
)
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT, dig
from threadmock.specs.operations.parameters import parse_query
from threadmock.specs.schemas.declared import required
from threadmock.specs.schemas.text_formats import NO_FORMS, Forms
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.strictjson import dump_json

MAX_DIFFERENCES = 3


def check_echo(reading: Reading) -> Iterator[Problem]:
    """What the response shares with the request is what was sent."""
    for name, sent in echoed_members(reading).items():
        if name in reading.broken:
            continue
        if name not in reading.made:
            if not _is_empty(sent) and not selects(reading):
                difference = Difference((), "a member that was sent is missing")
                yield _echo_problem(reading, name, difference, evidence_of_absence(reading, name))
            continue
        found = _differences(reading, name, sent)
        for difference, _ in zip(found, range(MAX_DIFFERENCES), strict=False):
            added = difference.added and not _is_known(reading, name, difference)
            lax = difference.loss or added or _may_differ(reading, name, sent)
            yield _echo_problem(reading, name, difference, "assumed" if lax else "documented")
    for name in _unsent_containers(reading):
        if name not in reading.broken and reading.made.get(name):
            held = reading.made[name]
            inner = [Difference((each,), "") for each in held] if isinstance(held, dict) else []
            known = any(_is_known(reading, name, each) for each in inner) or not isinstance(held, dict)
            difference = Difference((), "holds something where nothing was sent")
            yield _echo_problem(reading, name, difference, "documented" if known else "assumed")


def _is_known(reading: Reading, name: str, difference: Difference) -> bool:
    """Whether a member that came besides is what an earlier request sent: then the server did not add it."""
    value = dig(reading.made, (name, *map(str, difference.steps)))
    return (name, dump_json(value)) in reading.context.memory.get("sent_values", ()) if value is not ABSENT else False


def inner_values(reading: Reading) -> set[tuple[str, bytes]]:
    """What the members of objects held that were sent, where nobody guesses it: the object's name and the value."""
    objects = ((name, value) for name, value in reading.sent.items() if isinstance(value, dict))
    return {(name, dump_json(each)) for name, value in objects for each in value.values() if unguessable(each)}


def evidence_of_absence(reading: Reading, name: str) -> Evidence:
    """On what it rests that a member is there: what an operation never shows it need not show, if it is optional."""
    needed = required(reading.made_schema) if reading.made_schema else frozenset()
    return "documented" if name in needed or name in shown_before(reading) else "assumed"


def shown_before(reading: Reading) -> set[str]:
    """Members that answers of this operation have shown so far, with something in them."""
    known: dict[str, set[str]] = reading.context.memory.setdefault("shown", {})
    return known.setdefault(reading.operation.slug, set())


def _differences(reading: Reading, name: str, sent: Any) -> Iterator[Difference]:
    """Where the response does not hold what was sent. An update may keep more than it was sent, inside objects."""
    got = reading.made[name]
    if reading.rule.traits.changes and merge_of(reading.rule, name) != "replace":
        sent, got = overlap(sent, got)
    return differences(sent, got, reading.forms(name))


def _may_differ(reading: Reading, name: str, sent: Any) -> bool:
    """Whether a server may have a reason to answer otherwise: an empty text for what it names itself, an odd path."""
    node = reading.made_members.get(name)
    if sent == "" and isinstance(node, Mapping) and node.get("readOnly") is True:
        return True
    return name in reading.path_values and not is_plain_name(reading.path_values[name])


def _unsent_containers(reading: Reading) -> list[str]:
    """Objects and arrays that are the client's own, and that this request does not hold: name of each."""
    if not makes(reading):
        return []
    if reading.policy is not None and reading.policy.reply == "existing" and reading.may_exist:
        return []
    found = []
    for name, setting in reading.rule.set.items():
        own = setting.kind == "from" and not setting.members and setting.sources[0] == Source("body", (name,))
        kinds = {branch.kind for branch in reading.branches(name)}
        unsent = reading.sent.get(name) is None and not _defaulted(reading, name)
        if own and unsent and name in reading.asked_members and kinds and kinds <= {"object", "array", "null"}:
            found.append(name)
    return found


def _defaulted(reading: Reading, name: str) -> bool:
    node = reading.asked_members.get(name)
    return isinstance(node, Mapping) and bool(node.get("default"))


def _echo_problem(reading: Reading, name: str, difference: Difference, evidence: Evidence) -> Problem:
    return reading.problem(
        f"{name} as it was sent: request and answer share the member, with agreeing schemas",
        f"{name}: {difference.told}",
        where=f"/{name}{difference.pointer}",
        source=reading.pointer(name),
        evidence=evidence,
        unconditional=reading.case.content == "documented",
    )


def check_defaults(reading: Reading) -> Iterator[Problem]:
    """A member that was left out holds the default that the request's schema documents."""
    for name, default in _defaults(reading).items():
        if (
            name in reading.made
            and name not in reading.broken
            and not same(default, reading.made[name], reading.forms(name))
        ):
            yield reading.problem(
                f"{name} holds its documented default, {default!r}",
                f"{name}: another value where the member was left out",
                where=f"/{name}",
                source=reading.pointer(name, asked=True) + "/default",
                evidence=_default_evidence(reading, name, default),
            )


def _default_evidence(reading: Reading, name: str, default: Any) -> Evidence:
    schema, node = reading.asked_schema, reading.asked_members[name]
    if schema and not checker(subschema(schema, node)).valid(default):
        return "assumed"  # a default that its own schema refuses
    mark = node.get("x-evidence") if isinstance(node, Mapping) else None
    if isinstance(mark, Mapping):
        mark = mark.get("default")
    return mark if mark in ("observed", "assumed") else "documented"


def _defaults(reading: Reading) -> dict[str, Any]:
    found = {}
    for name, node in reading.asked_members.items():
        if not isinstance(node, Mapping) or "default" not in node or node["default"] is None or name in reading.sent:
            continue
        setting = reading.rule.set.get(name)
        elsewhere = setting is not None and not (setting.kind == "from" and setting.sources[0].place == "body")
        shared = name in reading.made_members and one_shape(reading, name) and not is_hidden(reading, name)
        if shared and not elsewhere:
            found[name] = node["default"]
    return found


def existing_applies(reading: Reading) -> str:
    """As `content_trouble`; a thing that was there before holds what its own request said."""
    reason = content_trouble(reading)
    if not reason and reading.policy is not None and reading.policy.reply == "existing" and reading.may_exist:
        return "the answer may show a thing that was there before"
    return reason


def defaults_applies(reading: Reading) -> str:
    """Where the request leaves out a member that has a default, and the response shows it."""
    if not makes(reading) and not reading.rule.traits.open:
        return "only asked of what makes a thing"
    left_out = _defaults(reading).keys()
    reason = existing_applies(reading) or ("" if left_out else "no member with a default was left out")
    return reason or ("" if left_out & reading.made.keys() - reading.broken else "the answer shows no such member")


def echo_applies(reading: Reading) -> str:
    """Where request and answer share a member that was sent."""
    if reason := content_trouble(reading):
        return reason
    there = reading.made.keys()
    shown = [n for n, sent in echoed_members(reading).items() if n in there or not _is_empty(sent)]
    shown += [name for name in _unsent_containers(reading) if name in there]
    return "" if set(shown) - reading.broken else "nothing was sent that the answer shows"


def settings_applies(reading: Reading) -> str:
    """Where the operation's rule sets members."""
    rule = reading.rule
    if not rule.reply and not stores(reading):
        return "the operation sets no member"
    reason = existing_applies(reading) or ("" if rule.set or rule.reply else "no rule sets a member")
    return reason or (
        "" if any(_is_told(*pair) for pair in _told(reading)) else "the answer shows no member that is set"
    )


def _is_told(expected: Expected, got: Any) -> bool:
    """Whether an expectation is met or not, and not left open by a member that need not be there."""
    return got is not ABSENT or expected.value is ABSENT or (expected.said_by_client and not _is_empty(expected.value))


def check_settings(reading: Reading) -> Iterator[Problem]:
    """Each member that the operation's rule sets holds what the rule says."""
    for expected, got in _told(reading):
        yield from _compare(reading, expected, got)


def _told(reading: Reading) -> Iterator[tuple[Expected, Any]]:
    """What the rule says of members that no other check asks about, and what came."""
    defaulted = _defaults(reading).keys() if makes(reading) else set()
    covered = echoed_members(reading).keys() | defaulted | reading.broken
    for expected in expectations(reading):
        name = expected.steps[0]
        undeclared = bool(reading.made_members) and name not in reading.made_members and name not in reading.made
        if name in covered or undeclared or is_hidden(reading, name):
            continue
        yield expected, dig(reading.made, expected.steps)


def _compare(reading: Reading, expected: Expected, got: Any) -> Iterator[Problem]:
    if _agrees(reading, expected, got):
        return
    name = ".".join(expected.steps)
    word = "reply" if reading.rule.reply else "set"
    wanted = "is not there" if expected.value is ABSENT else f"is {expected.value!r}"[:120]
    yield reading.problem(
        f"{name} {wanted}",
        f"{name}: " + ("is missing" if got is ABSENT else f"holds {got!r}"[:80]),
        where="/" + "/".join(expected.steps),
        source=f"rule {reading.operation.pointer}/x-behaviour/{word}/{expected.steps[0]}",
        evidence=expected.evidence,
    )


def _agrees(reading: Reading, expected: Expected, got: Any) -> bool:
    if expected.value is ABSENT:
        # A null member says as little as none; whether null is allowed is the schema's question.
        return got is ABSENT or got is None
    if got is ABSENT:
        # What the schema does not require may be left out, as long as it is not the client's own data.
        return not expected.said_by_client or _is_empty(expected.value)
    if _is_empty(expected.value) and _is_empty(got):
        return True
    if reading.rule.inferred:
        got = named_part(expected.value, got)
    return _holds(expected.value, got, _forms_at(reading, expected))


def _holds(expected: Any, got: Any, forms: Forms = NO_FORMS) -> bool:
    return expected.fits(got) if isinstance(expected, NearMoment) else same(expected, got, forms)


def _forms_at(reading: Reading, expected: Expected) -> Forms:
    forms = reading.forms(expected.steps[0])
    for step in expected.steps[1:]:
        forms = forms.member(step)
    return forms


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, dict | list) and not value)


def shown_applies(reading: Reading) -> str:
    """Where the rule shows a member only on request."""
    return content_trouble(reading) or ("" if reading.rule.shown else "no member is shown on request only")


def check_shown(reading: Reading) -> Iterator[Problem]:
    """A member that is shown on request only is shown then, and else not."""
    pairs = parse_query(reading.request.query)  # as text: what a schema makes of it has no one spelling
    for shown in reading.rule.shown:
        texts = [text for name, text in pairs if name == shown.query]
        listed = [word.strip() for text in texts for word in text.split(",")]
        got = reading.made.get(shown.member, ABSENT)
        rule = f"rule {reading.operation.pointer}/x-behaviour/shown/{shown.member}"
        if shown.holds not in listed:
            if got is not ABSENT and got is not None:
                yield reading.problem(
                    f"{shown.member} only with {shown.query}={shown.holds} in the query",
                    f"{shown.member} is there unasked",
                    where=f"/{shown.member}",
                    source=rule,
                    evidence=shown.evidence,
                )
        elif not existing_applies(reading):
            yield from _check_asked_for(reading, shown.member, shown.evidence, got, rule)


def _check_asked_for(reading: Reading, member: str, evidence: Evidence, got: Any, rule: str) -> Iterator[Problem]:
    for expected in expectations(reading):
        if expected.steps[0] != member or expected.value is ABSENT:
            continue
        if got is ABSENT:
            yield reading.problem(
                f"{member}, which was asked for and was sent",
                f"{member} is missing",
                where=f"/{member}",
                source=rule,
                evidence="assumed",
            )
            return
        held = dig(reading.made, expected.steps)
        if held is not ABSENT and not _holds(expected.value, held):
            yield reading.problem(
                f"{'.'.join(expected.steps)} is {expected.value!r}"[:200],
                f"{'.'.join(expected.steps)}: another value",
                where="/" + "/".join(expected.steps),
                source=rule,
                evidence=weakest(evidence, expected.evidence),
            )


def server_set_applies(reading: Reading) -> str:
    """Where the request holds a member that only the server sets, with a value that nobody guesses."""
    if not stores(reading) or reading.rule.reply:
        return "the answer is not the thing that was sent"
    sent = forged(reading).keys()
    reason = existing_applies(reading) or ("" if sent else "no member that the server sets was sent")
    return reason or ("" if sent & reading.made.keys() else "the answer does not show what was sent")


def forged(reading: Reading) -> dict[str, Any]:
    """Members that were sent although the server sets them, with values that can't be met by chance."""
    found = {}
    for name, value in reading.sent.items():
        if name not in reading.made_members or not unguessable(value):
            continue
        setting, key = reading.rule.set.get(name), reading.rule.key
        own_key = key is not None and key.member == name and key.source is not None
        generated = setting is not None and setting.kind in ("generate", "value", "minutes_after", "count")
        chosen_from_few = any(branch.kind == "enum" for branch in reading.branches(name))
        if not own_key and not chosen_from_few and (name not in reading.asked_members or generated):
            found[name] = value
    return found


def unguessable(value: Any) -> bool:
    """Whether a value can't be met by chance."""
    if isinstance(value, str):
        return len(value) >= 8
    if isinstance(value, dict | list):
        return any(unguessable(v) for v in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > 1000


def check_server_set(reading: Reading) -> Iterator[Problem]:
    """What the server sets is not taken from the client."""
    for name, value in forged(reading).items():
        if name in reading.made and same(value, reading.made[name], reading.forms(name)):
            # Where the request's schema names the member, the client has some say in it.
            evidence: Evidence = "assumed" if name in reading.asked_members else "documented"
            yield reading.problem(
                f"{name} as the server sets it: the request's schema does not have it",
                f"{name}: what the client sent",
                where=f"/{name}",
                source=reading.pointer(name),
                evidence=evidence,
            )


def key_applies(reading: Reading) -> str:
    """Where the operation creates a thing and the server chose its key."""
    if reading.rule.action != "create" or reading.rule.key is None:
        return "the operation makes nothing that has a key"
    reason = content_trouble(reading) or ("" if reading.chosen_key is ABSENT else "the client chose the key")
    return reason or ("" if reading.rule.key.member in reading.made else "the answer holds no key")


def check_new_key(reading: Reading) -> Iterator[Problem]:
    """The key is there, says something, and no earlier thing has it."""
    member = reading.rule.key.member if reading.rule.key else ""
    if member not in reading.made:
        return
    key = reading.made[member]
    met = dump_json(key) in reading.context.memory.get("keys", ())
    if met or key is None or (isinstance(key, str) and not key.strip()):
        yield reading.problem(
            f"{member} is new: each thing has a key of its own",
            f"{member}: " + ("a key that an earlier thing has" if met else "an empty key"),
            where=f"/{member}",
            source=reading.pointer(member),
            unconditional=True,
        )
