"""Scenarios of reads, lists, updates, deletes and copies."""
