"""Planted faults of meaning: what a thing holds."""

import datetime
import html
import json
import unicodedata
from collections.abc import Callable
from typing import Any

from support.planted.planting import OBJECTS, TEXTS, TIMES, Named, Plant, camel, on_answer, on_thing, put, success
from support.reference_servers.servers import Api


def semantics(provider: str) -> Named:
    for name in TEXTS.get(provider, []):
        for label, change in TEXT_CHANGES.items():
            yield (
                f"{name} {label}",
                on_thing(lambda t, b, _, n=name, c=change: t.update({n: c(t[n])}) if n in b else None),
            )
    if provider in OBJECTS:
        name = OBJECTS[provider]
        for label, change in OBJECT_CHANGES.items():
            yield (
                f"{name} {label}",
                on_thing(
                    lambda t, b, _, n=name, c=change: t.update({n: c(t[n])}) if isinstance(t.get(n), dict) else None
                ),
            )
        if name != "tool_parameters":
            yield (
                f"{name} has a default",
                on_thing(lambda t, b, _: None if b.get(name) else t.update({name: {"source": "api"}})),
            )
        yield (
            f"{name} is dropped",
            on_thing(lambda t, b, _: (t.pop(name, None), t)[1] if provider == "scale" else t.update({name: {}})),
        )
    for name in TIMES[provider]:
        for label, hours in (
            ("an hour ahead", 1),
            ("a year ahead", 8766),
            ("a day ago", -24),
            ("of 1970", -470_000),
            ("two hours behind", -2),
        ):
            yield f"{name} {label}", on_answer(put(name, lambda v, h=hours: _moved(v, h)), success)
        yield f"{name} stands still", frozen(name)
        if provider != "ishvana":
            yield f"{name} by the client", on_thing(lambda t, b, _, n=name: t.update({n: b[n]}) if n in b else None)
    if "updated_at" in TIMES[provider]:
        yield "updated before created", on_answer(put("updated_at", lambda v: _moved(v, -0.01)), success)
    for label, plant in (*particular_semantics(provider), *forgeable(provider)):
        yield label, plant


def _moved(text: str, hours: float) -> str:
    return (datetime.datetime.fromisoformat(text) + datetime.timedelta(hours=hours)).isoformat()


def frozen(name: str) -> Plant:
    def plant(server: Api) -> None:
        first = server.now()
        on_thing(lambda t, b, _: t.update({name: first}))(server)

    return plant


TEXT_CHANGES: dict[str, Callable[[str], str]] = {
    "trimmed": str.strip,
    "trimmed at the end": str.rstrip,
    "in lower case": str.lower,
    "with a capital": str.capitalize,
    "in title case": str.title,
    "cut at 50": lambda v: v[:50],
    "cut at 100": lambda v: v[:100],
    "cut at 200": lambda v: v[:200],
    "normalised": lambda v: unicodedata.normalize("NFC", v),
    "normalised for compatibility": lambda v: unicodedata.normalize("NFKC", v),
    "in ASCII": lambda v: v.encode("ascii", "replace").decode(),
    "in Latin-1": lambda v: v.encode("latin-1", "ignore").decode("latin-1"),
    "without emoji": lambda v: "".join(c for c in v if ord(c) < 0x10000),
    "escaped for HTML": html.escape,
    "unescaped": html.unescape,
    "without markup": lambda v: v.replace("<", "").replace(">", ""),
    "without line ends": lambda v: v.replace("\n", " "),
    "without control characters": lambda v: "".join(c for c in v if c.isprintable()),
    "with single blanks": lambda v: " ".join(v.split(" ")) if "  " not in v else v.replace("  ", " "),
    "fixed": lambda _: "Untitled",
    "reversed": lambda v: v[::-1],
    "without quotes": lambda v: v.replace('"', "").replace("'", ""),
    "without backslashes": lambda v: v.replace("\\", ""),
    "without percent signs": lambda v: v.replace("%", ""),
    "with a suffix": lambda v: v + " (1)",
}  # fmt: skip


