"""OpenAPI schemas become JSON Schema 2020-12, and values are validated against them."""
