"""`python -m threadmock.mockserver.cli.attended`: serves as long as the other end of standard input is open.

The process that started it may die in any way: the operating system closes its end, and the server stops.
"""

import os
import signal
import threading

from threadmock.mockserver.cli.serve import serve

_INPUT = 0


def _watch() -> None:
    # not through sys.stdin: a worker that is forked while it is read would wait for its lock for ever
    while os.read(_INPUT, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve with the options of the command line, until standard input ends."""
    threading.Thread(target=_watch, daemon=True).start()
    serve(prog_name="threadmock serve")


if __name__ == "__main__":
    main()
