"""The deterministic part of the suite: named examples, then every limit that the document names, most revealing first.

Lazy: a case is made when it is asked for.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import Any

from threadmock.contracts.cases.body_places import BodyPlace
from threadmock.contracts.cases.case import Case, build_request, case_with_body, chosen_key, json_media, key_member
from threadmock.contracts.cases.fresh_keys import fresh_key
from threadmock.contracts.cases.samples import most
from threadmock.contracts.cases.shapes import plain_name, shapes
from threadmock.contracts.cases.value_pools import UNDECLARED_NAMES
from threadmock.contracts.generation import form_cases, request_variants
from threadmock.contracts.generation.boundaries import Probe, probes, type_probes
from threadmock.contracts.generation.coverage_basis import (
    CoverageBasis,
    body_case,
    prepare,
    present,
    probe_case,
    top_members,
    verdict,
    without,
)
from threadmock.contracts.generation.revealing_values import revealing_values, text_probes
from threadmock.specs.contract import Operation, first_json
from threadmock.specs.errors import SchemaError
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.wire.messages import is_json

LIMIT = 350
REVEALING_NUMBER = 1440.5
OTHER_NUMBERS = (0, -1, 2**31, 2**33 + 7, 2**63, 10**30, 999_999)
MAX_LEVEL = 8
NESTED_WRONG = 4
TOP_WRONG = 9
MAX_FORGED = 14


def examples(operation: Operation, *, fresh: Callable[[], str] = fresh_key) -> Iterator[Case]:
    """The documented named examples of the request body, in document order. A key in one is replaced by a fresh one."""
    content = operation.body.content if operation.body else {}
    for media_type, media in content.items():
        if not is_json(media_type):
            continue
        for name, value in media.examples.items():
            key = key_member(operation)
            sent = {**value, key: chosen_key(operation, fresh)} if isinstance(value, dict) and key in value else value
            yield case_with_body(operation, sent, f"example: {name}", "example")


def coverage(
    operation: Operation, *, fresh: Callable[[], str] = fresh_key, methods: Collection[str] = (), limit: int = LIMIT
) -> Iterator[Case]:
    """The deterministic cases of an operation, most revealing first; at most `limit`. The same each time but for keys.

    fresh: gives a key that nobody has used. methods: those documented on the same path, which are then not tried as
    undocumented. SchemaError where no valid body can be made.
    """
    grounds = prepare(operation, fresh, methods)
    return islice(_distinct(chain.from_iterable(group(grounds) for group in GROUPS)), limit)


def _distinct(cases: Iterator[Case]) -> Iterator[Case]:
    """Each request once, each label once."""
    seen: set[Any] = set()
    for case in cases:
        sent = case.request
        same = (sent.method, sent.path, sent.query, tuple(sorted(sent.headers.items())), sent.body, case.credentials)
        if same not in seen and case.label not in seen:
            seen |= {same, case.label}
            yield case


def plain(grounds: CoverageBasis) -> Iterator[Case]:
    """The smallest and the largest valid request, and the one without a body where that is allowed."""
    operation, body = grounds.operation, grounds.operation.body
    if body is None:
        yield Case(operation, build_request(operation), "valid", "plain request", "coverage")
        return
    if grounds.base is not ABSENT:
        yield from present(iter([body_case(grounds, grounds.base, "minimal body")]))
        yield from present(iter([body_case(grounds, grounds.full, "maximal body")]))
    if not body.required:
        yield Case(operation, build_request(operation), "valid", "no body", "coverage")
    for shown in operation.rule.shown:
        for what, value in _around(grounds, shown.member):
            request = build_request(operation, value, query={shown.query: shown.holds})
            label = f"query {shown.query}={shown.holds}{what}"
            yield Case(operation, request, "valid", label, "coverage", value, evidence=shown.evidence)


def _around(grounds: CoverageBasis, member: str) -> Iterator[tuple[str, Any]]:
    """The full body, and small ones with one part of a member and with all of them, in values that no default has."""
    yield "", grounds.full
    parts = grounds.full.get(member) if isinstance(grounds.full, dict) else None
    if not isinstance(parts, dict):
        return
    for place in grounds.places:
        if place.level == 2 and place.steps[0] == member:
            name = str(place.steps[1])
            number = REVEALING_NUMBER if "number" in place.kinds() else int(REVEALING_NUMBER)
            options = next((b.keywords["enum"] for b in place.branches if b.kind == "enum"), [number])
            value = options[-1] if {"enum", "number", "integer"} & set(place.kinds()) else parts.get(name)
            alone = {**grounds.base, member: {name: value}}
            if value is not None and verdict(grounds, alone) == "valid":
                yield f", only {member}.{name}", alone
                yield f", {member}.{name} with others", {**grounds.base, member: {**parts, name: value}}


def keys(grounds: CoverageBasis) -> Iterator[Case]:
    """A key of the client's own choice: alone, with everything else, in the other case."""
    if grounds.key is None or not isinstance(grounds.base, dict):
        return
    where = f"/{grounds.key}"
    for label, body, spell in (
        (f"{grounds.key} chosen", grounds.base, str),
        (f"{grounds.key} chosen, maximal body", grounds.full, str),
        (f"{grounds.key} in upper case", grounds.base, str.upper),
        (f"{grounds.key} of version 1", grounds.base, partial(_of_version, "1")),
        (f"{grounds.key} of version 7", grounds.base, partial(_of_version, "7")),
    ):
        case = body_case(grounds, {**body, grounds.key: spell(grounds.fresh())}, label, where)
        if case and case.intent == "valid":
            yield case


