"""Folder or file → Contract. The only way in, for built-in providers and a user's own documents alike."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from threadmock.specs.behaviour.placement import check_extensions
from threadmock.specs.behaviour.read_agents import parse_agent
from threadmock.specs.behaviour.read_fill import parse_fill
from threadmock.specs.behaviour.read_rules import check_provider_wide, parse_profile
from threadmock.specs.contract import Contract, LeftOut, Server
from threadmock.specs.documents import overlay
from threadmock.specs.documents.document import Document, digest_of, read_document
from threadmock.specs.documents.places import DocumentPlace, Origins
from threadmock.specs.effects.checks import check_effects
from threadmock.specs.errors import DocumentError, RuleError, SpecError, UnknownName, gathered, raise_all
from threadmock.specs.operations.base_paths import base_paths
from threadmock.specs.operations.inferred.initial import infer_initial
from threadmock.specs.operations.reader import read_operations
from threadmock.specs.operations.spelling import camel, spell_operation, spelled_schema, speller
from threadmock.specs.operations.unread_parts import unread_parts
from threadmock.specs.schemas.dialect import Dialect
from threadmock.specs.schemas.schema import Schema

LAYERS = ("documented", "observed")
_MAX_CONTRACTS = 64
_PROVIDERS = Path(__file__).parent / "providers"
_DOCUMENTS = ("openapi.yaml", "openapi.yml", "openapi.json")


def builtin_names() -> tuple[str, ...]:
    """The names of the provider folders that threadmock ships, sorted."""
    return tuple(sorted(folder.name for folder in _PROVIDERS.iterdir() if (folder / _DOCUMENTS[0]).is_file()))


def load(
    source: str | Path,
    layer: str = "documented",
    overlays: str | Path | Iterable[str | Path] = (),
    ref_root: str | Path | None = None,
) -> Contract:
    """The contract of a built-in provider (by name), a folder of the same files, or a single document.

    layer "observed" adds the folder's observed overlay; a source without one is the same in both layers. overlays:
    files in the form of the OpenAPI Overlay Specification, applied after those of the folder, in order; a single path
    is one of them. ref_root: the folder below which `$ref` may name files; that of the document where none is given.
    The same bytes give the same object. SpecError where anything is unusable: it names file and line.
    A text that is a built-in name means that provider; a file or folder of that name is `./NAME`, or a Path.
    """
    if layer not in LAYERS:
        raise UnknownName("layer", layer, LAYERS)
    name, document_path, overlay_paths = _locate(source, layer)
    root = Path(ref_root) if ref_root else None
    more = (overlays,) if isinstance(overlays, str | Path) else overlays
    overlay_paths += [Path(path) for path in more]
    made = _made_before(name, layer, root, document_path, *overlay_paths)
    if made is not None:
        return made
    document = read_document(document_path, root)
    errors: list[SpecError] = []
    layers = []
    for path in overlay_paths:
        with gathered(errors):
            layers.append(overlay.read_overlay(path))
    raise_all(errors)
    bundle = _Bundle(document, tuple(layers))
    contract = _assemble(name, layer, bundle)
    _keep(name, layer, root, bundle, contract)
    return contract


def _locate(source: str | Path, layer: str) -> tuple[str, Path, list[Path]]:
    """Name, document and overlays of a source."""
    try:
        return _find(source, layer)
    except (OSError, ValueError) as error:  # a name that is too long, a folder that may not be entered, a NUL
        reason = getattr(error, "strerror", None) or str(error)
        raise DocumentError(
            f"This can't be opened: {reason}.", where=str(source)[:200], fix="Check the path."
        ) from None


def _find(source: str | Path, layer: str) -> tuple[str, Path, list[Path]]:
    text = str(source)
    if isinstance(source, str) and text in builtin_names():
        path = _PROVIDERS / text
    elif text.strip():
        path = Path(source)
    else:
        raise UnknownName("provider, file or folder", text, builtin_names())
    if path.is_dir():
        document = next((path / name for name in _DOCUMENTS if (path / name).is_file()), None)
        if document is None:
            raise DocumentError(
                "The folder holds no document.", where=str(path), fix=f"Put one of {', '.join(_DOCUMENTS)} into it."
            )
        wanted = ["behaviour.overlay.yaml"] + (["observed.overlay.yaml"] if layer == "observed" else [])
        return safe_name(path.resolve().name), document, [path / name for name in wanted if (path / name).is_file()]
    if path.is_file():
        return safe_name(path.stem), path, []
    if path.suffix or len(path.parts) > 1:
        raise DocumentError("There is no such file or folder.", where=text, fix="Check the path.")
    raise UnknownName("provider, file or folder", text, builtin_names())


def safe_name(text: str) -> str:
    """A name that stands in a URL path as it is: letters, digits, `-`, `_`; it begins with none of the last two."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_") or "document"


