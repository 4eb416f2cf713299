"""Planted deviations of state: things forgotten, keys reused, conflicts missed, one create leaking into the next."""

from typing import TYPE_CHECKING, Any

from threadmock.mockserver.fault_points import Fault, Memory, Moment, Run
from threadmock.mockserver.faults.hooks import on_objects
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.state.store import Shelf
from threadmock.specs.wire.messages import Response
from threadmock.specs.wire.strictjson import JsonError, parse_json

if TYPE_CHECKING:
    from threadmock.mockserver.rules.outcome import Done
    from threadmock.mockserver.rules.scope import Transaction
    from threadmock.specs.behaviour.setting import Setting

_KEPT = 20
_WHILE = 0.02


def _shelf(moment: Moment) -> Shelf:
    found = [s for s in moment.world.store.shelves() if s[:2] == (moment.contract, moment.operation.rule.resource)]
    return found[0] if found else (moment.contract, moment.operation.rule.resource)


def _key(thing: dict[str, Any], moment: Moment) -> str:
    key = moment.operation.rule.key
    return str(thing.get(key.member, "")) if key else ""


def _sent(moment: Moment) -> dict[str, Any]:
    try:
        value = parse_json(moment.request.body)
    except JsonError:
        return {}
    return value if isinstance(value, dict) else {}


def _policy(moment: Moment) -> str:
    """What the taken key's policy replies with, as the request asks for it; "" where nothing is declared."""
    taken = moment.operation.rule.taken
    if taken is None or taken.by is None:
        return ""
    return taken.policy(_sent(moment).get(taken.by.steps[0])).reply


def forget(thing: dict[str, Any], moment: Moment) -> dict[str, Any]:
    """Only the last _KEPT things are kept."""
    keys: list[str] = moment.memory.setdefault("keys", [])
    keys.append(_key(thing, moment))
    if len(keys) > _KEPT:
        moment.world.store.delete(_shelf(moment), keys.pop(0))
    return thing


def overwrite(thing: dict[str, Any], moment: Moment) -> dict[str, Any]:
    """A create of a taken key changes what is there, whatever the policy says."""
    moment.world.store.update(_shelf(moment), _key(thing, moment), lambda _: thing)
    return thing


def repeat_ids(thing: dict[str, Any], moment: Moment) -> dict[str, Any]:
    """Every tenth thing that names no key gets the key of the first."""
    key = moment.operation.rule.key
    if key is None or key.member in _sent(moment):
        return thing
    moment.memory["made"] = made = moment.memory.get("made", 0) + 1
    first = moment.memory.setdefault("first", thing[key.member])
    return thing | {key.member: first} if made % 10 == 0 else thing


def leak(thing: dict[str, Any], moment: Moment) -> dict[str, Any]:
    """Objects and lists that were sent once are there in every later thing that was made without them."""
    sent = _sent(moment)
    held: dict[str, Any] = moment.memory.setdefault("held", {})
    held.update({name: value for name, value in sent.items() if isinstance(value, (dict, list)) and value})
    return thing | {name: value for name, value in held.items() if name in thing and name not in sent}


def refuse_existing(response: Response, moment: Moment) -> Response:
    """The policy that answers with the existing thing refuses instead, on a key that is taken."""
    key = moment.operation.rule.key
    chosen = _sent(moment).get(key.member) if key else None
    seen: set[str] = moment.memory.setdefault("seen", set())
    again = chosen in seen
    if isinstance(chosen, str) and response.status < 300:
        seen.add(chosen)
    if again and response.status < 300 and _policy(moment) == "existing":
        return Response(409, {"content-type": "application/json"}, b'{"detail": "it exists"}')
    return response


def refuse_repeats(response: Response, moment: Moment) -> Response:
    """The same bytes again get a 409, though they name no key."""
    same = moment.memory.get("last") == moment.request.body and response.status < 300
    moment.memory["last"] = moment.request.body
    return Response(409, {"content-type": "application/json"}, b'{"detail": "again"}') if same else response


