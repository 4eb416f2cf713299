"""The actions of the vocabulary, and what each one does to things: the only place that defines it.

Whoever needs a set of actions takes it from the traits, so that a new action is one row here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Action = Literal[
    "create",
    "create_many",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What an action does. A trait that is not named does not hold: what names none counts as writing.

    only_reads: it changes nothing that is stored, whatever its method; all others count as writing.
    makes: it may make a thing of the rule's resource. rank: among operations that make such a thing, the lower the
    plainer; None for one that makes none of its own accord (a copy needs one that is there).
    makes_several: it makes a thing of each item of its body.
    makes_of_body: it makes a thing whose members are those of the body. changes: it changes members of a thing as the
    body says. destroys: it removes things.
    names_thing: the key in its request names the thing that it is about. needs_key: its rule must have a source for
    that key. follows_key: the key names a thing that the new one is put behind. chooses_key: what it makes, if
    anything, is made under the key in the request.
    lists: its response contains things, or how many there are. about_many: it is about things that its request need
    not name one by one.
    about_runs: it has to do with runs, also where its rule has no word on them. starts_run: it may start one.
    follows_run: it is answered with what a run does, and ends when that does.
    open: nobody knows what it does, so anything may come of it.
    """

    only_reads: bool = False
    makes: bool = False
    rank: int | None = None
    makes_several: bool = False
    makes_of_body: bool = False
    changes: bool = False
    destroys: bool = False
    names_thing: bool = False
    needs_key: bool = False
    follows_key: bool = False
    chooses_key: bool = False
    lists: bool = False
    about_many: bool = False
    about_runs: bool = False
    starts_run: bool = False
    follows_run: bool = False
    open: bool = False


ACTIONS: Mapping[Action, Traits] = {
    "create": Traits(makes=True, rank=0, makes_of_body=True, chooses_key=True),
    "create_many": Traits(makes_several=True, open=True),
    "read": Traits(only_reads=True, names_thing=True, needs_key=True),
    "list": Traits(only_reads=True, lists=True, about_many=True),
    "update": Traits(changes=True, names_thing=True, needs_key=True, chooses_key=True),
    "replace": Traits(makes=True, rank=2, changes=True, names_thing=True, needs_key=True, chooses_key=True),
    "delete": Traits(destroys=True, names_thing=True, needs_key=True),
    "append": Traits(makes=True, rank=1, makes_of_body=True, follows_key=True),
    "copy": Traits(makes=True, names_thing=True, needs_key=True),
    "count": Traits(only_reads=True, lists=True, about_many=True),
    "prune": Traits(destroys=True, about_many=True),
    "run": Traits(makes=True, rank=3, chooses_key=True, about_runs=True, starts_run=True),
    "join": Traits(only_reads=True, names_thing=True, about_runs=True, follows_run=True),
    "cancel": Traits(names_thing=True, about_runs=True),
    "fixed": Traits(chooses_key=True, open=True),
}
