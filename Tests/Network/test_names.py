"""Names: several addresses of which one is dead, and servers for names that are slow or silent."""
import time

import pytest

from bench import KINDS, Bench

CONNECT = 10  # seconds: the connect clock's default
PAIRS = ["dead4-live4", "dead6-live6", "dead6-live4", "dead4-live6", "no-aaaa"]
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


@pytest.mark.parametrize("host", ["dead4-live4", "dead6-live6"])
@pytest.mark.parametrize("kind, face", list(zip(KINDS, FACES)))
def test_one_address_of_a_proxy_is_dead(kind, face, host):
    with Bench() as bench:
        whole = bench.put("text", stream=face != "unary")
        proxy = bench.base("plain", "", host).partition("/s/")[0] if kind == "plain" else bench.proxy(host)
        check_answered(bench, bench.client(kind, "text", proxy=proxy, max_retries=2).call(face), whole)


@pytest.mark.parametrize("kind, face", list(zip(KINDS, FACES)))
def test_stopped_meanwhile(kind, face):
    with Bench() as bench:
        whole = bench.put("text", stream=face != "unary")
        client = bench.client(kind, "text", "dead4-live4", max_retries=2)
        client.begin(face)
        time.sleep(1)
        client.signal("SIGSTOP")
        time.sleep(2)
        client.signal("SIGCONT")
        check_answered(bench, client.end(), whole, CONNECT + 2)


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


@pytest.mark.parametrize("limit", [0, 1])
def test_two_hosts_in_a_loop(limit):
    """The server for names is silent about one, and never answers for IPv6 of the other."""
    with Bench() as bench:
        bench.put("text", stream=True)
        client = bench.client("plain", "text", "no-aaaa")
        seen = client.ask(100, do="beside", base_url=bench.base("plain", "text", "silent"), limit=limit)
        assert seen["ends"][1] == ["OK", 1] and seen["times"][1] < CONNECT, seen
        assert seen["ends"][0][0] in ["TIMEOUT", "CONNECTION"], seen
        assert bench.requests("text") == 1
