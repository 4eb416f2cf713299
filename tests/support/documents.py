"""Documents made in a test: operations of a few lines, requests to them, and what was complained about."""

import json
from pathlib import Path
from typing import Any

from threadmock.specs.contract import LeftOut, Operation
from threadmock.specs.documents.document import parse_document
from threadmock.specs.operations.reader import read_operations
from threadmock.specs.schemas.dialect import Dialect
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.wire.messages import Request

JSON = "application/json"
OK = {"200": {"description": "Fine."}}


def document_of(paths: dict[str, Any], *, version: str = "3.1.0", **members: Any) -> dict[str, Any]:
    return {"openapi": version, "info": {"title": "Made", "version": "1"}, "paths": paths, **members}


def read(
    paths: dict[str, Any], *, wide: dict[str, Any] | None = None, left_out: list[LeftOut] | None = None, **members: Any
) -> tuple[Any, list[str]]:
    """The operations of a document, and the warnings of reading them. left_out: gets those that have a flaw."""
    data = json.dumps(document_of(paths, **members), indent=1).encode()
    document = parse_document(data, Path("api.json"))
    warnings: list[str] = []
    dialect = Dialect(document, document.tree)
    operations = read_operations(document, document.tree, dialect, wide or {}, warnings, left_out)
    return operations, [*dialect.warnings, *warnings]


def operation(node: dict[str, Any], method: str = "post", path: str = "/things", **members: Any) -> Operation:
    """The one operation of a document."""
    (made,), _ = read({path: {method: {"responses": OK, **node}}}, **members)
    return made


def taking(
    schema: dict[str, Any], media: str = JSON, *, required: bool = True, rule: Any = None, **members: Any
) -> Operation:
    """An operation with a body of that schema."""
    node: dict[str, Any] = {"requestBody": {"required": required, "content": {media: {"schema": schema}}}}
    return operation(node | ({"x-behaviour": rule} if rule else {}), **members)


def giving(schema: Any, media: str = JSON, *, status: str = "200", **reply: Any) -> Operation:
    """An operation whose reply has that schema."""
    content = {} if schema is None else {"content": {media: {"schema": schema}}}
    return operation({"responses": {status: {"description": "", **content, **reply}}}, method="get")


def asking(*parameters: dict[str, Any], path: str = "/things", **members: Any) -> Operation:
    """An operation with parameters."""
    return operation({"parameters": list(parameters)}, "get", path, **members)


def post(body: bytes | Any, content_type: str | None = JSON, **headers: str) -> Request:
    """A request with a body: bytes as they are, any other value as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("POST", "/things", "", {**({"content-type": content_type} if content_type else {}), **headers}, data)


def schema_of(document: dict[str, Any], pointer: str = "#/x") -> Schema:
    return Schema(document, pointer, "request")
