"""Names: several addresses of which one is dead, and servers for names that are slow or silent."""
import pytest

from bench import KINDS, Bench

CONNECT = 10  # seconds: the connect clock's default
PAIRS = ["dead6-live4", "dead4-live6"]
FACES = ["unary", "pull", "loop"]


def check_answered(bench, seen, whole, longest=CONNECT):
    """By one attempt, within the connect clock."""
    assert seen["status"] == "OK" and seen["text"] == whole and seen["attempts"] == 1, seen
    assert seen["seconds"] < longest + seen["late"], seen
    assert bench.requests("text") == 1


@pytest.mark.parametrize("host", PAIRS)
@pytest.mark.parametrize("kind, face", list(zip(KINDS, FACES)))
def test_one_address_is_dead(kind, face, host):
    with Bench() as bench:
        whole = bench.put("text", stream=face != "unary")
        check_answered(bench, bench.client(kind, "text", host, max_retries=2).call(face), whole)


@pytest.mark.parametrize("kind, face", list(zip(KINDS, FACES)))
def test_slow_lookup(kind, face):
    with Bench() as bench:
        whole = bench.put("text", stream=face != "unary")
        seen = bench.client(kind, "text", "slow", max_retries=2).call(face)
        assert seen["seconds"] > 3
        check_answered(bench, seen, whole)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("host", ["silent", "dead4", "dead6"])
def test_nothing_answers(host, face):
    """A server for names, or the only address of a name."""
    with Bench() as bench:
        bench.put("text", stream=face != "unary")
        client = bench.client("tls", "text", host, max_retries=-1)
        seen = client.call(face)
        assert (seen["status"], seen["clock"]) in [("TIMEOUT", "connect"), ("CONNECTION", None)], seen
        assert seen["attempts"] == 1 and CONNECT - 1 < seen["seconds"] < CONNECT + 0.5 + seen["late"], seen
        assert client.close() < 0.5 + seen["late"]
        assert bench.requests("text") == 0
