"""`/_mock/served`: what is served, and how to configure a client; the command's greeting says the same."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.mounts import Mount
from threadmock.mockserver.rules.generation import Ungeneratable, generate
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.specs.contract import Operation

EXAMPLE_TOKEN = "dev-token"  # noqa: S105 - an example, not a secret
HIDDEN_TOKEN = "YOUR-TOKEN"  # noqa: S105 - stands for the one that is asked for
_PREFERRED = {"create": 0, "append": 1, "list": 2, "read": 3}


def served(gateway: Gateway, base: str) -> dict[str, Any]:
    """Each provider with its base URL and lines to copy. base: the URL of the server; a token is not shown."""
    auth = gateway.world.auth if gateway.world.auth in ("off", "present") else HIDDEN_TOKEN
    return {"base": base, "providers": [described(mount, base, auth) for mount in gateway.mounts]}


def described(mount: Mount, base: str, auth: str) -> Mapping[str, Any]:
    """How to reach one provider. base: the URL of the server; client and curl are "" where there is no such line."""
    contract, url = mount.contract, base + mount.prefix
    return {
        "name": contract.name,
        "title": contract.profile.label or contract.title,
        "layer": contract.layer,
        "base_url": url,
        "at_root": mount.at_root,
        "operations": len(contract.operations),
        "client": contract.profile.setting.replace("$base", url) if contract.profile.setting else "",
        "curl": curl_line(mount, url, auth),
    }


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
