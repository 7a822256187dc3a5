"""Connections that are opened ahead: the first token of a call comes after one round trip."""
import pytest

from bench import Bench

ONE_WAY = 50  # ms
ROUND_TRIP = 2 * ONE_WAY / 1000
SEEN = {}


def lines():
    """For the end of the run."""
    for (kind, how), seconds in sorted(SEEN.items()):
        yield "first token over %s, %s: %.0f ms, %.1f round trips of %d ms" % (
            kind, how, seconds * 1000, seconds / ROUND_TRIP, ROUND_TRIP * 1000)


def measure(kind, connections):
    """The best of three: the machine may be late. The name is in /etc/hosts, so no lookup takes a round trip."""
    with Bench() as bench:
        bench.put("text", stream=True)
        bench.wire("delay", ONE_WAY)
        seconds = []
        for _ in range(3):
            client = bench.client(kind, "text")
            if connections:
                before, sent = bench.wire("flows"), bench.requests("text")
                assert client.ask(do="warm", connections=connections)["status"] == "OK"
                assert (bench.wire("flows"), bench.requests("text")) == (before + connections, sent)
                client.ask(do="warm", connections=connections)  # they are open
                assert bench.wire("flows") == before + connections
            seen = client.ask(do="first_token")
            assert seen["reused"] == bool(connections)
            seconds.append(seen["seconds"])
            if connections:
                assert bench.wire("flows") == before + connections
        SEEN[kind, "warmed" if connections else "cold"] = min(seconds)
        return min(seconds) / ROUND_TRIP


@pytest.mark.parametrize("kind, cold", [("plain", 2), ("tls", 3), ("h2", 3)])
def test_first_token(kind, cold):
    assert 1 <= measure(kind, 2) < 1.5
    assert cold <= measure(kind, 0) < cold + 0.5
