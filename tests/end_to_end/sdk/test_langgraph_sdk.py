"""The real langgraph-sdk against the mock over a real socket: threads, and the assistants that clients begin with."""

import asyncio
import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.errors import ConflictError, InternalServerError, NotFoundError, UnprocessableEntityError
from support.processes import Serving

pytestmark = pytest.mark.sdk
NOBODY = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


@pytest.fixture(params=["", "/langsmith"], ids=["root", "prefix"])
def base(request: pytest.FixtureRequest, agent_server: Serving) -> str:
    return agent_server.url + str(request.param)


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


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


def test_what_was_created_is_read_and_a_graph_is_named_in_its_metadata(sdk: SyncLangGraphClient, layer: str) -> None:
    made = sdk.threads.create(metadata={"user": "a", "deep": {"n": [1, None]}}, graph_id="agent")
    assert made["metadata"] == {"user": "a", "deep": {"n": [1, None]}, "graph_id": "agent"}
    assert sdk.threads.get(made["thread_id"]) == made
    assert made["created_at"] == made["updated_at"] == made["state_updated_at"]
    assert ("values" in made) == (layer == "observed")
    assert made.get("values") is None


def test_an_update_merges_metadata_at_one_level_and_moves_the_moment_of_change(sdk: SyncLangGraphClient) -> None:
    made = sdk.threads.create(metadata={"kept": 1, "deep": {"a": 1}})
    after = sdk.threads.update(made["thread_id"], metadata={"new": [2], "deep": {"b": 2}, "kept": None})
    assert after["metadata"] == {"kept": None, "deep": {"b": 2}, "new": [2]}
    assert moment(after["updated_at"]) > moment(made["updated_at"])
    assert after["created_at"] == made["created_at"]
    assert after["state_updated_at"] == made["state_updated_at"]
    assert sdk.threads.get(made["thread_id"]) == after


def test_an_update_that_asks_for_little_gets_nothing_and_is_done(sdk: SyncLangGraphClient) -> None:
    made = sdk.threads.create()
    assert sdk.threads.update(made["thread_id"], metadata={"n": 1}, return_minimal=True) is None
    assert sdk.threads.get(made["thread_id"])["metadata"] == {"n": 1}


def test_a_time_to_live_is_shown_where_it_is_asked_for_and_only_there(sdk: SyncLangGraphClient, tag: str) -> None:
    made = sdk.threads.create(ttl=60, metadata={"tag": tag})
    assert "ttl" not in made
    thread = sdk.threads.get(made["thread_id"], include=["ttl"])
    assert thread["ttl"]["strategy"] == "delete"
    assert thread["ttl"]["ttl_minutes"] == 60
    assert moment(thread["ttl"]["expires_at"]) == moment(made["created_at"]) + datetime.timedelta(minutes=60)
    later = sdk.threads.update(made["thread_id"], metadata={}, ttl={"ttl": 5, "strategy": "keep_latest"})
    assert "ttl" not in later
    told = sdk.threads.get(made["thread_id"], include=["ttl"])["ttl"]
    expected = moment(later["updated_at"]) + datetime.timedelta(minutes=5)
    assert set(told) == {"strategy", "ttl_minutes", "expires_at"}
    assert (told["strategy"], told["ttl_minutes"], moment(told["expires_at"])) == ("keep_latest", 5, expected)
    assert "ttl" not in sdk.threads.get(made["thread_id"])
    assert ["ttl" in each for each in sdk.threads.search(metadata={"tag": tag})] == [False]


def test_a_thread_whose_time_is_over_is_gone(sdk: SyncLangGraphClient, layer: str, tag: str) -> None:
    made = sdk.threads.create(ttl={"ttl": 0, "strategy": "delete"}, metadata={"tag": tag})
    kept = sdk.threads.create(ttl={"ttl": 0, "strategy": "keep_latest"}, metadata={"tag": tag})
    left = [each["thread_id"] for each in sdk.threads.search(metadata={"tag": tag})]
    if layer == "documented":
        assert left == [kept["thread_id"]]
        with pytest.raises(NotFoundError):
            sdk.threads.get(made["thread_id"])
    else:
        assert sorted(left) == sorted([made["thread_id"], kept["thread_id"]])