OBJECT_CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "loses nulls": lambda v: {k: i for k, i in v.items() if i is not None},
    "loses empty values": lambda v: {k: i for k, i in v.items() if i not in ({}, [], "")},
    "holds texts": lambda v: {k: str(i) if isinstance(i, int | float) and not isinstance(i, bool) else i for k, i in v.items()},
    "holds booleans as numbers": lambda v: {k: int(i) if isinstance(i, bool) else i for k, i in v.items()},
    "holds whole numbers": lambda v: {k: int(i) if isinstance(i, float) else i for k, i in v.items()},
    "rounds": lambda v: {k: round(i, 1) if isinstance(i, float) and abs(i) < 1e15 else i for k, i in v.items()},
    "in lower case keys": lambda v: {k.lower(): i for k, i in v.items()},
    "in camelCase keys": lambda v: {camel(k) if "_" in k.strip("_") and k.isidentifier() else k: i for k, i in v.items()},
    "trims texts": lambda v: {k: i.strip() if isinstance(i, str) else i for k, i in v.items()},
    "flat": lambda v: {k: json.dumps(i) if isinstance(i, dict | list) else i for k, i in v.items()},
    "shallow": lambda v: {k: {n: {} if isinstance(j, dict) else j for n, j in i.items()} if isinstance(i, dict) else i for k, i in v.items()},
    "sorts arrays": lambda v: {k: sorted(i, key=str) if isinstance(i, list) else i for k, i in v.items()},
    "with another member": lambda v: {**v, "source": "api"},
    "without the last member": lambda v: dict(list(v.items())[:-1]),
    "at most ten members": lambda v: dict(list(v.items())[:10]),
    "cuts texts at 100": lambda v: {k: i[:100] if isinstance(i, str) else i for k, i in v.items()},
    "without empty keys": lambda v: {k: i for k, i in v.items() if k},
    "without dollar keys": lambda v: {k: i for k, i in v.items() if not k.startswith(("$", "_"))},
    "as a JSON text": lambda v: {"value": json.dumps(v)},
}  # fmt: skip


