"""The security schemes that an operation asks for."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from threadmock.specs.contract import Parameter, Security
from threadmock.specs.documents.pointers import escaped
from threadmock.specs.errors import DocumentError, SpecError, nearest
from threadmock.specs.evidence import Evidence
from threadmock.specs.schemas.dialect import Dialect

_SCHEMES = ("apiKey", "http", "oauth2", "openIdConnect", "mutualTLS")


class Reader(Protocol):
    """One pass over a document."""

    tree: Mapping[str, Any]
    dialect: Dialect

    def fail(self, what: str, pointer: str, fix: str = "") -> DocumentError:
        """The error to raise."""

    def note(self, error: SpecError, cost: str) -> None:
        """Warn of an error that does not stop the loading, and say what it costs."""

    def mapping(self, node: Any, pointer: str) -> Mapping[str, Any]:
        """The node; DocumentError where it is none."""

    def listed(self, node: Any, pointer: str) -> list[Any]:
        """The node; DocumentError where it is no list."""

    def evidence(self, node: Mapping[str, Any], pointer: str) -> Evidence:
        """The evidence of a node."""


def without_credentials(
    parameters: tuple[Parameter, ...], security: tuple[tuple[Security, ...], ...]
) -> tuple[Parameter, ...]:
    """The parameters that are no keys of the security schemes: a key that is declared as both is a credential."""
    keys = {_place(each.location, each.name) for alternative in security for each in alternative}
    return tuple(each for each in parameters if _place(each.location, each.name) not in keys)


def _place(location: str | None, name: str) -> tuple[str | None, str]:
    return location, name.lower() if location == "header" else name


def read_security(reader: Reader, node: Mapping[str, Any], pointer: str) -> tuple[tuple[Security, ...], ...]:
    """The alternatives; none where one of them is `{}`: then a request without credentials is as good.

    One with a scheme that nobody declared, or that says too little, is not asked for: nobody knows how it is shown.
    """
    holder, at = (node, f"{pointer}/security") if "security" in node else (reader.tree, "#/security")
    found = []
    for index, alternative in enumerate(reader.listed(holder.get("security", []), at)):
        named = reader.mapping(alternative, f"{at}/{index}")
        try:
            found.append(tuple(_schemes(reader, named, at)))
        except SpecError as error:
            reader.note(error, "So that is not asked for.")
    return () if () in found else tuple(found)


def _schemes(reader: Reader, named: Mapping[str, Any], at: str) -> Iterator[Security]:
    components = reader.mapping(reader.tree.get("components", {}), "#/components")
    schemes = reader.mapping(components.get("securitySchemes", {}), "#/components/securitySchemes")
    for identifier in named:
        if identifier not in schemes:
            raise reader.fail(f"There is no security scheme {identifier!r}.", at, nearest(identifier, schemes))
        yield _scheme(reader, identifier, schemes[identifier])


def _scheme(reader: Reader, identifier: str, raw: Any) -> Security:
    node, pointer = reader.dialect.dereference(raw, f"#/components/securitySchemes/{escaped(identifier)}")
    node = reader.mapping(node, pointer)
    kind = node.get("type")
    if not isinstance(kind, str) or kind not in _SCHEMES:
        raise reader.fail(f"{kind!r} is no type of a security scheme.", pointer, f"Use one of {', '.join(_SCHEMES)}.")
    location, name, scheme = node.get("in"), node.get("name", ""), node.get("scheme", "")
    if kind == "apiKey" and (location not in ("header", "query", "cookie") or not isinstance(name, str) or not name):
        raise reader.fail("An API key needs `name`, and `in`: header, query or cookie.", pointer, "Add them.")
    if kind == "http" and not (isinstance(scheme, str) and scheme):
        raise reader.fail("A scheme of type http needs `scheme`.", pointer, "Add one, such as `scheme: bearer`.")
    return Security(
        identifier,
        kind,
        location if kind == "apiKey" else None,
        str(name),
        str(scheme or "").lower(),
        reader.evidence(node, pointer),
    )
