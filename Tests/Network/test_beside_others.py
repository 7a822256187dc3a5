"""The same networks for dosai, curl and openai-python, each as it comes: streams over TLS. Their times are the table."""
import concurrent.futures, importlib.util, time

import pytest

from agent import PAUSE
from bench import Bench

PROGRAMS = ["dosai", "curl"] + ["openai-python"] * bool(importlib.util.find_spec("openai"))  # it wants a newer Python
LONGEST = 75  # seconds, then a program is stopped


class Row:
    """warm: the second call of a client is measured. wire: the command for the wire, `at` seconds into the call; if it is
    warm before the second. within: the seconds in which dosai has to be there with its status."""

    def __init__(self, title, within, host="server", warm=False, wire=None, at=0, status="OK", **put):
        self.title, self.within, self.host, self.warm, self.wire, self.at = title, within, host, warm, wire, at
        self.status, self.put = status, put


ROWS = [
    Row("nothing is wrong: the first call", 0.5),
    Row("nothing is wrong: the second call", 0.5, warm=True),
    Row("the pooled connection was dropped by a middlebox", 7, warm=True, wire=["forget", "both"]),
    Row("two IPv4 addresses, the first is dead", 10, host="dead4-live4"),
    Row("two IPv6 addresses, the first is dead", 10, host="dead6-live6"),
    Row("the name server answers after 3 s", 10, host="slow"),
    Row("the name server does not answer for IPv6", 10, host="no-aaaa"),
    Row("the name server is silent", 34, host="silent", status="TIMEOUT CONNECTION"),
    Row("5 % of all packets are lost, a stream of 4 s", 30, wire=["loss", 500, 7], count=200, pace_ms=20),
    Row("the link is down for 5 s in a stream of 4 s", 20, wire=["down", 5000], at=2, count=40, pace_ms=100),
    Row("the link is down for 30 s in a stream of 4 s", 70, wire=["down", 30000], at=2, count=40, pace_ms=100),
    Row("the path dies in a stream", 62, wire=["down", -1], at=2, status="TRUNCATED", count=100, pace_ms=100),
]
CELLS = {}  # by title and program


def measure(row, program):
    with Bench() as bench:
        whole = bench.put("text", stream=True, **row.put)
        options = {"max_retries": 2} if program == "dosai" else {}
        client = bench.client("tls", "text", row.host, program, **options)
        face = "pull"
        if row.warm and program == "curl":
            client.begin("warm")
            time.sleep(PAUSE / 2)
        elif row.warm:
            assert client.call(face)["status"] == "OK"
        if row.wire and not row.at:
            bench.wire(*row.wire)
        if not (row.warm and program == "curl"):
            client.begin(face)
        if row.at:
            time.sleep(row.at)
            bench.wire(*row.wire)
        seen = client.end(LONGEST)
        assert seen["status"] != "OK" or seen["text"] == whole, seen
        status = "" if seen["status"] == "OK" else seen["status"] + ", "
        cell = "%s%.1f s, %d, %d" % (status, seen["seconds"], seen["attempts"], bench.wire("flows"))
        CELLS[row.title, program] = cell if seen["status"] != "no answer" else "no answer in %d s" % LONGEST
        return seen


@pytest.mark.long
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_beside_others(row):
    with concurrent.futures.ThreadPoolExecutor(len(PROGRAMS)) as together:
        seen = dict(zip(PROGRAMS, together.map(measure, [row] * len(PROGRAMS), PROGRAMS)))
    ours = seen["dosai"]
    assert ours["status"] in row.status.split() and ours["seconds"] < row.within + ours["late"], ours
    if row.title.startswith("nothing"):
        assert {one["status"] for one in seen.values()} == {"OK"}, seen


def table():
    """In Markdown; nothing if it was not asked for."""
    titles = [row.title for row in ROWS if any((row.title, program) in CELLS for program in PROGRAMS)]
    lines = [[title] + [CELLS.get((title, program), "") for program in PROGRAMS] for title in titles]
    return ["| %s |" % " | ".join(line) for line in ([["network", *PROGRAMS], ["---"] * (1 + len(PROGRAMS))] if lines else []) + lines]
