"""Cancels, wherever a call waits: the backend lives on, and holds nothing more than before.

CANCELS=1000 cancels each kind of call so often; without it, as often as a quick test can."""
import os, pathlib, re, signal, time

import pytest

from cluster import Cluster
from lateness import allowance
from session import Session, codes, held

CANCELS = int(os.environ.get("CANCELS", 12))
HELLO = "Hello! How can I help you today?"
PLACES = {"a slow lookup": "https://slow.test/v1", "a slow connect": "blackhole", "no answer": "silent", "a silent stream": "silent-chunk"}
CALLS = {"a slow lookup": "dosai.chat('Hi')", "a slow connect": "dosai.chat('Hi')", "no answer": "* FROM dosai.map('SELECT i, i FROM generate_series(1, 4) i')",
         "a silent stream": "* FROM dosai.stream('Hi')"}
# In another session: cancels whatever that backend waits for, until it is idle and says that it is done.
CANCELLER = """DO $$ DECLARE it record; BEGIN
  LOOP
    PERFORM pg_stat_clear_snapshot();
    SELECT wait_event_type, application_name INTO it FROM pg_stat_activity WHERE pid = %d;
    EXIT WHEN it.application_name = 'done';
    IF it.wait_event_type = 'Extension' THEN
      PERFORM pg_sleep(random() * 0.02);
      PERFORM pg_cancel_backend(%d);
    END IF;
    PERFORM pg_sleep(0.002);
  END LOOP;
END $$"""


def where(server, place):
    at = PLACES[place]
    return at if ":" in at else server.blackhole if at == "blackhole" else server.base(at)


left = []  # sessions that have cancelled, and what they held before


def settled(session, before):
    """What the backend holds, once its lookups, which nothing can stop, had time to end."""
    end = time.monotonic() + 30
    while (now := session.holds()) != before and time.monotonic() < end:
        time.sleep(0.05)
    return now


def until_done(session, sql):
    """A cancel may come late, or the timeout of a statement before it has run."""
    while codes(session.ask(sql)):
        pass


@pytest.mark.parametrize("place", PLACES)
def test_cancels(cluster, server, place):
    session, other = Session(cluster), Session(cluster)
    other.ask("SET statement_timeout = 0")
    assert session.ask("SELECT dosai.chat('Hi')") == HELLO
    session.ask("SET dosai.base_url = '%s'; SET statement_timeout = 500; SELECT dosai.chat('Hi')" % server.base("silent"))
    until_done(session, "SET statement_timeout = 0")
    before = session.holds()  # a client, and no loop
    assert before[0] == 1
    session.ask("SET dosai.base_url = '%s'; SET statement_timeout = 20" % where(server, place))
    call = "SELECT %s;\n" % CALLS[place]
    by_time = session.ask(call * CANCELS)
    assert codes(by_time) == ["57014"] * CANCELS
    # PostgreSQL has called 1 of 4,000 a user's request, and 1 of 100 where the backend was late.
    assert by_time.count("due to statement timeout") >= CANCELS - max(3, CANCELS // 100)
    until_done(session, "SET statement_timeout = 0")
    other.begin(CANCELLER % (session.backend, session.backend))
    by_user = session.ask(call * CANCELS)
    until_done(session, "SET application_name = 'done'")
    assert other.end() == ""
    assert codes(by_user) == ["57014"] * CANCELS and by_user.count("due to user request") == CANCELS
    assert session.ask("SELECT pg_backend_pid()") == str(session.backend)
    left.append((session, before))
    other.close()


@pytest.mark.parametrize("place", PLACES)
def test_at_once(cluster, server, place):
    session, other = Session(cluster), Session(cluster)
    session.ask("SET dosai.base_url = '%s'" % where(server, place))
    for _ in range(3):
        session.begin("SELECT " + CALLS[place])
        end = time.monotonic() + 10
        while other.ask("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %d" % session.backend) != "Extension":
            assert time.monotonic() < end
        started = time.monotonic()
        os.kill(session.backend, signal.SIGINT)  # what pg_cancel_backend sends
        assert codes(session.end()) == ["57014"]
        assert time.monotonic() - started < 0.05 + allowance(started)
    session.close()
    other.close()


def test_no_signal_for_the_lookup(cluster):
    """PostgreSQL's handlers never run in libcurl's thread."""
    session = Session(cluster)
    session.begin("SET dosai.base_url = 'https://slow.test/v1'; SELECT dosai.chat('Hi')")
    tasks, end = pathlib.Path("/proc/%d/task" % session.backend), time.monotonic() + 10
    while len(others := [task for task in tasks.iterdir() if task.name != str(session.backend)]) < 1:
        assert time.monotonic() < end
    time.sleep(0.2)  # glibc begins each thread with all of them blocked
    blocked = int(re.search(r"SigBlk:\s*(\w+)", (others[0] / "status").read_text()).group(1), 16)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGALRM, signal.SIGURG):
        assert blocked >> (number - 1) & 1
    os.kill(session.backend, signal.SIGINT)
    assert codes(session.end()) == ["57014"]
    session.close()


