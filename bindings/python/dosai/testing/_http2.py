"""The replies of a server over HTTP/2, at its address h2. It needs PyPI's h2.

Each stream is played by a connection of its own, whose HTTP/1.1 is put into frames here. Where that connection ends
before its answer does, the stream is reset. What a client resets, it has closed.
"""
from __future__ import annotations

import select
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any, List, Tuple, Union, cast

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from ._connection import Closed, Connection
from ._listeners import Listeners

DROPPED = ("connection", "keep-alive", "transfer-encoding")  # HTTP/2 has none of them
Headers = List[Tuple[str, str]]
Part = Union[Headers, bytes, None]  # of an answer: its head, some of its body, its end


def listen(server: Listeners, form: str, context: ssl.SSLContext, port: int = 0) -> None:
    context.set_alpn_protocols(["h2"])
    server.listen("h2", form, context, lambda connection: Frames(connection).serve(), port=port)


class Answer:
    """Takes HTTP/1.1 apart as it comes. What is not HTTP is a ValueError."""

    def __init__(self) -> None:
        self.text, self.left = b"", 0
        self.read: Callable[[], Part | bool] = self.read_head

    def parts(self, data: bytes) -> Iterator[Part]:
        """A list is a head, bytes are of the body, None is the end."""
        self.text += data
        while not isinstance(part := self.read(), bool):
            yield part
            if part is None:
                return

    def take(self, end: int) -> bytes:
        data, self.text = self.text[:end], self.text[end:]
        return data

    def line(self) -> bytes | None:
        end = self.text.find(b"\r\n")
        return None if end < 0 else self.take(end + 2)[:-2]

    def read_head(self) -> Part | bool:
        end = self.text.find(b"\r\n\r\n")
        if end < 0:
            return False
        lines = self.take(end + 4)[:-4].decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        given = dict(fields)
        if "transfer-encoding" in given:
            self.read = self.read_size
        elif status >= 200:
            self.left = 0 if status in (204, 304) else int(given.get("content-length", -1))
            self.read = self.read_rest
        return [(":status", str(status))] + [field for field in fields if field[0] not in DROPPED]

    def read_size(self) -> Part | bool:
        line = self.line()
        if line is None:
            return False
        self.left = int(line, 16)
        self.read = self.read_chunk if self.left else self.read_trailer
        return b""

    def read_chunk(self) -> Part | bool:
        if self.left == 0:
            if len(self.text) < 2:
                return False
            if self.take(2) != b"\r\n":
                raise ValueError
            self.read = self.read_size
            return b""
        return self.read_some()

    def read_trailer(self) -> Part | bool:
        line = self.line()
        return False if line is None else None if line == b"" else b""

    def read_rest(self) -> Part | bool:
        """So many bytes, or all that come."""
        return None if self.left == 0 else self.read_some()

    def read_some(self) -> Part | bool:
        if not self.text:
            return False
        data = self.take(self.left if self.left > 0 else len(self.text))
        self.left -= len(data) if self.left > 0 else 0
        return data

    @property
    def ends_with_the_connection(self) -> bool:
        return self.read == self.read_rest and self.left < 0


class Stream:
    def __init__(self, number: int, headers: Headers) -> None:
        self.number, self.headers, self.body = number, headers, b""
        self.answer, self.waiting, self.is_whole, self.is_watched = Answer(), b"", False, False
        self.sock: socket.socket | None = None  # to the connection that plays the steps


