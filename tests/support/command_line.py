"""The command `threadmock`, as a process or in this one, and deployments to point it at."""

import contextlib
import os
import subprocess
import sys
import threading

from click.testing import CliRunner
from threadmock.contracts.cli.main import run, threadmock
from threadmock.mockserver import create_mock
from werkzeug.serving import make_server


def command(*arguments, cwd, module="threadmock.contracts.cli.main", **environment):
    """Run the command line as a user would."""
    code = f"import sys; sys.argv[0] = 'threadmock'; from {module} import main; main()"
    env = {
        name: v for name, v in os.environ.items() if not name.startswith(("PYTEST", "COV", "HYPOTHESIS"))
    } | environment
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


@contextlib.contextmanager
def deployment(app):
    """A WSGI application on a free loopback port; its URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.RequestHandlerClass.log_request = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


def mock(provider, *faults, auth="present"):
    return create_mock(provider, seed=1, auth=auth, faults=faults).wsgi


def invoke(*arguments):
    """The exit status and output of the command line, in this process."""
    runner = CliRunner()
    with runner.isolation() as streams:
        status = run(lambda: threadmock.main(list(arguments), prog_name="threadmock", standalone_mode=False))
        sys.stdout.flush()
        return status, streams[0].getvalue().decode() + streams[1].getvalue().decode()
