#!/usr/bin/env python3
"""The library for other processors, as `make cross` has built it, run by qemu: its size and what it exports, the C
conformance programs, each case of the wire corpus whole, and the tool's stream from a real model; on 32 bits, some of the
programs.

    run.py [--only TARGET]...

Bounds of time are as wide as under valgrind."""
import argparse, concurrent.futures, os, pathlib, platform, subprocess, sys, threading, time
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Support"))
import lateness  # its process runs here, for it cannot be started by a Python that is emulated

loader = SourceFileLoader("cross", str(ROOT / "scripts/cross"))
cross = module_from_spec(spec_from_loader("cross", loader))
loader.exec_module(cross)
roots = cross.roots

SOME = ["baseline", "chat", "client", "completion", "error", "handles", "limits", "loop", "loop_events", "request",
        "stream", "sweep", "warm"]  # of 32 bits
QEMU = ROOT / "build/cross/qemu"
LINES = 60  # of a failure's output
TIMEOUT = 1200  # seconds, for one part
PRINTING = threading.Lock()


def fetch_qemu():
    """Debian 13's, which needs no other package: the one of 12 does not wipe a page on fork where it is told to."""
    if QEMU.exists():
        return
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    apt = roots.Apt("trixie", machine)
    apt.get("update")
    apt.get("download", "qemu-user", cwd=apt.home / "archives")
    roots.unpack(apt.home / "archives", QEMU.with_suffix(".part"))
    QEMU.with_suffix(".part").rename(QEMU)


class Parts:
    """What is run of one target, each part a command, with a line that says how it ended."""
    timeout = TIMEOUT

    def __init__(self, name, place):
        self.name, self.place, self.library, self.failed = name, place, place / "lib/libdosai.so.0", False

    def part(self, what, command, **environment):
        started, environment = time.monotonic(), {**os.environ, **environment}
        try:
            ran = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, errors="replace", timeout=self.timeout)
            output, good = ran.stdout, ran.returncode == 0
        except subprocess.TimeoutExpired as late:
            output, good = (late.stdout or b"").decode(errors="replace") + "no end within %d s" % self.timeout, False
        lines = output.strip().splitlines() or ["done" if good else "nothing was printed"]
        with PRINTING:
            print("%-4s %-19s %-11s %s (%.0f s)" % ("ok" if good else "FAIL", self.name, what, lines[-1].strip("= "),
                                                    time.monotonic() - started), flush=True)
            for line in [] if good else [line for line in lines if not line.startswith("ok ")][-LINES:]:
                print("    " + line[:300], flush=True)
        self.failed |= not good

    def look(self, *kind):
        self.part("size", ["scripts/check-footprint", self.library, *kind])
        self.part("exports", ["scripts/check-exports", self.library])


class Row(Parts):
    def __init__(self, name):
        super().__init__(name, cross.folder(name))
        self.target = cross.TARGETS[name]
        self.is_small = self.target.architecture == "armhf"
        program, *words = self.target.emulator
        self.emulator = [str(QEMU / "usr/bin" / program), *words, "-L", str(self.place / "root")]

    def conform(self, part):
        only = [word for name in SOME for word in ("--only", name)] if self.is_small else []
        self.part(part, [sys.executable, "Tests/ABI/run.py", "--folder", self.place / "programs", "--part", part, *only,
                         "--jobs", "4", "--timed-jobs", "8", "--cflags=-g0", "--library", self.place / "lib", "--cc", " ".join(cross.compiler(self.name)),
                         "--emulator", " ".join(self.emulator)])

    def untimed(self):
        self.conform("build")
        self.conform("untimed")

    def timed(self):
        self.conform("timed")

    def wire(self):
        testee, library = self.place / "testee", self.place / "lib"
        # libc first: in a folder where the loader of 32 bits has once found nothing, it does not look again
        self.part("testee", [*cross.compiler(self.name), "-std=gnu11", "-O1", "-Iinclude", "-o", testee, "Tests/Bindings/testee.c",
                             "-L%s" % library, "-ldosai", "-lc", "-ljansson", "-Wl,-rpath,%s" % library])
        self.part("corpus", [sys.executable, "Tests/Bindings/run.py", "--quick",
                             "c-%s=%s" % (self.target.architecture, " ".join([*self.emulator, str(testee)]))])

    def stream(self):
        self.part("model", ["scripts/model-server", "run", "--", *self.emulator, str(self.place / "bin/dosai"), "chat",
                            "--set", "max_tokens=16", "Say hello."])


def together(*work):
    with concurrent.futures.ThreadPoolExecutor(len(work) or 1) as pool:
        for one in [pool.submit(each) for each in work]:
            one.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(cross.TARGETS))
    options = parser.parse_args()
    started = time.monotonic()
    try:
        fetch_qemu()
    except roots.Failed as failure:
        sys.exit("cross: %s" % failure)
    rows = [Row(name) for name in options.only or cross.TARGETS]
    whole = [row for row in rows if not row.is_small]
    for row in rows:
        row.look()
    together(*[row.untimed for row in rows], *[row.wire for row in rows])
    together(*[row.timed for row in whole])  # nothing else runs beside them; most of what they do is to wait
    for row in rows:
        row.stream()
    failed = [row.name for row in rows if row.failed]
    print("cross: %d of %d processors, %.0f s" % (len(rows) - len(failed), len(rows), time.monotonic() - started))
    return len(failed) != 0


if __name__ == "__main__":
    sys.exit(main())
