"""What `serve` prints once it answers: where it listens and, for each provider, how to configure a client."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.cli.network import is_everywhere, network_urls
from threadmock.mockserver.control.served import described
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.server.control_access import FLAG, HEADER
from threadmock.specs.text import one_line
from threadmock.specs.wire.hosts import is_local

if TYPE_CHECKING:
    from threadmock.mockserver.datasets.fill_inference import FillResult

_SHOWN_BASES = 3
_NO_ADDRESS = "No address was found by which other machines reach this one; see its network settings."


def greeting(gateway: Gateway, base: str) -> Iterator[str]:
    """The lines, the first of which is `Listening on URL`."""
    yield f"Listening on {base}"
    found = urlsplit(base)
    host, port = found.hostname or "", found.port or 0
    if is_everywhere(host):
        urls = network_urls(host, port)
        base = next(iter(urls), f"http://127.0.0.1:{port}")
        yield f"  on the network at {', '.join(urls)}" if urls else f"  {_NO_ADDRESS}"
    yield f"  seed {gateway.world.seed}; {_control(gateway.access.control_token, host, base, port)}"
    for path, one, other in gateway.at_root_conflicts:
        yield f"  {one} and {other} both have {path}: every provider answers below its prefix only"
    yield f"  page for a browser at {base}/_mock/"
    yield from _snapshot(gateway)
    for mount in gateway.mounts:
        shown, profile = described(mount, base, gateway.world.auth), mount.contract.profile
        url = shown["base_url"]
        yield f"{shown['name']}: {shown['title']} ({shown['layer']})"
        yield f"  base URL  {url}"
        if mount.contract.base_paths:
            yield f"  also      below {', '.join(url + base for base in mount.contract.base_paths[:_SHOWN_BASES])}"
        if shown["client"]:
            yield f"  client    {shown['client']}"
        if profile.layer and profile.layer != mount.contract.layer:
            yield f"  layer     clients and front ends work as with the real service with --as {profile.layer}"
        filled = gateway.filled.get(mount.contract.name)
        if gateway.data and filled:
            yield f"  data      {gateway.data.name}: {_described(filled)}"
        if profile.agent:
            yield f"  agents    {_agents(gateway.world.scripts)}"
        for flawed in mount.contract.left_out:
            yield f"  left out  {flawed}: {one_line(flawed.why)}"
        if doubts := len(mount.contract.warnings):
            yield f"  warnings  {counted(doubts, 'doubt')} about the document; see `threadmock explain`"
        if shown["curl"]:
            yield f"  try       {shown['curl']}"


def _snapshot(gateway: Gateway) -> Iterator[str]:
    if gateway.data and gateway.data.snapshot:
        yield f"  data of {gateway.data.name}: {counted(gateway.count_things(), 'thing')}"


def _control(token: str, host: str, base: str, port: int) -> str:
    if is_local(f"[{host}]" if ":" in host else host):
        return f"control at {base}/_mock/health"
    if token:
        return f"control at {base}/_mock/health; other machines send {HEADER} with the token"
    if is_everywhere(host):
        return f"control at http://127.0.0.1:{port}/_mock/health, from this machine alone; others need {FLAG}"
    return f"no control: it would listen on loopback; {FLAG} opens it here"


def _agents(scripts: Scripts) -> str:
    if scripts.declared:
        return f"{', '.join(scripts.declared)}; {_scripts(scripts)}"
    return _scripts(scripts)


def _scripts(scripts: Scripts) -> str:
    others = [f"/{name}" for name in scripts.known if name != scripts.default]
    return f"say what the script {scripts.default} says; a message can begin with {', '.join(others)}"


def _described(filled: "FillResult") -> str:
    if filled.note:
        return filled.note
    text = counted(filled.threads, "thread")
    if filled.piece:
        text += f", {counted(filled.pieces, filled.piece)}"
    if filled.where:
        text += f", below {filled.where}"
    if filled.inferred:
        text += " (as its creates would make them: the document has no `fill`)"
    return f"{text}; {filled.left_out} left out, for they fit no schema" if filled.left_out else text


def counted(number: int, what: str) -> str:
    """`1 thread`, `2 threads`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
