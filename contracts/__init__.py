"""Asks questions and judges replies: the contract suite."""
