"""Connections that are dead, and nobody said so."""
import time

import pytest

from bench import KINDS, Bench

FACES = ["unary", "callback", "pull", "loop"]
QUIET = 5  # seconds without an acknowledgement, after which a connection is closed
RETRIES, NO_RETRIES = {"max_retries": 2}, {"max_retries": -1}


def call_on_dead_connection(bench, kind, face, who, **options):
    """The second call of a client, on a connection on which the packets of `who` are dropped since the first."""
    bench.put("text", stream=face != "unary")
    client = bench.client(kind, "text", **options)
    assert client.call(face)["status"] == "OK"
    bench.wire("forget", who)
    return client, client.call(face, timeout=30)


def check_time(seen, low, high):
    spent = seen["seconds"] - seen["waits"]
    assert low <= spent <= high + seen["late"], seen


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("kind", KINDS)
def test_dropped_connection(kind, face):
    with Bench() as bench:
        _, seen = call_on_dead_connection(bench, kind, face, "both", **RETRIES)
        assert seen["statuses"] == ["CONNECTION", "OK"], seen
        check_time(seen, QUIET - 0.5, QUIET + 0.5)
        assert (bench.requests("text"), bench.wire("flows")) == (2, 2)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("kind", KINDS)
def test_dropped_connection_without_retries(kind, face):
    with Bench() as bench:
        client, seen = call_on_dead_connection(bench, kind, face, "both", **NO_RETRIES)
        assert seen["statuses"] == ["CONNECTION"], seen
        check_time(seen, QUIET - 0.5, QUIET + 0.5)
        assert bench.requests("text") == 1
        assert client.call(face)["status"] == "OK"
        assert (bench.requests("text"), bench.wire("flows")) == (2, 2)


@pytest.mark.parametrize("kind, face", [("tls", "pull"), ("h2", "loop")])
def test_dropped_connection_of_a_proxy(kind, face):
    with Bench() as bench:
        _, seen = call_on_dead_connection(bench, kind, face, "both", proxy=bench.proxy(), **RETRIES)
        assert seen["statuses"] == ["CONNECTION", "OK"], seen
        check_time(seen, QUIET - 0.5, QUIET + 0.5)
        assert (bench.requests("text"), bench.wire("flows")) == (2, 2)


def test_dropped_connection_of_many_calls():
    """They share it, over HTTP/2."""
    with Bench() as bench:
        bench.put("text", stream=True)
        client = bench.client("h2", "text", **RETRIES)
        assert client.call("loop")["status"] == "OK"
        bench.wire("forget", "both")
        client.tell(do="many", count=8)
        seen = client.end(30)
        assert seen["ends"] == [["OK", 2]] * 8, seen
        assert QUIET - 0.5 <= seen["seconds"] < QUIET + 2 + seen["late"], seen
        assert bench.requests("text") == 9
        assert bench.wire("flows") == 2


@pytest.mark.parametrize("kind, face", list(zip(KINDS, FACES[1:])))
def test_lost_answer(kind, face):
    """The requests arrive; acknowledgements and answers do not."""
    with Bench() as bench:
        _, seen = call_on_dead_connection(bench, kind, face, "server", **RETRIES)
        assert seen["statuses"] == ["CONNECTION", "OK"], seen
        check_time(seen, QUIET - 0.5, QUIET + 0.5)
        assert bench.requests("text") == 3


@pytest.mark.parametrize("kind, face", list(zip(KINDS, FACES[1:])))
def test_lost_answer_without_retries(kind, face):
    with Bench() as bench:
        _, seen = call_on_dead_connection(bench, kind, face, "server", **NO_RETRIES)
        assert seen["statuses"] == ["CONNECTION"], seen
        check_time(seen, QUIET - 0.5, QUIET + 0.5)
        assert bench.requests("text") == 2


@pytest.mark.parametrize("retries", [2, -1])
def test_every_answer_lost(retries):
    """New connections too: the server's packets are dropped once the request goes out."""
    with Bench() as bench:
        bench.put("text", stream=True)
        client = bench.client("plain", "text", max_retries=retries)
        bench.wire("mute", 1)
        seen = client.call("pull")
        attempts = 1 + max(retries, 0)
        assert seen["statuses"] == ["CONNECTION"] * attempts, seen
        check_time(seen, attempts * (QUIET - 0.5), attempts * (QUIET + 0.5))
        assert bench.requests("text") == bench.wire("flows") == attempts


@pytest.mark.long
@pytest.mark.parametrize("face", FACES[1:])
@pytest.mark.parametrize("kind", KINDS)
def test_path_dies_in_a_stream(kind, face):
    with Bench() as bench:
        whole = bench.put("text", stream=True, count=100, pace_ms=100)
        client = bench.client(kind, "text", **RETRIES)
        client.begin(face)
        time.sleep(2)
        bench.wire("down", -1)
        seen = client.end()
        assert seen["status"] == "TRUNCATED" and seen["attempts"] == 1, seen
        assert seen["text"] and whole.startswith(seen["text"])
        check_time(seen, 2, 62)
        assert bench.requests("text") == 1


def connections_of_two_calls(kind, face, pause, **options):
    with Bench() as bench:
        bench.put("text", stream=face != "unary")
        client = bench.client(kind, "text", **options)
        assert client.call(face)["status"] == "OK"
        time.sleep(pause)
        assert client.call(face)["attempts"] == 1
        assert bench.requests("text") == 2
        return bench.wire("flows")


@pytest.mark.parametrize("kind, face", list(zip(KINDS, ["unary", "pull", "loop"])))
def test_idle_connection_is_too_old(kind, face):
    assert connections_of_two_calls(kind, face, 4, keep_alive_timeout_ms=1500) == 2  # rounded up to 2 s


@pytest.mark.parametrize("kind, face", list(zip(KINDS, ["unary", "pull", "loop"])))
def test_idle_connection_is_young(kind, face):
    assert connections_of_two_calls(kind, face, 2, keep_alive_timeout_ms=8000) == 1


@pytest.mark.long
@pytest.mark.parametrize("pause, limit, connections", [(52, 0, 1), (64, 0, 2), (64, -1, 1)])
def test_idle_connection_by_default(pause, limit, connections):
    assert connections_of_two_calls("tls", "unary", pause, keep_alive_timeout_ms=limit) == connections
