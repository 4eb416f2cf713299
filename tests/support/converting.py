"""Schemas of a document as the loader converts them, and both engines' verdict on a value."""

import json
from pathlib import Path

import jsonschema
import jsonschema_rs
from threadmock.specs.documents.document import parse_document
from threadmock.specs.schemas.dialect import Dialect


def dialect(
    version: str = "3.1.0", schemas: dict | None = None, path: Path | None = None, **members: object
) -> Dialect:
    tree = {"openapi": version, "components": {"schemas": schemas or {}}, **members}
    document = parse_document(json.dumps(tree, indent=1).encode(), path or Path("api.json"))
    return Dialect(document, document.tree)


def converted(node: object, version: str = "3.1.0", direction: str = "request", **schemas: object) -> dict:
    made = dialect(version, schemas, node=node)
    return dict(made.schema(made.tree["node"], "#/node", direction).document)


def takes(document: dict, value: object) -> bool:
    """Both engines' one verdict."""
    fast = jsonschema_rs.Draft202012Validator(document).is_valid(value)
    assert jsonschema.Draft202012Validator(document).is_valid(value) is fast
    return fast
