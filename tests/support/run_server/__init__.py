"""A correct server of threads, runs, turns and streams that shares no code with threadmock, and faults for it."""
