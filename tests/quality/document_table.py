"""What is inferred from each ordinary document of the tests, as a table. `python tests/quality/document_table.py [FOLDER…]`

stateful: operations that keep state. as expected: those whose action is the one that `tests/data/expected_actions.json`
has for them. findings: those of a verify of the document's own mock, where nothing is wrong, so that each is a false one.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("ordinary", "stateful", "services")


def documents(folders: Sequence[str] = FOLDERS) -> list[Path]:
    """The documents of these folders of the tests' data."""
    return sorted(path for folder in folders for path in (ROOT / "tests/data" / folder).iterdir())


def actions_of(path: Path) -> dict[str, str]:
    """Each operation's action and resource."""
    from threadmock.specs.loader import load  # noqa: PLC0415 - the script runs from any folder

    return {str(each): f"{each.rule.action} {each.rule.resource}" for each in load(str(path)).operations}


def expected() -> dict[str, dict[str, str]]:
    """What people who read the documents say that each operation does."""
    found: dict[str, dict[str, str]] = json.loads((ROOT / "tests/data/expected_actions.json").read_text("utf-8"))
    return found


def false_findings(path: Path, *, seed: int = 7, most: int = 4) -> int:
    """How many findings a verify of the document's own mock has."""
    from threadmock.contracts.api import verify  # noqa: PLC0415

    report = verify(str(path), seed=seed, max_examples=most)
    return len(report.findings)


def rows(paths: Sequence[Path], *, verifying: bool = True) -> Iterator[tuple[str, int, int, int, str]]:
    """Document, operations, stateful, as expected, false findings ("" where nothing is verified)."""
    wanted = expected()
    for path in paths:
        actions, known = actions_of(path), wanted[f"{path.parent.name}/{path.stem}"]
        stateful = sum(not action.startswith("fixed ") for action in actions.values())
        right = sum(action == known.get(name) for name, action in actions.items())
        yield (
            f"{path.parent.name}/{path.stem}",
            len(actions),
            stateful,
            right,
            str(false_findings(path)) if verifying else "",
        )


def main(arguments: Sequence[str]) -> None:
    """Print the table of all documents, or of those in the folders that are named."""
    form = "| {:<24} | {:>10} | {:>8} | {:>16} | {:>14} |"
    print(form.format("document", "operations", "stateful", "inferred rightly", "false findings"))
    print(form.format("---", "---:", "---:", "---:", "---:"))
    for row in rows(documents(arguments or FOLDERS)):
        print(form.format(*row), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
