"""Options of a run on the command line, made of the one table of them."""

from collections.abc import Callable
from typing import Any

import click
from threadmock.contracts.options import OPTIONS, Option


def run_options(*names: str) -> Callable[[Any], Any]:
    """A decorator that gives a command the options of these names, or all of them."""

    def decorate(command: Any) -> Any:
        for option in reversed(OPTIONS):
            if not names or option.name in names:
                command = click.option(option.flag, option.name, **_attributes(option))(command)
        return command

    return decorate


def _attributes(option: Option) -> dict[str, Any]:
    if option.kind is bool:
        return {"is_flag": True, "help": option.help}
    kind = click.Choice(option.choices) if option.choices else option.kind if option.kind in (int, float) else str
    more = {"metavar": option.metavar} if option.metavar else {}
    return {"type": kind, "multiple": option.repeatable, "help": option.help, **more}
