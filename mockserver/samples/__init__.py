"""Values made for a schema and bytes made for a media type, from the seed."""
