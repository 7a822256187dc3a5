"""TLS: whom the library trusts, and what it says of those whom it does not."""
import os, re

import pytest

import wire

REFUSED = {  # what the message says, of the words of libcurl, OpenSSL and mbedTLS
    "tls_other": "localhost|Common Name", "tls_self": "certificate", "tls_past": "expired",
    "tls_future": "not yet valid|starts in the future", "tls_old": "", "tls_plain": "",
}
GOOD = ["tls", "tls_1_2", "tls_1_3"]


def first(base, **options):
    with wire.Client(base, **options) as client:
        seen = client.see("unary")
    error = seen["error"]
    if error:
        assert (error["attempts"], error["http"]) == ([{"status": seen["status"], "http": 0, "delay": 0}], 0)
    return seen["status"], error and error["message"]


@pytest.mark.parametrize("at", REFUSED)
def test_refused(server, at):
    """Also with retries it is tried once, and nothing of the request is sent."""
    server.reset("hello~refused")
    base = server.base("hello~refused", at).replace("127.0.0.1", "localhost")
    status, message = first(base, ca_file=server.ca, max_retries=2)
    assert status == "TLS" and message.startswith("TLS failed") and re.search(REFUSED[at], message), message
    assert server.stats("hello~refused")["requests"] == 0


@pytest.mark.parametrize("at", GOOD)
def test_trusted(server, at):
    """An authority given as a file or as text; without one the system's authorities, who do not know it."""
    base = server.base("hello", at)
    pem = open(server.ca, "rb").read()
    assert first(base, ca_file=server.ca) == ("OK", None)
    assert first(base, ca_pem=pem, ca_pem_length=len(pem)) == ("OK", None)
    for options in ({}, {"ca_file": os.devnull}, {"ca_file": "/nowhere"}, {"ca_pem": b"nonsense", "ca_pem_length": 8}):
        assert first(base, **options)[0] == "TLS", options
    assert first(base.replace("localhost", "127.0.0.1"), ca_file=server.ca) == ("OK", None)


def test_environment_trusts_nobody(server, monkeypatch):
    """What tools and OpenSSL read of the environment is not read."""
    for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, server.ca)
    assert first(server.base("hello", "tls"))[0] == "TLS"


def test_client_certificate(server):
    base, mine = server.base("hello", "tls_strict"), {"ca_file": server.ca, "client_certificate_file": server.client_certificate}
    whole = {**mine, "client_key_file": server.client_key, "client_key_password": "secret"}
    assert first(base, **whole) == ("OK", None)
    assert server.stats("hello")["client_certificate"] == "client"
    assert first(base, **{**whole, "max_retries": 2})[0] == "OK"
    for options in ({**whole, "client_key_password": "hunter2"}, {**whole, "client_key_file": "/nowhere"}, mine,
                    {**whole, "client_certificate_file": "/nowhere"}, {**whole, "client_key_file": server.ca}):
        status, message = first(base, **options)
        assert status == "TLS" and "hunter2" not in message and "secret" not in message, message
    assert first(base, ca_file=server.ca)[0] in ("TLS", "CONNECTION")


def test_cut_without_notice(server):
    """The end of TCP is not the end of the answer: of one that ends with its connection nobody knows."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    hello = 'data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}\n\n'
    server.put("cut-tls", [{"send": head + hello}, {"cut": True}])
    for at in GOOD:
        with wire.Client(server.base("cut-tls", at), ca_file=server.ca) as client:
            for face in wire.FACES:
                seen = client.see(face)
                assert (seen["status"], seen["error"]["completion"]["choices"][0]["content"]) == ("TRUNCATED", "Hello")
