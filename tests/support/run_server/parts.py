"""Parts of JSON: what holds what, what is at a path, and the messages of an input."""

import re
from typing import Any

from support.run_server.core import Service
from support.run_server.records import Message

Json = dict[str, Any]


def contains(whole: Any, part: Any) -> bool:
    """Whether an object holds another, at any depth."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and contains(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(contains(one, each) for one in whole) for each in part)
    return type(whole) is type(part) and bool(whole == part)


def at_path(thing: Any, path: str) -> Any:
    """What is at a path such as `values.a[-1].b`; None where nothing is."""
    for name, index in re.findall(r"([^.\[\]]+)|\[(-?\d+)\]", path):
        if name:
            thing = thing.get(name) if isinstance(thing, dict) else None
        else:
            inside = isinstance(thing, list) and -len(thing) <= int(index) < len(thing)
            thing = thing[int(index)] if inside else None
    return thing


def selected(thing: Json, names: list[str] | None) -> Json:
    """The members that were asked for; all where none was."""
    return {name: thing[name] for name in thing if not names or name in names}


def read_messages(given: Any, service: Service) -> list[Message]:
    """The messages of an input."""
    found = []
    for each in given if isinstance(given, list) else [given]:
        raw = each if isinstance(each, dict) else {"content": each}
        role = str(raw.get("role", raw.get("type", "user")))
        content = raw.get("content", "")
        parts = content if isinstance(content, list) else [content]
        texts = [part.get("text", "") if isinstance(part, dict) else part for part in parts]
        words = {"human": "user", "ai": "assistant"}
        name = raw.get("id") if isinstance(raw.get("id"), str) and raw.get("id") else service.new_key()
        spoken = " ".join(text for text in texts if isinstance(text, str))
        found.append(Message(str(name), words.get(role, role), spoken, service.now(), "", raw))
    return found
