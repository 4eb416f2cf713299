"""`python -m threadmock.contracts` is `threadmock verify`."""

import sys

from threadmock.contracts.cli.main import run
from threadmock.contracts.cli.verify import verify

if __name__ == "__main__":
    sys.exit(run(lambda: verify.main(prog_name="python -m threadmock.contracts", standalone_mode=False)))
