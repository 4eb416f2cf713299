"""The scenarios of requests that servers are known to fail on."""

from threadmock.contracts.scenarios.robustness import hostile_values, readable
from threadmock.contracts.scenarios.scenario import Scenario

ROBUSTNESS = (
    Scenario(
        "readable",
        "what an accepted request made or changed can be read and listed afterwards",
        "RFC 9110, 15.6",
        readable.keeps,
        readable.run_readable,
        readable.MOST,
        weight="data",
        headline="what was accepted can't be shown any more",
        apart=lambda _: "first",
    ),
    Scenario(
        "hostile_values",
        "no value in any place of a request makes the server fail",
        "RFC 9110, 15.6",
        hostile_values.takes_values,
        hostile_values.run_hostile_values,
        hostile_values.MOST,
        weight="status",
        headline="a hostile value makes the server fail",
        apart=hostile_values.when,
    ),
)
