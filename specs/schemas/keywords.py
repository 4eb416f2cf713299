"""The schema keywords of OpenAPI 3.0 and 3.1, and how each is carried into JSON Schema 2020-12.

Sources: OpenAPI 3.0.3, 4.7.24 (Schema Object); OpenAPI 3.1.0, 4.8.24; JSON Schema 2020-12 core and validation.
"""

from collections.abc import Mapping
from typing import Literal

Kind = Literal["schema", "list", "map", "assertion", "annotation", "special", "dropped", "reference", "unread"]

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

NO_TYPES = {
    "file": "it is of Swagger 2.0; anything is taken there",
    "any": "anything is taken there; leave the keyword out",
}
"""Words for a type that generators write, and how they are read."""


def _table(**kinds: str) -> dict[str, Kind]:
    return {keyword: kind for kind, keywords in kinds.items() for keyword in keywords.split()}  # type: ignore[misc]


_SHARED = _table(
    schema="additionalProperties items not",
    list="allOf anyOf oneOf",
    map="properties",
    assertion="type enum multipleOf maximum minimum exclusiveMaximum exclusiveMinimum maxLength minLength pattern "
    "maxItems minItems uniqueItems maxProperties minProperties required format",
    annotation="title description default deprecated readOnly writeOnly example xml externalDocs discriminator",
    special="$ref",
)

KEYWORDS: Mapping[str, Mapping[str, Kind]] = {
    "3.0": {**_SHARED, **_table(special="nullable")},
    "3.1": {
        **_SHARED,
        **_table(
            schema="contains if then else propertyNames unevaluatedItems unevaluatedProperties contentSchema",
            list="prefixItems",
            map="patternProperties dependentSchemas",
            assertion="const minContains maxContains dependentRequired",
            annotation="examples contentMediaType contentEncoding $comment",
            # References into these are followed by pointer; they assert nothing where they stand.
            dropped="$defs definitions $anchor $dynamicAnchor $schema",
            reference="$dynamicRef $recursiveRef",
            unread="$id $recursiveAnchor $vocabulary",
        ),
    },
}

# Words of JSON Schema that OpenAPI 3.0 does not have: carried along, they would be asserted by the engines.
NOT_IN_3_0 = frozenset(
    keyword for keyword, kind in KEYWORDS["3.1"].items() if kind != "annotation" and keyword not in KEYWORDS["3.0"]
) | {"dependencies"}

UNREAD: Mapping[str, str] = {
    "$id": "references below it are read as if it were not there",
    "$recursiveAnchor": "it is of an earlier draft of JSON Schema",
    "$vocabulary": "it belongs in a meta-schema",
}

DIALECTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://spec.openapis.org/oas/3.1/dialect/",
    "https://spec.openapis.org/oas/3.1/schema-base",
)

IN_PLACE_LISTS = ("allOf", "anyOf", "oneOf")
IN_PLACE_SCHEMAS = ("not", "if", "then", "else")


def is_our_dialect(name: object) -> bool:
    """Whether a `$schema` or `jsonSchemaDialect` names JSON Schema 2020-12 or OpenAPI 3.1's own dialect."""
    return isinstance(name, str) and name.removesuffix("#").startswith(DIALECTS)
