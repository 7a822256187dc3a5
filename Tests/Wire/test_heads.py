"""The head of a response, as it stands on the wire: what is a status line in it, and what belongs to a header."""
import json

import pytest

import wire
from scripts import DONE, FINISH, HELLO, completion

WHOLE = json.dumps(completion("Hello"))
FACES = ("unary", "callback", "pull", "loop")


def reply(lines, before=""):
    def answer(request):
        streams = b'"stream":true' in request.body
        body = HELLO + FINISH + DONE if streams else WHOLE
        kind = "text/event-stream" if streams else "application/json"
        return [{"send": before + "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n" % (kind, len(body), lines)}, {"send": body}]
    return answer


@pytest.mark.parametrize("line", ["HTTP/2: 5", "HTTP/1.1 500 x: y", "http/1.1 500: x", "HTTP/1.1 404 Not: Found", "HTTP/1.1 307: x"])
@pytest.mark.parametrize("before", ["", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early\r\nx-early: 1\r\n\r\n"])
def test_a_status_line_comes_first(server, line, before):
    """A line in a head is none, whatever it looks like; behind that of a 1xx there comes another one."""
    server.put("head", reply(line + "\r\nx-behind: b\r\n", before))
    for face in FACES:
        with wire.Client(server.base("head")) as client:
            seen = client.see(face)
        assert (seen["status"], seen["completion"] and seen["completion"]["http"]) == ("OK", 200), (face, seen)
    assert header(server, "x-behind") == "b" and header(server, "x-early") is None


def header(server, name):
    with wire.Client(server.base("head")) as client:
        made = wire.ffi.dosai_completion()
        assert wire.ffi.dosai_chat(client.handle, client.request, None, wire.byref(made), None) == wire.ffi.OK
        value = wire.text_of(wire.ffi.dosai_completion_header, made, name.encode())
        wire.ffi.dosai_completion_free(made)
        return value


@pytest.mark.parametrize("lines, value", [
    ("x-a: one\r\n two\r\n", "one two"), ("x-a: one  \r\n\t \ttwo \r\n three\r\n", "one two three"), ("x-a:\r\n two\r\n", "two"),
    ("x-a: one\r\n : two\r\n", "one : two"), ("x-a: one\r\n HTTP/1.1 500 No\r\n", "one HTTP/1.1 500 No"), ("x-a: one\r\n  \r\n", "one"),
    ("Set-Cookie: a=b\r\n x-a: no\r\n", None), ("x-a: one\r\nSet-Cookie: a=b\r\n two\r\n", "one"), ("x-b: two\r\n x-a: no\r\nx-a: one\r\n", "one"),
])
def test_a_folded_header_is_one(server, lines, value):
    """RFC 9112, 5.2: each fold is a blank."""
    server.put("head", reply(lines + "x-behind: b\r\n"))
    assert (header(server, "x-a"), header(server, "x-behind")) == (value, "b")
    for face in FACES:
        with wire.Client(server.base("head")) as client:
            assert client.see(face)["status"] == "OK", face


@pytest.mark.parametrize("more, status", [(0, "OK"), (-1, "TOO_LARGE")])
def test_the_last_line_counts(server, more, status):
    """The blank line, here of one byte, is the one that is too much: nothing of the body comes."""
    head = "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nConnection: close\n\n"
    server.put("head", [{"send": head + HELLO + FINISH + DONE}, {"close": True}])
    for face in FACES[1:]:
        with wire.Client(server.base("head"), max_header_bytes=len(head) + more) as client:
            seen = client.see(face)
        assert (seen["status"], len(seen["chunks"]) > 0) == (status, status == "OK"), (face, seen)
