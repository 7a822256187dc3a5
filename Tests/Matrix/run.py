#!/usr/bin/env python3
"""The release library and tool as they are built here, with every libcurl of Debian from 12 on: the C conformance
programs, the fault matrix, the rows of HTTP/2, the corpus, and the tool's stream from a real model.

    run.py [--only ROOT]...

Nothing is compiled anew for a root, and nothing is left out in one. Beside that the sources compile with its headers."""
import argparse, concurrent.futures, contextlib, hashlib, os, pathlib, subprocess, sys, threading, time

sys.dont_write_bytecode = True
import roots
from roots import BUILD, ROOT

LIBRARY = ROOT / "build/lib/libdosai.so.0"
PROGRAMS = BUILD / "programs"
MODULES = BUILD / "modules"
CONFORMANCE = ["build/venv/bin/python", "Tests/ABI/run.py", "--folder", str(PROGRAMS)]
WIRE = ["build/venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "Tests/Wire/test_faults.py",
        "Tests/Wire/test_http2.py", "Tests/Wire/test_corpus.py"]
TOOL = ["build/bin/dosai", "chat", "--set", "max_tokens=16", "Say hello."]  # to scripts/model-server
VERSION = ["python3", "-c", "import ctypes; libcurl = ctypes.CDLL('libcurl.so.4'); "
           "libcurl.curl_version.restype = ctypes.c_char_p; print(libcurl.curl_version().decode())"]
LINES = 80  # of a failure's output
TIMEOUT = 3600  # seconds, for one part of one root


def digest():
    return hashlib.sha256(LIBRARY.read_bytes()).hexdigest()


def swift(module, *arguments):
    roots.run("swiftc", *arguments, "-module-name", module, "-swift-version", "5", "-package-name", "dosai", "-parse-as-library",
              "-wmo", "-enable-experimental-feature", "Embedded", "-enable-experimental-feature", "Extern", "-I", "Sources/CCurl",
              "-I", "Sources/CSystem", "-I", MODULES, *sorted((ROOT / "Sources" / module).rglob("*.swift")), cwd=ROOT)


def prepare():
    """What is compiled, once for all: the conformance programs, and the module that DosaiHTTP stands on."""
    roots.run(*CONFORMANCE, "--part", "build", cwd=ROOT)
    MODULES.mkdir(exist_ok=True)
    swift("DosaiCore", "-emit-module", "-emit-module-path", MODULES / "DosaiCore.swiftmodule")


class Row:
    def __init__(self, name):
        self.name, self.failed, self.told, self.seconds = name, [], {}, {}
        self.folder, self.package = roots.make(name)
        if self.folder:
            self.libcurl = self.run(VERSION).stdout.split()[0]
            if self.libcurl != "libcurl/" + self.package.split("-")[0].split("~")[0]:
                raise roots.Failed("%s: %s is loaded, not the %s of its packages" % (name, self.libcurl, self.package))

    def run(self, command, **environment):
        return subprocess.run(["scripts/in-root", str(self.folder), *command], cwd=ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TIMEOUT,
                              env=dict(os.environ, **environment))

    def part(self, name, command, **environment):
        """Runs a part, and keeps its last line that counts."""
        started = time.monotonic()
        try:
            ran = self.run(command, **environment)
            output, good = ran.stdout, ran.returncode == 0
        except subprocess.TimeoutExpired as late:
            output, good = (late.stdout or b"").decode(errors="replace") + "no end within %d s" % TIMEOUT, False
        lines = output.strip().splitlines()
        self.seconds[name] = time.monotonic() - started
        self.told[name] = lines[-1].strip("= ") if lines else "nothing was printed"
        if not good or not lines:
            self.failed.append(name)
            bad = [line for line in lines if not line.startswith("ok ")]
            report("%s: %s failed\n%s" % (self.name, name, "\n".join("    " + line[:300] for line in bad[-LINES:])))

    def compile(self):
        """DosaiHTTP with the headers of this libcurl, which goes no further than the types."""
        started = time.monotonic()
        headers = next(self.folder.glob("usr/include/*/curl")).parent
        try:
            swift("DosaiHTTP", "-typecheck", "-Xcc", "-I" + str(headers), "-module-cache-path", MODULES / self.folder.name)
            self.told["headers"] = "ok"
            self.seconds["headers"] = time.monotonic() - started
        except roots.Failed as failure:
            self.failed.append("headers")
            report("%s: DosaiHTTP does not compile with its headers\n%s" % (self.name, failure))


PRINTING = threading.Lock()


def report(text):
    with PRINTING:
        print(text, flush=True)


def together(work, each, *more):
    """All of these at once; one that cannot be done fails all."""
    with concurrent.futures.ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(work, each, *more))


def untimed(row, name):
    if name == "wire":
        row.part(name, WIRE)
    else:
        row.compile()
        row.part(name, [*CONFORMANCE, "--part", "untimed", "--jobs", "1"])


def timed(row):
    row.part("clocks", [*CONFORMANCE, "--part", "timed", "--timed-jobs", "2"])


def stream(rows):
    """The tool streams from a real model, in one root after the other."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(subprocess.Popen(["scripts/model-server", "--port", "0"], cwd=ROOT, stdin=subprocess.PIPE,
                                                      stdout=subprocess.PIPE, text=True))
        stack.callback(server.terminate)
        base_url = server.stdout.readline().strip()
        for row in rows:
            row.part("model", TOOL, DOSAI_BASE_URL=base_url, DOSAI_API_KEY="sk-local", DOSAI_MODEL="smollm2-135m-instruct")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(roots.SUITES))
    options = parser.parse_args()
    started, before = time.monotonic(), digest()
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as beside:
            prepared = beside.submit(prepare)
            rows = together(Row, options.only or list(roots.SUITES))
            prepared.result()
        for row in [row for row in rows if not row.folder]:
            print("%s has no libcurl now" % row.name)
        rows = [row for row in rows if row.folder]
        for row in rows:
            print("%s: %s" % (row.folder.name, " ".join((row.folder / "packages").read_text().split())))
        prepared = time.monotonic() - started
    except roots.Failed as failure:
        sys.exit("matrix: %s" % failure)
    together(untimed, [row for row in rows for _ in range(2)], ["conformance", "wire"] * len(rows))
    together(timed, rows)  # they measure time: nothing that works runs beside them
    stream(rows)
    after = digest()
    for row in rows:
        print("%-4s %-18s %-15s sha256 %s  %s" % ("FAIL" if row.failed else "ok", row.name, row.libcurl, after,
                                              "; ".join("%s: %s" % pair for pair in row.told.items())))
    if before != after:
        sys.exit("matrix: the library was changed while it was tested")
    failed = [row.name for row in rows if row.failed]
    parts = {part: max(row.seconds.get(part, 0) for row in rows) for part in rows[0].seconds} if rows else {}
    print("seconds: %.0f to prepare, %s" % (prepared, ", ".join("%.0f for %s" % (seconds, part) for part, seconds in parts.items())))
    print("matrix: %d of %d libcurls, %.0f s" % (len(rows) - len(failed), len(rows), time.monotonic() - started))
    return len(failed) != 0


if __name__ == "__main__":
    sys.exit(main())
