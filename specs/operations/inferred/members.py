"""How members of an inferred thing get their values: moments, counters, versions, parents, addresses. All assumed."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.contract import Operation
from threadmock.specs.members import NAMING
from threadmock.specs.operations.inferred.places import plain, singular, subject_of
from threadmock.specs.operations.inferred.resources import Model, Resource
from threadmock.specs.operations.inferred.shapes import Member, asked, body_schema, body_source, items_of, sent_in
from threadmock.specs.operations.path_templates import filled
from threadmock.specs.schemas.declared import item_types, part_of, properties, types_of
from threadmock.specs.schemas.schema import Schema

_MADE = re.compile(
    r"(date|time)?(created|creation|inserted|added|opened|joined|registered)(at|on|date|time|timestamp)?"
)
_CHANGED = re.compile(
    r"(date|time)?(last)?(updated|modified|changed|edited|update|modification)(at|on|date|time|timestamp)?"
)
_COUNTERS = ("number", "sequence", "sequencenumber", "seq", "index", "ordinal", "no", "position")
_VERSIONS = ("version", "revision", "rev", "lockversion", "rowversion", "versionnumber")
_ADDRESSES = (
    "url",
    "href",
    "self",
    "selflink",
    "selfurl",
    "link",
    "uri",
    "location",
    "htmlurl",
    "apiurl",
    "resourceuri",
)
_STATES = ("status", "state", "phase", "stage", "lifecyclestate")
_COMMON = ("id", "uuid", "key", "name", "slug", "number", "code", "sid")
_MILLIS = 10**11


def given(value: Any) -> Setting:
    """A literal."""
    return Setting("value", value=value, evidence="assumed")


def generated(generator: str) -> Setting:
    """What the mock makes."""
    return Setting("generate", generator, evidence="assumed")


def moment(member: Member) -> str:
    """The generator for the present moment in a member's form; "" where it holds none."""
    if "string" in member.types or not member.types:
        return "now" if "date-time" in member.formats else "today" if "date" in member.formats else ""
    if not member.types & {"integer", "number"}:
        return ""
    text = " ".join(str(part.get("description", "")) for part in member.parts).lower()
    shown = [value for part in member.parts for value in (part.get("example"), *(part.get("examples") or ()))]
    is_milli = any(isinstance(value, int) and value > _MILLIS for value in shown) or "milli" in text
    return "now_milliseconds" if is_milli or plain(member.name).endswith(("ms", "millis")) else "now_seconds"


def stamp(member: Member, *, updating: bool) -> Setting | None:
    """The moment that a member holds when a thing is made or changed."""
    short = plain(member.name)
    if not _CHANGED.fullmatch(short) and (updating or not _MADE.fullmatch(short)):
        return None
    generator = moment(member)
    return generated(generator) if generator else None


def made_members(operation: Operation, resource: Resource, model: Model) -> dict[str, Setting]:
    """Members of a new thing that no request has, or that the server has the last word on."""
    sent = asked(operation)
    found: dict[str, Setting] = {}
    for name, member in resource.members.items():
        if name == resource.key:
            continue
        setting = _of_parent(operation, model, member) or stamp(member, updating=False)
        if name not in sent:
            setting = setting or _of_server(operation, resource, model, member)
        elif setting is None and member.required and "null" in member.types and not _has_default(sent[name]):
            source = body_source(operation, name)
            setting = Setting("from", sources=(source,), otherwise=given(None), evidence="assumed")
        if setting is not None:
            found[name] = setting
    found |= _of_owner(operation, resource, model)
    return {**sent_members(operation, resource, found), **found}


def sent_members(operation: Operation, resource: Resource, known: Collection[str] = ()) -> dict[str, Setting]:
    """Members of a thing that the body has in another place, or as names of what the thing shows."""
    names = asked(operation) if sent_in(operation) else ()
    return _named_members(operation, resource) | {
        name: Setting("from", sources=(body_source(operation, name),), evidence="assumed")
        for name in names
        if name in resource.members and name not in known and name != resource.key
    }


