"""The suite: one item for each operation and phase (coverage, each scenario, exploration)."""

from collections.abc import Callable


def test_contract(contract_item: Callable[[], None]) -> None:
    """The operation answers as its documents say. Fails with all the findings of the phase."""
    contract_item()
