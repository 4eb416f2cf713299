"""Planted deviations of what concerns many things: prunes that take too little or too much, copies that are none."""

from collections.abc import Callable
from dataclasses import replace

from threadmock.mockserver.fault_points import Behave, Fault, Memory, Run
from threadmock.mockserver.rules.keys import asked_key, canonical, home_of
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.store import Thing


def _asked(tx: Transaction) -> list[str]:
    keys = tx.plan.prune_keys(tx) if tx.plan.prune_keys else ()
    return [canonical(key) for key in keys] if isinstance(keys, list) else []


def _pruning(change: Callable[[Run, Transaction], Done | Refused], *, keeping: bool) -> Behave:
    """Prunes that do otherwise. keeping: those that keep something, else the others."""

    def behave(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
        keeps = tx.plan.prune_strategy is not None and tx.plan.prune_strategy(tx) == "keep_latest"
        mine = tx.operation.rule.action == "prune" and keeps == keeping
        return change(run, tx) if mine else run(tx)

    return behave


def _told(tx: Transaction, outcome: Done | Refused, count: int) -> Done | Refused:
    """The answer with another count."""
    tx.tally = {"done": count}
    make = tx.plan.reply_maker
    return replace(outcome, shown=make(tx)) if isinstance(outcome, Done) and make else outcome


def _there(tx: Transaction, key: str) -> bool:
    store = tx.world.store
    return store.read(store.find(tx.contract.name, tx.operation.rule.resource, key), key) is not None


def _first_only(run: Run, tx: Transaction) -> Done | Refused:
    keys = _asked(tx)
    count = sum(_there(tx, key) for key in keys)
    tx.plan = replace(tx.plan, prune_keys=lambda _: keys[:1])
    return _told(tx, run(tx), count)


def _all(run: Run, tx: Transaction) -> Done | Refused:
    outcome, shelf = run(tx), (tx.contract.name, tx.operation.rule.resource)
    for key, _thing in tx.world.store.items(shelf) if _asked(tx) else ():
        tx.world.store.delete(shelf, key)
    return outcome


def _count_asked(run: Run, tx: Transaction) -> Done | Refused:
    return _told(tx, run(tx), len(_asked(tx)))


def _keep_all(run: Run, tx: Transaction) -> Done | Refused:
    count = len(_asked(tx))
    tx.plan = replace(tx.plan, prune_keys=lambda _: [])
    return _told(tx, run(tx), count)


def _keep_none(run: Run, tx: Transaction) -> Done | Refused:
    tx.plan = replace(tx.plan, prune_strategy=None)
    return run(tx)


def _copying(change: Callable[[Run, Transaction], Done | Refused]) -> Behave:
    """Copies that do otherwise."""

    def behave(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
        return change(run, tx) if tx.operation.rule.action == "copy" else run(tx)

    return behave


def _shell(run: Run, tx: Transaction) -> Done | Refused:
    tx.plan = replace(tx.plan, copies=())
    return run(tx)


def _bare(run: Run, tx: Transaction) -> Done | Refused:
    outcome = run(tx)
    if isinstance(outcome, Done):
        tx.world.store.update(home_of(tx, tx.key), tx.key, _emptied)
    return outcome


def _emptied(thing: Thing) -> Thing:
    return {name: {} if isinstance(value, dict) else value for name, value in thing.items()}


def _same_key(run: Run, tx: Transaction) -> Done | Refused:
    outcome, key = run(tx), tx.operation.rule.key
    if isinstance(outcome, Done) and isinstance(outcome.shown, dict) and key:
        outcome.shown = {**outcome.shown, key.member: asked_key(tx)}
    return outcome


def _moved(run: Run, tx: Transaction) -> Done | Refused:
    outcome = run(tx)
    for below, _members in tx.plan.copies if isinstance(outcome, Done) else ():
        shelf = (tx.contract.name, below, tx.operation.rule.resource, asked_key(tx))
        for key, _thing in tx.world.store.items(shelf):
            tx.world.store.delete(shelf, key)
    return outcome


def _linked(run: Run, tx: Transaction, memory: Memory) -> Done | Refused:
    """What changes in an original changes in its last copy, too."""
    outcome, action = run(tx), tx.operation.rule.action
    copies: dict[str, str] = memory.setdefault("copies", {})
    if isinstance(outcome, Refused) or action not in ("copy", "update"):
        return outcome
    source, store = asked_key(tx), tx.world.store
    if action == "copy":
        copies[source] = tx.key
    elif (other := copies.get(source)) and (changed := store.read(home_of(tx, source), source)):
        sent = {name: changed[name] for name in tx.body if name in changed}
        store.update(home_of(tx, other), other, lambda thing: {**thing, **sent})
    return outcome


FAULTS: tuple[Fault, ...] = (
    Fault(
        "prune-first-only",
        "A prune takes the first thing only.",
        ("prune",),
        behave=_pruning(_first_only, keeping=False),
    ),
    Fault("prune-all", "A prune takes everything.", ("prune",), behave=_pruning(_all, keeping=False)),
    Fault(
        "prune-miscounts",
        "A prune counts what was named, not what was there.",
        ("prune",),
        behave=_pruning(_count_asked, keeping=False),
    ),
    Fault("keep-all", "Keeping the latest keeps all.", ("keep_latest",), behave=_pruning(_keep_all, keeping=True)),
    Fault("keep-none", "Keeping the latest keeps none.", ("keep_latest",), behave=_pruning(_keep_none, keeping=True)),
    Fault("copy-shell", "A copy has nothing in it.", ("copy",), behave=_copying(_shell)),
    Fault("copy-bare", "A copy's objects are empty.", ("copy",), behave=_copying(_bare)),
    Fault("copy-same-key", "A copy is given the original's key.", ("copy",), behave=_copying(_same_key)),
    Fault("copy-moves", "What lies in the original is in the copy instead.", ("copy",), behave=_copying(_moved)),
    Fault("copy-linked", "What changes in the original changes in the copy.", ("copy",), behave=_linked),
)
