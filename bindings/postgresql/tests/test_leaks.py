"""A backend's memory does not grow with its calls. LEAK_CALLS=100000 makes so many."""
import os, pathlib

import memory
from scripts import error, say
from session import Session

CALLS = int(os.environ.get("LEAK_CALLS", 500))
STATEMENTS = """SELECT count(dosai.chat('Hi')) FROM generate_series(1, %(some)d);
SELECT count(*) FROM generate_series(1, %(some)d) AS i, LATERAL dosai.stream('Hi' || i);
SELECT count(*) FROM dosai.map('SELECT i, i FROM generate_series(1, %(some)d) i');
DO $$ BEGIN FOR i IN 1..%(some)d LOOP
  BEGIN PERFORM dosai.chat('bad'); EXCEPTION WHEN OTHERS THEN NULL; END;
END LOOP; END $$"""


def test_calls_keep_nothing(cluster, server):
    server.put("said", lambda request: error(400, "Not so.") if b'"bad"' in request.body else say("word ", "word ")(request))
    session = Session(cluster)
    session.ask("SET dosai.base_url = '%s'" % server.base("said"))

    def make(_, count):
        some = count // 4 + 1
        answers = session.ask(STATEMENTS % {"some": some}).replace("DO", "").split()
        assert answers == [str(some), str(some * 5), str(some)], answers
    make(0, 100)
    held = session.holds()
    grown = memory.growth(session.backend, CALLS, make)
    print(memory.told(grown, CALLS))
    assert memory.is_flat(grown, CALLS), memory.told(grown, CALLS)
    threads, opened = session.holds()
    assert threads == held[0] and len(opened) <= len(held[1]) + 8  # connections that are kept
    session.close()


def test_map_keeps_no_copies_of_values(cluster, server):
    """What is stored out of line is read into memory to become a text."""
    server.put("said", say("word"))
    session = Session(cluster)
    session.ask("SET dosai.base_url = '%s'" % server.base("said"))
    session.ask("CREATE TEMP TABLE long AS SELECT to_jsonb(repeat('x', 200000)) AS it FROM generate_series(1, 200)")
    peaks = []
    for count in (20, 200):
        assert session.ask("SELECT count(answer) FROM dosai.map('SELECT 1, it FROM long LIMIT %d')" % count) == str(count)
        status = pathlib.Path("/proc/%d/status" % session.backend).read_text()
        peaks.append(int(status.split("VmHWM:")[1].split()[0]))  # KB
    assert peaks[1] - peaks[0] < 20_000, peaks
    session.close()
