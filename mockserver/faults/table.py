"""The planted deviations by name, each with the check of the suite that it is made to be caught by."""

import datetime
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

from threadmock.mockserver.fault_points import Fault
from threadmock.mockserver.faults import (
    conversations,
    copies,
    families,
    hooks,
    inputs,
    pages,
    questions,
    queues,
    runs,
    state,
    stream_forms,
    streams,
)
from threadmock.mockserver.faults.hooks import on_objects
from threadmock.specs.errors import UnknownName

_DAY = datetime.timedelta(days=1)

_ANSWERS = (
    Fault("no-answer", "Every ninth exchange ends without an answer.", ("answers",), response=hooks.drops(9)),
    Fault(
        "crash-on-emoji",
        "A body with an emoji or a NUL gets a 500 in plain text.",
        ("no_server_error",),
        response=hooks.crashes_on((b"\xf0\x9f", b"\\u0000")),
    ),
    Fault(
        "crash-on-methods",
        "HEAD, OPTIONS and other methods of a documented path get a 500.",
        ("other_methods",),
        skips=frozenset({"methods"}),
    ),
    Fault(
        "slow-on-large",
        "A body of more than 5,000 bytes is answered three seconds late.",
        ("prompt",),
        response=hooks.stalls_on(5_000, 3.0),
    ),
    Fault("other-status", "Success comes with 202.", ("documented_status",), response=hooks.status((), 202)),
    Fault(
        "other-media-type",
        "Answers come as text/html.",
        ("media_type",),
        response=hooks.headers({"content-type": "text/html; charset=utf-8"}),
    ),
    Fault(
        "sent-elsewhere",
        "Responses redirect to another host.",
        ("redirects",),
        response=hooks.headers({"refresh": "0; url=http://elsewhere.example/"}),
    ),
    Fault("double-key", "Every response has its first key twice.", ("strict_json",), response=hooks.double_key),
    Fault("not-a-number", "Answers hold a NaN.", ("strict_json",), response=hooks.not_a_number),
    Fault("missing-member", "A required member is left out.", ("schema",), shown=on_objects(hooks.without_required)),
    Fault("wrong-type", "The first member is a number.", ("schema",), shown=on_objects(hooks.number_first)),
    Fault("naive-time", "Date-times have no offset.", ("schema",), shown=on_objects(hooks.naive_time)),
    Fault("own-error-shape", "Errors come in an undocumented shape.", ("schema",), response=hooks.wrong_error_body),
    Fault(
        "strict-slashes",
        "A path with a final slash leads nowhere.",
        ("final_slash",),
        skips=frozenset({"slashes"}),
    ),
    Fault(
        "foreign-404",
        "Unknown paths get a refusal that is not the provider's.",
        ("unknown_route",),
        skips=frozenset({"routes"}),
    ),
    Fault(
        "foreign-cors",
        "Responses have CORS headers that the provider does not send.",
        ("cors",),
        skips=frozenset({"cors"}),
    ),
    Fault("no-headers", "Declared headers are left out.", ("headers",), response=hooks.without_declared_headers),
)
_ENTRY = (
    Fault("refuse-long", "Bodies over 200 bytes are refused.", ("valid_accepted",), response=hooks.refuses_long(200)),
    Fault(
        "accept-invalid",
        "Bodies are not validated.",
        ("invalid_refused",),
        skips=frozenset({"validation"}),
    ),
    Fault(
        "other-refusal",
        "Refusals come with 418.",
        ("documented_status",),
        response=hooks.status((400, 422), 418),
    ),
    Fault(
        "accept-malformed",
        "A body that is not JSON counts as an empty object.",
        ("malformed_refused",),
        skips=frozenset({"syntax"}),
    ),
    Fault(
        "accept-any-media-type",
        "The content type is ignored.",
        ("media_type_refused",),
        skips=frozenset({"media_type"}),
    ),
    Fault("open-door", "Credentials are not asked for.", ("credentials",), skips=frozenset({"security"})),
    Fault(
        "any-credential", "Any credential will do.", ("credentials", "broken_credentials"), request=hooks.any_credential
    ),
)
_CONTENT = (
    Fault("lower-case", "Texts are kept in lower case.", ("echo",), thing=hooks.on_text(str.lower)),
    Fault("trim", "Texts are trimmed.", ("echo",), thing=hooks.on_text(str.strip)),
    Fault("truncate", "Texts are cut at 100 characters.", ("echo",), thing=hooks.on_text(lambda text: text[:100])),
    Fault(
        "normalise",
        "Texts are normalised to NFC.",
        ("echo",),
        thing=hooks.on_text(lambda text: unicodedata.normalize("NFC", text)),
    ),
    Fault("drop-nulls", "Members that are null are dropped.", ("echo",), thing=hooks.without_nulls),
    Fault(
        "numbers-as-text",
        "Numbers are kept as text.",
        ("echo",),
        thing=hooks.on_echo(lambda v: str(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v),
    ),
    Fault("other-default", "Documented defaults are not applied.", ("defaults",), thing=hooks.undefaulted),
    Fault("other-setting", "Members of fixed value hold another.", ("settings",), thing=hooks.unsettled),
    Fault(
        "show-hidden",
        "Members that are shown on request only are always shown.",
        ("shown_on_request",),
        plan=lambda plan: replace(plan, shown=()),
    ),
    Fault(
        "trust-client",
        "What only the server sets is taken from the client.",
        ("server_set", "forged"),
        thing=hooks.trusting,
    ),
    Fault("future", "Things are made a day from now.", ("time",), thing=hooks.shift_time(("created", "updated"), _DAY)),
    Fault(
        "updated-before-created",
        "Things changed a second before they were made.",
        ("time",),
        thing=hooks.shift_time(("updated",), -datetime.timedelta(seconds=1)),
    ),
)

RUNS = (*streams.FAULTS, *stream_forms.FAULTS, *runs.FAULTS, *queues.FAULTS, *questions.FAULTS, *conversations.FAULTS)
FAMILY = (*families.FAULTS, *pages.FAULTS, *copies.FAULTS)
_ALL = (*_ANSWERS, *_ENTRY, *_CONTENT, *inputs.FAULTS, *state.FAULTS, *FAMILY, *RUNS)
table: Mapping[str, Fault] = {fault.name: fault for fault in _ALL}


def find_faults(names: Iterable[str]) -> list[Fault]:
    """The faults of these names. UnknownName, with the nearest, for any other."""
    found = []
    for name in names:
        if name not in table:
            raise UnknownName("fault", name, table, listed="threadmock checks")
        found.append(table[name])
    return found
