"""Answers requests: a stateful stand-in for whatever a contract describes."""
