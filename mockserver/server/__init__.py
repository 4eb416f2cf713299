"""The adapters between servers and the gateway: Flask, WSGI, RSGI, the control interface, granian."""
