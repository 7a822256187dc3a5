"""One connection to the server: it reads requests and plays the steps of their replies."""
import base64, os, socket, struct

from replies import chunk, steps_of


class Closed(Exception):
    """The connection has ended."""


class Request:
    def __init__(self, method, path, headers, turn):
        self.method, self.path, self.headers = method, path, headers
        self.turn = turn  # counts the requests of this connection, from 0
        self.body = b""

    def header(self, name):
        return "\n".join(value for key, value in self.headers if key.lower() == name.lower())


class Connection:
    def __init__(self, server, sock, number, context, pause=0):
        self.server, self.sock, self.number, self.context = server, sock, number, context
        self.pause = pause  # before the handshake, in seconds
        self.buffer, self.turn, self.piece, self.used = b"", 0, None, set()

    # -- bytes

    def receive(self):
        data = self.sock.recv(65536)
        if not data:
            raise Closed
        return data

    def take(self, count):
        parts, have = [self.buffer], len(self.buffer)
        while have < count:
            parts.append(self.receive())
            have += len(parts[-1])
        data = b"".join(parts)
        self.buffer = data[count:]
        return data[:count]

    def line(self):
        while b"\n" not in self.buffer:
            self.buffer += self.receive()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def send(self, data):
        data = data.encode() if isinstance(data, str) else data
        size = self.piece or max(len(data), 1)
        for start in range(0, len(data), size):
            self.sock.sendall(data[start:start + size])

    # -- requests

    def read_head(self):
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

    def read_body(self, request):
        if request.header("transfer-encoding").lower() == "chunked":
            for size in iter(lambda: int(self.line(), 16), 0):
                request.body += self.take(size)
                self.line()
            self.line()
        else:
            request.body = self.take(int(request.header("content-length") or 0))

    def serve_one(self):
        request = self.read_head()
        path = request.path if request.path.startswith("/") else "/" + request.path.split("/", 3)[-1]
        place, _, rest = path.partition("?")[0][1:].partition("/")
        if place == "s":
            name = rest.partition("/")[0]
            script = self.server.script(name)
            reads = not isinstance(script, dict) or script.get("read_body", True)
            if isinstance(script, dict):
                self.do_sleep_ms(script.get("read_after_ms", 0))
            if reads:
                self.read_body(request)
            self.used.add(name)
            number = self.server.count(name, self, request)
            if callable(script):
                script = script(request)
            if isinstance(script, dict) and "replies" in script:
                script = script["replies"][min(number, len(script["replies"]) - 1)]
            self.piece = int(name.partition("~")[0].partition(".cut")[2] or 0)
            self.name = name
            steps = steps_of(script)
            self.server.playing(name, 1)
            try:
                self.play(steps[:-1])
            finally:  # before the last step: once a client has that, it may send the next request
                self.server.playing(name, -1)
            self.play(steps[-1:])
            self.piece = None
            if not reads:
                self.do_hold(True)
        else:
            self.read_body(request)
            self.play(steps_of(self.server.manage(place, rest, request)))

    def serve(self):
        try:
            if self.context:
                self.server.stopping.wait(self.pause)
                self.sock = self.context.wrap_socket(self.sock, server_side=True)
            while True:
                self.serve_one()
        except (Closed, OSError, ValueError):
            pass
        finally:
            self.server.end(self)
            self.sock.close()

    # -- steps

    def play(self, steps):
        for step in steps:
            (verb, value), = step.items()
            getattr(self, "do_" + verb)(value)

    def do_send(self, data):
        self.send(data)

    def do_send_base64(self, text):
        self.send(base64.b64decode(text))

    def do_chunk(self, data):
        self.send(chunk(data))

    def do_pieces(self, pieces):
        if self.sock.family != socket.AF_UNIX:
            return [self.send(piece) for piece in pieces]
        null = os.open(os.devnull, os.O_RDONLY)
        try:
            for piece in pieces:  # a read on a unix socket ends behind the piece that a descriptor came with
                piece = piece.encode() if isinstance(piece, str) else piece
                self.sock.sendall(piece[socket.send_fds(self.sock, [piece], [null]):])
        finally:
            os.close(null)

    def do_bytewise(self, data):
        self.piece = 1
        self.send(data)
        self.piece = None

    def do_sleep_ms(self, pause):
        if pause and self.server.stopping.wait(pause / 1000):
            raise Closed

    def do_repeat(self, value):
        text, times, pause = (value + [0])[:3]
        while times != 0:
            self.send(text)
            self.do_sleep_ms(pause)
            times -= 1

    def do_read(self, _):
        request = self.read_head()
        self.read_body(request)
        self.server.count(self.name, self, request)

    def do_hold(self, _):
        while True:
            self.receive()

    def do_notice(self, _):
        if self.context:
            self.sock.settimeout(0)
            try:
                self.sock.unwrap()
            except OSError:  # the client's own has not come
                pass
            self.sock.settimeout(None)

    def do_fin(self, _):
        self.do_notice(True)
        self.sock.shutdown(socket.SHUT_WR)

    def do_mark(self, _):
        self.server.mark(self.name)

    def do_call(self, function):
        function()

    def do_close(self, _):
        self.do_notice(True)
        raise Closed

    def do_cut(self, _):
        raise Closed

    def do_reset(self, _):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Closed
