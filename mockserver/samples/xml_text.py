"""A JSON value as XML, by the `xml` objects of its schema (OpenAPI 3.1.0, 4.8.26)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from threadmock.mockserver.samples.folding import folded
from threadmock.specs.schemas.schema import Schema, definition_name

_ROOT = "root"
# Of the letters that XML 1.0 takes (2.3) not all are taken by every reader.
_NO_NAME_PART = re.compile(r"[^A-Za-z0-9_.-]+")
_BEGINS = re.compile(r"[A-Za-z_]")
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml_text(schema: Schema | None, value: Any) -> str:
    """The document: an element for each member, in a root that is named by `xml.name` or the schema's own name."""
    writer = _XmlWriter(schema or Schema({}, "", "response"))
    node = writer.schema.document
    name = definition_name(node["$ref"]) if isinstance(node.get("$ref"), str) else _ROOT
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{"".join(writer.elements(node, name, value, root=True))}'


def _named(name: str) -> str:
    """A name that XML takes: what it does not take becomes `_`."""
    made = _NO_NAME_PART.sub("_", name) or "_"
    return made if _BEGINS.match(made) else f"_{made}"


class _XmlWriter:
    """Writes the elements of one value. A member that is null has none."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def elements(self, node: Any, name: str, value: Any, *, root: bool = False) -> Iterator[str]:
        node = self._chosen(node)
        form = node.get("xml") if isinstance(node.get("xml"), Mapping) else {}
        tag, space = _tag(form, name)
        if isinstance(value, list):
            yield from self._array(node, (tag, space), value, root=root)
        elif isinstance(value, Mapping):
            yield self._object(node, tag, space, value)
        elif value is not None or root:
            yield f"<{tag}{space}>{_text(value)}</{tag}>"

    def _chosen(self, node: Any) -> Mapping[str, Any]:
        """The node; of a union the first alternative that is more than null, its members and names taken in."""
        node = folded(self.schema, node)
        for _ in range(3):
            branches = node.get("oneOf") or node.get("anyOf") if isinstance(node, Mapping) else None
            rest = [each for each in branches or () if isinstance(each, Mapping) and each.get("type") != "null"]
            if not rest:
                break
            node = folded(
                self.schema, {"allOf": [rest[0], {k: v for k, v in node.items() if k not in ("oneOf", "anyOf")}]}
            )
        return node if isinstance(node, Mapping) else {}

    def _array(self, node: Mapping[str, Any], named: tuple[str, str], value: list[Any], *, root: bool) -> Iterator[str]:
        tag, space = named
        items = node.get("items", {})
        inner = self._chosen(items)
        own = isinstance(inner.get("xml"), Mapping) and "name" in inner["xml"]
        reference = items.get("$ref") if isinstance(items, Mapping) else None
        name = definition_name(reference) if root and isinstance(reference, str) and not own else tag
        if root and name == tag and not own:
            name = "item"
        wrapped = isinstance(node.get("xml"), Mapping) and node["xml"].get("wrapped") is True
        made = "".join(each for item in value for each in self.elements(items, name, item))
        yield f"<{tag}{space}>{made}</{tag}>" if root or wrapped else made

    def _object(self, node: Mapping[str, Any], tag: str, space: str, value: Mapping[str, Any]) -> str:
        declared = node.get("properties", {})
        attributes: list[str] = [space]
        children: list[str] = []
        for name, member in value.items():
            inner = declared.get(name, {})
            form = self._chosen(inner).get("xml")
            if isinstance(form, Mapping) and form.get("attribute") is True and not isinstance(member, list | Mapping):
                own, more = _tag(form, name)
                attributes.append(
                    f"{more} {own}={quoteattr(_text(member, escaped=False))}" if member is not None else ""
                )
            else:
                children.extend(self.elements(inner, name, member))
        return f"<{tag}{''.join(attributes)}>{''.join(children)}</{tag}>"


def _tag(form: Any, name: str) -> tuple[str, str]:
    """An element's name with its prefix, and the declaration of its namespace."""
    tag = _named(form["name"] if isinstance(form.get("name"), str) else name)
    prefix = _named(form["prefix"]) if isinstance(form.get("prefix"), str) and form["prefix"] else ""
    space = form.get("namespace")
    if prefix and not isinstance(space, str):
        return tag, ""
    declared = f" xmlns{f':{prefix}' if prefix else ''}={quoteattr(space)}" if isinstance(space, str) else ""
    return f"{prefix}:{tag}" if prefix else tag, declared


def _text(value: Any, *, escaped: bool = True) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = _NO_CHARACTER.sub("\ufffd", text)
    return escape(text) if escaped else text
