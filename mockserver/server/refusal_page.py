"""A refusal as a page to read, for a person with a browser."""

import html
from string import Template

import flask
from threadmock.specs.wire.messages import Response
from threadmock.specs.wire.strictjson import parse_json

# it may load nothing: the files of the page are refused, too
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_STYLE = "font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem"
_PAGE = Template(
    f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title: threadmock</title>
</head>
<body style="{_STYLE}">
<h1 style="font-size: 1.3rem">$title</h1>
<p style="overflow-wrap: anywhere">$detail</p>
</body>
</html>
"""
)


def browses() -> bool:
    """Whether a person looks at the answer to the present request."""
    return "text/html" in flask.request.headers.get("Accept", "")


def shown(refused: Response) -> flask.Response:
    """The refusal: as a page where a browser asks, else as the problem document that it is."""
    if not browses():
        return flask.Response(refused.content, status=refused.status, headers=dict(refused.headers))
    told = parse_json(refused.content)
    parts = told if isinstance(told, dict) else {}
    text = _PAGE.substitute({name: html.escape(str(parts.get(name, ""))) for name in ("title", "detail")})
    headers = {
        **refused.headers,
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": _POLICY,
        "vary": "Accept",
    }
    return flask.Response(text, status=refused.status, headers=headers)
