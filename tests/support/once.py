"""What takes long to find out is found out once, by the first of the processes of a test run that asks for it."""

import fcntl
import json
import os
from collections.abc import Callable
from typing import Any

import pytest


def find_once(factory: pytest.TempPathFactory, name: str, find: Callable[[], Any]) -> Any:
    """JSON that `find` returns; the other processes of pytest-xdist wait for it, and read it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return json.loads(json.dumps(find()))
    path = factory.getbasetemp().parent / f"{name}.json"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            found = json.dumps(find())
            path.write_text(found, encoding="utf-8")
        return json.loads(path.read_text(encoding="utf-8"))