def _of_version(version: str, key: str) -> str:
    """A UUID made one of another version (RFC 9562, 4.2); any other key as it is."""
    return f"{key[:14]}{version}{key[15:]}" if len(key) == 36 else key


def members(grounds: CoverageBasis) -> Iterator[Case]:
    """Each optional member alone, each absent from the full body; each required one missing from both."""
    base, full = grounds.base, grounds.full
    if not isinstance(base, dict) or not isinstance(full, dict):
        return
    for place in top_members(grounds):
        name = str(place.steps[0])
        if place.required:
            yield from present(
                body_case(grounds, without(body, name), label, place.pointer)
                for body, label in ((base, f"missing: {name}"), (full, f"missing: {name}, maximal body"))
            )
    for place in top_members(grounds):
        name = str(place.steps[0])
        if not place.required and name in full:
            yield from present(iter([body_case(grounds, {**base, name: full[name]}, f"only {name}", place.pointer)]))
            yield from present(iter([body_case(grounds, without(full, name), f"all but {name}", place.pointer)]))


def wrong_types(grounds: CoverageBasis) -> Iterator[Case]:
    """Each member of the body as each JSON type."""
    for place in top_members(grounds):
        yield from _some(grounds, place, type_probes(place), invalid=TOP_WRONG, valid=6)


def wrong_body(grounds: CoverageBasis) -> Iterator[Case]:
    """A body of another type than the documented one."""
    top = grounds.places[0] if grounds.places else None
    if top:
        values = [
            *type_probes(top),
            Probe("is an array of the object", [grounds.base]),
            Probe("is the text of it", "{}"),
        ]
        yield from (
            case for case in present(probe_case(grounds, top, probe) for probe in values) if case.intent == "invalid"
        )


def top_limits(grounds: CoverageBasis) -> Iterator[Case]:
    """Every limit of the body's members."""
    for place in top_members(grounds):
        yield from present(probe_case(grounds, place, probe) for probe in probes(place))


def nested_limits(grounds: CoverageBasis) -> Iterator[Case]:
    """What lies deeper: each place filled, missing where required, of wrong types, at its limits."""
    deeper = [place for place in grounds.places if place.level > 1]
    for place in deeper:
        yield from present(iter([_missing(grounds, place)]))
    for place in deeper:
        yield from _some(grounds, place, type_probes(place), invalid=NESTED_WRONG, valid=2)
        yield from _some(grounds, place, probes(place), invalid=4, valid=4)


