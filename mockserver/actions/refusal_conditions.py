"""Refusals that depend on the request and on what is stored: before anything is made, or when the thing is there."""

from dataclasses import replace

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.rules.conditions import CompiledCondition
from threadmock.mockserver.rules.generators import etag_of
from threadmock.mockserver.rules.lists import passing
from threadmock.mockserver.rules.lookups import find_related
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import Thing
from threadmock.specs.behaviour.conditions import agrees
from threadmock.specs.behaviour.rule import Conditional
from threadmock.specs.members import ABSENT, dig, steps_of

_NOT_MODIFIED = 304
_SHOWN = 100


def unmet(call: Call) -> Refused | None:
    """The first refusal whose conditions all hold; None where there is none, or where nothing is stored to be asked."""
    if call.enter():
        return None
    key = call.asked_key()
    thing = call.scope.store.read(call.shelf_of(key), key) if key else None
    return _first(call, thing, key, kept=False)


def unconditional(call: Call) -> Done | Refused | None:
    """What the headers of a conditional request come to, where that is no answer of the action (RFC 9110, 13.2.2)."""
    rule, headers = call.plan.conditional, call.scope.request.headers
    if rule is None or call.rule.action == "list" or call.world.faults.skips("preconditions") or call.enter():
        return None  # the state of a list is known when its page is
    wanted, known = headers.get("if-match"), headers.get("if-none-match")
    key = call.asked_key()
    thing = call.scope.store.read(call.shelf_of(key), key)
    if thing is None and call.rule.missing != "create":
        return None  # what is refused without a condition is refused as it is (RFC 9110, 13.2.1)
    present = etag_of(thing) if thing is not None else ""
    if refused := _unmatched(rule, wanted, present, key):
        return refused
    if rule.if_none_match and known is not None and _names(known.replace("W/", ""), present):
        if rule.if_none_match != _NOT_MODIFIED:
            return Refused("stale", "If-None-Match names the present state", status=rule.if_none_match, key=key)
        return Done(_NOT_MODIFIED, None, "not modified", {"etag": present})
    return None


def _unmatched(rule: Conditional, wanted: str | None, present: str, key: str) -> Refused | None:
    """What If-Match comes to. present: the state of the thing; "" where there is none."""
    if rule.if_match and wanted is not None and not _names(wanted, present):
        return Refused("stale", "If-Match names another state than the present one", status=rule.if_match, key=key)
    if rule.required and wanted is None and present:
        return Refused("stale", "The header If-Match is required", status=rule.required, key=key)
    return None


def unchanged(call: Call, page: Thing) -> Done | None:
    """The answer to a request that knows this page of a list already; None where it does not."""
    rule, known = call.plan.conditional, call.scope.request.headers.get("if-none-match")
    if rule is None or rule.if_none_match != _NOT_MODIFIED or known is None:
        return None
    present = etag_of(page)
    return (
        Done(_NOT_MODIFIED, None, "not modified", {"etag": present})
        if _names(known.replace("W/", ""), present)
        else None
    )


def _names(listed: str, present: str) -> bool:
    """Whether a list of entity tags, or `*`, names the present state; "" where there is none."""
    return bool(present) and (listed.strip() == "*" or present in [each.strip() for each in listed.split(",")])


def unmet_afterwards(call: Call) -> Refused | None:
    """As `unmet`, of the refusals that leave what was made: asked when the thing is there."""
    return _first(call, call.scope.thing, call.scope.key, kept=True)


def unknown_agent(call: Call) -> Refused | None:
    """The refusal of an agent that no script file declares, where some are declared and a request may refer to one."""
    scope = call.scope
    for needed, read in call.plan.agents if scope.agents.known else ():
        name = read(scope)
        if name is ABSENT or name is None or name in scope.agents.known:
            continue
        steps = tuple(steps_of(member) for member in needed.agent)
        if needed.resource and find_related(scope, needed.resource, steps, name):
            continue
        known = ", ".join(sorted(scope.agents.known))
        reason = f"Agent {str(name)[:_SHOWN]!r} is not declared: there are {known}"
        return Refused("unknown", reason, status=needed.statuses[0], key=str(name))
    return None


def _first(call: Call, thing: Thing | None, key: str, *, kept: bool) -> Refused | None:
    for condition in call.plan.conditions:
        rule = condition.rule
        if rule.kept == kept and _are_listed(call, condition) and condition.holds(call.scope, thing):
            reason = rule.reason or "The request can't be met as things are"
            refused = Refused("refused", reason, status=rule.status, key=key)
            return replace(refused, body=rule.body, media_type=rule.media_type)
    return None


def _are_listed(call: Call, condition: CompiledCondition) -> bool:
    """Whether the condition's listed things are there, among those that the filters before its own let through."""
    for steps, wanted in condition.listed:
        found = (dig(thing, steps) for thing in passing(call.scope, call.plan.lister, condition.filters))
        if not any(agrees(value, wanted, there=value is not ABSENT) for value in found):
            return False
    return True
