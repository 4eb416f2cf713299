"""Planted faults by name, and where each one hooks in."""
