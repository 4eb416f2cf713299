"""What run, join and cancel share: how runs start, what waiters get, commands."""
