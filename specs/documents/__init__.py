"""Files become trees with line numbers: YAML, JSON, Markdown pages, and overlays on them."""
