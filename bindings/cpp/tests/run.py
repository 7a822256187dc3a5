#!/usr/bin/env python3
"""Builds the C++ tests with each compiler and standard and runs each against one loopback server; then each
example by the commands that it begins with."""
import concurrent.futures, os, pathlib, re, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "Tests/Support"))
from scripts import put_cpp
from server import LoopbackServer

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
TESTS = {"chat": [], "stream": [], "loop": [], "tools": [], "status": ["-fno-exceptions", "-fno-rtti"]}
SANITIZE = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
VARIANTS = [["g++", "-std=c++17"], ["g++", "-std=c++20", *SANITIZE],
            ["clang++", "-std=c++17"], ["clang++", "-std=c++20"]]
EXAMPLES = {"chat": "hello", "stream": "hello", "tools": "rich", "json_mode": "hello",
            "loop": "hello"}
LIBRARY = ["-L" + str(ROOT / "build/lib"), "-Wl,-rpath," + str(ROOT / "build/lib"), "-ldosai", "-pthread"]
TIMEOUT = 600  # seconds, for one run


def run(command, **environment):
    try:
        ran = subprocess.run(command, cwd=ROOT, env=dict(os.environ, **environment), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                             timeout=TIMEOUT)
    except subprocess.TimeoutExpired as late:
        return False, "no end in %d s\n" % TIMEOUT + (late.stdout or b"").decode(errors="replace")
    return ran.returncode == 0, ran.stdout


def test(server, program, name, compiler):
    build = [*compiler, *WARNINGS, *TESTS[name], "-I" + str(ROOT / "include"), "-I" + str(ROOT / "bindings/cpp")]
    other = str(program) + ".o"  # linked first, so that its inline functions are taken
    good, output = run([*build, "-fno-exceptions", "-c", str(HERE / "other.cpp"), "-o", other])
    if good:
        good, output = run([*build, other, str(HERE / (name + ".cpp")), "-o", str(program), *LIBRARY])
    if good:
        good, output = run([str(program)], DOSAI_TEST_PLAIN=server.plain)
    return good and output.startswith("ok "), output


def example(server, name):
    """Its commands: make was before, the others are in the comment that it begins with."""
    code = (ROOT / "examples/cpp" / (name + ".cpp")).read_text().replace(" \\\n *    ", "")
    commands = re.findall(r"^ \*   ((?:c\+\+|build/).*)$", code, flags=re.M)
    good, output = len(commands) == 2, "no commands to build and run it"
    for command in commands:
        if good:
            good, output = run(command.split(), DOSAI_BASE_URL=server.base(EXAMPLES[name]), DOSAI_API_KEY="sk-test")
    return good and bool(output), output


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder, LoopbackServer() as server, \
            concurrent.futures.ThreadPoolExecutor(2) as together:
        put_cpp(server)
        jobs = {}
        for number, variant in enumerate(VARIANTS):
            for name in TESTS:
                program = pathlib.Path(folder, "%s-%d" % (name, number))
                title = " ".join([name, *(word for word in variant if word not in SANITIZE[::2])])
                jobs[title] = together.submit(test, server, program, name, variant)
        for name in EXAMPLES:
            jobs["example " + name] = together.submit(example, server, name)
        for title, job in jobs.items():
            good, output = job.result()
            failed += not good
            last = "".join(output.strip().splitlines()[-1:])
            print("%-4s %-50s %s" % ("ok" if good else "FAIL", title, last), flush=True)
            if not good:
                print(output, flush=True)
    print("%d passed, %d failed" % (len(jobs) - failed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
