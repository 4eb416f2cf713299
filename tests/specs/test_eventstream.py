"""Server-sent events: what was written is what is read, however the bytes are cut, and no text breaks out of its field."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from langgraph_sdk.sse import BytesLineDecoder, SSEDecoder
from support.reading import read_events
from threadmock.specs.wire.eventstream import EventReader, ServerEvent, encode_comment, encode_event

NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=20)
AWKWARD = ["\r", "\n", "\r\n", "\n\n", "\r\n\r\n", "\0", "\u2028", "\u2029", "\x85", "\ufeff", "\x0b", "\x0c"]
INJECTED = [f"before{odd}data: evil{odd}{odd}event: evil{odd}id: 9{odd}{odd}after" for odd in AWKWARD]
IDS = [repr(odd) for odd in AWKWARD]


@st.composite
def pieces(draw: st.DrawFn, body: bytes) -> list[bytes]:
    """The bytes, cut anywhere; also into nothing."""
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=12)))
    return [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]


def read_pieces(parts: list[bytes]) -> tuple[list[ServerEvent], EventReader]:
    reader = EventReader()
    return [event for part in parts for event in reader.feed(part)], reader


def one_line(text: str) -> str:
    """A text as lines of data hold it: every kind of line break is a line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(
    st.lists(st.tuples(PLAIN, TEXTS, st.none() | PLAIN), min_size=1, max_size=4),
    NEWLINES,
    st.lists(TEXTS, max_size=2),
    st.data(),
)
def test_what_was_written_is_read_however_the_bytes_are_cut(
    told: list[tuple[str, str, str | None]], newline: str, comments: list[str], data: st.DataObject
) -> None:
    body = b"".join(encode_event(*each, newline=newline) for each in told)
    body += b"".join(encode_comment(text, newline) for text in comments)
    found, reader = read_pieces(data.draw(pieces(body)))
    assert found == [ServerEvent(name, one_line(text), identifier) for name, text, identifier in told]
    assert (reader.comments, reader.broken, reader.unfinished) == (len(comments), [], "")


@given(TEXTS, TEXTS, TEXTS, TEXTS, NEWLINES)
def test_any_text_in_any_field_makes_one_event_out_of_one(
    name: str, text: str, identifier: str, comment: str, newline: str
) -> None:
    body = encode_comment(comment, newline) + encode_event(name, text, identifier, newline) + b"data: last\n\n"
    found, last = read_events(body)
    assert last == ServerEvent("", "last")
    assert found.data == one_line(text)
    assert found.name == "" if not name else len(found.name) <= len(name)


@pytest.mark.parametrize("text", INJECTED, ids=IDS)
@pytest.mark.parametrize("place", ["name", "data", "id", "comment"])
def test_what_looks_like_a_field_stays_inside_its_own(place: str, text: str) -> None:
    fields = {"name": "n", "data": "d", "id": "1"}
    comment = encode_comment(text) if place == "comment" else b""
    if place != "comment":
        fields[place] = text
    found, reader = read_pieces([comment + encode_event(fields["name"], fields["data"], fields["id"])])
    assert len(found) == 1
    assert not reader.broken
    assert (found[0].data == one_line(text)) if place == "data" else (found[0].data == "d")
    assert (found[0].name == "n") is (place != "name")
    assert (found[0].id == "1") is (place != "id")
    if place in ("name", "id"):
        kept = found[0].name if place == "name" else found[0].id
        assert kept is not None
        assert kept.startswith("before")
        assert kept.endswith("after")
        assert not set("\r\n\0") & set(kept)


def test_a_lone_surrogate_is_replaced_and_the_stream_goes_on() -> None:
    body = encode_event("a\ud800", "b\udfff", "c\ud800") + encode_event("", "next")
    found, reader = read_pieces([body])
    assert [(event.name, event.data, event.id) for event in found] == [("a?", "b?", "c?"), ("", "next", None)]
    assert not reader.broken


