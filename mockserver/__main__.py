"""`python -m threadmock.mockserver` serves."""

from threadmock.mockserver.command import serve

serve(prog_name="python -m threadmock.mockserver")
