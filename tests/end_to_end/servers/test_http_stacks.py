"""A correct thread server is correct whatever stack carries its bytes: no finding, nothing left, nobody else's thread touched."""

from pathlib import Path

import pytest
from http_stacks import STACKS, serving
from support.foreign_threads import all_threads, make_foreign
from support.verification import verify

pytestmark = [pytest.mark.real, pytest.mark.slow]

OPERATIONS = (
    "POST /threads", "POST /threads/search", "POST /threads/count", "GET /threads/{thread_id}", "PATCH /threads/{thread_id}",
    "DELETE /threads/{thread_id}",
)  # fmt: skip
BOUNDS = ("--max-requests", "60", "--max-examples", "10")


@pytest.mark.parametrize("name", STACKS)
def test_no_stack_makes_a_correct_server_look_wrong(name: str, tmp_path: Path) -> None:
    with serving(name, tmp_path) as url:
        before = make_foreign(url)
        done = verify(
            url, tmp_path / "report", "langsmith", OPERATIONS, *BOUNDS, "--seed", str(1 + list(STACKS).index(name))
        )
        assert done.found("failure") == []
        assert done.status == 0, done.output[-2000:]
        assert done.untested() == []
        assert sum(each["exchanges"] for each in done.report["operations"]) > 200
        assert all_threads(url) == before
