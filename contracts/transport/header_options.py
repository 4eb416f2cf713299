"""Headers that a user gives: as they are, from the environment, or from a command; and what of them is secret."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping

from threadmock.contracts.options import mention
from threadmock.contracts.transport.credentials import PUBLIC, alter, credential_slots
from threadmock.contracts.transport.redaction import Masking
from threadmock.contracts.transport.urls import TargetError
from threadmock.specs.contract import Contract

_HEADER = f"Write {mention('headers', 'Name: value')}."
_FROM_ENVIRONMENT = f"Write {mention('header_env', 'Name=VARIABLE')}."
_FROM_COMMAND = f"Write {mention('header_command', 'Name=command …')}."
COMMAND_SECONDS = 30.0


def secrets_of(contract: Contract, given: Mapping[str, str]) -> Masking:
    """A masking of all values given: good, altered, cut short, in other case. Headers that are never secret stay."""
    named = {place.name.lower() for operation in contract.operations for place in credential_slots(operation, given)}
    secret = [value for name, value in given.items() if name not in PUBLIC or name in named]
    crumbs = [part.partition("=")[2] for part in given.get("cookie", "").split(";")]
    values = [value for value in (*secret, *crumbs) if value.strip()]
    hidden = frozenset(name for name in given if name not in PUBLIC or name in named) | {"authorization", "cookie"}
    broken = [spoilt for value in values for spoilt in (value[:-1], _swapped(value))]
    return Masking((*values, *map(alter, values), *broken), hidden if values else frozenset())


def _swapped(value: str) -> str:
    head, blank, token = value.rpartition(" ")
    return head + blank + token.swapcase()


def read_headers(
    headers: Iterable[str],
    from_environment: Iterable[str],
    environ: Mapping[str, str] | None = None,
    *,
    commands: Iterable[str] = (),
    seconds: float = COMMAND_SECONDS,
) -> dict[str, str]:
    """Lower-case header name to value, of `Name: value`, `Name=VARIABLE` and `Name=command …` options.

    seconds: that a command may take. TargetError where one can't be read; the message holds no value.
    """
    environ = os.environ if environ is None else environ
    made: dict[str, str] = {}
    for text in headers:
        name, colon, value = text.partition(":")
        if not colon:
            raise TargetError("A header has no colon.", fix=_HEADER)
        made[_header_name(name)] = _header_value(name, value)
    for text in from_environment:
        name, equals, variable = text.partition("=")
        if not equals or not variable:
            raise TargetError("A header from the environment has no '='.", fix=_FROM_ENVIRONMENT)
        if variable not in environ:
            raise TargetError(f"The environment has no variable {variable!r}.", fix=f"Set it, for {name!r}.")
        made[_header_name(name)] = _header_value(name, environ[variable])
    for text in commands:
        name, equals, command = text.partition("=")
        if not equals or not command.strip():
            raise TargetError("A header from a command has no '='.", fix=_FROM_COMMAND)
        made[_header_name(name)] = _header_value(name, _output_of(name, command, seconds))
    return made


def _output_of(name: str, command: str, seconds: float) -> str:
    """The first line that a command writes. It runs without a shell; what it says is never shown."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise TargetError(f"The command for {name!r} can't be read: {error}.") from None
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False)  # noqa: S603 - it is the user's own
    except subprocess.TimeoutExpired:
        raise TargetError(f"The command for {name!r} took longer than {seconds:g} seconds.") from None
    except OSError as error:
        raise TargetError(f"The command for {name!r} can't be run: {error.strerror}.") from None
    if done.returncode:
        raise TargetError(f"The command for {name!r} ended with status {done.returncode}; its output is not shown.")
    lines = done.stdout.decode("latin-1").splitlines()
    if not lines or not lines[0].strip():
        raise TargetError(f"The command for {name!r} wrote nothing.")
    return lines[0].strip()


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name.strip()):
        raise TargetError("A header's name holds characters that no name can.", fix=_HEADER)
    return name.strip().lower()


def _header_value(name: str, value: str) -> str:
    if not re.fullmatch("[\t\x20-\x7e\x80-\xff]*", value.strip(" \t")):
        raise TargetError(f"The value of the header {name.strip()!r} holds characters that no header can carry.")
    return value.strip(" \t")
