"""Cases for operations that take a form or XML and no JSON: each member there, missing, at its limits, wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.contracts.cases.case import FORMS, Case, Intent, build_request, form_media, json_media
from threadmock.contracts.cases.samples import least, most
from threadmock.contracts.cases.shapes import Branch, shapes, subschema
from threadmock.contracts.generation.boundaries import limits
from threadmock.contracts.generation.coverage_basis import CoverageBasis
from threadmock.specs.contract import Media, Operation
from threadmock.specs.errors import SchemaError
from threadmock.specs.evidence import Evidence
from threadmock.specs.operations.requests import read_body
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

_FILES = frozenset({"binary", "byte", "base64"})
_WRONG: Mapping[str, tuple[str, ...]] = {
    "integer": ("abc", "1.5", "12x"),
    "number": ("abc", "12x"),
    "boolean": ("maybe",),
    "enum": ("no_such_value",),
}
"""Texts that no reader takes for a value of a kind."""


def only_forms(grounds: CoverageBasis) -> Iterator[Case]:
    """The body as each documented form and as XML, where no JSON is taken: made from that one's own schema."""
    operation = grounds.operation
    if operation.body is None or json_media(operation) is not None:
        return
    for media in form_media(operation):
        if media.schema is not None:
            form = _Form(operation, media, media.schema)
            yield from _of_form(form)
            if form.is_xml:
                yield from form.malformed()


@dataclass(frozen=True)
class _Form:
    """A form of an operation, with its schema."""

    operation: Operation
    media: Media
    schema: Schema

    @property
    def is_xml(self) -> bool:
        """Whether it is XML: that carries arrays and objects, too."""
        return self.media.media_type not in FORMS

    @property
    def name(self) -> str:
        """What labels call it."""
        return {FORMS[0]: "form", FORMS[1]: "multipart"}.get(self.media.media_type, "XML")

    def malformed(self) -> Iterator[Case]:
        """Bytes that are no XML: nobody can read them."""
        plain = build_request(self.operation, media_type=self.media.media_type)
        headers = {**plain.headers, "content-type": self.media.media_type}
        for label, body in (("no XML", b"no XML"), ("an element without its end", b"<a><b></a>"), ("no root", b" ")):
            request = replace(plain, headers=headers, body=body)
            yield Case(self.operation, request, "malformed", f"XML: {label}", "coverage", form=True)

    def cases(
        self, value: dict[str, Any], label: str, where: str = "", evidence: Evidence = "documented"
    ) -> Iterator[Case]:
        """A form with these members, judged as a server reads it; none where the validators differ."""
        request = build_request(self.operation, value, media_type=self.media.media_type)
        reading, judge = read_body(self.operation, request), checker(self.schema)
        intent: Intent = "invalid" if reading.trouble == "invalid" and judge.refused(reading.value) else "valid"
        if intent == "valid" and (reading.trouble or not (not value or judge.accepted(reading.value))):
            return
        if self.is_xml and intent == "valid" and reading.value != value:
            return  # an empty array that is left out, a character that XML lacks
        yield Case(
            self.operation,
            request,
            intent,
            f"{self.name}: {label}",
            "coverage",
            reading.value,
            evidence=evidence,
            where=f"/{where}" if where else "",
            form=True,
        )


def _of_form(form: _Form) -> Iterator[Case]:
    schema = form.schema
    try:
        base, full = (make(schema, name="body") for make in (least, most))
    except SchemaError:
        return
    if not isinstance(base, dict) or not isinstance(full, dict):
        return
    if not form.is_xml:
        if not all(map(_is_text, base.values())):
            return  # what a form carries of arrays, objects and files, its encoding says
        full = {name: value for name, value in full.items() if _is_text(value)}
    kinds = {name: _branches(schema, node) for name, node in shapes(schema).members().items()}
    yield from form.cases(base, "minimal body")
    yield from form.cases(full, "maximal body, by its own schema")
    for name, branches in kinds.items():
        if name in base:
            left = {other: value for other, value in base.items() if other != name}
            yield from form.cases(left, f"missing: {name}", name)
        if form.is_xml and isinstance(several := full.get(name), list) and len(several) == 1:
            others = [each["items"] for branch in branches for each in (branch.keywords,) if "items" in each]
            items = [*several, *(least(subschema(schema, node), name=name) for node in others[:1])]
            yield from form.cases({**base, name: items}, f"{name} with two items", name)
        if form.media.media_type == FORMS[0] and any(map(_holds_anything, branches)):
            # brackets are what most servers read; the document's `encoding` need not say so
            label = f"{name} with a member, in brackets"
            yield from form.cases({**base, f"{name}[mark]": "a text"}, label, name, "assumed")
        if not all(map(_is_scalar, branches)):
            continue
        if name in full and name not in base:
            yield from form.cases({**base, name: full[name]}, f"only {name}, as text", name)
        for label, value, evidence in _values(branches):
            yield from form.cases({**base, name: value}, f"{name} {label}", name, evidence)


def _values(branches: tuple[Branch, ...]) -> Iterator[tuple[str, Any, Evidence]]:
    kinds = {branch.kind for branch in branches}
    for branch in branches:
        for probe in limits(branch):
            # as a text 3.0 is a whole number to many readers
            if _is_text(probe.value) and not (isinstance(probe.value, float) and probe.value.is_integer()):
                yield probe.label, probe.value, probe.evidence
        if not {"string", "any"} & kinds:
            yield from ((f"= {text}", text, "documented") for text in _WRONG.get(branch.kind, ()))


def _branches(schema: Schema, node: Any) -> tuple[Branch, ...]:
    return tuple(shapes(subschema(schema, node)).root())


def _holds_anything(branch: Branch) -> bool:
    return branch.kind == "object" and not branch.properties


def _is_scalar(branch: Branch) -> bool:
    plain = branch.kind in ("string", "integer", "number", "boolean", "enum", "null")
    return plain and branch.keywords.get("format") not in _FILES


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != ""
