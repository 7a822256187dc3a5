"""Both ends of the wire. bench.py starts it in namespaces of its own; it ends when its input does, and all with it.

    room.py FOLDER CONTROL     FOLDER has the certificates and the program `wire`, which gets the descriptor CONTROL

It stands in the server's namespace, with servers for HTTP/1.1 and HTTP/2 and one for names. The client's namespace is the
one of the descriptor that it names in its first line. After that each line of its input is a command, answered by a line.
"""
import ctypes, fcntl, json, os, pathlib, shutil, struct, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Support"))
import names
import scripts
from http2_server import Http2Server
from proxy import Proxy
from server import LoopbackServer

CLONE_NEWNET, TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x40000000, 0x400454CA, 1, 0x1000
LINKS = {"client": ["198.51.100.1", "2001:db8::1"], "server": ["198.51.100.2", "2001:db8::2"]}
HOME = {"resolv.conf": "nameserver 198.51.100.2\n", "nsswitch.conf": "hosts: files dns\n",
        "hosts": "127.0.0.1 localhost\n198.51.100.2 server.network.test\n"}


def run(*command):
    subprocess.run(command, check=True)


def open_end(side):
    """A TUN device in the namespace of now. All addresses lie behind it."""
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"wire", IFF_TUN | IFF_NO_PI))
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "set", "wire", "up")
    for address in LINKS[side]:
        run("ip", "addr", "add", address, "dev", "wire", *(["nodad"] if ":" in address else []))
        run("ip", "route", "add", "default", "dev", "wire", "src", address, *(["metric", "1"] if ":" in address else []))
    return device


def put_files(folder):
    """The client looks names up here, and nowhere else."""
    for name, text in HOME.items():
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write(text)
        run("mount", "--bind", path, "/etc/" + name)
    if os.path.isdir("/run/nscd"):
        run("mount", "-t", "tmpfs", "none", "/run/nscd")


class Servers:
    """What answers: a text of `count` words, `pace_ms` between them, the first after `delay_ms`. Of a request that is
    larger than the window the body is read after `read_after_ms`."""

    def __init__(self, text, http2, shut, proxy):
        self.text, self.http2, self.shut = text, http2, shut
        self.ports = {"plain": self.port_of(text.plain), "tls": self.port_of(text.tls),
                      "h2": http2.listener.getsockname()[1], "h2-shut": shut.listener.getsockname()[1], "proxy": proxy.port}

    def port_of(self, url):
        return int(url.rpartition(":")[2])

    def put(self, name, stream, count=3, pace_ms=0, delay_ms=0, read_after_ms=0):
        words = ["word%d " % number for number in range(count)]
        reply = {"events": scripts.text(*words), "pace_ms": pace_ms} if stream else {"json": scripts.completion("".join(words))}
        self.text.put(name, dict(reply, delay_ms=delay_ms, read_after_ms=read_after_ms))
        kind = "text/event-stream" if stream else "application/json"
        steps = [{"wait_ms": delay_ms}, {"headers": {":status": "200", "content-type": kind}}]
        for value in scripts.text(*words) if stream else []:
            steps += [{"data": scripts.line(value)}, {"wait_ms": pace_ms}]
        steps.append({"end": scripts.DONE if stream else json.dumps(scripts.completion("".join(words)))})
        self.http2.scripts[name] = steps
        self.shut.scripts[name] = [{"wait_ms": read_after_ms}] + [{"window": 1 << 30}] + steps
        return "".join(words)

    def requests(self, name):
        """How many requests have come, over whatever."""
        return self.text.stats(name)["requests"] + sum(server.stats(name).requests for server in (self.http2, self.shut))


def main(folder, control):
    libc = ctypes.CDLL(None, use_errno=True)
    client = open_end("client")
    namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    server = open_end("server")
    subprocess.Popen([folder + "/wire", str(control), str(client), str(server)], pass_fds=[control, client, server])
    put_files(folder)
    files = {"folder": folder, "ca": folder + "/ca.pem", "client_certificate": folder + "/client.pem",
             "client_key": folder + "/client.key"}
    names.serve(LINKS["server"][0])
    with LoopbackServer(host="::", files=files) as text, Http2Server(folder, host="::") as http2, \
            Http2Server(folder, is_shut=True, host="::") as shut, Proxy(host="::") as proxy:
        servers = Servers(text, http2, shut, proxy)
        # /proc is that of outside, and names this process as outside does.
        print(json.dumps({"pid": int(os.readlink("/proc/self")), "namespace": namespace, "ports": servers.ports}), flush=True)
        for line in sys.stdin:
            command = json.loads(line)
            print(json.dumps(getattr(servers, command.pop("do"))(**command)), flush=True)
    shutil.rmtree(folder)  # bench.py is gone
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
