"""The files that findings are saved as: one each, self-contained; their names, how they are written, and read again."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.options import Settings, mention
from threadmock.contracts.settings import UsageError
from threadmock.specs import version
from threadmock.specs.contract import Contract

FORMAT = 1
FOLDER = "findings"
MOST_BYTES = 64 * 1024 * 1024
_NAME_A_FILE = f"Name a file that {mention('report')} wrote."
_UNFIT = re.compile(r"[^A-Za-z0-9_]+")


def file_stem(finding: Finding) -> str:
    """What a finding's files are named: check, operation and a digest of its cause, the same in every run."""
    digest = hashlib.sha256(json.dumps(finding.key).encode()).hexdigest()[:10]
    words = (_UNFIT.sub("_", text).strip("_")[:60] for text in (finding.check, finding.operation))
    return "-".join((*words, digest))


def saved(contract: Contract, settings: Settings, finding: Finding) -> dict[str, Any] | None:
    """A finding of a run as its file holds it; None where its exchanges could not be kept.

    contract, settings: of the run.
    """
    if finding.story is None:
        return None
    provider = Path(settings.provider)
    return {
        "format": FORMAT,
        "tool": {"name": "threadmock", "version": version},
        "verdict": "holds",
        "finding": {
            name: getattr(finding, name)
            for name in ("check", "operation", "severity", "evidence", "where", "place", "expected", "got", "source")
        },
        "contract": {
            "provider": str(provider.resolve()) if provider.exists() else settings.provider,
            "name": contract.name,
            "layer": contract.layer,
            "overlays": [str(path.resolve()) for path in settings.overlays],
            "ref_root": str(settings.ref_root.resolve()) if settings.ref_root else None,
            "digest": contract.digest,
        },
        "target": settings.target,
        "faults": list(settings.faults),
        "repeated": finding.repeated,
        "curl": finding.case.curl,
        "where": finding.where,
        **finding.story,
    }


def read_saved(path: Path) -> dict[str, Any]:
    """The finding that a file holds. UsageError where it is none that can be sent again."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError("The file is too long to be a finding.", where=str(path))
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        text = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"The finding can't be read: {text}.", where=str(path), fix=_NAME_A_FILE) from None
    reason = _unlike(value)
    if reason:
        raise UsageError(f"This is no saved finding: {reason}.", where=str(path), fix=_NAME_A_FILE)
    return dict(value)


def _unlike(value: Any) -> str:
    """What keeps JSON from being a finding of our format; "" where nothing does."""
    if not isinstance(value, dict) or not isinstance(value.get("format"), int):
        return "it has no format version"
    if value["format"] != FORMAT:
        return f"its format is {value['format']}, and this threadmock reads {FORMAT}"
    kinds = {
        "finding": dict,
        "contract": dict,
        "values": dict,
        "steps": list,
        "judged": int,
        "about": str,
        "where": str,
    }
    wrong = next((name for name, kind in kinds.items() if not isinstance(value.get(name), kind)), "")
    if wrong:
        return f"it lacks {wrong}"
    if not 0 <= value["judged"] < len(value["steps"]):
        return "no step is the one that is judged"
    return "" if all(map(_is_step, value["steps"])) else "a step is not whole"


def _is_step(step: Any) -> bool:
    if not isinstance(step, Mapping):
        return False
    request, answer = step.get("request"), step.get("answer")
    if not (isinstance(request, Mapping) and isinstance(answer, Mapping) and isinstance(step.get("puts"), list)):
        return False
    texts = all(isinstance(request.get(name), str) for name in ("method", "path", "query"))
    maps = all(isinstance(request.get(name), Mapping) for name in ("headers", "credentials", "body"))
    return texts and maps and "status" in answer and isinstance(answer.get("body"), Mapping)
