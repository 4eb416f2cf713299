"""A path built from values routes back to them; the plainer route wins."""

from dataclasses import dataclass, field
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.schema_values import contracts
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.contract import Operation
from threadmock.specs.operations.routing import Router, shared_routes


def route(method: str, path: str, *, slashes: bool = False) -> Operation:
    return Operation(method, path, f"{method}-{path}", "slug", Rule("fixed", slashes=slashes))


def router(*paths: str, slashes: bool = False) -> Router:
    return Router([route("GET", path, slashes=slashes) for path in paths])


def found(made: Router, path: str, method: str = "GET") -> str:
    match = made.find(method, path)
    return match.operation.path if match.operation else f"none {match.allowed}"


literals = st.from_regex(r"[a-z.+()*$-]{1,4}", fullmatch=True)
values = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: "/" not in text)
segments = st.one_of(literals.map(lambda text: (text, None)), values.map(lambda text: ("{}", text)))


@given(st.lists(segments, min_size=1, max_size=6), st.booleans())
def test_a_path_built_from_values_routes_back_to_the_values(parts, slashes):
    template, path, expected = "", "", {}
    for index, (text, value) in enumerate(parts):
        template += "/" + (text if value is None else f"{{p{index}}}")
        path += "/" + (text if value is None else value)
        if value is not None:
            expected[f"p{index}"] = value
    made = router(template, slashes=slashes)
    match = made.find("GET", path)
    assert match.operation.path == template
    assert match.values == expected
    assert made.find("POST", path).allowed == ("GET",)
    assert (made.find("GET", path + "/").operation is not None) is slashes


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", "{x}", "{x}.json"]), min_size=1, max_size=3), min_size=1, max_size=6),
    st.text("ab/.json", max_size=8),
)
def test_the_order_in_the_document_makes_no_difference(paths, path):
    templates = sorted(
        {"/" + "/".join(f"{s[:2]}{i}{s[2:]}" if "{" in s else s for i, s in enumerate(p)) for p in paths}
    )
    forward, backward = router(*templates), router(*reversed(templates))
    assert found(forward, "/" + path) == found(backward, "/" + path)


@given(st.text(), st.text())
def test_any_path_and_method_are_answered(method, path):
    match = router("/", "/a", "/a/{b}").find(method, path)
    assert match.operation is None or method == "GET"
    assert match.operation is None or not match.allowed


WINNERS = {
    "a literal over a parameter": (["/t/{id}", "/t/search"], "/t/search", "/t/search"),
    "a parameter for the rest": (["/t/search", "/t/{id}"], "/t/searches", "/t/{id}"),
    "a literal in the middle": (["/{a}/x", "/t/{b}"], "/t/x", "/t/{b}"),
    "a part of a segment over a whole one": (["/t/{id}", "/t/{id2}.json"], "/t/a.json", "/t/{id2}.json"),
    "more of a segment over less": (["/t/{a}.n", "/t/{b}.json.n"], "/t/x.json.n", "/t/{b}.json.n"),
    "a text that is no pattern": (["/a.b", "/a+b"], "/axb", "none ()"),
    "an empty value": (["/t/{id}"], "/t/", "none ()"),
    "a value with a slash": (["/t/{id}"], "/t/a/b", "none ()"),
    "a line break in a value": (["/t/{id}"], "/t/a\nb", "/t/{id}"),
    "a line break after a literal": (["/t"], "/t\n", "none ()"),
    "another case": (["/t"], "/T", "none ()"),
    "a doubled slash": (["/t/x"], "/t//x", "none ()"),
    "dots": (["/t/{id}"], "/t/..", "/t/{id}"),
    "two in one segment": (["/t/{a}-{b}"], "/t/x-y", "/t/{a}-{b}"),
    "the root": (["/"], "/", "/"),
}


@pytest.mark.parametrize(("paths", "path", "winner"), WINNERS.values(), ids=WINNERS)
def test_the_most_literal_route_wins(paths, path, winner):
    assert found(router(*paths), path) == winner
    assert found(router(*reversed(paths)), path) == winner


def test_a_path_without_the_method_names_the_methods_that_it_has():
    made = Router([route("PUT", "/a/{x}"), route("DELETE", "/a/{x}"), route("GET", "/b")])
    assert made.find("GET", "/a/1").allowed == ("DELETE", "PUT")
    assert made.find("get", "/b").allowed == ("GET",)
    assert made.find("GET", "/c").allowed == ()


SLASHES = ["/a", "/a/", "/a/{x}", "/a/{x}/", "/"]


@pytest.mark.parametrize("path", SLASHES)
@pytest.mark.parametrize("slashes", [True, False])
def test_a_final_slash_is_the_same_only_where_the_rule_says_so(path, slashes):
    made = router(path, slashes=slashes)
    asked = path.replace("{x}", "1")
    other = asked.rstrip("/") if asked.endswith("/") else asked + "/"
    assert found(made, asked) == path
    if other:
        assert found(made, other) == (path if slashes else "none ()")


def test_a_documented_path_with_a_slash_is_not_taken_over_by_the_one_without():
    made = Router([route("GET", "/a", slashes=True), route("POST", "/a/")])
    assert found(made, "/a/", "POST") == "/a/"
    assert found(made, "/a") == "/a"


@dataclass
class Mounted:
    name: str
    operations: list = field(default_factory=list)


def test_shared_routes_are_told_whatever_the_parameters_are_called():
    first = Mounted("first", [route("GET", "/t/{id}"), route("POST", "/t"), route("GET", "/only")])
    second = Mounted("second", [route("GET", "/t/{thread}"), route("GET", "/t")])
    assert shared_routes([first, second]) == [("/t", "first", "second"), ("/t/{}", "first", "second")]
    assert shared_routes([first]) == []
    assert shared_routes([first, Mounted("third", [route("GET", "/t/{a}/b")])]) == []


def test_the_providers_that_we_ship_share_no_route():
    assert shared_routes([contract for contract in contracts() if contract.layer == "documented"]) == []


def test_every_operation_that_we_ship_is_found_at_its_path():
    for contract in contracts():
        made = Router(contract.operations)
        for operation in contract.operations:
            path = operation.path.replace("{", "").replace("}", "")
            assert made.find(operation.method, path).operation is operation
            assert operation.method in made.find("BREW", path).allowed


@given(st.text("%2fFe./c5", max_size=8))
def test_what_was_decoded_is_not_decoded_again(text):
    assume("/" not in text and text)
    assert router("/t/{id}").find("GET", f"/t/{text}").values == {"id": text}
    assert unquote("%2F") == "/"


def test_paths_that_differ_in_names_alone_are_told_apart_by_method():
    reads = route("GET", "/t/{digest}")
    removes = route("DELETE", "/t/{id}")
    for order in ([reads, removes], [removes, reads]):
        made = Router(order)
        assert made.find("GET", "/t/1").values == {"digest": "1"}
        assert made.find("DELETE", "/t/1").values == {"id": "1"}
        assert made.find("PUT", "/t/1").allowed == ("DELETE", "GET")
