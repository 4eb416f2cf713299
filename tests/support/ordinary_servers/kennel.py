"""The kennel: pets in XML and nothing else, read and written by ElementTree."""

import itertools
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from support.ordinary_servers.base import Asked, Member, Refused, Server, invalid, members, number

NUMBER = r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?"
PET = {
    "name": Member(str, 1, 20),
    "age": Member(int, 0, 40),
    "vaccinated": Member(bool),
    "kind": Member(str, values=("dog", "cat")),
    "tags": Member(list),
    "nick": Member(list, most=3),
    "owner": Member(dict),
    "weight": Member(str, pattern=NUMBER),
}
STATUSES = {"unknown": 404, "invalid": 400, "media": 400}
DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"


class Kennel(Server):
    """Bugs: `lax` (any age), `crash` (500 for an age of 41), `teapot`, `loses`, `stale`, `stays`, `deaf` (attributes are
    not read), `text_key` (a key that is no number), `last_tag` (of several tags the last is kept).
    """

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.keys, self.pets = itertools.count(1), dict[int, dict[str, Any]]()
        self.route("GET", "/pets", lambda _: self.shown("pets", *self.pets.items()))
        self.route("POST", "/pets", self.make)
        self.route("GET", "/pets/{petId}", lambda asked: self.shown("", self.of(asked)))
        self.route("PUT", "/pets/{petId}", self.replace)
        self.route("DELETE", "/pets/{petId}", self.delete)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        return STATUSES[refused.kind], None

    def of(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        key = number(asked.given["petId"], -(2**63), 2**63 - 1, "petId")
        if key not in self.pets:
            raise Refused("unknown")
        return key, self.pets[key]

    def body(self, asked: Asked) -> dict[str, Any]:
        if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/xml":
            raise Refused("media")
        try:
            root = ElementTree.fromstring(asked.body)  # of our own suite, in this process
        except (ElementTree.ParseError, LookupError, ValueError):
            invalid("no XML")
        if root.tag.rpartition("}")[2] != "pet":
            invalid("a pet is due")
        given: dict[str, Any] = {} if "deaf" in self.bugs else dict(root.attrib)
        for element in root:
            name = element.tag.rpartition("}")[2]
            if name == "tags":
                given[name] = [_text(each) for each in element]
            elif name == "nick":
                given.setdefault(name, []).append(_text(element))
            elif name in given:
                invalid("twice", name)
            else:
                given[name] = _owner(element) if name == "owner" else _typed(name, _text(element))
        if "last_tag" in self.bugs and "tags" in given:
            given["tags"] = given["tags"][-1:]
        known = {**PET, "age": Member(int)} if "lax" in self.bugs else PET
        if "crash" in self.bugs and given.get("age") == 41:
            raise ZeroDivisionError
        return members(given, known, needed=("name",), closed=True)

    def shown(self, root: str, *pets: tuple[int, dict[str, Any]], status: int = 200) -> tuple[Any, ...]:
        found = [self.element(key, pet) for key, pet in pets]
        top = ElementTree.Element(root) if root else found[0]
        top.extend(found if root else ())
        return status, ElementTree.tostring(top, encoding="unicode"), {"content-type": "application/xml"}

    def element(self, key: int, pet: dict[str, Any]) -> ElementTree.Element:
        made = ElementTree.Element("pet", id=f"pet{key}" if "text_key" in self.bugs else str(key))
        for name, value in pet.items():
            if name == "kind":
                made.set(name, value)
            elif name == "tags":
                tags = ElementTree.SubElement(made, name)
                for each in value:
                    ElementTree.SubElement(tags, "tag").text = each
            elif name == "owner":
                owner = ElementTree.SubElement(made, name)
                for inner, text in value.items():
                    ElementTree.SubElement(owner, inner).text = text
            else:
                for each in value if isinstance(value, list) else [value]:
                    text = str(each).lower() if isinstance(each, bool) else str(each)
                    ElementTree.SubElement(made, name).text = text
        return made

    def make(self, asked: Asked) -> tuple[Any, ...]:
        pet, key = self.body(asked), next(self.keys)
        if "loses" not in self.bugs:
            self.pets[key] = pet
        return self.shown("", (key, pet), status=202 if "teapot" in self.bugs else 201)

    def replace(self, asked: Asked) -> tuple[Any, ...]:
        key, _ = self.of(asked)
        pet = self.body(asked)
        if "stale" not in self.bugs:
            self.pets[key] = pet
        return self.shown("", (key, pet))

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        key, _ = self.of(asked)
        if "stays" not in self.bugs:
            del self.pets[key]
        return 204, None


def _text(element: ElementTree.Element) -> str:
    if len(element):
        invalid("a text is due", element.tag)
    return element.text or ""


def _owner(element: ElementTree.Element) -> dict[str, Any]:
    if (element.text or "").strip():
        invalid("members are due", "owner")
    owner: dict[str, Any] = {}
    for each in element:
        if each.tag in owner:
            invalid("twice", each.tag)
        owner[each.tag] = _text(each)
    if "mail" not in owner or not re.fullmatch(DATE, owner.get("since", "2026-01-01")):
        invalid("a mail and a date", "owner")
    return owner


def _typed(name: str, text: str) -> Any:
    kind = PET[name].kind if name in PET else str
    if kind is bool:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip(), text)
    return int(text) if kind is int and re.fullmatch(r"\s*[+-]?\d{1,19}\s*", text, re.ASCII) else text
