"""Frozen records for agents: how a run starts and ends, what it stores, and which events its streams contain.

A run goes from beat to beat. A beat is what happens at one moment, in words of no provider; a provider's
`x-behaviour` says what each kind of beat changes and which events it becomes. See docs/explanations/agents.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from threadmock.specs.behaviour.setting import Made, Setting, Source, When
from threadmock.specs.evidence import Evidence
from threadmock.specs.schemas.schema import Schema

How = Literal["at_once", "when_done", "stream"]
Doing = Literal["refuse", "wait", "cancel", "remove", "run"]
ENDS = ("ended", "paused", "failed", "cancelled")
"""Beats after which a run is over; `closed` follows each of them."""


@dataclass(frozen=True)
class Change:
    """What one kind of beat changes, in this order.

    run: dotted members of the run. makes: things that are made below the thread. latest: members of the newest of
    those. thread: members of the thread; it reads the newest thing as `latest`. when: conditions on the beat.
    """

    run: Mapping[str, Setting] = field(default_factory=dict)
    makes: tuple[Made, ...] = ()
    latest: Mapping[str, Setting] = field(default_factory=dict)
    thread: Mapping[str, Setting] = field(default_factory=dict)
    when: When = ()
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Event:
    """One event of a stream (WHATWG HTML, 9.2).

    on: the kind of beat it comes of. name: its event field, "" for none. data: its data, as JSON; raw: as text instead.
    modes: it is sent where one of them was asked for; () always. unless: it is not where one of these was. each: a
    setting with a list: one event for each item, which `item.each` holds. schema: of the data. optional: a server may
    send it, at any moment, where the conditions hold of the request.
    """

    on: str
    name: str = ""
    data: Setting | None = None
    raw: str = ""
    modes: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    when: When = ()
    each: Setting | None = None
    schema: Schema | None = None
    optional: bool = False
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Nesting:
    """How a stream tells of a graph inside of a node: where a request asks for it, with the nodes in the event's name.

    joint: between the name and each of the nodes around. bare: names of events that are told without these. always:
    names of events that are told without these, and whether the request asks for it or not.
    """

    by: Source
    joint: str
    bare: tuple[str, ...] = ()
    always: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """How a stream is written.

    newline: between lines. heartbeat: a comment that is sent after so many seconds of silence (`every`). ids: how
    events are numbered, "" for not at all; twins: events of one moment may share an id; numbered: only where this
    source is true. replays: who joins sees what was before, too. headers: of the response. nested: how what happens
    inside of a node is told; None: as all else.
    """

    name: str
    events: tuple[Event, ...]
    newline: str = "\n"
    heartbeat: str = ""
    every: float = 15.0
    ids: Literal["", "milliseconds", "number"] = ""
    twins: bool = False
    numbered: Source | None = None
    nested: Nesting | None = None
    replays: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class AgentInput:
    """Where a run finds its input, the message to the agent. content: a setting with a text, a message or messages.

    roles: the provider's words for user, assistant, system and tool. otherwise: what counts as the text where there
    are no messages. again: the messages so far, of what a run without new input continues from: it answers the
    last of a user once more. fails: how a run fails that can't begin, by what is wrong with its input: empty (nothing
    is given, and nothing is there to go on from), role (a message has a role that nobody knows), removed (it takes out
    a message that is not there), unnamed (several questions wait, and the answer names none). wrapped: see there.
    removal: how a message takes out others.
    pending: what remains to be done at a state, each with id and name: a run without new input goes on with it.
    """

    content: Setting | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    otherwise: Setting | None = None
    again: Setting | None = None
    fails: Mapping[str, "Failure"] = field(default_factory=dict)
    wrapped: "Wrapped | None" = None
    removal: "Removal | None" = None
    pending: Setting | None = None


@dataclass(frozen=True)
class Wrapped:
    """A message inside of another object. members: where its own are; role: where its role is, or a list ends so."""

    members: str
    role: str


@dataclass(frozen=True)
class Removal:
    """A message that takes out the one with its id. member: what says so, by this word; every: the id of all."""

    member: str
    word: str
    every: str = ""


@dataclass(frozen=True)
class Failure:
    """How a run fails. error: the name of the error; message: its words."""

    error: str
    message: str


@dataclass(frozen=True)
class Agent:
    """A provider's runs. thread: the resource that runs belong to; piece: of what they make below it, "" for nothing.

    changes: by kind of beat. formats: by name. results: by the beat that ended a run, what who waited for it gets.
    step: the number of a node that begins; None: counted from 1 in each run. ends: its words for where a graph begins
    and ends. declared: what each agent becomes that a user declares, from the start; `item` is the agent. inside: of
    graphs inside of nodes; None where nobody reads their pieces.
    """

    thread: str
    piece: str
    input: AgentInput
    changes: Mapping[str, tuple[Change, ...]]
    formats: Mapping[str, Format]
    results: Mapping[str, Setting]
    step: Setting | None = None
    ends: tuple[str, str] = ("start", "end")
    declared: tuple[Made, ...] = ()
    evidence: Evidence = "documented"
    inside: "InnerPieces | None" = None


@dataclass(frozen=True)
class InnerPieces:
    """What becomes of the pieces of graphs inside of nodes. resource: theirs, below the thread.

    member: the one of such a piece that names its graph. tasks: the member of any piece that lists what is to be done;
    of an item there `names` names the graph inside of it, and `shows` holds the newest piece of that on request; the
    other is then what `gone` says.
    """

    resource: str
    member: tuple[str, ...]
    tasks: tuple[str, ...]
    names: tuple[str, ...]
    shows: str
    gone: Literal["absent", "null"] = "absent"


@dataclass(frozen=True, eq=False)
class Respond:
    """One way in which an operation answers. status: where it is not the documented success. format: of a stream.

    keep_alive: a text that is sent again and again while somebody waits, every so many seconds. reply: what the answer
    holds instead. headers: beside those of the operation.
    """

    how: How
    when: When = ()
    status: int = 0
    format: str = ""
    keep_alive: str = ""
    every: float = 5.0
    reply: Setting | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class BusyPolicy:
    """What becomes of a run that is asked for while another is under way on the thread."""

    name: str
    do: Doing
    status: int = 409
    reason: str = ""
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Busy:
    """by: the member that chooses a policy; default: the policy where it is absent."""

    by: Source | None
    default: str
    policies: tuple[BusyPolicy, ...]

    def policy(self, name: object) -> BusyPolicy:
        """The policy of that name, else the default one."""
        found = {policy.name: policy for policy in self.policies}
        return found.get(name if isinstance(name, str) else "") or found[self.default]


@dataclass(frozen=True)
class Speaker:
    """Which agent runs: a thing of `resource` whose member in `by` holds what the source says.

    name: its member that names a script, too. make: how one is made for a name that nothing has; None: refused with
    `unknown_name`, or with `unknown_key` where the request names a UUID.
    """

    source: Source
    resource: str
    by: tuple[str, ...]
    name: str
    make: Made | None = None
    unknown_key: int = 404
    unknown_name: int = 422
    evidence: Evidence = "documented"


@dataclass(frozen=True)
class Stopping:
    """How a run is stopped: by whom it is chosen, and the words that mean that it is removed with what it made."""

    by: Source | None = None
    removes: tuple[str, ...] = ()
    keys: Source | None = None
    status: Source | None = None


@dataclass(frozen=True)
class Command:
    """One command. needs: members of its parameters; reply: what a success holds; code, reason: of a refusal.

    answers: a start on a thread that waits for an answer is one, with its `input`.
    """

    do: Literal["start", "answer", "refuse"]
    needs: tuple[str, ...] = ()
    reply: Setting | None = None
    code: str = ""
    reason: str = ""
    answers: bool = False


@dataclass(frozen=True)
class Commands:
    """An operation that takes commands of several kinds, each with parameters that stand for a body of its own.

    failed: the answer to one that can't be done; codes: its word for unknown, invalid, refused and answered ones.
    """

    by: Source
    params: Source
    known: Mapping[str, Command]
    failed: Setting
    codes: Mapping[str, str]


@dataclass(frozen=True)
class RunRule:
    """What an operation does with runs. See docs/reference/behaviour.md for each word.

    modes: where the request names the stream modes that it wants; own_modes: the mode of a thread's stream that
    stands for those of each run; bare_modes: those that show the events without a mode, where not all do. resume:
    where an answer to a pause is. goto: the nodes to go on with. before, after: nodes to pause at. follows: what
    the run goes on from. delay: seconds. disconnect: conditions under which a reader that leaves cancels the run.
    alone: how the thread of a run without one is made; makes_thread: conditions under which an unknown one that is
    named is made so, too; temporary: it ends with the run; kept: conditions under which it does not. each: the body
    is an array, a run for each item. last_event: where a reader names the last event that it saw; from_start: words
    that mean the very beginning. malformed: status for one that is none; 0: the stream is empty. cancels:
    conditions under which an update of a thread cancels its run. fails: the status that who waits gets where the
    run failed; 0: the success.
    """

    respond: tuple[Respond, ...] = (Respond("at_once"),)
    busy: Busy | None = None
    modes: Source | None = None
    default_modes: tuple[str, ...] = ()
    own_modes: str = ""
    bare_modes: tuple[str, ...] = ()
    resume: Source | None = None
    goto: Source | None = None
    before: Source | None = None
    after: Source | None = None
    follows: Source | None = None
    delay: Source | None = None
    disconnect: When = ()
    agent: Speaker | None = None
    alone: Made | None = None
    makes_thread: When = ()
    temporary: bool = False
    kept: When = ()
    each: bool = False
    last_event: Source | None = None
    from_start: tuple[str, ...] = ()
    malformed: int = 0
    follow_thread: bool = False
    stopping: Stopping | None = None
    cancels: When = ()
    fails: int = 0
    commands: Commands | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence = "documented"
