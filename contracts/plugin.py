"""The pytest plugin: options, one item per operation and phase, and the only place where a finding becomes a failure.

pytest loads this module in every project where threadmock is installed. So it imports nothing of ours until one of our
options is used.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from threadmock.contracts.engine.opening import OpenRun
    from threadmock.contracts.fixture import MockProcess, MockProcesses
    from threadmock.contracts.reporting.progress import Progress
    from threadmock.contracts.suite.session import Verification
    from threadmock.contracts.transport.shared import WorkerPlace

FINDINGS = "threadmock"
_FOLDER = Path(__file__).resolve().parent
_SUITE = _FOLDER / "suite" / "test_contract.py"
_TEST = "test_contract"
_FIXTURE = "contract_item"
_SILENCED = 2
"""So many `-q` does `verify` give to pytest."""
_NOTHING_DONE = (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED)
_open_key: "pytest.StashKey[OpenRun]" = pytest.StashKey()
_SHARED, _SETTINGS = "threadmock_shared", "threadmock_settings"
_MARKERS = (
    "contract(operation, phase, kind): an item of the contract suite, such as -m \"contract(phase='paging')\"",
    "contract_coverage: an item of the contract suite that tries every documented limit",
    "contract_scenario: an item of the contract suite that takes several exchanges",
    "contract_exploration: an item of the contract suite whose requests are drawn",
    "threadmock(providers, layer, script, speed, data, auth, seed, faults, clock): what the fixture threadmock serves",
)
_INI: Sequence[tuple[str, Any, str]] = (
    ("providers", "args", "Names, files or folders; all built-in ones where it is left out."),
    ("overlays", "args", "Overlays of the one document that is named, in order."),
    ("layer", "string", "documented (the default) or observed."),
    ("script", "string", "What agents say: a name or a file."),
    ("speed", "string", "What the delays of scripts are multiplied by (0)."),
    ("data", "string", "What it begins with: a name or a file."),
    ("auth", "string", "off, present (the default) or one token."),
    ("seed", "string", "Same seed, same ids and texts (0)."),
    ("faults", "args", "Planted deviations."),
    ("clock", "string", "The moment at which the clock stands still, such as 2026-01-31T09:00:00Z."),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register our options."""
    from threadmock.contracts.options import OPTIONS  # noqa: PLC0415 - the one module of ours that every session loads

    group = parser.getgroup("threadmock", "threadmock: contract suite for thread APIs")
    provider = "Run the suite on this provider: a built-in name, a file or a folder."
    group.addoption("--contract-provider", dest="contract_provider", default=None, help=provider)
    for option in (each for each in OPTIONS if not each.interface):
        more: dict[str, Any] = {"metavar": option.metavar or None, "type": option.kind, "default": None}
        if option.kind is bool:
            more = {"action": "store_true"}
        elif option.repeatable:
            more |= {"action": "append"}
        elif option.choices:
            more |= {"choices": option.choices, "metavar": None}
        flag = option.flag.replace("--", "--contract-", 1)
        group.addoption(flag, dest=f"contract_{option.name}", help=option.help, **more)
    for name, kind, text in _INI:
        parser.addini(f"threadmock_{name}", f"Of the fixture threadmock. {text}", type=kind, default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and open the run where a provider is named, or `verify` has opened one."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    verification = _verification(config)
    opened = verification.opened if verification else _opened(config)
    if opened is None:
        return
    from threadmock.contracts.engine.interrupts import handle_like_ctrl_c  # noqa: PLC0415 - see above

    config.stash[_open_key] = opened
    config.add_cleanup(handle_like_ctrl_c())
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Controller(config, opened, verification), "threadmock-controller")


