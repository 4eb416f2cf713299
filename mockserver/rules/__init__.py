"""Rules made executable: values, keys, parents, conditions, lists; what settings may read; outcomes."""