def mixed_arrays(grounds: CoverageBasis) -> Iterator[Case]:
    """An array with an item of each kind, where a schema allows arrays of the one or of the other."""
    schema = grounds.judge.schema if grounds.judge else None
    for place in grounds.places:
        arrays = [branch for branch in place.branches if branch.kind == "array" and "items" in branch.keywords]
        if schema is None or len(arrays) < 2:
            continue
        try:
            items = [most(schema, branch.keywords["items"], name="item") for branch in arrays]
        except SchemaError:
            continue
        case = probe_case(grounds, place, Probe("mixes what its arrays hold", items))
        if case and case.intent == "invalid":
            yield case


def nested_samples(grounds: CoverageBasis) -> Iterator[Case]:
    """Each deeper place filled with all that it may hold."""
    schema = grounds.judge.schema if grounds.judge else None
    for place in grounds.places:
        if place.level > 1 and schema:
            try:
                value = most(schema, place.node, name=str(place.steps[-1]))
            except SchemaError:
                continue
            yield from present(iter([probe_case(grounds, place, Probe("filled", value))]))


def _missing(grounds: CoverageBasis, place: BodyPlace) -> Case | None:
    """A required deeper member left out: the value that stands around it, without it."""
    name = place.steps[-1]
    if not place.required or not isinstance(name, str):
        return None
    marker = object()
    return body_case(grounds, _drop(place.put(marker), marker), f"missing: {place.title}", place.pointer)


def _drop(value: Any, marker: object) -> Any:
    if isinstance(value, dict):
        return {k: _drop(v, marker) for k, v in value.items() if v is not marker}
    return [_drop(v, marker) for v in value] if isinstance(value, list) else value


def _some(
    grounds: CoverageBasis, place: BodyPlace, made: Iterator[Probe], *, invalid: int, valid: int
) -> Iterator[Case]:
    """The first few cases of each sort."""
    left = {"invalid": invalid, "valid": valid}
    for case in present(probe_case(grounds, place, probe) for probe in made):
        left[case.intent] -= 1
        if left[case.intent] >= 0:
            yield case
        if max(left.values()) <= 0:
            return


def forged(grounds: CoverageBasis) -> Iterator[Case]:
    """Members that only the server sets, and one that nobody knows: in an open body they change nothing."""
    base = grounds.base
    if not isinstance(base, dict):
        return
    values = _server_set(grounds)
    for name, value in list(values.items())[:MAX_FORGED]:
        yield from present(iter([body_case(grounds, {**base, name: value}, f"forged: {name}", f"/{name}")]))
    if len(values) > 1:
        yield from present(iter([body_case(grounds, {**values, **base}, "forged: all at once")]))
    unknown = {UNDECLARED_NAMES[0]: "undeclared"}
    yield from present(iter([body_case(grounds, {**base, **unknown}, "undeclared member", f"/{UNDECLARED_NAMES[0]}")]))
    for place in grounds.places:
        inner = next((b for b in place.branches if b.kind == "object" and b.properties), None)
        if 1 <= place.level < MAX_LEVEL and inner is not None and grounds.judge:
            try:
                value = most(grounds.judge.schema, place.node, name=str(place.steps[-1]))
            except SchemaError:
                continue
            if isinstance(value, dict):
                probe = Probe("with a member that it does not declare", value | unknown)
                yield from present(iter([probe_case(grounds, place, probe)]))
    several = {name: {"a": [1]} for name in UNDECLARED_NAMES}
    yield from present(iter([body_case(grounds, {**base, **several}, "undeclared members of awkward names")]))


def _server_set(grounds: CoverageBasis) -> dict[str, Any]:
    """Members of the success reply that the request does not declare, with plausible values; required ones first."""
    reply = grounds.operation.reply(grounds.operation.success)
    media = first_json(reply.content) if reply else None
    request = json_media(grounds.operation)
    if media is None or media.schema is None or request is None or request.schema is None:
        return {}
    declared = {plain_name(name) for name in properties(request.schema)}
    answered = shapes(media.schema).members()
    needed = [name for branch in shapes(media.schema).root() for name in branch.required]
    ordered = [*(n for n in needed if n in answered), *(n for n in answered if n not in needed)]
    return {name: _forgery(media.schema, answered[name], name) for name in ordered if plain_name(name) not in declared}


