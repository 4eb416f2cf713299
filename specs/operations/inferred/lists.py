"""How an inferred list is asked for and what it tells: pages, order, filters, members beside the items. All assumed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.specs.behaviour.rule import Filter, Listing
from threadmock.specs.behaviour.setting import Place, Setting, Source, Within
from threadmock.specs.contract import Operation, Parameter
from threadmock.specs.operations.inferred.members import given
from threadmock.specs.operations.inferred.places import plain, singular
from threadmock.specs.operations.inferred.resources import Resource
from threadmock.specs.operations.inferred.shapes import body_schema, part, reply_schema
from threadmock.specs.schemas.declared import nodes_of, properties, types_of
from threadmock.specs.schemas.schema import Schema

_ASKED: Mapping[str, tuple[str, ...]] = {
    word: tuple(names.split())
    for word, names in {
        "limit": (
            "limit perpage pagesize size maxresults top take rows pagelimit maxitems max count first maxpagesize"
        ),
        "offset": "offset skip start startindex pageoffset",
        "page": "page pagenumber pageno pageindex p currentpage",
        "after": (
            "cursor after startingafter pagetoken nexttoken continuationtoken marker pageafter "
            "pagecursor startafter afterid nextcursor sinceid"
        ),
        "before": "endingbefore before pagebefore beforeid",
        "sort": "sort sortby orderby ordering order sortfield",
        "direction": "order direction sortorder sortdir orderdir dir sortdirection orderdirection",
    }.items()
}
"""Query parameters by which lists are read, by what they mean."""
_DIRECTIONS = {"asc", "desc", "ascending", "descending"}
_SEARCHES = ("q", "query", "search", "text", "term", "keyword", "keywords", "searchterm", "filter", "s")
_BOUNDS: tuple[tuple[str, str], ...] = (
    (r"(?:min|minimum|from|since|after)_?(.+)", "at_least"), (r"(?:max|maximum|to|until|before)_?(.+)", "at_most"),
    (r"(.+?)_*(?:gte|min|from|since|start)", "at_least"), (r"(.+?)_*(?:lte|max|to|until|end)", "at_most"),
    (r"(.+?)_*(?:gt|after)", "above"), (r"(.+?)_*(?:lt|before)", "below"),
)  # fmt: skip
_BARE_BOUNDS: Mapping[str, str] = {
    "since": "at_least",
    "from": "at_least",
    "start": "at_least",
    "after": "above",
    "until": "at_most",
    "to": "at_most",
    "end": "at_most",
    "before": "below",
}
_MOMENTS = (
    "start",
    "startsat",
    "startat",
    "starttime",
    "startdate",
    "begin",
    "date",
    "day",
    "createdat",
    "created",
    "timestamp",
    "updatedat",
)
_TOLD: Mapping[str, tuple[str, ...]] = {
    word: tuple(names.split())
    for word, names in {
        "total": (
            "total totalcount totalitems totalresults totalelements totalrecords totalrows totalhits "
            "hits recordcount found itemcount itemstotal totalsize resultcount recordstotal"
        ),
        "page": "numberofelements returned shown pageitems itemsonpage length currentcount pagecountitems",
        "pages": "pages totalpages pagecount pagestotal numpages pagesamount numberofpages",
        "number": "page pagenumber currentpage number pageindex pageno current",
        "size": "limit perpage pagesize size itemsperpage",
        "ahead": "offset skip start startindex",
        "more": "hasmore hasnext more hasnextpage truncated istruncated moreavailable",
        "fewer": "hasprevious hasprev hasprevpage haspreviouspage",
        "first": "firstid",
        "last": "lastid",
        "next": (
            "nextcursor cursor nextpagetoken nexttoken nextmarker continuationtoken endcursor "
            "nextpagecursor pagetoken after"
        ),
        "previous": "previouscursor prevcursor startcursor previouspagetoken prevtoken before",
        "next_offset": "nextoffset nextskip",
        "next_url": "nexturl nextlink nexthref odatanextlink nextpageurl nexturi",
        "previous_url": "previousurl prevurl previouslink prevlink prevpageurl previouspageurl",
        "first_url": "firsturl firstpageurl",
        "last_url": "lasturl lastpageurl",
    }.items()
}
"""Members beside a list's items by what they tell; those whose meaning hangs on more are below."""
_HEADERS: Mapping[str, str] = {
    "link": "links",
    "totalcount": "total",
    "total": "total",
    "paginationtotal": "total",
    "count": "total",
    "pagecount": "pages",
    "totalpages": "pages",
    "paginationtotalpages": "pages",
    "page": "number",
    "perpage": "size",
    "paginationpage": "number",
    "paginationlimit": "size",
    "nextpage": "next_number",
    "prevpage": "previous_number",
    "nextcursor": "next",
    "hasmore": "more",
    "currentpage": "number",
    "pagesize": "size",
    "paginationperpage": "size",
    "paginationtotalcount": "total",
    "paginationcurrentpage": "number",
}
_KINDS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("total", "page", "pages", "number", "size", "ahead", "next_offset"), frozenset({"integer", "number"})
    ),
    **dict.fromkeys(("more", "fewer"), frozenset({"boolean"})),
    **dict.fromkeys(("next", "previous", "next_url", "previous_url", "first_url", "last_url"), frozenset({"string"})),
    **dict.fromkeys(("first", "last"), frozenset({"string", "integer"})),
}


