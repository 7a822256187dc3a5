"""A network of two machines and a wire, in namespaces of its own. Root is not needed where users may make namespaces.

    with Bench() as bench:
        text = bench.put("hello", stream=True)
        client = bench.client("h2", "hello")
        bench.wire("down", 5000)
        seen = client.call("pull")
"""
import json, os, pathlib, shutil, signal, socket, subprocess, sys, tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Support"))
import certificates
from lateness import allowance

KINDS = ["plain", "tls", "h2"]
OWN_USERS = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
DELAY = 20  # ms each way
STARTING = threading.Semaphore(4)  # so many processes start at once: more would only make each other late


def make_files(folder):
    """What all benches share: the wire's program and certificates."""
    certificates.make(folder)
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", folder + "/wire", str(HERE / "wire.c")], check=True)


class Process:
    """A program that answers lines of JSON."""
    all = set()  # that run

    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
                                        **options)
        self.all.add(self)

    def ask(self, timeout=None, **command):
        self.tell(**command)
        return self.answer(timeout)

    def tell(self, **command):
        self.told = time.monotonic()
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def answer(self, timeout=None):
        """Its next line; None if it has none in time."""
        timer = threading.Timer(timeout, self.signal, ["SIGKILL"]) if timeout else None
        if timer:
            timer.start()
        line = self.process.stdout.readline()
        if timer:
            timer.cancel()
        assert line or timer, "it ended: %s" % self.process.args
        return json.loads(line) if line else None

    def signal(self, name):
        """To it and to what it has started."""
        os.killpg(self.process.pid, getattr(signal, name))

    def kill(self):
        if self.process.poll() is None:
            self.signal("SIGKILL")
        self.process.wait()
        self.all.discard(self)
        self.process.stdin.close()
        self.process.stdout.close()


class Client(Process):
    def __init__(self, bench, program, **options):
        super().__init__(bench.inside(sys.executable, "-B", str(HERE / "agent.py"), program))
        self.ask(do="new", **options)

    def call(self, face, timeout=100):
        self.begin(face)
        return self.end(timeout)

    def begin(self, face):
        self.tell(do="call", face=face)

    def end(self, timeout=100):
        """How the call ended; "late": how much longer it may have taken because the machine was busy."""
        seen = self.answer(timeout) or {"status": "no answer", "clock": None, "statuses": [], "attempts": 0, "text": "", "seconds": timeout}
        return dict(seen, late=0.3 + allowance(self.told))

    def close(self):
        return self.ask(do="close")["seconds"]


class Bench:
    shared = None  # the folder of make_files

    def __enter__(self):
        with STARTING:
            return self.start()

    def start(self):
        self.folder, self.clients = tempfile.mkdtemp(prefix="dosai-network-"), []
        for path in os.listdir(self.shared):
            os.link(os.path.join(self.shared, path), os.path.join(self.folder, path))
        self.control, far = socket.socketpair()
        self.room = Process(["unshare", *OWN_USERS, "--net", "--mount", "--pid", "--fork", "--kill-child", sys.executable, "-B",
                             str(HERE / "room.py"), self.folder, str(far.fileno())], pass_fds=[far.fileno()], env=dict(os.environ, TMPDIR=self.folder))
        far.close()
        self.about = self.room.answer()
        self.wire("delay", DELAY)
        return self

    def __exit__(self, *_):
        for process in [*self.clients, self.room]:
            process.kill()
        self.control.close()
        shutil.rmtree(self.folder)

    def wire(self, *words):
        """Commands the wire; see wire.c. Gives the number of TCP connections that the client has begun."""
        self.control.sendall((" ".join(map(str, words)) + "\n").encode())
        return int(self.control.recv(64))

    def put(self, name, **more):
        """Gives the text of the answer."""
        return self.room.ask(do="put", name=name, **more)

    def requests(self, name):
        return self.room.ask(do="requests", name=name)

    def base(self, kind, name, host="server"):
        scheme = "http" if kind == "plain" else "https"
        return "%s://%s.network.test:%d/s/%s/v1" % (scheme, host, self.about["ports"][kind], name)

    def proxy(self, host="server"):
        """A tunnel, for https."""
        return "http://%s.network.test:%d" % (host, self.about["ports"]["proxy"])

    def inside(self, *command):
        """The command as it is run on the client's machine."""
        place = "/proc/%d/" % self.about["pid"]
        users = ["--user=" + place + "ns/user", "--preserve-credentials"] if OWN_USERS else []
        return ["nsenter", *users, "--mount=" + place + "ns/mnt", "--net=%sfd/%d" % (place, self.about["namespace"]), *command]

    def client(self, kind, name, host="server", program="dosai", **options):
        with STARTING:
            client = Client(self, program, base_url=self.base(kind, name, host), ca=self.folder + "/ca.pem", **options)
            self.clients.append(client)
        return client
