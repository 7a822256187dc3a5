"""leaks.py BASE_URL CALLS: makes that many calls, and fails if memory or descriptors grow with them."""
import json, os, pathlib, sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[3] / "Tests/Support"), str(pathlib.Path(__file__).parent)]
import memory
from by_ctypes import ROOT, Connection, Failed

STATEMENTS = ["chat('Hi')", "chat_json('Hi', '{}')", "count(*) FROM chat_stream('Hi')", "text FROM chat_stream('Hi') LIMIT 1", "chat('bad')"]


def make(at, count):
    """On a connection of their own."""
    db = Connection()
    db.load(ROOT / "build/sqlite/dosai")
    db.one("chat_connect(?)", json.dumps({"base_url": sys.argv[1], "api_key": "k", "max_retries": 0}))
    for number in range(at, at + count):
        try:
            db.execute("SELECT " + STATEMENTS[number % len(STATEMENTS)])
        except Failed as failure:
            assert "Not so." in str(failure) or "not JSON" in str(failure), failure
    db.close()


calls = int(sys.argv[2])
make(0, 5)
opened = len(os.listdir("/proc/self/fd"))
grown = memory.growth(os.getpid(), calls, make)
print(memory.told(grown, calls))
sys.exit(not memory.is_flat(grown, calls) or len(os.listdir("/proc/self/fd")) > opened)
