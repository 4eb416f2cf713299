"""Who may use the control interface: this machine, and with a token any other.

A proxy on this machine makes all of its clients look like this machine.
"""

import hmac
import re

from threadmock.mockserver.pipeline.access import Access, is_control
from threadmock.mockserver.pipeline.cors import is_preflight, preflight
from threadmock.mockserver.pipeline.problems import problem
from threadmock.mockserver.server.instance import identity
from threadmock.specs.errors import SpecError
from threadmock.specs.wire.hosts import is_loopback
from threadmock.specs.wire.messages import Request, Response

HEADER = "X-Threadmock-Control"
FLAG = "--control-token"
LEAST_TOKEN = 8
_READS = ("GET", "HEAD", "OPTIONS")
_TOKEN = re.compile(r"[!-~]+", re.ASCII)
_FIX = f"Write at least {LEAST_TOKEN} letters, digits or signs of ASCII, without blanks."


def read_token(text: str | None, where: str = FLAG) -> str:
    """A token, or "" for None. SpecError, which does not show it, where it is too short or no header carries it."""
    if text is None:
        return ""
    if not isinstance(text, str):
        raise SpecError("The token is no text.", where=where, fix=_FIX)
    if len(text) < LEAST_TOKEN:
        raise SpecError(f"The token has {len(text)} characters.", where=where, fix=_FIX)
    if not _TOKEN.fullmatch(text):
        raise SpecError("The token has a blank, or a character that no header carries.", where=where, fix=_FIX)
    return text


def address_of(client: str) -> str:
    """The address of a client as RSGI has it: `127.0.0.1:50000`, `[::1]:50000` or `::1:50000`."""
    return client.rpartition(":")[0].strip("[]")


def is_this_machine(address: str | None) -> bool:
    """Whether a client's address is loopback. None, for a call in process, is; what is no address is not."""
    if address is None:
        return True
    try:
        return is_loopback(address)
    except ValueError:
        return False


def holds_no_secret(path: str) -> bool:
    """Whether a path leads to the static files of the page, which tell nothing about the mock."""
    return path in ("/", "/_mock", "/_mock/") or path.startswith(("/_mock/page/", "/_mock/reference/"))


def refuse_control(access: Access, request: Request, address: str | None) -> Response | None:
    """The refusal of a caller that may not use the control interface so, or the response to a preflight; or None.

    address: of the client, without a port; see `is_this_machine`.
    """
    refused = access.refuse(request)
    if refused is None and (is_control(request.path) or request.path == "/"):
        refused = _refuse_remote(access, request, address)
    if refused is None and request.method not in _READS and not _is_meant(access, request):
        detail = f"A change through the control interface needs the header {HEADER}: 1."
        refused = problem(403, "The control header is missing", detail, kind="control-header")
    if refused is None and is_preflight(request):
        refused = preflight(request, ())
    return refused


def _refuse_remote(access: Access, request: Request, address: str | None) -> Response | None:
    """403 for another machine that does not know the token."""
    if is_this_machine(address):
        return None
    if not access.control_token:
        detail = (
            f"The control interface is for the machine of the server alone. Start the server with {FLAG} TOKEN, and "
            f"send {HEADER}: TOKEN; in a browser open /_mock/#token=TOKEN."
        )
    elif holds_no_secret(request.path) or is_preflight(request) or _has_token(access, request):
        return None
    else:
        detail = (
            f"From another machine, send {HEADER} with the token that the server was given as {FLAG}; in a browser "
            "open /_mock/#token=TOKEN."
        )
    # the server asks itself, also where it listens on no loopback address, whether it is this very process that answers
    return problem(403, "Control from another machine", detail, kind="control-remote", instance=identity())


def _has_token(access: Access, request: Request) -> bool:
    sent = request.headers.get(HEADER.lower(), "").encode("utf-8", "backslashreplace")
    return bool(access.control_token) and hmac.compare_digest(sent, access.control_token.encode())


def _is_meant(access: Access, request: Request) -> bool:
    return request.headers.get(HEADER.lower()) == "1" or _has_token(access, request)
