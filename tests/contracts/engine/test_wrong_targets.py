"""The wrong target is told at once, a part that a target does not serve in one line, and a right one never stopped."""

import pytest
from support.command_line import deployment, invoke
from support.wrong_targets import FOREIGN, STRANGERS, TOKEN, Counted, answer, below, mock, without
from threadmock.contracts import verify

MOST = 10
PROVIDERS = ["langsmith", "seekrflow", "notebooks"]
HEADERS = {"langsmith": [], "seekrflow": [f"Authorization: Bearer {TOKEN}"], "notebooks": []}
QUICK = {"max_requests": 25, "max_examples": 4}


@pytest.fixture
def source(request, pytestconfig):
    """A provider, or a document of a user's own."""
    given = request.param
    return f"{pytestconfig.rootpath}/tests/data/{given}" if given == "notebooks" else given


def verified(source, url, *more):
    return invoke("verify", source, "--target", url, "--max-requests", "25", "--max-examples", "4", *more)


@pytest.mark.parametrize("source", PROVIDERS, indirect=True)
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_server_ends_the_run_at_once(source, kind, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    app = Counted(FOREIGN[kind])
    with deployment(app) as url:
        status, said = verified(source, url)
    assert status == 3, said
    assert len(app.asked) <= MOST, app.asked
    assert "Check the host and the base path" in said
    assert "left" not in said
    assert not list(tmp_path.rglob("ledger-*"))


@pytest.mark.parametrize("source", PROVIDERS, indirect=True)
@pytest.mark.parametrize("kind", STRANGERS)
@pytest.mark.parametrize("token", [(), ("--header", "Authorization: Bearer wrong")])
def test_wrong_credentials_end_the_run_at_once(source, kind, token):
    app = Counted(STRANGERS[kind])
    with deployment(app) as url:
        status, said = verified(source, url, *token)
    assert status == 3, said
    assert len(app.asked) <= MOST, app.asked
    assert "Check the credentials" in said


@pytest.mark.parametrize(
    "chosen", ["POST /v1/threads", "GET /v1/threads/{thread_id}", "DELETE /v1/threads/{thread_id}"]
)
def test_a_run_of_one_operation_is_told_the_same(chosen):
    for kind, text in ((FOREIGN["a page for every path"], "base path"), (STRANGERS["401"], "credentials")):
        app = Counted(kind)
        with deployment(app) as url:
            status, said = verified("seekrflow", url, "--operations", chosen)
        assert (status, len(app.asked) <= MOST) == (3, True), said
        assert text in said


@pytest.mark.parametrize(("served", "asked"), [("/api", ""), ("/api", "/api/api"), ("/api", "/api/v1"), ("", "/v1")])
def test_a_base_path_that_is_off_ends_the_run_at_once(served, asked):
    app = Counted(below(served, mock("seekrflow")))
    with deployment(app) as url:
        status, said = verified("seekrflow", url + asked, "--header", f"Authorization: Bearer {TOKEN}")
    assert status == 3, said
    assert len(app.asked) <= MOST
    assert "base path" in said


def run(source, app, *, seed=1, **more):
    with deployment(app) as url:
        return verify(source, url, seed=seed, headers=[f"Authorization: Bearer {TOKEN}"], **QUICK, **more)


THREADS = ["POST /v1/threads", "GET /v1/threads/{thread_id}", "DELETE /v1/threads/{thread_id}", "GET /v1/threads"]
NOTHING = {
    "404": answer("404 Not Found", {"detail": "Not Found"}),
    "405": answer("405 Method Not Allowed", {"detail": "Method Not Allowed"}),
    "501": answer("501 Not Implemented", "<html>Unsupported method</html>"),
}
THREAD = "/v1/threads"


@pytest.mark.parametrize("how", NOTHING)
@pytest.mark.parametrize(("method", "path"), [("GET", THREAD), ("POST", THREAD)])
def test_an_operation_that_is_not_served_is_one_line_and_no_finding(how, method, path):
    """What the mock says of paths that it does not have is what a 404 here says, too."""
    app = Counted(without(plain_404(mock("seekrflow")), NOTHING[how], (method, path)))
    chosen = ["GET /v1/threads", "POST /v1/threads", "GET /v1/threads/{thread_id}"]
    report = run("seekrflow", app, operations=chosen)
    said = [line for line in str(report).splitlines() if "not served" in line]
    assert report.exit_status == 1
    assert not report.findings, str(report)
    assert len([line for line in said if line.startswith("NOT TESTED")]) == 1, said
    others = [each for each in chosen if each != f"{method} {path}"]
    if method == "GET":
        assert run("seekrflow", app, operations=others).exit_status == 0


def plain_404(app):
    """The application with one body for every 404, whatever it is about: also for things that are not there."""

    def plain(environ, start_response):
        seen = []

        def begin(status, headers, *more):
            seen.append(status)
            if status.startswith("404"):
                headers = [("Content-Type", "application/json")]
            return start_response(status, headers, *more)

        body = app(environ, begin)
        if seen and seen[0].startswith("404"):
            return [b'{"detail": "Not Found"}']
        return body

    return plain


@pytest.mark.parametrize("how", ["405", "501"])
def test_the_only_operation_that_is_asked_may_not_be_served_by_the_right_target(how):
    """What is said of a key that nothing has shows that it is the right one."""
    app = without(mock("seekrflow"), NOTHING[how], ("GET", THREAD))
    report = run("seekrflow", app, operations=["GET /v1/threads"])
    assert report.exit_status == 1
    assert not report.findings, str(report)
    assert "not served: GET /v1/threads was answered" in str(report)


def test_a_final_slash_that_is_missing_is_no_wrong_target():
    slash = answer("307 Temporary Redirect", {}, Location="{path}/")
    report = run("seekrflow", without(mock("seekrflow"), slash, ("GET", THREAD), ("POST", THREAD)), operations=THREADS)
    assert report.exit_status == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_right_server_whose_every_404_is_the_same_is_not_stopped(seed):
    report = run("seekrflow", plain_404(mock("seekrflow")), seed=seed, operations=THREADS)
    assert report.exit_status == 0, str(report)


def test_a_token_that_does_not_hold_for_writes_is_told_of_each_of_them():
    app = without(mock("seekrflow"), STRANGERS["403"], ("POST", THREAD))
    report = run("seekrflow", app, operations=["POST /v1/threads", "GET /v1/threads"])
    assert report.exit_status == 1
    assert not report.findings, str(report)
    assert "not let in: POST /v1/threads was answered 403" in str(report)


def test_a_list_that_is_not_for_us_stops_nothing_else():
    app = Counted(without(mock("seekrflow"), STRANGERS["403"], ("GET", THREAD)))
    report = run("seekrflow", app, operations=["POST /v1/threads", "GET /v1/threads", "GET /v1/threads/{thread_id}"])
    assert report.exit_status == 1
    assert not report.findings, str(report)
    assert "2 of 3 operations tested" in str(report)
    assert len(app.asked) > MOST
