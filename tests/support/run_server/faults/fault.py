"""What a fault is, and how one is put into a correct server."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from support.run_server.http import Answer, Request


@dataclass(frozen=True)
class Fault:
    """One deviation. says: what the server does wrong. plant: puts it in. operations: which of them show it."""

    form: str
    name: str
    says: str
    plant: Callable[[Any], None]
    operations: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its name among all."""
        return f"{self.form.split()[0]}-{self.name}"


def wrap(thing: Any, name: str, instead: Callable[..., Any]) -> None:
    """Have a method of one object done by another function, which gets the method first."""
    setattr(thing, name, partial(instead, getattr(thing, name)))


def reroute(
    server: Any, method: str, path: str, instead: Callable[[Callable[[Request], Answer], Request], Answer]
) -> None:
    """Have a request answered by another function, which gets what answers it first."""
    at = next(at for at, (known, template, _) in enumerate(server.routes) if (known, template) == (method, path))
    server.routes[at] = method, path, partial(instead, server.routes[at][2])


def changes(**members: Any) -> Callable[[Any], None]:
    """A fault that answers other values of these members; method: which makes what is shown."""
    return partial(_change, **members)


def _change(server: Any, *, method: str, members: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    wrap(server, method, lambda shown, *given: (made := shown(*given)) | members(made))
