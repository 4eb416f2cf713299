"""A real agent server on loopback: installed where it is missing, started with two graphs that need no model, and ended."""

import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from support.environments import alone, ends_well, missing, python_with
from support.server_processes import environment, free_port, running

HERE = Path(__file__).parent
LONGEST = 90.0
# No account, no key, no page opened; what it would send elsewhere, such as to webhooks, goes to a proxy that is not there.
ALONE = {
    "LANGSMITH_TRACING": "false",
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"),
    "NO_PROXY": "127.0.0.1",
}
# With one job per worker, the default, all runs of all threads wait for each other.
JOBS = "10"


def command(port: int) -> list[str]:
    """What starts the server, after it was installed where it is missing; skips on another Python than the pinned."""
    if sys.version_info[:2] != (3, 11):
        pytest.skip("the pinned packages were seen to work together on Python 3.11")
    python = python_with("real", "langgraph_api", "--requirement", str(HERE / "requirements.txt"))
    server = Path(python).with_name("langgraph")
    options = ("--no-browser", "--no-reload", "--host", "127.0.0.1", "--n-jobs-per-worker", JOBS)
    return [str(server), "dev", *options, "--port", str(port)]


def running_alone(
    server: list[str], app: Path, port: int, path: str = "/ok", more: Mapping[str, str] | None = None
) -> contextlib.AbstractContextManager[str]:
    """As `running`. What was installed and does not start is treated like what can't be installed."""
    env = {**environment("LANG", "PG"), **ALONE, **(more or {})}
    return running(server, app, port, env, path=path, longest=LONGEST, fail=missing)


@contextlib.contextmanager
def serving(folder: Path, graphs: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a fresh server in Python, which keeps what it keeps in this folder.

    graphs: what its graphs are called, and where each is, in place of those of the application.
    """
    port = free_port()
    app = folder / "app"
    shutil.copytree(HERE / "app", app)
    if graphs is not None:
        name_graphs(app, graphs)
    with running_alone(command(port), app, port) as url:
        yield url


@contextlib.contextmanager
def serving_js(graphs: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a fresh server in JavaScript; its folder lies beside the libraries that it imports.

    graphs: as for `serving`.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        pytest.skip("node is not here")
    with alone("real-js") as venvs:
        home = venvs / "real-js"
        install_js(home, npm)
    app = Path(tempfile.mkdtemp(prefix="run-", dir=home))
    try:
        for name in ("langgraph.json", "graphs.mjs"):
            shutil.copy(HERE / "app_js" / name, app)
        if graphs is not None:
            name_graphs(app, graphs)
        port = free_port()
        server = str(home / "node_modules" / ".bin" / "langgraphjs")
        with running_alone(
            [server, "dev", "--no-browser", "--host", "127.0.0.1", "--port", str(port)], app, port
        ) as url:
            yield url
    finally:
        shutil.rmtree(app)


def scripted_graphs(names: Iterable[str]) -> dict[str, str]:
    """Where each graph with the words of a script is, by the script's name; LookupError names one that is nowhere."""
    modules = {each.name: each.read_text(encoding="utf-8") for each in sorted((HERE / "app").glob("scripted_*.py"))}
    found = {}
    for name in names:
        module = next((each for each, text in modules.items() if f"\n{name}_graph = " in text), None)
        if module is None:
            raise LookupError(f"no {name}_graph in {', '.join(modules)}")
        found[name] = f"./{module}:{name}_graph"
    return found


def name_graphs(app: Path, graphs: Mapping[str, str]) -> None:
    """Call the graphs of an application otherwise."""
    settings = json.loads((app / "langgraph.json").read_text(encoding="utf-8")) | {"graphs": dict(graphs)}
    (app / "langgraph.json").write_text(json.dumps(settings), encoding="utf-8")


def install_js(home: Path, npm: str | None) -> None:
    """What `package.json` asks for, where it is not there in these very versions."""
    wanted = (HERE / "app_js" / "package.json").read_text(encoding="utf-8")
    done = home / "installed.json"
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return
    home.mkdir(exist_ok=True)
    (home / "package.json").write_text(wanted, encoding="utf-8")
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    well, said = ends_well(npm, "install", *quiet, cwd=home) if npm else (False, "npm is not here")
    if not well:
        missing(f"The server in JavaScript could not be installed: {said}")
    done.write_text(wanted, encoding="utf-8")
