"""What a person can type to see a finding: the line that replays it, and lines of shell that send its request.

Clean-up has removed what a run created. So the creates of what the request names come first: what the server chooses,
such as an id, is kept in a shell variable, which the later lines send.
"""

import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadmock.contracts.checks.curl import curl
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.replays.substitution import unpack

MOST_CREATES = 4
"""Of a finding that needs more, only a replay is shown: nobody would type them."""
_UNFIT = re.compile(r"\W+")
_MEMBER = re.compile(r"(\d+) body:(?:/[^/?#]*)*/([^/?#]+)$")


@dataclass(frozen=True)
class ShellLines:
    """A finding as lines of shell.

    creates: what has to be there, in order; (): nothing, or more than anybody would type. request: the request itself.
    """

    creates: tuple[str, ...]
    request: str


def shell_lines(finding: Finding, creating: Collection[str] = ()) -> ShellLines:
    """The request of a finding, and before it the creates of what it names, or of what it lists.

    creating: slugs of operations that create things.
    """
    story, case = finding.story, finding.case
    plain = ShellLines((), case.curl)
    steps = story["steps"] if story else []
    if story is None or not case.url.endswith(steps[story["judged"]]["request"]["target"]):
        return plain
    base = case.url.removesuffix(steps[story["judged"]]["request"]["target"])
    listed = [n for n, step in enumerate(steps[: story["judged"]]) if step["operation"] in creating and _is_ok(step)]
    numbers = _makers(story) or listed[-MOST_CREATES:]
    if not 0 < len(numbers) <= MOST_CREATES:
        return plain
    chosen = _chosen(story, [*numbers, story["judged"]])
    if chosen is None:
        return plain
    names: dict[str, str] = {}
    lines = []
    for number in numbers:
        line = _line(finding, steps[number], base, names)
        lines.append(_kept(line, chosen.get(number, {}), names))
    return ShellLines(tuple(lines), _line(finding, steps[story["judged"]], base, names))


def replay_command(file: Path, target: str | None) -> str:
    """The line that sends a saved finding again. target: where it was found."""
    return shlex.join(["threadmock", "replay", str(file), *(["--target", target] if target else [])])


def _makers(story: Mapping[str, Any]) -> list[int]:
    """The steps that make what the judged request names, and what those name, in order."""
    steps, values = story["steps"], story["values"]
    found: set[int] = set()
    waiting = [story["judged"]]
    while waiting:
        number = waiting.pop()
        for name in {put["value"] for put in steps[number]["puts"]}:
            source = values[name]["from"]
            if source == "new":
                users = (n for n in range(number) if name in {put["value"] for put in steps[n]["puts"]})
                maker = next((n for n in users if _makes(steps[n])), None)
            else:
                maker = int(source.split()[0])
            if maker is not None and maker != story["judged"] and maker not in found:
                found.add(maker)
                waiting.append(maker)
    return sorted(found)


def _makes(step: Mapping[str, Any]) -> bool:
    return bool(step["request"]["method"] == "POST") and _is_ok(step)


def _is_ok(step: Mapping[str, Any]) -> bool:
    return bool(200 <= (step["answer"]["status"] or 0) < 300)


def _chosen(story: Mapping[str, Any], numbers: Iterable[int]) -> dict[int, dict[str, str]] | None:
    """What the answers of steps chose and these steps send: by step, the value to the member that it stood in.

    None where a value stood in no member.
    """
    found: dict[int, dict[str, str]] = {}
    for name in {put["value"] for number in numbers for put in story["steps"][number]["puts"]}:
        value = story["values"][name]
        if value["from"] == "new":
            continue
        place = _MEMBER.match(value["from"])
        if place is None:
            return None
        found.setdefault(int(place[1]), {})[str(value["was"])] = place[2]
    return found


def _kept(line: str, chosen: Mapping[str, str], names: dict[str, str]) -> str:
    """A line that keeps what the server chooses. names: gets the texts and the variables that hold them."""
    if not chosen:
        return line
    made = []
    for text, member in chosen.items():
        name = _UNFIT.sub("_", member).upper().strip("_") or "ID"
        names[text] = f"{name}_{len(names) + 1}" if name in names.values() or name[0].isdigit() else name
        pattern = shlex.quote(f'"{member}": *"\\?[^",}}]*')
        made.append((names[text], f"grep -o {pattern} | head -n 1 | sed 's/.*[\": ]//'"))
    if len(made) == 1:
        return f"{made[0][0]}=$({line} | {made[0][1]})"
    kept = " ".join(f'{name}=$(printf %s "$ANSWER" | {take});' for name, take in made)
    return f"ANSWER=$({line}); {kept}"


def _line(finding: Finding, step: Mapping[str, Any], base: str, names: Mapping[str, str]) -> str:
    request = step["request"]
    sent = finding.case.headers
    given = {name: sent[name] for name in step["request"]["credentials"] if name in sent}
    headers = {**request["headers"], **given}
    return curl(request["method"], base + request["target"], headers, unpack(request["body"]), names)
