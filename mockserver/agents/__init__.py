"""Runs: an agent speaks its script, beat by beat. What a beat changes and which events it becomes is data.

beats    a script → beats: what happens, in words of no provider
live     one run under way: its beats, what it changed, its events
agenda   all runs of a world: which are due, which wait, what was paused; one lock
wire     events → bytes, and where a reader is in them
stream   the body of an answer that comes bit by bit, or when a run is over
"""