def particular_semantics(provider: str) -> Named:
    def fixed(name: str, value: Any) -> Plant:
        return on_thing(lambda t, b, _: t.update({name: value}))

    if provider == "scale":
        yield (
            "account and variant swapped",
            on_thing(
                lambda t, b, _: t.update(account_id=t["application_variant_id"], application_variant_id=t["account_id"])
            ),
        )
        yield "archived at once", on_thing(lambda t, b, _: t.update(archived_at=t["created_at"]))
        yield "another account", fixed("account_id", "default")
        yield "another variant", fixed("application_variant_id", "default")
        yield "the account is the title", on_thing(lambda t, b, _: t.update(title=t["account_id"]))
    elif provider == "ishvana":
        for count in (0, 1, -1):
            yield f"always {count} messages", fixed("message_count", count)
        yield (
            "letters are counted",
            on_thing(lambda t, b, _: t.update(message_count=len(b.get("initial_message") or ""))),
        )
        yield "tags are counted", on_thing(lambda t, b, _: t.update(message_count=len(t["tags"])))
        for label, change in {
            "sorted": sorted,
            "without doubles": lambda v: list(dict.fromkeys(v)),
            "reversed": lambda v: v[::-1],
            "in lower case": lambda v: [i.lower() for i in v],
            "trimmed": lambda v: [i.strip() for i in v],
            "dropped": lambda _: [],
            "without empty ones": lambda v: [i for i in v if i],
            "split at commas": lambda v: ",".join(v).split(",") if v else v,
            "at most ten": lambda v: v[:10],
            "one text": lambda v: [", ".join(v)] if v else v,
        }.items():
            yield f"tags {label}", on_thing(lambda t, b, _, c=change: t.update(tags=c(t["tags"])))
        yield "tags have a default", on_thing(lambda t, b, _: None if b.get("tags") else t.update(tags=["general"]))
        yield (
            "another default project",
            on_thing(lambda t, b, _: None if "project_id" in b else t.update(project_id="default")),
        )
        yield "always the default project", fixed("project_id", "my-project")
        yield (
            "an empty default project",
            on_thing(lambda t, b, _: None if "project_id" in b else t.update(project_id="")),
        )
        yield (
            "the title is the first message",
            on_thing(lambda t, b, _: t.update(title=b["initial_message"]) if b.get("initial_message") else None),
        )
    elif provider == "seekrflow":
        yield "locked at once", fixed("status", "locked")
        yield "another object", fixed("object", "Thread")
        yield "another sort of object", fixed("object", "thread.created")
    elif provider == "lighton":
        yield "another object", fixed("object", "conversation")
        yield "always ephemeral", fixed("is_ephemeral", True)
        yield "never ephemeral", fixed("is_ephemeral", False)
        yield "the other way round", on_thing(lambda t, b, _: t.update(is_ephemeral=not t["is_ephemeral"]))
        yield (
            "the default is ephemeral",
            on_thing(lambda t, b, _: None if "is_ephemeral" in b else t.update(is_ephemeral=True)),
        )
        yield "always the default agent", fixed("agent_id", 42)
        yield (
            "the deprecated agent first",
            on_thing(lambda t, b, _: t.update(agent_id=b["chat_setting_id"]) if "chat_setting_id" in b else None),
        )
        yield (
            "the deprecated agent is ignored",
            on_thing(lambda t, b, _: t.update(agent_id=1) if "agent_id" not in b else None),
        )
        yield "one agent further", on_thing(lambda t, b, _: t.update(agent_id=t["agent_id"] + 1))
        for label, change in {
            "dropped": lambda _: None,
            "an object": lambda v: v if isinstance(v, dict) else {},
            "a text": lambda v: v if v is None else json.dumps(v),
            "without false ones": lambda v: v or None,
            "a list": lambda v: v if v is None else [v],
        }.items():
            yield (
                f"tool_parameters {label}",
                on_thing(lambda t, b, _, c=change: t.update(tool_parameters=c(t["tool_parameters"]))),
            )
    elif provider == "langsmith":
        for status in ("busy", "interrupted", "error"):
            yield f"{status} at once", fixed("status", status)
        yield (
            "ttl is shown unasked",
            lambda s: setattr(s, "show", lambda t, ask: {k: v for k, v in t.items() if k != "ttl" or v}),
        )
        yield "busy with supersteps", on_thing(lambda t, b, _: t.update(status="busy") if b.get("supersteps") else None)
        yield (
            "metadata holds the policy",
            on_thing(lambda t, b, _: t.update(metadata={**t["metadata"], "if_exists": b.get("if_exists", "raise")})),
        )
        yield (
            "metadata holds the ttl",
            on_thing(lambda t, b, _: t.update(metadata={**t["metadata"], "ttl": b["ttl"]}) if "ttl" in b else None),
        )
        yield "metadata is lost beside a ttl", on_thing(lambda t, b, _: t.update(metadata={}) if "ttl" in b else None)
        yield (
            "metadata is lost beside a key",
            on_thing(lambda t, b, _: t.update(metadata={}) if "thread_id" in b else None),
        )


def forgeable(provider: str) -> Named:
    names = {
        "scale": ["id", "created_by_user_id", "created_by_identity_type", "created_at", "updated_at", "archived_at"],
        "ishvana": ["thread_id", "message_count", "settings"],
        "seekrflow": ["id", "object", "status", "active_run_id", "created_at"],
        "lighton": [
            "id",
            "status",
            "is_archived",
            "is_read",
            "creation_source",
            "agent_name",
            "ml_model",
            "created_at",
            "object",
        ],
        "langsmith": ["status", "created_at", "updated_at", "values", "config", "interrupts"],
    }[provider]
    for name in names:
        yield f"{name} by the client", on_thing(lambda t, b, _, n=name: t.update({n: b[n]}) if n in b else None)
    yield "all by the client", on_thing(lambda t, b, _: {**t, **{k: v for k, v in b.items() if k in names}})
