"""Where a provider's rules put what is said: its settings for messages and turns, read backwards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from threadmock.mockserver.control.messages.thread_resources import Steps, made_pieces
from threadmock.specs.behaviour.setting import Setting
from threadmock.specs.contract import Contract
from threadmock.specs.members import steps_of

_TEXT = ("item.text", "item.content")
_ANSWER = ("item.answer", "item.turn.answer")
_CALLS = ("item.calls", "item.turn.calls")
_CALL_WORDS = {"item.id": "id", "item.name": "name", "item.arguments": "arguments"}


@dataclass
class MessageForm:
    """Where the parts of messages stand in a thing below a thread; () and empty where no rule says.

    text, role, calls, answered: of a thing that is a message; answered: the id of the call that it answers. words: to
    the role that each means. only: the role, where all have one. questions, answers, instructions, turn_calls: of a
    thing that is a turn. call: the members of a call: what it is to its name.
    """

    text: Steps = ()
    role: Steps = ()
    calls: Steps = ()
    answered: Steps = ()
    words: dict[str, str] = field(default_factory=dict)
    only: str = ""
    questions: tuple[Steps, ...] = ()
    answers: tuple[Steps, ...] = ()
    instructions: tuple[Steps, ...] = ()
    turn_calls: tuple[Steps, ...] = ()
    call: Mapping[str, str] = field(default_factory=dict)


def message_form(contract: Contract, piece: str) -> MessageForm:
    """The form of a provider's messages. piece: the resource of what lies below its threads."""
    form, agent = MessageForm(), contract.profile.agent
    asked = [*_body_places(agent.input.content), *_body_places(agent.input.otherwise)] if agent else []
    constants = [*_constants_of_creates(contract, piece)]
    for made, role in made_pieces(contract, piece):
        for path, setting in _leaves(made.set):
            for source in map(str, setting.sources):
                _note(form, path, setting, source, asked)
            if setting.kind == "value" and isinstance(setting.value, str):
                constants.append((path, setting.value, role))
    for path, value, role in constants:
        if path == form.role and role:
            form.words.setdefault(value, role)
    return form


def _note(form: MessageForm, path: Steps, setting: Setting, source: str, asked: list[Steps]) -> None:
    if source in _TEXT and not form.text:
        form.text = path
    elif source == "item.role":
        form.role = form.role or path
        form.words |= {word: role for role, word in setting.words.items() if role != "*"}
    elif source == "item.answers.id":
        form.answered = path
    elif source in _ANSWER:
        form.answers = _with(form.answers, path)
    elif source == "item.question":
        form.questions = _with(form.questions, path)
    elif source == "item.instructions":
        form.instructions = _with(form.instructions, path)
    elif source in _CALLS:
        form.calls = path
        form.turn_calls = _with(form.turn_calls, path)
        form.call = form.call or dict(_call_words(setting))
    for place in asked:
        sent = ("body", *place)
        if sent[: len(parts := tuple(source.split(".")))] == parts:
            form.questions = _with(form.questions, (*path, *sent[len(parts) :]))


def _with(paths: tuple[Steps, ...], path: Steps) -> tuple[Steps, ...]:
    return paths if path in paths else (*paths, path)


def _call_words(setting: Setting) -> Iterator[tuple[str, str]]:
    for _, inner in setting.members if setting.kind == "each" else ():
        for name, each in inner.members:
            for source in map(str, each.sources):
                if source in _CALL_WORDS:
                    yield _CALL_WORDS[source], name


def _leaves(settings: Mapping[str, Setting]) -> Iterator[tuple[Steps, Setting]]:
    waiting = [(steps_of(name), setting) for name, setting in settings.items()]
    while waiting:
        path, setting = waiting.pop(0)
        if setting.kind == "members":
            waiting += [((*path, name), inner) for name, inner in setting.members]
        else:
            yield path, setting


def _body_places(setting: Setting | None) -> Iterator[Steps]:
    while setting is not None:
        for source in setting.sources:
            yield from (each.steps for each in (source, *source.others) if each.place == "body" and each.steps)
        setting = setting.otherwise


def _constants_of_creates(contract: Contract, piece: str) -> Iterator[tuple[Steps, str, str]]:
    for operation in contract.operations:
        rule = operation.rule
        if rule.resource == piece and rule.action == "create":
            for name, setting in rule.set.items():
                if setting.kind == "value" and isinstance(setting.value, str):
                    yield steps_of(name), setting.value, "user"
