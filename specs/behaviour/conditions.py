"""What a condition of `refuse` asks of a value: one reading for the half that obeys and the half that asks."""

from collections.abc import Callable, Mapping
from typing import Any

from threadmock.specs.schemas.schedules import is_schedule, is_time_zone

_TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "object": (dict,),
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
}

_FORMS: Mapping[str, Callable[[str], bool]] = {"cron": is_schedule, "time-zone": is_time_zone}


def asks_of_store(wanted: Any) -> tuple[str, ...]:
    """`RESOURCE.MEMBER`, each, where a condition asks that no stored thing hold the value in any of these; else ()."""
    if not isinstance(wanted, Mapping) or set(wanted) != {"unknown"}:
        return ()
    named = wanted["unknown"]
    return tuple(map(str, named)) if isinstance(named, list | tuple) else (str(named),)


def agrees(found: Any, wanted: Any, *, there: bool) -> bool:
    """Whether a value is what a condition wants: an object of one word, such as {present: …}, or an equal literal.

    there: False where there is no value; a null is one, but is not present, and nothing empty is filled.
    """
    if isinstance(wanted, Mapping) and set(wanted) == {"filled"}:
        return (there and found not in (None, {}, [], "")) is bool(wanted["filled"])
    if isinstance(wanted, Mapping) and set(wanted) == {"present"}:
        return (there and found is not None) is bool(wanted["present"])
    if isinstance(wanted, Mapping) and set(wanted) == {"ill_formed"}:
        check = _FORMS.get(wanted["ill_formed"])
        return there and isinstance(found, str) and check is not None and not check(found)
    if isinstance(wanted, Mapping) and set(wanted) == {"type"}:
        known = _TYPES.get(wanted["type"], ())
        return there and isinstance(found, known) and (bool in known or not isinstance(found, bool))
    if not there:
        return False
    return bool(found == wanted) and (type(found) is type(wanted) or not isinstance(wanted, bool))
