"""The nodes that a script goes through: entering and leaving them, one inside of another, and the pauses in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.mockserver.agents.beats import AGAIN, Beat, Beats, InnerState, TurnState, derived
from threadmock.mockserver.agents.marks import Marks
from threadmock.mockserver.agents.scripts import AgentInput, Script, ScriptStep, marks_of


@dataclass
class Place:
    """Where a script is. asked: what was asked in this node. changes, shown: what is told when it ends."""

    node: str = ""
    task: str = ""
    step: int = 0
    upcoming: list[str] = field(default_factory=list)
    entry: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    shown: list[dict[str, Any]] = field(default_factory=list)
    inner: InnerState | None = None


def graph_run(place: Place) -> str:
    """An id of one turn of the graph inside of a node."""
    return derived(place.entry, "graph")


@dataclass
class NodePlayer:
    """Goes through nodes. before, after: nodes at which it pauses ("*": all).

    new_id: makes ids. calls, said: ids of the first calls and messages, where they were made before. nests: whether
    parts of an agent are told as graphs of their own; graphs: the nodes that hold them. around: the nodes around the
    present one, in order. moved: the task of a node that a request went to. opened: a beat of the next message came.
    announced: the visits that were told of before they began.
    """

    script: Script
    input: AgentInput
    new_id: Callable[[], str]
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    nests: bool = False
    delay: float = 0.0
    visits: int = 0
    calls: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    turn: TurnState = field(default_factory=TurnState)
    at: Place = field(default_factory=Place)
    around: list[Place] = field(default_factory=list)
    marks: Marks = field(default_factory=Marks)
    graphs: frozenset[str] = frozenset()
    moved: str = ""
    opened: bool = False
    announced: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nothing was answered yet."""
        self.marks = marks_of(self.input)
        self.graphs = self.script.subgraphs if self.nests else frozenset()

    def beat(self, kind: str, **item: Any) -> Beat:
        """A beat in the current node, after the delay that has added up."""
        delay, self.delay = self.delay, 0.0
        at = self.at
        if at.node:
            here = f"{at.node}:{at.task}"
            item |= {"inside": self.place_of(at.node, at.task)} if at.node in self.graphs else {}
            item |= {"moved": True} if at.task == self.moved else {}
            item = {
                "node": at.node,
                "task": at.task,
                "step": at.step,
                "trigger": f"branch:to:{at.node}",
                "entry": at.entry,
                "asked": at.asked,
                "place": here,
                **item,
            }
        if self.around:
            nodes, runs = self.names_around, self.runs_around
            within = "|".join(nodes)
            outer = self.around[-1]
            around: dict[str, Any] = {
                "node": outer.node,
                "task": outer.task,
                "trigger": f"branch:to:{outer.node}",
                "place": within,
                "entry": outer.entry,
                "run": runs[-1],
                "parents": runs[:-2],
            }
            around |= {"within": "|".join(nodes[:-1])} if nodes[:-1] else {}
            item |= {
                "within": within,
                "outermost": nodes[0],
                "namespace": nodes,
                "place": f"{within}|{item.get('place', '')}",
            }
            item |= {"around": around, "parents": runs}
        return Beat(kind, item, delay, inner=at.inner)

    @property
    def names_around(self) -> list[str]:
        """The nodes around, each with its task."""
        return [f"{each.node}:{each.task}" for each in self.around]

    @property
    def runs_around(self) -> list[str]:
        """The ids of the visits around, each with that of the graph inside of it."""
        return [identifier for each in self.around for identifier in (each.entry, graph_run(each))]

    def place_of(self, node: str, task: str) -> str:
        """A node with the nodes around it."""
        return "|".join([*self.names_around, f"{node}:{task}"])

    def upcoming(self, node: str, task: str) -> dict[str, Any]:
        """What comes next, as settings read it."""
        return {"id": task, "node": node} | ({"inside": self.place_of(node, task)} if node in self.graphs else {})

    def enter(self, node: str) -> Beats:
        """Begin a node, where it is not the current one; pause before it, where that was asked for."""
        if self.at.node == node:
            return
        yield from self.leave([node])
        at = self.at
        at.step += 1
        task, at.upcoming, at.asked = (at.upcoming or [self.new_id()])[0], [], []
        if self.before & {node, "*"} and not self.around:
            yield self.static_pause(node, task, [node])
        at.node, at.task = node, task
        yield self.visit()

    def visit(self, **more: Any) -> Beat:
        """One more visit of the current node."""
        self.visits += 1
        self.at.entry = derived(self.at.task, str(self.visits))
        if self.announced.pop(self.at.entry, None) == self.at.node:
            more["announced"] = True
        return self.beat("entered", again=False, **more)

    def announce(self, coming: list[dict[str, Any]], step: int) -> dict[str, Any]:
        """What comes next inside of a graph, each with all that is told when it begins: that is told beforehand."""
        made = [
            {
                **each,
                "entry": derived(each["id"], str(self.visits + number)),
                "trigger": f"branch:to:{each['node']}",
                "place": self.place_of(each["node"], each["id"]),
            }
            for number, each in enumerate(coming, 1)
        ]
        self.announced = {each["entry"]: each["node"] for each in made}
        return {"upcoming": made, "coming": step}

    def onward(self, following: list[str]) -> dict[str, Any]:
        """What comes next, the id that its task will have, and what this node changes of the state."""
        at = self.at
        at.upcoming = [*at.upcoming, *(self.new_id() for _ in following[len(at.upcoming) :])]
        coming = [self.upcoming(node, task) for task, node in zip(at.upcoming, following, strict=False)]
        item: dict[str, Any] = {"next": following, "upcoming": coming}
        item |= self.announce(coming, at.step + 1) if self.around else {}
        if len(at.shown) > 1:
            item["writes"] = [{"name": name, "value": value} for name, value in at.changes.items()]
        if at.changes:
            item["set"], at.changes = at.changes, {}
        if at.shown:
            item["shown"], at.shown = at.shown, []
            if len(item["shown"]) == 1:
                item["only"] = item["shown"][0]
        return item

    def leave(self, following: list[str]) -> Beats:
        """End the current node without a message."""
        if self.at.node:
            yield self.beat("left", **self.onward(following), last=True)
            yield from self.end_node(following)

    def end_node(self, following: list[str]) -> Beats:
        """End the node; pause after it, where that was asked for and something follows."""
        node, self.at.node = self.at.node, ""
        if following and self.after & {node, "*"} and not self.around:
            yield self.static_pause(following[0], self.at.upcoming[0], following)

    def static_pause(self, node: str, task: str, following: list[str]) -> Beat:
        """A pause that the request asked for: there is no question, and any run goes on from it."""
        item = {"node": node, "task": task, "next": following, "turn": self.turn.as_item()}
        return Beat("paused", item | ({"inside": self.place_of(node, task)} if node in self.graphs else {}))

    def ask(self, value: Any) -> Beats:
        """A pause until an answer comes."""
        interrupts = [self.question(value)]
        self.at.asked = [*self.at.asked, *interrupts]
        answer: Any = AGAIN
        while answer is AGAIN:
            inside: list[Place] = []
            halted = {"graph": self.names_around, "inner": self.at.inner, "waiting_inside": {self.at.task: interrupts}}
            halted = halted if self.around else {}
            while self.around:
                yield self.beat("halted", interrupts=interrupts, next=[self.at.node], deepest=not inside)
                inside.append(self.at)
                self.at = self.around.pop()
                self.at.asked = [*self.at.asked, *(each for each in interrupts if each not in self.at.asked)]
            answer = yield self.paused(interrupts, {self.at.task: interrupts}, [self.at.node], **halted)
            while inside:
                yield self.visit()
                place = inside.pop()
                yield from self.go_inside([place.node], place)
            yield self.visit()
        self.marks = self.marks.answered(answer)

    def question(self, value: Any) -> dict[str, Any]:
        """An interrupt with an id of its own."""
        return {"id": self.new_id().replace("-", ""), "value": value}

    def paused(self, interrupts: list[Any], waiting: Mapping[str, Any], nodes: list[str], **more: Any) -> Beat:
        """The beat of a pause that asks."""
        if self.opened:
            more["unfinished"], self.opened = True, False
        return self.beat("paused", interrupts=interrupts, waiting=waiting, next=nodes, turn=self.turn.as_item(), **more)

    def ask_several(self, steps: tuple[ScriptStep, ...], following: list[str]) -> Beats:
        """Questions in nodes that run side by side, until each is answered: by its id."""
        yield from self.leave([step.node for step in steps])
        at = self.at
        at.step += 1
        known, at.upcoming = at.upcoming, []
        ids = [*known, *(self.new_id() for _ in steps[len(known) :])]
        tasks: list[dict[str, Any]] = [
            {"id": task, "node": step.node, "asked": []} for task, step in zip(ids, steps, strict=False)
        ]
        questions = [self.question(self.marks.fill(step.value)) for step in steps]
        answers: dict[str, Any] = {}
        yield from self._side_by_side(tasks)
        while len(answers) < len(questions):
            for task, question in zip(tasks, questions, strict=True):
                if question["id"] not in answers:
                    task["asked"] = [question]
                    at.node, at.task, at.asked = task["node"], task["id"], [question]
                    yield self.beat("halted", interrupts=[question], next=[at.node], beside=tasks)
            waiting = [task for task in tasks if task["asked"] and task["asked"][0]["id"] not in answers]
            open_ones = [question for question in questions if question["id"] not in answers]
            answer = yield self.paused(
                open_ones, {each["id"]: each["asked"] for each in waiting}, [each["node"] for each in waiting],
                beside=tasks, several=True,
            )  # fmt: skip
            if isinstance(answer, Mapping):
                answers |= {each["id"]: answer[each["id"]] for each in open_ones if each["id"] in answer}
            yield from self._side_by_side(waiting)
        self.marks = self.marks.answered([answers[each["id"]] for each in questions])
        for number, task in enumerate(tasks):
            at.node, at.task, at.asked = task["node"], task["id"], task["asked"]
            last = number == len(tasks) - 1
            yield self.beat("left", **self.onward(following), last=last, beside=tasks)
        yield from self.end_node(following)

    def _side_by_side(self, tasks: list[dict[str, Any]]) -> Beats:
        for task in tasks:
            self.at.node, self.at.task, self.at.asked = task["node"], task["id"], task["asked"]
            yield self.visit(beside=tasks, asked=[each for one in tasks for each in one["asked"]])

    def go_inside(self, following: list[str], place: Place | None = None) -> Beats:
        """Begin a graph inside of the current node, with these nodes, or go on in one at the place where it was."""
        self.around.append(self.at)
        self.at = place or Place(inner=InnerState(self.at.inner), upcoming=[self.new_id() for _ in following])
        (node, self.at.node), around = (self.at.node, ""), self.around[-1]
        tasks, nodes = ([self.at.task], [node]) if place else (self.at.upcoming, following)
        coming = [self.upcoming(each, task) for each, task in zip(nodes, tasks, strict=True)]
        more = self.announce(coming, place.step if place else 1)
        yield self.beat("delegated", resumed=bool(place), start=derived(around.task, "start"), **more)
        self.at.node = node

    def come_out(self, following: list[str]) -> Beats:
        """End the graph inside of the node, and the node."""
        inner, graph = self.at.inner, self.names_around
        self.at = self.around.pop()
        run, turn = graph_run(self.at), self.turn.as_item()
        beat = self.beat("returned", **self.onward(following), turn=turn, last=True, graph=graph, ran=run)
        beat.item = {**beat.item, "inner": inner}
        yield beat
        yield from self.end_node(following)

    def outermost(self) -> None:
        """Go to the node of the thread's own graph: what ends a run happens there."""
        while self.around:
            self.at = self.around.pop()
