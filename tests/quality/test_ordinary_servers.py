"""Ordinary documents without a rule: a correct server has no failure, and what is wrong with one is told.

What breaks the document is a failure; what breaks only what was inferred from it is unconfirmed.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.crowded_list import run_on
from support.ordinary_servers.base import Server
from support.ordinary_servers.billing import Billing
from support.ordinary_servers.boxes import Boxes
from support.ordinary_servers.exports import Exports
from support.ordinary_servers.helpdesk import Helpdesk
from support.ordinary_servers.kennel import Kennel
from support.ordinary_servers.lending import Lending
from support.ordinary_servers.library import Library
from support.ordinary_servers.memos import Memos
from support.ordinary_servers.payments import Payments
from support.ordinary_servers.press import Press
from support.ordinary_servers.shop import Shop
from support.ordinary_servers.todo import Todo
from threadmock.contracts import verify
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.engine.run import Run
from threadmock.contracts.scenarios import scenarios
from werkzeug.serving import WSGIRequestHandler, make_server

FOLDER = Path(__file__).parents[1] / "data" / "ordinary"
SERVERS: dict[str, type[Server]] = {
    "helpdesk.yaml": Helpdesk,
    "shop.yaml": Shop,
    "library.json": Library,
    "todo.json": Todo,
    "billing.yaml": Billing,
    "memos.yaml": Memos,
    "lending.yaml": Lending,
    "payments.yaml": Payments,
    "exports.json": Exports,
    "kennel.yaml": Kennel,
    "boxes.yaml": Boxes,
    "press.yaml": Press,
}


# nobody waits until a job has ended
NEVER_READY = {"exports.json": {"job_result_jobs__job_id__result_get"}}


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log(self, *_: object, **__: object) -> None:
        pass


def opened(name: str, *bugs: str, seed: int = 1, most: int = 8) -> Run:
    server = SERVERS[name](*bugs)
    run = run_on(server, str(FOLDER / name), seed=seed, max_examples=most)
    server.credentials = dict(run.target.given)
    return run


def found(run: Run, phases: set[tuple[str, str]] | None = None) -> Iterator[Finding]:
    """The findings of these phases of operations, or of all."""
    for slug, phase in run.items():
        if phases is None or (slug, phase) in phases:
            outcome = run.perform(slug, phase)
            assert not outcome.crash, outcome.crash
            yield from (finding for finding, _ in outcome.findings)
    run.target.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVERS)
def test_a_correct_server_has_no_failure_and_is_tested_throughout(name):
    run = opened(name)
    failures, accepted = [], set()
    for slug, phase in run.items():
        outcome = run.perform(slug, phase)
        assert not outcome.crash, outcome.crash
        failures += [finding for finding, _ in outcome.findings if finding.severity == "failure"]
        accepted |= {slug} if outcome.accepted else set()
    run.target.close()
    assert failures == []
    assert {operation.slug for operation in run.operations} - accepted <= NEVER_READY.get(name, set())


@pytest.mark.parametrize("seed", [7, 11])
@pytest.mark.parametrize("name", SERVERS)
def test_a_correct_server_has_no_failure_whatever_is_drawn(name, seed):
    run = opened(name, seed=seed, most=3)
    drawn = {(slug, phase) for slug, phase in run.items() if phase == "exploration"}
    assert [finding for finding in found(run, drawn) if finding.severity == "failure"] == []


# Server, bug, and the check that tells of it, of which operation.
BREAKS_THE_DOCUMENT = [
    ("helpdesk.yaml", "crash", "no_server_error", "make_ticket"),
    ("helpdesk.yaml", "teapot", "documented_status", "make_ticket"),
    ("helpdesk.yaml", "bare", "schema", "make_ticket"),
    ("helpdesk.yaml", "lax", "invalid_refused", "make_ticket"),
    ("helpdesk.yaml", "open", "credentials", "read_ticket"),
    ("helpdesk.yaml", "picky", "valid_accepted", "make_ticket"),
    ("shop.yaml", "crash", "no_server_error", "products_create"),
    ("shop.yaml", "teapot", "documented_status", "products_create"),
    ("shop.yaml", "text_key", "schema", "products_create"),
    ("shop.yaml", "lax", "invalid_refused", "reviews_create"),
    ("library.json", "crash", "no_server_error", "createBook"),
    ("library.json", "teapot", "documented_status", "createAuthor"),
    ("library.json", "text_total", "schema", "authors"),
    ("library.json", "lax", "invalid_refused", "createAuthor"),
    ("todo.json", "crash", "no_server_error", "post-api-TodoItems"),
    ("todo.json", "teapot", "documented_status", "post-api-TodoItems"),
    ("todo.json", "nowhere", "headers", "post-api-TodoItems"),
    ("todo.json", "more", "schema", "post-api-TodoItems"),
    ("todo.json", "lax", "invalid_refused", "put-api-TodoItems-id"),
    ("billing.yaml", "more_lies", "schema", "GetCustomers"),
    ("billing.yaml", "not_deleted", "schema", "DeleteCustomersCustomer"),
    ("billing.yaml", "crash", "no_server_error", "PostCustomers"),
    ("billing.yaml", "lax", "invalid_refused", "PostCustomers"),
    ("memos.yaml", "crash", "no_server_error", "createMemo"),
    ("lending.yaml", "text_key", "schema", "loans_create"),
    ("payments.yaml", "text_amount", "schema", "PostCharges"),
    ("lending.yaml", "teapot", "documented_status", "members_put"),
    ("kennel.yaml", "crash", "no_server_error", "post-pets"),
    ("kennel.yaml", "teapot", "documented_status", "post-pets"),
    ("kennel.yaml", "lax", "invalid_refused", "post-pets"),
    ("exports.json", "plain_detail", "schema", "start_job_jobs_post"),
]
BREAKS_WHAT_IS_INFERRED = [
    ("helpdesk.yaml", "loses", "list_contains", "list_tickets"),
    ("helpdesk.yaml", "wrong_queue", "list_contains", "list_tickets"),
    ("helpdesk.yaml", "no_limit", "paging", "list_tickets"),
    ("helpdesk.yaml", "stays", "life_cycle", "read_ticket"),
    ("helpdesk.yaml", "stale", "update_visible", "change_ticket"),
    ("shop.yaml", "loses", "list_contains", "products_list"),
    ("shop.yaml", "wrong_product", "list_contains", "reviews_list"),
    ("shop.yaml", "stays", "gone_after_delete", "products_destroy"),
    ("shop.yaml", "stale", "update_visible", "products_update"),
    ("library.json", "loses", "list_contains", "authors"),
    ("library.json", "wrong_author", "settings", "createBook"),
    ("library.json", "stays", "delete_twice", "deleteAuthor"),
    ("library.json", "stale", "update_visible", "replaceAuthor"),
    ("todo.json", "loses", "list_contains", "get-api-TodoItems"),
    ("todo.json", "stays", "life_cycle", "get-api-TodoItems-id"),
    ("todo.json", "stale", "update_visible", "put-api-TodoItems-id"),
    ("todo.json", "unlisted", "list_contains", "get-api-TodoItems"),
    ("billing.yaml", "loses", "list_contains", "GetCustomers"),
    ("billing.yaml", "no_limit", "paging", "GetCustomers"),
    ("billing.yaml", "stays", "delete_twice", "DeleteCustomersCustomer"),
    ("billing.yaml", "stale", "update_visible", "PostCustomersCustomer"),
    ("billing.yaml", "deaf", "echo", "PostCustomers"),
    ("helpdesk.yaml", "closes_nothing", "update_visible", "close_ticket"),
    ("shop.yaml", "no_pages", "paging", "products_list"),
    ("library.json", "no_size", "paging", "authors"),
    ("library.json", "lists_all", "foreign_child", "booksOf"),
    ("memos.yaml", "same_page", "paging", "listMemos"),
    ("memos.yaml", "any_label", "filters", "listMemos"),
    ("memos.yaml", "short_total", "totals", "listMemos"),
    ("lending.yaml", "returns_nothing", "update_visible", "loans_return"),
    ("lending.yaml", "stale", "update_visible", "members_put"),
    ("lending.yaml", "short_total", "totals", "members_index"),
    ("payments.yaml", "captures_nothing", "update_visible", "PostChargesChargeCapture"),
    ("payments.yaml", "no_cursor", "paging", "GetCharges"),
    ("payments.yaml", "more_lies", "paging", "GetCharges"),
    ("boxes.yaml", "decodes", "valid_accepted", "get-boxes-boxId"),
    ("boxes.yaml", "plus", "valid_accepted", "get-boxes-boxId"),
    ("boxes.yaml", "stays", "delete_twice", "delete-boxes-boxId"),
    ("memos.yaml", "wipes", "empty_update", "patchMemo"),
    ("memos.yaml", "overwrites", "preconditions", "replaceMemo"),
    ("lending.yaml", "overwrites", "preconditions", "members_put"),
    ("lending.yaml", "deaf", "filters", "loans_index"),
    ("payments.yaml", "any_currency", "filters", "GetCharges"),
    ("press.yaml", "any_slug", "unknown_id", "get-articles-by-slug-slug"),
    ("kennel.yaml", "loses", "list_contains", "get-pets"),
    ("kennel.yaml", "stays", "delete_twice", "delete-pets-petId"),
    ("kennel.yaml", "stale", "update_visible", "put-pets-petId"),
    ("kennel.yaml", "deaf", "echo", "post-pets"),
    ("kennel.yaml", "last_tag", "echo", "post-pets"),
    ("kennel.yaml", "text_key", "schema", "post-pets"),
    ("exports.json", "ends_early", "paging", "list_jobs_jobs_get"),
    ("exports.json", "cancels_nothing", "update_visible", "cancel_job_jobs__job_id__cancel_post"),
]


def told(name: str, bug: str, check: str, slug: str) -> set[str]:
    """The severities of what a check says of an operation where a server has a bug, or has none."""
    run = opened(name, *([bug] if bug else []))
    phase = check if check in scenarios else "coverage"
    return {each.severity for each in found(run, {(slug, phase)}) if each.check == check}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bug", "check", "slug"), BREAKS_THE_DOCUMENT)
def test_what_breaks_the_document_is_a_failure(name, bug, check, slug):
    assert "failure" in told(name, bug, check, slug)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bug", "check", "slug"), BREAKS_WHAT_IS_INFERRED)
def test_what_breaks_only_what_was_inferred_is_unconfirmed(name, bug, check, slug):
    assert told(name, bug, check, slug) == {"unconfirmed"}
    assert told(name, "", check, slug) == set()


@pytest.mark.slow
def test_what_has_an_odd_key_is_removed_at_the_end():
    server = Boxes()
    served = make_server("127.0.0.1", 0, server, threaded=True, request_handler=Quiet)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    try:
        report = verify(FOLDER / "boxes.yaml", f"http://127.0.0.1:{served.port}", max_examples=3, max_requests=60)
    finally:
        served.shutdown()
        served.server_close()
    assert report.failures == (), str(report)
    assert [each.operation_id for each in report.operations if each.untested] == []
    assert next(server.keys) > 10
    assert server.boxes == {}
