"""The pytest plugin: options, one item per operation and phase, and the only place where a finding becomes a failure.

pytest loads this module in every project where threadmock is installed. So it imports nothing of ours until one of our
options is used.
"""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from threadmock.contracts.run import Run
    from threadmock.contracts.summary import Summary

FINDINGS = "threadmock"
_FOLDER = Path(__file__).resolve().parent
_SUITE = _FOLDER / "suite" / "test_contract.py"
_TEST = "test_contract"
_FIXTURE = "contract_item"
_run_key: "pytest.StashKey[Run]" = pytest.StashKey()

_single: Sequence[tuple[str, str, type, str]] = (
    ("--contract-provider", "provider", str, "Run the suite on this provider: a built-in name, a file or a folder."),
    ("--contract-target", "target", str, "URL of a deployment; without it, the mock in this process."),
    ("--contract-as", "layer", str, "Layer: documented or observed."),
    ("--contract-ca-file", "ca_file", str, "PEM file of the authorities to trust instead of the system's."),
    ("--contract-max-examples", "max_examples", int, "Examples that Hypothesis draws per operation (100)."),
    ("--contract-max-requests", "max_requests", int, "Exchanges per operation at most (500)."),
    ("--contract-max-time", "max_time", float, "Seconds for the whole run at most."),
    ("--contract-allow-runs", "allow_runs", int, "Requests to a target that may start a run, at most (0)."),
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
    ("--contract-fault", "faults", "Plant this fault in the mock in process."),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register our options."""
    group = parser.getgroup("threadmock", "threadmock: contract suite for thread APIs")
    for option, name, kind, text in _single:
        group.addoption(option, dest=f"contract_{name}", type=kind, default=None, help=text)
    for option, name, text in _repeatable:
        group.addoption(option, dest=f"contract_{name}", action="append", default=None, help=text)
    writes = "Allow a target that is not this machine to be written to."
    group.addoption("--contract-allow-writes", dest="contract_allow_writes", action="store_true", help=writes)
    group.addoption("--contract-verify", dest="contract_verify", action="store_true", help="(set by threadmock verify)")


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings where a provider is named."""
    if config.option.contract_provider is None:
        return
    from threadmock.contracts.errors import Unreachable  # noqa: PLC0415
    from threadmock.contracts.run import prepare  # noqa: PLC0415 - see above
    from threadmock.contracts.settings import read_settings  # noqa: PLC0415
    from threadmock.contracts.summary import Summary  # noqa: PLC0415
    from threadmock.specs.errors import SpecError  # noqa: PLC0415

    names = [name for _, name, _, _ in _single] + [name for _, name, _ in _repeatable] + ["allow_writes"]
    worker = hasattr(config, "workerinput")
    try:
        settings = read_settings({name: getattr(config.option, f"contract_{name}") for name in names})
        # pytest-xdist hands the options on: every process must draw from one seed
        config.option.contract_seed = settings.seed
        workers, number = _place(config)
        run = prepare(settings, alone=worker, workers=workers, number=number)
        if not (worker or config.option.collectonly):
            run.target.probe()
    except SpecError as error:
        raise pytest.UsageError(str(error)) from None
    except Unreachable as error:
        pytest.exit(f"The target is unreachable: {error}", returncode=3)
    config.stash[_run_key] = run
    if not worker:
        config.pluginmanager.register(_Controller(config, Summary(run)), "threadmock-controller")


def _place(config: pytest.Config) -> tuple[int, int]:
    """How many processes share the run, and the number of this one."""
    if not hasattr(config, "workerinput"):
        return 1, 0
    given = config.workerinput
    return int(given["workercount"]), int("".join(filter(str.isdigit, given["workerid"])) or 0)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back the target's connections."""
    run = config.stash.get(_run_key, None)
    if run is not None:
        run.target.close()


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
        items = list(metafunc.config.stash[_run_key].items())
        metafunc.parametrize(_FIXTURE, items, indirect=True, ids=[f"{slug}-{phase}" for slug, phase in items])


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
            from threadmock.contracts.report import describe  # noqa: PLC0415 - only where it is needed

            pytest.fail("\n\n".join(describe(*found) for found in outcome.findings), pytrace=False)

    return perform


class _Controller:
    """Gathers what the items brought to light, wherever they ran, and tells of it."""

    def __init__(self, config: pytest.Config, summary: "Summary") -> None:
        self._config = config
        self._summary = summary
        self._mine: bool = config.option.contract_verify

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the outcome of an item."""
        from threadmock.contracts.outcome import read_outcome  # noqa: PLC0415 - see above
        from threadmock.contracts.report import progress  # noqa: PLC0415

        if report.when != "call" and report.passed:
            return
        found = [text for name, text in report.user_properties if name == FINDINGS and report.when == "call"]
        for text in found:
            outcome = read_outcome(str(text))
            self._summary.gather(outcome)
            if outcome.crash:
                self._summary.crashes.append(f"{outcome.operation} {outcome.phase}: {outcome.crash}")
            self._say(progress(outcome))
        if report.failed and not found and f"::{_TEST}[" in report.nodeid:
            self._summary.crashes.append(f"{report.nodeid.rpartition('::')[2]}\n{report.longreprtext}")

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Under verify our own lines tell of progress: no letters between them."""
        if not self._mine or report.when != "call" or report.skipped:
            return None
        return report.outcome, "", ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what keeps the suite from being collected."""
        if report.failed and self._mine:
            self._summary.crashes.append(report.longreprtext)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Set the exit status and write the report."""
        from threadmock.contracts.report_json import write_reports  # noqa: PLC0415

        status = self._summary.status(int(exitstatus))
        if self._mine or (status != 0 and int(exitstatus) == 0):
            session.exitstatus = status
        write_reports(self._summary, status)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write table and findings."""
        from threadmock.contracts.report import lines  # noqa: PLC0415

        if not self._mine:
            terminalreporter.section("threadmock")
        for line in lines(self._summary):
            terminalreporter.write_line(line)

    def _say(self, line: str) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if self._mine and terminal is not None:
            terminal.write_line(line)


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
