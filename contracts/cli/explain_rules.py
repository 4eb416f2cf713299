"""The rule of an operation in words: for each word of `x-behaviour`, what it says here, with its evidence."""

from collections.abc import Callable, Iterator, Mapping

from threadmock.contracts.cli.explain_runs import run_parts
from threadmock.contracts.cli.explain_settings import (
    Part,
    key_text,
    made_parts,
    numbered,
    setting_text,
    settings_parts,
    value_text,
    when_text,
    within_parts,
)
from threadmock.specs.behaviour.read_rules import LIST_SOURCES
from threadmock.specs.behaviour.rule import Listing, Rule


def parts_of(rule: Rule) -> Iterator[Part]:
    """Every part of a rule that has its own evidence."""
    for parts in RULE_WORDS.values():
        yield from parts(rule)


def _key(rule: Rule) -> Iterator[Part]:
    if rule.key:
        yield "key", key_text(rule.key), rule.key.evidence


def _taken(rule: Rule) -> Iterator[Part]:
    for policy in rule.taken.policies if rule.taken else ():
        default = " (default)" if rule.taken and policy.name == rule.taken.default else ""
        by = f"{rule.taken.by} is {policy.name}" if rule.taken and rule.taken.by else policy.name
        answer = "the existing thing" if policy.reply == "existing" else "a refusal"
        answer += ", with what else is created" if policy.also else ""
        yield "taken", f"{by}{default}: {policy.status}, {answer}", policy.evidence


def _shown(rule: Rule) -> Iterator[Part]:
    for shown in rule.shown:
        yield "shown", f"{shown.member} only where query {shown.query} holds {shown.holds!r}", shown.evidence


def _requires(rule: Rule) -> Iterator[Part]:
    for needed in rule.requires:
        statuses = " or ".join(map(str, needed.statuses))
        what = (
            f"the agent that {needed.source} names, by {' or '.join(needed.agent)},"
            if needed.agent
            else (f"what {needed.source} names")
        )
        yield "requires", f"{what} exists, else {statuses}", needed.evidence


def _list(rule: Rule) -> Iterator[Part]:
    listing = rule.listing
    if listing is None:
        return
    if rule.action == "list":
        order = f"{listing.order} first" + (f" by {listing.by}" if listing.by else "")
        yield "list", f"{order}, items in {listing.items or 'the body itself'}", listing.evidence
    for word in LIST_SOURCES:
        if source := getattr(listing, word):
            yield "list", f"{word} from {source}", listing.evidence
    for word in ("total", "next", "previous", "from_end"):
        if value := getattr(listing, word):
            yield "list", f"{word}: {value}", listing.evidence
    if listing.page and listing.page_from != 1:
        yield "list", f"the first page is {listing.page_from}", listing.evidence
    if listing.default_limit is not None:
        yield "list", f"{listing.default_limit} items where no limit is given", listing.evidence
    yield from _of_what(listing)
    if pages := listing.pagination:
        yield "list", f"headers {pages.next} for the next offset, {pages.total} for the total", pages.evidence
    for each in listing.filters:
        yield "filter", f"{each.source} {_HOW[each.how]} {each.member}", each.evidence
    yield from settings_parts("item", "", listing.item)


def _of_what(listing: Listing) -> Iterator[Part]:
    if listing.distinct:
        cut = f", cut off after as many items as {listing.depth} says" if listing.depth else ""
        yield "list", f"the different values of {listing.distinct}{cut}", listing.evidence
    if listing.everywhere:
        yield "list", "things of all parents that lie there", listing.evidence
    if listing.any_case:
        yield "list", "texts in order without regard to case", listing.evidence
    if listing.nothing == "refused":
        yield "list", "a page without items is refused", listing.evidence


_HOW: Mapping[str, str] = {
    "equal": "equals",
    "among": "lists",
    "contains": "is contained in",
    "search": "is a part of",
    "hides": "being false hides what has",
    "at_least": "is at most",
    "at_most": "is at least",
    "above": "is less than",
    "below": "is more than",
    "begins": "is how it begins, the list",
    "ends": "is how it ends, the list",
    "compares": "is met by",
}


