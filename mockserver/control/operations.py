"""The operations that a caller of the control interface names: `POST /threads`, or an operation id."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from threadmock.mockserver.control.bodies import ControlError, text
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.specs.contract import Operation
from threadmock.specs.errors import nearest


def find_operation(gateway: Gateway, asked: Mapping[str, Any]) -> tuple[str, Operation]:
    """The provider and the operation that `operation`, and perhaps `provider`, name.

    ControlError where there is none, or several providers have it.
    """
    name = text(asked["operation"], "operation")
    chosen = find_provider(gateway, asked["provider"]) if "provider" in asked else None
    found = {mount: operation for mount, operation, names in _named(gateway, chosen) if name in names}
    if not found:
        raise _unknown(name, {each for _, _, names in _named(gateway, chosen) for each in names})
    if len(found) > 1:
        what = f"{', '.join(found)} have an operation {name!r}."
        raise ControlError(what, where="operation", fix="Say which in `provider`.")
    return next(iter(found.items()))


def check_operation(gateway: Gateway, named: Any, provider: str | None = None) -> str:
    """The name of an operation that any of the providers has. ControlError."""
    name = text(named, "operation")
    known = {each for _, _, names in _named(gateway, provider) for each in names}
    if name not in known:
        raise _unknown(name, known)
    return name


def names_of(operation: Operation) -> tuple[str, ...]:
    """The names by which an operation may be asked for."""
    return tuple(name for name in (str(operation), operation.operation_id, operation.slug) if name)


def find_provider(gateway: Gateway, named: Any) -> str:
    """The name of a provider that is served. ControlError for any other."""
    name, known = text(named, "provider"), [mount.contract.name for mount in gateway.mounts]
    if name not in known:
        raise ControlError(f"No provider {name[:100]!r} is served.", where="provider", fix=nearest(name, known))
    return name


def _named(gateway: Gateway, provider: str | None) -> Iterator[tuple[str, Operation, tuple[str, ...]]]:
    for mount in gateway.mounts:
        if provider in (None, mount.contract.name):
            for operation in mount.contract.operations:
                yield mount.contract.name, operation, names_of(operation)


def _unknown(name: str, known: Iterable[str]) -> ControlError:
    fix = f"{nearest(name, known)} Write `METHOD /path` as the document has it, or an operation id."
    return ControlError(f"No operation is named {name[:100]!r}.", where="operation", fix=fix)
