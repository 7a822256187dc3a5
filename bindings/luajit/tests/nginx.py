"""The example for nginx, in Debian's nginx with its Lua module."""
import http.client, json, os, pathlib, socket, subprocess, tempfile, time, traceback

from lateness import wait_until
from scripts import say

HERE = pathlib.Path(__file__).resolve().parents[1]
UNPACKED = HERE.parents[1] / "build/nginx"
LIBRARIES = "%s/usr/lib/x86_64-linux-gnu:%s/lib/x86_64-linux-gnu" % (UNPACKED, UNPACKED)
PLACES = ["client_body_temp_path", "proxy_temp_path", "fastcgi_temp_path", "uwsgi_temp_path", "scgi_temp_path"]
HELLO = b"Hello! How can I help you today?"


class Visitor(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)

    def ask(self, question="Hello!"):
        self.request("POST", "/chat", question)
        return self


class Nginx:
    def __init__(self, base):
        self.folder = tempfile.TemporaryDirectory(prefix="dosai-nginx-")
        here = self.folder.name
        self.socket = here + "/socket"
        text = (HERE / "examples/nginx/nginx.conf").read_text()
        for old, new in {
                "/usr/lib/nginx": "%s/usr/lib/nginx" % UNPACKED, "/tmp/": here + "/", "127.0.0.1:8080": "unix:" + self.socket,
                ";;\"": ";%s/usr/share/lua/5.1/?.lua;;\"" % UNPACKED,
                "http {": "http {\n" + "".join("%s %s/%s;\n" % (place, here, place) for place in PLACES)}.items():
            assert old in text, old
            text = text.replace(old, new)
        with open(here + "/conf", "w") as file:
            file.write(text + "user %s;\nworker_processes 1;\n" % ("root" if os.geteuid() == 0 else "nobody"))
        self.log = open(here + "/log", "w+")
        self.process = subprocess.Popen(
            ["timeout", "100", UNPACKED / "usr/sbin/nginx", "-p", HERE, "-c", here + "/conf"], stdout=self.log, stderr=self.log,
            stdin=subprocess.DEVNULL, env={**os.environ, "LD_LIBRARY_PATH": LIBRARIES, "DOSAI_BASE_URL": base, "DOSAI_API_KEY": "k"})

    def __enter__(self):
        wait_until(lambda: self.listens() or self.process.poll() is not None)
        return self

    def listens(self):
        """The socket's file is there a little earlier."""
        with socket.socket(socket.AF_UNIX) as one:
            return one.connect_ex(self.socket) == 0

    def __exit__(self, *failure):
        self.process.terminate()
        self.process.wait()
        if failure[1]:
            self.log.seek(0)
            print(self.log.read())
        self.folder.cleanup()

    def visitor(self):
        return Visitor(self.socket)


def gone(server, name):
    wait_until(lambda: server.stats(name)["connections"] == server.stats(name)["ended"] > 0, 20)


def play(server):
    with Nginx(server.base("hello")) as nginx:
        answers = [one.getresponse() for one in [nginx.visitor().ask() for _ in range(20)]]
        assert [(one.status, one.read()) for one in answers] == [(200, HELLO)] * 20
    server.put("length", lambda request: say(str(len(json.loads(request.body)["messages"][0]["content"])))(request))
    with Nginx(server.base("length")) as nginx:
        for length in 1, 20_000, 500_000:  # nginx puts what is longer than 16 KB into a file
            assert nginx.visitor().ask("q" * length).getresponse().read() == b"%d" % length
    with Nginx(server.base("endless~nginx")) as nginx:
        silent = [nginx.visitor().ask() for _ in range(3)]
        for one in silent:
            assert one.getresponse().read(6) == b"0 1 2 "
        for one in silent:
            one.close()
        gone(server, "endless~nginx")
    with Nginx(server.base("half")) as nginx:
        try:
            raise AssertionError(nginx.visitor().ask().getresponse().read())
        except http.client.IncompleteRead as cut:
            assert cut.partial == b"0 1 2 "
    with Nginx(server.base("limited")) as nginx:
        assert nginx.visitor().ask().getresponse().status == 502


def check(server):
    """Twenty at once; long questions; visitors who leave a silent stream; a stream that is cut, and a refusal. Tells what is wrong."""
    started = time.monotonic()
    try:
        play(server)
    except Exception:
        return [traceback.format_exc()]
    print("ok   nginx (%.1f s)" % (time.monotonic() - started))
    return []
