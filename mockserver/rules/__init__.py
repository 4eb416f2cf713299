"""Behaviour made executable: values, keys, parents, conditions, lists."""
