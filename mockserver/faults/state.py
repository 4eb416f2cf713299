"""Planted deviations of state: things forgotten, keys reused, conflicts missed, one create leaking into the next."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.fault_points import Action, Fault, FaultView, Memory
from threadmock.mockserver.faults.hooks import on_objects
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import Shelf
from threadmock.specs.wire.messages import Response
from threadmock.specs.wire.strictjson import JsonError, parse_json

if TYPE_CHECKING:
    from threadmock.specs.behaviour.setting import Setting

_KEPT = 20
_WHILE = 0.02


def _shelf(view: FaultView) -> Shelf:
    found = [s for s in view.store.shelves() if s[:2] == (view.contract, view.operation.rule.resource)]
    return found[0] if found else (view.contract, view.operation.rule.resource)


def _key(thing: dict[str, Any], view: FaultView) -> str:
    key = view.operation.rule.key
    return str(thing.get(key.member, "")) if key else ""


def _sent(view: FaultView) -> dict[str, Any]:
    try:
        value = parse_json(view.request.body)
    except JsonError:
        return {}
    return value if isinstance(value, dict) else {}


def _policy(view: FaultView) -> str:
    """What the taken key's policy replies with, as the request asks for it; "" where nothing is declared."""
    taken = view.operation.rule.taken
    if taken is None or taken.by is None:
        return ""
    return taken.policy(_sent(view).get(taken.by.steps[0])).reply


