"""Request bodies: whatever bytes under whatever content type, one reading and never an exception."""

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.documents import operation, post, taking
from support.schema_values import contracts
from threadmock.specs.operations.requests import MAX_FIELDS, NO_BODY, read_body
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import Request

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "n": {"type": "integer"}}}
OPERATIONS = [operation for contract in contracts() for operation in contract.operations]
json_operation = taking(NAMED)


def trouble(made, request: Request) -> str:
    reading = read_body(made, request)
    assert bool(reading.trouble) is bool(reading.violations)
    return reading.trouble + "".join(f" {v.where}{v.pointer} {v.keyword}" for v in reading.violations[:1])


def parts(*fields: tuple[str, str], boundary: str = "b", end: str = "--", extra: str = "") -> bytes:
    made = "".join(
        f'--{boundary}\r\ncontent-disposition: form-data; name="{n}"{extra}\r\n\r\n{v}\r\n' for n, v in fields
    )
    return f"{made}--{boundary}{end}\r\n".encode()


content_types = st.sampled_from(
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        URLENCODED,
        f"{MULTIPART}; boundary=b",
        MULTIPART,
        "",
        ";",
        "/",
        f'{MULTIPART}; boundary="',
        f"{MULTIPART}; boundary=ÿ",
        "text/plain",
        "application/json, text/plain",
        "*/*",
    ]
) | st.text(st.characters(exclude_categories=["Cs"]))
bodies = (
    st.binary(max_size=80)
    | st.lists(st.sampled_from([b"--b", b"--b--", b"\r\n", b"content-disposition: form-data; name=", b'"a"', b"; filename=x", b"1", b"&", b"=", b"%ff", b"{", b'"', b"}", b":", b"\r\n\r\n", b"content-type: text/plain; charset=utf-7\r\n", b"content-transfer-encoding: base64\r\n", b"content-length: -1\r\n"]), max_size=25).map(b"".join)
    | st.dictionaries(st.text(max_size=5), st.text(max_size=5)).map(lambda made: parts(*made.items()))
    | st.dictionaries(st.text(max_size=5), st.text(max_size=5)).map(lambda m: parts(*m.items(), extra='; filename="x"'))
)  # fmt: skip


@settings(max_examples=300)
@given(st.sampled_from(OPERATIONS), bodies, st.none() | content_types)
def test_reading_a_body_never_raises_and_always_says_what_is_wrong(made, body, content_type):
    reading = read_body(made, post(body, content_type))
    assert (reading.trouble == "") is (reading.violations == ())
    assert reading.trouble in ("", "malformed", "media_type", "invalid")
    if reading.trouble in ("malformed", "media_type"):
        assert reading.value is None
    if reading.media and reading.media.schema and reading.value is not None:
        assert checker(reading.media.schema).valid(reading.value) is (reading.trouble == "")


MEDIA_TYPES = {
    "as documented": ("application/json", ""),
    "in capitals": ("APPLICATION/JSON", ""),
    "with a charset": ("application/json; charset=utf-8", ""),
    "with blanks": (" application/json ;charset=UTF-8", ""),
    "with a comma in quotes": ('application/json; profile="a,b"', ""),
    "missing": (None, "media_type"),
    "empty": ("", "media_type"),
    "text": ("text/plain", "media_type"),
    "a vendor's json": ("application/vnd.api+json", "media_type"),
    "doubled": ("application/json, application/json", "media_type"),
    "doubled, with a charset": ("application/json;charset=utf-8, text/plain", "media_type"),
    "a form": (URLENCODED, "media_type"),
    "multipart": (f"{MULTIPART}; boundary=b", "media_type"),
    "a wildcard": ("*/*", "media_type"),
    "rubbish": (";;;", "media_type"),
}


@pytest.mark.parametrize(("sent", "expected"), MEDIA_TYPES.values(), ids=MEDIA_TYPES)
def test_only_the_documented_media_type_is_taken(sent, expected):
    assert trouble(json_operation, post({"name": "a"}, sent)).split(" ")[0] == expected


def test_a_refused_media_type_is_named_with_what_is_documented():
    (violation,) = read_body(json_operation, post({}, "text/plain")).violations
    assert (violation.where, violation.message) == ("media_type", "text/plain is not one of: application/json")
    (violation,) = read_body(json_operation, post({}, None)).violations
    assert violation.message == "no content type is not one of: application/json"


