"""Runs: an agent plays its script, beat by beat. What a beat changes and which events it becomes is data.

scripts          what agents say; script_files reads them
beats            a script → beats: what happens, in words of no provider
messages         the messages of a request → an agent's input
run              one run: its beats, what they changed, what happened so far
scheduler        all runs of a mock: which are due, which wait, what is paused; one lock
events           beats → bytes, and where a reader is in them
streams          the body of a response that comes bit by bit, or when a run is over
compiled_agent   a provider's agent, compiled; run_plan: what one operation does with runs, compiled
"""
