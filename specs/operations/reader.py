"""The `paths` of a document → Operation records, with errors by place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from threadmock.specs.behaviour.read_agents import parse_run
from threadmock.specs.behaviour.read_rules import parse_rule
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.contract import Body, LeftOut, Media, Operation, Parameter, Reply, reply_media
from threadmock.specs.documents.document import Document
from threadmock.specs.documents.places import DocumentPlace
from threadmock.specs.documents.pointers import escaped
from threadmock.specs.errors import DocumentError, RuleError, SeveralErrors, SpecError, gathered, nearest, raise_all
from threadmock.specs.evidence import Evidence, evidence_words
from threadmock.specs.operations.inferred.refusals import infer_refusals
from threadmock.specs.operations.inferred.rules import infer_rules
from threadmock.specs.operations.inferred.texts import described
from threadmock.specs.operations.parameters import is_object, is_read
from threadmock.specs.operations.path_checks import check_path, check_sources, fitting_parameters, requested, twin
from threadmock.specs.operations.replies import fits
from threadmock.specs.operations.security import read_security, without_credentials
from threadmock.specs.operations.spelling import speller
from threadmock.specs.schemas.declared import is_binary
from threadmock.specs.schemas.dialect import Dialect
from threadmock.specs.schemas.schema import Direction
from threadmock.specs.wire.media_types import concrete
from threadmock.specs.wire.messages import media_type

METHODS = ("post", "get", "put", "patch", "delete", "options", "head", "trace")
_STATUS = re.compile(r"[1-5](\d\d|XX)|default")
_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
_FRAMING = ("content-length", "content-encoding", "transfer-encoding", "connection", "trailer", "upgrade")
_BESIDE_METHODS = ("summary", "description", "parameters", "servers", "$ref", "query", "additionalOperations")
_OTHER_LOCATIONS = {
    "body": "it is of Swagger 2.0; describe the body in `requestBody`",
    "formData": "it is of Swagger 2.0; describe the form in `requestBody`",
    "querystring": "it is of OpenAPI 3.2; describe each parameter of the query",
}
_IGNORED_HEADERS = ("accept", "content-type", "authorization")  # OpenAPI 3.1.0, 4.8.12.1: such parameters say nothing


class _Reader:
    """One pass over `paths`. Keeps the document at hand so that every complaint has its place."""

    def __init__(self, document: Document, tree: Mapping[str, Any], dialect: Dialect, warnings: list[str]) -> None:
        self.document = document
        self.tree = tree
        self.dialect = dialect
        self.warnings = warnings

    def fail(self, what: str, pointer: str, fix: str = "") -> DocumentError:
        return DocumentError(what, where=self.dialect.where(pointer), fix=fix)

    def warn(self, what: str, pointer: str) -> None:
        self.warnings.append(f"{self.dialect.where(pointer)}: {what}")

    def note(self, error: SpecError, cost: str) -> None:
        self.warnings.append(f"{error} {cost}")

    def mapping(self, node: Any, pointer: str) -> Mapping[str, Any]:
        if not isinstance(node, dict):
            raise self.fail("An object is due here.", pointer, "Write it as a mapping of names to values.")
        return node

    def listed(self, node: Any, pointer: str) -> list[Any]:
        if not isinstance(node, list):
            raise self.fail("A list is due here.", pointer, "Write it as a list, or drop it.")
        return node

    def media(self, content: Any, pointer: str, direction: Direction) -> dict[str, Media]:
        found: dict[str, Media] = {}
        for name, raw in self.mapping(content, pointer).items():
            at = f"{pointer}/{escaped(name)}"
            node = self.mapping(raw, at)
            schema = self.dialect.schema(node["schema"], f"{at}/schema", direction) if "schema" in node else None
            items = (
                self.dialect.schema(node["itemSchema"], f"{at}/itemSchema", direction) if "itemSchema" in node else None
            )
            examples = dict(self.examples(node, at))
            written = media_type(name)
            carried = concrete(written, binary=schema is not None and is_binary(schema))
            for label, value in list(examples.items()):
                if schema is not None and not fits(Media(carried, schema), value):
                    named = f"/examples/{escaped(label)}" if label in node.get("examples", {}) else "/example"
                    self.warn(f"the example {label!r} breaks its own schema and is not used", at + named)
                    del examples[label]
            _, semicolon, parameters = name.partition(";")
            key = written if written not in found else f"{written};{parameters.strip()}"
            found[key] = Media(carried, schema, examples, f"{semicolon}{parameters}".rstrip(), items)
        return found

    def examples(self, node: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, Any]]:
        for label, raw in self.mapping(node.get("examples", {}), f"{pointer}/examples").items():
            example, _ = self.dialect.dereference(raw, f"{pointer}/examples/{escaped(label)}")
            if isinstance(example, Mapping) and "value" in example:
                yield label, self.example_value(example["value"], f"{pointer}/examples/{escaped(label)}/value")
        if "example" in node:
            yield "example", self.example_value(node["example"], f"{pointer}/example")

    def example_value(self, value: Any, pointer: str) -> Any:
        """A value, or what it refers to: OpenAPI knows no reference in a value, and many documents have one."""
        if not (isinstance(value, dict) and [*value] == ["$ref"] and str(value["$ref"]).startswith("#/")):
            return value
        try:
            found, _ = self.dialect.dereference(value, pointer)
        except SpecError:
            return value
        return found["value"] if isinstance(found, dict) and "value" in found else found

    def parameter(self, raw: Any, pointer: str) -> Parameter | None:
        node, pointer = self.dialect.dereference(raw, pointer)
        node = self.mapping(node, pointer)
        location, name = node.get("in"), node.get("name")
        if isinstance(location, str) and location in _OTHER_LOCATIONS:
            self.warn(f"a parameter in `{location}` is not read: {_OTHER_LOCATIONS[location]}", pointer)
            return None
        if not isinstance(location, str) or location not in _STYLES or not isinstance(name, str):
            raise self.fail("A parameter needs `name`, and `in`: path, query, header or cookie.", pointer, "Add them.")
        if location == "header" and name.lower() in _IGNORED_HEADERS:
            return None
        style = str(node.get("style", _STYLES[location]))
        made = Parameter(
            name=name,
            location=location,  # type: ignore[arg-type]  # one of the keys of _STYLES
            required=location == "path" or node.get("required") is True,
            schema=self.parameter_schema(node, pointer, "request"),
            style=style,
            explode=node.get("explode", style == "form") is True,
            pointer=pointer,
            evidence=self.evidence(node, pointer),
        )
        if not (is_read(made) or is_object(made)):
            self.warn(
                f"the parameter {name!r} (style {style!r}) is an object or of no plain style: not judged", pointer
            )
        return made

    def parameter_schema(self, node: Mapping[str, Any], pointer: str, direction: Direction) -> Any:
        if "schema" in node:
            return self.dialect.schema(node["schema"], f"{pointer}/schema", direction)
        return self.dialect.schema({}, f"{pointer}/schema", direction)

    def parameters(self, item: Mapping[str, Any], node: Mapping[str, Any], pointer: str) -> tuple[Parameter, ...]:
        found: dict[tuple[str, str], Parameter] = {}
        base = pointer.rsplit("/", 1)[0]
        for holder, at in ((item, base), (node, pointer)):
            for index, raw in enumerate(self.listed(holder.get("parameters", []), f"{at}/parameters")):
                parameter = self.parameter(raw, f"{at}/parameters/{index}")
                if parameter:
                    found[parameter.location, parameter.name] = parameter
        return tuple(found.values())

    def body(self, raw: Any, pointer: str) -> Body | None:
        if raw is None:
            return None
        node, pointer = self.dialect.dereference(raw, pointer)
        node = self.mapping(node, pointer)
        content = self.media(node.get("content", {}), f"{pointer}/content", "request")
        return Body(node.get("required") is True, content, pointer, self.evidence(node, pointer))

    def replies(self, raw: Any, pointer: str) -> dict[str, Reply]:
        found: dict[str, Reply] = {}
        for written, reference in self.mapping(raw, pointer).items():
            if written.startswith("x-"):
                continue
            status = written.upper().replace("DEFAULT", "default")
            if not _STATUS.fullmatch(status):
                raise self.fail(f"{written!r} is no status.", pointer, "Use 200, 4XX or default.")
            node, at = self.dialect.dereference(reference, f"{pointer}/{escaped(written)}")
            node = self.mapping(node, at)
            content = self.media(node.get("content", {}), f"{at}/content", "response")
            if status in ("204", "304") and content:
                self.warn(f"a {status} has no body; the documented one is not used", at)
                content = {}
            found[status] = Reply(status, content, self.headers(node, at), self.evidence(node, at), at)
        return found

    def headers(self, node: Mapping[str, Any], pointer: str) -> dict[str, Parameter]:
        found = {}
        for name, raw in self.mapping(node.get("headers", {}), f"{pointer}/headers").items():
            header, at = self.dialect.dereference(raw, f"{pointer}/headers/{escaped(name)}")
            header = self.mapping(header, at)
            if name.lower() == "content-type":
                continue
            if name.lower() in _FRAMING:
                self.warn(f"the header {name!r} tells how a message travels; the document does not decide it", at)
                continue
            schema = self.parameter_schema(header, at, "response")
            needed = header.get("required") is True
            found[name.lower()] = Parameter(
                name, "header", needed, schema, pointer=at, evidence=self.evidence(header, at)
            )
        return found

    def evidence(self, node: Mapping[str, Any], pointer: str) -> Evidence:
        word = node.get("x-evidence", "documented")
        if not isinstance(word, str) or word not in evidence_words():
            raise self.fail(f"{word!r} is no evidence.", pointer, nearest(str(word), evidence_words()))
        return word  # type: ignore[return-value]  # checked above


class _Flaws:
    """What is wrong with single operations. Each costs its operation only; what an overlay wrote costs the document."""

    def __init__(self, reader: _Reader) -> None:
        self.reader = reader
        self.left_out: list[LeftOut] = []
        self.costly: list[SpecError] = []
        self.all: list[SpecError] = []

    @contextmanager
    def of(self, method: str, path: str) -> Iterator[None]:
        """Note what is wrong with an operation, in place of raising it. method: "" for all of the path."""
        errors: list[SpecError] = []
        with gathered(errors):
            yield
        self.note(method, path, errors)

    def note(self, method: str, path: str, errors: Sequence[SpecError]) -> None:
        """Note the errors of an operation; where there are any it is left out."""
        self.all.extend(errors)
        written = self.reader.dialect.origins.files
        for error in errors:
            if isinstance(error, RuleError) or error.where.partition("#")[0] in written:
                self.costly.append(error)
        if errors:
            why = str(errors[0] if len(errors) == 1 else SeveralErrors(errors))
            made = LeftOut(method.upper(), path, why)
            self.left_out.append(made)
            self.reader.warnings.append(f"{why} So {made if method else f'all of {path}'} is left out.")


def read_operations(  # noqa: PLR0913, PLR0917 - what a document is made of, and where to tell of it
    document: Document,
    tree: Mapping[str, Any],
    dialect: Dialect,
    provider_wide: Mapping[str, Any],
    warnings: list[str],
    left_out: list[LeftOut] | None = None,
) -> tuple[Operation, ...]:
    """Every operation, in document order; one that has a flaw is left out, and warned about.

    left_out: those are added. DocumentError where no operation is left, or a flaw stands in an overlay; RuleError by
    place where a rule can't be used.
    """
    reader = _Reader(document, tree, dialect, warnings)
    paths = reader.mapping(tree.get("paths", {}), "#/paths")
    found: list[Operation] = []
    slugs: set[str] = set()
    identifiers: dict[str, str] = {}
    shapes: dict[str, dict[str, str]] = {}
    flaws = _Flaws(reader)
    for path, raw in paths.items():
        if path.startswith("x-"):
            continue
        with flaws.of("", path):
            item, base = dialect.dereference(raw, f"#/paths/{escaped(path)}")
            item = reader.mapping(item, base)
            methods = [method for method in METHODS if method in item]
            route = requested(reader, path, base)
            for method in check_path(reader, route, base, methods, shapes):
                flaws.note(method, path, [twin(reader, route, base, method, shapes)])
                methods.remove(method)
            for word in item:
                if word not in (*METHODS, *_BESIDE_METHODS) and not word.startswith("x-"):
                    close = nearest(word, METHODS)
                    reader.warn(f"{word!r} is no method and is not read. {close}", f"{base}/{escaped(word)}")
            for method in methods:
                with flaws.of(method, path):
                    operation = _read_operation(reader, route, method, item, base, provider_wide, slugs)
                    other = identifiers.setdefault(operation.operation_id, str(operation))
                    if other != str(operation):
                        own = f"{method}-{path}"
                        what = f"{operation.operation_id!r} names {other}, too; this operation is called {own!r}"
                        reader.warn(what, f"{base}/{method}/operationId")
                        operation = replace(operation, operation_id=own)
                    found.append(operation)
    raise_all(flaws.costly if found else flaws.all)
    if not found:
        only = " It has webhooks only, and those are not read." if tree.get("webhooks") else ""
        raise reader.fail(f"The document has no operations.{only}", "#/paths", "Add at least one path with a method.")
    if left_out is not None:
        left_out.extend(flaws.left_out)
    return infer_rules(found, speller(provider_wide), described(found, tree))


def _read_operation(  # noqa: PLR0913, PLR0917 - one pass, and this is what it carries along
    reader: _Reader,
    path: str,
    method: str,
    item: Mapping[str, Any],
    base: str,
    provider_wide: Mapping[str, Any],
    slugs: set[str],
) -> Operation:
    pointer = f"{base}/{method}"
    node = reader.mapping(item[method], pointer)
    tags = reader.listed(node.get("tags", []), f"{pointer}/tags")
    identifier = str(node.get("operationId", f"{method}-{path}"))
    parameters = fitting_parameters(reader, path, reader.parameters(item, node, pointer), pointer)
    security = read_security(reader, node, pointer)
    replies = reader.replies(node.get("responses", {}), f"{pointer}/responses")
    if not any(status.startswith(("2", "3")) for status in replies):
        only = "only `default` is documented" if "default" in replies else "no success is documented"
        reader.warn(f"{only}; 200 is assumed for success", f"{pointer}/responses")
    operation = Operation(
        method=method.upper(),
        path=path,
        operation_id=identifier,
        slug=_slug(identifier, slugs),
        rule=Rule("fixed"),
        tags=tuple(str(tag) for tag in tags),
        parameters=without_credentials(parameters, security),
        body=reader.body(node.get("requestBody"), f"{pointer}/requestBody"),
        replies=replies,
        security=security,
        extensions={key: value for key, value in node.items() if key.startswith("x-") and key != "x-behaviour"},
        pointer=pointer,
    )
    return _with_rule(reader, _with_doubt(reader, operation), node, provider_wide)


def _with_doubt(reader: _Reader, operation: Operation) -> Operation:
    """The operation; where nothing that can be made fits its success, it says so, and a warning does."""
    media = reply_media(operation, operation.success)
    why = reader.dialect.why_unmade(media.schema) if media and media.schema else ""
    if not why:
        return operation
    reader.warnings.append(f"{why}; so {operation} has no answer that fits, and the mock's only comes near")
    return replace(operation, unanswerable=why)


def _with_rule(
    reader: _Reader, operation: Operation, node: Mapping[str, Any], provider_wide: Mapping[str, Any]
) -> Operation:
    where = DocumentPlace(reader.dialect.where, operation.pointer) / "x-behaviour"
    spell = speller(provider_wide, node.get("x-behaviour"))
    if "x-behaviour" in node:
        rule = parse_rule(
            reader.mapping(node["x-behaviour"], f"{operation.pointer}/x-behaviour"), provider_wide, where, spell
        )
        rule = replace(rule, run=parse_run(node["x-behaviour"], where, spell))
        check_sources(operation, rule, where)
    else:
        declared = parse_rule({"action": "fixed"}, provider_wide, where, spell)
        rule = replace(declared, evidence="assumed", inferred=True)
    refusals = {**infer_refusals(operation, spell), **rule.refusals}
    return replace(operation, rule=replace(rule, refusals=refusals))


def _slug(identifier: str, taken: set[str]) -> str:
    base = re.sub(r"[^A-Za-z0-9_]+", "-", identifier).strip("-")[:120] or "operation"
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    taken.add(slug)
    return slug
