"""Which version of OpenAPI a document is written in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from threadmock.specs.documents.document import Document
from threadmock.specs.documents.foreign_files import of_tree
from threadmock.specs.errors import DocumentError
from threadmock.specs.schemas.keywords import is_our_dialect

Version = Literal["3.0", "3.1"]
_VERSION = re.compile(r"3\.([012])(\.\d+)?(-\S*)?")


def version_of(document: Document, tree: Mapping[str, Any]) -> Version:
    """The version of OpenAPI that a document is written in. DocumentError where we don't read it."""
    if "swagger" in tree:
        raise DocumentError(
            "OpenAPI 2.0 (Swagger) is not read.",
            where=document.where("#/swagger"),
            fix="Convert it to OpenAPI 3.0 first, for example with swagger2openapi.",
        )
    if "openapi" not in tree:
        raise DocumentError(of_tree(tree), where=document.where("#"), fix="Give an OpenAPI 3.0 or 3.1 document.")
    written = tree["openapi"]
    found = _VERSION.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        fix = (
            "OpenAPI 3.0 and 3.1 are read, and 3.2 as 3.1."
            if isinstance(written, str)
            else "Write it as a text: '3.1.0'."
        )
        raise DocumentError(f"OpenAPI {written!r} is not read.", where=document.where("#/openapi"), fix=fix)
    return "3.0" if found[1] == "0" else "3.1"


def doubts_of_version(document: Document, tree: Mapping[str, Any]) -> Iterator[str]:
    """What is read in another way than the document says of itself."""
    if str(tree["openapi"]).startswith("3.2"):
        yield f"{document.where('#/openapi')}: OpenAPI 3.2 is read as 3.1"
    dialect = tree.get("jsonSchemaDialect")
    if dialect is not None and not is_our_dialect(dialect):
        at = document.where("#/jsonSchemaDialect")
        yield f"{at}: the schema dialect {dialect!r:.100} is read as JSON Schema 2020-12"
