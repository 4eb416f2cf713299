"""Messages without a server: request, response, strict JSON, server-sent events."""
