#!/usr/bin/env python3
"""Makes many calls by each testee: whole, streamed, left, cancelled and refused, by each way; then cancels as many as asked
in a lookup, a connect, before an answer and in a stream. Memory, threads and descriptors must not grow.

    leaks.py [--calls N] [--cancels N] [--leak BYTES] NAME...

--leak: so many bytes are lost on purpose in each call, and for each loop. Of 100,000 calls, 100 bytes each must be found."""
import argparse, json, os, pathlib, subprocess, sys, tempfile, time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "Tests/Support"), str(ROOT / "Tests/Wire")]
import memory
from own_tests import mixed
from server import LoopbackServer

OPTIONS = {"max_retries": -1, "api_key": "k", "total_timeout_ms": 20_000}
WAYS = [{"face": face} for face in ("whole", "stream", "async_whole", "async_stream")]
STREAMS = [{"face": "stream"}, {"face": "async_stream"}]
CALLS = [*WAYS, *WAYS, *({**way, "drop_after": 1} for way in STREAMS), *({**way, "cancel_after": 1} for way in STREAMS),
         *({**way, "model": "bad"} for way in WAYS)]
AT_ONCE = 50  # lines that are written before an answer is read; more would fill a pipe
GARBAGE = 20  # threads or descriptors, of thousands of calls
SETTLES = 60  # seconds, for lookups that nobody waits for
# A garbage collector has its heap from the start, and malloc few arenas.
STEADY = {"MALLOC_ARENA_MAX": "1", "JAVA_TOOL_OPTIONS": "-Xms64m -Xmx64m -XX:+AlwaysPreTouch", "MONO_GC_PARAMS": "nursery-size=1m",
          "NODE_OPTIONS": "--max-semi-space-size=1 --max-old-space-size=64"}
LOSES = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
int curl_multi_add_handle(void *multi, void *easy) {
  int (*next)(void *, void *) = (int (*)(void *, void *))dlsym(RTLD_NEXT, "curl_multi_add_handle");
  memset(malloc(LEAK), 1, LEAK);
  return next(multi, easy);
}
"""


def wanted(call):
    if "cancel_after" in call:
        return "CANCELLED", "OK"  # all may have arrived
    return ("CANCELLED", "TIMEOUT") if "cancel_after_ms" in call else ("BAD_REQUEST",) if "model" in call else ("OK",)


class Process:
    def __init__(self, name, preloaded):
        self.missed = 0  # cancels: Python loses what a signal's handler raises in a destructor
        self.process = subprocess.Popen([ROOT / "build/testees" / name, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env={**os.environ, **STEADY, "LD_PRELOAD": ":".join(preloaded)})
        self.folder = pathlib.Path("/proc/%d" % self.process.pid)

    def ask(self, url, asked):
        """All at once; answers are what they are: the judge compares them."""
        model = {"model": asked.get("model", "m"), "messages": []}
        return json.dumps({"url": url, "options": OPTIONS, "request": model, **asked}).encode() + b"\n"

    def make(self, url, calls):
        for start in range(0, len(calls), AT_ONCE):
            some = calls[start:start + AT_ONCE]
            self.process.stdin.write(b"".join(self.ask(url, call) for call in some))
            self.process.stdin.flush()
            for call in some:
                answer = json.loads(self.process.stdout.readline())
                assert "failed" not in answer, answer["failed"]
                assert answer["status"] in wanted(call), answer
                self.missed += answer["status"] == "TIMEOUT"

    def held(self):
        return len(os.listdir(self.folder / "task")), len(os.listdir(self.folder / "fd"))

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)


def cancelled(process, server, count):
    """What is held more than before, once that had time to go: threads and descriptors; and how much memory grew in the second half."""
    places = {"https://slow.test/v1": WAYS, server.blackhole: WAYS, server.base("silent"): WAYS, server.base("silent-chunk"): STREAMS}
    for half in range(2):
        for url, ways in places.items():
            process.make(url, [{**ways[at % len(ways)], "cancel_after_ms": 5} for at in range(count // 2)])
        end, before = time.monotonic() + SETTLES, process.held() if half else (0, 0)
        seen = settled(process, end)
        if not half:
            first, used = seen, memory.used(process.process.pid)
    return tuple(now - then for now, then in zip(seen, first)), memory.used(process.process.pid) - used


def settled(process, end):
    seen = process.held()
    while time.monotonic() < end:
        time.sleep(6)
        last, seen = seen, process.held()
        if seen >= last:
            break
    return seen


def shared(folder, name, source, *flags):
    path = folder / (name + ".so")
    subprocess.run(["cc", "-shared", "-fPIC", *flags, "-o", path, source], check=True)
    return str(path)


def play(server, name, options, preloaded):
    started, process = time.monotonic(), Process(name, preloaded)
    grown = memory.growth(process.process.pid, options.calls, lambda start, count: process.make(
        server.base("mixed"), [CALLS[at % len(CALLS)] for at in range(start, start + count)]))
    (threads, descriptors), more = cancelled(process, server, options.cancels) if options.cancels else ((0, 0), 0)
    process.end()
    is_flat = process.missed * 500 <= options.cancels and memory.is_flat(grown, options.calls) and max(threads, descriptors) <= GARBAGE and memory.is_flat(more, 4 * options.cancels)
    print("%-4s %-7s %s; %d cancels of each kind, in half of them: %+d KB, %+d threads, %+d descriptors; %d missed (%.0f s)" % (
        "ok" if is_flat else "FAIL", name, memory.told(grown, options.calls), options.cancels, more >> 10, threads, descriptors,
        process.missed, time.monotonic() - started), flush=True)
    return is_flat


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--cancels", type=int, default=1000)
    parser.add_argument("--leak", type=int, default=0)
    parser.add_argument("testees", nargs="+")
    options = parser.parse_args()
    with LoopbackServer() as server, tempfile.TemporaryDirectory() as folder:
        server.put("mixed", mixed)
        preloaded = [str(ROOT / "build/lib/libdosai.so.0"), shared(pathlib.Path(folder), "slow", ROOT / "Tests/ABI/slow_lookup_shim.c")]  # PHP binds deeply
        if options.leak:
            source = pathlib.Path(folder) / "loses.c"
            source.write_text(LOSES)
            preloaded.append(shared(pathlib.Path(folder), "loses", source, "-DLEAK=%d" % options.leak))
        return not all([play(server, name, options, preloaded) for name in options.testees])


if __name__ == "__main__":
    sys.exit(main())