def _select(rule: Rule) -> Iterator[Part]:
    if rule.select:
        yield "select", f"only the members that {rule.select} lists", rule.evidence


def _merge(rule: Rule) -> Iterator[Part]:
    if rule.traits.changes:
        for member, how in rule.merge.items():
            yield "merge", f"{'any other member' if member == '*' else member}: {how}", rule.evidence


def _nulls(rule: Rule) -> Iterator[Part]:
    for member, what in rule.nulls.items():
        yield "nulls", f"null in {'any member' if member == '*' else member}: {what}", rule.evidence


def _missing(rule: Rule) -> Iterator[Part]:
    if rule.missing != "refuse":
        then = {"create": "an unknown key makes the thing", "empty": "an unknown key is no refusal"}
        yield "missing", then[rule.missing], rule.evidence


def _reply(rule: Rule) -> Iterator[Part]:
    if rule.reply:
        yield "reply", setting_text(rule.reply), rule.reply.evidence


def _touch(rule: Rule) -> Iterator[Part]:
    for member, setting in rule.touch.items():
        yield "touch", f"{member} of the parent: {setting_text(setting)}", setting.evidence


def _also(rule: Rule) -> Iterator[Part]:
    names = numbered(made.resource for made in rule.also)
    for made, name in zip(rule.also, names, strict=True):
        yield from made_parts("also", made, name)


def _copies(rule: Rule) -> Iterator[Part]:
    for resource, settings in rule.copies.items():
        yield "copies", f"every {resource} goes along", rule.evidence
        yield from settings_parts("copies", f"{resource}, ", settings)


def _prune(rule: Rule) -> Iterator[Part]:
    if rule.prune:
        yield "prune", f"what {rule.prune.keys} names", rule.prune.evidence
        if rule.prune.strategy:
            kept = f", of which keep_latest leaves the newest {rule.prune.keeps}" if rule.prune.keeps else ""
            yield "prune", f"strategy from {rule.prune.strategy}{kept}", rule.prune.evidence


def _as_node(rule: Rule) -> Iterator[Part]:
    if found := rule.as_node:
        texts = [f"{found.source} names who made it; {found.member} lists what comes next"]
        if found.agent:
            texts.append(f"the agent is {setting_text(found.agent)}: where it is declared, it says what comes next")
        texts += [f"its messages are in {found.messages}"] if found.messages else []
        texts += [f"{found.copy} takes over what comes next"] if found.copy else []
        texts += [f"{found.input} comes before the graph begins"] if found.input else []
        texts += [f"after {node}: {', '.join(following) or 'nothing'}" for node, following in found.next.items()]
        texts += [f"where the last message calls something: {found.calls}"] if found.calls else []
        yield from (("as_node", text, found.evidence) for text in texts)


def _restores(rule: Rule) -> Iterator[Part]:
    if found := rule.restores:
        members = ", ".join(found.members)
        by = f"the {found.resource} below it whose {'.'.join(found.by)} is {found.source}"
        yield "restores", f"{members} from {by}", found.evidence


def _inside(rule: Rule) -> Iterator[Part]:
    if found := rule.inside:
        if found.source:
            yield (
                "inside",
                f"{found.source} names a graph inside of a node, of which things are meant then",
                found.evidence,
            )
        if found.shown:
            yield "inside", f"with {found.shown} the newest of each graph inside of a node is shown", found.evidence


def _cascades(rule: Rule) -> Iterator[Part]:
    for each in rule.cascades:
        where = f", where there is {each.when}" if each.when else ""
        yield "cascades", f"every {each.resource} whose {'.'.join(each.by)} is the key{where}", each.evidence


def _expires(rule: Rule) -> Iterator[Part]:
    if rule.expires:
        yield "expires", f"at {'.'.join(rule.expires.at)}", rule.expires.evidence
        if rule.expires.strategy:
            kept = f", of which keep_latest leaves the newest {rule.expires.keeps}" if rule.expires.keeps else ""
            yield "expires", f"strategy in {'.'.join(rule.expires.strategy)}{kept}", rule.expires.evidence


