"""Servers with planted faults, and correct variants."""
