"""A document whose only media type is XML: things are made from XML, kept, and shown in XML."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from support.clients import Client, make_gateway
from threadmock.contracts import verify

KENNEL = Path(__file__).parents[1] / "data" / "ordinary" / "kennel.yaml"
ANN = (
    b'<p:pet xmlns:p="urn:pets" kind="cat"><name>Ann</name><age> 4 </age><vaccinated>true</vaccinated><tags><tag>a</tag><tag>b</tag></tags>'
    b"<nick>x</nick><nick>y</nick><owner><mail>m</mail></owner></p:pet>"
)


def send(client: Client, method: str, path: str, body: bytes = b"", kind: str = "application/xml") -> tuple[int, bytes]:
    answer = client.send(method, path, body=body, headers={"content-type": kind} if body else {})
    return answer.status, answer.body


@pytest.fixture
def client() -> Client:
    return Client(make_gateway(str(KENNEL)))


def test_what_came_in_xml_is_kept_and_shown_in_xml(client: Client) -> None:
    status, made = send(client, "POST", "/pets", ANN)
    assert status == 201
    pet = ElementTree.fromstring(made)
    assert (pet.tag, pet.get("id"), pet.get("kind"), pet.findtext("age")) == ("pet", "1", "cat", "4")
    assert [each.text for each in pet.iterfind("tags/tag")] == ["a", "b"]
    assert [each.text for each in pet.iterfind("nick")] == ["x", "y"]
    assert pet.findtext("owner/mail") == "m"
    assert ElementTree.fromstring(send(client, "GET", "/pets/1")[1]).get("kind") == "cat"
    listed = ElementTree.fromstring(send(client, "GET", "/pets")[1])
    assert (listed.tag, [(each.tag, each.get("id")) for each in listed]) == ("pets", [("pet", "1")])
    assert send(client, "PUT", "/pets/1", b"<pet><name>Bob</name></pet>")[0] == 200
    assert ElementTree.fromstring(send(client, "GET", "/pets/1")[1]).findtext("name") == "Bob"
    assert send(client, "DELETE", "/pets/1") == (204, b"")
    assert send(client, "GET", "/pets/1")[0] == 404


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"<pet><name>a</name></pet>", "text/plain", 400),
        (b'{"name": "a"}', "application/json", 400),
        (b'{"name": "a"}', "application/xml", 400),
        (b"<!DOCTYPE p [<!ENTITY n SYSTEM 'file:///etc/hostname'>]><pet><name>&n;</name></pet>", "application/xml", 400),
        (b"<pet><name>a</pet>", "application/xml", 400),
        (b"<pet><name/></pet>", "application/xml", 422),
        (b"<pet/>", "application/xml", 422),
        (b"<pet><name>a</name><age>old</age></pet>", "application/xml", 422),
        (b"<pet><name>a</name><wings>2</wings></pet>", "application/xml", 422),
        (b"<pet kind='cow'><name>a</name></pet>", "application/xml", 422),
    ],
)  # fmt: skip
def test_xml_that_the_schema_does_not_take_is_refused_and_keeps_nothing(
    client: Client, body: bytes, kind: str, status: int
) -> None:
    answer = client.send("POST", "/pets", body=body, headers={"content-type": kind})
    assert answer.status == status
    assert len(ElementTree.fromstring(client.send("GET", "/pets").body)) == 0


@pytest.mark.parametrize("seed", [1, 42])
def test_the_suite_tests_xml_on_the_mock_and_finds_nothing(seed: int) -> None:
    report = verify(KENNEL, seed=seed, max_examples=5)
    assert report.failures == (), str(report)
    assert [each.operation_id for each in report.operations if each.untested] == []