class Frames:
    """One HTTP/2 connection, driven by one thread."""

    def __init__(self, connection: Connection) -> None:
        self.server, self.number, self.turns = connection.server, connection.number, 0
        self.sock = cast(ssl.SSLSocket, connection.sock)
        self.streams: dict[int, Stream] = {}
        self.selector = selectors.DefaultSelector()
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="utf-8", validate_outbound_headers=False))

    def serve(self) -> None:
        if self.sock.selected_alpn_protocol() != "h2":
            raise Closed
        self.sock.setblocking(False)
        self.selector.register(self.sock, selectors.EVENT_READ)
        self.h2.initiate_connection()
        try:
            while True:
                self.flush()
                for key, _ in self.selector.select():
                    if key.fileobj is self.sock:
                        self.take_events()
                    elif (stream := self.streams.get(key.data.number)) and stream is key.data:
                        self.take_answer(stream, cast(socket.socket, key.fileobj))
        except h2.exceptions.ProtocolError:
            raise Closed
        finally:
            for stream in list(self.streams.values()):
                self.drop(stream)
            self.selector.close()

    def flush(self) -> None:
        data = self.h2.data_to_send()
        while data:
            try:
                data = data[self.sock.send(data[:16384]):]
            except ssl.SSLWantWriteError:
                select.select([], [self.sock], [])

    def take_events(self) -> None:
        while True:
            try:
                data = self.sock.recv(65536)
            except ssl.SSLWantReadError:
                return
            if not data:
                raise Closed
            for event in self.h2.receive_data(data):
                self.take(event)

    def take(self, event: Any) -> None:
        stream = self.streams.get(getattr(event, "stream_id", 0))
        if isinstance(event, h2.events.RequestReceived):
            number = event.stream_id
            self.streams[number] = Stream(number, cast(Headers, event.headers))
        elif isinstance(event, h2.events.DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if stream:
                stream.body += event.data
        elif isinstance(event, h2.events.StreamEnded) and stream:
            self.play(stream)
        elif isinstance(event, h2.events.StreamReset) and stream:
            self.drop(stream)
        elif isinstance(event, h2.events.WindowUpdated):
            for waiting in [stream] if stream else list(self.streams.values()):
                try:
                    self.send(waiting)
                except h2.exceptions.StreamClosedError:  # its client's reset came in the same read
                    self.drop(waiting)
        elif isinstance(event, h2.events.ConnectionTerminated):
            raise Closed

    def play(self, stream: Stream) -> None:
        given = dict(stream.headers)
        lines = ["%s %s HTTP/1.1" % (given[":method"], given[":path"]), "Host: " + given[":authority"]]
        lines += ["%s: %s" % (name, value) for name, value in stream.headers
                  if name[0] != ":" and name != "content-length"]
        stream.sock, theirs = socket.socketpair()
        stream.sock.setblocking(False)
        connection = self.server.connection(self.server, theirs, self.number, None)
        lines += ["Content-Length: %d" % len(stream.body), "", ""]
        connection.buffer = "\r\n".join(lines).encode() + stream.body
        connection.turn, self.turns = self.turns, self.turns + 1
        with self.server.lock:
            self.server.open.add(connection)
        self.watch(stream, True)
        threading.Thread(target=connection.serve, daemon=True).start()

    def take_answer(self, stream: Stream, sock: socket.socket) -> None:
        try:
            data = sock.recv(65536)
            for part in stream.answer.parts(data):
                if isinstance(part, list):
                    self.h2.send_headers(stream.number, part)
                stream.waiting += part if isinstance(part, bytes) else b""
                stream.is_whole = part is None
            if not data and not stream.is_whole:
                if not stream.answer.ends_with_the_connection:
                    raise ValueError
                stream.is_whole = True
            self.send(stream)
        except (ValueError, IndexError, OSError):
            self.h2.reset_stream(stream.number, h2.errors.ErrorCodes.INTERNAL_ERROR)
            self.drop(stream)

    def send(self, stream: Stream) -> None:
        """As much as there is room for; as long as some is left no more of the answer is read."""
        while stream.waiting:
            room = min(self.h2.local_flow_control_window(stream.number), self.h2.max_outbound_frame_size)
            if not room:
                break
            self.h2.send_data(stream.number, stream.waiting[:room])
            stream.waiting = stream.waiting[room:]
        if stream.is_whole and not stream.waiting:
            self.h2.end_stream(stream.number)
            self.drop(stream)
        elif stream.sock:
            self.watch(stream, not stream.waiting)

    def watch(self, stream: Stream, wanted: bool) -> None:
        sock = cast(socket.socket, stream.sock)
        if wanted and not stream.is_watched:
            self.selector.register(sock, selectors.EVENT_READ, stream)
        elif stream.is_watched and not wanted:
            self.selector.unregister(sock)
        stream.is_watched = wanted

    def drop(self, stream: Stream) -> None:
        self.streams.pop(stream.number, None)
        if stream.sock:
            self.watch(stream, False)
            stream.sock.close()
