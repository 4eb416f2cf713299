"""Threads below /v1 in the manner of a framework that validates by types: FastAPI with pydantic. Nothing of threadmock.

Correct, unless the variable BUGS names some of: `order` (newest first is ignored), `deleted` (a list holds what was deleted), `lower`
(names in metadata are lowered), `offset` (an offset skips one thing more), `lost` (every third reply lacks the metadata).
"""

import itertools
import json
import os
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel

TOKEN = "Bearer right"
BUGS = set(os.environ.get("BUGS", "").split(","))
app = FastAPI()
kept: dict[str, "Thread"] = {}
gone: dict[str, "Thread"] = {}
replies = itertools.count(1)
asked = {"requests": 0}


@app.exception_handler(RequestValidationError)
async def refuse(_: Request, wrong: RequestValidationError) -> JSONResponse:
    """The framework's refusal without what was sent, which JSON can't always hold: it would answer 500 then."""
    detail = [{name: error[name] for name in ("loc", "msg", "type")} for error in wrong.errors()]
    return JSONResponse({"detail": detail}, 422)


@app.middleware("http")
async def count(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Count what is asked for below /v1."""
    asked["requests"] += request.url.path.startswith("/v1")
    return await answer(request)


@app.get("/asked")
def count_asked() -> int:
    """How many requests came."""
    return asked["requests"]


class Direction(StrEnum):
    """Which way a list is sorted."""

    ASC = "asc"
    DESC = "desc"


class Wanted(BaseModel):
    """The body of a create."""

    meta_data: dict[str, Any] | None = None


class Thread(BaseModel):
    """A thread, as it is shown."""

    id: str
    object: Literal["thread"] = "thread"
    created_at: datetime
    status: Literal["available", "locked"] = "available"
    active_run_id: str | None = None
    meta_data: dict[str, Any] = {}


class Removed(BaseModel):
    """The reply of a delete."""

    id: str
    object: Literal["thread"] = "thread"
    deleted: bool = True


def signed_in(token: Annotated[str | None, Depends(APIKeyHeader(name="Authorization", auto_error=False))]) -> None:
    """Refuse who has not the token."""
    if token != TOKEN:
        raise HTTPException(401, "Unauthorized")


def found(thread_id: str) -> Thread:
    """The thread of the path."""
    if thread_id not in kept:
        raise HTTPException(404, "Thread not found")
    return kept[thread_id]


@app.post("/v1/threads", dependencies=[Depends(signed_in)])
def create(wanted: Wanted) -> Thread:
    """Make a thread."""
    given = wanted.meta_data or {}
    try:
        json.dumps(given, allow_nan=False, ensure_ascii=False).encode()
        Wanted(meta_data=given).model_dump_json()
    except (ValueError, RecursionError):  # NaN, half a character, or too deep
        raise HTTPException(422, "meta_data holds what JSON can't") from None
    if "lower" in BUGS:
        given = {name.lower(): value for name, value in given.items()}
    thread = Thread(id=f"thread_{secrets.token_hex(12)}", created_at=datetime.now(UTC), meta_data=given)
    kept[thread.id] = thread
    return thread


@app.get("/v1/threads", dependencies=[Depends(signed_in)])
def page(
    limit: Annotated[int, Query(ge=0)] = 20, offset: Annotated[int, Query(ge=0)] = 0, order: Direction = Direction.DESC
) -> list[Thread]:
    """A page of threads."""
    threads = [*kept.values(), *(gone.values() if "deleted" in BUGS else ())]
    if order is Direction.DESC and "order" not in BUGS:
        threads.reverse()
    start = offset + 1 if offset and "offset" in BUGS else offset
    return threads[start : start + limit]


@app.get("/v1/threads/{thread_id}", dependencies=[Depends(signed_in)])
def read(thread: Annotated[Thread, Depends(found)]) -> Thread:
    """A thread."""
    if "lost" in BUGS and next(replies) % 3 == 0:
        return thread.model_copy(update={"meta_data": {}})
    return thread


@app.delete("/v1/threads/{thread_id}", dependencies=[Depends(signed_in)])
def delete(thread: Annotated[Thread, Depends(found)]) -> Removed:
    """Remove a thread."""
    gone[thread.id] = kept.pop(thread.id)
    return Removed(id=thread.id)
