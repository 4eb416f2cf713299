"""The boxes: the server calls them, and by names that no path holds as they are."""

import itertools
from typing import Any
from urllib.parse import unquote

from support.ordinary_servers.base import Asked, Member, Refused, Server, invalid, members, read_json

BOX = {"label": Member(str, 1, 30)}
STATUSES = {"unknown": 404, "invalid": 422, "media": 415}


class Boxes(Server):
    """Bugs: `decodes` (a slash within a key is taken for one between segments), `plus` (a plus for a blank), `stays`."""

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.keys, self.boxes = itertools.count(1), dict[str, dict[str, Any]]()
        self.route("GET", "/boxes", lambda _: (200, list(self.boxes.values())))
        self.route("POST", "/boxes", self.make)
        self.route("GET", "/boxes/{boxId}", lambda asked: (200, self.of(asked)))
        self.route("PATCH", "/boxes/{boxId}", self.change)
        self.route("DELETE", "/boxes/{boxId}", self.delete)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        return STATUSES[refused.kind], None

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        asked.path = unquote(asked.path) if "decodes" in self.bugs else asked.path
        return super().answer(asked)

    def of(self, asked: Asked) -> dict[str, Any]:
        key = asked.given["boxId"].replace("+", " ") if "plus" in self.bugs else asked.given["boxId"]
        if key not in self.boxes:
            raise Refused("unknown")
        return self.boxes[key]

    def body(self, asked: Asked) -> dict[str, Any]:
        found = members(read_json(asked), BOX, needed=("label",))
        return found if found["label"].strip() else invalid("a label is due", "label")

    def make(self, asked: Asked) -> tuple[Any, ...]:
        box = {"id": f"box/é {next(self.keys)}#?%2F+.a;b", **self.body(asked)}
        self.boxes[box["id"]] = box
        return 201, box

    def change(self, asked: Asked) -> tuple[Any, ...]:
        box = self.of(asked)
        box.update(self.body(asked))
        return 200, box

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        box = self.of(asked)
        if "stays" not in self.bugs:
            del self.boxes[box["id"]]
        return 204, None
