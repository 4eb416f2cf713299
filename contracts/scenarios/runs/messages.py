"""Messages as rules store them: where they stand in a thing, and who said what, read back from what is shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from threadmock.specs.behaviour.agent import Agent, Change
from threadmock.specs.behaviour.setting import Setting
from threadmock.specs.contract import Contract
from threadmock.specs.members import ABSENT, dig

Place = Literal["piece", "run"]
Path = tuple[str, ...]
EACH = "*"
"""In a path: every item of an array."""
_SAID = ("item.text", "item.content", "item.turn.answer", "item.turn.steps*.text")
_HEARD = ("item.messages*.text", "item.messages*.content", "item.turn.received*.text")
_KINDS = ("accepted", "received", "said", "ended")
_ROLES = {"human": "user", "ai": "assistant"}


@dataclass(frozen=True)
class StoredMessage:
    """One message as it is shown. role: user, assistant or another word; "" where nothing says. id: None for none."""

    role: str
    id: Any
    text: str

    def __str__(self) -> str:
        return f"{self.role or 'a message'}: {self.text!r}"


@dataclass
class _Template:
    """How a rule writes one message. role: of who says it, "" where a member says that."""

    role: str
    texts: list[Path] = field(default_factory=list)
    fixed: dict[Path, str] = field(default_factory=dict)
    roles: list[Path] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    ids: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class MessageForm:
    """Where messages stand in things of one place, and how. path: () where a thing is a message."""

    place: Place
    path: Path
    texts: tuple[Path, ...]
    role: Path
    words: Mapping[str, str]
    id: Path
    only: str = ""

    def read(self, thing: Any, *, below: Path = ()) -> list[StoredMessage] | None:
        """The messages in a thing, or in what stands at `below` in one; None where none can stand there."""
        if self.path[: len(below)] != below or not isinstance(thing, Mapping | list):
            return None
        found = list(_values(thing, self.path[len(below) :]))
        return [self._message(each) for each in found if isinstance(each, Mapping)]

    def _message(self, value: Any) -> StoredMessage:
        word = dig(value, self.role) if self.role else ABSENT
        role = self.words.get(word, _ROLES.get(word, word)) if isinstance(word, str) else self.only
        key = dig(value, self.id) if self.id else None
        texts = (text_of(each) for path in self.texts for each in _values(value, path))
        return StoredMessage(role, None if key is ABSENT else key, "".join(texts))


def text_of(value: Any) -> str:
    """A content as plain text: a text, or the texts of its parts."""
    if isinstance(value, list):
        return "".join(text_of(each) for each in value)
    if isinstance(value, Mapping):
        return text_of(value.get("text"))
    return value if isinstance(value, str) else ""


def _values(node: Any, path: Path) -> Iterator[Any]:
    if not path:
        yield node
    elif path[0] == EACH:
        for each in node if isinstance(node, list) else ():
            yield from _values(each, path[1:])
    elif isinstance(node, Mapping) and path[0] in node:
        yield from _values(node[path[0]], path[1:])


@lru_cache(maxsize=32)
def message_forms(contract: Contract) -> tuple[MessageForm, ...]:
    """How messages stand in what lies below a thread, and in runs; () where no rule says."""
    agent = contract.profile.agent
    return _forms(agent) if agent else ()


def _forms(agent: Agent) -> tuple[MessageForm, ...]:
    found: dict[tuple[Place, Path], list[_Template]] = {}
    for kind in _KINDS:
        for change in agent.changes.get(kind, ()):
            for place, settings, key in _written(agent, change):
                for path, template in _templates(settings, key, _role(kind, change)):
                    found.setdefault((place, path), []).append(template)
    shortest = {place: min(len(path) for where, path in found if where == place) for place, _ in found}
    return tuple(_form(*at, made) for at, made in found.items() if len(at[1]) == shortest[at[0]])


def _written(agent: Agent, change: Change) -> Iterator[tuple[Place, Mapping[str, Setting], str]]:
    for made in change.makes:
        if made.resource == agent.piece:
            yield "piece", made.set, made.key.member
    yield "run", change.run, ""


def _role(kind: str, change: Change) -> str:
    named = next((value for place, steps, value in change.when if (place, steps) == ("item", ("role",))), "")
    if isinstance(named, str) and named:
        return named
    return {"accepted": "user", "received": "user", "ended": "assistant"}.get(kind, "")


def _templates(settings: Mapping[str, Setting], key: str, role: str) -> Iterator[tuple[Path, _Template]]:
    """The messages that these members of a thing hold: the whole of it, or items of an array in it."""
    made: dict[tuple[Path, int], _Template] = {}
    for name, setting in settings.items():
        for path, number, held, source in leaves(setting, tuple(name.split(".")), 0, ""):
            at = path.index(EACH) + 1 if EACH in path else 0
            whole, rest = path[:at], path[at:]
            _note(made.setdefault((whole, number), _Template(role)), rest, held, source)
    plain = [template for (path, _), template in made.items() if not path and template.texts]
    for template in plain:
        template.ids = [(key,)] if key else template.ids
        template.texts = template.texts[:1]
    for (path, _), template in made.items():
        if template.texts and (not plain or not path):
            yield path, template


def leaves(
    setting: Setting, path: Path = (), number: int = 0, prefix: str = ""
) -> Iterator[tuple[Path, int, Setting, str]]:
    """What a setting writes, leaf by leaf: path, which item of the first array, setting, and its one source."""
    if setting.kind in ("members", "keyed"):
        for name, inner in setting.members if setting.kind == "members" else ():
            yield from leaves(inner, (*path, name), number, prefix)
    elif setting.kind == "merged":
        for _, inner in setting.members:
            for _, each in inner.members if inner.kind == "list" else (("", inner),):
                yield from leaves(each, path, number, prefix)
    elif setting.kind == "list":
        for at, (_, inner) in enumerate(setting.members, 1):
            same = inner.kind == "each"
            yield from leaves(inner, path if same else (*path, EACH), number if EACH in path else at, prefix)
    elif setting.kind == "each":
        source = f"{_renamed(str(setting.sources[0]), prefix)}*" if setting.sources else ""
        for _, inner in setting.members:
            yield from leaves(inner, (*path, EACH), number, source)
    else:
        yield path, number, setting, _renamed(str(setting.sources[0]), prefix) if len(setting.sources) == 1 else ""


def _renamed(source: str, prefix: str) -> str:
    """A source as it is called outside of the array in whose items it stands."""
    return f"{prefix}{source.removeprefix('item')}" if prefix and source.startswith("item") else source


def _note(template: _Template, path: Path, setting: Setting, source: str) -> None:
    if source in _HEARD:
        template.role = "user"
    if source in (*_SAID, *_HEARD):
        template.texts.append(path)
    elif source.endswith(".role"):
        template.roles.append(path)
        template.words |= {word: role for role, word in setting.words.items()}
    elif source.endswith(".id") and len(path) == 1:
        template.ids.append(path)
    elif setting.kind == "value" and isinstance(setting.value, str) and len(path) == 1:
        template.fixed[path] = setting.value


def _form(place: Place, path: Path, templates: Sequence[_Template]) -> MessageForm:
    # what a message has beside may hold a role, too
    role = next((min(each.roles, key=len) for each in templates if each.roles), ()) or _distinguishing(templates)
    words = {word: name for each in templates for word, name in each.words.items()}
    words |= {each.fixed[role]: each.role for each in templates if role in each.fixed and each.role}
    texts = dict.fromkeys(path for each in templates for path in each.texts)
    key = next((each.ids[0] for each in templates if each.ids), ())
    return MessageForm(place, path, tuple(texts), role, words, key, "" if role else templates[0].role)


def _distinguishing(templates: Sequence[_Template]) -> Path:
    """The member whose text differs between who asks and who answers."""
    asked = [each.fixed for each in templates if each.role == "user"]
    told = [each.fixed for each in templates if each.role != "user"]
    for path in asked[0] if asked else ():
        mine, theirs = {each.get(path) for each in asked}, {each.get(path) for each in told}
        if theirs and None not in mine | theirs and not mine & theirs:
            return path
    return ()
