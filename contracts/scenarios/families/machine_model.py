"""The state machine: things are created, read, changed, listed and deleted at random, against a plain model.

Loaded only where it runs: Hypothesis takes time to load.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, HypothesisWarning
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import base_value
from threadmock.contracts.cases.families import lists, makers, parents, reads
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.echo import same
from threadmock.contracts.checks.storing import overlap
from threadmock.contracts.scenarios.asking import ask_missing, differing, evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.families.life_cycle import deletes
from threadmock.contracts.scenarios.families.updates import changed_members, changes
from threadmock.contracts.scenarios.lookups import look_for
from threadmock.contracts.scenarios.scenario import ask, marked, usable
from threadmock.contracts.target.answers import CreatedThing, read_thing
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.contract import Operation
from threadmock.specs.evidence import Evidence

STEPS = 150
EXAMPLES = 24
MOST_THINGS = 3
STEPS_OF = ("create", "read_one", "update", "delete", "read_gone", "list_there", "list_gone")
LENGTH = 20
SHRINKING = 100


def until_not_sent(step: Callable[..., None]) -> Callable[..., None]:
    """A step of the machine that ends the play where a request can't be sent."""

    @wraps(step)
    def taken(self: Any, **drawn: Any) -> None:
        try:
            step(self, **drawn)
        except NotSent:
            self.play.over = True

    return taken


class Disagreement(Exception):  # noqa: N818 - reads as what it is
    """The target and the model differ. steps: what was done, in words."""

    def __init__(self, reading: Reading, expected: str, got: str, evidence: Evidence, steps: tuple[str, ...]) -> None:
        super().__init__(got)
        self.reading, self.expected, self.got = reading, expected, got
        self.evidence, self.steps = evidence, steps


@dataclass(eq=False)
class KnownThing:
    """A thing as the model has it: what it should show of what it was given."""

    thing: CreatedThing
    shown: dict[str, Any]


@dataclass(eq=False)
class MachineRun:
    """What all examples of one run share: the operations, and how many steps are left."""

    context: Context
    operation: Operation
    left: int = STEPS
    failed: bool = False
    over: bool = False
    read: Operation | None = field(init=False)
    change: Operation | None = field(init=False)
    end: Operation | None = field(init=False)
    listing: Operation | None = field(init=False)

    def __post_init__(self) -> None:
        contract, resource = self.context.contract, self.operation.rule.resource
        within = parents(self.operation)
        self.maker = makers(contract, resource, within)[0]
        self.read = next((read for read in reads(contract, resource) if read.rule.reply is None), None)
        others = [o for o in contract.operations if o.rule.resource == resource and o.rule.action == "update"]
        self.change = next((update for update in others if not changes(contract, update)), None)
        self.end = next(iter(deletes(contract, resource)), None)
        found = [listing for listing in lists(contract, resource) if set(parents(listing)) <= set(parents(self.maker))]
        self.listing = next(iter(found), None)

    def may_go_on(self) -> bool:
        """Count a step; False where there are none left."""
        if self.failed and self.left == 0:
            # Making a failure small takes steps of its own.
            self.left, self.failed = SHRINKING, False
        self.left = max(0, self.left - 1)
        return self.left > 0 and not self.over


def run_machine(context: Context, operation: Operation) -> Disagreement | None:
    """Let the machine run; the smallest disagreement that it found. NotSent where things can't be made."""
    prerequisites_of(context).get(operation.rule.resource, {}) if not parents(operation) else None
    shared = MachineRun(context, operation)
    found: list[Disagreement] = []
    quiet = settings(
        max_examples=EXAMPLES, stateful_step_count=LENGTH, deadline=None, database=None,
        phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet, print_blob=False,
    )  # fmt: skip

    @seed(context.choose.getrandbits(64))
    class Machine(LifeCycleMachine):
        play = shared
        met = found

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)
            run_state_machine_as_test(Machine, settings=quiet)
    except (Disagreement, Flaky):
        pass
    except ExceptionGroup as group:
        ours, others = group.split((Disagreement, Flaky))
        if others is not None:
            raise others from ours
    return min(found, key=lambda each: len(each.steps), default=None)


