"""The command `threadmock` and its verbs."""
