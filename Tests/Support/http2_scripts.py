"""The scripts of a LoopbackServer over HTTP/2, at its address h2. It needs PyPI's h2.

Each stream is played by a connection of its own, whose HTTP/1.1 is put into frames here. Where that connection ends before
its answer does, the stream is reset. What a client resets, it has closed.
"""
import select, selectors, socket, ssl, threading

import h2.config, h2.connection, h2.errors, h2.events, h2.exceptions

import certificates
from connection import Closed, Connection

DROPPED = ("connection", "keep-alive", "transfer-encoding")  # HTTP/2 has none of them


def listen(server, files):
    context = certificates.context(files, "localhost")
    context.set_alpn_protocols(["h2"])
    server.listen("h2", "https://localhost:%d", context, lambda connection: Frames(connection).serve())


class Answer:
    """Takes HTTP/1.1 apart as it comes. What is not HTTP is a ValueError."""

    def __init__(self):
        self.text, self.left, self.read = b"", 0, self.read_head

    def parts(self, data):
        """A list is a head, bytes are of the body, None is the end."""
        self.text += data
        while (part := self.read()) is not False:
            yield part
            if part is None:
                return

    def take(self, end):
        data, self.text = self.text[:end], self.text[end:]
        return data

    def line(self):
        end = self.text.find(b"\r\n")
        return None if end < 0 else self.take(end + 2)[:-2]

    def read_head(self):
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

    def read_size(self):
        line = self.line()
        if line is None:
            return False
        self.left = int(line, 16)
        self.read = self.read_chunk if self.left else self.read_trailer
        return b""

    def read_chunk(self):
        if self.left == 0:
            if len(self.text) < 2:
                return False
            if self.take(2) != b"\r\n":
                raise ValueError
            self.read = self.read_size
            return b""
        return self.read_some()

    def read_trailer(self):
        line = self.line()
        return False if line is None else None if line == b"" else b""

    def read_rest(self):
        """So many bytes, or all that come."""
        return None if self.left == 0 else self.read_some()

    def read_some(self):
        if not self.text:
            return False
        data = self.take(self.left if self.left > 0 else len(self.text))
        self.left -= len(data) if self.left > 0 else 0
        return data

    @property
    def ends_with_the_connection(self):
        return self.read == self.read_rest and self.left < 0


class Stream:
    def __init__(self, number, headers):
        self.number, self.headers, self.body = number, headers, b""
        self.answer, self.waiting, self.is_whole, self.is_watched = Answer(), b"", False, False
        self.sock = None  # to the connection that plays the script


class Frames:
    """One HTTP/2 connection, driven by one thread."""

    def __init__(self, connection):
        self.server, self.sock, self.number, self.turns = connection.server, connection.sock, connection.number, 0
        self.streams, self.selector = {}, selectors.DefaultSelector()
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="utf-8", validate_outbound_headers=False))

    def serve(self):
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
                    elif self.streams.get(key.data.number) is key.data:
                        self.take_answer(key.data)
        except h2.exceptions.ProtocolError:
            raise Closed
        finally:
            for stream in list(self.streams.values()):
                self.drop(stream)
            self.selector.close()

    def flush(self):
        data = self.h2.data_to_send()
        while data:
            try:
                data = data[self.sock.send(data[:16384]):]
            except ssl.SSLWantWriteError:
                select.select([], [self.sock], [])

    def take_events(self):
        while True:
            try:
                data = self.sock.recv(65536)
            except ssl.SSLWantReadError:
                return
            if not data:
                raise Closed
            for event in self.h2.receive_data(data):
                self.take(event)

    def take(self, event):
        stream = self.streams.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.RequestReceived):
            self.streams[event.stream_id] = Stream(event.stream_id, event.headers)
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
                self.send(waiting)
        elif isinstance(event, h2.events.ConnectionTerminated):
            raise Closed

    def play(self, stream):
        given = dict(stream.headers)
        lines = ["%s %s HTTP/1.1" % (given[":method"], given[":path"]), "Host: " + given[":authority"]]
        lines += ["%s: %s" % (name, value) for name, value in stream.headers if name[0] != ":" and name != "content-length"]
        stream.sock, theirs = socket.socketpair()
        stream.sock.setblocking(False)
        connection = Connection(self.server, theirs, self.number, None)
        connection.buffer = "\r\n".join(lines + ["Content-Length: %d" % len(stream.body), "", ""]).encode() + stream.body
        connection.turn, self.turns = self.turns, self.turns + 1
        with self.server.lock:
            self.server.open.add(connection)
        self.watch(stream, True)
        threading.Thread(target=connection.serve, daemon=True).start()

    def take_answer(self, stream):
        try:
            data = stream.sock.recv(65536)
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

    def send(self, stream):
        """As much as there is room for; as long as some is left no more of the answer is read."""
        while stream.waiting and (room := min(self.h2.local_flow_control_window(stream.number), self.h2.max_outbound_frame_size)):
            self.h2.send_data(stream.number, stream.waiting[:room])
            stream.waiting = stream.waiting[room:]
        if stream.is_whole and not stream.waiting:
            self.h2.end_stream(stream.number)
            self.drop(stream)
        elif stream.sock:
            self.watch(stream, not stream.waiting)

    def watch(self, stream, wanted):
        if wanted and not stream.is_watched:
            self.selector.register(stream.sock, selectors.EVENT_READ, stream)
        elif stream.is_watched and not wanted:
            self.selector.unregister(stream.sock)
        stream.is_watched = wanted

    def drop(self, stream):
        self.streams.pop(stream.number, None)
        if stream.sock:
            self.watch(stream, False)
            stream.sock.close()
