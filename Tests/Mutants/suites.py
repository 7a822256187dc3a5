"""The suites that may kill a mutant, each a command over the mutated tree, and one run of one of them."""
import hashlib, importlib.util, os, pathlib, re, resource, signal, subprocess, sys, time

from tree import BUILD, ROOT, TREE

sys.path.insert(0, str(TREE / "Tests/Support"))
PROGRAMS, OUTPUTS = BUILD / "programs", BUILD / "outputs"
PYTEST = [str(ROOT / "build/venv/bin/python"), "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
MOVING = "DosaiHTTPTests.SocketsTests", "DosaiJSONTests.DocumentLocaleTests"
UNIT = [str(TREE / ".build/debug/dosaiPackageTests.xctest"), "--testing-library", "swift-testing"]
# They try other things than the library, or the same from afar.
OTHERS = {"test_packaging", "test_typing", "test_side_by_side", "test_programs", "test_examples", "test_beside_others"}
SETTINGS = {"DOSAI_SOAK_SECONDS": "1", "DOSAI_PAUSE_SECONDS": "2", "SWIFT_BACKTRACE": "enable=no"}
MEMORY = 3 << 30


class Suite:
    def __init__(self, name, command, server=False, steady=False, memory=MEMORY, **environment):
        self.name, self.command, self.environment = name, command, environment
        self.server = server  # it needs one
        self.steady = steady  # without clocks, sockets and threads: what fails once fails again
        self.memory = memory  # at most; None: the address sanitizer, which asks for terabytes
        self.wall = self.cpu = 0.0
        self.reached = set()


class Run:
    def __init__(self, failed, how, wall, cpu):
        self.failed, self.how, self.wall, self.cpu = failed, how, wall, cpu


def conformance():
    """The programs of Tests/ABI, built by its runner."""
    runner = TREE / "Tests/ABI/run.py"
    command = [sys.executable, str(runner), "--part", "build", "--folder", str(PROGRAMS), "--library", str(TREE / "build/lib")]
    built = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if built.returncode:
        sys.exit(built.stdout)
    for path in sorted(runner.parent.glob("*.c")):
        if (PROGRAMS / path.stem).exists():
            shim = PROGRAMS / (path.stem + ".so")
            more = {"LD_PRELOAD": str(shim)} if shim.exists() else {}
            yield Suite("ABI/" + path.stem, [str(PROGRAMS / path.stem)], server=True,
                        DOSAI_TEST_LIBRARY=str(PROGRAMS / "lib/libdosai.so.0"), **more)


def unit():
    listed = subprocess.run([*UNIT, "--list-tests"], stdout=subprocess.PIPE, text=True, check=True).stdout
    for name in sorted({line.split("/")[0] for line in listed.splitlines() if "/" in line}):
        yield Suite(name, [*UNIT, "--filter", "^%s/" % re.escape(name)], steady=name not in MOVING)


def call_state():
    """The state of a call with a virtual clock."""
    subprocess.run(["make", "-s", "build/call-state"], cwd=TREE, check=True)
    yield Suite("call-state", [str(TREE / "build/call-state")], steady=True)


def cpp():
    for name in ("chat", "stream", "loop", "status"):
        folder = TREE / "bindings/cpp/tests"
        program = PROGRAMS / ("cpp_" + name)
        command = ["g++", "-std=c++17", *(["-fno-exceptions", "-fno-rtti"] if name == "status" else []), "-I%s/include" % TREE,
                   "-I%s/bindings/cpp" % TREE, str(folder / (name + ".cpp")), str(folder / "other.cpp"), "-o", str(program),
                   "-L%s/build/lib" % TREE, "-Wl,-rpath,%s/build/lib" % TREE, "-ldosai", "-pthread"]
        subprocess.run(command, check=True)
        yield Suite("cpp/" + name, [str(program)], server=True)


def pytest():
    for folder in ("Tests/Wire", "Tests/Hosts", "Tests/Network", "bindings/python/tests"):
        for path in sorted((TREE / folder).glob("test_*.py")):
            if path.stem not in OTHERS:
                yield Suite("%s/%s" % (folder.split("/")[1], path.stem), [*PYTEST, str(path.relative_to(TREE))],
                            PYTHONPATH=str(TREE / "bindings/python"))


def fuzz():
    """The corpus of the targets that run the library as it is shipped."""
    spec = importlib.util.spec_from_file_location("fuzz", TREE / "Tests/Fuzz/run.py")
    runner = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(runner)
    runner.build_shipped()
    for target in runner.SHIPPED:
        folder = runner.lay_out(target, runner.read(target), "replay")
        yield Suite("Fuzz/" + target, [str(runner.program(target, True)), *runner.LIMITS, "-runs=0", str(folder)], memory=None,
                    DOSAI_FUZZ=target, DOSAI_FUZZ_TWICE="1", **runner.SETTINGS)


def every():
    return [*unit(), *conformance(), *call_state(), *cpp(), *fuzz(), *pytest()]


def output_of(suite, number):
    return OUTPUTS / ("%d-%s" % (number, suite.name.replace("/", "-")))


def stamp():
    """Of the two builds."""
    built = (TREE / "build/lib/libdosai.so.0").read_bytes() + pathlib.Path(UNIT[0]).read_bytes()
    return hashlib.sha256(built).hexdigest()


def run(suite, number, server, reached=None, limits=None):
    """`limits`: seconds by the wall's clock and the processor's."""
    from scripts import put_cpp
    environment = {**os.environ, **SETTINGS, **suite.environment, "DOSAI_MUTANT": str(number)}
    if reached:
        environment["DOSAI_MUTANTS_REACHED"] = str(reached)
    if suite.server:
        put_cpp(server)
        environment.update(("DOSAI_TEST_" + key.upper(), value) for key, value in server.address.items())

    def limit():
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if suite.memory:
            resource.setrlimit(resource.RLIMIT_DATA, (suite.memory, suite.memory))
        if limits:
            resource.setrlimit(resource.RLIMIT_CPU, (int(limits[1]), int(limits[1]) + 1))

    OUTPUTS.mkdir(parents=True, exist_ok=True)
    began, how = time.monotonic(), None
    with open(output_of(suite, number), "wb") as output:
        process = subprocess.Popen(suite.command, cwd=TREE, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, preexec_fn=limit)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if limits and how is None and time.monotonic() - began > limits[0]:
                how = "no end"
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.01)
        process.returncode = os.waitstatus_to_exitcode(status)
    try:
        os.killpg(process.pid, signal.SIGKILL)  # what it left behind
    except ProcessLookupError:
        pass
    if how is None and process.returncode < 0:
        how = {signal.SIGXCPU: "no end", signal.SIGKILL: "no end"}.get(-process.returncode, "a crash")
    if how is None and process.returncode:
        how = "a failure"
    return Run(how is not None, how, time.monotonic() - began, usage.ru_utime + usage.ru_stime)


def reached_of(path):
    return {number for number, byte in enumerate(path.read_bytes()) if byte}
