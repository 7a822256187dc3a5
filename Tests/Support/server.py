"""A scripted HTTP/1.1 server on loopback: it plays any bytes with any timing. Python 3.9, standard library only.

    python3 server.py        prints one JSON line of addresses; ends at SIGTERM or when its stdin ends
    with LoopbackServer() as server: client = Client(base_url=server.base("hello"))

Addresses: plain, tls (http and https URLs), unix (a socket's path): the same scripts at all three; with speaks_http2 also
at h2, over HTTP/2. tls_other: its certificate is for another host. tls_self: it is signed by itself. tls_past, tls_future: it
is of another time. tls_old: TLS 1.1 at most. tls_1_2, tls_1_3: that version alone. tls_slow: TLS 1.2, 700 ms before the
handshake. tls_strict: it wants a client's certificate. tls_close, tls_reset: end the connection in TLS's handshake.
tls_plain: answers it in plain HTTP. stall: accepts and says nothing. blackhole: does not even accept. refused: a port where
nobody listens. ca: the authority's PEM file. client_certificate, client_key: PEM files for a client; the key's password is
"secret".

Routes
    /s/NAME/anything      plays the script NAME of scripts.py or faults.py; a base URL is PLAIN/s/NAME/v1
                          NAME.cutN cuts every send into pieces of N bytes; NAME~TAG has counters of its own
    PUT /scripts/NAME     registers a script (the JSON body)
    GET /stats/NAME       {"connections", "requests", "last_method", "last_path", "last_headers", "last_body",
                          "bodies", "client_certificate", "ended", "most_at_once", "resumed", "marks"}; ended:
                          connections that the client has closed; most_at_once: replies that were not at their last
                          step; resumed: connections that resumed a TLS session; marks: "mark" steps played
    GET /stats/NAME/body  the last body as it came; also /path, /method, /header/KEY, and /headers: the
                          keys alone, in lower case and sorted
    DELETE /stats/NAME    counts from zero, and the script's replies start again

A script is a reply, or {"replies": [reply, ...]}: one for each request, the last repeats. Replies and their steps are those of
dosai.testing: see bindings/python/dosai/testing/_steps.py. Of an object reply also
    "read_body": false answers (and then closes) before the request's body was read.
    "read_after_ms": 1000 waits so long before it reads the body.
and these steps:
    {"read": true: reads and counts one more request} {"mark": true: counts} {"call": function}: calls it
"""
import base64, json, os, signal, socket, ssl, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import certificates
import faults
import scripts
from connection import ScriptConnection
from dosai_testing._connection import Request
from dosai_testing._listeners import Listeners

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # by a shell, in the background: what the tests start would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Stats:
    def __init__(self):
        self.connections, self.ended, self.requests, self.client_certificate = set(), 0, [], None
        self.at_once, self.most_at_once, self.resumed, self.marks = 0, 0, set(), 0

    def summary(self):
        last = self.requests[-1] if self.requests else Request("", "", [], 0)
        bodies = [request.body.decode("utf-8", "replace") for request in self.requests]
        return {"connections": len(self.connections), "requests": len(self.requests), "last_method": last.method,
                "last_path": last.path, "last_headers": last.headers, "last_body": bodies[-1] if bodies else "",
                "bodies": bodies, "client_certificate": self.client_certificate, "ended": self.ended,
                "most_at_once": self.most_at_once, "resumed": len(self.resumed), "marks": self.marks}

    def raw(self, field):
        last = self.requests[-1] if self.requests else Request("", "", [], 0)
        if field.startswith("header/"):
            return last.header(field[len("header/"):]).encode()
        return {"body": last.body, "path": last.path.encode(), "method": last.method.encode(),
                "headers": " ".join(sorted(key.lower() for key, _ in last.headers)).encode()}.get(field, b"")