RANGES = {
    "application/*": {"application/json": {"name": "a"}, URLENCODED: {"name": "a"}, "text/plain": "media_type"},
    "*/*": {
        "application/json": {"name": "a"},
        "application/x+json": {"name": "a"},
        "text/plain": None,
        "rubbish": "media_type",
    },
    "multipart/*": {f"{MULTIPART}; boundary=b": {"name": "a"}, "application/json": "media_type"},
}


@pytest.mark.parametrize(
    ("documented", "sent", "expected"),
    [(documented, sent, value) for documented, table in RANGES.items() for sent, value in table.items()],
)
def test_under_a_documented_range_a_body_is_read_by_the_type_that_it_came_as(documented, sent, expected):
    body = {URLENCODED: b"name=a", f"{MULTIPART}; boundary=b": parts(("name", "a"))}.get(sent, b'{"name":"a"}')
    reading = read_body(taking(NAMED, documented), post(body, sent))
    assert reading.trouble == (expected if isinstance(expected, str) else "")
    assert reading.value == (None if isinstance(expected, str) else expected)


def test_a_body_of_a_type_that_is_no_json_no_form_and_no_text_is_present_and_not_judged():
    reading = read_body(taking({"type": "string"}, "image/png"), post(b"\xff", "image/png"))
    assert (reading.present, reading.value, reading.trouble) == (True, None, "")


def test_a_text_is_judged_by_its_schema_and_read_in_its_charset():
    short = taking({"type": "string", "maxLength": 3}, "text/plain")
    found = [read_body(short, post(*each)) for each in TEXTS]
    assert [(each.value, each.trouble) for each in found] == [("né", ""), ("né", ""), ("four", "invalid"), (None, "malformed"), (None, "malformed")]  # fmt: skip


TEXTS = [
    ("né".encode(), "text/plain"),
    ("né".encode("latin-1"), "text/plain; charset=iso-8859-1"),
    (b"four", "text/plain"),
    (b"\xff", "text/plain"),
    (b"a", "text/plain; charset=unheard-of"),
]


MALFORMED = {
    "a byte order mark": (b"\xef\xbb\xbf{}", "encoding"),
    "UTF-16": ('{"name":"a"}'.encode("utf-16"), "encoding"),
    "NaN": (b'{"n":NaN}', "nan"),
    "a key twice": (b'{"name":"a","name":"b"}', "duplicate_keys"),
    "101 levels": (b"[" * 101 + b"]" * 101, "depth"),
    "100,000 levels": (b"[" * 100_000, "depth"),
    "half of a pair": (b'{"name":"\\ud800"}', "surrogate"),
    "5,000 digits": (b'{"name":"a","n":' + b"1" * 5000 + b"}", "number"),
    "two documents": (b"{}{}", "syntax"),
    "blanks": (b"  ", "syntax"),
    "nothing": (b"", "missing"),
    "a form": (b"name=a", "syntax"),
}


@pytest.mark.parametrize(("body", "keyword"), MALFORMED.values(), ids=MALFORMED)
def test_a_body_that_is_no_strict_json_is_malformed_and_says_how(body, keyword):
    assert trouble(json_operation, post(body)) == f"malformed json {keyword}"


INVALID = {
    "null": (b"null", "invalid body type"),
    "an array": (b"[]", "invalid body type"),
    "a text": (b'"x"', "invalid body type"),
    "100 levels": (b"[" * 100 + b"]" * 100, "invalid body type"),
    "a member missing": (b"{}", "invalid body/name required"),
    "a member of another type": (b'{"name":1}', "invalid body/name type"),
    "4,000 digits for a text": (b'{"name":' + b"9" * 4000 + b"}", "invalid body/name type"),
}


@pytest.mark.parametrize(("body", "expected"), INVALID.values(), ids=INVALID)
def test_a_body_that_its_schema_refuses_is_invalid_at_its_place(body, expected):
    assert trouble(json_operation, post(body)) == expected


def test_a_body_that_is_not_required_may_be_absent():
    made = taking(NAMED, required=False)
    assert read_body(made, post(b"", None)) is NO_BODY
    assert read_body(made, post(b"")) is NO_BODY
    assert trouble(made, post({})) == "invalid body/name required"


def test_where_no_body_is_documented_none_is_looked_at():
    assert read_body(operation({}), post(b"\xff\xff", "rubbish")) is NO_BODY


def test_a_body_that_is_only_assumed_to_be_required_says_so():
    node = {"required": True, "x-evidence": "assumed", "content": {"application/json": {"schema": NAMED}}}
    (violation,) = read_body(operation({"requestBody": node}), post(b"")).violations
    assert violation.evidence == "assumed"
    assert violation.schema_pointer == "#/paths/~1things/post/requestBody"


