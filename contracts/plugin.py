"""The pytest plugin: options, one item per operation and phase, and the only place where a finding becomes a failure.

pytest loads this module in every project where threadmock is installed. So it imports nothing of ours until one of our
options is used.
"""

import importlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from threadmock.contracts.engine.run import Run
    from threadmock.contracts.fixture import Mock, Mocks
    from threadmock.contracts.target.ledger_file import LedgerFile
    from threadmock.contracts.transport.shared import WorkerPlace

FINDINGS = "threadmock"
_FOLDER = Path(__file__).resolve().parent
_SUITE = _FOLDER / "suite" / "test_contract.py"
_TEST = "test_contract"
_FIXTURE = "contract_item"
_run_key: "pytest.StashKey[Run]" = pytest.StashKey()
_shared_key: pytest.StashKey[Path] = pytest.StashKey()
_SHARED, _SETTINGS = "threadmock_shared", "threadmock_settings"
_MARKERS = (
    "contract(operation, phase, kind): an item of the contract suite, such as -m \"contract(phase='paging')\"",
    "contract_coverage: an item of the contract suite that tries every documented limit",
    "contract_scenario: an item of the contract suite that takes several exchanges",
    "contract_exploration: an item of the contract suite whose requests are drawn",
    "threadmock(providers, layer, script, speed, data, auth, seed, faults): what the fixture threadmock serves",
)
_INI: Sequence[tuple[str, Any, str]] = (
    ("providers", "args", "Names, files or folders; all built-in ones where it is left out."),
    ("layer", "string", "documented (the default) or observed."),
    ("script", "string", "What agents say: a name or a file."),
    ("speed", "string", "What the delays of scripts are multiplied by (0)."),
    ("data", "string", "What it begins with: a name or a file."),
    ("auth", "string", "off, present (the default) or one token."),
    ("seed", "string", "Same seed, same ids and texts (0)."),
    ("faults", "args", "Planted deviations."),
)