def test_what_is_no_cancel_stops_no_call(cluster, server):
    """DROP DATABASE, for one, interrupts every backend, for a barrier."""
    session, other = Session(cluster), Session(cluster)
    server.put("later", {"json": {"choices": [{"index": 0, "message": {"content": "Hello"}}]}, "delay_ms": 700})
    session.begin("SET dosai.base_url = '%s'; SELECT dosai.chat('Hi')" % server.base("later"))
    time.sleep(0.2)
    assert other.ask("CREATE DATABASE gone; DROP DATABASE gone; SELECT pg_log_backend_memory_contexts(%d)" % session.backend) == "t"
    assert session.end() == "Hello"
    assert server.stats("later")["requests"] == 1
    session.close()
    other.close()


def test_terminated(cluster, server):
    session, other = Session(cluster), Session(cluster)
    session.begin("SET dosai.base_url = 'https://slow.test/v1'; SELECT dosai.chat('Hi')")
    time.sleep(0.2)
    started = time.monotonic()
    assert other.ask("SELECT pg_terminate_backend(%d, 10000)" % session.backend) == "t"
    assert time.monotonic() - started < 1 + allowance(started)
    other.close()
    session.process.kill()
    session.process.wait()


def test_preloaded(cluster, server):
    """The postmaster has the library, and nothing of it: each backend has its own, also one that is forked later."""
    with Cluster("shared_preload_libraries = 'dosai'\ndosai.base_url = '%s'" % server.base("hello~preloaded")) as preloaded:
        assert "libdosai.so.0" in pathlib.Path("/proc/%d/maps" % preloaded.postmaster()).read_text()
        sessions = [Session(preloaded) for _ in range(3)]
        assert [session.ask("SELECT dosai.chat('Hi')") for session in sessions] == [HELLO] * 3
        assert server.stats("hello~preloaded")["connections"] == 3
        assert held(preloaded.postmaster()) == held(cluster.postmaster())
        assert codes(preloaded.sql("CREATE ROLE caller LOGIN; \\c - caller\nSET dosai.base_url = 'x'")) == ["42501"]
        sessions[0].begin("SET dosai.base_url = '%s'; SELECT dosai.chat('Hi')" % server.base("silent"))
        time.sleep(0.2)
        os.kill(preloaded.postmaster(), signal.SIGKILL)
        end = time.monotonic() + 10
        while os.path.exists("/proc/%d" % sessions[0].backend) and time.monotonic() < end:
            time.sleep(0.01)
        assert not os.path.exists("/proc/%d" % sessions[0].backend)
        for session in sessions:
            session.process.kill()
            session.process.wait()
        (preloaded.data / "postmaster.pid").unlink()


def test_nothing_is_left(server):
    assert len(left) == len(PLACES)
    for session, before in left:
        assert settled(session, before) == before
        assert session.ask("SET dosai.base_url = '%s'; SELECT dosai.chat('Hi')" % server.base("hello")) == HELLO
        session.close()


def test_it_is_small():
    text = "".join(file.read_text() for file in pathlib.Path(__file__).parents[1].glob("src/*"))
    assert len([line for line in text.splitlines() if line.strip()]) < 400
