"""The words of scripts: what each means. The reader of scripts allows these; their page in the docs is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Word:
    """says: what it does. example: as it stands in a script. members: what may stand beside it."""

    says: str
    example: str
    members: Mapping[str, str] = field(default_factory=dict)


_NODE = {"node": "the node in which it happens; `agent` where left out"}
_PACE = {"pace": "the time between two tokens"}
_TOLD = {
    "usage": "tokens that it took, such as `{input_tokens: 12, output_tokens: 3}`; the total is added",
    "metadata": "what the model tells of itself, such as `{model_name: small, finish_reason: stop}`",
}

STEPS: Final[Mapping[str, Word]] = {
    "say": Word(
        "A message of the agent: a text, or `{of: TEXT, times: N}`.",
        'say: "You said: $text"',
        {
            "calls": "tools that it calls, side by side",
            "content": "more blocks of content after the text: `image`, `file`, `text` with `annotations`, and so on",
            **_TOLD,
            **_PACE,
            **_NODE,
        },
    ),
    "think": Word(
        "Reasoning before the next message.",
        "think: Two tools are needed.",
        {"block": "true: it is a block of the message's content; else it stands beside the text", **_PACE, **_NODE},
    ),
    "call": Word(
        "A message without text that calls one tool; what a call may say is below.",
        "call: {name: find_order, arguments: {query: $text}, result: found}",
        {**_TOLD, **_PACE, **_NODE},
    ),
    "set": Word(
        "Members of the state, told and stored when the node ends, together with its message.",
        "set: {todos: [{content: Find it, status: pending}], files: {/a.txt: hello}}",
        _NODE,
    ),
    "show": Word(
        "A component of a page, told at once and stored in the state.",
        "show: {name: weather, props: {city: Oslo}}",
        _NODE,
    ),
    "emit": Word("A custom event.", "emit: {progress: 1}", {"name": "of the event", **_NODE}),
    "interrupt": Word("A question; the run stops until it is answered.", 'interrupt: {question: "Go on?"}', _NODE),
    "interrupts": Word(
        "Several questions at once, each in a node of its own; each is answered by its id.",
        "interrupts: [{value: {question: One?}, node: one}, {value: {question: Two?}, node: two}]",
    ),
    "choose": Word(
        "The first of several choices whose `when` holds.",
        "choose: [{when: {decision: reject}, steps: [{say: I did not.}]}, {steps: [{say: Done.}]}]",
    ),
    "pick": Word(
        "One of several choices, by the script's `seed`: the same for the same message and turn. `weight`: how often.",
        "pick: [{steps: [{say: Heads.}], weight: 2}, {steps: [{say: Tails.}]}]",
    ),
    "each": Word(
        "`steps` once for each item of a list, which `$each` stands for.",
        'each: [tea, milk]\n  steps: [{say: "One more: $each"}]',
        {"steps": "what is done each time"},
    ),
    "subgraph": Word(
        "A part of the agent with a graph of its own, as the node of this name; what it says is told with its place.",
        "subgraph: researcher\n  steps: [{say: I found it.}]",
        {"steps": "what it does"},
    ),
    "wait": Word("Silence.", "wait: 2s"),
    "fail": Word("The run fails.", "fail: The model is not there.", {"error": "the type of the error", **_NODE}),
    "disconnect": Word("The connection is cut after so many more events; the run goes on.", "disconnect: 3"),
    "malformed": Word("An event that is none: this text goes out as it is.", 'malformed: "data: {\\"broken"'),
    "stall": Word("Silence without heartbeats.", "stall: 30s"),
    "refuse": Word(
        "As the first step: the request is refused with this status, and no run begins.",
        "refuse: 429",
        {"retry_after": "the time that `Retry-After` names", "reason": "why"},
    ),
}

SILENT: Final = ("wait", "stall", "choose", "pick", "each", "disconnect", "malformed", "refuse")
"""Steps that happen in no node."""

CALL: Final[Mapping[str, str]] = {
    "name": "of the tool",
    "arguments": "an object, or a mark that stands for one",
    "result": "what the tool answers, `$args.NAME` is one of its arguments; left out: the call stays open",
    "takes": "the time until it answers",
    "id": "of the call; made where left out",
    "failed": "true: the result is an error",
    "ask": "what a person is asked while the tool runs",
    "approve": "true, or how a person decides on the call before the tool runs; see below",
    "pieces": "in how many pieces the arguments come",
    "set": "members of the state that the tool changes",
}
APPROVE: Final[Mapping[str, str]] = {
    "form": "`current` (`action_requests`, `review_configs`), `older` (`action_request`, `config`, `description`), or "
    "`listed`: the older one in a list, also of one; where a document wants an object, it breaks that",
    "allowed": "of approve, edit, reject, respond, ignore",
    "description": "what the person reads",
    "node": "in which it is asked; `review` where left out",
}
WHEN: Final[Mapping[str, str]] = {
    "text": "a part of the user's last message, in any case",
    "matches": "a regular expression found in it; `$match`, `$match.1`, `$match.NAME` are what it found",
    "turn": "which message of a user it is, from 1",
    "resume": "a part of the answer to an interrupt, in any case",
    "decision": "what a person decided: approve, edit, reject, respond or ignore, in either form",
}
MARKS: Final[Mapping[str, str]] = {
    "$text": "the user's last message",
    "$agent": "the name by which the agent was asked for",
    "$turn": "which message of a user it is",
    "$match": "what `matches` found",
    "$resume": "the answer to the last interrupt; `$resume.ok` a member of it; `$resume.decision`, "
    "`$resume.edited.name`, `$resume.edited.args`, `$resume.message` what a person decided, in either form",
    "$each": "the item of the list in `each`; `$each.name` a member of it; `$index` its number, from 0",
    "$args": "in a result: what the tool was called with",
    "$$": "a dollar sign",
}
SCRIPT: Final[Mapping[str, str]] = {
    "name": "by which it is chosen: an agent of that name, or `/NAME` at the beginning of a message",
    "pace": "the time between two tokens; 25 ms where left out",
    "seed": "what `pick` goes by",
    "steps": "what the agent does, in order",
    "replies": "instead of steps: several, each with `when` and `steps`; the first that fits is given",
}
