"""A small load generator: N keep-alive connections that send one request again and again. Prints answers and seconds.

python load.py PORT PATH BODY CONNECTIONS SECONDS
"""

import selectors
import socket
import sys
import time


def main(port: int, path: str, body: str, connections: int, seconds: float) -> None:
    """Send until the time is over; every answer must be a 2xx with a length."""
    data = body.encode()
    head = f"{'POST' if data else 'GET'} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: load\r\n"
    if data:
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    request = head.encode() + b"\r\n" + data
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(request)
        selector.register(sock, selectors.EVENT_READ, bytearray())
    answered = 0
    began = time.perf_counter()
    end = began + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(1):
            got: bytearray = key.data
            got += key.fileobj.recv(65536)
            if not complete(got):
                continue
            if not got.startswith(b"HTTP/1.1 2"):
                sys.exit(f"not a success: {bytes(got[:400])!r}")
            answered += 1
            got.clear()
            key.fileobj.sendall(request)
    print(answered, time.perf_counter() - began)


def complete(got: bytearray) -> bool:
    """Whether the bytes are a whole answer."""
    head = got.find(b"\r\n\r\n")
    if head < 0:
        return False
    at = got.find(b"content-length: ")
    return len(got) >= head + 4 + int(got[at + 16 : got.find(b"\r", at)])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
