"""Which check catches each fault, and which faults nothing catches, with the reason."""

CAUGHT: dict[str, str] = {}
"""The check that catches a fault; several with a plus are asked together."""

NOT_CAUGHT: dict[str, str] = {}
"""Faults that no check of runs catches, and why."""
