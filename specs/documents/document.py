"""Read a document from outside: strict, bounded, judged by its content and never by its extension.

YAML, JSON, or a Markdown page that embeds one of them in a fenced block. Whatever is refused is refused with file,
line and what to do (DocumentError).
"""

import hashlib
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import unquote

from threadmock.specs.documents import foreign_files
from threadmock.specs.documents.json_text import check_bounds, parse_json
from threadmock.specs.documents.lines import Lines
from threadmock.specs.documents.markdown import Fence, embedded, holds_document
from threadmock.specs.documents.pointers import walk
from threadmock.specs.documents.yaml_text import Order, parse_yaml_with_lines
from threadmock.specs.errors import DocumentError, nearest

MAX_BYTES = 16 * 1024 * 1024
MAX_FILES = 500

Kind = Literal["yaml", "json", "markdown"]
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_NOTHING_HERE = (
    "Give an OpenAPI 3.0 or 3.1 document as YAML or JSON, or a Markdown page that has one in a fenced block (```yaml)."
)


class NoMapping(DocumentError):  # noqa: N818 - reads as what it is
    """A file that holds no mapping, so that it is neither a document nor an overlay."""


@dataclass(frozen=True, eq=False)
class Document:
    """One file that was read.

    tree: JSON, a mapping at the top; nobody changes it. digest: SHA-256 (hex) of the file's bytes. root: the folder
    that its references may not leave. text and first_line: what was parsed and where in the file it begins. order: the
    line of each node, where the reader told it.
    """

    tree: dict[str, Any]
    path: Path
    digest: str
    kind: Kind
    root: Path
    warnings: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    first_line: int = 1
    order: Order | None = field(default=None, repr=False)
    family: dict[Path, "Document"] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.tree, self.text, self.first_line, self.order)

    def where(self, pointer: str) -> str:
        """`file.yaml#/pointer (line N)`; the line is the nearest known one above it, absent where none is known."""
        bare = pointer if pointer.startswith("/") else pointer.partition("#")[2]  # a step may hold a `#`
        line = self._lines.at(bare)
        return f"{self.name}#{bare} (line {line})" if line else f"{self.name}#{bare}"


@dataclass(frozen=True, eq=False)
class Target:
    """What a reference names. pointer: canonical, without `#`."""

    document: Document
    pointer: str
    node: Any


def read_document(path: Path, root: Path | None = None) -> Document:
    """The document in a file. root: the folder that its references may not leave; that of the file where none is given.

    DocumentError where it can't be read, or is not below the root itself.
    """
    if root is not None and not root.is_dir():
        raise DocumentError("This is no folder.", where=str(root), fix="Give --ref-root (ref_root) a folder.")
    if root is not None and not path.resolve().is_relative_to(root.resolve()):
        raise DocumentError(
            f"The document is not below {root}, the folder of its references.",
            where=str(path),
            fix="Give --ref-root (ref_root) a folder that holds both.",
        )
    data = _bytes_of(path)
    return parse_document(data, path, root)


def digest_of(path: Path) -> str:
    """The digest that the document in a file has, were it read. DocumentError where the file can't be read."""
    return hashlib.sha256(_bytes_of(path)).hexdigest()


def parse_document(data: bytes, path: Path, root: Path | None = None) -> Document:
    """The document in these bytes; path serves for messages and as the base of references. root: as of `read_document`.

    DocumentError as of `read_document`.
    """
    if len(data) > MAX_BYTES:
        _too_large(path)
    try:
        text = data.decode("utf-8-sig")
        foreign = foreign_files.of_bytes(data)
    except UnicodeDecodeError as error:
        foreign = foreign_files.of_bytes(data)
        if foreign:
            raise DocumentError(foreign[0], where=path.name, fix=foreign[1]) from None
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentError(
            f"Byte {error.start} is not UTF-8.", where=f"{path.name} (line {line})", fix="Save the file as UTF-8."
        ) from None
    if foreign:
        raise DocumentError(foreign[0], where=path.name, fix=foreign[1])
    digest = hashlib.sha256(data).hexdigest()
    root = path.parent if root is None else root
    blocks = embedded(text)
    if blocks:
        block, warnings = _first_of(blocks, path)
        tree, _, order = _tree_of(block.content, path, block.first_line)
        made = Document(tree, path, digest, "markdown", root, warnings, block.content, block.first_line, order)
    else:
        tree, kind, order = _tree_of(text, path, 1)
        made = Document(tree, path, digest, kind, root, (), text, 1, order)
    made.family[path.resolve()] = made
    return made


