"""What holds for every schema that is converted, whatever stands in it."""

import json
import string

from hypothesis import assume, given
from hypothesis import strategies as st
from support.converting import converted, dialect, takes
from threadmock.specs.errors import SchemaError, SpecError
from threadmock.specs.schemas.keywords import KEYWORDS

values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
small = st.integers(0, 3)
leaves = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "boolean", "object", "array"]),
        "minLength": small,
        "minimum": small,
        "maxItems": small,
        "maxProperties": small,
        "title": st.just("t"),
        "default": values,
        "enum": st.lists(values, min_size=1, max_size=3),
        "x-mark": values,
    },
)
schemas_3_0 = st.recursive(
    leaves,
    lambda inner: (
        leaves
        | st.fixed_dictionaries(
            {},
            optional={
                "allOf": st.lists(inner, min_size=1, max_size=2),
                "anyOf": st.lists(inner, min_size=1, max_size=2),
                "oneOf": st.lists(inner, min_size=1, max_size=2),
                "not": inner,
                "items": inner,
                "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
                "additionalProperties": inner | st.booleans(),
            },
        )
    ),
    max_leaves=8,
)


@given(schemas_3_0, values)
def test_nullable_takes_null_and_all_that_was_taken_before(schema, value):
    try:
        plain = converted(schema, "3.0.3")
    except SchemaError:
        return
    # An enumeration of nothing but null is left out as a flaw, unless null is allowed.
    assume("enum" in plain or "enum" not in schema)
    nullable = converted({**schema, "nullable": True}, "3.0.3")
    assert takes(nullable, None)
    assert takes(nullable, value) == (value is None or takes(plain, value))


@given(schemas_3_0, values)
def test_plain_schemas_mean_the_same_in_both_versions(schema, value):
    try:
        documents_made = [converted(schema, version) for version in ("3.0.3", "3.1.0")]
    except SchemaError:
        return
    assert takes(documents_made[0], value) == takes(documents_made[1], value)


@given(schemas_3_0)
def test_conversion_changes_nothing_that_it_was_given(schema):
    before = json.dumps(schema)
    try:
        made = json.dumps(converted({**schema, "nullable": True}, "3.0.3"))
    except SchemaError:
        made = ""
    assert json.dumps(schema) == before
    assert "nullable" not in made


@given(
    st.text(min_size=1, max_size=12)
    | st.sampled_from(["a/b", "a~b", "a%b", "a%2Fb", "__class__", "a b", "~1", "..", "$defs", "é"])
)
def test_a_name_of_any_spelling_can_be_referred_to(name):
    if any("\ud800" <= character <= "\udfff" for character in name):
        return
    fragment = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    made = dialect(schemas={name: {"type": "string", "title": "own"}, "other": {"type": "integer"}})
    schema = made.schema({"$ref": f"#/components/schemas/{fragment}"}, "#/node", "request")
    assert takes(dict(schema.document), "x")
    assert not takes(dict(schema.document), 1)
    assert schema.resolve(schema.document)["title"] == "own"
    assert made.origin(next(iter(schema.document["$defs"]))) == "#/components/schemas/" + fragment.replace("%25", "%")


keyword_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(string.printable, max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(sorted(KEYWORDS["3.1"])) | st.sampled_from(["nullable", "dependencies", "x-a", "odd", "a"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)
references = st.sampled_from(
    ["#/components/schemas/A", "#/components/schemas/B", "#/components/schemas/C", "#/nowhere", "#"]
)


@given(
    st.dictionaries(
        st.sampled_from("ABC"),
        keyword_values | st.dictionaries(st.just("$ref"), references),
        min_size=1,
    ),
    st.sampled_from(["3.0.0", "3.1.0"]),
    st.sampled_from(["request", "response"]),
)
def test_any_schema_loads_or_is_refused_by_name(schemas, version, direction):
    made = dialect(version, schemas)
    for name, node in schemas.items():
        try:
            document = made.schema(node, f"#/components/schemas/{name}", direction).document
        except SpecError as error:
            said = str(error)
        else:
            said = json.dumps(document)
            takes(dict(document), {"a": []})
        assert said
