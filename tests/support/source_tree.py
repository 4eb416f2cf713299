"""Python sources, what they import and define, as read from their text: for the tests of the design."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from support.paths import ROOT

PACKAGES = ("specs", "mockserver", "contracts")


@dataclass(frozen=True)
class Import:
    """One import. module: dotted name; inside: whether a function holds it; typing: only a type checker runs it."""

    module: str
    names: tuple[str, ...]
    level: int
    line: int
    inside: bool
    typing: bool


@dataclass(frozen=True)
class Source:
    """One module. path: relative to the root, with slashes."""

    path: str
    text: str

    @property
    def package(self) -> str:
        return self.path.split("/", 1)[0]

    @property
    def module(self) -> str:
        """The dotted name below `threadmock`; of a folder's own module, the folder's."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def box(self) -> str:
        """The sub-package or root module of its package; "" for the package's own module."""
        return (self.module.split(".")[1:] or [""])[0]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> list[Import]:
        return list(_imports(self.tree.body, inside=False, typing=False))


def _imports(body: list[ast.stmt], *, inside: bool, typing: bool) -> Iterator[Import]:
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, (), 0, node.lineno, inside, typing)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            yield Import(node.module or "", names, node.level, node.lineno, inside, typing)
        held = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        only_typing = typing or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
        for part in ("body", "orelse", "finalbody"):
            yield from _imports(getattr(node, part, []), inside=held, typing=only_typing)
        for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _imports(handler.body, inside=held, typing=typing)


def read_sources() -> list[Source]:
    """Every module of the three packages."""
    return [
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not any(part.startswith((".", "__pycache__")) for part in path.relative_to(ROOT).parts)
    ]


def import_graph(sources: Iterable[Source]) -> dict[str, set[str]]:
    """Module to the modules of ours that it imports, those in functions and for type checkers only included."""
    known = {source.module: source for source in sources}
    graph: dict[str, set[str]] = {}
    for name, source in known.items():
        graph[name] = set()
        for each in source.imports:
            module = each.module.removeprefix("threadmock.")
            wanted = {f"{module}.{imported}" for imported in each.names} & known.keys()
            if len(wanted) < len(each.names) or not each.names:
                wanted |= {module} & known.keys()
            graph[name] |= wanted - {name}
    return graph


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules each of which reaches the others (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = lowest[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
            if other in stack:
                lowest[node] = min(lowest[node], lowest[other])
        if lowest[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def class_names(sources: Iterable[Source]) -> dict[tuple[str, str], list[str]]:
    """Package and class name to the modules that define such a class, inner ones included."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                found[source.package, node.name].append(source.module)
    return dict(found)
