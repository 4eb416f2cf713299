"""Planted faults of validation: what is let in and what is kept out."""

import json

from support.planted.planting import OBJECTS, TEXTS, Named, crash, depth, on_body, refuse, setting, unreadable, wrap
from support.reference_servers.servers import FORMS, SERVERS, Api


def inputs(provider: str) -> Named:
    for label in SERVERS[provider]().rules:
        yield f"not checked: {label}", lambda server, label=label: server.rules.pop(label)
    yield "an array's first object is taken", on_body(lambda b: b[0] if isinstance(b, list) and b else b)
    if provider not in ("scale", "ishvana"):
        yield "no object is an empty one", on_body(lambda b: b if isinstance(b, dict) else {})
        yield (
            "a text is parsed again",
            on_body(lambda b: json.loads(b) if isinstance(b, str) and b.startswith("{") else b),
        )
        yield "unreadable is an empty object", unreadable(lambda _: {})
    yield "unknown members are refused", unknown_refused
    if provider not in ("seekrflow", "ishvana"):
        yield (
            "nulls are dropped first",
            on_body(lambda b: {k: v for k, v in b.items() if v is not None} if isinstance(b, dict) else b),
        )
    if provider in TEXTS:
        yield (
            "numbers become texts",
            on_body(
                lambda b: (
                    {k: str(v) if isinstance(v, int | float) and not isinstance(v, bool) else v for k, v in b.items()}
                    if isinstance(b, dict)
                    else b
                )
            ),
        )
    yield "trailing commas are fine", unreadable(lambda data: json.loads(data.replace(b",}", b"}")))
    yield "what follows is ignored", unreadable(lambda data: json.JSONDecoder().raw_decode(data.decode())[0])
    for name in TEXTS.get(provider, []):
        yield f"empty {name} refused", refuse("empty", lambda b, n=name: not isinstance(b, dict) or b.get(n) != "")
        for most in (50, 100, 254) if provider == "lighton" else (50, 100, 255, 1000):
            yield (
                f"{name} at most {most}",
                refuse("long", lambda b, n=name, m=most: not isinstance(b, dict) or len(str(b.get(n, ""))) <= m),
            )
        yield (
            f"{name} in ASCII only",
            refuse("ascii", lambda b, n=name: not isinstance(b, dict) or str(b.get(n, "")).isascii()),
        )
    if provider in OBJECTS:
        name = OBJECTS[provider]
        yield (
            f"{name} holds texts only",
            refuse(
                "flat",
                lambda b: (
                    not isinstance(b, dict)
                    or not isinstance(b.get(name), dict)
                    or all(isinstance(v, str) for v in b[name].values())
                ),
            ),
        )
        yield f"{name} is required", refuse("missing", lambda b: not isinstance(b, dict) or name in b)
        for levels in (3, 6, 12):
            yield f"{name} at most {levels} deep", refuse("deep", lambda b, n=levels: depth(b) <= n + 1)
        for most in (10, 20, 50):
            yield (
                f"{name} at most {most} members",
                refuse(
                    "many",
                    lambda b, n=most: not isinstance(b, dict) or not isinstance(b.get(name), dict) or len(b[name]) <= n,
                ),
            )
        for size in (500, 5_000):
            yield (
                f"{name} at most {size} letters",
                refuse("size", lambda b, n=size: not isinstance(b, dict) or len(json.dumps(b.get(name))) <= n),
            )
        yield (
            f"{name} of plain names only",
            refuse(
                "names",
                lambda b: (
                    not isinstance(b, dict)
                    or not isinstance(b.get(name), dict)
                    or all(k.isidentifier() for k in b[name])
                ),
            ),
        )
        yield (
            f"{name} without nulls only",
            refuse(
                "nulls",
                lambda b: not isinstance(b, dict) or not isinstance(b.get(name), dict) or None not in b[name].values(),
            ),
        )
        yield f"{name} is not empty", refuse("empty", lambda b: not isinstance(b, dict) or b.get(name) != {})
    yield from particular_inputs(provider)


def unknown_refused(server: Api) -> None:
    known = {
        "scale": ["title", "application_variant_id", "thread_metadata", "account_id"],
        "ishvana": ["title", "project_id", "initial_message", "tags", "created_at"],
        "seekrflow": ["meta_data"],
        "lighton": ["name", "agent_id", "chat_setting_id", "chat_settings_id", "is_ephemeral", "tool_parameters"],
        "langsmith": ["thread_id", "metadata", "if_exists", "ttl", "supersteps"],
    }[next(name for name, made in SERVERS.items() if isinstance(server, made))]
    refuse("extra", lambda b: not isinstance(b, dict) or set(b) <= set(known))(server)


