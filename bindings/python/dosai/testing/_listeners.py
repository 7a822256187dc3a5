"""Accepts connections at any number of addresses; each connection has a thread."""

from __future__ import annotations

import collections
import os
import shutil
import socket
import ssl
import tempfile
import threading

from ._connection import Connection, Request, Start


def shut(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def wake(listener: socket.socket) -> None:
    """Ends an accept that a shutdown does not end, as on macOS."""
    with socket.socket(listener.family) as sock:
        sock.settimeout(1)
        try:
            sock.connect(listener.getsockname())
        except OSError:
            pass


class Listeners:
    connection = Connection  # its class
    prefix = "dosai-testing-"  # of the folder's name

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host

    def begin(self) -> None:
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.listeners: list[socket.socket] = []
        self.acceptors: list[threading.Thread] = []
        self.open: set[Connection] = set()
        self.accepted = 0
        self.arrived: collections.Counter[str] = collections.Counter()  # connections by address
        self.folder = tempfile.mkdtemp(prefix=self.prefix)
        self.address = {"unix": os.path.join(self.folder, "socket")}

    def stop(self) -> None:
        self.stopping.set()
        shut(self.listeners)
        for listener, acceptor in zip(self.listeners, self.acceptors):
            wake(listener)
            acceptor.join()  # one that went on would accept from whoever gets the descriptor next
        with self.lock:
            connections = [connection.sock for connection in self.open]
        shut(connections)
        for listener in self.listeners:
            listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def listen(self, key: str, form: str | None, context: ssl.SSLContext | None = None, start: Start = None,
               pause: float = 0, port: int = 0) -> None:
        """form: the address, with %d for the port; None: a unix socket."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.socket(family if form else socket.AF_UNIX)
        self.listeners.append(listener)
        if form and port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, port) if form else self.address[key])
        listener.listen(512)
        if form:
            self.address[key] = form % listener.getsockname()[1]
        self.acceptors.append(threading.Thread(target=self.accept, args=(key, listener, context, start, pause), daemon=True))
        self.acceptors[-1].start()

    def accept(self, key: str, listener: socket.socket, context: ssl.SSLContext | None, start: Start,
               pause: float) -> None:
        while not self.stopping.is_set():
            try:
                sock = listener.accept()[0]
            except OSError:
                return
            if self.stopping.is_set():
                return sock.close()
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.accepted += 1
                self.arrived[key] += 1
                connection = self.connection(self, sock, self.accepted, context, pause, start)
                self.open.add(connection)
            threading.Thread(target=connection.serve, daemon=True).start()

    # -- what a connection asks

    def respond(self, connection: Connection, request: Request) -> None:
        raise NotImplementedError

    def end(self, connection: Connection) -> None:
        with self.lock:
            self.open.discard(connection)
