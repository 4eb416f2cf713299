"""Whatever an ordinary document looks like: create, read, list, change and delete work on its mock, and no answer is a 500."""

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from support.clients import NO_JSON, Client, make_gateway
from support.generated_documents import VERBS, Level, Made, documents, item_path, list_path, shows_parent

EXAMPLES = int(os.environ.get("THREADMOCK_DRAWN_DOCUMENTS", "40"))
"""So many in CI; more by hand."""
CREDENTIALS = {"authorization": "Bearer anybody", "x-key": "anybody"}


def mock_of(tree: dict[str, Any]) -> Client:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.json"
        path.write_text(json.dumps(tree), encoding="utf-8")
        return Client(make_gateway(str(path)))


class Walk:
    """One walk through a document: things are made from the top down, and looked at by every operation."""

    def __init__(self, made: Made) -> None:
        self.made, self.client = made, mock_of(made.tree)
        self.keys: dict[str, Any] = {}

    def ask(self, method: str, path: str, body: Any = NO_JSON, *, query: str = "", expected: int) -> Any:
        path = re.sub(r"\{(\w+)\}", lambda found: str(self.keys[found[1]]), path) + self.made.slash
        answer = self.client.send(method, path, query=query, json=body, headers=CREDENTIALS)
        assert answer.status == expected, (method, path, query, body, answer.status, answer.body[:500])
        return answer.json() if answer.body else None

    def of(self, levels: tuple[Level, ...]) -> None:
        level, above = levels[-1], levels[:-1]
        many, one = list_path(levels, flat=self.made.flat), item_path(levels, flat=self.made.flat)
        assert self.listed(level, many) == []
        sent = [{"title": f"t{n}", "tags": ["a"]} for n in range(3)]
        things = [self.one(level, self.ask("POST", many, body, expected=201)) for body in sent]
        assert [each["title"] for each in things] == ["t0", "t1", "t2"]
        assert len({str(each[level.key]) for each in things}) == 3
        if shows_parent(levels):
            assert {each[above[-1].parameter] for each in things} == {self.keys[above[-1].parameter]}
        thing = things[1]
        self.keys[level.parameter] = thing[level.key]
        assert self.one(level, self.ask("GET", one, expected=200)) == thing
        assert sorted(map(str, self.listed(level, many))) == sorted(map(str, things))
        self.turn(level, many, things)
        thing = self.changed(level, one, thing)
        assert self.one(level, self.ask("GET", one, expected=200)) == thing
        assert str(thing) in map(str, self.listed(level, many))
        self.beside(level, many, thing)
        if level.single:
            self.single(f"{one}/{level.single}", level, [things[0], thing])

    @staticmethod
    def one(level: Level, answer: Any) -> Any:
        """The thing in an answer."""
        if not level.wrapped:
            return answer
        assert answer["success"] is True
        return answer[level.wrapped]

    def beside(self, level: Level, many: str, thing: Any) -> None:
        """What stands beside the collection lists its things, or counts them."""
        if level.search == "count":
            assert self.ask("GET", f"{many}/count", expected=200) == {"count": 3}
        elif level.search:
            title = thing["title"]
            word, query = ("search", f"q={title}") if level.search == "search" else (f"by-title/{title}", "")
            assert self.ask("GET", f"{many}/{word}", query=query, expected=200) == [thing]

    def single(self, path: str, level: Level, things: list[Any]) -> None:
        """There is one below each thing, and it is what was put there."""
        for number, thing in enumerate(things):
            self.keys[level.parameter] = thing[level.key]
            before = self.ask("GET", path, expected=200)
            assert self.ask("GET", path, expected=200) == before
            new = {"theme": f"dark {number}"}
            assert self.ask("PUT", path, new, expected=200) == new
        for number, thing in reversed([*enumerate(things)]):
            self.keys[level.parameter] = thing[level.key]
            assert self.ask("GET", path, expected=200) == {"theme": f"dark {number}"}
        self.keys[level.parameter] = things[-1][level.key]

    def listed(self, level: Level, many: str, query: str = "") -> list[Any]:
        page = self.ask("GET", many, query=query, expected=200)
        items = page[level.envelope] if level.envelope else page
        assert isinstance(items, list)
        if not query:
            truth = {"total": len(items), "count": len(items), "has_more": False, "next_cursor": None}
            assert {name: page[name] for name in level.told} == {name: truth[name] for name in level.told}
        return items

    def turn(self, level: Level, many: str, things: list[Any]) -> None:
        """Page by page everything comes once."""
        first = {"offset": "limit=2&offset=0", "page": "page=1&per_page=2", "cursor": "limit=2"}
        if level.pages == "none":
            return
        met = self.listed(level, many, first[level.pages])
        assert len(met) == 2
        last = met[-1][level.key]
        second = {"offset": "limit=2&offset=2", "page": "page=2&per_page=2", "cursor": f"limit=2&cursor={last}"}
        met = [*met, *self.listed(level, many, second[level.pages])]
        assert sorted(str(each[level.key]) for each in met) == sorted(str(each[level.key]) for each in things)

    def changed(self, level: Level, one: str, thing: Any) -> Any:
        if level.change:
            new = self.one(level, self.ask(level.change, one, {"title": "new"}, expected=200))
            assert (new[level.key], new["title"]) == (thing[level.key], "new")
            thing = new
        if level.verb:
            member, value = VERBS[level.verb]
            new = self.one(level, self.ask("POST", f"{one}/{level.verb}", expected=200))
            assert (new[level.key], new["title"], new[member]) == (thing[level.key], thing["title"], value)
            thing = new
        return thing

    def end(self, levels: tuple[Level, ...]) -> None:
        level, one = levels[-1], item_path(levels, flat=self.made.flat)
        told = self.ask("DELETE", one, expected=200 if level.deleted else 204)
        if level.deleted:
            assert told == {level.key: self.keys[level.parameter], "deleted": True}
        for method, path in (("GET", one), ("DELETE", one), *([("POST", f"{one}/{level.verb}")] if level.verb else [])):
            self.ask(method, path, expected=404)


@given(documents())
@settings(max_examples=EXAMPLES)
def test_things_of_a_drawn_document_are_made_read_listed_changed_and_deleted(made: Made) -> None:
    walk = Walk(made)
    depths = range(1, len(made.levels) + 1)
    for depth in depths:
        walk.of(made.levels[:depth])
    for depth in reversed(depths):
        walk.end(made.levels[:depth])
