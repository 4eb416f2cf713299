"""The public functions of the contract suite: `verify` a deployment or the mock, `replay` a saved finding.

    from threadmock.contracts import verify

    report = verify("openapi.yaml", "http://127.0.0.1:8123", operations=["POST /threads"], max_examples=20)
    assert not report.failures, str(report)

`verify` is pytest on `contracts/suite`, in this process; it may be called from a test that pytest itself runs.
"""

import contextlib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TextIO, TypedDict, Unpack

from threadmock.contracts.checks import Check
from threadmock.contracts.checks.own_checks import load_checks
from threadmock.contracts.engine.interrupts import ended_like_ctrl_c
from threadmock.contracts.engine.opening import open_run
from threadmock.contracts.engine.rerun import Reruns, told_again
from threadmock.contracts.engine.run import known_checks
from threadmock.contracts.engine.session import Session
from threadmock.contracts.options import Settings, mention
from threadmock.contracts.replays.destination import Destination, open_destination
from threadmock.contracts.replays.finding_file import read_saved
from threadmock.contracts.replays.rejudge import judged_again
from threadmock.contracts.replays.replayer import HOLDS
from threadmock.contracts.replays.replayer import replay as send_again
from threadmock.contracts.reporting.report import Report, read_report
from threadmock.contracts.reporting.text_report import lines
from threadmock.contracts.settings import UsageError, read_settings
from threadmock.contracts.suite.session import NotPerformed, Verification, run_suite
from threadmock.contracts.transport.shared import WorkerPlace, new_folder
from threadmock.specs.contract import Contract
from threadmock.specs.errors import SpecError, UnknownName
from threadmock.specs.loader import load
from threadmock.specs.text import one_line, printable

MOST_TIMES = 100
_INTERRUPTED, _NOTHING_DONE, _NOTHING_CHOSEN = 2, (0, 4), 5
"""Exit statuses of pytest."""
_ENVIRONMENT = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST")


class VerifyOptions(TypedDict, total=False):
    """The options of `verify`, named as those of `threadmock verify`; what may be repeated there takes a list here.

    `layer` is `--as` there, and `headers` takes a mapping, too.
    """

    layer: str
    overlays: Sequence[str | Path]
    ref_root: str | Path | None
    operations: Sequence[str]
    checks: Sequence[str]
    exclude_checks: Sequence[str]
    checks_from: Sequence[str | Path]
    headers: Sequence[str] | Mapping[str, str]
    header_env: Sequence[str]
    header_command: Sequence[str]
    ca_file: str | None
    max_examples: int
    max_requests: int
    max_time: float | None
    seed: int
    report: str | Path | None
    allow_writes: bool
    allow_runs: int | None
    agent: str | None
    rate: float | None
    settle: float
    ledger: str | Path | None
    keep: bool
    faults: Sequence[str]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a run. report: what was found until then; what was created on a deployment is removed."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__("the run was interrupted")


def verify(
    source: str | Path | Contract,
    target: str | None = None,
    *,
    stream: TextIO | None = None,
    pytest_arguments: Sequence[str] = (),
    **options: Unpack[VerifyOptions],
) -> Report:
    """Check that a deployment does what its documents say; without a target, the mock in this process.

    source: a built-in name, a file, a folder, or a contract that was loaded. target: URL; operations are appended to
    its path. stream: what the progress and the summary are written to; nothing is written without it.
    pytest_arguments: of the session of pytest that performs the run, such as ["-k", "coverage"]. Of the plugins that
    are installed only pytest-xdist takes part, and those that the arguments name (["-p", "NAME"]).

    SpecError where it can't be done as asked; Unreachable where nobody answers at the target; Interrupted on Ctrl-C.
    """
    with ended_like_ctrl_c():
        return _verified(_settings(source, target, options), stream, pytest_arguments)


def _verified(settings: Settings, stream: TextIO | None, pytest_arguments: Sequence[str]) -> Report:
    arguments = ["-o", f"cache_dir={cache_folder() / 'pytest'}", *pytest_arguments]
    with _own_environment():
        send = not {"--collect-only", "--co"} & set(arguments)
        opened = open_run(settings, WorkerPlace(folder=new_folder()), send=send)
        try:
            done = run_suite(opened, arguments, io.StringIO() if stream is None else stream)
        except NotPerformed as error:
            raise _reason(error, pytest_arguments) from None
        finally:
            opened.close()
    return _ended(done)


