"""The press: articles that are named by their number, by their slug, which no two share, and by a mail."""

import itertools
from typing import Any

from support.ordinary_servers.base import Asked, Member, Refused, Server, members, number, read_json

ARTICLE = {
    "slug": Member(str, pattern="[a-z]{3,12}"),
    "title": Member(str),
    "email": Member(str, pattern=r"[^@\s]+@[^@\s]+"),
}
STATUSES = {"unknown": 404, "invalid": 422, "media": 422, "taken": 409}


class Press(Server):
    """Bugs: `any_slug` (an unknown slug or mail reads the first article)."""

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.keys, self.articles = itertools.count(1), dict[int, dict[str, Any]]()
        self.route("GET", "/articles", lambda _: (200, list(self.articles.values())))
        self.route("POST", "/articles", self.make)
        for method, does in (("GET", self.read), ("PATCH", self.change), ("DELETE", self.delete)):
            self.route(method, "/articles/{id}", does)
            self.route(method, "/articles/by-slug/{slug}", does)
        self.route("GET", "/articles/by-email/{address}", self.read)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        return STATUSES[refused.kind], None

    def of(self, asked: Asked) -> dict[str, Any]:
        given = asked.given
        if "id" in given:
            key = number(given["id"], -(2**63), 2**63 - 1, "id")
            found = [self.articles[key]] if key in self.articles else []
        else:
            member, text = ("slug", given["slug"]) if "slug" in given else ("email", given["address"])
            found = [each for each in self.articles.values() if each.get(member) == text]
            if not found and "any_slug" in self.bugs:
                found = list(self.articles.values())
        if not found:
            raise Refused("unknown")
        return found[0]

    def make(self, asked: Asked) -> tuple[Any, ...]:
        body = members(read_json(asked), ARTICLE, needed=("slug", "title"))
        if any(each["slug"] == body["slug"] for each in self.articles.values()):
            raise Refused("taken")
        article = {"id": next(self.keys), **body}
        self.articles[article["id"]] = article
        return 201, article

    def read(self, asked: Asked) -> tuple[Any, ...]:
        return 200, self.of(asked)

    def change(self, asked: Asked) -> tuple[Any, ...]:
        article = self.of(asked)
        article.update(members(read_json(asked), {"title": ARTICLE["title"]}))
        return 200, article

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        del self.articles[self.of(asked)["id"]]
        return 204, None