def _named_members(operation: Operation, resource: Resource) -> dict[str, Setting]:
    """Members that a request names by texts, and that a thing shows as objects: `["bug"]` → `[{"name": "bug"}]`."""
    found: dict[str, Setting] = {}
    schema = body_schema(operation)
    for name, node in asked(operation).items() if schema else ():
        member = resource.members.get(name)
        if member is None or schema is None or name == resource.key:
            continue
        is_list = "array" in member.types
        sent = item_types(schema, node) if is_list else types_of(schema, node)
        inner = items_of(member.schema, member.node) if is_list else part_of(member.schema, member.node)
        naming = _naming(inner)
        if not naming or sent - {"null"} != {"string"}:
            continue
        source = body_source(operation, name)
        text = Source("item", ()) if is_list else source
        named = Setting("from", sources=(text,), evidence="assumed")
        made = Setting("members", members=((naming, named),), when=None if is_list else source, evidence="assumed")
        found[name] = Setting("each", sources=(source,), members=(("", made),), evidence="assumed") if is_list else made
    return found


def _naming(schema: Schema | None) -> str:
    """The text of an object by which others name it; "" where it has none, or may be no object."""
    if schema is None or types_of(schema, schema.document) - {"null"} != {"object"}:
        return ""
    held = properties(schema)
    return next((each for each in NAMING if "string" in types_of(schema, held.get(each))), "")


def _has_default(node: Any) -> bool:
    return isinstance(node, Mapping) and "default" in node


def _of_parent(operation: Operation, model: Model, member: Member) -> Setting | None:
    """The key of a thing that the path names, in a member that bears the parameter's or the thing's name."""
    place, short = model.subject(operation), plain(member.name)
    if member.types and member.types <= {"object", "array", "boolean", "null"}:
        return None
    for segment, parameter in reversed(place.above):
        parent = model.resources.get(model.named(segment))
        thing = plain(singular(segment))
        names = {thing, f"{thing}id", f"{thing}uuid", f"{thing}{plain(parent.key if parent else '')}"}
        if plain(parameter) not in _COMMON:
            names.add(plain(parameter))
        if short not in names:
            continue
        source = next(each for each in operation.parameters_in("path") if each.name == parameter)
        kinds = types_of(source.schema, source.schema.document)
        numbers = member.types & {"integer", "number"}
        if numbers and not kinds & {"integer", "number"}:
            return None
        if "integer" in kinds and member.types and not numbers:
            last = place.above[-1][1] == parameter
            return Setting("template", value="$parent_key", evidence="assumed") if last else None
        return Setting("from", sources=(Source("path", (parameter,)),), evidence="assumed")
    return None


def _of_owner(operation: Operation, resource: Resource, model: Model) -> dict[str, Setting]:
    """The parent of a new thing, in the object by which its own paths name it.

    What is made at `/orgs/{org}/repos` and read at `/repos/{owner}/{repo}` has the org as `owner.login`; what is made
    at `/user/repos` has one name for all, since all of them are the user's.
    """
    above = model.subject(operation).above
    found: dict[str, Setting] = {}
    for parameter in _before_key(resource, model) if len(above) <= 1 else ():
        member = resource.members.get(resource.member(parameter))
        if member is None or member.name in asked(operation):
            continue
        if name := _naming(part_of(member.schema, member.node)):
            named = Setting("from", sources=(Source("path", (above[0][1],)),), evidence="assumed") if above else None
            found[f"{member.name}.{name}"] = named or given(f"{parameter}-1")
    return found


def _before_key(resource: Resource, model: Model) -> set[str]:
    """Parameters that stand before the key in paths of one thing, and that name nothing else: `{owner}` of `{repo}`."""
    places = [place for each in resource.operations if (place := model.subject(each)).key]
    return {name for place in places for segment, name in place.above if segment == name not in model.resources}


