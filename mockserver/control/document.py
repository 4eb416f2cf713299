"""`/_mock/openapi.json`: the document of the control interface, with the names that this mock knows."""

import functools
import json
from pathlib import Path
from typing import Any

from threadmock.mockserver.control.operations import names_of
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.specs.documents.yaml_text import parse_yaml

_MOST_KEYS = 20
_FILE = Path(__file__).with_name("openapi.yaml")


def control_document(gateway: Gateway) -> dict[str, Any]:
    """The OpenAPI document of everything below `/_mock`."""
    from threadmock.mockserver.faults.table import table  # noqa: PLC0415 - few ask for it, and all start soon

    document: dict[str, Any] = json.loads(_text())
    names = [set(names_of(each)) for contract in gateway.contracts for each in contract.operations]
    schemas = document["components"]["schemas"]
    schemas["Operation"]["enum"] = sorted(set().union(*names))
    schemas["Provider"]["enum"] = [contract.name for contract in gateway.contracts]
    schemas["ScriptName"]["enum"] = sorted(gateway.world.scripts.known)
    schemas["Fault"]["enum"] = sorted(table)
    _describe_threads(gateway, document)
    return document


def _describe_threads(gateway: Gateway, document: dict[str, Any]) -> None:
    """Whether a provider has to be named, and by which of them something can be said."""
    # Loaded only here, as the table of faults.
    from threadmock.mockserver.control.prompt import can_say  # noqa: PLC0415
    from threadmock.mockserver.control.threads import newest_keys  # noqa: PLC0415

    schemas, several = document["components"]["schemas"], len(gateway.mounts) > 1
    document["components"]["parameters"]["ThreadProvider"]["required"] = several
    schemas["Say"]["required"] += ["provider"] if several else []
    schemas["SayProvider"]["enum"] = [mount.contract.name for mount in gateway.mounts if can_say(gateway, mount)]
    keys = dict.fromkeys(key for mount in gateway.mounts for key in newest_keys(gateway, mount, _MOST_KEYS))
    schemas["Say"]["properties"]["key"]["enum"] += keys
    if not schemas["SayProvider"]["enum"]:
        del document["paths"]["/say"]


@functools.cache
def _text() -> str:
    return json.dumps(parse_yaml(_FILE.read_text(encoding="utf-8"), _FILE.name))
