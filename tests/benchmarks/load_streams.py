"""A small load generator for streams: N connections that ask for one stream again and again. Prints events and seconds.

python load_streams.py PORT PATH BODY CONNECTIONS SECONDS
"""

import selectors
import socket
import sys
import time

END = b"0\r\n\r\n"


def main(port: int, path: str, body: str, connections: int, seconds: float) -> None:
    """Ask until the time is over; a stream that is under way then is read to its end."""
    data = body.encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.sendall(request)
        selector.register(sock, selectors.EVENT_READ, b"")
    events = 0
    began = time.perf_counter()
    while selector.get_map():
        for key, _ in selector.select(1):
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            got = key.data + sock.recv(262144)
            if key.data == b"" and not got.startswith(b"HTTP/1.1 200"):
                sys.exit(f"not a success: {got[:400]!r}")
            events += got.count(b"\nevent: ") - key.data.count(b"\nevent: ")
            if not got.endswith(END):
                selector.modify(sock, selectors.EVENT_READ, got[-16:])
            elif time.perf_counter() - began < seconds:
                selector.modify(sock, selectors.EVENT_READ, b"")
                sock.sendall(request)
            else:
                selector.unregister(sock)
                sock.close()
    print(events, time.perf_counter() - began)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
