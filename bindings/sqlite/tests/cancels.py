"""cancels.py COUNT URL...: interrupts that many calls to each server, and fails if memory, threads or descriptors grow. It
has slow_lookup_shim.c preloaded: lookups of slow.test take five seconds."""
import json, os, pathlib, random, sys, threading, time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[3] / "Tests/Support"), str(pathlib.Path(__file__).parent)]
import memory
from by_ctypes import INTERRUPT, ROOT, Connection, Failed

STATEMENTS = ["chat('Hi')", "count(*) FROM chat_stream('Hi')"]
SETTLES = 60  # seconds, for lookups that nobody waits for
count, running = int(sys.argv[1]), []


def interrupt():
    """Whatever runs, again and again: SQLite forgets an interrupt of what does not run yet."""
    while running:
        time.sleep(random.random() * 0.01)
        for db in list(running):
            db.interrupt()


def cancel(db, calls):
    running[:] = [db]
    thread = threading.Thread(target=interrupt)
    thread.start()
    for at in range(calls):
        try:
            raise AssertionError(db.execute("SELECT " + STATEMENTS[at % len(STATEMENTS)]))
        except Failed as failure:
            assert failure.code == INTERRUPT, failure
    running.clear()
    thread.join()


def held():
    return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


def settled():
    end = time.monotonic() + SETTLES
    while held()[0] > 1 and time.monotonic() < end:
        time.sleep(0.1)
    return held()


connections = []
for url in sys.argv[2:]:
    connections.append(Connection())
    connections[-1].load(ROOT / "build/sqlite/dosai")
    connections[-1].one("chat_connect(?)", json.dumps({"base_url": url, "api_key": "k", "max_retries": 0}))
seen = []
for half in range(2):
    for db in connections:
        cancel(db, count // 2)
    seen.append((*settled(), memory.used(os.getpid())))
(threads, opened, used), last = seen
grown, calls = last[2] - used, count // 2 * len(connections)
print("%d cancels: %+d KB, %+d threads, %+d descriptors" % (calls, grown >> 10, last[0] - threads, last[1] - opened))
sys.exit((threads, opened) != last[:2] or threads != 1 or grown > 30 * calls + (128 << 10))