def infer_listing(
    operation: Operation, resource: Resource, items: str | None, text: str, within: Within | None = None
) -> tuple[Listing, Setting | None]:
    """The listing of an operation, and what its envelope tells.

    text: what the document says of the operation. within: the parents that its path names; its other parameters filter.
    """
    place, parameters = _parameters(operation)
    asked = {plain(each.name): each for each in reversed(parameters)}
    found = {word: next((asked[name] for name in names if name in asked), None) for word, names in _ASKED.items()}
    for word in ("after", "before"):
        if (chosen := found[word]) and _formats(chosen) & {"date-time", "date"}:
            found[word] = None
    if found["sort"] is not None and found["sort"] is found["direction"]:
        words = {str(value).lower() for value in _values(found["sort"])}
        found["sort" if words and words <= _DIRECTIONS else "direction"] = None
    page = found["page"]
    used = {each.name for each in found.values() if each}
    sources = {word: Source(place, (each.name,)) for word, each in found.items() if each}
    listing = Listing(
        **sources,  # type: ignore[arg-type]
        items=items,
        page_from=0 if page and (_declared(page, "minimum") == 0 or _declared(page, "default") == 0) else 1,
        filters=tuple(_filters(operation, resource, used, within)),
    )
    listing = _ordered(listing, found["sort"], found["direction"], resource, text)
    schema = reply_schema(operation)
    told = _Envelope(schema, listing, items).told() if schema and items is not None else ()
    limited = found["limit"] is not None and isinstance(_declared(found["limit"], "default"), int)
    if not limited and (page or listing.after) and told:
        listing = replace(listing, default_limit=20)
    return listing, Setting("members", members=told, evidence="assumed") if told else None


def headers_of(operation: Operation) -> dict[str, Setting]:
    """Headers of a list that tell of its pages."""
    reply = operation.reply(operation.success)
    names = {each.name: re.sub(r"^x", "", plain(each.name)) for each in (reply.headers.values() if reply else ())}
    return {
        name: Setting("tally", value=_HEADERS[short], evidence="assumed")
        for name, short in names.items()
        if short in _HEADERS
    }


def _values(parameter: Parameter) -> list[Any]:
    parts = nodes_of(parameter.schema, parameter.schema.document)
    return [
        value for each in parts for value in (*each.get("enum", ()), *((each["default"],) if "default" in each else ()))
    ]


def _declared(parameter: Parameter, word: str) -> Any:
    return next((each[word] for each in nodes_of(parameter.schema, parameter.schema.document) if word in each), None)


def _formats(parameter: Parameter) -> set[str]:
    return {str(each.get("format")) for each in nodes_of(parameter.schema, parameter.schema.document)}


def _ordered(
    listing: Listing, sort: Parameter | None, direction: Parameter | None, resource: Resource, text: str
) -> Listing:
    """The order where the request asks for none: by documented defaults, else by what the text says."""
    default = str(_declared(sort, "default") or "") if sort else ""
    way = str(_declared(direction, "default") or "").lower() if direction else ""
    name, descends = sort_words(default)
    by = resource.member(name) if name else ""
    if by or way:
        newest = descends if descends is not None else way.startswith("desc")
        return replace(listing, by=by, order="newest" if newest else "oldest")
    text = text.lower()
    if (
        re.search(r"oldest[ -]first|in (?:the )?order (?:of|in which)|ascending|chronological order", text)
        and "reverse chron" not in text
    ):
        return replace(listing, order="oldest")
    return listing


def sort_words(text: str) -> tuple[str, bool | None]:
    """`-created_at`, `created_at:desc` → ("created_at", True); None where the text says no direction."""
    found = re.fullmatch(r"([+-]?)(.*?)(?:[ :,_.](asc|desc)(?:ending)?)?", text, re.IGNORECASE)
    if found is None:
        return text, None
    if found[1]:
        return found[2], found[1] == "-"
    return found[2], found[3].lower() == "desc" if found[3] else None


def _parameters(operation: Operation) -> tuple[Place, tuple[Parameter, ...]]:
    """Where a list is asked for, and by what: the query, or the body of a search by POST, member by member."""
    schema = body_schema(operation) if operation.method == "POST" else None
    members = properties(schema).items()
    if schema is None or not members:
        return "query", operation.parameters_in("query")
    return "body", tuple(Parameter(name, "query", False, part(schema, node)) for name, node in members)


