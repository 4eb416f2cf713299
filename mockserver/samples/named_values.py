"""What a member holds in plausible data, by its name and its format, from the seed.

Names are compared without case, underscores and hyphens; the last words decide: `billing_address_city` is a city.
Addresses, numbers and domains are those that are kept free for examples (RFC 2606, RFC 5737, RFC 3849).
"""

import base64
import hashlib
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.specs.schemas.formats import write_date_time

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "iris", "juniper", "kelp", "lark")
_FIRST = ("Ada", "Bruno", "Chiara", "Daniel", "Elif", "Farid", "Grace", "Hanna", "Ines", "Jonas", "Kenji", "Lena")
_LAST = ("Lovelace", "Moreau", "Nakamura", "Okafor", "Petrov", "Quinn", "Rossi", "Schmidt", "Tanaka", "Weber")
_CITIES = ("Berlin", "Lyon", "Lisbon", "Oslo", "Porto", "Rome", "Toronto", "Utrecht", "Vienna", "Zurich")
_COUNTRIES = (("Germany", "DE"), ("France", "FR"), ("Italy", "IT"), ("Norway", "NO"), ("Portugal", "PT"))
_REGIONS = ("Bavaria", "Brittany", "Lazio", "Ontario", "Tyrol")
_STREETS = ("12 Mill Lane", "48 Harbour Street", "7 Station Road", "95 Garden Avenue")
_COMPANIES = ("Northwind Traders", "Bluebird Labs", "Harbour & Sons", "Cedar Works")
_TITLES = ("Quarterly report", "Login fails on mobile", "Plan the release", "Notes from the meeting", "New onboarding")
_SENTENCES = (
    "The first draft is ready for review.",
    "Please have a look before Friday.",
    "It works on the second attempt only.",
    "All items were delivered on time.",
)
_COLORS = ("amber", "blue", "green", "grey", "red", "teal")
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
_MOST_WORDS = 3


@dataclass(frozen=True)
class Sources:
    """Where values come from: the seeded numbers and keys, and the time."""

    ids: Ids
    clock: Clock

    @property
    def rng(self) -> random.Random:
        """The seeded source of numbers."""
        return self.ids.random


Make = Callable[[Sources], str]
Made = TypeVar("Made")


def named_text(name: str, sources: Sources) -> str | None:
    """A text that a member of this name plausibly holds; None where the name tells nothing."""
    make = _by_name(name, _TEXTS)
    return make(sources) if make else None


def named_number(name: str, sources: Sources) -> float | None:
    """A number that a member of this name plausibly holds; None where the name tells nothing."""
    make = _by_name(name, _NUMBERS)
    return make(sources) if make else None


def formatted_text(word: str, sources: Sources) -> str | None:
    """A text of a format; None where the format is not known here."""
    make = _FORMATS.get(word)
    return make(sources) if make else None


def plain_text(sources: Sources) -> str:
    """A text that nothing is known of."""
    return f"{sources.rng.choice(WORDS)}-{sources.rng.randrange(10_000)}"


def _by_name(name: str, table: Mapping[str, Made]) -> Made | None:
    words = [word.lower() for word in _SPLIT.split(name) if word][-_MOST_WORDS:]
    for begin in range(len(words)):
        found = table.get("".join(words[begin:]))
        if found is not None:
            return found
    return None


def _pick(values: tuple[str, ...]) -> Make:
    return lambda own: own.rng.choice(values)


def _moment(own: Sources) -> str:
    return write_date_time(own.clock.tick())


def _day(own: Sources) -> str:
    return own.clock.tick().date().isoformat()


def _hex(own: Sources, digits: int) -> str:
    return hashlib.sha256(str(own.rng.random()).encode()).hexdigest()[:digits]


def _name(own: Sources) -> str:
    return f"{own.rng.choice(_FIRST)} {own.rng.choice(_LAST)}"


def _mail(own: Sources) -> str:
    return f"{own.rng.choice(_FIRST).lower()}.{own.rng.choice(_LAST).lower()}@example.com"


def _url(own: Sources) -> str:
    return f"https://example.com/{own.rng.choice(WORDS)}"


def _phone(own: Sources) -> str:
    return f"+1202555{own.rng.randrange(100, 200):04d}"


def _several(makes: Mapping[str, Make]) -> dict[str, Make]:
    return {name: make for names, make in makes.items() for name in names.split()}


