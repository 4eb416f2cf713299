"""Kinds of documents, one file each below `tests/data/kinds`: the mock of each has nothing that the suite could find."""

from pathlib import Path

import pytest
from support.paths import DATA
from threadmock.contracts import verify
from threadmock.specs.loader import load

KINDS = sorted((DATA / "kinds").iterdir())


@pytest.mark.parametrize("path", KINDS, ids=[path.stem for path in KINDS])
def test_the_mock_of_a_kind_of_document_has_no_finding(path: Path) -> None:
    contract = load(path)
    assert contract.left_out == ()
    assert [each for each in contract.operations if each.unanswerable] == []
    report = verify(path, seed=7, max_examples=2, max_requests=25)
    assert report.failures == (), str(report)
    assert [each.operation for each in report.operations if each.untested or not each.exchanges] == []