def test_a_deleted_thread_is_gone_from_everywhere_and_its_id_is_free(sdk: SyncLangGraphClient, tag: str) -> None:
    made = sdk.threads.create(metadata={"tag": tag}, graph_id="agent")["thread_id"]
    sdk.threads.update_state(made, {"n": 1}, as_node="model")
    assert sdk.threads.delete(made) is None
    assert sdk.threads.search(metadata={"tag": tag}) == []
    assert sdk.threads.count(metadata={"tag": tag}) == 0
    again = sdk.threads.create(thread_id=made, graph_id="agent")
    assert again["metadata"] == {"graph_id": "agent"}
    assert sdk.threads.get_state(made)["values"] == {}
    assert sdk.threads.get_history(made) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda threads: threads.get(NOBODY),
        lambda threads: threads.update(NOBODY, metadata={}),
        lambda threads: threads.delete(NOBODY),
        lambda threads: threads.get_state(NOBODY),
        lambda threads: threads.get_history(NOBODY),
        lambda threads: threads.update_state(NOBODY, {"n": 1}),
    ],
    ids=["get", "update", "delete", "get_state", "get_history", "update_state"],
)
def test_an_unknown_thread_is_not_found(sdk: SyncLangGraphClient, call: Callable[[Any], Any]) -> None:
    with pytest.raises(NotFoundError) as told:
        call(sdk.threads)
    assert NOBODY in str(told.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda threads: threads.get("nope"),
        lambda threads: threads.create(thread_id="nope"),
        lambda threads: threads.create(if_exists="perhaps"),
        lambda threads: threads.create(ttl={"ttl": "long"}),
        lambda threads: threads.search(limit=0),
        lambda threads: threads.search(limit=1001),
        lambda threads: threads.search(offset=-1),
        lambda threads: threads.search(sort_by="colour"),
        lambda threads: threads.search(status="asleep"),
        lambda threads: threads.search(select=["secret"]),
        lambda threads: threads.search(extract={f"a{n}": "values.x" for n in range(11)}),
        lambda threads: threads.count(status="asleep"),
        lambda threads: threads.prune([NOBODY], strategy="burn"),
        lambda threads: threads.get_history(NOBODY, limit=1001),
    ],
)
def test_what_the_document_forbids_is_refused(sdk: SyncLangGraphClient, call: Callable[[Any], Any]) -> None:
    with pytest.raises(UnprocessableEntityError):
        call(sdk.threads)


def test_search_pages_are_disjoint_and_whole_in_the_order_asked_for(sdk: SyncLangGraphClient, tag: str) -> None:
    made = [sdk.threads.create(metadata={"tag": tag, "n": n})["thread_id"] for n in range(13)]
    asked: dict[str, Any] = {"metadata": {"tag": tag}, "sort_by": "created_at", "sort_order": "asc"}
    pages = [sdk.threads.search(**asked, limit=5, offset=offset) for offset in (0, 5, 10, 15)]
    assert [len(page) for page in pages] == [5, 5, 3, 0]
    assert [each["thread_id"] for page in pages for each in page] == made
    newest_first = sdk.threads.search(metadata={"tag": tag}, sort_by="created_at", sort_order="desc", limit=1000)
    assert [each["thread_id"] for each in newest_first] == made[::-1]
    assert len(sdk.threads.search(metadata={"tag": tag})) == 10
    by_id = sdk.threads.search(metadata={"tag": tag}, sort_by="thread_id", sort_order="asc", limit=1000)
    assert [each["thread_id"] for each in by_id] == sorted(made)


def test_search_without_an_order_gives_what_changed_last_first(sdk: SyncLangGraphClient, tag: str) -> None:
    first, second = (sdk.threads.create(metadata={"tag": tag})["thread_id"] for _ in range(2))
    sdk.threads.update(first, metadata={"touched": True})
    assert [each["thread_id"] for each in sdk.threads.search(metadata={"tag": tag})] == [first, second]


def test_search_and_count_filter_alike(sdk: SyncLangGraphClient, tag: str, layer: str) -> None:
    one = sdk.threads.create(metadata={"tag": tag, "deep": {"a": 1, "b": 2}}, graph_id="agent")["thread_id"]
    two = sdk.threads.create(metadata={"tag": tag, "deep": {"a": 2}}, graph_id="agent")["thread_id"]
    sdk.threads.update_state(one, {"colour": tag, "n": 1}, as_node="model")

    def found(**asked: Any) -> set[str]:
        ids = {each["thread_id"] for each in sdk.threads.search(**asked, limit=1000)}
        if "ids" not in asked:
            assert sdk.threads.count(**asked) == len(ids)
        return ids

    assert found(metadata={"tag": tag}) == {one, two}
    assert found(metadata={"tag": tag, "deep": {"a": 1}}) == {one}
    assert found(metadata={"tag": tag, "deep": {"a": 3}}) == set()
    for asked in ({"metadata": {"tag": tag}, "values": {"n": 1}}, {"values": {"colour": tag}}):
        if layer == "documented":
            assert found(**asked) == {one}
            continue
        with pytest.raises(InternalServerError):  # the second thread, which has no values yet, is met
            sdk.threads.search(**asked)
    assert found(metadata={"tag": tag}, status="idle") == {one, two}
    assert found(metadata={"tag": tag}, status="busy") == set()
    assert found(ids=[two]) == {two}
    assert found(ids=[one, two, NOBODY], metadata={"tag": tag}) == {one, two}


