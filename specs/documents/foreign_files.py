"""What a file is that is no OpenAPI document: named, so that the message says what to do with it."""

import codecs
import re
from collections.abc import Mapping
from typing import Any

_ARCHIVES = {b"\x1f\x8b": "a gzip archive", b"PK\x03\x04": "a zip archive", b"BZh": "a bzip2 archive", b"%PDF": "a PDF"}
_WIDE = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_MARKUP = re.compile(r"\s*<(!doctype|html|head|body|\?xml|[a-z]+[\s>])", re.IGNORECASE)
_OTHERS = {
    "swaggerVersion": "This is Swagger 1.2, which is not read.",
    "asyncapi": "This is an AsyncAPI document, which is not read.",
    "arazzo": "This is an Arazzo document, which is not read.",
    "raml": "This is RAML, which is not read.",
    "overlay": "This is an overlay, no OpenAPI document.",
    "apiVersion": "This is a Kubernetes manifest, no OpenAPI document.",
    "$defs": "This is a JSON Schema, no OpenAPI document.",
    "definitions": "This is a JSON Schema, no OpenAPI document.",
    "item": "This looks like a Postman collection, no OpenAPI document.",
    "log": "This looks like an HTTP archive (HAR), no OpenAPI document.",
}


def of_bytes(data: bytes) -> tuple[str, str] | None:
    """(what the bytes are, what to do), where they are no text in UTF-8."""
    for mark, kind in _ARCHIVES.items():
        if data.startswith(mark):
            return f"This is {kind}.", "Unpack it, or export the document as YAML or JSON."
    for mark, kind in _WIDE.items():
        if data.startswith(mark):
            return f"The file is written in {kind}.", "Save it as UTF-8."
    if b"\0" in data[:4]:
        return "The file is written in UTF-16 or UTF-32.", "Save it as UTF-8."
    return None


def of_text(text: str, tree: Any) -> tuple[str, str] | None:
    """(what the text is, what to do), where no mapping could be read from it. tree: what was read; None for nothing."""
    if not text.strip() or (tree is None and all(line.lstrip()[:1] in ("", "#") for line in text.splitlines())):
        return "The file is empty.", "Give an OpenAPI 3.0 or 3.1 document as YAML or JSON."
    if _MARKUP.match(text):
        return (
            "This is a page of HTML or XML, no document.",
            "Download the document, not the page that shows it.",
        )
    if isinstance(tree, list):
        return (
            "This is a list; a document is a mapping.",
            "Give one document, with `openapi` at its top.",
        )
    return None


def of_tree(tree: Mapping[str, Any]) -> str:
    """What a mapping without `openapi` is."""
    return next((text for member, text in _OTHERS.items() if member in tree), "There is no `openapi` member.")