def _forgery(schema: Schema, node: Any, name: str) -> Any:
    """A value that the reply's schema takes and that no server would choose itself."""
    branches = [branch for branch in shapes(schema).branches(node) if branch.kind != "null"]
    branch = branches[0] if branches else None
    if branch is None or branch.kind in ("any", "string"):
        wanted = {"date-time": "2001-02-03T04:05:06Z", "uuid": "f0f0f0f0-dead-4bad-8bad-f0f0f0f0f0f0"}
        return wanted.get(branch.keywords.get("format", "") if branch else "", f"forged {name}")
    if branch.kind == "enum":
        return branch.keywords["enum"][-1]
    return {"integer": 424242, "number": 4242.5, "boolean": True, "object": {"forged": name}}.get(
        branch.kind, ["forged"]
    )


def references(grounds: CoverageBasis) -> Iterator[Case]:
    """Members that name another thing: known values, then others, of which nobody can say whether they exist."""
    for place in top_members(grounds):
        name = str(place.steps[0])
        if name not in grounds.referring:
            continue
        for value in grounds.referring[name]:
            yield from present(iter([probe_case(grounds, place, Probe(f"= {value}, a known one", value))]))
        others = OTHER_NUMBERS if "integer" in place.kinds() else ("no-such-thing", "", "0")
        for value in others:
            label = f"reference: {name}={value}"
            case = body_case(grounds, place.put(value), label, place.pointer, "assumed")
            if case and case.intent == "valid":
                # Whether there is such a thing nobody knows; that an accepted response shows it, the schemas say.
                exact = not isinstance(value, int) or abs(value) < 2**53
                note = "accepted, or a 4xx: never a 5xx"
                yield replace(case, note=note, content="documented" if exact else "assumed")


def links(grounds: CoverageBasis) -> Iterator[Case]:
    """The body says another thing than the path."""
    for place in top_members(grounds):
        if place.steps[0] in grounds.linked:
            label = f"{place.title} differs from the path"
            case = body_case(grounds, place.put("another-one"), label, place.pointer, "assumed")
            if case and case.intent == "valid":
                yield case


def revealing_cases(grounds: CoverageBasis) -> Iterator[Case]:
    """Values that show what a server does to what it is given, member by member."""
    texts = [
        place for place in top_members(grounds) if _takes_text(place) and str(place.steps[0]) not in grounds.referring
    ]
    texts = [place for place in texts if place.steps[0] not in grounds.linked and place.steps[0] != grounds.key]
    others = [place for place in top_members(grounds) if place not in texts]
    for place in (*texts[:1], *others):
        yield from _some(grounds, place, revealing_values(place), invalid=0, valid=LIMIT)
    yield from _together(grounds, texts[1:])


def _together(grounds: CoverageBasis, texts: list[BodyPlace]) -> Iterator[Case]:
    """Each hostile text in all other text members at once: the response shows which one suffered."""
    names = [str(place.steps[0]) for place in texts]
    if not names:
        return
    for probe in text_probes():
        body = {**grounds.base, **dict.fromkeys(names, probe.value)}
        case = body_case(grounds, body, f"{' and '.join(names)} {probe.label}", "", probe.evidence)
        if case and case.intent == "valid":
            yield case


def _takes_text(place: BodyPlace) -> bool:
    return any(
        branch.kind == "string" and not {"format", "pattern"} & branch.keywords.keys() for branch in place.branches
    )


def deeper_revealing_cases(grounds: CoverageBasis) -> Iterator[Case]:
    """A few revealing values for what lies deeper."""
    for place in grounds.places:
        if place.level > 1:
            yield from _some(grounds, place, revealing_values(place), invalid=0, valid=3)


GROUPS: tuple[Callable[[CoverageBasis], Iterator[Case]], ...] = (
    plain,
    keys,
    request_variants.made_by_path,
    members,
    wrong_types,
    top_limits,
    request_variants.credentials,
    wrong_body,
    forged,
    references,
    links,
    request_variants.accepted_types,
    request_variants.forms,
    form_cases.only_forms,
    request_variants.parameters,
    nested_samples,
    mixed_arrays,
    request_variants.malformed,
    request_variants.media_types,
    request_variants.methods,
    revealing_cases,
    nested_limits,
    deeper_revealing_cases,
)
