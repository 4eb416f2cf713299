"""Schemas to strategies, and operations to strategies of cases: the only room that knows hypothesis-jsonschema."""

from threadmock.contracts.cases.drawn.objects import values
from threadmock.contracts.generation.drawn_invalid import invalid_cases
from threadmock.contracts.generation.drawn_valid import valid_bodies, valid_cases

__all__ = ["invalid_cases", "valid_bodies", "valid_cases", "values"]
