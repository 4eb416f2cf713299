"""Scenarios of runs and streams."""
