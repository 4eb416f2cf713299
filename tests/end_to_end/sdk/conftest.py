"""Servers that the tests of one client library share."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import SyncLangGraphClient
from support.processes import Serving, start


@pytest.fixture(scope="session")
def shared() -> Iterator[Callable[..., Serving]]:
    """A served mock for each list of arguments, started once. Its state is shared: tests tag what they make."""
    servers: dict[tuple[str, ...], Serving] = {}

    def begin(*arguments: str) -> Serving:
        if arguments not in servers:
            servers[arguments] = start(*arguments, "--port", "0")
            servers[arguments].wait_until_listening()
        return servers[arguments]

    yield begin
    for server in servers.values():
        server.end()


@pytest.fixture(params=["documented", "observed"])
def layer(request: pytest.FixtureRequest) -> str:
    """Each of the two layers."""
    return str(request.param)


@pytest.fixture
def agent_server(shared: Callable[..., Serving], layer: str) -> Serving:
    """The mock of an agent server, in one layer."""
    return shared("langsmith", "--as", layer)


@pytest.fixture
def sdk(agent_server: Serving) -> Iterator[SyncLangGraphClient]:
    """The synchronous client of the langgraph library."""
    with get_sync_client(url=agent_server.url) as made:
        yield made


@pytest.fixture
def tag() -> str:
    """A word for the metadata of what one test makes."""
    return uuid.uuid4().hex
