"""A proxy for a server on this machine."""
import socket, threading


class Proxy:
    """It keeps the heads of what it is asked, and tunnels CONNECTs; `answer` is what it says instead. With a `context` it is
    an https:// proxy."""

    def __init__(self, answer=None, host="127.0.0.1", context=None):
        self.heads, self.answer, self.context = [], answer, context
        both = ":" in host  # IPv4 too
        self.listener = socket.create_server((host, 0), family=socket.AF_INET6 if both else socket.AF_INET, dualstack_ipv6=both)
        self.port = self.listener.getsockname()[1]
        self.address = "127.0.0.1:%d" % self.port
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                sock = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        if self.context:
            try:
                sock = self.context.wrap_socket(sock, server_side=True)
            except OSError:
                return
        text = b""
        while b"\r\n\r\n" not in text:
            more = sock.recv(65536)
            if not more:
                return
            text += more
        self.heads.append(text.decode("latin-1"))
        if self.answer or not text.startswith(b"CONNECT "):
            sock.sendall((self.answer or "HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n").encode())
            return sock.close()
        host, _, port = text.split()[1].decode().rpartition(":")
        target = socket.create_connection(("127.0.0.1", int(port)))
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=self.pump, args=(target, sock), daemon=True)
        back.start()
        self.pump(sock, target)

    @staticmethod
    def pump(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass
