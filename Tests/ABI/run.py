#!/usr/bin/env python3
"""Builds the conformance programs against the library and runs each against one loopback server.

    run.py [--library build/lib] [--only NAME]... [--without NAME]... [--valgrind] [--cc CC] [--cflags FLAGS]
           [--library FILE.a --libs FLAGS]
           [--jobs N] [--timed-jobs N] [--emulator COMMAND]
           [--folder FOLDER --part build|untimed|timed]

With --folder the programs are built into it once, and then run from it in parts, elsewhere too.
"""
import argparse, concurrent.futures, contextlib, importlib.util, os, pathlib, shlex, shutil, signal, site, subprocess, sys, tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "Support"), str(ROOT / "scripts")]
sys.dont_write_bytecode = True
site.addsitedir(next(map(str, ROOT.glob("build/venv/lib/python*/site-packages")), ""))  # h2, which speaks HTTP/2
import sweep
from server import LoopbackServer

FLAGS = ["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-pthread"]
VALGRIND = ["valgrind", "--leak-check=full", "--show-leak-kinds=definite,indirect",
            "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=9", "-q",
            "--soname-synonyms=somalloc=nouserintercepts"]  # loop_memory's own malloc stays in place
LINK = {"quiet": ["-ldl"]}  # quiet loads the library itself
REPEATS = {"exit": 200}  # a race: once says nothing
LATE = 7  # the exit status of what a machine that is late causes now and then, and a fault often: in 1 % of the runs at most
FIRST = ["stream", "out_of_memory", "exit", "at_rest", "faces"]  # the longest of those that measure no time
# These measure time: nothing that works runs beside them. Most of what they do is to wait; the longest come first.
TIMED = ["loop_pause", "loop_pause_clocks", "clocks", "away", "loop_cancel", "loop_poll", "on_wait", "loop_clocks", "quiet", "cancel", "clock_jump", "slow_lookup"]
OWN_MALLOC = {"out_of_memory", "steady"}  # they find leaks and damage themselves; valgrind would see one block
HASTY = {"away"}  # what they do is what others do; their clocks are too short for valgrind
SUPPRESSED = {"loop_soak": ["--suppressions=" + str(HERE / "libcurl.supp")]}  # its server resets at random
ONLY_VALGRIND = {"loop_soak_calm"}  # what it does is a part of loop_soak, but nothing of it is suppressed
TIMEOUT = 600 + 2 * sum(float(os.environ.get("DOSAI_%s_SECONDS" % what, 5)) for what in ("SOAK", "PAUSE"))  # for one run
SLOWER = 1.5  # under valgrind and emulators, where the longest takes 90 s; a stage, which is stopped after 1,500, takes 400
LINES = 60  # of a failure's output
NAMES = ["libdosai.so.0", "libdosai.so"]


def candidates(library):
    library = pathlib.Path(library)
    return [library] if library.suffix == ".a" else [library / name for name in NAMES]


def read(pipe, into):
    with pipe:
        into.extend(iter(lambda: pipe.read1(1 << 16), b""))


def text_of(said):
    return b"".join(said).decode(errors="replace")


