"""The wire forms that the run server speaks: how one is made, what it serves, and how it is verified."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from threadmock.contracts import verify
from threadmock.contracts.engine import run
from threadmock.contracts.reporting.report import Report
from threadmock.contracts.target import target as targets
from threadmock.contracts.target.open_target import http_target
from threadmock.contracts.target.target import Target

from support.run_server.agent import EchoAgent
from support.run_server.http import WireForm, serve
from support.run_server.ishvana import Ishvana
from support.run_server.langsmith_runs import RunServer
from support.run_server.lighton import KEY, LightOn
from support.run_server.scale import Scale
from support.run_server.seekrflow import SeekrFlow

PATIENCE = 2.5
"""Seconds in which a hasty suite wants an answer, be it that of a run."""
_BEARER = {"Authorization": f"Bearer {KEY}"}


@dataclass(frozen=True)
class Spoken:
    """One wire form. make: a server of it. operations: what it serves, and no more."""

    provider: str
    make: Callable[[EchoAgent], WireForm]
    operations: tuple[str, ...]
    layer: str = "documented"
    headers: Mapping[str, str] = field(default_factory=dict)


_LANGSMITH = (
    "POST /assistants/search", "GET /assistants/{assistant_id}",
    "POST /threads", "POST /threads/search", "GET /threads/{thread_id}", "PATCH /threads/{thread_id}",
    "DELETE /threads/{thread_id}", "GET /threads/{thread_id}/state", "POST /threads/{thread_id}/state",
    "GET /threads/{thread_id}/state/{checkpoint_id}", "POST /threads/{thread_id}/state/checkpoint",
    "GET /threads/{thread_id}/history", "POST /threads/{thread_id}/history",
    "POST /threads/{thread_id}/runs", "POST /threads/{thread_id}/runs/stream", "POST /threads/{thread_id}/runs/wait",
    "GET /threads/{thread_id}/runs", "GET /threads/{thread_id}/runs/{run_id}", "DELETE /threads/{thread_id}/runs/{run_id}",
    "GET /threads/{thread_id}/runs/{run_id}/join", "GET /threads/{thread_id}/runs/{run_id}/stream",
    "POST /threads/{thread_id}/runs/{run_id}/cancel",
    "POST /runs", "POST /runs/stream", "POST /runs/wait", "POST /runs/batch", "POST /runs/cancel",
)  # fmt: skip
_SEEKRFLOW = (
    "POST /v1/threads", "GET /v1/threads", "GET /v1/threads/{thread_id}", "DELETE /v1/threads/{thread_id}",
    "POST /v1/threads/{thread_id}/messages", "GET /v1/threads/{thread_id}/messages",
    "GET /v1/threads/{thread_id}/messages/{message_id}", "PATCH /v1/threads/{thread_id}/messages/{message_id}",
    "DELETE /v1/threads/{thread_id}/messages/{message_id}",
    "POST /v1/threads/{thread_id}/runs", "GET /v1/threads/{thread_id}/runs", "GET /v1/threads/{thread_id}/runs/{run_id}",
    "POST /v1/threads/{thread_id}/runs/stream", "POST /v1/threads/{thread_id}/runs/{run_id}/cancel",
    "GET /v1/threads/{thread_id}/runs/{run_id}/attach",
)  # fmt: skip
_LIGHTON = (
    "POST /api/v3/threads", "GET /api/v3/threads", "GET /api/v3/threads/{id}", "PATCH /api/v3/threads/{id}",
    "POST /api/v3/threads/turns", "GET /api/v3/threads/{id}/turns", "POST /api/v3/threads/{id}/turns",
    "PATCH /api/v3/threads/{id}/turns/{turn_id}",
)  # fmt: skip
_ISHVANA = (
    "POST /api/chat/threads", "GET /api/chat/threads", "PATCH /api/chat/threads/{thread_id}",
    "DELETE /api/chat/threads/{thread_id}", "GET /api/chat/threads/{thread_id}/messages", "GET /api/chat/history",
    "POST /api/chat/enhanced/stream", "POST /api/chat/writers-room/stream",
)  # fmt: skip
_SCALE = (
    "POST /v4/applications/{application_variant_id}/threads", "GET /v4/applications/{application_variant_id}/threads",
    "PATCH /v4/threads/{thread_id}", "DELETE /v4/threads/{thread_id}", "GET /v4/threads/{thread_id}/messages",
    "POST /v4/applications/{application_variant_id}/threads/{thread_id}/process",
)  # fmt: skip

FORMS: dict[str, Spoken] = {
    "langsmith": Spoken("langsmith", RunServer, _LANGSMITH),
    "langsmith observed": Spoken("langsmith", partial(RunServer, observed=True), _LANGSMITH, "observed"),
    "seekrflow": Spoken("seekrflow", SeekrFlow, _SEEKRFLOW, headers=_BEARER),
    "lighton": Spoken("lighton", LightOn, _LIGHTON, headers=_BEARER),
    "ishvana": Spoken("ishvana", Ishvana, _ISHVANA),
    "scale": Spoken("scale", Scale, _SCALE),
}


def judge(
    name: str,
    folder: Path,
    agent: EchoAgent | None = None,
    plant: Callable[[Any], None] = lambda _: None,
    *,
    haste: float = 1.0,
    **options: Any,
) -> Report:
    """Verify a server of a wire form. plant: puts a fault into it. haste: so many times as fast the suite lets runs pass."""
    spoken = FORMS[name]
    server = spoken.make(agent or EchoAgent())
    plant(server)
    given: dict[str, Any] = {"operations": spoken.operations, **options}

    def hasty_target(*parts: Any, **more: Any) -> Target:
        target = http_target(*parts, **more)
        target.run_pause = lambda seconds: time.sleep(seconds / haste)
        if haste > 1:
            target._deadline = PATIENCE
        return target

    patient = mock.patch.object(targets, "RUN_DEADLINE", PATIENCE if haste > 1 else targets.RUN_DEADLINE)
    with serve(server) as url, patient, mock.patch.object(run, "http_target", hasty_target):
        return verify(
            spoken.provider, url, layer=spoken.layer, headers=spoken.headers, ledger=folder / "ledger.jsonl", **given
        )
