"""Reports that runs have written, read and held to their schema."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA = json.loads((files("threadmock.contracts.reporting") / "report.schema.json").read_text(encoding="utf-8"))


def read_report(path: Path) -> Any:
    """The report in that file, after it was validated."""
    value = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator(SCHEMA).validate(value)
    return value