def test_select_shows_the_chosen_members(sdk: SyncLangGraphClient, layer: str, tag: str) -> None:
    sdk.threads.create(metadata={"tag": tag})
    (told,) = sdk.threads.search(metadata={"tag": tag}, select=["thread_id", "metadata"])
    required = {"created_at", "updated_at", "status"} if layer == "documented" else set()
    assert set(told) == {"thread_id", "metadata"} | required


def test_extract_digs_into_values_and_metadata(sdk: SyncLangGraphClient, tag: str) -> None:
    made = sdk.threads.create(metadata={"tag": tag}, graph_id="agent")["thread_id"]
    messages = [{"role": "user", "content": "one"}, {"role": "ai", "content": "two"}]
    sdk.threads.update_state(made, {"messages": messages}, as_node="model")
    paths = {
        "last": "values.messages[-1].content",
        "first": "values.messages[0]",
        "tag": "metadata.tag",
        "no": "values.x",
    }
    (told,) = sdk.threads.search(metadata={"tag": tag}, extract=paths)
    first = sdk.threads.get_state(made)["values"]["messages"][0]
    assert told["extracted"] == {"last": "two", "first": first, "tag": tag, "no": None}
    assert (first["type"], first["content"]) == ("human", "one")


def test_the_assistant_that_is_there_is_found_read_and_has_schemas(sdk: SyncLangGraphClient) -> None:
    (found,) = sdk.assistants.search(graph_id="agent", metadata={"created_by": "system"})
    assert uuid.UUID(found["assistant_id"])
    assert sdk.assistants.get(found["assistant_id"]) == found
    schemas = sdk.assistants.get_schemas(found["assistant_id"])
    assert schemas["graph_id"] == "agent"
    assert schemas["state_schema"]["type"] == "object"
    with pytest.raises(NotFoundError):
        sdk.assistants.get(NOBODY)


def test_an_assistant_is_made_found_and_not_made_twice(sdk: SyncLangGraphClient, tag: str) -> None:
    config = {"configurable": {"model": "m"}}
    made = sdk.assistants.create("agent", config=config, metadata={"tag": tag}, name=f"name of {tag}", description="d")
    assert made["config"] == config
    assert (made["graph_id"], made["name"], made["description"]) == ("agent", f"name of {tag}", "d")
    assert sdk.assistants.get(made["assistant_id"]) == made
    assert sdk.assistants.search(metadata={"tag": tag}) == [made]
    assert sdk.assistants.search(name=tag) == [made]
    with pytest.raises(ConflictError) as told:
        sdk.assistants.create("agent", assistant_id=made["assistant_id"])
    assert "thread" not in str(told.value).lower()
    again = sdk.assistants.create("agent", assistant_id=made["assistant_id"], if_exists="do_nothing", name="other")
    assert again == made


def test_assistants_come_in_pages_with_the_offset_of_the_next(sdk: SyncLangGraphClient, tag: str) -> None:
    made = [sdk.assistants.create("agent", metadata={"tag": tag})["assistant_id"] for _ in range(3)]
    asked: dict[str, Any] = {"metadata": {"tag": tag}, "sort_by": "created_at", "sort_order": "asc", "limit": 2}
    first = sdk.assistants.search(**asked, response_format="object")
    assert [each["assistant_id"] for each in first["assistants"]] == made[:2]
    assert first["next"] == "2"
    rest = sdk.assistants.search(**asked, offset=2, response_format="object")
    assert [each["assistant_id"] for each in rest["assistants"]] == made[2:]
    assert rest["next"] is None


def test_what_a_client_asks_first_is_answered(agent_server: Serving) -> None:
    async def talk() -> tuple[Any, Any]:
        async with get_client(url=agent_server.url) as client:
            return await client.http.get("/ok"), await client.http.get("/info")

    ok, info = asyncio.run(talk())
    assert ok["ok"] is True
    assert {"version", "flags"} <= set(info)
