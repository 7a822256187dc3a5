"""The breaks that HTTP/2 has of its own, streamed and whole, with no retries and with two."""
import concurrent.futures, itertools, json, os, time

import pytest

import wire
from wire import byref, ffi
from faults import ANSWER, STREAM
from http2_server import Http2Server
from lateness import allowance, attempt, wait_until

CLOCK, LATE_IN_CI = 400, 500
TIMES = {"first_token": 1, "idle": 1, "total": 2}  # the total one must not run out before the answer has begun
TAGS = itertools.count()
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, REFUSED, CANCEL, CALM, HTTP_1_1 = 0, 1, 2, 7, 8, 11, 13
CLOSE, CUT, HOLD = {"close": True}, {"cut": True}, {"hold": True}
BIG = {"model": "m", "messages": [{"role": "user", "content": "a" * 300000}]}


def head(parts, **more):
    kind = "text/event-stream" if parts is STREAM else "application/json"
    return {"headers": {":status": "200", "content-type": kind, "x-request-id": "req-1", **more}}


def begun(*steps):
    return lambda parts: [head(parts), {"data": parts.begin}, *steps]


def whole(*steps):
    return lambda parts: [head(parts), {"end": parts.begin + parts.rest}, *steps]


class Row:
    """As in test_faults.py. next: what a second call of the same client then does: "reused" or "new" is its connection."""

    def __init__(self, id, script, status, whole=None, http=200, begun=False, retried=False, clock=None, whole_clock=None, next=None,
                 shut=False, **options):
        self.id, self.script, self.statuses, self.begun = id, script, (status, whole or status), begun
        self.http = http if isinstance(http, tuple) else (http,)  # or one of these
        self.retried, self.clocks, self.next, self.shut, self.options = retried, (clock, whole_clock or clock), next, shut, options


