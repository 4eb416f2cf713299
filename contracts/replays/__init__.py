"""Findings as files, and sending them again."""
