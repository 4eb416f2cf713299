"""A request as one line of shell that sends the same bytes."""

import base64
import gzip
import re
import shlex
from collections.abc import Iterable, Mapping

MAX_INLINE = 4096
MAX_LINE = 65536


def curl(
    method: str, url: str, headers: Mapping[str, str], body: bytes, variables: Mapping[str, str] | None = None
) -> str:
    """The line, quoted for a POSIX shell. url is percent-encoded; headers and body are masked already.

    A body that no argument can carry (NUL, not UTF-8, long) is piped in through base64, a long one gzipped too.
    variables: texts in whose place the value of a shell variable is sent, with its name; not in a body that is piped.
    """
    words = ["curl", "-sS", "-i", "--path-as-is", "-g"]
    words += ["-I"] if method == "HEAD" else ["-X", method]
    words.append(url)
    for name, value in headers.items():
        # curl drops a header that is written "Name:"; "Name;" sends it empty
        words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if not body:
        return _joined(words, variables or {})
    if "content-type" not in headers:
        words += ["-H", "content-type:"]
    text = _argument(body)
    if text is not None:
        return _joined([*words, "--data-binary", text], variables or {})
    return _piped(words, body, variables or {})


def _joined(words: Iterable[str], variables: Mapping[str, str]) -> str:
    return " ".join(_quoted(word, variables) for word in words)


def _quoted(word: str, variables: Mapping[str, str]) -> str:
    """A word of the line; where a text of `variables` stands, the value of the variable."""
    if not variables:
        return shlex.quote(word)
    longest = sorted(variables, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest))})", word)
    if len(parts) == 1:
        return shlex.quote(word)
    return "".join(f'"${variables[part]}"' if part in variables else shlex.quote(part) for part in parts if part)


def _argument(body: bytes) -> str | None:
    if len(body) > MAX_INLINE or b"\0" in body or body.startswith(b"@"):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _piped(words: list[str], body: bytes, variables: Mapping[str, str]) -> str:
    line = _joined([*words, "--data-binary", "@-"], variables)
    if len(body) <= MAX_INLINE:
        return f"printf %s {shlex.quote(base64.b64encode(body).decode())} | base64 -d | {line}"
    packed = base64.b64encode(gzip.compress(body, mtime=0)).decode()
    if len(packed) <= MAX_LINE:
        return f"printf %s {shlex.quote(packed)} | base64 -d | gunzip | {line}"
    return f"{line} < BODY  # the body of {len(body):,} bytes is too long for a line"
