"""Paths become operations, and messages are judged by them."""