def test_a_schema_that_takes_anything_takes_anything():
    for schema in (True, {}, {"$ref": "#/components/schemas/Any"}):
        made = taking(schema, components={"schemas": {"Any": True}})
        assert read_body(made, post([1, {"a": None}])).value == [1, {"a": None}]
        form = taking(schema, URLENCODED, components={"schemas": {"Any": True}})
        assert read_body(form, post(b"a=1", URLENCODED)).value == {"a": "1"}


# --- forms

FORM = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "n": {"type": "integer"},
        "x": {"type": ["number", "null"]},
        "flag": {"$ref": "#/components/schemas/Flag"},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "maybe_ids": {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]},
    },
}
FLAG = {"schemas": {"Flag": {"allOf": [{"type": "boolean"}]}, "Form": FORM}}
FIELDS = {
    "a text of digits": ([("text", "12")], {"text": "12"}),
    "an integer": ([("n", "12")], {"n": 12}),
    "a number": ([("x", "1.5")], {"x": 1.5}),
    "true and false": ([("flag", "true")], {"flag": True}),
    "an array": ([("ids", "1"), ("ids", "2")], {"ids": [1, 2]}),
    "an array of one": ([("ids", "1")], {"ids": [1]}),
    "an array or null": ([("maybe_ids", "1")], {"maybe_ids": [1]}),
    "the last of a repeated field": ([("n", "1"), ("n", "2")], {"n": 2}),
    "an empty text": ([("text", "")], {"text": ""}),
    "a field that nobody declared": ([("other", "1")], {"other": "1"}),
    "text beyond ASCII": ([("text", "ä\U0001f600")], {"text": "ä\U0001f600"}),
}


@pytest.mark.parametrize("schema", [FORM, {"$ref": "#/components/schemas/Form"}, {"allOf": [FORM]}, {"anyOf": [FORM, {"type": "null"}]}], ids=["plain", "behind a reference", "in allOf", "or null"])  # fmt: skip
@pytest.mark.parametrize(("fields", "value"), FIELDS.values(), ids=FIELDS)
def test_the_texts_of_a_form_are_typed_by_the_schema(schema, fields, value):
    for media, sent, body in (
        (URLENCODED, URLENCODED, urlencode(fields).encode()),
        (MULTIPART, f"{MULTIPART}; boundary=b", parts(*fields)),
        (MULTIPART, f'{MULTIPART}; boundary="b"; charset=utf-8', b"preamble\r\n" + parts(*fields) + b"epilogue"),
    ):
        reading = read_body(taking(schema, media, components=FLAG), post(body, sent))
        assert (reading.value, reading.trouble) == (value, "")


def test_a_field_that_does_not_fit_its_type_is_invalid_at_its_place():
    made = taking(FORM, URLENCODED, components=FLAG)
    assert trouble(made, post(b"n=x", URLENCODED)) == "invalid body/n type"
    assert trouble(made, post(b"ids=1&ids=b", URLENCODED)) == "invalid body/ids/1 type"


def test_a_file_is_read_as_the_text_of_its_bytes():
    made = taking({"properties": {"f": {"type": "string", "format": "binary"}}}, MULTIPART)
    body = parts(("f", "hello"), extra='; filename="../../etc/passwd"')
    assert read_body(made, post(body, f"{MULTIPART}; boundary=b")).value == {"f": "hello"}
    broken = body.replace(b"hello", b"\xff\xfe")
    assert read_body(made, post(broken, f"{MULTIPART}; boundary=b")).value == {"f": "\ufffd\ufffd"}


BROKEN = {
    "another boundary": (f"{MULTIPART}; boundary=c", parts(("text", "a"))),
    "no boundary": (MULTIPART, parts(("text", "a"))),
    "an empty boundary": (f"{MULTIPART}; boundary=", parts(("text", "a"))),
    "a boundary beyond ASCII": (f"{MULTIPART}; boundary=ü", parts(("text", "a"))),
    "no closing boundary": (f"{MULTIPART}; boundary=b", parts(("text", "a"), end="")),
    "cut in a field": (f"{MULTIPART}; boundary=b", parts(("text", "a"))[:-12]),
    "cut in a header": (f"{MULTIPART}; boundary=b", b"--b\r\ncontent-dispo"),
    "json posing as a form": (f"{MULTIPART}; boundary=b", b'{"text":"a"}'),
    "too many parts": (f"{MULTIPART}; boundary=b", parts(*[("text", "a")] * (MAX_FIELDS + 1))),
    "too many fields": (URLENCODED, b"&".join([b"text=a"] * (MAX_FIELDS + 1))),
    "not UTF-8": (URLENCODED, b"text=\xff"),
    "a part without a name": (f"{MULTIPART}; boundary=b", b"--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--"),
    "a part whose header is cut": (f"{MULTIPART}; boundary=b", b"--b\rcontent-disposition\n\n--b--"),
}


