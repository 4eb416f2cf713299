"""Consequences: which finding follows from which, by what both say. Each is narrow: two faults stay two findings."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from threadmock.contracts.checks.finding import Finding, cause

_STATUS = re.compile(r"\bstatus ([1-5]\d\d)\b")
_ROOTS_OF_STATUS = ("documented_status", "valid_accepted")
_FORMS = ("schema", "media_type", "strict_json", "headers", "redirects")
_CRASHES = ("answers", "no_server_error")
_NEW_KEYS = ("new_key", "ids_distinct", "at_once")
_FORGED = ("forged", "server_set", "immutable")
_MODELS = ("state_machine", "several_clients")
_MEMBER = re.compile(r"^[\w.$-]+ (?=holds |is missing)|\bstatus [1-5]\d\d.*")
_STATES = (
    *("read_your_writes", "life_cycle", "list_contains", "update_visible", "empty_update", "merge", "immutable"),
    *("gone_after_delete", "prune", "keep_latest", "copy", "foreign_child"),
    *("taken", "one_winner", "at_once", "ids_distinct", "new_key"),
)
_OF_LISTS = (
    *("list_contains", "paging", "filters", "order", "order_by", "totals", "links", "default_limit"),
    *("state_machine", "keep_latest"),
)
_OF_STREAMS = ("event_payload", "event_names", "stream_order", "ids", "failing", "tokens")
_EVENT = re.compile(r"event '[^']*'")
_OF_IDS = ("delete_twice", "foreign_child", "malformed_id", "gone_after_delete", "life_cycle", "prune")
_OF_MEMBERS = ("echo", "settings", "defaults", "time", "new_key", "read_your_writes")
Rule = Callable[[Finding, Finding], bool]


def follows(finding: Finding, root: Sequence[Finding], resources: Mapping[str, str]) -> bool:
    """Whether a finding follows from a cause. root: its findings. resources: operation to what it is about."""
    same = partial(_same_resource, resources)
    return any(
        (finding.check, finding.operation) != (other.check, other.operation)
        and (
            (finding.operation == other.operation and any(rule(finding, other) for rule in _RULES))
            or (same(finding, other) and any(rule(finding, other) for rule in _WIDE_RULES))
        )
        for other in root
    )


def _same_resource(resources: Mapping[str, str], one: Finding, other: Finding) -> bool:
    mine = resources.get(one.operation, "")
    return bool(mine) and mine == resources.get(other.operation)


def _status_of_root(finding: Finding, root: Finding) -> bool:
    """What a scenario makes of a status is what is said of that status already."""
    status, said = finding.case.status, _STATUS.search(finding.got)
    return (
        root.check in _ROOTS_OF_STATUS
        and finding.check not in (*_ROOTS_OF_STATUS, *_CRASHES, *_FORMS)
        and status is not None
        and status == root.case.status
        and (status >= 400 or (said is not None and int(said[1]) == status))
    )


def _crash(finding: Finding, root: Finding) -> bool:
    """What a scenario makes of no answer, or of a server's own failure."""
    failed = finding.case.status is None or finding.case.status >= 500
    return failed and root.check in _CRASHES and finding.check not in _CRASHES


def _blind(finding: Finding, root: Finding) -> bool:
    """A list that holds no list, or items without a key, shows nothing of what is in it."""
    return (
        finding.check in _OF_LISTS
        and root.check == "schema"
        and root.got.startswith(("required", "type"))
        and finding.case.status == root.case.status
        and (_is_no_list(root) or root.where.rpartition("/")[2].endswith("id"))
    )


def _not_listed(finding: Finding, root: Finding) -> bool:
    """What is in no list is not found by a filter or on a page either."""
    lacking = re.search(r"\blacks\b|on no page|another count|total|fewer", finding.got)
    return root.check == "list_contains" and "lacks it" in root.got and finding.check in _OF_LISTS and bool(lacking)


def _is_no_list(root: Finding) -> bool:
    """Whether a member of the whole answer is wrong, and nothing in the answer is a list."""
    if root.where.count("/") > 1:
        return False
    try:
        answer = json.loads(root.case.answer)
    except ValueError:
        return False
    return isinstance(answer, dict) and not any(isinstance(value, list) for value in answer.values())


def _forged(finding: Finding, root: Finding) -> bool:
    """A member that took the client's value holds nothing else; the request that forged it is the one that shows it."""
    return (
        root.check in _FORGED
        and finding.check in _OF_MEMBERS
        and finding.case.label.startswith(("forged", "members that the server sets"))
    )


