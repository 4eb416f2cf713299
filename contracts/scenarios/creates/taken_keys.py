"""A key that is taken: what each policy answers, for how long it is known, and that the thing stays as it was."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from threadmock.contracts.cases.case import base_value, full_value, key_member
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.echo import differences
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.scenario import ask, key_of, make_case, marked, new_key, note_taken, usable
from threadmock.specs.behaviour.rule import Policy, Shown, Taken
from threadmock.specs.contract import Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.members import ABSENT

MANY = 60
FEW = 10
_DISTANCES = (1, 30, MANY)


def with_policy(operation: Operation, value: dict[str, Any], name: str | None) -> dict[str, Any]:
    """The body, asking for a policy by name; None asks for none. Only where a body member chooses."""
    taken = operation.rule.taken
    if name is None or taken is None or taken.by is None or taken.by.place != "body" or len(taken.by.steps) != 1:
        return value
    return {**value, taken.by.steps[0]: name}


def _choices(taken: Taken) -> list[tuple[str | None, Policy]]:
    """What can be asked for: nothing, then each policy by name."""
    named = [(policy.name, policy) for policy in taken.policies] if taken.by else []
    return [(None, taken.policy(taken.default)), *named]


def ask_taken(context: Context, original: Reading, name: str | None, mark: str) -> Reading:
    """Create again with the key of `original`, other values, and the policy of that name."""
    operation = original.operation
    member, key = key_member(operation) or "", original.chosen_key
    value = with_policy(operation, {**usable(context, operation, marked(operation, mark)), member: key}, name)
    label = f"a taken key, {'no policy' if name is None else name}, {mark}"
    return ask(context, make_case(operation, value, label), without=("valid_accepted", "documented_status"))


def make_original(context: Context, operation: Operation, mark: str, name: str | None = None) -> Reading | None:
    """Create with a fresh key; None where that did not work, which a check of one exchange reports."""
    key = new_key(context, operation)
    body = usable(context, operation, marked(operation, mark))
    value = with_policy(operation, {**body, key_member(operation) or "": key}, name)
    made = ask(context, make_case(operation, value, f"a new key, {mark}"))
    if not made.made:
        return None
    note_taken(context, key)
    return made


def judge_taken(check: str, original: Reading, again: Reading, policy: Policy, exchanges: int) -> Iterator[Finding]:
    """What came for a taken key against what the policy says."""
    if again.response is None or again.status in (429, *range(500, 600)):
        return
    rule = f"rule {again.operation.pointer}/x-behaviour/taken/{policy.name}"
    again.compared()
    if again.status != policy.status:
        yield again.find(
            check,
            f"status {policy.status}: the key is taken, and the policy is {policy.name}",
            f"status {again.status} for a taken key, policy {policy.name}",
            source=rule,
            evidence=policy.evidence,
            exchanges=exchanges,
        )
    elif policy.reply == "existing":
        yield from unchanged_thing(check, original, again, policy, exchanges)


def unchanged_thing(check: str, original: Reading, again: Reading, policy: Policy, exchanges: int) -> Iterator[Finding]:
    """The existing thing, as it was when it was created: every member that both responses show."""
    hidden = {shown.member for shown in again.rule.shown}
    for name, first in original.made.items():
        if name in hidden or name not in again.made:
            continue
        for difference in differences(first, again.made[name], again.forms(name)):
            yield again.find(
                check,
                f"{name} of the existing thing, as it was",
                f"{name} of the existing thing: {difference.told}",
                where=f"/{name}{difference.pointer}",
                source=f"rule {again.operation.pointer}/x-behaviour/taken/{policy.name}",
                evidence="assumed" if difference.loss else policy.evidence,
                exchanges=exchanges,
            )
            break


def run_taken(context: Context, operation: Operation) -> Iterator[Finding]:
    """Create, then ask for the same key by each policy and by none.

    First with the very same body, then, after refused requests, with another one: a refusal may do harm, too.
    """
    taken = operation.rule.taken
    original = make_original(context, operation, "original")
    if taken is None or original is None:
        return
    for turn in ("original", "another"):
        for name, policy in _choices(taken):
            again = ask_taken(context, original, name, turn)
            yield from judge_taken("taken", original, again, policy, 2)
        _refused(context, original)
    yield from _hidden_unchanged(context, operation, taken)


def _hidden_unchanged(context: Context, operation: Operation, taken: Taken) -> Iterator[Finding]:
    """Members that are shown on request only stay as they were, too."""
    existing = [policy for policy in taken.policies if policy.reply == "existing"]
    full = full_value(operation)
    for shown in operation.rule.shown[:1] if existing and isinstance(full, dict) else ():
        sent = full.get(shown.member, ABSENT)
        other = _another(sent)
        if sent is ABSENT or other == sent:
            continue
        body = {**base_value(operation), key_member(operation) or "": new_key(context, operation)}
        first = _asking(context, operation, {**body, shown.member: sent}, shown, "a new key")
        value = with_policy(operation, {**body, shown.member: other}, existing[0].name)
        again = _asking(context, operation, value, shown, "a taken key")
        if shown.member in first.made and shown.member in again.made:
            for difference in islice(differences(first.made[shown.member], again.made[shown.member]), 1):
                yield again.find(
                    "taken",
                    f"{shown.member} of the existing thing, as it was",
                    f"{shown.member} of the existing thing: {difference.told}",
                    where=f"/{shown.member}{difference.pointer}",
                    source=f"rule {operation.pointer}/x-behaviour/taken/{existing[0].name}",
                    evidence=weakest(existing[0].evidence, shown.evidence),
                    exchanges=2,
                )


def _another(value: Any) -> Any:
    """A value of the same shape with other numbers."""
    if isinstance(value, dict):
        return {name: _another(child) for name, child in value.items()}
    return value + 77 if isinstance(value, int | float) and not isinstance(value, bool) else value


def _asking(context: Context, operation: Operation, value: Any, shown: Shown, label: str) -> Reading:
    case = make_case(operation, value, f"{label}, {shown.query}={shown.holds}")
    return ask(context, replace(case, request=replace(case.request, query=f"{shown.query}={shown.holds}")))


def _refused(context: Context, original: Reading) -> None:
    """Requests that are refused: one that is cut short, and one that is no object."""
    request = original.case.request
    for label, body in (("cut short", request.body[:-2]), ("no object", b"[]")):
        case = replace(
            original.case, request=replace(request, body=body), label=f"a body that is {label}", value=ABSENT
        )
        ask(context, replace(case, intent="malformed" if label == "cut short" else "invalid"))


def run_policies_on_new(context: Context, operation: Operation) -> Iterator[Finding]:
    """Ask by each policy for a key that is new: the policy has no say."""
    taken = operation.rule.taken
    for name, policy in _choices(taken)[1:] if taken else ():
        body = usable(context, operation, marked(operation, f"new, {name}"))
        value = {**body, key_member(operation) or "": new_key(context, operation)}
        case = make_case(operation, with_policy(operation, value, name), f"a new key, {name}")
        made = ask(context, case, without=("valid_accepted",))
        if made.accepted:
            made.compared()
        if 400 <= made.status < 500 and made.status not in (401, 403, 429):
            yield made.find(
                "policies_on_new",
                f"status {operation.success}: the key is new, so that the policy {name} has no say",
                f"status {made.status} for a new key, policy {name}",
                source=f"rule {operation.pointer}/x-behaviour/taken/{name}",
                evidence=policy.evidence,
            )


def run_generated_taken(context: Context, operation: Operation) -> Iterator[Finding]:
    """A key that the server made is taken, too."""
    taken, member = operation.rule.taken, key_member(operation) or ""
    body = usable(context, operation, marked(operation, "generated"))
    first = ask(context, make_case(operation, body, "a key of the server's"))
    key = key_of(first)
    if taken is None or not isinstance(key, str) or not key:
        return
    note_taken(context, key)
    for name, policy in _choices(taken):
        value = with_policy(
            operation, {**usable(context, operation, marked(operation, "once more")), member: key}, name
        )
        again = ask(
            context,
            make_case(operation, value, f"the server's key, {name or 'no policy'}"),
            without=("valid_accepted", "documented_status"),
        )
        yield from judge_taken("generated_taken", first, again, policy, 2)


def run_survives_many(context: Context, operation: Operation) -> Iterator[Finding]:
    """Things are still known after many others were made: one, thirty and sixty creates later.

    Where the coverage part made more than that, the first thing that it made is asked for instead.
    """
    taken = operation.rule.taken
    oldest, since = context.memory.get("oldest"), context.memory.get("since_oldest", 0)
    many, distances = (FEW, (1, FEW)) if oldest is not None and since >= MANY else (MANY, _DISTANCES)
    kept: dict[int, Reading] = {since + many: oldest} if oldest is not None and many == FEW else {}
    for number in range(many):
        distance = many - number
        if distance in distances:
            made = make_original(context, operation, f"{distance} ago")
            if made is None:
                return
            kept[distance] = made
        else:
            ask(context, make_case(operation, base_value(operation), "one of many"))
    for distance, original in kept.items():
        for name, policy in _choices(taken) if taken else ():
            if name is None or policy.reply == "existing":
                again = ask_taken(context, original, name, f"{distance} later")
                yield from judge_taken("survives_many", original, again, policy, distance + 1)


def run_key_spelling(context: Context, operation: Operation) -> Iterator[Finding]:
    """A uuid in upper case denotes the same key."""
    taken, member = operation.rule.taken, key_member(operation) or ""
    original = make_original(context, operation, "lower case")
    if taken is None or original is None:
        return
    key = str(original.chosen_key).upper()
    note_taken(context, key)
    case = make_case(operation, {**base_value(operation), member: key}, "the taken key in upper case")
    again = ask(context, case, without=("valid_accepted", "documented_status"))
    policy = taken.policy(taken.default)
    if policy.reply != "refusal":
        context.comparisons.lack("a key that is taken is not refused")
        return
    if again.response is not None and again.status < 500 and again.status != 429:
        again.compared()
    if again.accepted:
        yield again.find(
            "key_spelling",
            f"status {policy.status}: the key is taken, whatever the case of its letters",
            f"status {again.status} for a taken key in upper case",
            where=f"/{member}",
            source="RFC 9562, 4",
            evidence="assumed",
            exchanges=2,
        )
