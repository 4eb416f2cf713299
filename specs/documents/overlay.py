"""Apply OpenAPI Overlay documents (1.0.0, 1.1.0) in order. The input is never changed.

Targets are RFC 9535 JSONPath. An update merges objects member by member, appends to arrays and replaces anything else
(Overlay 1.0.0, 4.4.3); a remove takes what the target names out of its parent. An action that matches nothing is an
error here: an overlay that silently does nothing hides that the vendor's document has changed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import jsonpath
from threadmock.specs.documents.document import Document, NoMapping, read_document
from threadmock.specs.documents.json_text import check_bounds
from threadmock.specs.documents.places import Origins
from threadmock.specs.documents.pointers import pointer_of
from threadmock.specs.documents.yaml_text import MAX_NODES, copied
from threadmock.specs.errors import DocumentError, OverlayError, SpecError, gathered, nearest, raise_all

VERSIONS = ("1.0.0", "1.1.0")
_TOP = frozenset({"overlay", "info", "extends", "actions"})
_ACTION = frozenset({"target", "description", "update", "remove"})

Steps = tuple[str | int, ...]


def read_overlay(path: Path) -> Document:
    """The overlay in a file. OverlayError or DocumentError, with the line, where there is none."""
    try:
        return read_document(path)
    except DocumentError as error:
        if not isinstance(error, NoMapping):
            raise
        fix = "It begins with `overlay: 1.0.0`, `info` and `actions`; `threadmock init DOCUMENT` writes one."
        raise OverlayError("This holds no overlay.", where=error.where, fix=fix) from None


def apply(
    tree: dict[str, Any],
    overlays: Sequence[Document],
    origins: Origins | None = None,
    errors: list[SpecError] | None = None,
) -> dict[str, Any]:
    """The tree after all actions of all overlays, as a new tree.

    origins: is told what each overlay writes. OverlayError names file and line; SeveralErrors where several actions
    can't be performed. errors: gets what is wrong, in place of an error, so that a caller can look for more.
    """
    made: dict[str, Any] = copied(tree)
    tree_of = _Changing(made, origins or Origins(), _size(made))
    found: list[SpecError] = [] if errors is None else errors
    for overlay in overlays:
        with gathered(found):
            for index, action in enumerate(_actions(overlay)):
                with gathered(found):
                    tree_of.perform(overlay, index, action)
                if tree_of.nodes > MAX_NODES:
                    raise_all(found)
            try:
                check_bounds(made, overlay.name)
            except DocumentError as error:
                _refuse(f"After this overlay: {error.what}", partial(overlay.where, "#"), "Update smaller parts.")
    if errors is None:
        raise_all(found)
    return made


@dataclass
class _Changing:
    """A tree that actions change. nodes: how many it has at most."""

    tree: dict[str, Any]
    origins: Origins
    nodes: int

    def perform(self, overlay: Document, index: int, action: Mapping[str, Any]) -> None:
        where = partial(_place, overlay, index)
        _check_action(action, where)
        found = _matches(self.tree, action["target"], where)
        if action.get("remove"):
            self._remove(found, where)
            return
        self.nodes += len(found) * _size(action["update"])
        if self.nodes > MAX_NODES:
            _refuse(f"This makes the document larger than {MAX_NODES} nodes.", where, "Target fewer places.")
        for path in found:
            self._update(path, action["update"], where, partial(self.origins.write, overlay=overlay), index)

    def _update(
        self, path: Steps, update: Any, where: Callable[[], str], write: Callable[..., None], index: int
    ) -> None:
        node, pointer = _at(self.tree, path), f"/actions/{index}/update"
        if isinstance(node, list):
            write((*path, len(node)), pointer=pointer)
            node.append(copied(update))
        elif not isinstance(node, dict):
            _refuse(
                "The target is neither an object nor an array.",
                where,
                "Target the object that holds it, and update that member.",
            )
        elif not isinstance(update, dict):
            _refuse("The target is an object, the update is none.", where, "Give an object as the update.")
        else:
            _merge(node, copied(update), lambda steps, own: write((*path, *steps), pointer=pointer + pointer_of(own)))

    def _remove(self, found: list[Steps], where: Callable[[], str]) -> None:
        if () in found:
            _refuse("The whole document can't be removed.", where, "Target a part of it.")
        # From the last item to the first, and the inner before the outer: no removal moves what is still to go.
        for path in sorted(found, key=lambda steps: (len(steps), _last_index(steps)), reverse=True):
            parent = _at(self.tree, path[:-1])
            del parent[path[-1]]
            self.origins.remove(path)


def _place(overlay: Document, index: int) -> str:
    return overlay.where(f"#/actions/{index}")


def _refuse(what: str, where: Callable[[], str], fix: str) -> NoReturn:
    raise OverlayError(what, where=where(), fix=fix)


def _actions(overlay: Document) -> list[Mapping[str, Any]]:
    tree = overlay.tree
    version = tree.get("overlay")
    if version not in VERSIONS:
        written = "no `overlay` member" if version is None else f"`overlay: {version}`"
        _refuse(
            f"There is {written} here.", partial(overlay.where, "#/overlay"), f"Write one of: {', '.join(VERSIONS)}."
        )
    _known(tree, _TOP, partial(overlay.where, "#"))
    info = tree.get("info")
    if not isinstance(info, dict) or not all(isinstance(info.get(name), str) for name in ("title", "version")):
        _refuse("`info` needs a `title` and a `version`, both texts.", partial(overlay.where, "#/info"), "Add them.")
    actions = tree.get("actions")
    if not isinstance(actions, list) or not actions:
        _refuse("`actions` must be a list with at least one action.", partial(overlay.where, "#/actions"), "Add one.")
    return actions


def _check_action(action: Any, where: Callable[[], str]) -> None:
    if not isinstance(action, dict):
        _refuse("An action must be an object.", where, "Give it a `target` and an `update` or `remove: true`.")
    _known(action, _ACTION, where)
    if not isinstance(action.get("target"), str):
        _refuse("The action has no `target`.", where, "Add a JSONPath such as \"$.paths['/threads'].post\".")
    if not isinstance(action.get("remove", False), bool):
        _refuse("`remove` is true or false.", where, "Correct it.")
    if "update" not in action and not action.get("remove"):
        _refuse("The action neither updates nor removes.", where, "Add `update`, or `remove: true`.")


def _known(members: Mapping[str, Any], known: frozenset[str], where: Callable[[], str]) -> None:
    for name in members:
        if name not in known and not name.startswith("x-"):
            _refuse(f"The member {name!r} is not known here.", where, nearest(name, known))


def _matches(tree: Any, target: str, where: Callable[[], str]) -> list[Steps]:
    try:
        found = [tuple(match.parts) for match in jsonpath.finditer(target, tree, strict=True)]
    except RecursionError:
        _refuse(f"The target {target[:60]!r} is nested too deep.", where, "Write a simpler one.")
    except jsonpath.JSONPathError as error:
        reason = str(error).splitlines()[0]
        _refuse(f"The target {target!r} is no RFC 9535 JSONPath: {reason}.", where, "Correct the target.")
    if not found:
        _refuse(f"The target {target!r} matches nothing.", where, _hint(tree, target))
    return list(dict.fromkeys(found))


def _hint(tree: Any, target: str) -> str:
    """The nearest path of the document where the target names one that does not exist."""
    paths = tree.get("paths")
    start = target.find("['/")
    if isinstance(paths, dict) and start >= 0:
        name = target[start + 2 :].partition("']")[0]
        if name not in paths and len(paths) < 2000:
            close = nearest(name, paths)
            return close if close.startswith("Did you mean") else "No such path is in the document."
    return "Check each step of it against the document; earlier actions count."


def _size(value: Any) -> int:
    nodes = 0
    waiting = [value]
    while waiting:
        node = waiting.pop()
        nodes += 1
        if isinstance(node, dict | list):
            waiting.extend(node.values() if isinstance(node, dict) else node)
    return nodes


def _at(tree: Any, steps: Steps) -> Any:
    node = tree
    for step in steps:
        node = node[step]
    return node


def _last_index(steps: Steps) -> int:
    last = steps[-1]
    return last if isinstance(last, int) else -1


def _merge(node: dict[str, Any], update: dict[str, Any], write: Callable[[Steps, Steps], None]) -> None:
    """write: is told what is set: where below the node, and where below the update it was written."""
    waiting: list[tuple[dict[str, Any], dict[str, Any], Steps]] = [(node, update, ())]
    while waiting:
        below, above, steps = waiting.pop()
        for name, value in above.items():
            present, at = below.get(name), (*steps, name)
            if isinstance(present, dict) and isinstance(value, dict):
                waiting.append((present, value, at))
            elif isinstance(present, list) and isinstance(value, list):
                for index in range(len(value)):
                    write((*at, len(present) + index), (*at, index))
                present.extend(value)
            else:
                write(at, at)
                below[name] = value
