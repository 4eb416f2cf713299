"""Requests to be sent: coverage of what a document names, and cases drawn by Hypothesis."""
