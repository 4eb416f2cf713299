"""Rules as data: what a schema cannot say, read from `x-behaviour`."""
