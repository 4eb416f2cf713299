"""Settings: all that one verify run was asked for, in one frozen record."""

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadmock.specs import loader
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.errors import SpecError, UnknownName

MAX_EXAMPLES = 100
MAX_REQUESTS = 500


class UsageError(SpecError):
    """The run can't be done as it was asked for."""


@dataclass(frozen=True)
class Settings:
    """One run.

    provider: name, file or folder. target: URL, None for the mock in process. operations, checks, exclude_checks: as
    given; empty for all. headers and header_env: options as given. max_requests: per operation; max_time: seconds for
    the whole run, None for no limit. allow_runs: requests that may start a run, in the whole run; None: none on a
    target, any number on the mock. seed: always known, so that it can be told. report: a folder. rate: requests a
    second. settle: seconds before a write shows. ledger: a file, None for one of our own choice. keep: what is made
    is left. dry_run: nothing is sent.
    """

    provider: str
    target: str | None = None
    layer: str = "documented"
    overlays: tuple[Path, ...] = ()
    operations: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    exclude_checks: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    header_env: tuple[str, ...] = ()
    header_command: tuple[str, ...] = ()
    ca_file: str | None = None
    max_examples: int = MAX_EXAMPLES
    max_requests: int = MAX_REQUESTS
    max_time: float | None = None
    seed: int = 0
    report: Path | None = None
    allow_writes: bool = False
    allow_runs: int | None = None
    faults: tuple[str, ...] = ()
    rate: float | None = None
    settle: float = 0.0
    ledger: Path | None = None
    keep: bool = False
    dry_run: bool = False

    def contract(self) -> Contract:
        """The contract that the run is about. SpecError where it can't be used."""
        return loader.load(self.provider, layer=self.layer, overlays=self.overlays)


def read_settings(options: Mapping[str, Any]) -> Settings:
    """Settings from options by field name; what is None or missing gets its default, the seed a random one.

    UsageError where a value or a combination can't be.
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name in (
        "overlays",
        "operations",
        "checks",
        "exclude_checks",
        "headers",
        "header_env",
        "header_command",
        "faults",
    ):
        given[name] = tuple(given.get(name, ()))
    for name in ("checks", "exclude_checks"):
        given[name] = tuple(part.strip() for text in given[name] for part in text.split(",") if part.strip())
    given["overlays"] = tuple(Path(path) for path in given["overlays"])
    for name in ("report", "ledger"):
        if name in given:
            given[name] = Path(given[name])
    given.setdefault("seed", random.SystemRandom().getrandbits(32))
    settings = Settings(**given)
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    for name, least in (("max_examples", 1), ("max_requests", 1), ("seed", 0)):
        if getattr(settings, name) < least:
            raise UsageError(f"--{name.replace('_', '-')} must be {least} or more.")
    if settings.allow_runs is not None and settings.allow_runs < 0:
        raise UsageError("--allow-runs must be 0 or more.")
    if settings.max_time is not None and not settings.max_time > 0:
        raise UsageError("--max-time must be more than 0 seconds.")
    if settings.rate is not None and not settings.rate > 0:
        raise UsageError("--rate must be more than 0 requests a second.")
    if not 0 <= settings.settle < math.inf:
        raise UsageError("--settle must be 0 seconds or more.")
    if settings.target is not None and settings.faults:
        raise UsageError("Faults are planted in the mock in process only.", fix="Leave out --fault or --target.")
    if settings.target is None:
        only = ("headers", "header_env", "header_command", "ca_file", "rate", "settle", "ledger", "keep")
        useless = [name for name in only if getattr(settings, name)]
        if useless:
            option = {"headers": "header"}.get(useless[0], useless[0]).replace("_", "-")
            raise UsageError(f"--{option} is for a deployment.", fix="Add --target URL.")
    if settings.report is not None and settings.report.exists() and not settings.report.is_dir():
        raise UsageError("--report names a file.", where=str(settings.report), fix="Name a folder.")


def chosen_operations(contract: Contract, names: Iterable[str]) -> tuple[Operation, ...]:
    """The operations that are named by id, slug, `METHOD /path` or tag, comma-separated; all where none is named.

    UnknownName, with the nearest, where one names nothing.
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
                raise UnknownName("operation", name, by_name)
            chosen |= dict.fromkeys(found)
    return tuple(operation for operation in contract.operations if operation in chosen)


def chosen_checks(settings: Settings, known: Iterable[str]) -> frozenset[str]:
    """The names of the checks and scenarios that count. UnknownName, with the nearest, where one names nothing."""
    names = frozenset(known)
    for name in (*settings.checks, *settings.exclude_checks):
        if name not in names:
            raise UnknownName("check", name, names)
    chosen = (frozenset(settings.checks) or names) - frozenset(settings.exclude_checks)
    if not chosen:
        raise UsageError("No check is left.", fix="Exclude fewer, or name others with --checks.")
    return chosen
