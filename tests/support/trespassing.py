"""The command line with one scenario more: it deletes a thing that the run did not make."""

import sys
from typing import Any

from threadmock.contracts import scenarios
from threadmock.contracts.cases.case import Case, build_request
from threadmock.contracts.cli.main import main as real_main
from threadmock.contracts.scenarios.scenario import Scenario
from threadmock.specs.members import ABSENT

THEIRS = "22222222-2222-4222-8222-222222222222"


def _trespass(context: Any, operation: Any) -> Any:
    delete = next(each for each in context.contract.operations if each.method == "DELETE")
    request = build_request(delete, path_values={"thread_id": THEIRS})
    context.send(Case(delete, request, "valid", "somebody else's", "scenario", ABSENT, standing="there"))
    yield from ()


def main() -> None:
    """Plant it, then run."""
    planted = Scenario("trespass", "nothing", "", lambda *_: "", _trespass, 1)
    scenarios.scenarios["trespass"] = planted  # type: ignore[index]
    sys.exit(real_main())
