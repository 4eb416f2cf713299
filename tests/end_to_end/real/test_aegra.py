"""The suite on an agent server that others wrote: what departs is in a table, and nobody else's thread is touched."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aegra_server import serving_aegra
from departures import holds_what_the_table_has, load_departures
from support.foreign_threads import all_threads, make_foreign
from support.verification import verify
from threadmock.specs.loader import load

pytestmark = [pytest.mark.real, pytest.mark.slow]

BOUNDS = ("--seed", "7", "--max-requests", "60", "--max-examples", "10")


@pytest.fixture
def aegra(tmp_path: Path) -> Iterator[str]:
    """The address of a fresh server."""
    with serving_aegra(tmp_path) as url:
        yield url


def test_what_departs_is_in_the_table_and_foreign_threads_stay_as_they_are(aegra: str, tmp_path: Path) -> None:
    table = load_departures(Path(__file__).with_name("departures_aegra.yaml"))
    operations = [o.operation_id for o in load("langsmith").operations if o.operation_id not in table.not_selected]
    before = make_foreign(aegra)
    done = verify(aegra, tmp_path / "report", "langsmith", operations, *BOUNDS, "--agent", "echo", "--allow-runs", "60")
    holds_what_the_table_has(done.report, table)
    assert set(done.untested()) - table.untested.keys() == set()
    assert all_threads(aegra) == before
