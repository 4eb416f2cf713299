"""The real langgraph-sdk against the mock over a real socket."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.errors import ConflictError
from processes import Serving

pytestmark = pytest.mark.sdk


@pytest.fixture(params=["documented", "observed"])
def server(request: pytest.FixtureRequest, serving: Callable[..., Serving]) -> Serving:
    return serving("langsmith", "--port", "0", "--as", request.param)


@pytest.fixture(params=["", "/langsmith"], ids=["root", "prefix"])
def base(request: pytest.FixtureRequest, server: Serving) -> str:
    return server.url + str(request.param)


def test_the_sync_client_creates_and_meets_a_conflict_as_documented(base: str) -> None:
    with get_sync_client(url=base) as client:
        made = client.threads.create(metadata={"topic": "billing"})
        assert uuid.UUID(made["thread_id"])
        assert made["metadata"] == {"topic": "billing"}
        assert made["status"] == "idle"
        with pytest.raises(ConflictError) as told:
            client.threads.create(thread_id=made["thread_id"], if_exists="raise")
        assert told.value.status_code == 409
        with pytest.raises(ConflictError):
            client.threads.create(thread_id=made["thread_id"])
        again = client.threads.create(thread_id=made["thread_id"], if_exists="do_nothing", metadata={"other": 1})
        assert again == made


def test_the_async_client_creates_and_meets_a_conflict_as_documented(base: str) -> None:
    chosen = str(uuid.uuid4())

    async def talk() -> tuple[Any, Any, int]:
        async with get_client(url=base) as client:
            made = await client.threads.create(thread_id=chosen, metadata={"n": 1})
            with pytest.raises(ConflictError) as told:
                await client.threads.create(thread_id=chosen, if_exists="raise")
            again = await client.threads.create(thread_id=chosen, if_exists="do_nothing")
            return made, again, told.value.status_code

    made, again, status = asyncio.run(talk())
    assert made["thread_id"] == chosen
    assert again == made
    assert status == 409


def test_many_clients_at_once_make_one_thread_of_one_id(base: str) -> None:
    chosen = str(uuid.uuid4())

    async def talk() -> list[Any]:
        async with get_client(url=base) as client:
            calls = [client.threads.create(thread_id=chosen, if_exists="raise") for _ in range(20)]
            return await asyncio.gather(*calls, return_exceptions=True)

    told = asyncio.run(talk())
    assert sum(isinstance(each, dict) for each in told) == 1
    assert sum(isinstance(each, ConflictError) for each in told) == 19


def test_a_time_to_live_and_supersteps_are_taken(base: str) -> None:
    with get_sync_client(url=base) as client:
        made = client.threads.create(ttl=60, supersteps=[{"updates": [{"values": {"x": 1}, "as_node": "n"}]}])
        assert uuid.UUID(made["thread_id"])