def particular_inputs(provider: str) -> Named:
    if provider == "ishvana":
        yield (
            "null initial_message refused",
            refuse("null", lambda b: not isinstance(b, dict) or b.get("initial_message", 1) is not None),
        )
        yield "null tags refused", refuse("null", lambda b: not isinstance(b, dict) or b.get("tags", 1) is not None)
        yield "project_id required", refuse("missing", lambda b: not isinstance(b, dict) or "project_id" in b)
        yield (
            "tags without blanks only",
            refuse("tags", lambda b: not isinstance(b, dict) or all(" " not in str(t) for t in b.get("tags") or [])),
        )
        yield (
            "a text for tags is one tag",
            on_body(
                lambda b: {**b, "tags": [b["tags"]]} if isinstance(b, dict) and isinstance(b.get("tags"), str) else b
            ),
        )
    elif provider == "seekrflow":
        yield (
            "null meta_data refused",
            refuse("null", lambda b: not isinstance(b, dict) or b.get("meta_data", 1) is not None),
        )
        yield "a team is required", crash(lambda ask: "x-team-id" not in ask.headers and ask.method == "POST", 422)
        yield "a team is refused", crash(lambda ask: "x-team-id" in ask.headers, 422)
    elif provider == "lighton":
        yield "a body is required", setting(body_required=True)
        yield "a name is required", refuse("missing", lambda b: not isinstance(b, dict) or "name" in b)
        yield (
            "256 characters are fine",
            lambda s: (
                s.rules.pop("name at most 255 characters"),
                s.rule("256", "name", lambda v: not isinstance(v, str) or len(v) <= 256),
            ),
        )
        yield (
            "bytes are counted",
            lambda s: s.rule("bytes", "name", lambda v: not isinstance(v, str) or len(v.encode()) <= 255),
        )
        yield (
            "long names are cut",
            on_body(
                lambda b: (
                    {**b, "name": b["name"][:255]} if isinstance(b, dict) and isinstance(b.get("name"), str) else b
                )
            ),
        )
        yield (
            "digits are numbers",
            on_body(
                lambda b: (
                    {**b, "agent_id": int(b["agent_id"])}
                    if isinstance(b, dict) and str(b.get("agent_id")).isdecimal() and isinstance(b.get("agent_id"), str)
                    else b
                )
            ),
        )
        yield (
            "true is a number",
            on_body(
                lambda b: (
                    {k: int(v) if k == "agent_id" and isinstance(v, bool) else v for k, v in b.items()}
                    if isinstance(b, dict)
                    else b
                )
            ),
        )
        yield (
            "anything is a boolean",
            on_body(
                lambda b: (
                    {**b, "is_ephemeral": bool(b["is_ephemeral"])} if isinstance(b, dict) and "is_ephemeral" in b else b
                )
            ),
        )
        yield (
            "fractions are cut",
            on_body(
                lambda b: (
                    {**b, "agent_id": int(b["agent_id"])}
                    if isinstance(b, dict) and isinstance(b.get("agent_id"), float)
                    else b
                )
            ),
        )
        yield (
            "tool_parameters must be an object",
            refuse("object", lambda b: not isinstance(b, dict) or isinstance(b.get("tool_parameters", {}), dict)),
        )
        for form in FORMS:
            yield (
                f"no {form}",
                lambda s, form=form: setattr(s, "media_types", tuple(m for m in s.media_types if m != form)),
            )
        yield "forms are not typed", lambda s: setattr(s, "typed", lambda found: found)
        yield (
            "form names are not checked",
            lambda s: wrap(
                s, "form", lambda old, ask: {k: v[:255] if isinstance(v, str) else v for k, v in old(ask).items()}
            ),
        )
        yield (
            "forms ignore is_ephemeral",
            lambda s: wrap(s, "form", lambda old, ask: {k: v for k, v in old(ask).items() if k != "is_ephemeral"}),
        )
    elif provider == "langsmith":
        yield (
            "upper case keys refused",
            refuse(
                "case",
                lambda b: not isinstance(b, dict) or str(b.get("thread_id", "")).islower() or "thread_id" not in b,
            ),
        )
        yield (
            "if_exists in any case",
            on_body(
                lambda b: (
                    {**b, "if_exists": b["if_exists"].lower()}
                    if isinstance(b, dict) and isinstance(b.get("if_exists"), str)
                    else b
                )
            ),
        )
        yield (
            "unknown if_exists is raise",
            on_body(
                lambda b: (
                    {k: v for k, v in b.items() if k != "if_exists" or v in ("raise", "do_nothing")}
                    if isinstance(b, dict)
                    else b
                )
            ),
        )
        yield (
            "a bad thread_id is replaced",
            on_body(
                lambda b: (
                    {k: v for k, v in b.items() if k != "thread_id" or (isinstance(v, str) and len(v) == 36)}
                    if isinstance(b, dict)
                    else b
                )
            ),
        )
        yield (
            "ttl must be whole",
            refuse(
                "ttl",
                lambda b: (
                    not isinstance(b, dict)
                    or not isinstance(b.get("ttl"), dict)
                    or not isinstance(b["ttl"].get("ttl"), float)
                ),
            ),
        )
        yield (
            "a number for ttl",
            on_body(
                lambda b: (
                    {**b, "ttl": {"ttl": b["ttl"]}} if isinstance(b, dict) and isinstance(b.get("ttl"), int) else b
                )
            ),
        )
        yield "supersteps refused", refuse("steps", lambda b: not isinstance(b, dict) or not b.get("supersteps"))
        yield (
            "do_nothing refused",
            refuse("policy", lambda b: not isinstance(b, dict) or b.get("if_exists") != "do_nothing"),
        )
        yield "thread_id required", refuse("missing", lambda b: not isinstance(b, dict) or "thread_id" in b)
