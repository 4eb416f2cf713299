"""What `serve` prints once it answers: where it listens and, for each provider, how to configure a client."""

import json
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.cli.network import is_everywhere, network_urls
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.mounts import Mount
from threadmock.mockserver.rules.generation import Ungeneratable, generate
from threadmock.mockserver.server.control_access import FLAG, HEADER
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.specs.contract import Operation
from threadmock.specs.text import one_line
from threadmock.specs.wire.hosts import is_local

if TYPE_CHECKING:
    from threadmock.mockserver.datasets.fill_inference import FillResult

_PREFERRED = {"create": 0, "append": 1, "list": 2, "read": 3}
_SHOWN_BASES = 3
_NO_ADDRESS = "No address was found by which other machines reach this one; see its network settings."
EXAMPLE_TOKEN = "dev-token"  # noqa: S105 - an example, not a secret


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
    for mount in gateway.mounts:
        url = base + mount.prefix
        profile = mount.contract.profile
        yield f"{mount.contract.name}: {profile.label or mount.contract.title} ({mount.contract.layer})"
        yield f"  base URL  {url}"
        if mount.contract.base_paths:
            yield f"  also      below {', '.join(url + base for base in mount.contract.base_paths[:_SHOWN_BASES])}"
        if profile.setting:
            yield f"  client    {profile.setting.replace('$base', url)}"
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
        curl = curl_line(mount, url, gateway.world.auth)
        if curl:
            yield f"  try       {curl}"


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


def curl_line(mount: Mount, url: str, auth: str) -> str:
    """One curl command that works, of the operation to try first; "" where none could be built."""
    operations = sorted(mount.contract.operations, key=lambda o: _PREFERRED.get(o.rule.action, 9))
    for operation in operations:
        try:
            return _curl(operation, url, auth)
        except Ungeneratable:
            continue
    return ""


def _curl(operation: Operation, url: str, auth: str) -> str:
    ids, clock = Ids(0), Clock()
    path = operation.path
    for parameter in operation.parameters_in("path"):
        path = path.replace(f"{{{parameter.name}}}", str(generate(parameter.schema, ids, clock)))
    words = ["curl", "-s"]
    if operation.method != "POST":
        words += ["-X", operation.method]
    words.append(shlex.quote(url + path))
    if operation.security and auth != "off":
        words += _credentials(operation, EXAMPLE_TOKEN if auth == "present" else auth)
    if operation.body and operation.body.content:
        media = next(iter(operation.body.content.values()))
        example = next(iter(media.examples.values()), None)
        body = example if example is not None else generate(media.schema, ids, clock) if media.schema else {}
        words += ["-H", shlex.quote(f"content-type: {media.media_type}"), "-d", shlex.quote(json.dumps(body))]
    return " ".join(words)


def _credentials(operation: Operation, token: str) -> list[str]:
    words = []
    for scheme in operation.security[0]:
        if scheme.kind == "apiKey" and scheme.location == "header":
            prefix = "Bearer " if scheme.name.lower() == "authorization" else ""
            words += ["-H", shlex.quote(f"{scheme.name}: {prefix}{token}")]
        elif scheme.kind != "apiKey":
            words += ["-H", shlex.quote(f"Authorization: {(scheme.scheme or 'bearer').capitalize()} {token}")]
    return words
