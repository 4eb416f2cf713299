"""One valid value of a schema, found by Hypothesis where no plain guess fits."""

from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample, Unsatisfiable
from threadmock.contracts.cases.drawn.objects import values
from threadmock.specs.errors import SchemaError
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker


def find_value(schema: Schema, pointer: str) -> Any:
    """The simplest valid value that was drawn, the same each time. pointer: where the document has the schema.

    SchemaError where none was found.
    """
    quiet = settings(
        database=None, derandomize=True, max_examples=200, deadline=None,
        phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    try:
        return find(values(schema), checker(schema).accepted, settings=quiet)
    except (NoSuchExample, Unsatisfiable):
        raise SchemaError(
            "no value was found that this schema takes.",
            where=pointer,
            fix="Add an example to the document, or leave the operation out.",
        ) from None
