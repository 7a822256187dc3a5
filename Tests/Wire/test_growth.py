"""With every limit at none: what a server sends four times as much of costs four times as much, in whatever order it comes."""
import json, os, pathlib, subprocess, sys, time

import pytest

import wire
from wire import byref, ffi
from scripts import CHUNKED, DONE, END, FINISH, text

CALLS = pathlib.Path(__file__).with_name("bomb_calls.py")
SLOW = 10 if os.environ.get("DOSAI_TEST_SLOW") else 1
NO_LIMITS = {key: -1 for key in ("max_event_bytes", "max_response_bytes", "max_text_bytes", "max_header_bytes", "max_json_nodes", "max_choices", "max_tool_calls")}
STREAMS, TWO = ("callback", "pull", "loop"), ("unary", "callback")


def framed(events, headers=""):
    """The events in few large pieces, so that the server has little to do."""
    text = "".join("data: %s\n\n" % one for one in [*events]) + FINISH + DONE
    pieces = [text[at:at + (1 << 20)] for at in range(0, len(text), 1 << 20)]
    return [{"send": CHUNKED.replace("x-request-id", headers + "x-request-id")}, *[{"chunk": piece} for piece in pieces], END]


def choice(index, field="content", value='"x"'):
    return '{"index":%d,"delta":{"%s":%s},"message":{"%s":%s},"finish_reason":"stop"}' % (index, field, value, field, value)


def event(*choices):
    return '{"id":"c","choices":[%s]}' % ",".join(choices)


def calls(ones):
    return event(choice(0, "tool_calls", "[%s]" % ",".join(ones)))


def whole(text):
    return lambda request: framed([text]) if b'"stream":true' in request.body else {"text": text}


def shuffled(many):
    """Numbers of which none is far beyond those before it."""
    return [at ^ 63 if at | 63 < many else at for at in range(many)]


def fields(many, form):
    return ",".join('"%s":0' % (form % at if "%" in form else form) for at in range(many))


FORMS = {  # id: (how many, reply, faces)
    "choices-reversed": (5000, lambda n: whole(event(*[choice(at) for at in reversed(range(n))])), (*TWO, "unary-messages")),
    "choices-in-order": (5000, lambda n: whole(event(*[choice(at) for at in range(n)])), TWO),
    "choices-alike": (5000, lambda n: whole(event(*["{}"] * n)), TWO),
    "choices-by-event": (5000, lambda n: framed(event(choice(at)) for at in reversed(range(n))), STREAMS),
    "choices-then-events": (2500, lambda n: framed([event(*[choice(at) for at in range(n)])] + [event(choice(at, "role")) for at in range(n)]), STREAMS),
    "calls-by-id": (5000, lambda n: whole(calls('{"id":"i%d","function":{"name":"f"}}' % at for at in range(n))), TWO),
    "calls-by-index": (5000, lambda n: framed(calls(['{"index":%d,"id":"i%d"}' % (at, at)]) for at in shuffled(n)), STREAMS),
    "calls-of-one-index": (5000, lambda n: framed(calls(['{"index":0,"id":"i%d"}' % at]) for at in range(n)), ("callback",)),
    "calls-twice": (5000, lambda n: framed([calls('{"index":%d,"function":{"arguments":"x"}}' % at for at in shuffled(n))] * 2), ("callback",)),
    "list-by-index": (20000, lambda n: framed([event(choice(0, "x", "[%s]" % ",".join('{"index":%d}' % at for at in reversed(range(n)))))] * 2), ("callback",)),
    "list-by-event": (5000, lambda n: framed(event(choice(0, "x", '[{"index":%d,"text":"x"}]' % (at * 7919 % n))) for at in range(n)), ("callback",)),
    "fields": (50, lambda n: framed([event(choice(0, "x", "{%s}" % fields(1000, "k%d")))] * n), ("callback",)),
    "fields-alike": (50, lambda n: whole(event(choice(0, "x", "[%s]" % ",".join("{%s}" % fields(1000, "k") for _ in range(n))))), TWO),
    "usage": (5000, lambda n: framed('{"choices":[],"usage":{"total_tokens":%d}}' % at for at in range(n)), STREAMS),
    "errors": (50000, lambda n: {"status": 400, "text": "[%s]" % ",".join(["[]"] * n)}, TWO),
    "headers": (1000, lambda n: {"json": {"choices": []}, "headers": {"x-%d" % at: "y" for at in range(n)}}, ("unary",)),
}