def _of_one_member(finding: Finding, root: Finding) -> bool:
    """Two checks of one member, of one exchange; and what a scenario explains."""
    if not finding.where or finding.where.split("/")[:2] != root.where.split("/")[:2]:
        return False
    if (root.check, finding.check) == ("echo", "settings"):
        return finding.case.label == root.case.label
    if root.check == "isolation":
        return finding.check == "echo" and "nothing was sent" in finding.got
    return root.check == "precedence" and finding.check == "echo"


def _stored_anyway(finding: Finding, root: Finding) -> bool:
    """What was accepted though it is invalid is what is shown later."""
    names = {step for step in finding.where.split("/") if step and not step.isdecimal()}
    member = root.where.split("/")[1] if root.where.startswith("/") else ""
    return (
        root.check == "invalid_refused"
        and (root.case.status or 0) < 300
        and finding.check == "schema"
        and (finding.case.status or 0) < 300
        and finding.operation != root.operation
        and member in names
    )


def _malformed_member(finding: Finding, root: Finding) -> bool:
    """A member whose form is wrong is not read back as it was."""
    member = root.where.rpartition("/")[2]
    return (
        root.check == "schema"
        and (root.case.status or 0) < 300
        and bool(member)
        and finding.got.startswith((f"{member} holds another value", f"{member} is missing"))
    )


def _shown_again(finding: Finding, root: Finding) -> bool:
    """The time of a thing that another operation shows is that of its making."""
    alike = finding.where == root.where if root.where else _words(finding) == _words(root)
    return finding.check == root.check == "time" and finding.operation != root.operation and alike and _is_made(root)


def _is_made(root: Finding) -> bool:
    return root.case.method == "POST" and (root.case.status or 0) < 300


def _not_kept(finding: Finding, root: Finding) -> bool:
    """An update that a read does not show is in no list, and merges with nothing."""
    if root.check != "update_visible" or ", in a read" not in root.got:
        return False
    return finding.check == "merge" or (finding.check == "update_visible" and ", in a list" in finding.got)


def _nothing_looked_up(finding: Finding, root: Finding) -> bool:
    """Where an id that nothing has will do, so will one that is gone, and one of another parent."""
    accepted = (finding.case.status or 0) < 300 and (root.case.status or 0) < 300
    same = finding.check == "invalid_refused" and finding.where == root.where
    return root.check == "unknown_id" and accepted and (same or finding.check in _OF_IDS)


def _taken_key(finding: Finding, root: Finding) -> bool:
    """A key that is not kept is none in upper case either."""
    return root.check == "taken" and (root.case.status or 0) < 300 and finding.check == "key_spelling"


def _lost_key(finding: Finding, root: Finding) -> bool:
    """Where two things have one key, the end of one is the end of both."""
    return root.check in _NEW_KEYS and (
        (finding.check in ("valid_accepted", *_MODELS) and finding.case.status == 404)
        or finding.check == "order"
        or "key of another" in finding.got
    )


def _model(finding: Finding, root: Finding) -> bool:
    """What the model of a whole family shows, a scenario about that very thing shows better."""
    if finding.check not in _MODELS or root.check not in _STATES:
        return False
    said, known = (_words(each) for each in (finding, root))
    if root.check == "update_visible" and ", in a read" in root.got:
        known = "holds another value"
    return said == known and (finding.case.status or 0) // 100 == (root.case.status or 0) // 100


def _of_a_stream(finding: Finding, root: Finding) -> bool:
    """What can't be read as events has no data and no order; an unknown event is out of order, too."""
    if root.check == "framing":
        return finding.check in _OF_STREAMS
    named = _EVENT.search(root.got)
    same = named is not None and named[0] in finding.got
    return same and (root.check, finding.check) in (
        ("event_names", "stream_order"),
        ("event_names", "failing"),
        ("stream_order", "failing"),
    )


def _too_long(finding: Finding, root: Finding) -> bool:
    """Where no limit holds, the default one does not either."""
    return root.check == "paging" and root.got.endswith(" items") and finding.check == "default_limit"


def _words(finding: Finding) -> str:
    """What came, without the member and its values."""
    text = cause(_MEMBER.sub("", finding.got)).partition(" (")[0]
    return text.replace("what was deleted", "it")


_RULES: Sequence[Rule] = (
    _status_of_root,
    _crash,
    _blind,
    _not_listed,
    _forged,
    _of_one_member,
    _taken_key,
    _nothing_looked_up,
    _of_a_stream,
    _too_long,
)
_WIDE_RULES: Sequence[Rule] = (_stored_anyway, _lost_key, _model, _malformed_member, _shown_again, _not_kept)
"""Those that hold between operations on one resource, too."""
