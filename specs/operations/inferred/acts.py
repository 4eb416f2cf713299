"""Operations at a word behind the key of a thing: verbs that change it, copies, members of its lists. All assumed."""

from dataclasses import replace

from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.behaviour.setting import Key, Setting, Source
from threadmock.specs.contract import Operation
from threadmock.specs.operations.inferred.answers import conditional, report
from threadmock.specs.operations.inferred.ground import Ground
from threadmock.specs.operations.inferred.members import changed_members, made_anew, sent_members
from threadmock.specs.operations.inferred.places import plain
from threadmock.specs.operations.inferred.resources import Resource
from threadmock.specs.operations.inferred.shapes import shown_thing
from threadmock.specs.operations.inferred.verbs import outcome, repeated
from threadmock.specs.operations.inferred.words import COPIES
from threadmock.specs.operations.path_templates import names_in
from threadmock.specs.schemas.declared import properties


class Acts(Ground):
    """What is done to one thing."""

    def listing_item(self, operation: Operation) -> Rule | None:
        """A change of a thing's list by one item; None where it is none."""
        found = self.list_of(operation)
        if found is None:
            return None
        item, member = found
        resource, names = self.model.of(item), names_in(operation.path)
        gone, source = operation.method == "DELETE", Source("path", (names[-1],))
        held = Setting("stored", steps=(member,), evidence="assumed")
        setting = replace(held, minus_item=source) if gone else replace(held, plus_item=source)
        return Rule(
            "update",
            resource=resource.name,
            within=self.within(self.model.subject(item)),
            key=Key(resource.key or names[-2], Source("path", (names[-2],)), resource.generator, "assumed"),
            set={**changed_members(resource), member: setting},
            reply=self.told(operation, resource),
            evidence="assumed",
            inferred=True,
            why=f"{member} of a thing is a list: this {'takes an item out' if gone else 'puts an item in'}",
        )

    def acting(self, operation: Operation) -> Rule | None:
        """A verb behind a key: a change of that thing; None where it is none."""
        item = self.acted_on(operation)
        if item is None:
            return None
        verb = operation.path.rstrip("/").rpartition("/")[2]
        resource, names = self.model.of(item), names_in(operation.path)
        is_thing = _shows(operation, resource)
        copies = plain(verb) in COPIES and operation.method == "POST" and is_thing
        left = outcome(resource, verb, undone=operation.method == "DELETE") if not copies else {}
        changes = changed_members(resource)
        return Rule(
            "copy" if copies else "update",
            resource=resource.name,
            within=self.within(self.model.subject(item)),
            key=Key(resource.key or names[-1], Source("path", (names[-1],)), resource.generator, "assumed"),
            set={**sent_members(operation, resource), **(made_anew(resource) if copies else changes), **left},
            conditions=tuple(repeated(left, 409)) if "409" in operation.replies else (),
            reply=self.told(operation, resource),
            headers=self.headers(operation, resource) if is_thing else {},
            conditional=conditional(operation) if not copies else None,
            evidence="assumed",
            inferred=True,
            why=f"{verb!r} behind the key of a thing "
            + ("makes another one like it" if copies else "acts on that thing"),
        )

    def told(self, operation: Operation, resource: Resource) -> Setting | None:
        """What is answered: the thing as it is then, in an envelope or not, or a report of what was done."""
        return self.envelope(operation) if _shows(operation, resource) else report(operation, resource)


def _shows(operation: Operation, resource: Resource) -> bool:
    """Whether an operation answers with the thing."""
    shown = shown_thing(operation)
    return shown is None or resource.key in properties(shown)
