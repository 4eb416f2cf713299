"""The fixture `threadmock` in a user's own project: a mock in a process of its own, stopped whatever happens."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from threadmock.contracts.fixture import MockFailed, MockOptions, MockProcess, MockProcesses, read_options

QUICKER = ["-p", "no:langsmith_plugin"]  # of a client library; it takes as long to load as all of pytest
PYTEST = [sys.executable, "-m", "pytest", *QUICKER]
BARE = [str(Path(sys.executable).parent / "pytest"), *QUICKER]
PROJECT = {
    "contracts/__init__.py": "OWN = 'of the project'\n",
    "mockserver/__init__.py": "raise RuntimeError('the server must not load this')\n",
    "specs/__init__.py": "OWN = True\n",
    "pytest.ini": """
        [pytest]
        addopts = --strict-markers --strict-config
        filterwarnings = error
        pythonpath = .
        threadmock_providers = langsmith
        threadmock_seed = 7
    """,
    "tests/test_threads.py": """
        import json
        import os
        import urllib.request

        import pytest

        def create(url, body=b"{}"):
            request = urllib.request.Request(url, body, {"content-type": "application/json"})
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
                return json.load(answer)

        def test_the_own_package_is_ours():
            import contracts
            assert contracts.OWN == "of the project"

        @pytest.mark.parametrize("turn", [1, 2])
        def test_each_test_begins_empty_and_at_the_seed(threadmock, turn):
            assert threadmock.seed == 7
            assert threadmock.things() == []
            first = create(threadmock.url + "/threads")
            print("WORKER", os.environ.get("PYTEST_XDIST_WORKER", "none"), threadmock.url)
            assert len(threadmock.things()) == 1
            threadmock.reset()
            assert create(threadmock.url + "/threads")["thread_id"] == first["thread_id"]
            threadmock.reset(seed=8)
            assert threadmock.seed == 8
            assert create(threadmock.of("langsmith") + "/threads")["thread_id"] != first["thread_id"]
            assert [e["status"] for e in threadmock.exchanges()] == [200]

        def test_a_test_steers_the_mock(threadmock):
            assert threadmock.settings(script="tool", speed=0)["script"] == "tool"
            threadmock.next("POST /threads", status=503)
            with pytest.raises(Exception, match="503"):
                create(threadmock.url + "/threads")
            create(threadmock.url + "/threads", b'{"metadata": {"user": "a"}}')
            assert threadmock.expect("POST /threads", body={"metadata": {"user": "a"}}, times={"exactly": 1}) == 1
            with pytest.raises(AssertionError, match="not 'b'"):
                threadmock.expect("POST /threads", body={"metadata": {"user": "b"}})

        def test_sessions_are_apart_and_a_snapshot_is_put_back(threadmock):
            one, other = threadmock.session(), threadmock.session("other")
            first = create(one.url + "/threads")
            assert create(other.of("langsmith") + "/threads")["thread_id"] == first["thread_id"]
            one.next("POST /threads", status=503)
            create(other.url + "/threads")
            assert [len(each.exchanges()) for each in (threadmock, one, other)] == [0, 1, 2]
            taken = other.snapshot()
            following = create(other.url + "/threads")["thread_id"]
            assert taken.restore() == 2
            assert create(other.url + "/threads")["thread_id"] == following
            assert threadmock.restore(taken.document()) == 2
            with pytest.raises(Exception, match="no name of a session"):
                threadmock.session("no name")
            with threadmock.session("short") as short:
                create(short.url + "/threads")

        def test_the_one_after_it_has_the_settings_of_the_start(threadmock):
            assert threadmock.session("other").things() == threadmock.session("short").things() == []
            assert threadmock.settings()["script"] == "echo"
            create(threadmock.url + "/threads")

        @pytest.mark.threadmock(clock="2026-01-31T09:00:00Z")
        def test_the_clock_stands_still(threadmock):
            assert create(threadmock.url + "/threads")["created_at"].startswith("2026-01-31T09:00:00")

        @pytest.mark.threadmock(providers=["seekrflow"], auth="off", seed=3)
        def test_a_marker_chooses_another(threadmock):
            assert threadmock.seed == 3
            assert create(threadmock.url + "/v1/threads")

        def test_a_factory_makes_several(threadmock_serve):
            one, other = threadmock_serve(seed=1), threadmock_serve(seed=2)
            assert one.url != other.url
            assert threadmock_serve(seed=1) is one
    """,
}


def make(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))


def run(command, *arguments, cwd):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    return subprocess.run(
        [*command, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def project(tmp_path):
    make(tmp_path, PROJECT)
    return tmp_path


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two workers"])
@pytest.mark.parametrize("command", [PYTEST, BARE], ids=["python -m pytest", "pytest"])
def test_a_project_of_its_own_gets_a_mock(project, command, workers):
    done = run(command, "-q", "-rP", "-p", "no:cacheprovider", *workers, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "9 passed" in done.stdout
    urls = dict(re.findall(r"WORKER (\S+) (\S+)", done.stdout))
    assert len(set(urls.values())) == len(urls)


def test_the_fixtures_and_markers_are_in_the_lists_of_pytest(project):
    fixtures = run(PYTEST, "--fixtures", "-q", cwd=project).stdout
    assert re.search(r"^threadmock\b", fixtures, re.MULTILINE)
    assert "threadmock_serve [session scope]" in fixtures
    markers = run(PYTEST, "--markers", cwd=project).stdout
    for name in ("contract", "contract_coverage", "contract_scenario", "contract_exploration", "threadmock"):
        assert f"@pytest.mark.{name}" in markers


wrong = {
    "a word that is none": ("provider='langsmith'", "threadmock has no option 'provider'"),
    "a value that is none": ("speed='fast'", "option 'speed' can't be 'fast'"),
    "a provider that is none": ("providers=['langsmit']", "Did you mean 'langsmith'?"),
    "words without a name": ("'langsmith'", "takes its options by name"),
}


@pytest.mark.parametrize(("given", "text"), wrong.values(), ids=wrong)
def test_a_marker_that_can_not_be_meant_fails_the_test_with_the_reason(project, given, text):
    make(
        project,
        {"tests/test_threads.py": f"import pytest\n\n@pytest.mark.threadmock({given})\ndef test_it(threadmock): ...\n"},
    )
    done = run(PYTEST, "-q", cwd=project)
    assert done.returncode == 1
    assert text in done.stdout
    assert "mocking.py" not in done.stdout


def ended(pid):
    """Whether a process is gone, within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        state = Path(f"/proc/{pid}/stat")
        try:
            if state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_mock_ends_with_a_session_that_is_killed(project):
    make(
        project,
        {
            "tests/test_threads.py": """
                import os, signal

                def test_it(threadmock):
                    print("MOCK", threadmock._process.pid, flush=True)
                    os.kill(os.getpid(), signal.SIGKILL)
            """
        },
    )
    done = run(PYTEST, "-q", "-s", cwd=project)
    assert done.returncode == -signal.SIGKILL
    assert ended(int(re.search(r"MOCK (\d+)", done.stdout)[1]))


