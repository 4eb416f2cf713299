"""The actions of the vocabulary, and what each one does to things."""

from typing import Literal

Action = Literal[
    "create",
    "read",
    "list",
    "update",
    "replace",
    "delete",
    "append",
    "copy",
    "count",
    "prune",
    "run",
    "join",
    "cancel",
    "fixed",
]
