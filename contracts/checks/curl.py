"""A request as one line of shell that sends the same bytes."""

import base64
import gzip
import shlex
from collections.abc import Mapping

MAX_INLINE = 4096
MAX_LINE = 65536


def curl(method: str, url: str, headers: Mapping[str, str], body: bytes) -> str:
    """The line, quoted for a POSIX shell. url is percent-encoded; headers and body are masked already.

    A body that no argument can carry (NUL, not UTF-8, long) is piped in through base64, a long one gzipped too.
    """
    words = ["curl", "-sS", "-i", "--path-as-is", "-g"]
    words += ["-I"] if method == "HEAD" else ["-X", method]
    words.append(url)
    for name, value in headers.items():
        # curl drops a header that is written "Name:"; "Name;" sends it empty
        words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if not body:
        return shlex.join(words)
    if "content-type" not in headers:
        words += ["-H", "content-type:"]
    text = _argument(body)
    if text is not None:
        return shlex.join([*words, "--data-binary", text])
    return _piped(words, body)


def _argument(body: bytes) -> str | None:
    if len(body) > MAX_INLINE or b"\0" in body or body.startswith(b"@"):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _piped(words: list[str], body: bytes) -> str:
    line = shlex.join([*words, "--data-binary", "@-"])
    if len(body) <= MAX_INLINE:
        return f"printf %s {shlex.quote(base64.b64encode(body).decode())} | base64 -d | {line}"
    packed = base64.b64encode(gzip.compress(body, mtime=0)).decode()
    if len(packed) <= MAX_LINE:
        return f"printf %s {shlex.quote(packed)} | base64 -d | gunzip | {line}"
    return f"{line} < BODY  # the body of {len(body):,} bytes is too long for a line"
