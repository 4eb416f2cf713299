"""What a person decided about calls of tools, and how that is asked: the current form, and the older one of inboxes.

| | current | older |
|---|---|---|
| asked | `action_requests`, `review_configs` | `action_request`, `config`, `description`; of several a list |
| answered | `{decisions: [{type, …}]}` | `[{type, args}]` |
| decisions | approve, edit (`edited_action`), reject, respond (`message`) | accept, edit, ignore, response |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from threadmock.specs.wire.strictjson import dump_json

DecisionKind = Literal["approve", "edit", "reject", "respond", "ignore"]
KINDS: Final = ("approve", "edit", "reject", "respond", "ignore")
TOLD: Final = ("decision", "edited", "message")
FORMS: Final = ("current", "older", "listed")
"""`listed` is the older form in a list, also where one call is asked about."""
_WORDS: Final[Mapping[str, DecisionKind]] = {
    "approve": "approve",
    "accept": "approve",
    "edit": "edit",
    "reject": "reject",
    "respond": "respond",
    "response": "respond",
    "ignore": "ignore",
}
_OLDER: Final = {"approve": "allow_accept", "edit": "allow_edit", "respond": "allow_respond", "ignore": "allow_ignore"}


@dataclass(frozen=True)
class Decision:
    """What a person decided about one call. name, arguments: of an edit. message: of a refusal or a response."""

    kind: DecisionKind
    name: str = ""
    arguments: Mapping[str, Any] | None = None
    message: str = ""


def read_decisions(answer: Any) -> list[Decision]:
    """The decisions of an answer in either form; none where it is no such answer."""
    listed = answer.get("decisions") if isinstance(answer, Mapping) and "decisions" in answer else answer
    found = [_read(each) for each in (listed if isinstance(listed, list) else [listed])]
    return [each for each in found if each]


def _read(answer: Any) -> Decision | None:
    if isinstance(answer, str):
        kind = _WORDS.get(answer.strip().lower())
        return Decision(kind) if kind else None
    word = answer.get("type") if isinstance(answer, Mapping) else None
    kind = _WORDS.get(word) if isinstance(word, str) else None
    if kind is None:
        return None
    given = answer.get("args")
    action = answer.get("edited_action") or given
    edited = action if kind == "edit" and isinstance(action, Mapping) else {}
    arguments = edited.get("args")
    message = answer.get("message", given)
    return Decision(
        kind,
        name=str(edited.get("name") or edited.get("action") or ""),
        arguments=arguments if isinstance(arguments, Mapping) else None,
        message=message if isinstance(message, str) else "",
    )


def told(answer: Any) -> Mapping[str, Any]:
    """What marks read of an answer beside its own members: `decision`, `edited` (name, args), `message`."""
    found = next(iter(read_decisions(answer)), None)
    if found is None:
        return {}
    edited = {"name": found.name, "args": found.arguments or {}} if found.kind == "edit" else {}
    return {"decision": found.kind, "edited": edited, "message": found.message}


def ask(calls: Sequence[Mapping[str, Any]], descriptions: Sequence[str], allowed: Sequence[str], form: str) -> Any:
    """The question about calls (each name, arguments), as an interrupt holds it."""
    pairs = [(call, text or _description(call)) for call, text in zip(calls, descriptions, strict=True)]
    if form != "current":
        config = {name: kind in allowed for kind, name in _OLDER.items()}
        asked = [
            {
                "action_request": {"action": call["name"], "args": call["arguments"]},
                "config": config,
                "description": text,
            }
            for call, text in pairs
        ]
        return asked[0] if form == "older" and len(asked) == 1 else asked
    return {
        "action_requests": [
            {"name": call["name"], "args": call["arguments"], "description": text} for call, text in pairs
        ],
        "review_configs": [{"action_name": call["name"], "allowed_decisions": list(allowed)} for call, _ in pairs],
    }


def _description(call: Mapping[str, Any]) -> str:
    written = dump_json(call["arguments"]).decode()
    return f"Tool execution requires approval\n\nTool: {call['name']}\nArgs: {written}"


def refusal(call: Mapping[str, Any], decision: Decision) -> str:
    """What the model is told in place of the result of a call that a person refused."""
    return decision.message or f"User rejected the tool call for `{call['name']}` with id {call['id']}"