_TEXTS: Mapping[str, Make] = _several(
    {
        "email mail emailaddress": _mail,
        "firstname givenname forename": _pick(_FIRST),
        "lastname surname familyname": _pick(_LAST),
        "fullname displayname realname author owner assignee customername contactname username name": _name,
        "login nick nickname handle user": lambda own: own.rng.choice(_FIRST).lower(),
        "title subject headline label": _pick(_TITLES),
        "description summary text content body message comment note notes bio about detail details": _pick(_SENTENCES),
        "answer question reason caption abstract prompt": _pick(_SENTENCES),
        "url uri link href website homepage site webhook callback": _url,
        "avatar avatarurl image imageurl photo photourl picture thumbnail logo icon": lambda own: f"{_url(own)}.png",
        "phone phonenumber mobile tel telephone fax": _phone,
        "city town": _pick(_CITIES),
        "country countryname": _pick(tuple(name for name, _ in _COUNTRIES)),
        "countrycode": _pick(tuple(code for _, code in _COUNTRIES)),
        "region province county": _pick(_REGIONS),
        "street streetaddress address address1 line1 addressline1": _pick(_STREETS),
        "zip zipcode postcode postalcode": lambda own: f"{own.rng.randrange(10_000, 99_999)}",
        "company companyname organization organisation employer vendor brand": _pick(_COMPANIES),
        "currency currencycode": _pick(("EUR", "USD", "GBP")),
        "status state": lambda _: "active",
        "language lang locale": _pick(("en", "de", "fr")),
        "timezone": _pick(("Europe/Berlin", "UTC")),
        "color colour": _pick(_COLORS),
        "price amount cost": lambda own: f"{own.rng.randrange(100, 9900) / 100:.2f}",
        "ip ipaddress": lambda own: f"192.0.2.{own.rng.randrange(1, 255)}",
        "host hostname domain": lambda _: "example.com",
        "useragent": lambda _: "Mozilla/5.0 (compatible)",
        "version": lambda own: f"1.{own.rng.randrange(10)}.{own.rng.randrange(10)}",
        "slug": lambda own: f"{own.rng.choice(WORDS)}-{own.rng.choice(WORDS)}",
        "sha checksum digest hash commit": lambda own: _hex(own, 40),
        "filename file": lambda own: f"{own.rng.choice(WORDS)}.txt",
        "mimetype contenttype mediatype": lambda _: "text/plain",
        "gender": _pick(("female", "male")),
        "createdat updatedat modifiedat deletedat startedat endedat finishedat expiresat timestamp datetime": _moment,
        "created updated modified": _moment,
        "date day birthday birthdate dateofbirth dob duedate startdate enddate": _day,
    }
)
_NUMBERS: Mapping[str, Callable[[Sources], float]] = {
    name: make
    for names, make in {
        "price amount cost total subtotal fee balance salary": lambda own: own.rng.randrange(100, 9900) / 100,
        "age": lambda own: own.rng.randrange(18, 80),
        "quantity qty count size number stock seats": lambda own: own.rng.randrange(1, 10),
        "year": lambda own: own.clock.tick().year,
        "month": lambda own: own.rng.randrange(1, 13),
        "day": lambda own: own.rng.randrange(1, 29),
        "lat latitude": lambda own: own.rng.randrange(-60_0000, 60_0000) / 10_000,
        "lng lon long longitude": lambda own: own.rng.randrange(-170_0000, 170_0000) / 10_000,
        "rating score stars": lambda own: own.rng.randrange(1, 6),
        "percent percentage discount progress": lambda own: own.rng.randrange(0, 101),
        "width height": lambda own: own.rng.randrange(1, 20) * 80,
        "id": lambda own: own.rng.randrange(1, 1000),
        "port": lambda _: 8080,
        "timestamp createdat updatedat created updated": lambda own: int(own.clock.tick().timestamp()),
        "temperature": lambda own: own.rng.randrange(-100, 350) / 10,
        "duration": lambda own: own.rng.randrange(1, 600),
    }.items()
    for name in names.split()
}
_FORMATS: Mapping[str, Make] = {
    "uuid": lambda own: own.ids.uuid4(),
    "date-time": _moment,
    "date": _day,
    "time": lambda own: own.clock.tick().time().isoformat(timespec="seconds") + "Z",
    "duration": lambda own: f"PT{own.rng.randrange(1, 60)}M",
    "email": _mail,
    "idn-email": _mail,
    "uri": _url,
    "url": _url,
    "iri": _url,
    "uri-reference": lambda own: f"/{own.rng.choice(WORDS)}",
    "iri-reference": lambda own: f"/{own.rng.choice(WORDS)}",
    "uri-template": lambda own: f"https://example.com/{{{own.rng.choice(WORDS)}}}",
    "hostname": lambda _: "example.com",
    "idn-hostname": lambda _: "example.com",
    "ipv4": lambda _: "192.0.2.1",
    "ipv6": lambda _: "2001:db8::1",
    "json-pointer": lambda own: f"/{own.rng.choice(WORDS)}",
    "relative-json-pointer": lambda _: "0",
    "regex": lambda _: "^[a-z]+$",
    "byte": lambda own: base64.b64encode(own.rng.choice(WORDS).encode()).decode(),
    "base64": lambda own: base64.b64encode(own.rng.choice(WORDS).encode()).decode(),
    "phone": _phone,
    "password": lambda own: f"{own.rng.choice(WORDS)}-{_hex(own, 8)}",
    "decimal": lambda own: f"{own.rng.randrange(100, 9900) / 100:.2f}",
    "objectid": lambda own: _hex(own, 24),
}
