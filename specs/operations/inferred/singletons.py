"""Things of which there is one: `/settings`, `/me`, `/users/{id}/profile`."""

from collections.abc import Collection, Sequence

from threadmock.specs.contract import Operation
from threadmock.specs.operations.inferred.places import shape_of, subject_of
from threadmock.specs.operations.inferred.shapes import asked, reply_schema, shown_thing
from threadmock.specs.schemas.declared import properties

_CHANGES = ("PUT", "PATCH")


def singletons_of(operations: Sequence[Operation], lists: Collection[str]) -> frozenset[Operation]:
    """The operations on things of which there is one, at a path that names none of several.

    Such a path shows an object by GET, and PUT or PATCH changes members of it. lists: shapes of paths that list things.
    """
    at: dict[str, dict[str, Operation]] = {}
    for each in operations:
        if not subject_of(each.path).key:
            at.setdefault(shape_of(each.path), {})[each.method] = each
    found = (list(methods.values()) for path, methods in at.items() if path not in lists and _is_one(methods))
    return frozenset(each for those in found for each in those)


def _is_one(methods: dict[str, Operation]) -> bool:
    shown = set(properties(shown_thing(methods["GET"]))) if "GET" in methods else set()
    changes = [methods[each] for each in _CHANGES if each in methods]
    if not shown or not changes or reply_schema(methods["GET"]) is None:
        return False
    return any(shown & set(asked(each)) for each in changes)
