"""The memos: numbers as keys, pages and totals, ETags and If-Match, merge patches, an archive, an API key."""

import collections
import datetime
import itertools
from typing import Any

from support.ordinary_servers.base import Asked, Member, Refused, Server, invalid, members, number, read_json

MEMO = {
    "title": Member(str, 1, 120),
    "text": Member(str, 0, 20_000),
    "labels": Member(list, 0, 10),
    "pinned": Member(bool),
    "colour": Member(str, pattern="#[0-9a-f]{6}", null=True),
}
START = {"text": "", "labels": [], "pinned": False, "colour": None}
STATUSES = {"unknown": 404, "denied": 401, "stale": 412, "media": 415}
SORTS = ("createdAt", "-createdAt", "title", "-title")
LONG = 2**63 - 1


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")


class Memos(Server):
    """Bugs: `loses`, `stays`, `stale` (a patch is not stored), `archives_nothing`, `same_page` (every page is the
    first), `no_size`, `any_label` (the filter has no say), `short_total` (the total counts the page), `unsorted`,
    `wipes` (a patch empties what it does not name), `overwrites` (If-Match has no say); `crash` (500 for a colour that
    is none), `teapot`, `lax` (any title), `open` (no key needed).
    """

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.keys, self.memos = itertools.count(1), dict[int, dict[str, Any]]()
        self.route("GET", "/memos", self.listing)
        self.route("POST", "/memos", self.make)
        self.route("GET", "/memos/{memoId}", self.read)
        self.route("PUT", "/memos/{memoId}", self.replace)
        self.route("PATCH", "/memos/{memoId}", self.change)
        self.route("DELETE", "/memos/{memoId}", self.delete)
        self.route("POST", "/memos/{memoId}/archive", self.archive)
        self.route("GET", "/labels", self.labels)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        told = {"error": {"code": refused.kind, "message": f"{refused.member} {refused.reason}".strip()}}
        return STATUSES.get(refused.kind, 422), told

    def admit(self, asked: Asked) -> None:
        if "open" not in self.bugs:
            super().admit(asked)

    def of(self, asked: Asked) -> dict[str, Any]:
        key = number(asked.given["memoId"], 1, LONG, "memoId")
        if key not in self.memos:
            raise Refused("unknown", "no such memo")
        return self.memos[key]

    def body(self, asked: Asked) -> dict[str, Any]:
        value = read_json(asked)
        if "crash" in self.bugs and isinstance(value, dict) and value.get("colour") == "":
            raise ZeroDivisionError
        known = {**MEMO, "title": Member(str)} if "lax" in self.bugs else MEMO
        return members(value, known, needed=("title",))

    def make(self, asked: Asked) -> tuple[Any, ...]:
        body, moment = self.body(asked), now()
        own = {"id": next(self.keys), "archived": False, "createdAt": moment, "updatedAt": moment, "version": 1}
        memo = {**START, **body, **own}
        if "loses" not in self.bugs:
            self.memos[memo["id"]] = memo
        return (202 if "teapot" in self.bugs else 201), memo

    def listing(self, asked: Asked) -> tuple[Any, ...]:
        query, found = dict(asked.query), list(self.memos.values())
        page = number(query.get("page", "1"), 1, LONG, "page")
        size = number(query.get("perPage", "10"), 1, 40, "perPage")
        sort = query.get("sort", "-createdAt")
        if sort not in SORTS:
            invalid("no such order", "sort")
        if "label" in query and "any_label" not in self.bugs:
            found = [memo for memo in found if query["label"] in memo["labels"]]
        if "q" in query:
            found = [memo for memo in found if query["q"].lower() in f"{memo['title']}\n{memo['text']}".lower()]
        if "unsorted" not in self.bugs:
            found.sort(key=lambda memo: (memo["title"], 0) if "title" in sort else (memo["createdAt"], memo["id"]))
            found = found[::-1] if sort.startswith("-") else found
        begin = 0 if "same_page" in self.bugs else (page - 1) * size
        shown = found[begin:] if "no_size" in self.bugs else found[begin : begin + size]
        total = len(shown) if "short_total" in self.bugs else len(found)
        return 200, {"items": shown, "page": page, "perPage": size, "total": total}

    def read(self, asked: Asked) -> tuple[Any, ...]:
        memo = self.of(asked)
        return 200, memo, {"etag": f'"{memo["version"]}"'}

    def touch(self, memo: dict[str, Any]) -> tuple[Any, ...]:
        memo |= {"updatedAt": now(), "version": memo["version"] + 1}
        return 200, memo

    def replace(self, asked: Asked) -> tuple[Any, ...]:
        memo, wanted = self.of(asked), asked.headers.get("if-match", "*")
        body = self.body(asked)
        known = {each.strip() for each in wanted.split(",")}
        if not {"*", f'"{memo["version"]}"'} & known and "overwrites" not in self.bugs:
            raise Refused("stale", "it has changed since")
        memo |= {**START, **body}
        return self.touch(memo)

    def change(self, asked: Asked) -> tuple[Any, ...]:
        memo = self.of(asked)
        value = read_json(asked, ("application/merge-patch+json",))
        if value == {}:
            invalid("nothing to change")
        body = members(value, MEMO)
        if "stale" in self.bugs:
            return 200, {**memo, **body}
        memo |= {**START, **body} if "wipes" in self.bugs else body
        return self.touch(memo)

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        memo = self.of(asked)
        if "stays" not in self.bugs:
            del self.memos[memo["id"]]
        return 204, None

    def archive(self, asked: Asked) -> tuple[Any, ...]:
        memo = self.of(asked)
        if "archives_nothing" not in self.bugs:
            memo["archived"] = True
        return self.touch(memo)

    def labels(self, _: Asked) -> tuple[Any, ...]:
        found = collections.Counter(label for memo in self.memos.values() for label in memo["labels"])
        return 200, [{"name": name, "count": count} for name, count in found.items()]