class LifeCycleMachine(RuleBasedStateMachine):
    """One example. model: key as text to what is there; gone: what was deleted."""

    play: MachineRun
    met: list[Disagreement]

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, KnownThing] = {}
        self.gone: dict[str, CreatedThing] = {}
        self.steps: list[str] = []
        self.numbers: dict[str, int] = {}

    def _name(self, thing: CreatedThing) -> str:
        return f"{thing.resource} {self.numbers[str(thing.key)]}"

    def _pick(self, among: Mapping[str, Any], choice: int) -> Any:
        values = list(among.values())
        return values[choice % len(values)] if values else None

    def _differ(self, reading: Reading, expected: str, got: str, *operations: Operation) -> None:
        evidence = evidence_of(*operations)
        self.play.failed = True
        found = Disagreement(reading, expected, got, evidence, tuple(self.steps))
        self.met.append(found)
        raise found

    @initialize(mark=st.integers(0, 9))
    @until_not_sent
    def begin(self, mark: int) -> None:
        """Make a first thing."""
        self._make(mark)

    @rule(step=st.sampled_from(STEPS_OF), choice=st.integers(0, 7), mark=st.integers(0, 9))
    @until_not_sent
    def act(self, step: str, choice: int, mark: int) -> None:
        """Take one step: one rule for all, since Hypothesis leaves whole rules out of an example at random."""
        getattr(self, step)(choice, mark)

    def create(self, _: int, mark: int) -> None:
        """Make another; not many, so that steps meet the same things again."""
        if len(self.model) < MOST_THINGS:
            self._make(mark)

    def _make(self, mark: int) -> None:
        play = self.play
        if not play.may_go_on():
            return
        body = usable(play.context, play.maker, marked(play.maker, f"number {mark}"))
        case, above = prerequisites_of(play.context).request(play.maker, {}, body)
        reading = ask(play.context, case)
        thing = read_thing(reading.exchange, above)
        if thing is None:
            return
        self.numbers[str(thing.key)] = len(self.numbers) + 1
        self.steps.append(f"make {self._name(thing)} ({mark})")
        if str(thing.key) in self.model:
            self._differ(reading, "a key of its own", "the key of another thing", play.maker)
        self.gone.pop(str(thing.key), None)
        self.model[str(thing.key)] = KnownThing(thing, {n: v for n, v in thing.shown.items() if n in thing.sent})

    def read_one(self, choice: int, _: int) -> None:
        """Read a thing that is there."""
        known, play = self._pick(self.model, choice), self.play
        if known is None or play.read is None or not play.may_go_on():
            return
        self.steps.append(f"read {self._name(known.thing)}")
        got = ask(play.context, case_about(play.read, keys_of(known.thing), "a thing of the model"))
        if 400 <= got.status < 500 and got.status != 429:
            self._differ(got, "a thing that is there", f"status {got.status}", play.read, play.maker)
        for what in differing(known.shown | known.thing.sent, known.shown, got) if got.made else ():
            # What this read never shows is told by a scenario of its own, and is no step that went wrong.
            if what.evidence != "assumed":
                self._differ(got, "the thing as it was last changed", what.what, play.read, play.maker)

    def update(self, choice: int, mark: int) -> None:
        """Change a thing that is there."""
        known, play = self._pick(self.model, choice), self.play
        if known is None or play.change is None or not play.may_go_on():
            return
        body = changed_members(play.context.contract, play.change, f"number {10 + mark}")
        body = body or base_value(play.change)  # of which members may be required
        if not isinstance(body, dict):
            return
        self.steps.append(f"change {self._name(known.thing)} ({10 + mark})")
        got = ask(play.context, case_about(play.change, keys_of(known.thing), "a change of the model", value=body))
        if not got.accepted:
            return
        for name, value in body.items():
            if name in known.shown:
                # An update may keep more inside an object than it was sent: then what it answers counts.
                answered = got.made.get(name, value)
                agrees = same(*overlap(value, answered), got.forms(name))
                known.shown[name] = answered if agrees else value
        by_rule = {name.partition(".")[0] for name in play.change.rule.set} - body.keys()
        # What the rule changes by itself is what the answer shows.
        known.shown |= {name: got.made[name] for name in by_rule if name in known.shown and name in got.made}

    def delete(self, choice: int, _: int) -> None:
        """Delete a thing that is there."""
        known, play = self._pick(self.model, choice), self.play
        if known is None or play.end is None or not play.may_go_on():
            return
        self.steps.append(f"delete {self._name(known.thing)}")
        got = ask(play.context, case_about(play.end, keys_of(known.thing), "an end in the model"))
        if got.accepted:
            self.gone[str(known.thing.key)] = self.model.pop(str(known.thing.key)).thing

    def read_gone(self, choice: int, _: int) -> None:
        """Read a thing that was deleted."""
        thing, play = self._pick(self.gone, choice), self.play
        if thing is None or play.read is None or play.end is None or not play.may_go_on():
            return
        if play.read.rule.missing == "empty":
            return
        self.steps.append(f"read {self._name(thing)}, which is gone")
        got = ask_missing(play.context, case_about(play.read, keys_of(thing), "what is gone in the model"))
        if got.response is not None and got.status < 500 and got.status != 429:
            got.compared()
        if got.accepted:
            self._differ(got, "a refusal: it was deleted", f"status {got.status}", play.read, play.end)

    def list_there(self, choice: int, _: int) -> None:
        """Look for a thing in the list that is there."""
        self._list(choice, there=True)

    def list_gone(self, choice: int, _: int) -> None:
        """Look for a thing in the list that was deleted."""
        self._list(choice, there=False)

    def _list(self, choice: int, *, there: bool) -> None:
        play = self.play
        thing = self._pick(self.gone, choice) if not there else getattr(self._pick(self.model, choice), "thing", None)
        if thing is None or play.listing is None or not play.may_go_on():
            return
        self.steps.append(f"list, looking for {self._name(thing)}{'' if there else ', which is gone'}")
        found = look_for(play.context, play.listing, thing)
        if found.unseen or found.reading is None:
            return
        found.reading.compared()
        if there and found.item is None and found.whole:
            self._differ(found.reading, "a list with what is there", "the list lacks it", play.listing, play.maker)
        if not there and found.item is not None and play.end is not None:
            self._differ(found.reading, "a list without what was deleted", "the list holds it", play.listing, play.end)