def cost(server, reply, face, **options):
    server.put("growth", reply)
    job = [server.base("growth~" + face), "growth", face, {**NO_LIMITS, "total_timeout_ms": -1, **options}]
    ran = subprocess.run([sys.executable, CALLS], input=json.dumps([job]), stdout=subprocess.PIPE, text=True, timeout=300)
    return json.loads(ran.stdout)


@pytest.mark.parametrize("id, face", [(id, face) for id, (_, _, faces) in FORMS.items() for face in faces])
def test_growth(server, id, face):
    """Of the least that two tries take, or five: 4 would be linear, 16 quadratic. What else runs on the machine adds to a try."""
    many, make, _ = FORMS[id]
    tries = []
    while len(tries) < 2 or more["cpu"] >= 8 * max(once["cpu"], 0.02 * SLOW) and len(tries) < 5:
        tries.append([cost(server, make(count), face) for count in (many, 4 * many)])
        once, more = (min(ones, key=lambda one: one["cpu"]) for ones in zip(*tries))
    assert once["status"] == more["status"] == ("BAD_REQUEST" if id == "errors" else "OK"), (once, more)
    assert more["cpu"] < 8 * max(once["cpu"], 0.02 * SLOW), tries


def test_a_long_id_is_read_once(server):
    """It belongs to every event that follows it, however short."""
    def seconds(field):
        server.put("id", [{"send": CHUNKED}, {"chunk": "%s: %s\n\n" % (field, "x" * 1000000)}, {"chunk": "data: 1\n\n" * 1000}, END])
        with wire.Client(server.base("id")) as client:
            stream, address, count = ffi.dosai_stream(), wire.c_void_p(), 0
            begun = time.thread_time()
            assert ffi.dosai_stream_open_post(client.handle, b"/x", b"{}", 2, None, byref(stream), None) == ffi.OK
            while (status := ffi.dosai_stream_next(stream, -1, byref(address), None)) == ffi.OK and address:
                count += 1
            took = time.thread_time() - begun
            ffi.dosai_stream_free(stream)
        assert status == ffi.OK and count == 1000
        return took
    unused, id = (min(seconds(field) for _ in range(3)) for field in ("other", "id"))
    assert id < 4 * max(unused, 0.02)  # read with each event: 1 s


MESSAGE = b'{"role": "user", "content": "What?"}'


@pytest.mark.parametrize("add", [
    lambda request: ffi.dosai_request_add_message(request, b"user", b"x", 1, None),
    lambda request: ffi.dosai_request_add_message_json(request, MESSAGE, len(MESSAGE), None),
    lambda request: ffi.dosai_request_add_tool_result(request, b"x", b"x", 1, None),
    lambda request: ffi.dosai_request_add_tool(request, b"x", None, None, 0, None),
], ids=["message", "message_json", "tool_result", "tool"])
def test_a_request_grows_in_linear_time(add):
    """What was added is not read again with each message."""
    def seconds(count):
        request = ffi.dosai_request()
        assert ffi.dosai_request_new(b"m", 1, byref(request), None) == ffi.OK
        begun = time.thread_time()
        assert all(add(request) == ffi.OK for _ in range(count))
        took = time.thread_time() - begun
        ffi.dosai_request_free(request)
        return took
    once, more = (min(seconds(count) for _ in range(3)) for count in (2500, 10000))
    assert more < 8 * max(once, 0.02 * SLOW)


def test_total_clock_within_one_event(server):
    """It is looked at while an event is read, and not only after: what takes longer than the clock never ends well."""
    many = whole(event(*[choice(at) for at in reversed(range(100000))]))
    free, bound = cost(server, many, "callback"), cost(server, many, "callback", total_timeout_ms=150)
    assert free["status"] == "OK" and free["cpu"] > 0.3, free
    assert bound["status"] == "TIMEOUT" and bound["cpu"] < 0.8 * free["cpu"], (free, bound)


@pytest.mark.parametrize("face", wire.FACES)
def test_each_chunk_before_a_limit_is_told_once(server, face):
    """Plain chunks are read without parsing; the one that is too much is none."""
    server.put("limit", {"events": text(*["abcde"] * 1000)})
    with wire.Client(server.base("limit"), max_text_bytes=3000) as client:
        seen = client.see(face)
    told = "".join(chunk["text"] for chunk in seen["chunks"] if chunk["kind"] == "content")
    assert seen["status"] == "TOO_LARGE" and len(told) > 2000
    assert seen["error"]["completion"]["choices"][0]["content"] == told