@pytest.mark.parametrize(("sent", "body"), BROKEN.values(), ids=BROKEN)
def test_a_form_that_cannot_be_read_is_malformed(sent, body):
    made = taking(FORM, sent.split(";")[0], components=FLAG)
    assert trouble(made, post(body, sent)) == "malformed json form"


def test_an_object_in_a_form_is_json():
    made = taking({"properties": {"o": {"type": ["object", "null"], "required": ["a"]}}}, URLENCODED)
    assert read_body(made, post(urlencode({"o": '{"a": [1]}'}).encode(), URLENCODED)).value == {"o": {"a": [1]}}
    assert trouble(made, post(b"o={}", URLENCODED)) == "invalid body/o/a required"
    assert trouble(made, post(b"o=a", URLENCODED)) == "invalid body/o type"


def test_a_form_without_fields_is_an_empty_object():
    made = taking(FORM, MULTIPART, components=FLAG)
    assert read_body(made, post(b"--b--\r\n", f"{MULTIPART}; boundary=b")).value == {}


def test_a_form_without_a_schema_is_texts():
    made = operation({"requestBody": {"content": {URLENCODED: {}}}})
    assert read_body(made, post(b"a=1&b=true", URLENCODED)).value == {"a": "1", "b": "true"}


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(st.dictionaries(st.sampled_from(["text", "other"]), texts))
def test_every_text_in_a_form_is_read_back(fields):
    made = taking(FORM, URLENCODED, components=FLAG)
    assert read_body(made, post(urlencode(fields).encode() or b"&", URLENCODED)).value == fields
    made = taking(FORM, MULTIPART, components=FLAG)
    assert read_body(made, post(parts(*fields.items()), f"{MULTIPART}; boundary=b")).value == fields


# --- leniency and spelling


def lenient(*what: str, schema: dict = NAMED, **rule: object):
    rule = {
        "action": "create",
        "key": {"field": "name", "from": "body.name"},
        "lenient": [{"what": w} for w in what],
        **rule,
    }
    return taking(schema, rule=rule)


def test_leniency_on_media_types_reads_anything_as_json():
    made = lenient("media_type")
    for sent in (None, "text/plain", URLENCODED, f"{MULTIPART}; boundary=b", "a, b"):
        assert read_body(made, post({"name": "a"}, sent)).value == {"name": "a"}
        assert trouble(made, post(b"name=a", sent)) == "malformed json syntax"


def test_leniency_on_duplicate_keys_lets_the_last_one_win_and_nothing_else_pass():
    made = lenient("duplicate_keys")
    assert read_body(made, post(b'{"name":"a","name":"b"}')).value == {"name": "b"}
    assert trouble(made, post(b'{"name":NaN}')) == "malformed json nan"


def test_leniency_on_an_empty_key_takes_it_for_absent():
    optional = {"type": "object", "properties": {"name": {"type": "string", "minLength": 1}}}
    made = lenient("empty_key", schema=optional)
    assert read_body(made, post({"name": "", "n": 1})).value == {"n": 1}
    assert trouble(lenient(schema=optional), post({"name": ""})) == "invalid body/name minLength"


def test_names_in_the_other_spelling_are_taken_only_where_the_rule_says_so():
    schema = {"type": "object", "properties": {"project_id": {"type": "string"}}, "required": ["project_id"]}
    both = lenient(schema=schema, spelling={"accepts_both": True})
    assert read_body(both, post({"projectId": "a"})).value == {"project_id": "a"}
    assert trouble(both, post({"projectId": 1})) == "invalid body/project_id type"
    assert read_body(both, post({"projectId": "a", "project_id": "b"})).value == {"projectId": "a", "project_id": "b"}
    assert trouble(lenient(schema=schema), post({"projectId": "a"})) == "invalid body/project_id required"


def test_names_that_only_a_combined_schema_declares_are_taken_too():
    part = {"type": "object", "properties": {"project_id": {"type": "string"}}}
    both = lenient(schema={"allOf": [part]}, spelling={"accepts_both": True})
    assert read_body(both, post({"projectId": "a"})).value == {"project_id": "a"}
