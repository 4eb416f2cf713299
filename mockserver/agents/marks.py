"""Marks in the texts of a script, such as `$text` and `$resume.edited.args`, and what stands in their place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from threadmock.mockserver.rules.decisions import TOLD, told
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.strictjson import dump_json

_MARK = re.compile(r"\$\$|\$(text|resume|agent|turn|match|each|index|args)\b((?:\.[A-Za-z0-9_-]+)*)")


@dataclass(frozen=True)
class Marks:
    """The values of marks by name. answer: what a person answered last, "" for nothing.

    A mark may be followed by a path: `$resume.ok`, `$each.name`, `$match.1`. Where a whole value is one mark of `each`,
    `args` or `index`, or one with a path, it becomes what was found, of any type; elsewhere that is written as text.
    """

    names: Mapping[str, Any] = field(default_factory=dict)
    answer: Any = ""

    def with_names(self, **names: Any) -> "Marks":
        """These, and others beside or instead."""
        return replace(self, names={**self.names, **names})

    def answered(self, answer: Any) -> "Marks":
        """These, after another answer."""
        return replace(self, answer=answer)

    def fill(self, template: Any) -> Any:
        """A value with its marks filled in, also inside lists and objects. `$$` is a dollar sign."""
        if isinstance(template, str):
            return self._value(template) if "$" in template else template
        if isinstance(template, list):
            return [self.fill(item) for item in template]
        if isinstance(template, Mapping):
            return {name: self.fill(value) for name, value in template.items()}
        return template

    def text(self, template: str) -> str:
        """A text with its marks filled in."""
        return _MARK.sub(self._written, template) if "$" in template else template

    def _value(self, template: str) -> Any:
        mark = _MARK.fullmatch(template)
        if mark is None or not mark[1] or not (mark[2] or mark[1] in ("each", "args", "index")):
            return self.text(template)
        found = self._find(mark[1], mark[2])
        return self.text(template) if found is ABSENT and mark[1] not in ("resume", "each", "args") else _plain(found)

    def _written(self, mark: re.Match[str]) -> str:
        name, path = mark[1], mark[2]
        if not name:
            return "$"
        found = self._find(name, path)
        if found is ABSENT and path:
            # "$text.txt" is the text before ".txt"; an answer that is an object has no such member
            whole = self._find(name, "")
            unsaid = isinstance(whole, Mapping | list) or (name == "resume" and path.split(".")[1] in TOLD)
            return "" if unsaid else written(whole) + path
        return written(found)

    def _find(self, name: str, path: str) -> Any:
        value = self.answer if name == "resume" else self.names.get(name, "")
        if name == "match" and not path:
            return value.get("0", "")
        steps = path.split(".")[1:]
        found = _dig(value, steps)
        return _dig(told(value), steps) if found is ABSENT and name == "resume" else found


def written(value: Any) -> str:
    """A value as text: JSON where it is none; nothing for nothing."""
    return value if isinstance(value, str) else "" if value in (None, ABSENT) else dump_json(value).decode()


def _plain(value: Any) -> Any:
    return None if value is ABSENT else value


def _dig(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, Mapping) and step in value:
            value = value[step]
        else:
            return ABSENT
    return value
