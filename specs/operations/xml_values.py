"""XML → a JSON value, by the `xml` objects of a schema (OpenAPI 3.1.0, 4.8.26): the way back from `xml_text`.

Nothing outside of the bytes is ever read: a document type declaration, in which entities are declared, is refused.
"""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from threadmock.specs.operations.text_values import typed
from threadmock.specs.operations.xml_text import form_of, items_name, one_node, tag_of, union_of
from threadmock.specs.schemas.declared import part_of, types_of
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

MAX_LEVELS = 100
_BLANK = " \t\r\n"
_NO_MEMBERS = frozenset(("http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace"))
_NIL = "http://www.w3.org/2001/XMLSchema-instance nil"
_CHARSETS: Mapping[str, str] = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "iso8859-1": "ISO-8859-1",
    "ascii": "US-ASCII",
}


class XmlError(ValueError):
    """Bytes that are no XML, or that hold what is never read: the message says what, and on which line."""


@dataclass
class _Element:
    """name: without its namespace. attributes: by name, those about the XML itself left out. texts: its own."""

    name: str
    attributes: dict[str, str]
    nil: bool = False
    children: list["_Element"] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def is_blank(self) -> bool:
        return not self.text.strip(_BLANK)


def read_xml(data: bytes, schema: Schema | None, charset: str = "") -> Any:
    """The value of a body. Elements and attributes are known by their names without prefix.

    charset: what the content type says; it comes before the declaration in the bytes (RFC 7303, 3). What the schema
    does not declare is a member, too: a text, an object, or an array of what is there several times. XmlError.
    """
    root = _parsed(data, charset)
    if schema is None:
        return _free(root)
    if types_of(schema, schema.document) == {"string"}:
        return _decoded(data, charset)
    wanted = form_of(one_node(schema, schema.document)).get("name")
    if isinstance(wanted, str) and root.name != tag_of({"name": wanted}, wanted):
        raise XmlError(f"the root is called {root.name[:60]}, not {wanted[:60]}")
    return _XmlReader(schema).value(schema.document, root)


def _decoded(data: bytes, charset: str) -> str:
    """All of a body whose schema is one text: what is in it, nobody says."""
    try:
        return data.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return data.decode("utf-8", "replace")


def _parsed(data: bytes, charset: str) -> _Element:
    parser = expat.ParserCreate(encoding=_encoding(charset), namespace_separator=" ")
    parser.buffer_text = True
    top = _Element("", {})
    open_ones = [top]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_ones) > MAX_LEVELS:
            raise XmlError(f"line {parser.CurrentLineNumber}: more than {MAX_LEVELS} levels")
        own = {_local(key): value for key, value in attributes.items() if key.partition(" ")[0] not in _NO_MEMBERS}
        made = _Element(_local(name), own, attributes.get(_NIL, "") in ("true", "1"))
        open_ones[-1].children.append(made)
        open_ones.append(made)

    def add(text: str) -> None:
        open_ones[-1].texts.append(text)

    def refuse(*_: object) -> None:
        line = parser.CurrentLineNumber
        raise XmlError(f"line {line}: a document type declaration (DOCTYPE); entities are not read. Leave it out")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_ones.pop()
    parser.CharacterDataHandler = add
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlError(f"no XML: {error}") from None
    except (LookupError, UnicodeError) as error:
        raise XmlError(f"no XML in an encoding that is read: {str(error)[:80]}") from None
    return top.children[0]


def _encoding(charset: str) -> str | None:
    """The name by which the parser knows a charset."""
    if not charset:
        return None
    try:
        return _CHARSETS[codecs.lookup(charset).name]
    except (LookupError, ValueError):
        raise XmlError(f"a charset that is not read: {charset[:40]}. Write UTF-8") from None


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _free(element: _Element) -> Any:
    """An element of which no schema says anything."""
    if element.nil:
        return None
    if not element.children and not element.attributes:
        return element.text
    found: dict[str, Any] = dict(element.attributes)
    found |= {name: _one_or_all([_free(each) for each in same]) for name, same in _by_name(element.children).items()}
    return found


def _by_name(elements: list[_Element]) -> dict[str, list[_Element]]:
    found: dict[str, list[_Element]] = {}
    for each in elements:
        found.setdefault(each.name, []).append(each)
    return found


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


