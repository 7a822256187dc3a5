"""The server: which reply a request gets."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Optional

from ._cassette import Cassette
from ._connection import Closed, Connection, Request
from ._listeners import Listeners
from ._recording import Unreachable
from ._replies import Reply, error, form_of
from ._steps import steps_of

PREFIX = "/v1"
When = Optional[Callable[[Request], bool]]


class UnmatchedRequest(AssertionError):
    """A request came that no reply and no exchange of a cassette was for."""


class Expected:
    def __init__(self, reply: Reply, when: When, left: float) -> None:
        self.reply, self.when, self.left = reply, when, left


class Server(Listeners):
    """A server on loopback that says what a test tells it to.

        with Server() as server:
            server.reply("Hello!")
            client = dosai.Client(base_url=server.base_url, api_key="test")

    Leaving the block raises UnmatchedRequest if a request came that no reply was for; so does `check()`.
    tls=True: `base_url` is https, and `ca_file` its authority. http2=True: so, and HTTP/2 alone. Both need the extra
    `dosai[testing]`. `unix_socket` is the path of a Unix socket that serves the same, without TLS.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, tls: bool = False, http2: bool = False) -> None:
        super().__init__(host)
        self.port, self.tls, self.http2 = port, tls or http2, http2
        self.requests: list[Request] = []  # all that came, in order
        self.unmatched: list[str] = []  # what no reply was for
        self.expected: list[Expected] = []
        self.cassette: Cassette | None = None
        self.ca_file: str | None = None

    def __enter__(self) -> Server:
        self.begin()
        try:
            self.listen("unix", None)
            form = "http%s://%s:%%d" % ("s" * self.tls, "[%s]" % self.host if ":" in self.host else self.host)
            if self.tls:
                from ._certificates import context

                made, self.ca_file = context(self.folder)
            if self.http2:
                from ._http2 import listen

                listen(self, form, made, self.port)
            else:
                self.listen("h1", form, made if self.tls else None, port=self.port)
        except BaseException:
            self.stop()
            raise
        self.base_url: str = self.address["h2" if self.http2 else "h1"] + PREFIX
        self.unix_socket: str = self.address["unix"]
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.stop()
        if self.cassette and kind is None and not self.unmatched:
            self.cassette.save()
        if kind is None:
            self.check()

    # -- what a test asks

    def reply(self, *replies: Reply, when: When = None, times: int | None = 1) -> None:
        """Each reply answers one request, in this order, or `times` requests; None: all that come.

        `when` is a function of the request: only requests for which it is true get these replies. A request gets the
        first reply that is left for it.
        """
        with self.lock:
            self.expected += [Expected(reply, when, float("inf") if times is None else times) for reply in replies]

    def use_cassette(self, path: str | os.PathLike[str], upstream: str | None = None, *, mode: str = "once",
                     speed: str = "recorded", redact_keys: bool = True, redact_prompts: bool = False) -> None:
        """Requests that no `reply()` is for are answered from a file, or by the real server and recorded in it.

        `upstream` is the real server's base URL. `mode`: "once" records if there is no file, and replays if there is
        one; "none" only replays; "all" records anew. `speed`: "recorded", "instant", or "byte", one at a time. The file
        is written when the server ends, unless the block raised or a request could not be recorded. Keys are written
        only with redact_keys=False. With redact_prompts=True, only the SHA-256 of each request's body is written. A
        recorded answer is replayed once, to a request with an equal method, path and body.
        """
        self.cassette = Cassette(path, upstream, mode, speed, redact_keys, redact_prompts)

    @property
    def unused(self) -> int:
        """How many replies and recorded exchanges no request came for."""
        with self.lock:
            left = sum(int(each.left) for each in self.expected if each.left != float("inf"))
            return left + (len(self.cassette.left) if self.cassette else 0)

    def check(self) -> None:
        """Raises UnmatchedRequest if a request came that no reply was for."""
        if self.unmatched:
            raise UnmatchedRequest("\n".join(self.unmatched))

    # -- what a connection asks

    def respond(self, connection: Connection, request: Request) -> None:
        with self.lock:
            self.requests.append(request)
        try:
            reply = self.find(request)
            if reply is not None:
                return connection.play(steps_of(form_of(reply, request)))
            if self.cassette and self.cassette.records:
                return self.cassette.record(connection, request, PREFIX)
            steps = self.cassette.find(request) if self.cassette else None
            if steps is not None:
                return connection.play(steps)
            where = " in %s" % self.cassette.path if self.cassette else ""
            problem = "no reply%s for %r" % (where, request)
        except (Closed, OSError):
            raise
        except Unreachable as failure:
            problem = "cannot record: %s" % failure
        except Exception as failure:
            problem = "the reply for %r raised %r" % (request, failure)
        with self.lock:
            self.unmatched.append(problem)
        connection.play(steps_of(error(404, "dosai.testing: " + problem, type="unmatched_request")))  # is not retried

    def find(self, request: Request) -> Reply | None:
        with self.lock:
            expected = list(self.expected)
        for each in expected:
            if each.left > 0 and (each.when is None or each.when(request)):
                with self.lock:
                    if each.left > 0:  # no other thread took it
                        each.left -= 1
                        return each.reply
        return None