def _opened(config: pytest.Config) -> "OpenRun | None":
    """The run that the options, or the controller of pytest-xdist, ask for; None where they ask for none."""
    given = getattr(config, "workerinput", {}).get(_SETTINGS)
    if given is None and config.option.contract_provider is None:
        return None
    from threadmock.contracts.engine.opening import open_run  # noqa: PLC0415 - only where the suite is asked for
    from threadmock.contracts.options import OPTIONS  # noqa: PLC0415
    from threadmock.contracts.settings import read_settings, shown_in_flags  # noqa: PLC0415
    from threadmock.contracts.transport.errors import Unreachable, WrongTarget  # noqa: PLC0415
    from threadmock.specs.errors import SpecError  # noqa: PLC0415

    if given is None:
        names = ["provider", *(option.name for option in OPTIONS if not option.interface)]
        given = {name: getattr(config.option, f"contract_{name}") for name in names}
    try:
        return open_run(read_settings(given), _place(config), send=not config.option.collectonly)
    except SpecError as error:
        raise pytest.UsageError(shown_in_flags(error, "--contract-")) from None
    except Unreachable as error:
        what = "The wrong target" if isinstance(error, WrongTarget) else "The target is unreachable"
        pytest.exit(f"{what}: {error}", returncode=3)


def _place(config: pytest.Config) -> "WorkerPlace":
    """How many processes share the run, the number of this one, and their folder."""
    from threadmock.contracts.transport.shared import WorkerPlace, new_folder  # noqa: PLC0415 - see above

    given = getattr(config, "workerinput", None)
    if given is None:
        return WorkerPlace(folder=new_folder())
    number = int("".join(filter(str.isdigit, given["workerid"])) or 0)
    return WorkerPlace(int(given["workercount"]), number, Path(given[_SHARED]), alone=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the run, where no `verify` does it."""
    opened = config.stash.get(_open_key, None)
    if opened is not None and _verification(config) is None:
        opened.close()


def _verification(config: pytest.Config) -> "Verification | None":
    """What `verify` handed to its own session; None in any other session."""
    loaded = sys.modules.get("threadmock.contracts.suite.session")  # by `verify` alone
    kind: type[Verification] | None = getattr(loaded, "Verification", None)
    return next((each for each in config.pluginmanager.get_plugins() if kind and isinstance(each, kind)), None)


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect our folders as plain ones: pytest would import the packages as `contracts`, which may be taken."""
    if path == _FOLDER or _FOLDER in path.parents:
        return pytest.Dir.from_parent(parent, path=path)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Collect our one test file under its true name."""
    return _Suite.from_parent(parent, path=module_path) if module_path == _SUITE else None


class _Suite(pytest.Module):
    def _getobj(self) -> Any:
        if self.config.stash.get(_open_key, None) is None:
            raise self.CollectError("Name what to test: --contract-provider PROVIDER, FILE or FOLDER.")
        return importlib.import_module("threadmock.contracts.suite.test_contract")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make the items."""
    if _FIXTURE in metafunc.fixturenames and metafunc.definition.path == _SUITE:
        items = [_item(slug, phase) for slug, phase in metafunc.config.stash[_open_key].run.items()]
        metafunc.parametrize(_FIXTURE, items, indirect=True)


def _item(slug: str, phase: str) -> Any:
    """An item with what `-m` chooses it by."""
    kind = phase if phase in ("coverage", "exploration") else "scenario"
    marks = [pytest.mark.contract(operation=slug, phase=phase, kind=kind), getattr(pytest.mark, f"contract_{kind}")]
    return pytest.param((slug, phase), marks=marks, id=f"{slug}-{phase}")


@pytest.fixture(scope="session")
def threadmock_serve(request: pytest.FixtureRequest) -> "Iterator[MockProcesses]":
    """Starts mocks: `threadmock_serve(providers=…, script=…, data=…)`. Each is stopped at the end of the session.

    One process for each set of options, in each worker of pytest-xdist; what is not said comes from the ini file.
    """
    from threadmock.contracts.fixture import MockProcesses, from_ini  # noqa: PLC0415 - see above

    mocks = MockProcesses(from_ini({name: request.config.getini(f"threadmock_{name}") for name, _, _ in _INI}))
    yield mocks
    mocks.stop()


@pytest.fixture
def threadmock(request: pytest.FixtureRequest, threadmock_serve: "MockProcesses") -> "MockProcess":
    """A mock in a process of its own, empty, at its seed and settings: `threadmock.url`, `.reset(seed=…)`, `.seed`.

    `.settings(…)`, `.next(…)` and `.expect(…)` steer it and ask what came.

    Options are in the ini file (`threadmock_providers`, …) or in the marker `threadmock(providers=…)`.
    """
    marker = request.node.get_closest_marker("threadmock")
    if marker is not None and marker.args:
        pytest.fail("The marker threadmock takes its options by name: threadmock(providers=[…]).", pytrace=False)
    try:
        mock = threadmock_serve(**(marker.kwargs if marker else {}))
    except Exception as error:  # noqa: BLE001 - reported without our traceback
        pytest.fail(str(error), pytrace=False)
    mock.reset(settings=True)
    return mock


@pytest.fixture
def contract_item(request: pytest.FixtureRequest) -> Callable[[], None]:
    """What one item does: perform its phase, hand the outcome on with the report, fail where there are failures."""
    run = request.config.stash[_open_key].run
    slug, phase = request.param

    def perform() -> None:
        outcome = run.perform(slug, phase)
        request.node.user_properties.append((FINDINGS, outcome.dump()))
        if outcome.gone or outcome.crash:
            from threadmock.contracts.checks.own_checks import FAILED  # noqa: PLC0415 - only where it is needed

            crash = outcome.crash if outcome.crash.startswith(FAILED) else f"threadmock failed: {outcome.crash}"
            pytest.fail(outcome.gone or crash, pytrace=False)
        if outcome.failures:
            from threadmock.contracts.engine.causes import gather  # noqa: PLC0415 - only where it is needed
            from threadmock.contracts.reporting.finding_text import describe, names_of  # noqa: PLC0415

            names = names_of(run.known_checks, run.contract)
            texts = ("\n".join(describe(cause, names)) for cause in gather(outcome.findings))
            pytest.fail("\n\n".join(texts), pytrace=False)

    return perform


def _width(config: pytest.Config) -> int:
    """The columns of the terminal; 100 where the output goes to a file."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not (reporter.isatty or "COLUMNS" in os.environ):
        return 100
    return min(max(int(config.get_terminal_writer().fullwidth), 60), 140)


class _Controller:
    """Gathers what the items brought to light, wherever they ran, and reports it."""

    def __init__(self, config: pytest.Config, opened: "OpenRun", verification: "Verification | None") -> None:
        from threadmock.contracts.engine.summary import Summary  # noqa: PLC0415 - see above

        self._config = config
        self._opened = opened
        self._verification = verification
        self._summary = Summary(opened.run)
        self._progress: Progress | None = None
        self._repeated = False

    @property
    def _shown(self) -> "Progress":
        """The lines of progress; made when the first item has ended, as the terminal is known then."""
        from threadmock.contracts.reporting.progress import Progress  # noqa: PLC0415 - see above

        if self._progress is None:
            self._progress = Progress(self._opened.run, self._verbosity, _width(self._config))
        return self._progress

    @property
    def _verbosity(self) -> int:
        """How much is told: -1, 0 or 1. `verify` silences pytest's own lines, and adds what its user says."""
        given: int = self._config.option.verbose
        if self._verification:
            return max(-1, min(given + _SILENCED, 1))
        return 1 if given > 0 else -1 if given < -1 else 0

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand the settings to a process of pytest-xdist: all draw from one seed, and write to one ledger."""
        settings, ledger = self._opened.run.settings.plain(), self._opened.ledger
        node.workerinput[_SETTINGS] = (
            settings
            | {"agent": self._opened.run.agent.name or None}
            | ({"ledger": str(ledger.path.resolve())} if ledger else {})
        )
        node.workerinput[_SHARED] = str(self._opened.place.folder)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """Say first where all this goes."""
        for line in self._opened.head:
            self._write(line)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the outcome of an item."""
        from threadmock.contracts.engine.outcome import read_outcome  # noqa: PLC0415 - see above

        if report.when != "call" and report.passed:
            return
        found = [text for name, text in report.user_properties if name == FINDINGS and report.when == "call"]
        for text in found:
            outcome = read_outcome(str(text))
            self._summary.gather(outcome)
            if outcome.crash:
                self._summary.crashes.append(f"{outcome.operation} {outcome.phase}: {outcome.crash}")
            if self._verification:
                for line in self._shown.add(outcome):
                    self._write(line)
        if report.failed and not found and f"::{_TEST}[" in report.nodeid:
            self._summary.crashes.append(f"{report.nodeid.rpartition('::')[2]}\n{report.longreprtext}")

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Under verify our own lines show the progress: no letters between them."""
        if self._verification is None or report.when != "call" or report.skipped:
            return None
        return report.outcome, "", ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what keeps the suite from being collected."""
        if report.failed and self._verification:
            self._summary.crashes.append(report.longreprtext)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Clean up, set the exit status and write the report: after the processes of pytest-xdist have ended."""
        from threadmock.contracts.reporting.report_folder import write_report  # noqa: PLC0415

        interrupted = int(exitstatus) == pytest.ExitCode.INTERRUPTED
        for line in self._progress.rest() if self._progress else ():
            self._write(line)
        if not interrupted:
            self._repeat()
        stopped = self._clean_up()
        self._summary.end()
        if self._verification and exitstatus in _NOTHING_DONE and not self._summary.crashes and not stopped:
            self._verification.performed = False
            return
        status = self._summary.status(int(exitstatus))
        if self._verification or (status != 0 and int(exitstatus) == 0):
            session.exitstatus = status
        document = write_report(self._summary, status)
        if self._verification:
            self._verification.end(self._summary, document, interrupted=interrupted)
        if stopped:
            raise stopped

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write table and findings."""
        from threadmock.contracts.reporting.text_report import lines  # noqa: PLC0415

        if self._verification and not self._verification.performed:
            return
        if self._verification is None:
            terminalreporter.section("threadmock")
        for line in lines(self._summary, self._verbosity, _width(self._config)):
            terminalreporter.write_line(line)

    def _write(self, line: str) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.write_line(line)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Send findings once more before scenarios after which the target may not be the same."""
        slug, _, phase = nodeid.rpartition("[")[2].removesuffix("]").rpartition("-")
        run = self._opened.run
        if f"::{_TEST}[" not in nodeid or self._repeated or self._config.pluginmanager.hasplugin("dsession"):
            return
        if any(each.slug == slug and phase in run.apart(each, "last") for each in run.operations):
            self._repeated = True
            self._repeat()

    def _repeat(self) -> None:
        """Send what was found once more, where that is for a deployment or to be kept."""
        run, summary = self._opened.run, self._summary
        found = [cause.finding for cause in summary.causes if not cause.finding.repeated]
        if (run.settings.target or run.settings.report) and found and not summary.gone:
            from threadmock.contracts.engine.confirmation import repeat  # noqa: PLC0415 - see above

            self._write("Sending each finding once more. Ctrl-C skips that.")
            try:
                summary.mark(repeat(run, found))
            except KeyboardInterrupt:
                pass
            except Exception as error:  # noqa: BLE001 - what was created has to be removed, whatever broke
                summary.crashes.append(f"sending findings once more: {type(error).__name__}: {error}")

    def _clean_up(self) -> KeyboardInterrupt | None:
        """Remove what was created on the target, and note how that went; the interrupt that stopped it."""
        from threadmock.contracts.target import ledger_session  # noqa: PLC0415 - see above

        run, ledger = self._opened.run, self._opened.ledger
        if ledger is None:
            return None
        path = ledger.path
        try:
            if not run.settings.keep:
                self._write(f"Cleaning up. Ctrl-C stops at once and leaves the rest to: threadmock cleanup {path}")
            cleaning = ledger_session.finish(run.settings, run.contract, run.target, path)
        except KeyboardInterrupt as interrupt:
            self._write(f"Stopped. What was made is still there: threadmock cleanup {path}")
            return interrupt
        tidied = ledger_session.tidy(run.settings, path)
        self._summary.cleaned = list(ledger_session.closing(run.settings, path, cleaning, tidied=tidied))
        return None
