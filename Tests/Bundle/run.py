#!/usr/bin/env python3
"""The bundles for other systems, as `make bundle` has built them: their size, what they export, ABI programs, and the
tool's stream from a real model. With musl they run here, on Debian's musl; those for arm64 under qemu. On x86_64 with
musl the same is done with the static library, in programs that need no other file; and the tool streams with the oldest
musl of 1.2 that Debian has. The wheel for arm64 is installed by Debian's pip, and Debian's Python streams with it.

    run.py [--python] TARGET...

--python: a Python that is built for musl does so with the wheel for musl, x86_64."""
import argparse, concurrent.futures, importlib.util, os, pathlib, shutil, sys, time
from importlib.machinery import SourceFileLoader

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
import musl_python


def load(name, path):
    loader = SourceFileLoader(name, str(ROOT / path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


bundle = load("bundle", "scripts/bundle")
cross = load("cross_tests", "Tests/Cross/run.py")
roots = bundle.roots
roots.SUITES["bullseye"] = (["bullseye"], [], None)
SOME = ["baseline", "chat", "client", "completion", "error", "handles", "key", "limits", "loop", "loop_events", "request",
        "secret", "stream", "transport"]
STATIC = ["chat", "key", "loop_events", "stream", "transport"]  # transport: https, too
ASKED = ["chat", "--set", "max_tokens=16", "Say hello."]


class Row(cross.Parts):
    timeout = 600

    def __init__(self, target):
        super().__init__(target, ROOT / "build/bundle" / target)
        self.root = self.place / "root"
        self.is_arm, self.is_musl = target.startswith("aarch64"), target.endswith("musl")
        self.emulator = [str(cross.QEMU / "usr/bin/qemu-aarch64"), "-L", str(self.root)] if self.is_arm else []
        self.compiler = [*bundle.Bundle(target).compiler, "-fno-sanitize=all"]  # a default of zig's
        self.is_static = self.is_musl and not self.is_arm
        musl = self.root / "usr/lib/x86_64-linux-musl"  # this machine's compiler, with Debian's musl
        self.gcc = ["cc", "-static", "-B%s/" % musl, "-isystem", str(self.root / "usr/include/x86_64-linux-musl")]
        if not self.is_arm:
            self.compiler.append("-Wl,--dynamic-linker=%s" % (self.root / "usr/lib/ld-musl-x86_64.so.1"))

    def make_oldest(self):
        """Debian 11's musl, 1.2.2."""
        if not (self.place / "oldest").exists():
            apt = roots.Apt("bullseye", "amd64")
            apt.update(3600)
            apt.get("download", "musl", cwd=apt.home / "archives")
            roots.unpack(apt.home / "archives", self.place / "oldest")

    def make_root(self):
        """The C library; with glibc, a Python too."""
        made = self.root / ("musl-dev" if self.is_musl else "python3-pip")
        if made.exists():
            return
        apt = roots.Apt(bundle.SUITE, "arm64" if self.is_arm else "amd64")
        apt.update(3600)
        if self.is_musl:
            apt.get("download", "musl", "musl-dev", cwd=apt.home / "archives")
        else:
            apt.get("install", "-y", "--download-only", "python3-pip")
        shutil.rmtree(self.root, ignore_errors=True)
        roots.unpack(apt.home / "archives", self.root)
        made.touch()
        if not (self.root / "lib").exists():
            (self.root / "lib").symlink_to("usr/lib")

    def run(self):
        self.look("bundle")
        self.part("wheel", [sys.executable, "Tests/Wheel/run.py", "--look", self.name])
        self.part("programs", [sys.executable, "Tests/ABI/run.py", "--library", self.library.parent, "--jobs", "1",
                               "--cc", " ".join(self.compiler), "--emulator", " ".join(self.emulator),
                               *(word for name in SOME for word in ("--only", name))])

        if self.is_static:
            library = self.library.with_name("libdosai.a")
            self.part("exports", ["scripts/check-exports", library])
            self.part("static", [sys.executable, "Tests/ABI/run.py", "--library", library, "--jobs", "1",
                                 "--cc", " ".join(self.gcc), *(word for name in STATIC for word in ("--only", name))])

    def stream(self):
        tool = self.place / "tool"
        roots.run(*self.compiler, "-std=c99", "-O2", "-Iinclude", "-o", tool, *sorted((ROOT / "cli").glob("*.c")),
                  "-L%s" % self.library.parent, "-ldosai", "-Wl,-rpath,%s" % self.library.parent, cwd=ROOT)
        self.part("model", ["scripts/model-server", "run", "--", *self.emulator, tool, *ASKED])
        if self.is_static:
            oldest = next((self.place / "oldest").rglob("libc.so"))
            self.part("musl 1.2.2", ["scripts/model-server", "run", "--", oldest, tool, *ASKED])
            tool = self.place / "static-tool"
            roots.run(*self.gcc, "-std=c99", "-O2", "-Iinclude", "-o", tool, *sorted((ROOT / "cli").glob("*.c")),
                      self.library.with_name("libdosai.a"), cwd=ROOT)
            self.part("one file", ["sh", "-c", '! readelf -l "$0" | grep INTERP', tool])
            self.part("static model", ["scripts/model-server", "run", "--", tool, *ASKED])

    def python(self):
        """pip takes the wheel by its tag, and both clients stream."""
        place = self.place / "site-packages"
        variables = ["PYTHONPATH=%s" % place, "PYTHONDONTWRITEBYTECODE=1"]
        if self.is_musl:
            interpreter, pip = musl_python.make(bundle, self.root)
            python, pip, library = ["env", *variables, interpreter], [pip], "libc.so"
        else:
            variables.append("PYTHONHOME=%s" % (self.root / "usr"))
            given = [word for each in variables for word in ("-E", each)]
            python, pip, library = [*self.emulator, *given, self.root / "usr/bin/python3"], ["-m", "pip"], "libc.so.6"
        shutil.rmtree(place, ignore_errors=True)
        self.part("pip", [*python, *pip, "install", "-qq", "--root-user-action=ignore", "--no-index",
                          "--only-binary=:all:", "--target", place, "--find-links", "build/wheel", "dosai"])
        self.part("clients", ["scripts/model-server", "run", "--", *python, "Tests/Bundle/clients.py", library])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="store_true")
    parser.add_argument("targets", nargs="+", choices=list(bundle.TARGETS), metavar="TARGET")
    options = parser.parse_args()
    started = time.monotonic()
    try:
        rows = [Row(target) for target in options.targets]
        cross.fetch_qemu()
        for row in rows:  # two of them use the same apt
            row.make_root()
            if row.is_static:
                row.make_oldest()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(Row.run, rows))
        for row in rows:
            row.stream()
            if not row.is_musl or row.is_static and options.python:
                row.python()
    except roots.Failed as failure:
        sys.exit("bundles: %s" % failure)
    failed = [row.name for row in rows if row.failed]
    print("bundles: %d of %d, %.0f s" % (len(rows) - len(failed), len(rows), time.monotonic() - started))
    return len(failed) != 0


if __name__ == "__main__":
    sys.exit(main())
