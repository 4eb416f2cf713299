"""Planted faults for the reference servers: a table of name → Fault, over the eight classes that people get wrong.

A fault is one change of one server. What rests on an assumption alone (a wrong media type that holds JSON, duplicate
keys) is not planted: there the suite says "unconfirmed".
"""

from collections.abc import Iterator

from support.planted.faulty_contents import semantics
from support.planted.faulty_forms import media, schemas, statuses
from support.planted.faulty_inputs import inputs
from support.planted.faulty_manners import authentication, robustness
from support.planted.faulty_states import states
from support.planted.planting import ALL, Fault


def faults() -> Iterator[Fault]:
    """All of them, for every provider where they can be planted."""
    for provider in ALL:
        for source in (statuses, schemas, inputs, states, semantics, robustness, authentication, media):
            for name, plant in source(provider):
                yield Fault(f"{provider}: {name}", source.__name__, provider, plant)


table: dict[str, Fault] = {fault.name: fault for fault in faults()}
