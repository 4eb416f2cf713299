"""The library: long keys, pages from 0, refusals without a body, a search by POST."""

import itertools
from typing import Any

from support.ordinary_servers.base import Asked, Member, Refused, Server, members, number, read_json

WIDE, LONG = 2**31, 2**63
AUTHOR = {"name": Member(str, 1, 100), "born": Member(int, -WIDE, WIDE - 1)}
BOOK = {"title": Member(str, 1), "pages": Member(int, 1, WIDE - 1)}
STATUSES = {"unknown": 404, "taken": 409, "invalid": 400, "media": 415}


class Library(Server):
    """Bugs: `loses`, `wrong_author`, `no_size`, `stays`, `stale`, `lists_all` (books of any author); `crash` (500 for a
    title that is empty), `teapot`, `text_total` (a total that is a text), `lax` (no name needed).
    """

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.keys = itertools.count(1)
        self.authors: dict[int, dict[str, Any]] = {}
        self.books: dict[int, dict[str, Any]] = {}
        self.route("POST", "/authors", self.make)
        self.route("GET", "/authors", self.listing)
        self.route("GET", "/authors/{authorId}", lambda asked: (200, self.of(self.authors, asked, "authorId")))
        self.route("PUT", "/authors/{authorId}", self.replace)
        self.route("DELETE", "/authors/{authorId}", self.delete)
        self.route("POST", "/authors/{authorId}/books", self.make_book)
        self.route("GET", "/authors/{authorId}/books", self.books_of)
        self.route("POST", "/books/search", self.search)
        self.route("GET", "/books/{bookId}", lambda asked: (200, self.of(self.books, asked, "bookId")))
        self.route("DELETE", "/books/{bookId}", self.delete_book)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        return STATUSES[refused.kind], None

    def of(self, things: dict[int, dict[str, Any]], asked: Asked, name: str) -> dict[str, Any]:
        key = number(asked.given[name], -LONG, LONG - 1, name)
        if key not in things:
            raise Refused("unknown")
        return things[key]

    def author(self, asked: Asked) -> dict[str, Any]:
        return members(read_json(asked), AUTHOR, needed=() if "lax" in self.bugs else ("name",))

    def make(self, asked: Asked) -> tuple[Any, ...]:
        author = {**self.author(asked), "id": next(self.keys)}
        if "loses" not in self.bugs:
            self.authors[author["id"]] = author
        return (202 if "teapot" in self.bugs else 201), author

    def listing(self, asked: Asked) -> tuple[Any, ...]:
        query, found = dict(asked.query), list(self.authors.values())
        page = number(query.get("page", "0"), 0, WIDE - 1, "page")
        size = number(query.get("size", "20"), 1, 100, "size")
        shown = found if "no_size" in self.bugs else found[page * size : (page + 1) * size]
        pages = -(-len(found) // size)
        total = str(len(found)) if "text_total" in self.bugs else len(found)
        told = {
            "totalElements": total,
            "totalPages": pages,
            "size": size,
            "number": page,
            "numberOfElements": len(shown),
        }
        return 200, {**told, "content": shown, "first": page == 0, "last": page + 1 >= pages, "empty": not shown}

    def replace(self, asked: Asked) -> tuple[Any, ...]:
        author = self.of(self.authors, asked, "authorId")
        body = {**self.author(asked), "id": author["id"]}
        if "stale" not in self.bugs:
            author.clear()
            author.update(body)
        return 200, body

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        author = self.of(self.authors, asked, "authorId")
        if any(book["authorId"] == author["id"] for book in self.books.values()):
            raise Refused("taken")
        if "stays" not in self.bugs:
            del self.authors[author["id"]]
        return 204, None

    def make_book(self, asked: Asked) -> tuple[Any, ...]:
        author = self.of(self.authors, asked, "authorId")
        value = read_json(asked)
        if "crash" in self.bugs and isinstance(value, dict) and value.get("title") == "":
            return 500, None
        book = {**members(value, BOOK, needed=("title",)), "id": next(self.keys), "authorId": author["id"]}
        if "wrong_author" in self.bugs:
            book["authorId"] = 4_000_000
        self.books[book["id"]] = book
        return 201, book

    def books_of(self, asked: Asked) -> tuple[Any, ...]:
        author = self.of(self.authors, asked, "authorId")
        return 200, [b for b in self.books.values() if "lists_all" in self.bugs or b["authorId"] == author["id"]]

    def search(self, asked: Asked) -> tuple[Any, ...]:
        wanted = members(read_json(asked), {"title": Member(str)}).get("title", "")
        return 200, [book for book in self.books.values() if wanted in book["title"]]

    def delete_book(self, asked: Asked) -> tuple[Any, ...]:
        del self.books[self.of(self.books, asked, "bookId")["id"]]
        return 204, None
