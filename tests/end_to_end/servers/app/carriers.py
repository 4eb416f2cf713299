"""The thread server behind three interfaces: `wsgi`, `asgi` (`asgi_chunked` sends no length), and aiohttp or `http.server` as commands."""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote

from threads import Threads

threads = Threads()
JSON = "application/json"


def parsed(target):
    """The decoded path and the query's pairs."""
    path, _, query = target.partition("?")
    return unquote(path), parse_qsl(query, keep_blank_values=True)


def wsgi(environ, start_response):
    """A WSGI application."""
    headers = {"content-type": environ.get("CONTENT_TYPE", "")}
    data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    status, body = threads.respond(environ["REQUEST_METHOD"], path, query, headers, data)
    start_response(f"{status} -", [("content-type", JSON), ("content-length", str(len(body)))])
    # the interface leaves it to the application that an answer to HEAD has no body
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


async def asgi(scope, receive, send, *, chunked=False):
    """An ASGI application."""
    if scope["type"] == "lifespan":
        while True:
            event = (await receive())["type"]
            await send({"type": event + ".complete"})
            if event == "lifespan.shutdown":
                return
    data, more = b"", True
    while more:
        message = await receive()
        data += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    status, body = threads.respond(scope["method"], scope["path"], query, headers, data)
    answer = [(b"content-type", JSON.encode())]
    if not chunked:
        answer.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": answer})
    if chunked:
        for at in range(0, len(body), 7):
            await send({"type": "http.response.body", "body": body[at : at + 7], "more_body": True})
        body = b""
    await send({"type": "http.response.body", "body": body})


async def asgi_chunked(scope, receive, send):
    """The same; its answers come in pieces of seven bytes and without a length."""
    await asgi(scope, receive, send, chunked=True)


class Handler(BaseHTTPRequestHandler):
    """One request of `http.server`: HTTP/1.0, closed after each answer, unless the command says 1.1."""

    def log_message(self, *_):
        """Print nothing."""

    def answer(self):
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, body = threads.respond(self.command, *parsed(self.path), headers, data)
        self.send_response(status)
        self.send_header("content-type", JSON)
        if os.environ.get("LENGTH", "yes") == "yes":
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815 - the names are the library's


def serve_plain(port):
    """`http.server`, as HTTP/1.0: the end of the connection is the end of the answer where LENGTH=no."""
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def serve_werkzeug(port):
    """Werkzeug's development server."""
    from werkzeug.serving import run_simple  # noqa: PLC0415 - the other commands run without it

    run_simple("127.0.0.1", port, wsgi, threaded=True)


def serve_aiohttp(port):
    """aiohttp's own server."""
    from aiohttp import web  # noqa: PLC0415 - the other commands run without it

    async def answer(request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        path, query = parsed(request.raw_path)
        status, body = threads.respond(request.method, path, query, headers, await request.read())
        return web.Response(status=status, body=body, content_type=JSON)

    application = web.Application(client_max_size=64 * 2**20)
    application.router.add_route("*", "/{rest:.*}", answer)
    web.run_app(application, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    {"plain": serve_plain, "werkzeug": serve_werkzeug, "aiohttp": serve_aiohttp}[sys.argv[1]](int(sys.argv[2]))
