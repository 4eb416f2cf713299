"""Correct servers that use nothing of ours."""
