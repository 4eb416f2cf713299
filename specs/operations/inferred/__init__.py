"""Rules that nobody declared: from the resources of a document, the shapes of its paths and its schemas."""