def _refuse(rule: Rule) -> Iterator[Part]:
    for condition in rule.conditions:
        some = f" of some of {condition.some}" if condition.some else ""
        kept = ", and what was made stays" if condition.kept else ""
        reason = f", because {condition.reason}" if condition.reason else ""
        body = "" if condition.body is None else f", with {value_text(condition.body)}{_media(condition.media_type)}"
        text = f"{condition.status} where {when_text(condition.when)}{some}{kept}{reason}{body}"
        yield "refuse", text, condition.evidence


def _unique(rule: Rule) -> Iterator[Part]:
    for each in rule.unique:
        among = "below one parent" if each.among == "parent" else "in all"
        status = f", else {each.status}" if each.status else ""
        yield "unique", f"no two things {among} share {each.member}{status}", each.evidence


def _conditional(rule: Rule) -> Iterator[Part]:
    if found := rule.conditional:
        if found.if_match:
            yield "conditional", f"{found.if_match} where If-Match names another state", found.evidence
        if found.required:
            yield "conditional", f"{found.required} without If-Match", found.evidence
        if found.if_none_match:
            yield "conditional", f"{found.if_none_match} where If-None-Match names this state", found.evidence


def _progress(rule: Rule) -> Iterator[Part]:
    for member, values in rule.progress.items():
        yield "progress", f"{member}, read by read: {', then '.join(map(value_text, values))}", rule.evidence


def _media(media_type: str) -> str:
    return "" if media_type == "application/json" else f" as {media_type}"


def _minimal(rule: Rule) -> Iterator[Part]:
    if rule.minimal:
        yield "minimal", f"{rule.minimal} for Prefer: return=minimal", rule.evidence


def _errors(rule: Rule) -> Iterator[Part]:
    for kind, refusal in rule.refusals.items():
        shape = "problem+json" if refusal.body is None else value_text(refusal.body) + _media(refusal.media_type)
        yield "refuses", f"{kind}: {refusal.status} {shape}", refusal.evidence


def _lenient(rule: Rule) -> Iterator[Part]:
    for leniency in rule.lenient:
        yield "lenient", leniency.what, leniency.evidence


def _spelling(rule: Rule) -> Iterator[Part]:
    if rule.spelling.wire != "as written" or rule.spelling.accepts_both:
        both = ", both spellings taken" if rule.spelling.accepts_both else ""
        yield "spelling", f"{rule.spelling.wire}{both}", rule.spelling.evidence


def _slashes(rule: Rule) -> Iterator[Part]:
    if rule.slashes:
        how = "is answered by a redirect" if rule.slashes == "redirect" else "makes no difference"
        yield "slashes", f"a final slash {how}", rule.evidence


RULE_WORDS: Mapping[str, Callable[[Rule], Iterator[Part]]] = {
    "within": lambda rule: within_parts("within", rule.within),
    "key": _key,
    "taken": _taken,
    "set": lambda rule: settings_parts("set", "", rule.set),
    "shown": _shown,
    "requires": _requires,
    "list": _list,
    "select": _select,
    "reply": _reply,
    "touch": _touch,
    "also": _also,
    "missing": _missing,
    "empty": lambda rule: settings_parts("empty", "", rule.empty),
    "copies": _copies,
    "prune": _prune,
    "as_node": _as_node,
    "inside": _inside,
    "restores": _restores,
    "cascades": _cascades,
    "expires": _expires,
    "refuse": _refuse,
    "unique": _unique,
    "conditional": _conditional,
    "progress": _progress,
    "headers": lambda rule: settings_parts("headers", "", rule.headers),
    "merge": _merge,
    "nulls": _nulls,
    "minimal": _minimal,
    "run": lambda rule: run_parts(rule.run),
    "errors": _errors,
    "lenient": _lenient,
    "spelling": _spelling,
    "slashes": _slashes,
}
"""Words of an operation's `x-behaviour`, besides those in its heading (action, resource, evidence)."""
