"""A scripted HTTP/2 server on loopback, over TLS with ALPN. It needs PyPI's h2; HTTP/1.1 is spoken only where the client
does not offer h2.

    with Http2Server(certificates) as server: client = Client(base_url=server.base("hello"), ca_file=...)

A script is a list of steps, or a function of the number of the request that gives one. A step is an object of one key:
    {"headers": {":status": "200", ...}} {"data": text} {"end": text: the last data} {"trailers": {...}} {"sleep_ms": n}
    {"wait_ms": n: as sleep_ms, but what the client sends meanwhile is read} {"until": function: so until it says yes, or for a minute}
    {"reset": code: RST_STREAM} {"goaway": [code, last stream; -1: this one]} {"ping": times, every 20 ms}
    {"window": bytes: lets the client send so many more} {"raw": bytes between the frames} {"hold": true: silence on this stream}
    {"deaf": true: silence on the whole connection, for ever}
    {"until_left": list: waits until the client has reset a stream, or goes away, and appends whether it did within five seconds}
    {"close": true: the connection ends with notice} {"cut": true: without}
While the attribute `silent` is above 0 a connection that comes takes one from it, and gets no answer in TLS's handshake.
With is_shut the windows stay as they are at first, 65535 bytes, but for {"window"}, and a script is played once they are full.
"""
import select, socket, threading, time

import h2.config, h2.connection, h2.events, h2.exceptions

import certificates

FULL = 65535  # bytes: the windows' size as they are at first


class Stats:
    def __init__(self):
        self.requests, self.bodies, self.versions, self.connections = 0, [], [], []  # the last two of each request


def name_of(path):
    return path.split("/")[2]


class Closed(Exception):
    """The connection has ended."""