def test_a_mock_that_died_is_started_anew_for_the_next_test():
    mocks = MockProcesses({"providers": ["langsmith"]})
    try:
        first = mocks()
        first._process.kill()
        first._process.wait()
        with pytest.raises(MockFailed, match="does not answer"):
            first.reset()
        second = mocks()
        assert second is not first
        second.reset()
        assert mocks() is second
    finally:
        mocks.stop()
    assert not second.alive


def test_a_mock_that_can_not_start_says_why():
    with pytest.raises(MockFailed, match=r"status 2(.|\n)*no-such-script"):
        MockProcess(MockOptions(providers=("langsmith",), script="no-such-script"))


def test_what_a_mock_can_not_do_is_said_with_the_nearest_word():
    with MockProcess(MockOptions(providers=("langsmith",))) as mock:
        with pytest.raises(MockFailed, match="Did you mean 'status'"):
            mock.next("POST /threads", stats=503)
        with pytest.raises(MockFailed, match="Did you mean 'tool'"):
            mock.settings(script="tol")


def test_options_are_read_from_texts_and_lists():
    read = read_options({"providers": "langsmith scale", "as": "observed", "speed": "0.5", "seed": "9"})
    assert read == MockOptions(providers=("langsmith", "scale"), layer="observed", speed=0.5, seed=9)
    assert "--port=0" in read.arguments()
