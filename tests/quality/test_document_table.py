"""The ordinary documents of the tests: what is inferred is what people who read them say."""

import pytest
from document_table import documents, rows

NOT_YET = {"services/rails_blog": 1}
"""Operations of which something else is inferred: the tags that articles have."""


@pytest.mark.parametrize("path", documents(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_operations_do_what_readers_of_the_document_expect(path):
    name, operations, stateful, right, _ = next(rows([path], verifying=False))
    assert operations - right == NOT_YET.get(name, 0)
    assert 0 < stateful <= operations
