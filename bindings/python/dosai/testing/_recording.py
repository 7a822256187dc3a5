"""Asks a real server, passes on what it says as it comes, and notes it."""

from __future__ import annotations

import http.client
import time
import urllib.parse
from collections.abc import Iterable
from typing import Any

from ._connection import Closed, Connection, Request
from ._steps import chunk, head

OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "expect",
                     "proxy-connection", "te", "trailer", "upgrade", "accept-encoding"}


def record(upstream: urllib.parse.SplitResult, connection: Connection, request: Request, prefix: str,
           notes: list[Taken]) -> None:
    """Adds to `notes`. Unreachable: the server says nothing."""
    kind = http.client.HTTPSConnection if upstream.scheme == "https" else http.client.HTTPConnection
    there = kind(upstream.hostname or "", upstream.port)
    rest = request.path[len(prefix):] if request.path.startswith(prefix) else request.path
    target = upstream.path.rstrip("/") + rest
    if upstream.query:
        target += ("&" if "?" in rest else "?") + upstream.query
    headers = {key: value for key, value in request.headers if key.lower() not in OF_THE_CONNECTION}
    headers["Accept-Encoding"] = "identity"
    begin = time.monotonic()
    try:
        try:
            there.request(request.method, target, request.body or None, headers)
            response = there.getresponse()
        except (http.client.HTTPException, OSError) as error:
            raise Unreachable("%s: %s" % (upstream._replace(query="").geturl(), error or repr(error))) from None
        with response:
            taken = Taken(request, response, begin)
            notes.append(taken)
            taken.pass_on(connection, response)
    finally:
        there.close()


class Unreachable(Exception):
    """The real server cannot be asked."""


class Taken:
    """An exchange with the real server."""

    def __init__(self, request: Request, response: http.client.HTTPResponse, begin: float) -> None:
        self.request, self.begin, self.status = request, begin, response.status
        self.first_ms = self.since()
        length = response.getheader("Content-Length")
        has_body = request.method != "HEAD" and response.status not in (204, 304)
        self.left = 0 if not has_body else None if length is None else int(length)  # bytes
        self.framing = "chunked" if response.chunked else "close" if self.left is None else "length"
        self.headers = [(key, value) for key, value in response.getheaders()
                        if key.lower() not in OF_THE_CONNECTION - {"content-length"}]
        self.parts: list[tuple[float, bytes]] = []
        self.end = "whole" if self.left == 0 else "cut"

    def since(self) -> float:
        return round((time.monotonic() - self.begin) * 1000, 1)

    def pass_on(self, connection: Connection, response: http.client.HTTPResponse) -> None:
        connection.send(head(self.status, framed(self.headers, self.framing)).encode("latin-1"))
        while self.end == "cut":
            data = self.read(response)  # before the client has all, this exchange is whole: then the test may end
            if data:
                connection.send(chunk(data) if self.framing == "chunked" else data)
        if self.framing == "chunked":
            connection.send("0\r\n\r\n")
        elif self.framing == "close":
            connection.do_close(True)

    def read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            data = response.read1(65536 if self.left is None else min(self.left, 65536))
        except (http.client.HTTPException, OSError):
            raise Closed from None
        if data:
            self.parts.append((self.since(), data))
        if self.left is None:
            self.end = "cut" if data else "whole"
            return data
        self.left -= len(data)
        if self.left and not data:
            raise Closed
        self.end = "cut" if self.left else "whole"
        return data


def framed(headers: Iterable[Any], framing: str) -> list[tuple[str, str]]:
    more = {"chunked": [("Transfer-Encoding", "chunked")], "close": [("Connection", "close")]}.get(framing, [])
    return [(key, value) for key, value in headers] + more