class LoopbackServer(Listeners):
    connection = ScriptConnection
    prefix = "dosai-loopback-"

    def __init__(self, speaks_http2=False, host="127.0.0.1", files=None):
        """files: certificates that are there already."""
        super().__init__(host)
        self.speaks_http2, self.files = speaks_http2, files

    def __enter__(self):
        self.begin()
        self.stats_of, self.extra = {}, {}
        files = self.files or certificates.make(self.folder)
        self.address.update({key: files[key] for key in ("ca", "client_certificate", "client_key")})
        self.listen("plain", "http://127.0.0.1:%d")
        self.listen("tls", "https://localhost:%d", certificates.context(files, "localhost"))
        if self.speaks_http2:
            from dosai_testing import _http2
            _http2.listen(self, "https://localhost:%d", certificates.context(files, "localhost"))
        self.listen("tls_other", "https://localhost:%d", certificates.context(files, "other"))
        self.listen("unix", None)
        self.listen("tls_self", "https://localhost:%d", certificates.context(files, "self"))
        self.listen("tls_old", "https://localhost:%d", certificates.old_context(files, "localhost"))
        self.listen("tls_past", "https://localhost:%d", certificates.context(files, "past"))
        self.listen("tls_future", "https://localhost:%d", certificates.context(files, "future"))
        self.listen("tls_1_2", "https://localhost:%d", certificates.one_version(files, "localhost", ssl.TLSVersion.TLSv1_2))
        self.listen("tls_1_3", "https://localhost:%d", certificates.one_version(files, "localhost", ssl.TLSVersion.TLSv1_3))
        self.listen("tls_strict", "https://localhost:%d", certificates.strict_context(files, "localhost"))
        self.listen("tls_slow", "https://localhost:%d", certificates.one_version(files, "localhost", ssl.TLSVersion.TLSv1_2),
                    pause=0.7)
        for key, start in faults.HANDSHAKES.items():
            self.listen(key, "https://127.0.0.1:%d", start=start)
        self.address["blackhole"] = "http://127.0.0.1:%d" % self.be_deaf()
        self.unused = socket.socket()
        self.unused.bind(("127.0.0.1", 0))
        self.address["refused"] = "http://127.0.0.1:%d" % self.unused.getsockname()[1]
        for key, value in self.address.items():
            setattr(self, key, value)
        return self

    def __exit__(self, *_):
        self.stop()
        self.unused.close()

    def be_deaf(self):
        """A port whose backlog is full: it answers no SYN."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        self.listeners.append(listener)
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
            self.listeners.append(sock)
        return listener.getsockname()[1]

    # -- what a test asks

    def base(self, name, address="plain"):
        return self.address[address] + "/s/" + name + "/v1"

    def put(self, name, script):
        with self.lock:
            self.extra[name] = script

    def stats(self, name):
        with self.lock:
            return self.stats_of.setdefault(name, Stats()).summary()

    def reset(self, name):
        with self.lock:
            self.stats_of.pop(name, None)

    # -- what a connection asks

    def script(self, name):
        name = name.partition("~")[0].partition(".cut")[0]
        with self.lock:
            script = self.extra.get(name, faults.FAULTS.get(name, scripts.SCRIPTS.get(name, scripts.STEADY.get(name))))
        return script if script is not None else scripts.error(404, "there is no script " + name)

    def count(self, name, connection, request):
        with self.lock:
            stats = self.stats_of.setdefault(name, Stats())
            stats.connections.add(connection.number)
            if connection.context:
                stats.client_certificate = certificates.common_name(connection.sock)
                if connection.sock.session_reused:
                    stats.resumed.add(connection.number)
            stats.requests.append(request)
            return len(stats.requests) - 1

    def playing(self, name, change):
        with self.lock:
            stats = self.stats_of.setdefault(name, Stats())
            stats.at_once += change
            stats.most_at_once = max(stats.most_at_once, stats.at_once)

    def mark(self, name):
        with self.lock:
            self.stats_of.setdefault(name, Stats()).marks += 1

    def end(self, connection):
        with self.lock:
            for name in connection.used & set(self.stats_of):
                self.stats_of[name].ended += 1
        super().end(connection)

    def manage(self, place, rest, request):
        name, _, field = rest.partition("/")
        if place == "scripts" and request.method == "PUT":
            self.put(name, json.loads(request.body))
        elif place == "stats" and request.method == "DELETE":
            self.reset(name)
        elif place == "stats" and field:
            with self.lock:
                data = self.stats_of.setdefault(name, Stats()).raw(field)
            return {"base64": base64.b64encode(data), "headers": {"Content-Type": "application/octet-stream"}}
        elif place == "stats":
            return {"json": self.stats(name)}
        else:
            return scripts.error(404, "no such route")
        return {"json": {}}


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with LoopbackServer() as loopback:
        print(json.dumps(loopback.address), flush=True)
        sys.stdin.buffer.read()