def forget(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """Only the last _KEPT things are kept."""
    keys: list[str] = view.memory.setdefault("keys", [])
    keys.append(_key(thing, view))
    if len(keys) > _KEPT:
        view.store.delete(_shelf(view), keys.pop(0))
    return thing


def overwrite(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """A create of a taken key overwrites the thing there, whatever the policy."""
    view.store.update(_shelf(view), _key(thing, view), lambda _: thing)
    return thing


def repeat_ids(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """Every tenth thing that names no key gets the key of the first."""
    key = view.operation.rule.key
    if key is None or key.member in _sent(view):
        return thing
    view.memory["made"] = made = view.memory.get("made", 0) + 1
    first = view.memory.setdefault("first", thing[key.member])
    return thing | {key.member: first} if made % 10 == 0 else thing


def leak(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """Objects and lists that were sent once are there in every later thing that was made without them."""
    sent = _sent(view)
    held: dict[str, Any] = view.memory.setdefault("held", {})
    held.update({name: value for name, value in sent.items() if isinstance(value, (dict, list)) and value})
    return thing | {name: value for name, value in held.items() if name in thing and name not in sent}


def refuse_existing(response: Response, view: FaultView) -> Response:
    """The policy that answers with the existing thing refuses instead, on a key that is taken."""
    key = view.operation.rule.key
    chosen = _sent(view).get(key.member) if key else None
    seen: set[str] = view.memory.setdefault("seen", set())
    again = chosen in seen
    if isinstance(chosen, str) and response.status < 300:
        seen.add(chosen)
    if again and response.status < 300 and _policy(view) == "existing":
        return Response(409, {"content-type": "application/json"}, b'{"detail": "it exists"}')
    return response


def refuse_repeats(response: Response, view: FaultView) -> Response:
    """The same bytes again get a 409, though they name no key."""
    same = view.memory.get("last") == view.request.body and response.status < 300
    view.memory["last"] = view.request.body
    return Response(409, {"content-type": "application/json"}, b'{"detail": "again"}') if same else response


def flap(shown: Any, view: FaultView) -> Any:
    """Every second answer has a member more."""
    view.memory["shown"] = count = view.memory.get("shown", 0) + 1
    return on_objects(lambda each, _: each | {"extra_member": count})(shown, view) if count % 2 == 0 else shown


def reserve(response: Response, view: FaultView) -> Response:
    """A refused request has taken its key all the same."""
    key = view.operation.rule.key
    chosen = _sent(view).get(key.member) if key else None
    if key and response.status in (400, 422) and isinstance(chosen, str) and chosen:
        view.store.insert(_shelf(view), chosen, {key.member: chosen})
    return response


def frozen_clock(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """Every thing was made when the first one was."""
    stamps = {name: v for name, v in thing.items() if name.lower().startswith(("created", "updated"))}
    return thing | {name: view.memory.setdefault(name, value) for name, value in stamps.items()}


def last_source(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """Of several members that give one value, the last one counts."""
    sent = view.value if isinstance(view.value, dict) else {}
    made = dict(thing)
    for name, setting in view.operation.rule.set.items():
        chain: Setting | None = setting
        while chain is not None:
            for source in chain.sources:
                if source.place == "body" and source.steps[0] in sent:
                    made[name] = sent[source.steps[0]]
            chain = chain.otherwise
    return made


def undo(action: Action, call: Call, _: Memory) -> Done | Refused:
    """A refusal that leaves what was made deletes it."""
    outcome, scope = action(call), call.scope
    if call.rule.action == "create" and scope.thing is not None and isinstance(outcome, Refused):
        scope.store.delete(scope.shelf, scope.key)
    return outcome


def literal_keys(plan: Plan) -> Plan:
    """Keys are compared as they are written."""
    return replace(plan, key=replace(plan.key, is_uuid=False))


def refuse_new(response: Response, view: FaultView) -> Response:
    """The policy that answers with the existing thing refuses where there is none."""
    fresh = response.status < 300 and _sent(view) and _policy(view) == "existing"
    key = view.operation.rule.key
    chosen = _sent(view).get(key.member) if key else None
    seen: set[Any] = view.memory.setdefault("seen", set())
    known = chosen in seen
    seen.add(chosen)
    if not fresh or known:
        return response
    return Response(409, {"content-type": "application/json"}, b'{"detail": "nothing there"}')


def forget_generated(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """Only keys that clients chose are remembered."""
    for key in view.memory.pop("generated", ()):
        view.store.delete(_shelf(view), key)
    key = view.operation.rule.key
    if key and key.member not in _sent(view):
        view.memory["generated"] = [_key(thing, view)]
    return thing


def check_then_insert(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """Whether a key is taken is asked a while before the thing is stored."""
    shelf, key = _shelf(view), _key(thing, view)
    if view.store.read(shelf, key) is None:
        view.pause(_WHILE)
        view.store.delete(shelf, key)
    return thing


def count_ids(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """Keys are counted up, with a while between reading the counter and writing it."""
    key = view.operation.rule.key
    if key is None or key.member in _sent(view):
        return thing
    number = view.memory.get("number", 0) + 1
    view.pause(_WHILE)
    view.memory["number"] = number
    return thing | {key.member: f"00000000-0000-4000-8000-{number:012d}"}


def picky_media_type(response: Response, view: FaultView) -> Response:
    """A content type with a parameter is refused."""
    if ";" in view.request.headers.get("content-type", "") and b"--" not in view.request.body[:2]:
        return Response(415, {"content-type": "application/json"}, b'{"detail": "parameters are not supported"}')
    return response


FAULTS: tuple[Fault, ...] = (
    Fault("refuse-repeats", "The same bytes twice in a row get a 409.", ("repeat",), response=refuse_repeats),
    Fault("flapping-shape", "Every second answer has a member more.", ("repeat",), shown=flap),
    Fault("repeat-ids", "Every tenth thing gets the key of the first.", ("ids_distinct", "new_key"), thing=repeat_ids),
    Fault("leak", "What one create was given shows up in the next.", ("isolation",), thing=leak),
    Fault("last-source", "Of members that give one value the last one counts.", ("precedence",), thing=last_source),
    Fault(
        "ignore-conflict",
        "A taken key is not refused.",
        ("taken", "generated_taken", "one_winner"),
        skips=frozenset({"conflict"}),
    ),
    Fault("overwrite", "A create of a taken key overwrites what is there.", ("taken",), thing=overwrite),
    Fault("refuse-existing", "The lenient policy refuses, too.", ("taken",), response=refuse_existing),
    Fault("refuse-new", "The lenient policy refuses new keys.", ("policies_on_new",), response=refuse_new),
    Fault("forget-generated", "Keys that the server made are free.", ("generated_taken",), thing=forget_generated),
    Fault("reserve-refused", "A refused request takes its key.", ("refused_leaves_nothing",), response=reserve),
    Fault(
        "check-then-insert",
        "Several creates of one key at once all win.",
        ("one_winner", "several_clients"),
        thing=check_then_insert,
    ),
    Fault("racing-counter", "Things made at one moment share a key.", ("at_once", "several_clients"), thing=count_ids),
    Fault("forget", f"Only the last {_KEPT} things are kept.", ("survives_many",), thing=forget),
    Fault(
        "literal-keys",
        "A key in upper case is another key.",
        ("key_spelling",),
        plan=literal_keys,
    ),
    Fault("undo-refused", "What was refused in part is undone.", ("kept",), around=undo),
    Fault("frozen-clock", "Every thing was made when the first was.", ("clock",), thing=frozen_clock),
    Fault("picky-media-type", "A charset in the content type is refused.", ("writings",), response=picky_media_type),
)
