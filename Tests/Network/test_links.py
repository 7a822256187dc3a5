"""Links that are slow, lose packets, or are down for a while: nothing is given up that goes on."""
import time

import pytest

from bench import KINDS, Bench

EACH = pytest.mark.parametrize("kind, face", list(zip(KINDS, ["callback", "pull", "loop"])))


@pytest.mark.long
@pytest.mark.parametrize("kind, face, megabytes", [("plain", "callback", 20), ("tls", "pull", 6), ("h2", "loop", 6)])
def test_slow_upload(kind, face, megabytes):
    """At 100 KB/s: many times as long as a connection may stay without an acknowledgement."""
    with Bench() as bench:
        whole = bench.put("text", stream=True)
        bench.wire("rate", 100000)
        seen = bench.client(kind, "text", words=megabytes * 333333).call(face, timeout=400)
        assert seen["status"] == "OK" and seen["text"] == whole and seen["seconds"] > 9 * megabytes, seen
        assert bench.requests("text") == bench.wire("flows") == 1


@pytest.mark.long
@EACH
def test_path_dies_in_an_upload(kind, face):
    """When some of it was acknowledged: not after 5 s, for it may only be down, but within a minute."""
    with Bench() as bench:
        bench.put("text", stream=True)
        bench.wire("rate", 100000)
        client = bench.client(kind, "text", words=1000000, max_retries=-1)
        client.begin(face)
        time.sleep(3)
        bench.wire("down", -1)
        seen = client.end()
        assert (seen["status"], seen["attempts"]) == ("CONNECTION", 1) and 45 < seen["seconds"] < 65 + seen["late"], seen


@pytest.mark.parametrize("kind, face", [("plain", "unary"), ("tls", "pull"), ("h2-shut", "loop")])
def test_peer_stops_reading(kind, face):
    """Its window is full: TCP's, and over HTTP/2 the stream's."""
    with Bench() as bench:
        whole = bench.put("text", stream=face != "unary", read_after_ms=30000)
        seen = bench.client(kind, "text", words=3000000).call(face)
        assert seen["status"] == "OK" and seen["text"] == whole and seen["seconds"] > 29, seen
        assert bench.requests("text") == bench.wire("flows") == 1


@EACH
def test_slow_first_token(kind, face):
    with Bench() as bench:
        whole = bench.put("text", stream=True, delay_ms=12000)
        seen = bench.client(kind, "text").call(face)
        assert seen["status"] == "OK" and seen["text"] == whole and seen["seconds"] > 11, seen
        assert bench.requests("text") == bench.wire("flows") == 1


@EACH
def test_stopped_while_the_server_thinks(kind, face):
    """For longer than a connection may stay without an acknowledgement: it had its own."""
    with Bench() as bench:
        whole = bench.put("text", stream=True, delay_ms=9000)
        client = bench.client(kind, "text")
        client.begin(face)
        time.sleep(1)
        client.signal("SIGSTOP")
        time.sleep(6)
        client.signal("SIGCONT")
        seen = client.end()
        assert seen["status"] == "OK" and seen["text"] == whole and seen["attempts"] == 1, seen
        assert bench.requests("text") == bench.wire("flows") == 1


@pytest.mark.long
@EACH
def test_link_down_while_the_server_thinks(kind, face):
    """For 30 s, when nothing has passed for a while: the probes that were due then are lost."""
    with Bench() as bench:
        whole = bench.put("text", stream=True, delay_ms=58000)
        client = bench.client(kind, "text", max_retries=2)
        client.begin(face)
        time.sleep(18)
        bench.wire("down", 30000)
        seen = client.end()
        assert seen["status"] == "OK" and seen["text"] == whole and seen["attempts"] == 1, seen
        assert bench.requests("text") == bench.wire("flows") == 1


@pytest.mark.parametrize("loss", [100, 500])  # of 10,000
@EACH
def test_lost_packets(kind, face, loss):
    with Bench() as bench:
        whole = bench.put("text", stream=True, count=20, pace_ms=20)
        client = bench.client(kind, "text", max_retries=2)
        bench.wire("loss", loss, 7)
        for _ in range(10):
            seen = client.call(face)
            assert seen["status"] == "OK" and seen["text"] == whole and seen["attempts"] == 1, seen
        assert bench.requests("text") == 10


@pytest.mark.long
@pytest.mark.parametrize("seconds", [30, 5])
@EACH
def test_link_down_in_a_stream(kind, face, seconds):
    with Bench() as bench:
        whole = bench.put("text", stream=True, count=50, pace_ms=100)
        client = bench.client(kind, "text", max_retries=2)
        client.begin(face)
        time.sleep(2)
        bench.wire("down", seconds * 1000)
        seen = client.end()
        assert seen["status"] == "OK" and seen["text"] == whole and seen["attempts"] == 1, seen
        assert seen["seconds"] > seconds + 2
        assert bench.requests("text") == bench.wire("flows") == 1


@pytest.mark.parametrize("seconds, attempts", [(2, 1), (9, 2)])
@EACH
def test_link_down_before_an_answer(kind, face, seconds, attempts):
    """The request is sent while the link is down: it is waited for, and given up after 5 s without a doubled POST."""
    with Bench() as bench:
        whole = bench.put("text", stream=True)
        client = bench.client(kind, "text", max_retries=2)
        assert client.call(face)["status"] == "OK"
        bench.wire("down", seconds * 1000)
        seen = client.call(face)
        assert seen["status"] == "OK" and seen["text"] == whole and seen["attempts"] == attempts, seen
        assert 2 <= bench.requests("text") <= 1 + attempts
