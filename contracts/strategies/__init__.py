"""Schemas to strategies, and operations to strategies of cases: the only room that knows hypothesis-jsonschema."""

from threadmock.contracts.strategies.composed import values
from threadmock.contracts.strategies.invalid import invalid_cases
from threadmock.contracts.strategies.requests import valid_bodies, valid_cases

__all__ = ["invalid_cases", "valid_bodies", "valid_cases", "values"]
