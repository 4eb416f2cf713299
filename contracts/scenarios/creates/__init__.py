"""Scenarios of creates."""