class _XmlReader:
    """Reads the elements of one body."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def value(self, node: Any, element: _Element) -> Any:
        """The value of an element under a node. Of a union the first alternative that takes it, else the first."""
        branches = list(union_of(self.schema, node))
        if len(branches) > 1:
            values = [self._plain(each, element) for each in branches]
            fitting = (v for b, v in zip(branches, values, strict=True) if self._takes(b, v))
            return next(fitting, values[0])
        return self._plain(branches[0] if branches else {}, element)

    def _takes(self, node: Mapping[str, Any], value: Any) -> bool:
        return checker(part_of(self.schema, node)).valid(value)

    def _plain(self, node: Mapping[str, Any], element: _Element) -> Any:
        types = types_of(self.schema, node)
        if element.nil and ("null" in types or not types):
            return None
        if "array" in types and (element.children or element.is_blank):
            return [self.value(node.get("items", {}), each) for each in element.children]
        if "properties" in node or "object" in types or not types:
            return self._object(node, element, types)
        if element.children:
            return _free(element)
        if not types & {"string", "array"} and element.is_blank and "null" in types:
            return None
        return _scalar(element.text, types)

    def _object(self, node: Mapping[str, Any], element: _Element, types: frozenset[str]) -> Any:
        declared = node.get("properties", {})
        if not element.children and not element.is_blank:  # a text where members are due
            return _scalar(element.text, types)
        if not declared and not types:
            return _free(element)
        rest, attributes = _by_name(element.children), dict(element.attributes)
        found: dict[str, Any] = {}
        needed = frozenset(node.get("required", ()))
        for name, inner in declared.items():
            found.update(self._member(name, inner, rest, attributes, needed=name in needed))
        others = node.get("additionalProperties")
        for name, same in rest.items():
            found[name] = self._others(others, same)
        found.update((name, self._attribute(others, text)) for name, text in attributes.items())
        return found

    def _member(
        self,
        name: str,
        node: Any,
        rest: dict[str, list[_Element]],
        attributes: dict[str, str],
        *,
        needed: bool,
    ) -> Iterator[tuple[str, Any]]:
        """A declared member where the element has it; what is read is taken out of `rest` and `attributes`."""
        one = one_node(self.schema, node)
        form = form_of(one)
        tags = dict.fromkeys((tag_of(form, name), form.get("name", name)))
        if form.get("attribute") is True:
            tag = next((tag for tag in tags if tag in attributes), None)
            if tag is not None:
                yield name, _scalar(attributes.pop(tag), types_of(self.schema, one))
                return
            # Some documents call an attribute an object or a list: that is written as an element all the same.
        if "array" in types_of(self.schema, one) and form.get("wrapped") is not True:
            inner = items_name(self.schema, one, tag_of(form, name))
            found = [each for tag in dict.fromkeys((inner, *tags, name)) for each in rest.pop(tag, ())]
            items = one.get("items", {})
            if found or needed:  # without an element an empty array can't be told from none
                yield name, [self.value(items, each) for each in found]
            return
        same = next((rest.pop(tag) for tag in tags if tag in rest), None)
        if same is not None:
            yield name, _one_or_all([self.value(node, each) for each in same])

    def _others(self, others: Any, same: list[_Element]) -> Any:
        if not isinstance(others, Mapping):
            return _one_or_all([_free(each) for each in same])
        one = one_node(self.schema, others)
        if "array" in types_of(self.schema, one) and form_of(one).get("wrapped") is not True:
            return [self.value(one.get("items", {}), each) for each in same]
        return _one_or_all([self.value(others, each) for each in same])

    def _attribute(self, others: Any, text: str) -> Any:
        return _scalar(text, types_of(self.schema, others)) if isinstance(others, Mapping) else text


def _scalar(text: str, types: frozenset[str]) -> Any:
    """A text as what its types say; blanks around what is no text count for nothing (XML Schema 2, 4.3.6)."""
    bare = text.strip(_BLANK)
    value = typed(bare, types)
    if isinstance(value, str):
        return bare == "1" if types == {"boolean"} and bare in ("0", "1") else text
    return value
