"""One connection to the server: it reads requests and plays the steps of their replies."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from ._steps import Step, chunk

if TYPE_CHECKING:
    from ._listeners import Listeners

Start = Optional[Callable[["Connection"], None]]


class Closed(Exception):
    """The connection has ended."""


class Request:
    """A request as it came: `method`, `path` (with its query), `headers` (pairs, in order) and `body` (bytes)."""

    def __init__(self, method: str, path: str, headers: list[list[str]], turn: int) -> None:
        self.method, self.path, self.headers = method, path, headers
        self.turn = turn  # counts the requests of this connection, from 0
        self.body = b""

    def header(self, name: str) -> str:
        """The value of a header, without regard to case; "" if it was not sent."""
        return "\n".join(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def json(self) -> Any:
        """The body, parsed; ValueError if it is not JSON."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return "%s %s %s" % (self.method, self.path, self.body[:500].decode("utf-8", "replace"))


class Connection:
    def __init__(self, server: Listeners, sock: socket.socket, number: int, context: ssl.SSLContext | None,
                 pause: float = 0, start: Start = None) -> None:
        self.server, self.sock, self.number, self.context = server, sock, number, context
        self.pause = pause  # before the handshake, in seconds
        self.start = start  # instead of HTTP/1.1
        self.buffer, self.turn = b"", 0
        self.piece: int | None = None

    # -- bytes

    def receive(self) -> bytes:
        data = self.sock.recv(65536)
        if not data:
            raise Closed
        return data

    def take(self, count: int) -> bytes:
        parts, have = [self.buffer], len(self.buffer)
        while have < count:
            parts.append(self.receive())
            have += len(parts[-1])
        data = b"".join(parts)
        self.buffer = data[count:]
        return data[:count]

    def line(self) -> str:
        while b"\n" not in self.buffer:
            self.buffer += self.receive()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def send(self, data: str | bytes) -> None:
        data = data.encode() if isinstance(data, str) else data
        size = self.piece or max(len(data), 1)
        for start in range(0, len(data), size):
            self.sock.sendall(data[start:start + size])

    # -- requests

    def read_head(self) -> Request:
        if not self.buffer:
            self.buffer = self.receive()
        if self.buffer[:1] == b"\x16":  # TLS, at the plain port
            self.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            raise Closed
        words = self.line().split(" ")
        if len(words) != 3:
            raise Closed
        headers = []
        for line in iter(self.line, ""):
            key, _, value = line.partition(":")
            headers.append([key, value.strip()])
        self.turn += 1
        return Request(words[0], words[1], headers, self.turn - 1)

    def read_body(self, request: Request) -> None:
        if request.header("transfer-encoding").lower() == "chunked":
            for size in iter(lambda: int(self.line(), 16), 0):
                request.body += self.take(size)
                self.line()
            self.line()
        else:
            request.body = self.take(int(request.header("content-length") or 0))

    def serve_one(self) -> None:
        request = self.read_head()
        if request.header("expect").lower() == "100-continue":
            self.send("HTTP/1.1 100 Continue\r\n\r\n")
        self.read_body(request)
        self.server.respond(self, request)

    def serve(self) -> None:
        try:
            if self.context:
                self.server.stopping.wait(self.pause)
                self.sock = self.context.wrap_socket(self.sock, server_side=True)
            while True:
                if self.start:
                    self.start(self)
                else:
                    self.serve_one()
        except (Closed, OSError, ValueError):
            pass
        finally:
            self.server.end(self)
            self.sock.close()

    # -- steps

    def play(self, steps: list[Step]) -> None:
        for step in steps:
            (verb, value), = step.items()
            getattr(self, "do_" + verb)(value)

    def do_send(self, data: str | bytes) -> None:
        self.send(data)

    def do_send_base64(self, text: str) -> None:
        self.send(base64.b64decode(text))

    def do_chunk(self, data: str | bytes) -> None:
        self.send(chunk(data))

    def do_pieces(self, pieces: list[str | bytes]) -> None:
        if self.sock.family != socket.AF_UNIX:
            for piece in pieces:
                self.send(piece)
            return
        null = os.open(os.devnull, os.O_RDONLY)
        try:
            for piece in pieces:  # a read on a unix socket ends behind the piece that a descriptor came with
                piece = piece.encode() if isinstance(piece, str) else piece
                self.sock.sendall(piece[socket.send_fds(self.sock, [piece], [null]):])
        finally:
            os.close(null)

    def do_bytewise(self, data: str | bytes) -> None:
        self.piece = 1
        self.send(data)
        self.piece = None

    def do_sleep_ms(self, pause: float) -> None:
        if pause and self.server.stopping.wait(pause / 1000):
            raise Closed

    def do_repeat(self, value: list[Any]) -> None:
        text, times, pause = (value + [0])[:3]
        while times != 0:
            self.send(text)
            self.do_sleep_ms(pause)
            times -= 1

    def do_hold(self, _: Any) -> None:
        while True:
            self.receive()

    def do_notice(self, _: Any) -> None:
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(0)
            try:
                self.sock.unwrap()
            except OSError:  # the client's own has not come
                pass
            self.sock.settimeout(None)

    def do_fin(self, _: Any) -> None:
        self.do_notice(True)
        self.sock.shutdown(socket.SHUT_WR)

    def do_close(self, _: Any) -> None:
        self.do_notice(True)
        raise Closed

    def do_cut(self, _: Any) -> None:
        raise Closed

    def do_reset(self, _: Any) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Closed
