"""The settings of a run, read strictly: what was asked for, in one frozen record."""

import math
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadmock.contracts.options import OPTIONS, Option, Settings, in_flags, in_keywords, mention
from threadmock.specs.errors import SpecError, UnknownName

if TYPE_CHECKING:
    from threadmock.specs.contract import Contract, Operation


class UsageError(SpecError):
    """The run can't be done as it was asked for.

    Its texts may hold options (see `mention`): as an exception of Python it names keywords; `in_flags` names flags.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self._texts = (what, where, fix)
        super().__init__(in_keywords(what), where=in_keywords(where), fix=in_keywords(fix))

    def in_flags(self, prefix: str = "--") -> str:
        """The text as the command line has it. prefix: of its flags; pytest's begin with `--contract-`."""
        what, where, fix = (in_flags(text, prefix) for text in self._texts)
        return str(SpecError(what, where=where, fix=fix))


def shown_in_flags(error: SpecError, prefix: str = "--") -> str:
    """The text of any error, for the command line or, with its prefix, for pytest."""
    return error.in_flags(prefix) if isinstance(error, UsageError) else str(error)


def read_settings(options: Mapping[str, Any]) -> Settings:
    """Settings from options by field name; what is None or missing gets its default, the seed a random one.

    UsageError where a value or a combination can't be.
    """
    given = {name: value for name, value in options.items() if value is not None}
    known = {option.name: option for option in OPTIONS}
    for name in given.keys() - {"provider", "document"}:
        if name not in known:
            raise UnknownName("option", name, known)
        given[name] = _read(known[name], given[name])
    for name in ("checks", "exclude_checks"):
        texts = given.get(name, ())
        given[name] = tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
        if texts and not given[name]:
            raise UsageError(f"{mention(name)} names no check.", fix="Name one, or leave it out.")
    given.setdefault("seed", random.SystemRandom().getrandbits(32))
    settings = Settings(**given)
    _check(settings)
    return settings


def _read(option: Option, value: Any) -> Any:
    """The value of an option, of its type. UsageError where it has another."""
    if option.repeatable:
        items = [value] if isinstance(value, str | Path) else list(value)
        return tuple(_item(option, item) for item in items)
    return _item(option, value)


def _item(option: Option, value: Any) -> Any:
    if option.kind is Path and isinstance(value, str | Path):
        return Path(value)
    if option.kind is float and type(value) is int:
        return float(value)
    if type(value) is not option.kind:
        raise UsageError(
            f"{mention(option.name)} can't be {value!r}.", fix=f"Give a value of type {option.kind.__name__}."
        )
    return value


def _check(settings: Settings) -> None:
    for name, least in (("max_examples", 1), ("max_requests", 1), ("seed", 0)):
        if (value := getattr(settings, name)) is not None and value < least:
            raise UsageError(f"{mention(name)} must be {least} or more.")
    if settings.allow_runs is not None and settings.allow_runs < 0:
        raise UsageError(f"{mention('allow_runs')} must be 0 or more.")
    if settings.max_time is not None and not settings.max_time > 0:
        raise UsageError(f"{mention('max_time')} must be more than 0 seconds.")
    if settings.rate is not None and not settings.rate > 0:
        raise UsageError(f"{mention('rate')} must be more than 0 requests a second.")
    if not 0 <= settings.settle < math.inf:
        raise UsageError(f"{mention('settle')} must be 0 seconds or more.")
    if settings.target is not None and settings.faults:
        raise UsageError(
            "Faults are planted in the mock in process only.",
            fix=f"Leave out {mention('faults')} or {mention('target')}.",
        )
    if settings.target is None:
        only = ("headers", "header_env", "header_command", "ca_file", "rate", "settle", "ledger", "keep")
        useless = [name for name in only if getattr(settings, name)]
        if useless:
            raise UsageError(f"{mention(useless[0])} is for a deployment.", fix=f"Add {mention('target', 'URL')}.")
    if settings.report is not None and settings.report.exists() and not settings.report.is_dir():
        raise UsageError(f"{mention('report')} names a file.", where=str(settings.report), fix="Name a folder.")


def chosen_operations(contract: "Contract", names: Iterable[str]) -> "tuple[Operation, ...]":
    """The operations that are named by id, slug, `METHOD /path` or tag, comma-separated; all where none is named.

    UnknownName, with the nearest, where one names nothing; UsageError where the texts hold no name at all.
    """
    wanted = tuple(names)
    if not wanted:
        return contract.operations
    by_name: dict[str, list[Operation]] = {}
    for operation in contract.operations:
        for name in dict.fromkeys((operation.operation_id, operation.slug, str(operation), *operation.tags)):
            by_name.setdefault(name, []).append(operation)
    chosen: dict[Operation, None] = {}
    for text in wanted:
        for name in [text] if text in by_name else [part.strip() for part in text.split(",") if part.strip()]:
            method, blank, path = name.partition(" ")
            found = by_name.get(name) or by_name.get(method.upper() + blank + path.strip())
            if not found:
                _refuse_left_out(contract, name)
                raise UnknownName("operation", name, by_name)
            chosen |= dict.fromkeys(found)
    if not chosen:
        raise UsageError(f"{mention('operations')} names no operation.", fix="Name one, or leave it out for all.")
    return tuple(operation for operation in contract.operations if operation in chosen)


def _refuse_left_out(contract: "Contract", name: str) -> None:
    """UsageError where the document has an operation of that name, and a flaw leaves it out."""
    for flawed in contract.left_out:
        if name.casefold() in (str(flawed).casefold(), flawed.path.casefold()):
            raise UsageError(f"{flawed} is left out: {flawed.why}", fix="Mend the document, or choose others.")


def chosen_checks(settings: Settings, known: Iterable[str]) -> frozenset[str]:
    """The names of the checks and scenarios that count. UnknownName, with the nearest, where one names nothing."""
    names = frozenset(known)
    for name in (*settings.checks, *settings.exclude_checks):
        if name not in names:
            raise UnknownName("check", name, names, listed="threadmock checks")
    chosen = (frozenset(settings.checks) or names) - frozenset(settings.exclude_checks)
    if not chosen:
        raise UsageError("No check is left.", fix=f"Exclude fewer, or name others with {mention('checks')}.")
    return chosen
