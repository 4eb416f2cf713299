"""An agent without a model. It says what it was told, a word at a time, and does more where a message begins so:

/slow …      goes on for a while
/failing …   begins to answer, and fails
/human …     asks a person, where the wire form has a way to answer
"""

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

from support.run_server.core import Service
from support.run_server.records import Message, Run

NODE = "agent"
FAILURE = ("ModelError", "The model is not there.")
_WORDS = 40


@dataclass(frozen=True)
class EchoAgent:
    """pace: seconds between two words. slow: seconds that a long answer takes. asks: whether people can be asked."""

    pace: float = 0.004
    slow: float = 1.5
    asks: bool = True

    def __call__(self, service: Service, run: Run) -> None:
        """Carry out a run, to its end."""
        if self._hear(service, run):
            return
        task = run.more["task"] = str(uuid.uuid4())
        with service.changed:
            if run.over:
                return
            service.amend(run.thread, next=(NODE,), task=task, questions=(), error="")
        if run.stops_before and not run.resumes:
            service.finish(run, "paused", "paused", questions=())
            return
        service.beat(run, "entered", task=task)
        if self.asks and not run.resumes and run.text.startswith("/human"):
            self._ask(service, run)
            return
        failing = run.text.startswith("/failing")
        message = self._speak(service, run, "I begin well enough." if failing else self.reply(run))
        with service.changed:
            if message is None or run.over:
                return
            if failing:
                run.failure = FAILURE
                service.amend(run.thread, error=": ".join(FAILURE))
                service.finish(run, "error", "failed", error=FAILURE[0], message=FAILURE[1], task=task)
                return
            self.keep(service, run, message)
            service.beat(run, "said", message=message, task=task)
            service.finish(run, "success", "ended")

    def _hear(self, service: Service, run: Run) -> bool:
        """Take in what a run was given; whether it is over already."""
        with service.changed:
            if run.over:
                return True
            if run.resumes and run.thread.latest is not None:
                service.beat(run, "begun")
                if not run.thread.latest.next:  # nothing waits for an answer
                    service.finish(run, "success", "ended")
                    return True
                return False
            service.step(run, run.thread, "input", next=("__start__",), questions=(), task="", error="")
            service.beat(run, "begun")
            for message in run.heard:
                service.say(run, message)
            service.step(run, run.thread, "loop", next=(NODE,))
            service.beat(run, "received")
            return False

    def _ask(self, service: Service, run: Run) -> None:
        asked = {"id": uuid.uuid4().hex, "value": {"question": "Shall I?", "about": run.text}}
        with service.changed:
            if not run.over:
                service.amend(run.thread, questions=(asked,))
                service.finish(run, "paused", "paused", questions=(asked,))

    def _speak(self, service: Service, run: Run, text: str) -> Message | None:
        """Say a text word by word; None where the run is over before."""
        name, whole = str(uuid.uuid4()), ""
        words = re.findall(r"\S+\s*|\s+", text)
        pace = self.slow / len(words) if run.text.startswith("/slow") and not run.resumes else self.pace
        for at, word in enumerate(words):
            if service.pause(run, pace):
                return None
            whole += word
            with service.changed:
                if run.over:
                    return None
                last = at == len(words) - 1
                service.beat(
                    run, "part", id=name, text=word, whole=whole, index=at, last=last, task=run.more.get("task", "")
                )
        return Message(name, "assistant", whole, service.now(), run.id)

    def keep(self, service: Service, run: Run, message: Message) -> None:
        """Store what was said."""
        service.say(run, message)
        run.said.append(message)
        service.step(run, run.thread, "loop", next=(), questions=(), task="", error="")

    def reply(self, run: Run) -> str:
        """What is said to what was heard."""
        if run.resumes:
            return f"The answer was: {told(run.answer)}"
        if run.text.startswith("/slow"):
            return f"You said: {run.text} and now {'one more word ' * (_WORDS // 3)}at last."
        return f"You said: {run.text}"


def told(value: Any) -> str:
    """A value as a text."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
