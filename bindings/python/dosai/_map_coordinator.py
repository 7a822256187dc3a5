"""serve_limits: one limit for all workers of a cluster. It lends shares of it; the workers send the requests."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import threading
import time
from collections import OrderedDict
from typing import Any, Optional

from ._map_ledger import Ledger
from ._map_limits import HOLD_MOST, Lease
from ._map_progress import Progress, is_watched

LINE_MOST = 1 << 16  # bytes of a message
COUNT_MOST = 1 << 40


class serve_limits:
    """Holds rpm (requests a minute) and tpm (tokens a minute; 0: no limit) over all workers while the `with` runs.

        with serve_limits(rpm=6000, tpm=2_000_000, host="10.0.0.5") as lease:
            spec = Spec(model="dos-ai", limiter=lease)

    It starts one thread, which listens at `host` and `port`, for workers that know the token; 0 is any free port.
    Without a limit it only shows progress: `total` is how many rows there are, `prices` what a million prompt tokens
    and a million completion tokens cost. `show` prints a line; None: on a terminal or in a notebook. A GET of
    /metrics gives them to Prometheus, without the token.
    If the driver is lost, the workers send nothing more; after a restart with the old host, port and token they go on.
    """

    def __init__(
        self, rpm: int = 0, tpm: int = 0, *, host: str = "127.0.0.1", port: int = 0, token: Optional[str] = None,
        total: Optional[int] = None, prices: Optional[tuple[float, float]] = None, show: Optional[bool] = None,
        patience: float = 60.0, window: float = 60.0,
    ) -> None:
        if rpm < 0 or tpm < 0:
            raise ValueError("serve_limits(): rpm and tpm must not be negative")
        self.progress = Progress(total, prices)
        self._limits, self._window = (rpm, tpm), window
        self._address, self._patience = (host, port), patience
        self._token = token or secrets.token_urlsafe(24)
        self._show = is_watched() if show is None else show
        self.borrowers: OrderedDict[Any, float] = OrderedDict()  # when each was lent to last; the last is the newest
        self.peers: set[Peer] = set()
        self.held_until = 0.0

    def __enter__(self) -> Lease:
        self._loop = asyncio.new_event_loop()
        scale = self._window / 60
        self.ledger = Ledger(*self._limits, time.monotonic(), self._window, scale, 0.5 * scale, 0.5 * scale)
        try:
            self._server = self._loop.run_until_complete(
                self._loop.create_server(lambda: Peer(self), self._address[0], self._address[1]))
        except BaseException:
            self._loop.close()
            raise
        self._address = self._address[0], self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="dosai.map limits", daemon=True)
        self._thread.start()
        return Lease(*self._address, self._token, self._patience)

    def __exit__(self, *_: Any) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def knows(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self._token.encode())

    def lend(self, borrower: Any, wanted: int, cost: int, head: int, now: float) -> list[Any]:
        """What a worker is lent; its start is seconds from now."""
        while self.borrowers and next(iter(self.borrowers.values())) < now - 3 * self.ledger.lease:
            self.borrowers.popitem(last=False)
        self.borrowers.pop(borrower, None)
        self.ledger.hold(self.held_until)
        loan = self.ledger.grant(now, wanted, cost, head, len(self.borrowers) + 1)
        self.borrowers[borrower] = max(loan.start, now)
        return [loan.requests, loan.tokens, loan.start - now, loan.interval, loan.slot, self.ledger.late]

    def hold(self, seconds: float, source: Any) -> None:
        """All workers but the one that was told."""
        self.held_until = max(self.held_until, time.monotonic() + seconds)
        for peer in self.peers:
            if peer is not source:
                peer.send({"hold": seconds})

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        if self._show:
            self._loop.call_later(0.5, self._print)
        self._loop.run_forever()
        self._server.close()
        for peer in list(self.peers):
            peer.transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
        if self._show:
            print("\r\x1b[K" + self.progress.line(time.monotonic()), file=sys.stderr)

    def _print(self) -> None:
        print("\r\x1b[K" + self.progress.line(time.monotonic()), end="", file=sys.stderr, flush=True)
        self._loop.call_later(0.5, self._print)


class Peer(asyncio.Protocol):
    """A worker's connection: messages are lines of JSON."""

    def __init__(self, limits: serve_limits) -> None:
        self._limits, self._rest, self._is_known = limits, b"", False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, _: Optional[BaseException]) -> None:
        self._limits.peers.discard(self)
        self._limits.borrowers.pop(self, None)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            if len(self._rest) > LINE_MOST:
                raise ValueError("too long")
            for line in lines:
                self._take(line)
        except (ValueError, TypeError, KeyError, AttributeError):
            self.transport.abort()

    def send(self, message: dict[str, Any]) -> None:
        self.transport.write(json.dumps(message).encode() + b"\n")

    def _take(self, line: bytes) -> None:
        if not self._is_known and line.startswith(b"GET "):
            self._show(line)
            return
        if self.transport.is_closing():
            return
        message, now = json.loads(line), time.monotonic()
        if not self._is_known:
            if not self._limits.knows(message["token"]):
                raise ValueError("another token")
            self._is_known = True
            self._limits.peers.add(self)
            self.send({"hold": max(0.0, self._limits.held_until - now)})  # the worker sees that it is known
            return
        for slot, tokens in message["settle"]:
            self._limits.ledger.settle(slot, clamped(tokens, -COUNT_MOST))
        if message["report"]:
            self._limits.progress.add(message["report"], now)
        if "hold" in message:
            self._limits.hold(min(max(0.0, float(message["hold"])), HOLD_MOST), self)
        if "ask" in message:
            wanted, cost, head = (clamped(number, 1) for number in message["ask"])
            self.send({"lend": self._limits.lend(self, wanted, cost, head, now)})

    def _show(self, line: bytes) -> None:
        is_known = line.split()[1:2] == [b"/metrics"]
        body = self._limits.progress.metrics(time.monotonic()).encode() if is_known else b"dosai.map: see /metrics\n"
        self.transport.write(b"HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %d\r\n"
                             b"Connection: close\r\n\r\n" % (b"200 OK" if is_known else b"404 Not Found", len(body)) + body)
        self.transport.close()


def clamped(number: Any, least: int) -> int:
    return min(max(least, int(number)), COUNT_MOST)
