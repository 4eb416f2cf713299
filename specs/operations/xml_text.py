"""A JSON value as XML, by the `xml` objects of its schema (OpenAPI 3.1.0, 4.8.26). `xml_values` is the way back."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from threadmock.specs.schemas.declared import part_of
from threadmock.specs.schemas.folding import folded
from threadmock.specs.schemas.schema import Schema, definition_name
from threadmock.specs.schemas.validation import checker

_ROOT = "root"
_MOST_BRANCHES = 20
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
    """Writes the elements of one value. A member that is null has none, unless it is required."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def elements(self, node: Any, name: str, value: Any, *, root: bool = False) -> Iterator[str]:
        node = self._chosen(node, value)
        form = form_of(node)
        tag, space = _tag(form, name)
        if isinstance(value, list):
            yield from self._array(node, (tag, space), value, root=root)
        elif isinstance(value, Mapping):
            yield self._object(node, tag, space, value)
        elif value is not None or root:
            yield f"<{tag}{space}>{_text(value)}</{tag}>"

    def _chosen(self, node: Any, value: Any) -> Mapping[str, Any]:
        """The node; of a union the alternative that takes the value, else the first."""
        branches = list(union_of(self.schema, node))
        if len(branches) > 1:
            fitting = (each for each in branches if checker(part_of(self.schema, each)).valid(value))
            return next(fitting, branches[0])
        return branches[0] if branches else {}

    def _array(self, node: Mapping[str, Any], named: tuple[str, str], value: list[Any], *, root: bool) -> Iterator[str]:
        tag, space = named
        items = node.get("items", {})
        own = "name" in form_of(one_node(self.schema, items))
        reference = items.get("$ref") if isinstance(items, Mapping) else None
        name = definition_name(reference) if root and isinstance(reference, str) and not own else tag
        if root and name == tag and not own:
            name = "item"
        wrapped = form_of(node).get("wrapped") is True
        made = "".join(self._item(items, name, item) for item in value)
        yield f"<{tag}{space}>{made}</{tag}>" if root or wrapped else made

    def _item(self, items: Any, name: str, item: Any) -> str:
        """One item: an array in an array has an element of its own, and null one that says so."""
        if item is None:
            return _nil(_tag(form_of(one_node(self.schema, items)), name)[0])
        made = "".join(self.elements(items, name, item))
        if isinstance(item, list) and form_of(one_node(self.schema, items)).get("wrapped") is not True:
            tag = _tag(form_of(one_node(self.schema, items)), name)[0]
            return f"<{tag}>{made}</{tag}>"
        return made

    def _object(self, node: Mapping[str, Any], tag: str, space: str, value: Mapping[str, Any]) -> str:
        declared = node.get("properties", {})
        others = node.get("additionalProperties")
        attributes = [space] if space else []
        children: list[str] = []
        for name, member in value.items():
            inner = declared.get(name, others if isinstance(others, Mapping) else {})
            form = form_of(one_node(self.schema, inner))
            if form.get("attribute") is True and not isinstance(member, list | Mapping):
                if member is not None:
                    own, more = _tag(form, name)
                    # a prefix is declared once in an element, and without one no attribute has a namespace
                    known = (
                        not more
                        or ":" not in own
                        or any(each.startswith(more.partition("=")[0]) for each in attributes)
                    )
                    attributes += [] if known else [more]
                    attributes.append(f" {own}={quoteattr(_text(member, escaped=False))}")
            elif member is None and name in node.get("required", ()):
                children.append(_nil(_tag(form, name)[0]))
            else:
                children.extend(self.elements(inner, name, member))
        return f"<{tag}{''.join(attributes)}>{''.join(children)}</{tag}>"


def form_of(node: Any) -> Mapping[str, Any]:
    """The `xml` object of a node; {} where it has none."""
    form = node.get("xml") if isinstance(node, Mapping) else None
    return form if isinstance(form, Mapping) else {}


def one_node(schema: Schema, node: Any) -> Mapping[str, Any]:
    """The node; of a union the first alternative that is more than null, its members and names taken in."""
    return next(iter(union_of(schema, node)), {})


def union_of(schema: Schema, node: Any) -> Iterator[Mapping[str, Any]]:
    """The alternatives of a node that are more than null, each with what stands around the union; else the node."""
    node = folded(schema, node)
    if not isinstance(node, Mapping):
        return
    branches = node.get("oneOf") or node.get("anyOf") or ()
    rest = [each for each in branches if isinstance(each, Mapping) and each.get("type") != "null"]
    if not rest:
        yield node
        return
    around = {word: value for word, value in node.items() if word not in ("oneOf", "anyOf")}
    nullable = len(rest) < len(branches)
    for branch in rest[:_MOST_BRANCHES]:
        made = folded(schema, {"allOf": [branch, around]})
        if nullable and isinstance(made, Mapping) and isinstance(made.get("type"), str):
            made = {**made, "type": [made["type"], "null"]}
        if isinstance(made, Mapping):
            yield made


def items_name(schema: Schema, node: Mapping[str, Any], name: str) -> str:
    """The name of the elements of an array's items that stand in no element of their own."""
    return tag_of(form_of(one_node(schema, node.get("items", {}))), name)


def tag_of(form: Mapping[str, Any], name: str) -> str:
    """An element's or attribute's name without its prefix."""
    return _named(form["name"] if isinstance(form.get("name"), str) else name)


def _tag(form: Mapping[str, Any], name: str) -> tuple[str, str]:
    """An element's name with its prefix, and the declaration of its namespace."""
    tag = tag_of(form, name)
    prefix = _named(form["prefix"]) if isinstance(form.get("prefix"), str) and form["prefix"] else ""
    space = form.get("namespace")
    if prefix and not isinstance(space, str):
        return tag, ""
    declared = f" xmlns{f':{prefix}' if prefix else ''}={quoteattr(space)}" if isinstance(space, str) else ""
    return f"{prefix}:{tag}" if prefix else tag, declared


def _nil(tag: str) -> str:
    """An element for null (XML Schema 1, 2.6.2)."""
    plain = tag.rpartition(":")[2]
    return f'<{plain} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"></{plain}>'


def _text(value: Any, *, escaped: bool = True) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = _NO_CHARACTER.sub("\ufffd", text)
    return escape(text, {"\r": "&#13;"}) if escaped else text
