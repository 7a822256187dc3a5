"""The programs of examples/event-loops, built and run as they say themselves, against paced streams."""
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time

import pytest

import scripts
from lateness import allowance

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOSTS = ROOT / "examples" / "event-loops"
PACKAGES = {"libuv": "libuv1-dev", "glib": "libglib2.0-dev"}
MODULES = {"libuv": "libuv", "glib": "glib-2.0"}
PIECES = ["piece%d " % number for number in range(15)]
PACE = 0.1  # seconds
FLAGS = "-std=c99 -D_DEFAULT_SOURCE -Wall -Wextra -Wconversion -Werror "
VALGRIND = ["valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite", "--error-exitcode=9",
            "--track-fds=yes"]


def commands(name):
    """How the program's first comment builds and runs it, after `make`."""
    comment = (HOSTS / (name + ".c")).read_text().split("*/", 1)[0]
    block = re.findall(r"^ \*   (.*)$", comment.replace("\\\n *     ", ""), re.M)
    assert block[0] == "make" and len(block) == 3
    return block[1:]


def install(name):
    """What is missing is installed by root, and named to others."""
    package = PACKAGES.get(name)
    if not package or subprocess.run(["pkg-config", "--exists", MODULES[name]]).returncode == 0:
        return
    if os.getuid() != 0:
        pytest.fail("packages are missing; to install them: sudo apt-get install " + package, pytrace=False)
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    apt = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, stdin=subprocess.DEVNULL)
    subprocess.run(apt, env=quiet, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@pytest.fixture(params=["epoll", "libuv", "glib"])
def host(request, environment):
    """Runs the program, and gives its output's lines and its CPU time in seconds."""
    install(request.param)
    build, program = commands(request.param)
    assert build.startswith("cc ")
    subprocess.run("cc " + FLAGS + build[3:], shell=True, cwd=ROOT, check=True)

    def run(base, status=0, under=()):
        process = subprocess.Popen([*under, program], cwd=ROOT, env=dict(environment, DOSAI_BASE_URL=base),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        late = threading.Timer(600, process.kill)
        late.start()
        with process.stdout:
            output = process.stdout.read()
        usage = os.wait4(process.pid, 0)
        late.cancel()
        assert os.waitstatus_to_exitcode(usage[1]) == status, output
        return output.splitlines(), usage[2].ru_utime + usage[2].ru_stime

    return run


def paced(server, name, pace):
    server.put(name, {"events": scripts.text(*PIECES), "pace_ms": int(pace * 1000)})
    return server.base(name)


def test_streams_and_timer_take_turns(server, host):
    begun = time.monotonic()
    lines, cpu = host(paced(server, "host", PACE))
    seconds = len(PIECES) * PACE
    late = allowance(begun) / PACE  # in ticks, of which there is one for each piece of a stream
    ticks = [line for line in lines if line.startswith("tick ")]
    assert ticks == ["tick %d" % (number + 1) for number in range(len(ticks))]
    assert 0.7 * len(PIECES) - late < len(ticks) < 1.5 * len(PIECES) + 5 + late
    for tag in range(3):
        assert [line[3:] for line in lines if line.startswith("%d: " % tag)] == PIECES
        assert "%d is whole" % tag in lines
    said = [line[0] for line in lines if re.match(r"\d: ", line)]
    assert sum(one != other for one, other in zip(said, said[1:])) > len(said) / 2 - 3 * late  # in turns
    first, last = lines.index("0: " + PIECES[0]), lines.index("0: " + PIECES[-1])
    assert sum(line.startswith("tick ") for line in lines[first:last]) > len(ticks) / 2 - late
    print("%.0f ms of CPU in %.1f s" % (cpu * 1000, seconds))
    assert cpu < 0.1 * seconds  # it waits


def test_failure_is_told(server, host):
    lines, _ = host(server.base("mid-fin-chunked"), status=1)
    assert sum(" failed: " in line for line in lines) == 3 and "0: Hello" in lines


@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind")
def test_clean_end(server, host):
    lines, _ = host(paced(server, "quick", 0.005), under=VALGRIND)
    assert lines.count("0 is whole") == 1
    opened = [line for line in lines if "Open file descriptor" in line]
    kept = [line for line in lines if "by " in line and ": g_main_context_default " in line]  # GLib's own
    assert len(opened) == len(kept), "\n".join(lines)
