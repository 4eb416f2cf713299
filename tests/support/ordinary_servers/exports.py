"""The exports: jobs that are accepted and looked at until they have ended, page tokens, a result that is no JSON."""

import base64
import datetime
import uuid
from typing import Any

from support.ordinary_servers.base import Asked, Member, Refused, Server, invalid, members, number, read_json

FORMATS = ("csv", "json", "parquet")
JOB = {
    "source": Member(str, 1, 100),
    "format": Member(str, values=FORMATS),
    "rows": Member(int, 1, 1_000_000, null=True),
    "notes": Member(dict),
}
STATUSES = {"unknown": 404, "taken": 409, "denied": 401}
WORDS = {"unknown": "Job not found", "denied": "Not authenticated"}


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat()


class Exports(Server):
    """A job is a step further each time it is read. Bugs: `loses`, `stays`, `cancels_nothing`, `no_size`, `no_token`
    (every page is the first), `ends_early` (the first page says that it is the last), `any_format` (the filter has no
    say), `drops_notes`, `old` (made in another year); `crash` (500 for no rows), `teapot`, `bare` (an answer lacks a
    member), `lax` (any format), `plain_detail` (a 422 with a text).
    """

    def __init__(self, *bugs: str) -> None:
        super().__init__(*bugs)
        self.jobs: dict[str, dict[str, Any]] = {}
        self.route("POST", "/jobs", self.start)
        self.route("GET", "/jobs", self.listing)
        self.route("GET", "/jobs/{job_id}", self.read)
        self.route("DELETE", "/jobs/{job_id}", self.delete)
        self.route("POST", "/jobs/{job_id}/cancel", self.cancel)
        self.route("GET", "/jobs/{job_id}/result", self.result)

    def refuse(self, refused: Refused) -> tuple[Any, ...]:
        if refused.kind in STATUSES:
            return STATUSES[refused.kind], {"detail": WORDS.get(refused.kind, refused.reason)}
        where = ["body", refused.member] if refused.member else ["body"]
        told = [{"loc": where, "msg": refused.reason, "type": "value_error", "input": None}]
        return 422, {"detail": refused.reason if "plain_detail" in self.bugs else told}

    def of(self, asked: Asked) -> dict[str, Any]:
        text = asked.given["job_id"]
        try:
            key = str(uuid.UUID(text))
        except ValueError:
            invalid("no uuid", "job_id")
        if len(text) != 36:
            invalid("no uuid", "job_id")
        if key not in self.jobs:
            raise Refused("unknown")
        return self.jobs[key]

    def start(self, asked: Asked) -> tuple[Any, ...]:
        value = read_json(asked)
        if "crash" in self.bugs and isinstance(value, dict) and value.get("rows") == 0:
            raise ZeroDivisionError
        known = {**JOB, "format": Member(str)} if "lax" in self.bugs else JOB
        body = members(value, known, needed=("source",), closed=True)
        own = {"job_id": str(uuid.uuid4()), "status": "queued", "progress": 0.0, "created_at": now()}
        job = {"format": "csv", "rows": None, "notes": {}, **body, **own, "finished_at": None}
        if "drops_notes" in self.bugs:
            job["notes"] = {}
        if "old" in self.bugs:
            job["created_at"] = "2019-05-06T07:08:09+00:00"
        if "loses" not in self.bugs:
            self.jobs[job["job_id"]] = job
        shown = {name: each for name, each in job.items() if "bare" not in self.bugs or name != "progress"}
        return (207 if "teapot" in self.bugs else 202), shown, {"location": f"/jobs/{job['job_id']}"}

    def listing(self, asked: Asked) -> tuple[Any, ...]:
        query, found = dict(asked.query), list(self.jobs.values())[::-1]
        size, begin = number(query.get("page_size", "20"), 1, 100, "page_size"), 0
        if "format" in query:
            if query["format"] not in FORMATS:
                invalid("no such format", "format")
            found = [job for job in found if "any_format" in self.bugs or job["format"] == query["format"]]
        if "page_token" in query and "no_token" not in self.bugs:
            try:
                kind, _, key = base64.urlsafe_b64decode(query["page_token"].encode()).decode().partition(":")
            except ValueError:
                kind, key = "", ""
            keys = [job["job_id"] for job in found]
            if kind != "after" or key not in keys:
                invalid("no token of ours", "page_token")
            begin = keys.index(key) + 1
        shown = found[begin:] if "no_size" in self.bugs else found[begin : begin + size]
        more = begin + len(shown) < len(found) and "ends_early" not in self.bugs
        token = base64.urlsafe_b64encode(f"after:{shown[-1]['job_id']}".encode()).decode() if more else None
        return 200, {"jobs": shown, "next_page_token": token}

    def read(self, asked: Asked) -> tuple[Any, ...]:
        job = self.of(asked)
        shown = dict(job)
        if job["status"] == "queued":
            job |= {"status": "running", "progress": 0.5}
        elif job["status"] == "running":
            job |= {"status": "succeeded", "progress": 1.0, "finished_at": now()}
        return 200, shown

    def delete(self, asked: Asked) -> tuple[Any, ...]:
        job = self.of(asked)
        if "stays" not in self.bugs:
            del self.jobs[job["job_id"]]
        return 204, None

    def cancel(self, asked: Asked) -> tuple[Any, ...]:
        job = self.of(asked)
        if job["status"] in ("succeeded", "failed", "cancelled"):
            raise Refused("taken", "it has ended")
        if "cancels_nothing" not in self.bugs:
            job |= {"status": "cancelled", "finished_at": now()}
        return 202, job

    def result(self, asked: Asked) -> tuple[Any, ...]:
        job = self.of(asked)
        if job["status"] != "succeeded":
            raise Refused("taken", "it is not ready")
        return 200, job["source"], {"content-type": "text/csv; charset=utf-8"}
