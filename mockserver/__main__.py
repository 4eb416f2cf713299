"""`python -m threadmock.mockserver` serves."""

from threadmock.mockserver.cli.serve import serve

serve(prog_name="python -m threadmock.mockserver")
