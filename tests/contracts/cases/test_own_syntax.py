"""What is drawn for a place with a syntax of its own is never valid input that was refused; what a schema tells still is."""

import json
from urllib.parse import parse_qs

import pytest
import yaml
from support.command_line import deployment
from threadmock.contracts import verify
from threadmock.contracts.cases.own_syntax import own_syntax
from threadmock.specs.loader import load

TEXT = {"type": "string"}
QUERY = {
    "cursor": TEXT,
    "filter": TEXT,
    "order_by": TEXT,
    "fields": {"type": "array", "items": TEXT},
    "sort": {"type": "string", "enum": ["up", "down"]},
    "after": {"type": "string", "format": "date-time"},
    "author": TEXT,
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
}
SYNTACTIC = {"cursor", "filter", "order_by", "fields"}
NOTES = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "paths": {
        "/notes": {
            "get": {
                "operationId": "listNotes",
                "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in QUERY.items()],
                "responses": {
                    "200": {
                        "description": "Notes.",
                        "content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}},
                    },
                    "400": {"description": "Refused."},
                },
            }
        }
    },
}


@pytest.fixture
def notes(tmp_path):
    """The document as a file."""
    path = tmp_path / "notes.yaml"
    path.write_text(yaml.safe_dump(NOTES))
    return path


def server(*refused):
    """A list that refuses what it is sent in these parameters, and what is wrong by the schema."""

    def app(environ, start_response):
        query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
        wrong = [name for name in refused if any(query.get(name, ()))]
        wrong += [n for n in query.get("limit", ()) if not (n.isascii() and n.isdigit() and 0 < int(n) <= 100)]
        wrong += [word for word in query.get("sort", ()) if word not in ("up", "down")]
        wrong += [moment for moment in query.get("after", ()) if "T" not in moment.upper()]
        if environ["PATH_INFO"] != "/notes":
            status, body = "404 Not Found", {"error": "no such path"}
        elif environ["REQUEST_METHOD"] != "GET":
            status, body = "405 Method Not Allowed", {"error": "no such method"}
        else:
            status, body = ("400 Bad Request", {"error": wrong}) if wrong else ("200 OK", [])
        data = json.dumps(body).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
        return [data]

    return app


def refused(notes, *parameters, seed):
    """Where valid input was refused, as a run on such a server says."""
    with deployment(server(*parameters)) as url:
        report = verify(notes, url, checks=["valid_accepted"], seed=seed, max_requests=200, max_examples=20)
    return {finding.where.strip("/") for finding in report.findings if finding.severity == "failure"}


def test_places_are_known_by_their_rule_or_name_where_the_schema_leaves_the_text_free(notes):
    (operation,) = load(notes).operations
    assert {source.steps[0] for source in own_syntax(operation)} == SYNTACTIC
    extract = {str(s) for o in load("langsmith").operations if o.path == "/threads/search" for s in own_syntax(o)}
    assert extract == {"body.extract"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_server_that_takes_only_its_own_cursors_orders_and_expressions_is_right(notes, seed):
    assert refused(notes, *SYNTACTIC, seed=seed) == set()


@pytest.mark.parametrize("parameter", ["author", "limit", "sort"])
def test_a_server_that_refuses_what_its_schema_tells_is_not(notes, parameter):
    assert refused(notes, parameter, seed=1)
