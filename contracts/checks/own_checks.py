"""Checks of a project: found in modules that it names, and asked like those of threadmock."""

import importlib
import importlib.util
import sys
import sysconfig
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from threadmock.contracts.checks.check import Check, CheckFailed
from threadmock.contracts.checks.checked_exchange import CheckedExchange, CheckResult, problems
from threadmock.contracts.options import mention
from threadmock.contracts.settings import UsageError
from threadmock.specs.text import shorten

_OURS = str(Path(__file__).resolve().parents[1])
FAILED = "A check of your own failed"
_FIX = "Name a module that can be imported, or the path of a .py file."


def load_checks(modules: Iterable[str], taken: Collection[str]) -> tuple[Check, ...]:
    """The checks of these modules, in the order in which the modules hold them; each is loaded once.

    modules: names that can be imported, or paths of .py files. taken: names that no check of them may have.

    UsageError where one can't be loaded, holds no check, or has a name that is taken.
    """
    found: dict[str, Check] = {}
    for name in dict.fromkeys(modules):
        own = list(_checks_of(_module(name)))
        if not own:
            raise UsageError(
                f"There is no check in {name}.", fix="Put `@threadmock.contracts.check(…)` before a function."
            )
        for check in own:
            if check.name in taken:
                raise UsageError(
                    f"threadmock has a check {check.name!r} already.", where=name, fix="Choose another name."
                )
            known = found.get(check.name)
            if known is not None and known is not check:
                raise UsageError(f"The name of the check {check.name!r} in {name} is taken.", fix="Choose another one.")
            found[check.name] = check
    return tuple(replace(check, applies=_applies(check), run=_run(check)) for check in found.values())


def _checks_of(module: ModuleType) -> Iterator[Check]:
    yield from dict.fromkeys(value for value in vars(module).values() if isinstance(value, Check))


def _module(name: str) -> ModuleType:
    if (not name.strip() or name.startswith(".")) and not _is_path(name):
        raise UsageError(f"{mention('checks_from')} names no module: {name!r}.", fix=_FIX)
    try:
        return _from_file(Path(name)) if _is_path(name) else importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not _is_path(name) and error.name and (name == error.name or name.startswith(f"{error.name}.")):
            file = f"{name}.py"
            fix = f"Did you mean {file!r}?" if Path(file).is_file() else _FIX
            raise UsageError(f"There is no module {name!r}.", fix=fix) from None
        raise _broken(name, error) from None
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a module of somebody else does while it is loaded
        raise _broken(name, error) from None


def _is_path(name: str) -> bool:
    return name.endswith(".py") or "/" in name or "\\" in name


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"There is no file {str(path)!r}.", fix=_FIX)
    spec = importlib.util.spec_from_file_location(f"threadmock_checks_of_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{str(path)!r} is no Python file.", fix=_FIX)
    module = importlib.util.module_from_spec(spec)
    # dataclasses, among others, look for the module of a class there
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _broken(name: str, error: Exception) -> UsageError:
    where = f"{error.filename}, line {error.lineno}" if isinstance(error, SyntaxError) else _place(error)
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return UsageError(f"{name} can't be imported: {type(error).__name__}: {text}", where=where)


def _place(error: Exception) -> str:
    """File and line of a project's code where something was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if not _is_ours(each.filename) and "importlib" not in each.filename]
    # what a project calls may break further inside, in a library
    chosen = next((each for each in reversed(own) if not _is_library(each.filename)), own[-1] if own else None)
    return f"{chosen.filename}, line {chosen.lineno}" if chosen else ""


def _is_ours(file: str) -> bool:
    # an installed package may be reached by a link
    return file.startswith("<") or str(Path(file).resolve()).startswith(_OURS)


def _is_library(file: str) -> bool:
    return "site-packages" in file or file.startswith(sysconfig.get_path("stdlib"))


def _run(check: Check) -> Callable[[CheckedExchange], CheckResult]:
    def run(exchange: CheckedExchange) -> CheckResult:
        try:
            return list(problems(check.run(exchange)))
        except Exception as error:
            raise _failed(check, error) from error

    return run


def _applies(check: Check) -> Callable[[CheckedExchange], str]:
    def applies(exchange: CheckedExchange) -> str:
        try:
            reason = check.applies(exchange)
        except Exception as error:
            raise _failed(check, error) from error
        if not isinstance(reason, str):
            raise CheckFailed(f"{FAILED}: {check.name} says that it applies by {reason!r}, which is no text")
        return reason

    return applies


def _failed(check: Check, error: Exception) -> CheckFailed:
    text = f"{type(error).__name__}: {shorten(str(error), 500)} ({_place(error)})"
    return CheckFailed(f"{FAILED}: {check.name} raised {text}")
