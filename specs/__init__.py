"""What the documents say: OpenAPI documents and behaviour overlays, read into frozen records."""