class Connection:
    def __init__(self, server, sock, number):
        self.server, self.sock, self.number = server, sock, number
        self.requests = {}  # those that have not been answered, by their stream
        self.stream = self.request = None  # whose script is played

    def serve(self):
        try:
            self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
            if self.sock.selected_alpn_protocol() == "h2":
                self.serve_frames()
            else:
                self.serve_text()
        except (Closed, OSError, h2.exceptions.ProtocolError):
            pass
        finally:
            self.sock.close()
            self.server.ended.add(self.number)

    def serve_text(self):
        """HTTP/1.1: one request, one whole stream."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.receive_bytes()
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:"))
        while len(body) < length:
            body += self.receive_bytes()
        method, path, version = lines[0].split(" ")
        self.count(path, version)
        script = self.note(path, body)
        self.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for step in script:
            text = step.get("data") or step.get("end") or ""
            self.sock.sendall(text.encode())
        self.sock.unwrap()

    def receive_bytes(self):
        data = self.sock.recv(65536)
        if not data:
            raise Closed
        return data

    def serve_frames(self):
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8",
                                                                       validate_outbound_headers=False))
        self.h2.initiate_connection()
        self.flush()
        while True:
            self.take_events(self.h2.receive_data(self.receive_bytes()))
            self.play_ready()

    def play_ready(self):
        ready = lambda: next((stream for stream, request in self.requests.items() if self.is_ready(request)), None)
        while (stream := ready()) is not None:
            request, current = self.requests.pop(stream), (self.stream, self.request)
            self.stream, self.request = stream, request
            self.play(self.note(request["path"], request["body"]))
            self.stream, self.request = current

    def is_ready(self, request):
        return request["whole"] or (self.server.is_shut and len(request["body"]) >= FULL)

    def take_events(self, events):
        for event in events:
            if isinstance(event, h2.events.RequestReceived):
                path = dict(event.headers)[":path"]
                self.requests[event.stream_id] = {"path": path, "body": b"", "whole": False}
                self.count(path, "h2")
            elif isinstance(event, h2.events.DataReceived):
                request = self.requests.get(event.stream_id) or self.request
                request["body"] += event.data
                if not self.server.is_shut:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                (self.requests.get(event.stream_id) or self.request)["whole"] = True
            elif isinstance(event, h2.events.StreamReset):
                self.requests.pop(event.stream_id, None)
                self.server.resets.append((self.number, int(event.error_code)))
            elif isinstance(event, h2.events.ConnectionTerminated):
                raise Closed
        self.flush()

    def flush(self):
        self.sock.sendall(self.h2.data_to_send())

    def note(self, path, body):
        """Notes the whole request and gives the steps of its script."""
        with self.server.lock:
            stats = self.server.stats_of[name_of(path)]
            stats.bodies.append(body)
            script = self.server.scripts[name_of(path)]
        return script(stats.requests - 1) if callable(script) else script

    def count(self, path, version):
        with self.server.lock:
            stats = self.server.stats_of.setdefault(name_of(path), Stats())
            stats.requests += 1
            stats.versions.append(version)
            stats.connections.append(self.number)

    # -- steps

    def play(self, steps):
        for step in steps:
            (verb, value), = step.items()
            getattr(self, "do_" + verb)(value)
            self.flush()

    def do_headers(self, headers):
        self.h2.send_headers(self.stream, list(headers.items()))

    def do_data(self, text, end=False):
        data = text.encode()
        while data or end:
            room = min(self.h2.local_flow_control_window(self.stream), self.h2.max_outbound_frame_size)
            if data and room == 0:
                self.flush()
                self.take_events(self.h2.receive_data(self.receive_bytes()))
                self.play_ready()  # while it waits for room
                continue
            last = len(data) <= room
            self.h2.send_data(self.stream, data[:room], end_stream=end and last)
            data = data[room:]
            end = end and not last

    def do_end(self, text):
        self.do_data(text, end=True)

    def do_trailers(self, headers):
        self.h2.send_headers(self.stream, list(headers.items()), end_stream=True)

    def do_sleep_ms(self, pause):
        self.flush()
        time.sleep(pause / 1000)

    def do_wait_ms(self, pause):
        self.flush()
        end = time.monotonic() + pause / 1000
        while (left := end - time.monotonic()) > 0:
            if self.sock.pending() or select.select([self.sock], [], [], left)[0]:
                self.take_events(self.h2.receive_data(self.receive_bytes()))

    def do_until(self, has_come):
        end = time.monotonic() + 60
        while not has_come() and time.monotonic() < end:
            self.do_wait_ms(20)

    def do_until_left(self, left):
        self.flush()
        end = time.monotonic() + 5
        try:
            while time.monotonic() < end and not any(number == self.number for number, _ in self.server.resets):
                self.do_wait_ms(20)
        except (Closed, OSError):
            pass
        left.append(time.monotonic() < end)

    def do_reset(self, code):
        self.h2.reset_stream(self.stream, code)

    def do_goaway(self, value):
        """By hand: of h2's own mind the connection would be at its end."""
        code, last = value
        last = self.stream if last == -1 else last
        self.do_raw(b"\0\0\x08\x07\0\0\0\0\0" + last.to_bytes(4, "big") + code.to_bytes(4, "big"))

    def do_ping(self, times):
        for _ in range(times):
            self.h2.ping(b"01234567")
            self.do_sleep_ms(20)

    def do_window(self, count):
        self.h2.increment_flow_control_window(count)
        self.h2.increment_flow_control_window(count, self.stream)
        self.flush()
        wanted = len(self.request["body"]) + count
        while len(self.request["body"]) < wanted and not self.request["whole"]:
            self.take_events(self.h2.receive_data(self.receive_bytes()))

    def do_raw(self, data):
        self.flush()
        self.sock.sendall(data)

    def do_hold(self, _):
        pass

    def do_deaf(self, _):
        self.flush()
        while True:
            self.receive_bytes()

    def do_close(self, _):
        self.flush()
        self.sock.settimeout(0)
        try:
            self.sock.unwrap()
        except OSError:
            pass
        raise Closed

    def do_cut(self, _):
        self.flush()
        raise Closed


class Http2Server:
    def __init__(self, folder, is_shut=False, host="127.0.0.1"):
        self.host, self.is_shut, self.silent, self.lock = host, is_shut, 0, threading.Lock()
        self.stats_of, self.scripts, self.resets, self.unanswered, self.accepted = {}, {}, [], [], 0
        self.ended = set()  # connections
        self.context = certificates.context({"folder": folder, "ca": folder + "/ca.pem"}, "localhost")
        self.context.set_alpn_protocols(["h2", "http/1.1"])

    def __enter__(self):
        self.listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        self.listener.bind((self.host, 0))
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        for sock in [self.listener, *self.unanswered]:
            sock.close()

    def accept(self):
        while True:
            try:
                sock = self.listener.accept()[0]
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.accepted += 1
            if self.silent > 0:
                self.silent -= 1
                self.unanswered.append(sock)
                continue
            threading.Thread(target=Connection(self, sock, self.accepted).serve, daemon=True).start()

    def base(self, name):
        return "https://localhost:%d/s/%s/v1" % (self.listener.getsockname()[1], name)

    def stats(self, name):
        with self.lock:
            return self.stats_of.setdefault(name, Stats())
