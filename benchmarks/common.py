"""What the benchmarks share: their programs, their server, runs in turns, and ratios."""
import atexit
import functools
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "Tests/Docs"), str(ROOT / "Tests/Support")]
import certificates
import comparison  # the other clients, each in an environment of its own, and the environment variables of all

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="dosai-bench-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
LIBRARY = ROOT / "build/lib/libdosai.so.0"


def build(name, *libraries, source=None, more=(), flags=()):
    """A C program of this folder, once."""
    program = FOLDER / name
    if not program.exists():
        subprocess.run(["cc", "-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", *flags,
                        "-I%s/include" % ROOT, "-o", program, HERE / (source or name + ".c"), *(HERE / file for file in more), "-L%s/build/lib" % ROOT,
                        "-Wl,-rpath,%s/build/lib" % ROOT, *("-l" + library for library in libraries)], check=True)
    return program


def build_server():
    return build("server", "ssl", "crypto", more=("server_h2.c",))


@functools.lru_cache
def authority():
    """A throwaway certificate, and its key."""
    certificates.authority(FOLDER, "ca", "localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    return FOLDER / "ca.pem", FOLDER / "ca.key"


class Server:
    """server.c with one text: an answer, sent after `number` milliseconds, or events, all but the last of them sent
    `number` times."""

    def __init__(self, text, number=0, framing="answer"):
        with tempfile.NamedTemporaryFile("w", dir=FOLDER, encoding="utf-8", delete=False) as file:
            file.write(text)
        tls = authority() if framing == "h2" else ()
        command = [build_server(), file.name, str(number), framing, *tls]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.process.stdout.readline().strip()
        self.base = "http%s://127.0.0.1:%s/v1" % ("s" if tls else "", self.port)
        self.url = [self.base, *tls[:1]]  # and what to trust

    def first_byte(self):
        """When the first byte of the next connection came, in nanoseconds of CLOCK_MONOTONIC."""
        return int(self.process.stdout.readline())

    def close(self):
        self.process.communicate("")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def output(*command):
    """The numbers that a program prints."""
    ran = subprocess.run(list(map(str, command)), env=comparison.environment(), capture_output=True, text=True, timeout=900)
    if ran.returncode:
        raise SystemExit("%s\n%s" % (" ".join(map(str, command)), ran.stderr or ran.returncode))
    return list(map(float, ran.stdout.splitlines()[-1].split()))


def in_turns(ways, times):
    """All runs of each way, a name and what measures it once."""
    runs = {name: [] for name in ways}
    for _ in range(times):
        for name, measure in ways.items():
            runs[name].append(measure())
    return runs


def ratios(runs, name, base):
    """Each run to that of the base in the same turn, least to most."""
    return sorted(one / other for one, other in zip(runs[name], runs[base]))


def median(runs):
    return statistics.median(runs)


def spread(values, form="%.2f"):
    """The median, and the least and the most."""
    return " ".join([form % median(values), "(%s to %s)" % (form % min(values), form % max(values))])


def clients(quick):
    """The names of the Python clients to measure; the others are installed where they are missing."""
    names = ["dosai"] if quick == "smoke" else list(comparison.PYTHONS)
    if len(names) > 1:
        comparison.prepare()
    return names


def client(name, what, *arguments):
    """The numbers that client.py prints, run by the client's own Python."""
    return output(comparison.python_of("openai-python" if name == "dosai.openai" else name), HERE / "client.py", name, what, *arguments)