def _of_server(operation: Operation, resource: Resource, model: Model, member: Member) -> Setting | None:
    """What the server fills in by what a member is called."""
    short = plain(member.name)
    if "integer" in member.types and (number := _number(member, short, model)):
        return number
    if short == "id":
        return _other_id(member)
    if short in _ADDRESSES and "string" in member.types and (path := address(operation, resource)):
        whole = bool(member.formats & {"uri", "url"})
        return Setting("template", value=f"{'$base' * whole}{path}", evidence="assumed")
    if short in _STATES and member.values and member.first("default") is None:
        return given(member.values[0])
    if member.first("default") is not None:
        return given(member.first("default"))
    return given(None) if member.required and "null" in member.types and not member.values else None


def _number(member: Member, short: str, model: Model) -> Setting | None:
    if short in _COUNTERS:
        return Setting("sequence", value="parent", evidence="assumed")
    if short in _VERSIONS:
        least = member.first("minimum")
        return given(max(1, least) if isinstance(least, int) else 1)
    return given(0) if counted(member.name, model) and not (member.first("minimum") or 0) > 0 else None


def _other_id(member: Member) -> Setting | None:
    """The id of a thing whose key is another member."""
    if "uuid" in member.formats:
        return generated("uuid4")
    if "integer" in member.types:
        return Setting("sequence", value="all", evidence="assumed")
    bound = any(part.keys() & {"pattern", "maxLength", "enum", "format"} for part in member.parts)
    return None if bound else generated("opaque")


def counted(name: str, model: Model) -> str:
    """The resource whose things a member counts: `comment_count`, `commentsCount`, `num_comments` → `comments`."""
    short = plain(name)
    for before, behind in (("", "count"), ("num", ""), ("numberof", ""), ("total", ""), ("n", ""), ("count", "")):
        core = short.removeprefix(before).removesuffix(behind)
        if core != short and core and short.startswith(before) and short.endswith(behind):
            found = [at for word in (core, plain(singular(core))) if (at := model.singulars.get(word)) is not None]
            if found:
                return model.names[min(found)]
    return ""


def address(operation: Operation, resource: Resource) -> str:
    """The path of a new thing, with `$key` and `$parent_key`; "" where none can be told."""
    own = subject_of(operation.path)
    for each in sorted(resource.operations, key=lambda one: -len(subject_of(one.path).above)):
        place = subject_of(each.path)
        names = [parameter for _, parameter in place.above]
        if not place.key or len(names) > 1 or (names and not own.above):
            continue
        values = {place.key: "$key", **dict.fromkeys(names, "$parent_key")}
        return filled(each.path, values)
    return ""


def changed_members(resource: Resource) -> dict[str, Setting]:
    """Members that change with every change of a thing."""

    def counted_on(name: str) -> Setting:
        return Setting("stored", steps=(name,), plus=1, otherwise=given(1), evidence="assumed")

    return _moved_on(resource, _VERSIONS, counted_on, updating=True)


def made_anew(resource: Resource) -> dict[str, Setting]:
    """Members that a copy of a thing has of its own: moments, and its number."""
    number = Setting("sequence", value="parent", evidence="assumed")
    return _moved_on(resource, _COUNTERS, lambda _: number, updating=False)


def _moved_on(
    resource: Resource, counters: Collection[str], count: Callable[[str], Setting], *, updating: bool
) -> dict[str, Setting]:
    """Moments of a change, or of the beginning; and whole numbers with one of these names."""
    found: dict[str, Setting] = {}
    for name, member in resource.members.items():
        if name == resource.key:
            continue
        if (setting := stamp(member, updating=updating)) is not None:
            found[name] = setting
        elif plain(name) in counters and "integer" in member.types:
            found[name] = count(name)
    return found


def counts_of(resource: Resource, parent: Resource, model: Model) -> dict[str, Setting]:
    """Members of the parent that count the things of this resource."""
    return {
        name: Setting("counted", value=resource.name, evidence="assumed")
        for name, member in parent.members.items()
        if "integer" in member.types and counted(name, model) == resource.name
    }
