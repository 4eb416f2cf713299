"""The base paths below which a document says that it is served (OpenAPI 3.1.0, 4.8.5 and 4.8.6: Server Object)."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from threadmock.specs.operations.path_templates import names_in, renamed

_MOST = 50


def base_paths(tree: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths of all `servers`, of the document, its paths and its operations; the longest first, without "/".

    A variable stands for its default and each value that it lists.
    """
    found = dict.fromkeys(base for server in _servers(tree) for base in _bases(server))
    return tuple(sorted(found, key=lambda base: (-len(base), base)))[:_MOST]


def _servers(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    paths = tree.get("paths")
    items = [item for item in paths.values() if isinstance(item, Mapping)] if isinstance(paths, Mapping) else []
    operations = [each for item in items for each in item.values() if isinstance(each, Mapping)]
    for holder in (tree, *items, *operations):
        listed = holder.get("servers")
        yield from (each for each in listed if isinstance(each, Mapping)) if isinstance(listed, list) else ()


def _bases(server: Mapping[str, Any]) -> Iterator[str]:
    url = server.get("url")
    variables = server.get("variables")
    if not isinstance(url, str):
        return
    declared = variables if isinstance(variables, Mapping) else {}
    names = list(dict.fromkeys(names_in(url)))
    choices = [_values(declared.get(name)) for name in names]
    for values in itertools.islice(itertools.product(*choices), _MOST):
        filled = dict(zip(names, values, strict=True))
        try:
            path = urlsplit(renamed(url, filled.__getitem__)).path
        except ValueError:
            continue
        steps = [step for step in unquote(path).split("/") if step not in ("", ".", "..")]
        if steps:
            yield "/" + "/".join(steps)


def _values(variable: Any) -> list[str]:
    """The default of a variable, then the values that it lists."""
    if not isinstance(variable, Mapping):
        return [""]
    listed = variable.get("enum")
    values = [variable.get("default", ""), *(listed if isinstance(listed, list) else ())]
    return list(dict.fromkeys(str(value) for value in values))
