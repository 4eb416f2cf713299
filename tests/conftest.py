"""Fixtures: a gateway with an injected clock, a client of either door, a served process."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from support.clients import DOORS, Client, make_gateway
from support.paths import DATA, ROOT
from support.processes import Serving, start
from threadmock.specs.loader import LAYERS

# Derandomised, so that a run of the same code is the same run; the shared machine sets no deadline.
settings.register_profile(
    "threadmock", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("threadmock")
# Each process that began in a folder of its own would make Hypothesis's tables of characters anew, for seconds.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))


def pytest_collection_finish() -> None:
    """See `settle`."""
    settle()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """See `settle`, at the end of each module."""
    if nextitem is None or nextitem.path != item.path:
        settle()


def settle() -> None:
    """Collect garbage, and look at what is left no more.

    With all that the modules before have left in caches, each full collection takes longer than many tests.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Ledgers of runs that tests start stay out of the user's own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def data() -> Path:
    """The folder of documents and facts that tests read."""
    return DATA


@pytest.fixture(params=LAYERS)
def layer(request: pytest.FixtureRequest) -> str:
    """Each of the two layers of a provider."""
    return str(request.param)


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """Each of the two ways into the mock."""
    return str(request.param)


@pytest.fixture
def client(door: str) -> Callable[..., Client]:
    """Makes a client of a fresh gateway: `client("name", prefix=…, auth=…)`."""

    def make(*sources: Any, prefix: str = "", **rest: Any) -> Client:
        return Client(make_gateway(*sources, **rest), door, prefix)

    return make


@pytest.fixture
def serving() -> Iterator[Callable[..., Serving]]:
    """Starts `python -m threadmock.mockserver` and waits for its first line; everything started is ended."""
    started: list[Serving] = []

    def begin(*arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Serving:
        started.append(start(*arguments, env=env, cwd=cwd))
        started[-1].wait_until_listening()
        return started[-1]

    yield begin
    for serving in started:
        serving.end()