class Runner:
    def __init__(self, options, folder, address):
        self.options, self.folder, self.running = options, folder, {}
        self.library = folder / "lib"  # under both of its names, whichever the build has made
        if options.part in (None, "build"):
            built = next(path for path in candidates(options.library) if path.exists())
            shutil.rmtree(folder, ignore_errors=True)
            self.library.mkdir(parents=True)
            (folder / "functions.h").write_text(sweep.functions(ROOT / "include/dosai.h"))
            for name in ["libdosai.a"] if built.suffix == ".a" else NAMES:
                (self.library / name).symlink_to(built.resolve())
        self.environment = dict(os.environ, DOSAI_TEST_LIBRARY=str(self.library / NAMES[0]),
                                **{"DOSAI_TEST_" + key.upper(): value for key, value in address.items()})
        if options.valgrind or options.emulator:
            self.environment["DOSAI_TEST_SLOW"] = "1"
        if options.emulator:
            self.environment["DOSAI_TEST_EMULATED"] = "1"

    def compile(self, *arguments):
        command = [*shlex.split(self.options.cc), *FLAGS, *shlex.split(self.options.cflags),
                   "-I" + str(ROOT / "include"), "-I" + str(self.folder), *arguments]
        return subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")

    def build(self, name):
        link = LINK.get(name, ["-L" + str(self.library), "-Wl,-rpath," + str(self.library), "-ldosai"])
        if name == "first":
            link.append("-rdynamic")  # it replaces a function of libcurl's, which not every linker exports by itself
        built = self.compile(str(HERE / (name + ".c")), "-o", str(self.folder / name), *link, *shlex.split(self.options.libs))
        shim = HERE / (name + "_shim.c")
        if built.returncode == 0 and shim.exists():
            built = self.compile("-shared", "-fPIC", str(shim), "-o", str(self.folder / (name + ".so")))
        return built

    def start(self, name):
        environment = dict(self.environment)
        shim = self.folder / (name + ".so")
        if shim.exists():
            environment["LD_PRELOAD"] = str(shim)
        command = (VALGRIND + SUPPRESSED.get(name, []) if self.options.valgrind else []) + \
            shlex.split(self.options.emulator) + [str(self.folder / name)]
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = []
        reader = threading.Thread(target=read, args=(process.stdout, said), daemon=True)
        self.running[process] = name, time.monotonic(), said
        reader.start()
        reader.join(TIMEOUT * (SLOWER if self.options.valgrind or self.options.emulator else 1))
        if hangs := reader.is_alive():  # it, or what it has started
            process.kill()
        status = process.wait()
        del self.running[process]
        return subprocess.CompletedProcess(command, "no end within its time" if hangs else status, text_of(said))

    def stop(self, *_):
        """The stage's time is over: it is told what hangs, and what that has said."""
        for process, (name, started, said) in list(self.running.items()):
            process.kill()
            print("FAIL %-12s was stopped after %d s" % (name, time.monotonic() - started))
            print("".join("    " + line[:500] + "\n" for line in text_of(said).splitlines()[-LINES:]), flush=True)
        os._exit(1)

    def run(self, name):
        """The program's last line, and its whole output where it failed."""
        if self.options.part in (None, "build"):
            built = self.build(name)
            if built.returncode != 0:
                return False, "does not compile", built.stderr
        if self.options.part == "build":
            return True, "built", ""
        return self.play_twice(name) if self.options.emulator else self.play(name)

    def play_twice(self, name):
        """Once more where it fails while the machine is late: three processors are emulated at once."""
        import lateness
        played = []

        def check():
            played.append(self.play(name))
            return not played[-1][0]

        lateness.attempt(check, tries=2)
        for _, line, output in played[:-1]:
            print("again %-9s %s: the machine was late\n    %s" % (name, line, output.strip().replace("\n", "\n    ")), flush=True)
        return played[-1]

    def play(self, name):
        repeats = REPEATS.get(name, 1)
        if self.options.valgrind or self.options.emulator:
            repeats = min(repeats, 10)
        late = 0
        for attempt in range(repeats):
            ran = self.start(name)
            late += ran.returncode == LATE
            if ran.returncode == LATE and late * 100 <= repeats:
                continue
            lines = ran.stdout.strip().splitlines()
            if ran.returncode != 0 or not lines or not lines[-1].startswith("ok "):
                return False, "exit status %s in run %d of %d" % (ran.returncode, attempt + 1, repeats), ran.stdout
        times = ", %d times" % repeats + ", late %d times" % late * (late > 0) if repeats > 1 else ""
        return True, ", ".join(reversed(lines)) + times, ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", default=str(ROOT / "build/lib"))
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--valgrind", action="store_true")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cflags", default="")
    parser.add_argument("--libs", default="", help="what a static library needs")
    parser.add_argument("--emulator", default="", help="what runs the programs, which are another processor's")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timed-jobs", type=int, default=1, help="how many at once of those that measure time")
    parser.add_argument("--folder")
    parser.add_argument("--part", choices=["build", "untimed", "timed"])
    options = parser.parse_args()
    if not any(path.exists() for path in candidates(options.library)):
        parser.error("no libdosai.so in " + options.library)
    if not importlib.util.find_spec("h2"):
        parser.error("no h2 for the server: make build/venv/ready")
    names = sorted(path.stem for path in HERE.glob("*.c") if "main(" in path.read_text())
    unknown = set(options.only + options.without) - set(names)
    if unknown:
        parser.error("no such program: " + ", ".join(sorted(unknown)))
    names = [name for name in names if (not options.only or name in options.only) and name not in options.without]
    if options.valgrind:
        names = [name for name in names if name not in OWN_MALLOC | HASTY]
    elif not options.only:
        names = [name for name in names if name not in ONLY_VALGRIND]
    if options.part in ("untimed", "timed"):
        names = [name for name in names if (name in TIMED) == (options.part == "timed")]
    passed = failed = 0
    with contextlib.nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory() as folder, \
            LoopbackServer(speaks_http2=True) as server:
        runner = Runner(options, pathlib.Path(folder), server.address)
        signal.signal(signal.SIGTERM, runner.stop)

        def timed(name):
            start = time.monotonic()
            return (name, *runner.run(name), time.monotonic() - start)

        def report(result):
            nonlocal passed, failed
            name, good, line, output, took = result
            passed, failed = passed + good, failed + (not good)
            print("%-4s %-12s %s (%.1f s)" % ("ok" if good else "FAIL", name, line, took), flush=True)
            for text in output.strip().splitlines()[:LINES]:
                print("    " + text[:500], flush=True)

        others = FIRST + [name for name in names if name not in FIRST + TIMED]
        for jobs, some in (options.jobs, others), (options.timed_jobs, TIMED):
            with concurrent.futures.ThreadPoolExecutor(jobs) as together:
                for result in together.map(timed, [name for name in some if name in names]):
                    report(result)
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
