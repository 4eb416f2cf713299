"""Scenarios of requests that servers are known to fail on."""