LOST, PART, BAD, LATER = "CONNECTION", "TRUNCATED", "PROTOCOL", "TIMEOUT"
ROWS = [
    Row("clean", whole(), "OK", next="reused"),
    Row("clean-empty-end", lambda parts: [head(parts), {"data": parts.begin + parts.rest}, {"end": ""}], "OK", next="reused"),
    Row("clean-trailers", lambda parts: [head(parts), {"data": parts.begin + parts.rest}, {"trailers": {"x-sum": "1"}}], "OK",
        next="reused"),
    Row("clean-early-hints", lambda parts: [{"headers": {":status": "103", "link": "<x>"}}] + whole()(parts), "OK", next="reused"),
    Row("clean-pings", lambda parts: [head(parts), {"data": parts.begin}, {"ping": 3}, {"end": parts.rest}], "OK", next="reused"),
    Row("error-400", lambda parts: [{"headers": {":status": "400"}}, {"end": '{"error":{"message":"No."}}'}], "BAD_REQUEST", http=400,
        next="reused"),
    Row("error-503", lambda parts: [{"headers": {":status": "503", "retry-after-ms": "20"}}, {"end": ""}], "UNAVAILABLE", http=503,
        retried=True, next="reused"),
    # RST_STREAM
    Row("reset-before", lambda parts: [{"reset": INTERNAL_ERROR}], LOST, http=0, retried=True),
    Row("reset-before-refused", lambda parts: [{"reset": REFUSED}], LOST, http=0, retried=True),
    Row("reset-before-calm", lambda parts: [{"reset": CALM}], LOST, http=0, retried=True),
    Row("reset-before-cancel", lambda parts: [{"reset": CANCEL}], LOST, http=0, retried=True),
    Row("reset-before-no-error", lambda parts: [{"reset": NO_ERROR}], LOST, http=0, retried=True),
    Row("reset-before-http-1-1", lambda parts: [{"reset": HTTP_1_1}], LOST, http=0, retried=True),
    Row("reset-behind-headers", lambda parts: [head(parts), {"sleep_ms": 30}, {"reset": INTERNAL_ERROR}], PART),
    Row("reset-behind-headers-refused", lambda parts: [head(parts), {"sleep_ms": 30}, {"reset": REFUSED}], PART),
    Row("reset-with-headers", lambda parts: [head(parts), {"reset": INTERNAL_ERROR}], PART),
    Row("reset-mid", begun({"sleep_ms": 30}, {"reset": INTERNAL_ERROR}), PART, begun=True),
    Row("reset-mid-refused", begun({"sleep_ms": 30}, {"reset": REFUSED}), PART, begun=True),
    Row("reset-mid-cancel", begun({"sleep_ms": 30}, {"reset": CANCEL}), PART, begun=True),
    Row("reset-mid-no-error", begun({"sleep_ms": 30}, {"reset": NO_ERROR}), PART, "TRUNCATED PROTOCOL", begun=True),
    Row("reset-behind-done", lambda parts: [head(parts), {"data": parts.begin + parts.rest}, {"sleep_ms": 30}, {"reset": CANCEL}],
        "OK", PART),
    # GOAWAY
    Row("goaway-before", lambda parts: [{"goaway": [NO_ERROR, 0]}, CLOSE], LOST, http=0, retried=True),
    Row("goaway-before-error", lambda parts: [{"goaway": [CALM, 0]}, CLOSE], LOST, http=0, retried=True),
    Row("goaway-before-graceful", lambda parts: [{"goaway": [NO_ERROR, -1]}] + whole()(parts), "OK", next="new"),
    Row("goaway-mid-graceful", lambda parts: [head(parts), {"data": parts.begin}, {"goaway": [NO_ERROR, -1]}, {"sleep_ms": 30},
                                              {"end": parts.rest}], "OK", next="new"),
    Row("goaway-mid-dropped", begun({"sleep_ms": 30}, {"goaway": [NO_ERROR, 0]}, CLOSE), PART, begun=True),
    Row("goaway-mid-error", begun({"sleep_ms": 30}, {"goaway": [INTERNAL_ERROR, -1]}, CUT), PART, begun=True),
    Row("goaway-mid-stall", begun({"sleep_ms": 30}, {"goaway": [NO_ERROR, -1]}, HOLD), LATER, begun=True, clock="idle",
        whole_clock="total"),
    # the connection
    Row("cut-before", lambda parts: [CUT], LOST, http=0, retried=True),
    Row("close-before", lambda parts: [CLOSE], LOST, http=0, retried=True),
    Row("cut-behind-headers", lambda parts: [head(parts), {"sleep_ms": 30}, CUT], PART),
    Row("cut-mid", begun({"sleep_ms": 30}, CUT), PART, begun=True), Row("close-mid", begun({"sleep_ms": 30}, CLOSE), PART, begun=True),
    Row("cut-in-frame", begun({"raw": b"\0\x40\0\0\0\0\0\0\x01data: "}, CUT), PART, begun=True),
    Row("not-frames", lambda parts: [{"raw": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, CLOSE], LOST, http=0, retried=True),
    Row("not-frames-mid", begun({"raw": b"\xff" * 64}, CLOSE), "TRUNCATED PROTOCOL", begun=True),
    # the end of the stream, where the server had more to say
    Row("end-at-headers", lambda parts: [head(parts), {"end": ""}], PART, "PROTOCOL TRUNCATED"),
    Row("end-mid", begun({"end": ""}), PART, BAD, begun=True),
    Row("end-short", lambda parts: [head(parts, **{"content-length": "9999"}), {"data": parts.begin}, {"end": ""}], PART, begun=True),
    Row("end-finished", lambda parts: [head(parts), {"end": (parts.begin + parts.rest).replace("data: [DONE]\n\n", "")}], "OK"),
    Row("header-flood", lambda parts: [{"headers": {":status": "200", **{"x-%d" % at: "b" * 4000 for at in range(100)}}},
                                       {"end": parts.begin + parts.rest}], "TOO_LARGE", http=(0, 200)),  # old libcurls show none of such a head
    # silence
    Row("silent", lambda parts: [HOLD], LATER, http=0, retried=True, clock="first_token"),
    Row("silent-behind-headers", lambda parts: [head(parts), HOLD], LATER, clock="first_token", whole_clock="total"),
    Row("silent-mid", begun(HOLD), LATER, begun=True, clock="idle", whole_clock="total"),
    Row("pings-mid", begun({"ping": 60}, HOLD), LATER, begun=True, clock="idle", whole_clock="total"),
    # flow control: the client may send nothing of its 300 KB, or must send them by and by
    Row("window-shut", lambda parts: [HOLD], LATER, http=0, retried=True, clock="first_token", shut=True),
    Row("window-shut-413", lambda parts: [{"headers": {":status": "413"}}, {"end": "{}"}, {"sleep_ms": 30}, {"reset": NO_ERROR}],
        "BAD_REQUEST", http=413, shut=True),
    Row("window-shut-200", whole({"sleep_ms": 30}, {"reset": NO_ERROR}), "OK", shut=True),  # RFC 9113, 8.1
    Row("window-shut-mid", begun({"reset": NO_ERROR}), PART, "TRUNCATED PROTOCOL", begun=True, shut=True),
    Row("window-shut-short", lambda parts: [head(parts, **{"content-length": "9999"}), {"data": parts.begin}, {"reset": NO_ERROR}],
        PART, begun=True, shut=True),
    Row("window-slow", lambda parts: [{"window": 5000}] * 70 + whole()(parts), "OK", shut=True),
]


@pytest.fixture(scope="module")
def servers(server):
    folder = os.path.dirname(server.ca)
    with Http2Server(folder) as plain, Http2Server(folder, is_shut=True) as shut:
        plain.ca = shut.ca = server.ca
        yield {False: plain, True: shut}


def play(servers, row, face, retries):
    h2, streamed = servers[row.shut], face != "unary"
    name = "%s-%s-%d" % (row.id, "stream" if streamed else "whole", next(TAGS))
    h2.scripts[name] = row.script(STREAM if streamed else ANSWER)
    clock = row.clocks[not streamed]
    options = {"ca_file": h2.ca, "max_retries": retries or -1, "total_timeout_ms": 20000, **row.options}
    if clock:
        options[clock + "_timeout_ms"] = CLOCK * TIMES[clock]
    found = []
    with wire.Client(h2.base(name), BIG if row.shut else None, **options) as client:
        seen = client.see(face)
        stats = h2.stats(name)
        requests, bodies = stats.requests, set(stats.bodies)
        if row.next and retries == 0:
            client.see(face)
            reuse = "reused" if len(set(stats.connections)) == 1 else "new"
            if stats.requests != 2 or reuse != row.next:
                found.append("a second call: %d requests, its connection is %s, not %s" % (stats.requests, reuse, row.next))
    if set(stats.versions) != {"h2"}:
        found.append("the protocol was %r" % stats.versions)
    if not row.shut and (len(bodies) != 1 or json.loads(bodies.pop()).get("stream", False) != streamed):
        found.append("the bodies differ, or are not whole")
    return found + check(row, streamed, retries, clock, seen, requests)


def check(row, streamed, retries, clock, seen, requests):
    error, found = seen["error"], []
    owner = error or seen["completion"]
    statuses, attempts = row.statuses[not streamed].split(), owner["attempts"]
    if seen["status"] not in statuses:
        found.append("status is %s, not %s (%s)" % (seen["status"], statuses, error and error["message"]))
    wanted = 1 + retries if row.retried and clock != "total" else 1
    if len(attempts) != wanted or requests != wanted:
        found.append("%d attempts, the server saw %d, not %d: %r" % (len(attempts), requests, wanted, attempts))
    if owner["http"] not in row.http or (error or {}).get("clock") != (clock if error else None) or any(
            attempt["status"] not in statuses for attempt in attempts):
        found.append("HTTP %d, clock %s, attempts %r" % (owner["http"], (error or {}).get("clock"), attempts))
    content = "".join(chunk["text"] for chunk in seen["chunks"] if chunk["kind"] == "content")
    text = "Hello" if streamed else "Hello! How can I help you today?"
    if not error:
        got = [(choice["content"], choice["finish"]) for choice in seen["completion"]["choices"]]
        if got != [(text, "stop")] or content != text * streamed:
            found.append("the answer is %r, chunks %r" % (got, content))
    elif streamed:
        got = [choice["content"] for choice in (error["completion"] or {"choices": []})["choices"]]
        if got != [text] * row.begun or content != text * row.begun:
            found.append("what had arrived is %r, chunks %r" % (got, content))
    elif row.begun and not (error["body"] or b"").startswith(ANSWER.begin.encode()):
        found.append("the body is %r" % error["body"])
    late = seen["ms"] - sum(attempt["delay"] for attempt in attempts) - (CLOCK * TIMES[clock] * len(attempts) if clock else 0)
    if late > (LATE_IN_CI if clock else 3000) + seen["allowed_ms"] or (clock and late < -2):
        found.append("%d ms late" % late)
    return found


@pytest.fixture(scope="module")
def played(servers):
    jobs = [(row, face, retries) for retries in (2, 0) for row in ROWS for face in ("callback", "pull", "unary")
            if retries == 0 or face != "pull"]

    def run(job):
        row, face, retries = job
        try:
            return play(servers, row, face, retries)
        except Exception as failure:  # an assertion of wire.py
            return ["%s: %s" % (type(failure).__name__, failure)]
    results = []
    for timed, together in ((False, 10), (True, 4)):  # where a clock is to run out the others leave it in peace
        some = [job for job in jobs if bool(job[0].clocks[0]) == timed]
        with concurrent.futures.ThreadPoolExecutor(together) as pool:
            results += zip(some, pool.map(run, some))
    return results


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_row(played, row):
    found = ["%s, %d retries: %s" % (face, retries, line) for (one, face, retries), lines in played if one is row for line in lines]
    if found:
        pytest.fail("\n".join(found[:10]), pytrace=False)


@pytest.mark.parametrize("face", ["callback", "unary"])
def test_http1_only(servers, face):
    """The option offers HTTP/1.1 alone: the server would have chosen h2."""
    h2, name = servers[False], "only-%d" % next(TAGS)
    h2.scripts[name] = whole()(STREAM if face == "callback" else ANSWER)
    with wire.Client(h2.base(name), ca_file=h2.ca, http1_only=1) as client:
        assert client.see(face)["status"] == "OK"
    assert h2.stats(name).versions == ["HTTP/1.1"]


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("face", ["callback", "pull", "unary"])
@pytest.mark.parametrize("end", ["close", "cut", "goaway", "refused"])
def test_warm_connection(servers, end, face, retries):
    """A warm connection that fails the second request: it is not sent again in silence."""
    h2, name = servers[False], "warm-%d" % next(TAGS)
    parts = ANSWER if face == "unary" else STREAM
    last = {"close": [CLOSE], "cut": [CUT], "goaway": [{"goaway": [NO_ERROR, 1]}, CLOSE], "refused": [{"reset": REFUSED}]}[end]
    h2.scripts[name] = lambda number: last if number == 1 else whole()(parts)
    with wire.Client(h2.base(name), ca_file=h2.ca, max_retries=retries or -1) as client:
        assert client.see(face)["status"] == "OK"
        seen = client.see(face)
    owner = seen["error"] or seen["completion"]
    statuses = [attempt["status"] for attempt in owner["attempts"]]
    assert statuses == (["CONNECTION", "OK"] if retries else ["CONNECTION"])
    assert h2.stats(name).requests == 1 + len(statuses)


def test_idle_connection_that_goes(servers):
    """The server says goodbye between two calls: the second one is made anew, and counts as one attempt."""
    h2, name = servers[False], "goes-%d" % next(TAGS)
    h2.scripts[name] = lambda number: whole({"sleep_ms": 20}, {"goaway": [NO_ERROR, -1]}, CLOSE)(STREAM)
    with wire.Client(h2.base(name), ca_file=h2.ca) as client:
        for _ in range(3):
            seen = client.see("callback")
            assert seen["status"] == "OK" and len(seen["completion"]["attempts"]) == 1
            wait_until(lambda: set(h2.stats(name).connections) <= h2.ended)
    assert h2.stats(name).requests == 3 and len(set(h2.stats(name).connections)) == 3


@pytest.mark.parametrize("face", ["callback", "unary"])
@pytest.mark.parametrize("begun", [False, True], ids=["silent", "silent-mid"])
def test_deaf_connection_is_left(servers, begun, face):
    """A connection on which a clock ran out is not trusted again: one broken connection breaks every stream on it."""
    h2, parts = servers[False], ANSWER if face == "unary" else STREAM
    first = ([head(parts), {"data": parts.begin}] if begun else []) + [{"deaf": True}]

    def check():
        name = "deaf-%d" % next(TAGS)
        h2.scripts[name] = lambda number: whole()(parts) if number else first
        with wire.Client(h2.base(name), ca_file=h2.ca, first_token_timeout_ms=CLOCK, idle_timeout_ms=CLOCK, max_retries=2) as client:
            seen = client.see(face, wire.call_options(total_timeout_ms=1000 if begun and face == "unary" else 20000))
            if begun:
                assert seen["status"] == "TIMEOUT"
                seen = client.see(face)
        statuses = [attempt["status"] for attempt in (seen["error"] or seen["completion"])["attempts"]]
        wanted = ["OK"] if begun else ["TIMEOUT", "OK"]
        return [] if statuses == wanted else ["%r, over the connections %r" % (statuses, h2.stats(name).connections)]
    assert not attempt(check)


@pytest.mark.parametrize("ends", [False, True])
def test_on_wait_while_connections_are_opened(servers, ends):
    """It is asked once for all of them, and ends all of them."""
    h2, asked = servers[False], []
    on_wait = ffi.dosai_wait_fn(lambda _: asked.append(0) or ends and len(asked) == 1)
    with wire.Client(h2.base("hello"), ca_file=h2.ca) as client:
        assert ffi.dosai_client_warm(client.handle, 1, None, None) == ffi.OK
        h2.silent = 8
        started = time.monotonic()
        options = wire.call_options(on_wait=on_wait, wait_interval_ms=100, connect_timeout_ms=1000)
        status = ffi.dosai_client_warm(client.handle, 9, byref(options), None)
        took = time.monotonic() - started
    h2.silent = 0
    assert status == (ffi.CANCELLED if ends else ffi.TIMEOUT)
    assert len(asked) == 1 and took < 0.9 + allowance(started) if ends else 2 <= len(asked) <= took / 0.1 + 1


@pytest.mark.parametrize("face", ["callback", "pull"])
def test_a_server_is_told_that_a_stream_is_left(servers, face):
    """It would go on, and charge for it."""
    h2, name, left = servers[False], "left-%d" % next(TAGS), []
    event = "data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": "x"}}]}) + "\n\n"
    h2.scripts[name] = [head(STREAM), {"data": event}, {"until_left": left}]
    with wire.Client(h2.base(name), ca_file=h2.ca) as client:
        if face == "callback":
            stop = ffi.dosai_chunk_fn(lambda chunk, _: 1)
            assert ffi.dosai_chat_stream(client.handle, client.request, None, stop, None, None, None) == ffi.CANCELLED
        else:
            stream, address = ffi.dosai_stream(), wire.c_void_p()
            assert ffi.dosai_stream_open(client.handle, client.request, None, byref(stream), None) == ffi.OK
            assert ffi.dosai_stream_next(stream, -1, byref(address), None) == ffi.OK and address
            ffi.dosai_stream_free(stream)
        ended = time.monotonic() + 10
        while not left and time.monotonic() < ended:
            time.sleep(0.01)
    assert left == [True]


def test_slow_reader(servers):
    """While the host is away the windows fill up; then all of it is there, in its order."""
    h2 = servers[False]
    events = ["data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": "%06d" % at + "x" * 20000}}]}) + "\n\n"
              for at in range(400)]

    def check():
        name, pauses = "slow-%d" % next(TAGS), itertools.count()
        h2.scripts[name] = [head(STREAM), *[{"data": event} for event in events], {"end": STREAM.rest}]
        with wire.Client(h2.base(name), ca_file=h2.ca, idle_timeout_ms=400) as client:  # which stands still while the host is away
            seen = client.see_pull(None, pause=lambda: next(pauses) == 0 and time.sleep(0.6))
        content = [chunk["text"] for chunk in seen["chunks"] if chunk["kind"] == "content"]
        is_whole = [text[:6] for text in content] == ["%06d" % at for at in range(400)] and all(len(text) == 20006 for text in content)
        return [] if seen["status"] == "OK" and is_whole else ["%s, %d chunks: %r" % (seen["status"], len(content), seen["error"])]
    assert not attempt(check)