def _settings(source: str | Path | Contract, target: str | None, options: Mapping[str, Any]) -> Settings:
    _check_names(options, VerifyOptions.__annotations__)
    given = {**_plain(options), "target": target}
    if not isinstance(source, Contract):
        # a text may be a built-in name, a path never is
        provider = source if isinstance(source, str) else str(source.absolute())
        return read_settings({**given, "provider": provider})
    if options.keys() & {"layer", "overlays"}:
        raise UsageError("A contract that was loaded has its layer and overlays.", fix="Give them to `load`.")
    return read_settings({**given, **_origin(source), "document": source})


def _check_names(options: Mapping[str, Any], known: Iterable[str]) -> None:
    for name in options:
        if name not in known:
            raise UnknownName("option", name, known)


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as the settings take them: headers as texts, modules as texts."""
    given = dict(options)
    if isinstance(given.get("headers"), Mapping):
        given["headers"] = [f"{name}: {value}" for name, value in given["headers"].items()]
    if not isinstance(given.get("checks_from", ""), str):
        given["checks_from"] = [str(each) for each in given["checks_from"]]
    return given


def _origin(contract: Contract) -> dict[str, Any]:
    """From what a contract can be loaded again: by a clean-up, a replay or a process of pytest-xdist."""
    with contextlib.suppress(SpecError):
        if load(contract.name, layer=contract.layer).digest == contract.digest:
            return {"provider": contract.name, "layer": contract.layer}
    document, *overlays = contract.sources or (contract.name,)
    return {"provider": document, "layer": contract.layer, "overlays": overlays}


def _ended(done: Verification) -> Report:
    if done.summary is None or done.document is None:
        raise RuntimeError("pytest ended without a report")
    report = read_report(done.document, "\n".join(lines(done.summary)).strip())
    if done.interrupted:
        raise Interrupted(report)
    return report


def _reason(error: NotPerformed, arguments: Sequence[str]) -> BaseException:
    if error.status == _INTERRUPTED:
        return KeyboardInterrupt()
    given = " ".join(arguments)
    if error.status == _NOTHING_CHOSEN:
        return UsageError(f"pytest chose no item of the suite{f' with: {given}' if given else ''}.")
    if error.status in _NOTHING_DONE:
        why = _complaint(error.errors)
        fix = "Plugins that are installed take part only where they are named: -p NAME." if "unrecogni" in why else ""
        return UsageError(f"pytest performs nothing with these arguments: {given}{f' ({why})' if why else ''}", fix=fix)
    return RuntimeError(str(error))


def _complaint(text: str) -> str:
    """What pytest wrote, on one line, without its usage and where it looked for settings."""
    lines = (line.strip() for line in text.splitlines())
    shown = [line for line in lines if line and not line.startswith(("ERROR: usage:", "inifile:", "rootdir:"))]
    return " ".join(shown).removeprefix("pytest.main(): error: ").removeprefix("ERROR: ")


class ReplayOptions(TypedDict, total=False):
    """The options of `replay`, named as those of `threadmock replay`; see VerifyOptions."""

    checks_from: Sequence[str | Path]
    headers: Sequence[str] | Mapping[str, str]
    header_env: Sequence[str]
    header_command: Sequence[str]
    ca_file: str | None
    allow_writes: bool
    allow_runs: int | None
    settle: float
    ledger: str | Path | None
    keep: bool


@dataclass(frozen=True)
class ReplayResult:
    """What came of sending a saved finding again.

    outcome: holds: it shows again; gone: it does not; undecided: what goes before was answered otherwise, it never
    showed twice, or its check is not loaded. reason: why, in one sentence. check, operation: of the finding. notes:
    lines about what was removed again on a deployment.
    """

    outcome: Literal["holds", "gone", "undecided"]
    reason: str
    check: str
    operation: str
    notes: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """As of `threadmock replay`: 1 it holds, 0 it is gone, 5 undecided."""
        return {"holds": 1, "gone": 0, "undecided": 5}[self.outcome]

    def __str__(self) -> str:
        return printable(f"{self.outcome.upper()}: {one_line(self.reason)}")


def replay(
    file: str | Path,
    target: str | None = None,
    *,
    times: int = 1,
    stream: TextIO | None = None,
    **options: Unpack[ReplayOptions],
) -> ReplayResult:
    """Send a finding again that `verify` saved in the folder of its report, and say whether it still holds.

    target: URL; without it, where it was found: what was found on the mock is sent to a mock in this process, with the
    same faults. times: try so often, until it holds. stream: what is written to while it is sent.

    SpecError where the file or the options can't be used; Unreachable where nobody answers.
    """
    if not 1 <= times <= MOST_TIMES:
        raise UsageError(f"{mention('times')} can't be {times!r}.", fix=f"Give a number from 1 to {MOST_TIMES}.")
    _check_names(options, ReplayOptions.__annotations__)
    out = io.StringIO() if stream is None else stream
    saved = read_saved(Path(file))
    own = load_checks([str(each) for each in options.get("checks_from", ())], known_checks())
    try:
        with ended_like_ctrl_c():
            return _replayed(saved, _replay_settings(saved, target, options), times, own, out)
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        text = f"{type(error).__name__}: {error}"
        raise UsageError(
            f"This is no finding that can be sent: {text}.",
            where=str(file),
            fix=f"Name a file that {mention('report')} wrote.",
        ) from None


def _replay_settings(saved: Mapping[str, Any], target: str | None, options: Mapping[str, Any]) -> Settings:
    contract, url = saved["contract"], target or saved.get("target")
    # a mock takes no credentials of somebody, and nothing has to be removed from it
    given = _plain(options) if url else {}
    more = {"provider": contract["provider"], "layer": contract["layer"], "overlays": contract.get("overlays", ())}
    return read_settings({**given, **more, "target": url})


def _replayed(
    saved: Mapping[str, Any], settings: Settings, times: int, own: tuple[Check, ...], out: TextIO
) -> ReplayResult:
    destination = open_destination(saved, settings, times)
    notes: list[str] = []
    finding, count = saved["finding"], len(saved["steps"])
    place = f" at {finding['where']}" if finding["where"] else ""
    head = [f"{finding['check']}: {finding['operation']}{place}", f"    expected:  {finding['expected']}"]
    head += [
        f"    got then:  {finding['got']}",
        f"    sending {count} request{'s' * (count != 1)} to {destination.name}",
    ]
    for line in head:
        print(one_line(line), file=out)
    try:
        for _ in range(times):
            again = send_again(destination.saved, destination.transport, destination.given)
            outcome = judged_again(destination.saved, again, own)
            outcome = told_again(destination.saved, outcome, _reruns(destination, settings, own))
            if outcome.state == HOLDS:
                break
    finally:
        for line in destination.close():
            notes.append(line)
            print(line, file=out)
    why = destination.target.masking(outcome.why) if destination.target else outcome.why
    result = ReplayResult(outcome.state, why, finding["check"], finding["operation"], tuple(notes))
    print(result, file=out)
    return result


def _reruns(destination: Destination, settings: Settings, own: tuple[Check, ...]) -> Reruns | None:
    """What tells scenarios once more at a destination; None where their document is not at hand."""
    contract, target = destination.contract, destination.target
    if contract is None or target is None:
        return None
    seed = (destination.saved.get("item") or {}).get("seed", settings.seed)
    chosen, every = replace(settings, seed=seed), frozenset(known_checks(own))
    return Reruns(Session(chosen, contract, contract.operations, every, target, own_checks=own))


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """Without the variables by which a project, or a session of pytest around this one, steers pytest."""
    before = {name: os.environ.pop(name) for name in _ENVIRONMENT if name in os.environ}
    try:
        yield
    finally:
        for name in _ENVIRONMENT:
            os.environ.pop(name, None)
        os.environ.update(before)


def cache_folder() -> Path:
    """Where pytest and Hypothesis may keep things between runs: the user's cache folder, else a temporary one."""
    base = os.environ.get("XDG_CACHE_HOME") or (Path(os.environ["HOME"]) / ".cache" if "HOME" in os.environ else "")
    folder = Path(base) / "threadmock" if base else Path(tempfile.gettempdir()) / "threadmock-cache"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="threadmock-"))