def _chain(within: Within | None) -> Iterator[Within]:
    while within is not None:
        yield within
        within = within.within


def _filters(operation: Operation, resource: Resource, used: set[str], within: Within | None) -> list[Filter]:
    found = []
    above = {source for within in _chain(within) for source in within.source.steps}
    paths = [each for each in operation.parameters_in("path") if each.name not in above]
    place, parameters = _parameters(operation)
    for parameter in (*paths, *parameters):
        if parameter.name in used and parameter.location != "path":
            continue
        source = Source("path" if parameter.location == "path" else place, (parameter.name,))
        made = _filter(parameter, resource)
        if made:
            found.append(Filter(source, made[0], made[1], "assumed"))  # type: ignore[arg-type]
    return found


def _filter(parameter: Parameter, resource: Resource) -> tuple[str, str] | None:
    """The member that a parameter filters by, and how."""
    name, short = parameter.name, plain(parameter.name)
    if member := resource.member(name, f"{name}s", singular(name), f"{name}list"):
        types = resource.members[member].types
        several = "array" in types_of(parameter.schema, parameter.schema.document)
        how = "among" if several else "contains" if "array" in types else "equal"
        return None if "object" in types else (member, how)
    if short == "ids" and resource.key:
        return resource.key, "among"
    return (".", "search") if short in _SEARCHES else _bound(name, resource)


def _bound(name: str, resource: Resource) -> tuple[str, str] | None:
    """The member of which a parameter is a bound: `min_price`, `created_after`, `since`."""
    if (how := _BARE_BOUNDS.get(plain(name))) and (moment := resource.member(*_MOMENTS)):
        return moment, how
    for pattern, how in _BOUNDS:
        match = re.fullmatch(pattern, name, re.IGNORECASE)
        if match and (member := resource.member(match[1], f"{match[1]}_at", f"{match[1]}_date")):
            return member, how
    return None


@dataclass(frozen=True)
class _Envelope:
    """An object around a list's items, or one inside it, such as `meta`. links: whether its members are addresses."""

    schema: Schema
    listing: Listing
    items: str | None = None
    links: bool = False
    inner: bool = False

    @property
    def members(self) -> Mapping[str, Any]:
        """Its members but the items."""
        return {name: node for name, node in properties(self.schema).items() if name != self.items}

    def told(self) -> tuple[tuple[str, Setting], ...]:
        """What each member holds; objects of members are opened."""
        found: list[tuple[str, Setting]] = []
        for name, node in self.members.items():
            if not self.inner and "object" in types_of(self.schema, node):
                whole = next((each for each in nodes_of(self.schema, node) if "properties" in each), node)
                links = plain(name) in ("links", "link")
                told = _Envelope(part(self.schema, whole), self.listing, links=links, inner=True).told()
                if told:
                    found.append((name, Setting("members", members=told, evidence="assumed")))
            elif setting := self.telling(name, node):
                found.append((name, setting))
        return tuple(found)

    def telling(self, name: str, node: Any) -> Setting | None:
        """What one member holds."""
        short, types = plain(name), types_of(self.schema, node)
        if any("const" in each for each in nodes_of(self.schema, node)):
            return None
        if short in ("success", "ok") and "boolean" in types:
            return given(True)
        own = plain(self.items or "")
        counts = own and short in (f"{own}count", f"total{own}", f"{plain(singular(own))}count", f"num{own}")
        known = "total" if counts else next((word for word, names in _TOLD.items() if short in names), "")
        word = known or self.by_type(short, node, types)
        if not word or (types and not types & _KINDS.get(word, types)):
            return None
        return Setting("tally", value=word, evidence="assumed")

    def by_type(self, short: str, node: Any, types: frozenset[str]) -> str:
        """The word for a name that means several things, by the member's type and how the list is asked for."""
        formats = {str(each.get("format")) for each in nodes_of(self.schema, node)}
        is_address = self.links or bool(formats & {"uri", "url", "uri-reference"})
        if short == "count":
            others = {plain(each) for each in self.members} - {"count"}
            return "page" if others & set(_TOLD["total"]) else "total"
        if short in ("first", "last"):
            return f"is_{short}" if "boolean" in types else f"{short}_url" if is_address else short
        if short in ("lastpage", "pagelast") or short == "empty":
            return "is_empty" if "boolean" in types else "pages" if "integer" in types else ""
        base = _AROUND.get(short, "")
        if base and "boolean" in types:
            return {"next": "more", "previous": "fewer"}[base]
        if base and types & {"integer", "number"}:
            numbered = self.listing.page is not None or short.endswith("page")
            return f"{base}_number" if numbered else "next_offset" if base == "next" else ""
        return f"{base}_url" if base and (is_address or self.listing.after is None) else base


_AROUND: Mapping[str, str] = {
    **dict.fromkeys(("next", "nextpage"), "next"),
    **dict.fromkeys(("previous", "prev", "previouspage", "prevpage"), "previous"),
}
