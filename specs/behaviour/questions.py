"""What a run asks and waits for: where settings read it, as a list of questions or by the tasks that wait."""

from collections.abc import Mapping
from typing import Any, Final

from threadmock.specs.behaviour.setting import Setting

ASKED: Final = "item.interrupts"
ASKED_BY_TASK: Final = "item.waiting"
"""By the id of each task that waits: its questions."""


def takes_questions(setting: Setting | None) -> bool:
    """Whether a setting takes the questions of a beat as they are."""
    if setting is None:
        return False
    taken = any(str(source) in (ASKED, ASKED_BY_TASK) for source in setting.sources)
    return taken or any(takes_questions(each) for _, each in setting.members)


def questions_of(waiting: Any) -> list[Any]:
    """All questions of tasks that wait; what is no list holds none."""
    lists = waiting.values() if isinstance(waiting, Mapping) else ()
    return [question for each in lists if isinstance(each, list) for question in each]