def _bytes_of(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DocumentError("This is a folder.", where=str(path), fix="Name a file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError("This is no regular file.", where=str(path), fix="Save the document to a file.")
        if status.st_size > MAX_BYTES:
            _too_large(path)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError("There is no such file.", where=str(path), fix=_neighbour(path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DocumentError(f"The file can't be read: {reason}.", where=str(path), fix="") from None


def _neighbour(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()][:1000]
    except OSError:
        return "Its folder can't be listed either."
    close = nearest(path.name, names)
    return close if close.startswith("Did you mean") else "Check the path."


def _too_large(path: Path) -> NoReturn:
    raise DocumentError(
        f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.", where=str(path), fix="Split it with `$ref`."
    )


def _first_of(blocks: list[Fence], path: Path) -> tuple[Fence, tuple[str, ...]]:
    first = blocks[0]
    if len(blocks) == 1:
        return first, ()
    others = ", ".join(str(block.first_line) for block in blocks[1:])
    warning = (
        f"{path.name}: the page embeds {len(blocks)} documents; the first (line {first.first_line}) is used, "
        f"not those from lines {others}."
    )
    return first, (warning,)


def _tree_of(text: str, path: Path, first_line: int) -> tuple[dict[str, Any], Kind, Order | None]:
    kind: Kind = "yaml"
    order = None
    try:
        if text.lstrip()[:1] in ("{", "["):
            tree, kind = parse_json(text, path.name, first_line=first_line)
        else:
            tree, order = parse_yaml_with_lines(text, path.name, first_line=first_line)
    except DocumentError:
        if holds_document(text) or _looks_like_mapping(text):
            raise
        tree = None
    if not isinstance(tree, dict):
        what, fix = foreign_files.of_text(text, tree) or ("This holds no OpenAPI document.", _NOTHING_HERE)
        raise NoMapping(what, where=path.name, fix=fix)
    check_bounds(tree, path.name)
    return tree, kind, order


def _looks_like_mapping(text: str) -> bool:
    """Whether the first line with content is a member, or a JSON container: then an error in it is what matters."""
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith(("#", "---", "%")):
            return re.match(r"""["']?[$\w.\-/]+["']?\s*:(\s|$)|\s*[{\[]""", line) is not None
    return False


def split(document: Document, ref: str, where: Callable[[], str]) -> tuple[Document, str]:
    """The document and the pointer (no `#`) that a reference names. DocumentError as `resolve`."""
    if not isinstance(ref, str):
        raise DocumentError("A `$ref` must be a text.", where=where(), fix="Write it as '#/components/…'.")
    file, _, fragment = ref.partition("#")
    pointer = unquote(fragment)
    return (document if not file else _other(document, file, where)), pointer


def resolve(document: Document, ref: str, pointer: str) -> Target:
    """Follow one reference that stands at a pointer of a document.

    Local ones (`#/…`) and files below the folder of the document that was read first; nothing remote, no way out of
    the folder through `..`, an absolute path or a symbolic link. DocumentError where it is refused or names nothing.
    """

    def where() -> str:
        return document.where(pointer)

    other, fragment = split(document, ref, where)
    return Target(other, fragment, walk(other.tree, fragment, where=where))


def _other(document: Document, file: str, where: Callable[[], str]) -> Document:
    if _SCHEME.match(file) or file.startswith(("//", "\\\\")):
        raise DocumentError(
            f"The reference {file[:100]!r} is remote; nothing is fetched.",
            where=where(),
            fix="Save that file next to the document and refer to it by its relative path.",
        )
    name = unquote(file)
    if name.startswith("/") or "\\" in name or "\0" in name or Path(name).is_absolute():
        _outside(file, document, where)
    try:
        root = document.root.resolve()
        target = (document.path.parent / name).resolve()
    except (OSError, RuntimeError):  # a loop of symbolic links
        _outside(file, document, where)
    if not target.is_relative_to(root):
        _outside(file, document, where)
    if target not in document.family:
        if len(document.family) >= MAX_FILES:
            raise DocumentError(f"The document spans more than {MAX_FILES} files.", where=where(), fix="Bundle it.")
        try:
            made = parse_document(_bytes_of(target), target, root)
        except DocumentError as error:
            raise DocumentError(f"The file of a reference can't be used: {error}", where=where(), fix="") from None
        document.family[target] = Document(
            made.tree,
            target,
            made.digest,
            made.kind,
            root,
            made.warnings,
            made.text,
            made.first_line,
            made.order,
            document.family,
        )
    return document.family[target]


def _outside(file: str, document: Document, where: Callable[[], str]) -> NoReturn:
    family = next(iter(document.family.values()), document)
    widened = family.root.resolve() != family.path.resolve().parent
    allowed = f"the folder {family.root}, which --ref-root names" if widened else "the document's folder"
    raise DocumentError(
        f"The reference {file[:100]!r} leaves {allowed}.",
        where=where(),
        fix="Copy that file there, or give a folder that holds both with --ref-root DIR.",
    )