# What a browser reads is told by the client library's own reader, which is not ours: any bytes, any cut.
LINES = st.one_of(
    st.just(""),
    st.builds("data: {}".format, st.integers()),
    st.builds("data:{}".format, st.just('"x"')),
    st.builds("event: {}".format, PLAIN),
    st.builds("id: {}".format, PLAIN),
    st.builds(": {}".format, PLAIN),
    st.builds("retry: {}".format, st.integers(0, 10**6)),
    st.builds("odd: {}".format, PLAIN),
    st.just("data"),
    st.just("id"),
)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Lines of all kinds, with line ends of all kinds; events whose data is JSON, as that reader needs it."""
    lines = draw(st.lists(LINES, max_size=14))
    kept: list[str] = []
    for line in lines:  # two lines of data together would be no JSON
        taken = next((k for k in reversed(kept) if not k or k.startswith("data")), "")
        if not (line.startswith("data") and taken.startswith("data")):
            kept.append(line)
    return "".join(line + draw(NEWLINES) for line in kept).encode()


def library_reads(parts: list[bytes]) -> Iterator[tuple[str, object, str]]:
    """What the client library makes of a stream: name, data and the id that it would resume from."""
    lines, decoder = BytesLineDecoder(), SSEDecoder()
    for part in parts:
        for line in lines.decode(part):
            made = decoder.decode(bytes(line))
            if made is not None and decoder.has_data:
                yield made.event, made.data, made.id or ""


def we_read(parts: list[bytes]) -> Iterator[tuple[str, object, str]]:
    reader, last = EventReader(), ""
    for part in parts:
        for event in reader.feed(part):
            last = last if event.id is None else event.id
            yield event.name, json.loads(event.data) if event.data.strip() else None, last


@given(streams(), st.data())
@example(b"data: 1\r\n\n", None)
@example(b"data: 1\n\ndata: 2\r\n\ndata: 3\n\n", None)
def test_the_reader_agrees_with_the_client_librarys_own(body: bytes, data: st.DataObject | None) -> None:
    parts = data.draw(pieces(body)) if data else [body[at : at + 1] for at in range(len(body))]
    expected = list(library_reads([body]))
    # Ids that come in events without data are the library's to remember: ours tells of whole events only.
    assert [each[:2] for each in we_read(parts)] == [each[:2] for each in expected]
    assert [each[:2] for each in library_reads([part for part in parts if part])] == [each[:2] for each in expected]


@given(st.lists(st.tuples(PLAIN, st.integers(), st.none() | PLAIN.filter(bool)), max_size=5), NEWLINES)
def test_ids_are_where_the_client_library_finds_them(told: list[tuple[str, int, str | None]], newline: str) -> None:
    body = b"".join(encode_event(name, str(data), identifier, newline) for name, data, identifier in told)
    assert list(we_read([body])) == list(library_reads([body]))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"data: a\r\n\r\n", [ServerEvent("", "a")]),
        (b"data: a\r\r", [ServerEvent("", "a")]),
        (b"data: a\r\n\n", [ServerEvent("", "a")]),
        (b"\n\n\ndata: a\n\n\n\ndata: b\n\n", [ServerEvent("", "a"), ServerEvent("", "b")]),
        (b"data:  two blanks\n\n", [ServerEvent("", " two blanks")]),
        (b"data:none\n\n", [ServerEvent("", "none")]),
        (b"data\n\n", [ServerEvent("", "")]),
        (b"data: a\ndata:\ndata: b\n\n", [ServerEvent("", "a\n\nb")]),
        (b"event: x\nid: 3\ndata: a\nretry: 70\n\n", [ServerEvent("x", "a", "3", 70)]),
        (b"id: 1\0\ndata: a\n\n", [ServerEvent("", "a")]),
        (b"retry: 1e3\ndata: a\n\n", [ServerEvent("", "a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [ServerEvent("", "a")]),
        (b"data: unfinished\n", []),
        (b"", []),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_streams_are_read_as_the_specification_has_it_byte_by_byte_too(body: bytes, found: list[ServerEvent]) -> None:
    assert read_events(body) == found
    assert read_pieces([body[at : at + 1] for at in range(len(body))])[0] == found


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"event: x\n\n", "'x' has no data"),
        (b"date: 1\ndata: a\n\n", "'date' is no field"),
        (b"{}\n\n", "'{}' is no field"),
        (b"data: \xff\n\n", "not UTF-8"),
    ],
    ids=["no data", "an unknown field", "no stream at all", "no text"],
)
def test_what_is_wrong_with_the_framing_is_told(body: bytes, told: str) -> None:
    _, reader = read_pieces([body])
    assert len(reader.broken) == 1
    assert told in reader.broken[0]


def test_what_comes_after_the_last_empty_line_is_no_event() -> None:
    found, reader = read_pieces([b"data: a\n\nevent: b\ndata: c"])
    assert (found, reader.unfinished) == ([ServerEvent("", "a")], "event: b\ndata: c")
