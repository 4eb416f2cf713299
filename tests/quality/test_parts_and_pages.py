"""Parts of things, links and headers: what the mock shows, and that servers which do it their own way raise no alarm."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.clients import Client, make_gateway
from support.paths import DATA
from threadmock.contracts.engine.run import Run, prepare
from threadmock.contracts.options import Settings
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.specs.wire.messages import Request, Response

NOTEBOOKS = str(DATA / "notebooks")
KEY = {"authorization": "Bearer desk"}


@pytest.fixture
def desk() -> Client:
    return Client(make_gateway(NOTEBOOKS), prefix="/notebooks")


def make(desk: Client, **members: Any) -> str:
    return str(desk.post("/notebooks", {"title": "t", **members}, headers=KEY).json()["notebook_id"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("labels.a.b[0]", 1),
        ("labels.a.b[-1]", {"c": "d"}),
        ("labels.a.b[1].c", "d"),
        ("labels.a", {"b": [1, {"c": "d"}]}),
        ("title", "t"),
        ("labels.a.b[2]", None),
        ("labels.a.b[-3]", None),
        ("labels.a.b[x]", None),
        ("labels.a.b[]", None),
        ("labels.a.b[\N{SUPERSCRIPT TWO}]", None),
        ("labels.a.b[--1]", None),
        ("labels.a[0]", None),
        ("labels.z.b", None),
        ("nothing", None),
        ("[0]", None),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(desk: Client, path: str, value: Any) -> None:
    make(desk, labels={"a": {"b": [1, {"c": "d"}]}})
    (found,) = desk.post("/notebooks/search", {"extract": {"it": path}}, headers=KEY).json()
    assert found["extracted"] == {"it": value}


def test_a_copy_holds_what_lies_in_the_original_and_goes_its_own_way(desk: Client) -> None:
    first = make(desk, labels={"a": "b"})
    for text in ("one", "two"):
        desk.post(f"/notebooks/{first}/pages", {"text": text}, headers=KEY)
    made = desk.send("POST", f"/notebooks/{first}/copy", headers=KEY)
    assert made.status == 201
    second = made.json()["notebook_id"]
    assert second != first
    assert made.json()["labels"] == {"a": "b"}
    desk.send("DELETE", f"/notebooks/{first}", headers=KEY)
    pages = desk.get(f"/notebooks/{second}/pages", headers=KEY).json()["pages"]
    assert [page["text"] for page in pages] == ["one", "two"]
    assert {page["notebook_id"] for page in pages} == {second}


def run_through(change: Callable[[Request, Response], Response], *phases: str) -> list[tuple[str, str]]:
    """(check, got) of what scenarios find on the mock behind something that changes its answers."""
    run: Run = prepare(Settings(NOTEBOOKS, seed=4))
    inner = Gateway.handle

    def handle(gateway: Gateway, request: Request, found: Any = None) -> Response:
        return change(request, inner(gateway, request, found))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Gateway, "handle", handle)
        outcomes = [run.perform(slug, phase) for slug, phase in list(run.items()) if phase in phases]
    run.target.close()
    assert sum(outcome.exchanges for outcome in outcomes) > 0
    return [(finding.check, finding.got) for outcome in outcomes for finding, _ in outcome.findings]


def linking(change: Callable[[str], str]) -> Callable[[Request, Response], Response]:
    """Answers whose links are written otherwise."""

    def changed(_: Request, response: Response) -> Response:
        body = json.loads(response.body) if response.body else None
        if not isinstance(body, dict) or "next" not in body:
            return response
        body |= {name: change(body[name]) for name in ("next", "previous") if body[name]}
        return replace(response, body=json.dumps(body).encode())

    return changed


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.replace("http://localhost", "https://desk.example/below/a/prefix"),
        lambda link: link[link.index("?") :],
        lambda link: link[link.index("/notebooks") :],
        lambda link: link.replace("after=", "a=1&after="),
    ],
    ids=["below a prefix", "the query alone", "the path alone", "more in the query"],
)
def test_a_link_may_be_written_in_many_ways(change: Callable[[str], str]) -> None:
    assert [found for found in run_through(linking(change), "links") if found[0] == "links"] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.replace("/pages", "/elsewhere"),
        lambda link: "http://[",
        lambda link: link.replace("after=", "behind="),
    ],
    ids=["elsewhere", "no URL", "the first page"],
)
def test_a_link_that_leads_elsewhere_is_found(change: Callable[[str], str]) -> None:
    assert "links" in {check for check, _ in run_through(linking(change), "links")}


def test_a_header_may_count_more_than_the_least_until_the_last_page() -> None:
    def changed(_: Request, response: Response) -> Response:
        if "x-next-offset" not in response.headers:
            return response
        return replace(response, headers={**response.headers, "x-known-total": "5000"})

    assert run_through(changed, "page_headers") == []
