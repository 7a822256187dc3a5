"""A server over HTTP/2 for many streams at once. A request's model is NAME/COUNT: once COUNT requests are open, all are
answered, piece by piece in turn. The chunks repeat the model, so that no stream can get another's text."""
import json, pathlib, select, socket, sys, threading

import h2.config, h2.connection, h2.events

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "Tests/Support"))
import certificates
from scripts import chunk, line

HEAD = [(":status", "200"), ("content-type", "text/event-stream")]


def pieces(name):
    texts = [line(chunk({"content": "%s-%d " % (name, at)})) for at in range(3)]
    return [text.encode() for text in [*texts[:-1], texts[-1] + line(chunk(finish="stop")) + "data: [DONE]\n\n"]]


class Connection:
    def __init__(self, crowd, sock):
        self.crowd, self.sock, self.asked = crowd, sock, {}  # of a stream: what has come of its body
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))

    def serve(self):
        try:
            with self.crowd.context.wrap_socket(self.sock, server_side=True) as self.sock:
                self.h2.initiate_connection()
                self.flush()
                while data := self.sock.recv(65536):
                    self.take(self.h2.receive_data(data))
                    if self.asked and all(type(name) is str for name in self.asked.values()) and not self.sock.pending():
                        self.answer()
        except OSError:
            pass

    def flush(self):
        self.sock.sendall(self.h2.data_to_send())

    def take(self, events):
        for event in events:
            if isinstance(event, h2.events.RequestReceived):
                self.asked[event.stream_id] = b""
            elif isinstance(event, h2.events.DataReceived):
                self.asked[event.stream_id] += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self.asked[event.stream_id] = json.loads(self.asked[event.stream_id])["model"]
                self.crowd.ask(int(self.asked[event.stream_id].split("/")[1]))
        self.flush()

    def answer(self):
        """Once all have asked; and not yet if more comes."""
        more = select.poll()
        more.register(self.sock, select.POLLIN)
        while not self.crowd.is_whole.wait(0.02):
            if more.poll(0):
                return
        for stream in self.asked:
            self.h2.send_headers(stream, HEAD)
        for at, piece in enumerate(zip(*map(pieces, self.asked.values()))):
            for stream, data in zip(self.asked, piece):
                self.h2.send_data(stream, data, end_stream=at == 2)
            if at == 2:  # the next crowd may ask as soon as this one has all
                self.crowd.done(len(self.asked))
            self.flush()
        self.asked = {}


class Crowd:
    def __init__(self, folder):
        files = certificates.make(folder)
        self.context, self.ca = certificates.context(files, "localhost"), files["ca"]
        self.context.set_alpn_protocols(["h2"])
        self.open, self.lock, self.is_whole = 0, threading.Lock(), threading.Event()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self.url = "https://localhost:%d/v1" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            sock = self.listener.accept()[0]
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=Connection(self, sock).serve, daemon=True).start()

    def ask(self, count):
        with self.lock:
            self.open += 1
            if self.open == count:
                self.is_whole.set()

    def done(self, count):
        with self.lock:
            self.open -= count
            if not self.open:
                self.is_whole.clear()
