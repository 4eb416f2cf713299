"""`python -m threadmock.mockserver` serves."""

from threadmock.mockserver.server.serve import serve

serve(prog_name="python -m threadmock.mockserver")
