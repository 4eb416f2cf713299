"""Values of a schema drawn by Hypothesis."""
