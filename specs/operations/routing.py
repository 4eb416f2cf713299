"""(method, path) → operation and path values, or which methods the path has."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from threadmock.specs.contract import Contract, Operation
from threadmock.specs.operations.path_templates import expression, literal, names_in, read_within, shape


@dataclass(frozen=True)
class Match:
    """What a path led to. operation is None where the path is unknown or lacks the method.

    allowed: the methods of the path, sorted; empty where the path is unknown. redirect: the path that it leads to,
    where it is known but for a final slash, and the provider redirects.
    """

    operation: Operation | None
    values: Mapping[str, str]
    allowed: tuple[str, ...] = ()
    redirect: str = ""


NOWHERE = Match(None, {})


class Router:
    """The routes of one contract. A literal segment wins over a parameter, whatever their order in the document."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        paths: dict[str, dict[str, Operation]] = {}
        slashes: set[str] = set()
        self._redirecting: set[str] = set()
        firsts: dict[str, str] = {}  # paths that differ in names alone are one, told apart by method
        for operation in operations:
            first = firsts.setdefault(shape(operation.path), operation.path)
            paths.setdefault(first, {})[operation.method] = operation
            if operation.rule.slashes == "redirect":
                self._redirecting.add(operation.path)
            elif operation.rule.slashes:
                slashes.add(operation.path)
        self._literal: dict[str, dict[str, Operation]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, tuple[str, ...]], dict[str, Operation]]] = []
        for path in sorted(paths, key=_precedence):
            names = names_in(path)
            if names:
                slash = any(operation.path in slashes for operation in paths[path].values())
                own = {method: names_in(operation.path) for method, operation in paths[path].items()}
                self._patterns.append((_compile(path, slash), {"": names, **own}, paths[path]))
            else:
                self._literal[path] = paths[path]
        for path in slashes & self._literal.keys():
            self._literal.setdefault(_other_slash(path), self._literal[path])
        self.paths = tuple(paths)

    def find(self, method: str, path: str) -> Match:
        """The route of a decoded path. A parameter takes one or more characters, a slash only as `SLASH`."""
        methods = self._literal.get(path)
        if methods is not None:
            operation = methods.get(method)
            return Match(operation, {}, () if operation else tuple(sorted(methods)))
        for pattern, names, operations in self._patterns:
            found = pattern.fullmatch(path)
            if found:
                operation = operations.get(method)
                values = dict(zip(names[method if operation else ""], map(read_within, found.groups()), strict=True))
                return Match(operation, values, () if operation else tuple(sorted(operations)))
        return self._redirected(path) if self._redirecting and path.endswith("/") else NOWHERE

    def _redirected(self, path: str) -> Match:
        """Where a path leads that is known without its final slash."""
        shorter = path[:-1]
        found = self._literal.get(shorter) if shorter in self._redirecting else None
        for pattern, _, operations in self._patterns if found is None else ():
            if pattern.fullmatch(shorter):
                found = operations
                break
        known = found and any(operation.path in self._redirecting for operation in found.values())
        return Match(None, {}, redirect=shorter) if known else NOWHERE


def _other_slash(path: str) -> str:
    """The path with a final slash, or without the one that it has."""
    return (path.rstrip("/") if path.endswith("/") else path + "/") or "/"


def _precedence(path: str) -> tuple[object, ...]:
    """Literal segments before mixed ones before parameters, position by position; the more is literal the earlier."""
    return tuple(_openness(segment) for segment in path.split("/")), path


def _openness(segment: str) -> tuple[int, int]:
    plain = len(literal(segment))
    return (0, 0) if not names_in(segment) else (1 if plain else 2, -plain)


def _compile(path: str, slashes: bool) -> re.Pattern[str]:
    return expression(path.rstrip("/"), behind="/?") if slashes else expression(path)


def shared_routes(contracts: Iterable[Contract]) -> list[tuple[str, str, str]]:
    """Routes that two contracts both have, as (path, one name, other name). Names of parameters make no difference."""
    owner: dict[str, str] = {}
    shared = []
    for contract in contracts:
        for path in {shape(operation.path) for operation in contract.operations}:
            if path in owner and owner[path] != contract.name:
                shared.append((path, owner[path], contract.name))
            owner.setdefault(path, contract.name)
    return sorted(shared)