class _Bundle:
    """A document and its overlays."""

    def __init__(self, document: Document, overlays: tuple[Document, ...]) -> None:
        self.document = document
        self.overlays = overlays
        self.files = (document, *overlays)
        self.sources = tuple(str(item.path) for item in self.files)
        parts = "".join(item.digest for item in self.files)
        self.digest = hashlib.sha256(parts.encode()).hexdigest() if overlays else document.digest


_Key = tuple[str, str, Path | None, tuple[tuple[Path, str], ...]]
_contracts: dict[_Key, tuple[Contract, Mapping[Path, str]]] = {}
"""Name, layer, root of references, path and digest of each file → contract, and digests of what those refer to."""


def _made_before(name: str, layer: str, root: Path | None, *paths: Path) -> Contract | None:
    """The contract made before of the same bytes, those of every file that it refers to included. Nothing is parsed."""
    try:
        key = (name, layer, root, tuple((path, digest_of(path)) for path in paths))
        made, others = _contracts.get(key, (None, {}))
        return made if all(digest_of(path) == digest for path, digest in others.items()) else None
    except DocumentError:  # whoever reads it tells it as what it was meant to be
        return None


def _keep(name: str, layer: str, root: Path | None, bundle: _Bundle, contract: Contract) -> None:
    """Note a contract for `_made_before`."""
    while len(_contracts) >= _MAX_CONTRACTS:
        _contracts.pop(next(iter(_contracts)), None)
    own = bundle.document.path.resolve()
    others = {path: member.digest for path, member in bundle.document.family.items() if path != own}
    key = (name, layer, root, tuple((item.path, item.digest) for item in bundle.files))
    _contracts[key] = contract, others


def _assemble(name: str, layer: str, bundle: _Bundle) -> Contract:
    document = bundle.document
    origins = Origins()
    errors: list[SpecError] = []
    tree = overlay.apply(document.tree, bundle.overlays, origins, errors) if bundle.overlays else document.tree
    dialect = Dialect(document, tree, origins)
    provider_wide = tree.get("x-behaviour", {})
    where = DocumentPlace(dialect.where, "/x-behaviour")
    if not isinstance(provider_wide, dict):
        raise RuleError("`x-behaviour` is no object.", where=where, fix="Write it as a mapping of words to values.")
    with gathered(errors):
        check_provider_wide(provider_wide, where)
    with gathered(errors):
        check_extensions(tree, dialect.where)
    warnings: list[str] = []
    wide = {} if errors else provider_wide  # what is wrong there is not to be found again at each operation
    left_out: list[LeftOut] = []
    with gathered(errors):
        operations = read_operations(document, tree, dialect, wide, warnings, left_out)
    raise_all(errors)
    operations = tuple(spell_operation(o) if o.rule.spelling.wire == "camelCase" else o for o in operations)
    spell = speller(provider_wide)

    def read_schema(node: Any, place: DocumentPlace) -> Schema:
        schema = dialect.schema(node, f"#{place.pointer}/schema", "response")
        return spelled_schema(schema) if spell is camel else schema

    declared = parse_profile(provider_wide, spell)
    profile = replace(
        declared,
        initial=(*declared.initial, *infer_initial(operations, declared.initial)),
        fill=parse_fill(provider_wide, where, spell),
        agent=parse_agent(provider_wide, where, read_schema, spell),
    )
    if not _is_ours(bundle):
        check_effects(operations, profile, tree, dialect.where)
    info = tree.get("info")
    info = info if isinstance(info, dict) else {}
    servers = tree.get("servers")
    return Contract(
        name=name,
        title=str(info.get("title", name)),
        version=str(info.get("version", "")),
        layer=layer,
        operations=operations,
        profile=profile,
        document=tree,
        digest=bundle.digest,
        servers=tuple(Server(s["url"]) for s in (servers if isinstance(servers, list) else ()) if _is_server(s)),
        warnings=tuple(dict.fromkeys([*dialect.warnings, *warnings, *unread_parts(tree, dialect)])),
        sources=bundle.sources,
        base_paths=base_paths(tree),
        left_out=tuple(left_out),
        files=tuple(dict.fromkeys(path.resolve() for each in (document, *bundle.overlays) for path in each.family)),
    )


def _is_ours(bundle: _Bundle) -> bool:
    """Whether all of it ships with threadmock: a test has judged it, and a server starts sooner."""
    return all(each.path.is_relative_to(_PROVIDERS) for each in (bundle.document, *bundle.overlays))


def _is_server(server: Any) -> bool:
    if not isinstance(server, dict) or not isinstance(server.get("url"), str):
        return False
    try:
        urlsplit(server["url"])
    except ValueError:
        return False
    return True
