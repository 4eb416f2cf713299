"""The shop: integer keys, slashes at the end, pages with URLs, 400 by field, 401 and 404 without a word."""

import datetime
import itertools
from typing import Any

from support.ordinary_servers.base import Asked, Member, Refused, Server, members, read_json

COLOURS = ("red", "green", "blue")
PRODUCT = {
    "name": Member(str, 1, 80),
    "price": Member(str, pattern=r"[0-9]{1,8}\.[0-9]{2}"),
    "colour": Member(str, values=COLOURS),
    "in_stock": Member(bool),
}
REVIEW = {"stars": Member(int, 1, 5), "text": Member(str)}
STATUSES = {"unknown": 404, "denied": 401}


class Shop(Server):
    """Bugs: `loses`, `wrong_product` (a review of another one), `no_pages`, `stays`, `stale` (a PUT is not stored);
    `crash` (500 for a price that is none), `teapot`, `text_key` (a key that is a text), `lax` (any number of stars).
    """

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.keys = itertools.count(1)
        self.products: dict[int, dict[str, Any]] = {}
        self.reviews: list[dict[str, Any]] = []
        self.route("GET", "/api/products/", self.listing)
        self.route("POST", "/api/products/", self.make)
        self.route("GET", "/api/products/{id}/", lambda asked: (200, self.of(asked.given["id"])))
        self.route("PUT", "/api/products/{id}/", self.replace)
        self.route("PATCH", "/api/products/{id}/", self.change)
        self.route("DELETE", "/api/products/{id}/", self.delete)
        self.route("POST", "/api/products/{product_pk}/reviews/", self.review)
        self.route("GET", "/api/products/{product_pk}/reviews/", self.reviews_of)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        if refused.kind in STATUSES:
            return STATUSES[refused.kind], None
        if refused.kind == "media":
            return 415, {"detail": "Unsupported media type."}
        return 400, {refused.member or "non_field_errors": [refused.reason]}

    def of(self, text: str) -> dict[str, Any]:
        if not (text.isascii() and text.isdigit() and len(text) < 19) or int(text) not in self.products:
            raise Refused("unknown")
        return self.products[int(text)]

    def body(self, asked: Asked, *needed: str) -> dict[str, Any]:
        value = read_json(asked)
        if "crash" in self.bugs and isinstance(value, dict) and value.get("price") == "":
            raise ZeroDivisionError
        return members(value, PRODUCT, needed=needed)

    def make(self, asked: Asked) -> tuple[Any, ...]:
        body, key = self.body(asked, "name", "price"), next(self.keys)
        now = datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")
        product = {"id": str(key) if "text_key" in self.bugs else key, "in_stock": False, **body, "created": now}
        if "loses" not in self.bugs:
            self.products[key] = product
        return (202 if "teapot" in self.bugs else 201), product

    def listing(self, asked: Asked) -> tuple[Any, ...]:
        query, found = dict(asked.query), list(self.products.values())
        if query.get("colour"):
            found = [each for each in found if each.get("colour") == query["colour"]]
        size, page = (self.positive(query.get(name, start)) for name, start in (("page_size", "10"), ("page", "1")))
        if not (size and page):
            raise Refused("unknown", "no such page")
        size = min(size, 100)
        begin = (page - 1) * size
        if begin and begin >= len(found):
            raise Refused("unknown", "no such page")
        shown = found if "no_pages" in self.bugs else found[begin : begin + size]
        link = "http://shop.example.org/api/products/?page={}"
        following = link.format(page + 1) if begin + size < len(found) else None
        before = link.format(page - 1) if page > 1 else None
        return 200, {"count": len(found), "next": following, "previous": before, "results": shown}

    def positive(self, text: str) -> int:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0

    def replace(self, asked: Asked) -> tuple[Any, ...]:
        product, body = self.of(asked.given["id"]), self.body(asked, "name", "price")
        if "stale" in self.bugs:
            return 200, {**product, **body}
        product.update(body)
        return 200, product

    def change(self, asked: Asked) -> tuple[Any, ...]:
        product = self.of(asked.given["id"])
        product.update(self.body(asked) if asked.body else {})
        return 200, product

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        product = self.of(asked.given["id"])
        if "stays" not in self.bugs:
            self.products = {key: each for key, each in self.products.items() if each is not product}
        return 204, None

    def review(self, asked: Asked) -> tuple[Any, ...]:
        product = self.of(asked.given["product_pk"])
        known = {**REVIEW, "stars": Member(int)} if "lax" in self.bugs else REVIEW
        body = members(read_json(asked), known, needed=("stars",))
        review = {"id": next(self.keys), "product": product["id"], **body}
        if "wrong_product" in self.bugs:
            review["product"] = 4_000_000
        self.reviews.append(review)
        return 201, review

    def reviews_of(self, asked: Asked) -> tuple[Any, ...]:
        product = self.of(asked.given["product_pk"])
        return 200, [each for each in self.reviews if each["product"] == product["id"]]
