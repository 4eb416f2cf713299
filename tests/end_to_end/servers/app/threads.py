"""A small correct thread server: what it answers, whatever carries the bytes. Standard library only; nothing of threadmock.

It knows the creates, searches, counts, reads, changes and deletes of threads of an Agent Server, as its document tells them.
The applications beside it put it behind WSGI, ASGI, aiohttp and `http.server`.
"""

import json
import re
import threading
import uuid
from datetime import UTC, datetime, timedelta

STATUSES = ("idle", "busy", "interrupted", "error")
SORTS = ("thread_id", "status", "created_at", "updated_at", "state_updated_at")
MEMBERS = (
    "thread_id",
    "created_at",
    "updated_at",
    "state_updated_at",
    "metadata",
    "config",
    "status",
    "values",
    "interrupts",
)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(-?\d{1,9})\]")
NEVER = object()


class Refused(Exception):  # noqa: N818 - reads as what it is
    """A request that is answered with this status and reason."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status, self.reason = status, reason


def text(value):
    return isinstance(value, str)


def key(value):
    return isinstance(value, str) and UUID.fullmatch(value) is not None


def mapping(value):
    return isinstance(value, dict)


def number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def among(*values):
    return lambda value: isinstance(value, str) and value in values


def many(of, most=None):
    return lambda value: isinstance(value, list) and (most is None or len(value) <= most) and all(map(of, value))


def between(least, most=None):
    def fits(value):
        whole = number(value) and value == int(value)
        return whole and value >= least and (most is None or value <= most)

    return fits


def ttl(value):
    return mapping(value) and fits(value, {"strategy": among("delete", "keep_latest"), "ttl": number})


def send(value):
    return mapping(value) and {"node", "input"} <= value.keys() and text(value["node"])


def command(value):
    return mapping(value) and fits(value, {"update": lambda _: True})


def update(value):
    return mapping(value) and "as_node" in value and text(value["as_node"])


def superstep(value):
    return mapping(value) and "updates" in value and many(update)(value["updates"])


def extraction(value):
    return mapping(value) and len(value) <= 10 and all(map(text, value.values()))


def fits(value, rules):
    return all(rule(value[name]) for name, rule in rules.items() if name in value)


FILTERS = {"metadata": mapping, "values": mapping, "status": among(*STATUSES)}
BODIES = {
    "create": {
        "thread_id": key, "metadata": mapping, "if_exists": among("raise", "do_nothing"), "ttl": ttl, "supersteps": many(superstep),
    },
    "search": {
        **FILTERS, "ids": many(key), "limit": between(1, 1000), "offset": between(0), "sort_by": among(*SORTS),
        "sort_order": among("asc", "desc"), "select": many(among(*MEMBERS)), "extract": extraction,
    },
    "count": FILTERS,
    "change": {"metadata": mapping, "ttl": ttl},
}  # fmt: skip


def same(one, other):
    """Whether two JSON values are equal: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def holds(whole, part):
    """Whether a value contains another one."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(name in whole and holds(whole[name], value) for name, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return all(any(holds(item, value) for item in whole) for value in part)
    return same(whole, part)


def taken_from(thread, path):
    """What a path names in a thread; None where there is nothing."""
    found, at = thread, 0
    path = "." + path
    while at < len(path):
        step = STEP.match(path, at)
        if not step:
            raise Refused(422, f"{path[1:]} is no path")
        at = step.end()
        try:
            found = found[step[1]] if step[1] else found[int(step[2])]
        except (KeyError, IndexError, TypeError):
            found = None
    return found


class Threads:
    """The threads."""

    def __init__(self, clock=lambda: datetime.now(UTC)):
        self.threads = {}
        self.clock = clock
        self.lock = threading.Lock()

    def respond(self, method, path, query, headers, data):
        """(status, body bytes) for a request. path: percent-decoded; headers: names in lower case."""
        try:
            with self.lock:
                status, value = self.route(method, path, query, headers, data)
        except Refused as refused:
            status, value = refused.status, {"detail": refused.reason}
        return status, json.dumps(value).encode()

    def route(self, method, path, query, headers, data):
        if path == "/ok":
            return 200, {"ok": True}
        routes = {
            "/threads": ("POST", self.create),
            "/threads/search": ("POST", self.search),
            "/threads/count": ("POST", self.count),
        }
        if path in routes:
            allowed, action = routes[path]
            if method == allowed:
                return action(self.body(action.__name__, headers, data), query)
            if path == "/threads":
                raise Refused(405, "Method Not Allowed")
        found = re.fullmatch(r"/threads/([^/]+)", path, re.DOTALL)
        if not found:
            raise Refused(404, "Not Found")
        if method not in {"GET", "PATCH", "DELETE"}:
            raise Refused(405, "Method Not Allowed")
        if not key(found[1]):
            raise Refused(422, "thread_id is no UUID")
        body = self.body("change", headers, data) if method == "PATCH" else None
        name = str(uuid.UUID(found[1]))
        self.expire()
        if name not in self.threads:
            raise Refused(404, f"Thread {name} not found")
        if method == "GET":
            return 200, self.shown(self.threads[name], query)
        if method == "DELETE":
            del self.threads[name]
            return 200, {}
        return self.change(self.threads[name], body, query)

    def body(self, what, headers, data):
        media = headers.get("content-type", "").split(";")[0].strip().lower()
        if media != "application/json":
            raise Refused(415, "a body is application/json")
        try:
            value = json.loads(data.decode("utf-8"), parse_constant=self.no_constant)
        except (ValueError, RecursionError) as wrong:
            raise Refused(422, f"not JSON: {type(wrong).__name__}") from None
        if not mapping(value):
            raise Refused(422, "the body is no object")
        for name, rule in BODIES[what].items():
            if name in value and not rule(value[name]):
                raise Refused(422, f"{name} is not valid")
        return value

    @staticmethod
    def no_constant(name):
        raise ValueError(name)

    def now(self):
        return self.clock().isoformat()

    def create(self, body, query):
        self.expire()
        name = str(uuid.UUID(body["thread_id"])) if "thread_id" in body else str(uuid.uuid4())
        if name in self.threads:
            if body.get("if_exists") == "do_nothing":
                return 200, self.shown(self.threads[name], query)
            raise Refused(409, f"Thread {name} exists")
        now = self.now()
        thread = {"thread_id": name, "created_at": now, "updated_at": now, "state_updated_at": now}
        thread |= {"metadata": body.get("metadata", {}), "status": "idle", "config": {}, "values": {}, "interrupts": {}}
        self.live(thread, body)
        for step in body.get("supersteps", []):
            for one in step["updates"]:
                given = one.get("values") or {}
                more = (one.get("command") or {}).get("update") or {}
                for part in (given, more):
                    thread["values"] |= part if mapping(part) else {}
        self.threads[name] = thread
        return 200, self.shown(thread, query)

    def live(self, thread, body):
        """Set how long a thread lives, where the body says so."""
        if "ttl" not in body:
            return
        asked = body["ttl"]
        thread["ttl"] = {"strategy": asked.get("strategy", "delete")}
        if "ttl" in asked:
            thread["ttl"]["ttl_minutes"] = asked["ttl"]
            try:
                thread["ttl"]["expires_at"] = (self.clock() + timedelta(minutes=asked["ttl"])).isoformat()
            except OverflowError:
                raise Refused(422, "ttl is beyond what a date can hold") from None

    def expire(self):
        now = self.now()
        for name, thread in list(self.threads.items()):
            at = thread.get("ttl", {}).get("expires_at")
            if at and at <= now and thread["ttl"]["strategy"] == "delete":
                del self.threads[name]

    @staticmethod
    def shown(thread, query):
        with_ttl = any("ttl" in value.split(",") for name, value in query if name == "include")
        return {name: value for name, value in thread.items() if name != "ttl" or with_ttl}

    def change(self, thread, body, query):
        before = dict(thread)
        try:
            self.live(thread, body)
        except Refused:
            thread.clear()
            thread |= before
            raise
        thread["metadata"] = thread["metadata"] | body.get("metadata", {})
        thread["updated_at"] = self.now()
        return 200, self.shown(thread, query)

    def chosen(self, body):
        self.expire()
        for thread in self.threads.values():
            if "status" in body and thread["status"] != body["status"]:
                continue
            if "ids" in body and thread["thread_id"] not in [str(uuid.UUID(name)) for name in body["ids"]]:
                continue
            if all(holds(thread[name], body.get(name, {})) for name in ("metadata", "values")):
                yield thread

    def search(self, body, query):
        by = body.get("sort_by", "updated_at")
        found = list(reversed(list(self.chosen(body))))
        found.sort(key=lambda thread: thread[by], reverse=body.get("sort_order", "desc") == "desc")
        start, length = int(body.get("offset", 0)), int(body.get("limit", 10))
        page = [self.shown(thread, query) for thread in found[start : start + length]]
        wanted, paths = body.get("select"), body.get("extract")
        answer = []
        for thread in page:
            kept = {name: value for name, value in thread.items() if wanted is None or name in wanted}
            if paths is not None:
                kept["extracted"] = {name: taken_from(thread, path) for name, path in paths.items()}
            answer.append(kept)
        for path in () if page else (paths or {}).values():
            taken_from({}, path)
        return 200, answer

    def count(self, body, query):
        return 200, len(list(self.chosen(body)))