_single: Sequence[tuple[str, str, type, str]] = (
    ("--contract-provider", "provider", str, "Run the suite on this provider: a built-in name, a file or a folder."),
    ("--contract-target", "target", str, "URL of a deployment; without it, the mock in this process."),
    ("--contract-as", "layer", str, "Layer: documented or observed."),
    ("--contract-ca-file", "ca_file", str, "PEM file of the authorities to trust instead of the system's."),
    ("--contract-max-examples", "max_examples", int, "Examples that Hypothesis draws per operation (100)."),
    ("--contract-max-requests", "max_requests", int, "Exchanges per operation at most (500)."),
    ("--contract-max-time", "max_time", float, "Seconds for the whole run at most."),
    ("--contract-allow-runs", "allow_runs", int, "Requests to a target that may start a run, at most (0)."),
    ("--contract-rate", "rate", float, "Requests to a target a second, at most."),
    ("--contract-settle", "settle", float, "Seconds that a write on a target may take to show (0)."),
    ("--contract-ledger", "ledger", str, "File that tells what is made on a target; else one of our own choice."),
    ("--contract-seed", "seed", int, "Same seed, same cases; random, and told, where it is left out."),
    ("--contract-report", "report", str, "Folder to write report.json and junit.xml to."),
)
_repeatable: Sequence[tuple[str, str, str]] = (
    ("--contract-overlay", "overlays", "One more overlay."),
    ("--contract-operations", "operations", "Operation ids, 'METHOD /path' or tags, comma-separated."),
    ("--contract-checks", "checks", "Only these checks, comma-separated."),
    ("--contract-exclude-checks", "exclude_checks", "All but these checks, comma-separated."),
    ("--contract-header", "headers", "'Name: value' to send with every request."),
    ("--contract-header-env", "header_env", "'Name=VARIABLE': a header with its value from the environment."),
    ("--contract-header-command", "header_command", "'Name=command …': a header with a command's first line as value."),
    ("--contract-fault", "faults", "Plant this fault in the mock in process."),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register our options."""
    group = parser.getgroup("threadmock", "threadmock: contract suite for thread APIs")
    for option, name, kind, text in _single:
        group.addoption(option, dest=f"contract_{name}", type=kind, default=None, help=text)
    for option, name, text in _repeatable:
        group.addoption(option, dest=f"contract_{name}", action="append", default=None, help=text)
    for name, kind, text in _INI:
        parser.addini(f"threadmock_{name}", f"Of the fixture threadmock. {text}", type=kind, default=None)
    writes = "Allow a target that is not this machine to be written to."
    group.addoption("--contract-allow-writes", dest="contract_allow_writes", action="store_true", help=writes)
    keep = "Leave what is made on a target."
    group.addoption("--contract-keep", dest="contract_keep", action="store_true", help=keep)
    group.addoption("--contract-verify", dest="contract_verify", action="store_true", help="(set by threadmock verify)")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and read the settings where a provider is named."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if config.option.contract_provider is None:
        return
    from threadmock.contracts.engine.run import prepare  # noqa: PLC0415 - see above
    from threadmock.contracts.settings import read_settings  # noqa: PLC0415
    from threadmock.contracts.target import ledger_session  # noqa: PLC0415
    from threadmock.contracts.transport.errors import Unreachable  # noqa: PLC0415
    from threadmock.specs.errors import SpecError  # noqa: PLC0415

    names = [name for _, name, _, _ in _single] + [name for _, name, _ in _repeatable] + ["allow_writes", "keep"]
    worker = hasattr(config, "workerinput")
    try:
        given = {name: getattr(config.option, f"contract_{name}") for name in names}
        settings = read_settings(given | getattr(config, "workerinput", {}).get(_SETTINGS, {}))
        ledger, head = None, list[str]()
        if settings.target and not config.option.collectonly:
            path = settings.ledger if worker and settings.ledger else ledger_session.start(settings)
            ledger = ledger_session.join(path)
        run = prepare(settings, ledger=ledger, at=_place(config))
        if not (worker or config.option.collectonly):
            head = list(_head(run, ledger))
    except SpecError as error:
        raise pytest.UsageError(str(error)) from None
    except Unreachable as error:
        pytest.exit(f"The target is unreachable: {error}", returncode=3)
    config.stash[_run_key] = run
    if not worker:
        controller = _Controller(config, run, head, ledger.path if ledger else None)
        config.pluginmanager.register(controller, "threadmock-controller")


def _head(run: "Run", ledger: "LedgerFile | None") -> Iterator[str]:
    """Who answers, where it is noted what is made, and what of that will stay. Unreachable where nobody answers."""
    from threadmock.contracts.engine.dry_run import lasting  # noqa: PLC0415
    from threadmock.contracts.target.target_info import identity  # noqa: PLC0415 - only a run on a deployment needs it

    run.target.probe()
    if run.settings.target and ledger is not None:
        yield from identity(run.contract, run.target, run.settings.target)
        yield f"Ledger: {ledger.path}"
        yield from lasting(run)


def _place(config: pytest.Config) -> "WorkerPlace":
    """How many processes share the run, the number of this one, and their folder."""
    from threadmock.contracts.transport.shared import WorkerPlace  # noqa: PLC0415 - see above

    given, folder = getattr(config, "workerinput", None), _shared_folder(config)
    if given is None:
        return WorkerPlace(folder=folder)
    number = int("".join(filter(str.isdigit, given["workerid"])) or 0)
    return WorkerPlace(int(given["workercount"]), number, folder, alone=True)


def _shared_folder(config: pytest.Config) -> Path:
    """The folder of what all processes of the run share: made by the first, told to the others."""
    if hasattr(config, "workerinput"):
        return Path(config.workerinput[_SHARED])
    from threadmock.contracts.transport.shared import new_folder  # noqa: PLC0415 - see above

    config.stash[_shared_key] = new_folder()
    return config.stash[_shared_key]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the shared folder is."""
    folder = node.config.stash.get(_shared_key, None)
    if folder is not None:
        node.workerinput[_SHARED] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back the target's connections, and the shared folder."""
    run = config.stash.get(_run_key, None)
    if run is not None:
        run.target.close()
    folder = config.stash.get(_shared_key, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


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
        if self.config.stash.get(_run_key, None) is None:
            raise self.CollectError("Name what to test: --contract-provider PROVIDER, FILE or FOLDER.")
        return importlib.import_module("threadmock.contracts.suite.test_contract")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make the items."""
    if _FIXTURE in metafunc.fixturenames and metafunc.definition.path == _SUITE:
        items = [_item(slug, phase) for slug, phase in metafunc.config.stash[_run_key].items()]
        metafunc.parametrize(_FIXTURE, items, indirect=True)


def _item(slug: str, phase: str) -> Any:
    """An item with what `-m` chooses it by."""
    kind = phase if phase in ("coverage", "exploration") else "scenario"
    marks = [pytest.mark.contract(operation=slug, phase=phase, kind=kind), getattr(pytest.mark, f"contract_{kind}")]
    return pytest.param((slug, phase), marks=marks, id=f"{slug}-{phase}")


@pytest.fixture(scope="session")
def threadmock_serve(request: pytest.FixtureRequest) -> "Iterator[Mocks]":
    """Starts mocks: `threadmock_serve(providers=…, script=…, data=…)`. Each is stopped at the end of the session.

    One process for each set of options, in each worker of pytest-xdist; what is not said comes from the ini file.
    """
    from threadmock.contracts.fixture import Mocks, from_ini  # noqa: PLC0415 - see above

    mocks = Mocks(from_ini({name: request.config.getini(f"threadmock_{name}") for name, _, _ in _INI}))
    yield mocks
    mocks.stop()


@pytest.fixture
def threadmock(request: pytest.FixtureRequest, threadmock_serve: "Mocks") -> "Mock":
    """A mock in a process of its own, empty and at its seed: `threadmock.url`, `.reset(seed=…)`, `.seed`.

    Options are in the ini file (`threadmock_providers`, …) or in the marker `threadmock(providers=…)`.
    """
    marker = request.node.get_closest_marker("threadmock")
    if marker is not None and marker.args:
        pytest.fail("The marker threadmock takes its options by name: threadmock(providers=[…]).", pytrace=False)
    try:
        mock = threadmock_serve(**(marker.kwargs if marker else {}))
    except Exception as error:  # noqa: BLE001 - told without the inside of ours
        pytest.fail(str(error), pytrace=False)
    mock.reset()
    return mock


@pytest.fixture
def contract_item(request: pytest.FixtureRequest) -> Callable[[], None]:
    """What one item does: perform its phase, hand the outcome on with the report, fail where there are failures."""
    run = request.config.stash[_run_key]
    slug, phase = request.param

    def perform() -> None:
        outcome = run.perform(slug, phase)
        request.node.user_properties.append((FINDINGS, outcome.dump()))
        if outcome.gone or outcome.crash:
            pytest.fail(outcome.gone or f"threadmock failed: {outcome.crash}", pytrace=False)
        if outcome.failures:
            from threadmock.contracts.reporting.text_report import describe  # noqa: PLC0415 - only where it is needed

            pytest.fail("\n\n".join(describe(*found) for found in outcome.findings), pytrace=False)

    return perform


class _Controller:
    """Gathers what the items brought to light, wherever they ran, and tells of it."""

    def __init__(self, config: pytest.Config, run: "Run", head: Sequence[str], ledger: Path | None) -> None:
        from threadmock.contracts.engine.summary import Summary  # noqa: PLC0415 - see above

        self._config = config
        self._run = run
        self._summary = Summary(run)
        self._head = head
        self._ledger = ledger
        self._is_verify: bool = config.option.contract_verify

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a process of pytest-xdist what all share: every one draws from one seed, and writes to one ledger."""
        ledger = {"ledger": str(self._ledger.resolve())} if self._ledger else {}
        node.workerinput[_SETTINGS] = {"seed": self._summary.settings.seed, **ledger}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """Say first where all this goes."""
        for line in self._head:
            self._write(line)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the outcome of an item."""
        from threadmock.contracts.engine.outcome import read_outcome  # noqa: PLC0415 - see above
        from threadmock.contracts.reporting.text_report import progress  # noqa: PLC0415

        if report.when != "call" and report.passed:
            return
        found = [text for name, text in report.user_properties if name == FINDINGS and report.when == "call"]
        for text in found:
            outcome = read_outcome(str(text))
            self._summary.gather(outcome)
            if outcome.crash:
                self._summary.crashes.append(f"{outcome.operation} {outcome.phase}: {outcome.crash}")
            self._write_own(progress(outcome))
        if report.failed and not found and f"::{_TEST}[" in report.nodeid:
            self._summary.crashes.append(f"{report.nodeid.rpartition('::')[2]}\n{report.longreprtext}")

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Under verify our own lines tell of progress: no letters between them."""
        if not self._is_verify or report.when != "call" or report.skipped:
            return None
        return report.outcome, "", ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what keeps the suite from being collected."""
        if report.failed and self._is_verify:
            self._summary.crashes.append(report.longreprtext)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Clean up, set the exit status and write the report: after the processes of pytest-xdist have ended."""
        from threadmock.contracts.reporting.report_folder import write_report  # noqa: PLC0415

        if int(exitstatus) != pytest.ExitCode.INTERRUPTED:
            self._repeat()
        stopped = self._clean_up()
        status = self._summary.status(int(exitstatus))
        if self._is_verify or (status != 0 and int(exitstatus) == 0):
            session.exitstatus = status
        write_report(self._summary, status)
        if stopped:
            raise stopped

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write table and findings."""
        from threadmock.contracts.reporting.text_report import lines  # noqa: PLC0415

        if not self._is_verify:
            terminalreporter.section("threadmock")
        for line in lines(self._summary):
            terminalreporter.write_line(line)

    def _write_own(self, line: str) -> None:
        if self._is_verify:
            self._write(line)

    def _write(self, line: str) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.write_line(line)

    def _repeat(self) -> None:
        """Send what was found once more, where that is for a deployment or to be kept."""
        summary, settings = self._summary, self._run.settings
        if (settings.target or settings.report) and summary.findings and not summary.gone:
            from threadmock.contracts.engine.confirmation import repeat  # noqa: PLC0415 - see above

            self._write("Sending each finding once more. Ctrl-C skips that.")
            try:
                summary.mark(repeat(self._run, [finding for finding, _ in summary.findings]))
            except KeyboardInterrupt:
                pass
            except Exception as error:  # noqa: BLE001 - what was made has to be removed, whatever broke
                summary.crashes.append(f"sending findings once more: {type(error).__name__}: {error}")

    def _clean_up(self) -> KeyboardInterrupt | None:
        """Remove what was made on the target, and note what is to be said of that; the interrupt that stopped it."""
        from threadmock.contracts.target import ledger_session  # noqa: PLC0415 - see above

        run, path = self._run, self._ledger
        if path is None:
            return None
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


class _Result:
    status: int | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.status = int(session.exitstatus)


def run_suite(arguments: Sequence[str]) -> int:
    """Run pytest on the suite with these further arguments, in this process; the exit status of verify."""
    result = _Result()
    code = int(pytest.main([*_own_arguments(), *arguments], plugins=[result]))
    if result.status is not None:
        return result.status
    return {4: 2, 2: 130}.get(code, 3 if code == 3 else 4)


def _own_arguments() -> list[str]:
    place = ["-p", "threadmock", "-c", str(_SUITE.parent / "pytest.ini"), "--rootdir", str(_SUITE.parent), str(_SUITE)]
    return [*place, "-qq", "--no-header", "--tb=no", "-rN", "--assert=plain", "--contract-verify"]
