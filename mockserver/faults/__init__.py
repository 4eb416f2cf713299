"""Planted faults by name, and what each one changes."""
