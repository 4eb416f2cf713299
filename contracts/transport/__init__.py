"""Bytes out and in: HTTP, WSGI, limits, credentials."""