def flap(shown: Any, moment: Moment) -> Any:
    """Every second answer has a member more."""
    moment.memory["shown"] = count = moment.memory.get("shown", 0) + 1
    return on_objects(lambda each, _: each | {"extra_member": count})(shown, moment) if count % 2 == 0 else shown


def reserve(response: Response, moment: Moment) -> Response:
    """A refused request has taken its key all the same."""
    key = moment.operation.rule.key
    chosen = _sent(moment).get(key.member) if key else None
    if key and response.status in (400, 422) and isinstance(chosen, str) and chosen:
        moment.world.store.insert(_shelf(moment), chosen, {key.member: chosen})
    return response


def frozen_clock(thing: dict[str, Any], moment: Moment) -> dict[str, Any]:
    """Every thing was made when the first one was."""
    stamps = {name: v for name, v in thing.items() if name.lower().startswith(("created", "updated"))}
    return thing | {name: moment.memory.setdefault(name, value) for name, value in stamps.items()}


def last_source(thing: dict[str, Any], moment: Moment) -> dict[str, Any]:
    """Of several members that give one value, the last one counts."""
    sent = moment.value if isinstance(moment.value, dict) else {}
    made = dict(thing)
    for name, setting in moment.operation.rule.set.items():
        chain: Setting | None = setting
        while chain is not None:
            for source in chain.sources:
                if source.place == "body" and source.steps[0] in sent:
                    made[name] = sent[source.steps[0]]
            chain = chain.otherwise
    return made


def undo(run: Run, tx: "Transaction", _: Memory) -> "Done | Refused":
    """A refusal that leaves what was made takes it away."""
    outcome = run(tx)
    if tx.operation.rule.action == "create" and tx.thing is not None and isinstance(outcome, Refused):
        tx.world.store.delete(tx.shelf, tx.key)
    return outcome


def refuse_new(response: Response, moment: Moment) -> Response:
    """The policy that answers with the existing thing refuses where there is none."""
    fresh = response.status < 300 and _sent(moment) and _policy(moment) == "existing"
    key = moment.operation.rule.key
    chosen = _sent(moment).get(key.member) if key else None
    seen: set[Any] = moment.memory.setdefault("seen", set())
    known = chosen in seen
    seen.add(chosen)
    if not fresh or known:
        return response
    return Response(409, {"content-type": "application/json"}, b'{"detail": "nothing there"}')


def forget_generated(thing: dict[str, Any], moment: Moment) -> dict[str, Any]:
    """Only keys that clients chose are remembered."""
    for key in moment.memory.pop("generated", ()):
        moment.world.store.delete(_shelf(moment), key)
    key = moment.operation.rule.key
    if key and key.member not in _sent(moment):
        moment.memory["generated"] = [_key(thing, moment)]
    return thing


def check_then_insert(thing: dict[str, Any], moment: Moment) -> dict[str, Any]:
    """Whether a key is taken is asked a while before the thing is stored."""
    shelf, key = _shelf(moment), _key(thing, moment)
    if moment.world.store.read(shelf, key) is None:
        moment.world.pause(_WHILE)
        moment.world.store.delete(shelf, key)
    return thing


def count_ids(thing: dict[str, Any], moment: Moment) -> dict[str, Any]:
    """Keys are counted up, with a while between reading the counter and writing it."""
    key = moment.operation.rule.key
    if key is None or key.member in _sent(moment):
        return thing
    number = moment.memory.get("number", 0) + 1
    moment.world.pause(_WHILE)
    moment.memory["number"] = number
    return thing | {key.member: f"00000000-0000-4000-8000-{number:012d}"}


def picky_media_type(response: Response, moment: Moment) -> Response:
    """A content type with a parameter is refused."""
    if ";" in moment.request.headers.get("content-type", "") and b"--" not in moment.request.body[:2]:
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
        skips=frozenset({"canonical"}),
    ),
    Fault("undo-refused", "What was refused in part is undone.", ("kept",), behave=undo),
    Fault("frozen-clock", "Every thing was made when the first was.", ("clock",), thing=frozen_clock),
    Fault("picky-media-type", "A charset in the content type is refused.", ("writings",), response=picky_media_type),
)
