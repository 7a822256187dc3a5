"""Many calls of one loop at once: over HTTP/2 they share connections, over HTTP/1.1 each has its own, and a connection that
cannot be made holds up the others no longer than need be."""
import itertools, os, time
from ctypes import byref, sizeof

import pytest

import wire
from faults import ANSWER, STREAM
from http2_server import Http2Server
from lateness import allowance, attempt, wait_until
from scripts import HOLD, begun, say
from test_http2 import head, whole
from wire import ffi

TAGS = itertools.count()
LATE_IN_CI = 500  # ms


@pytest.fixture
def h2(server):
    folder = os.path.dirname(server.ca)
    with Http2Server(folder) as h2:
        h2.ca = server.ca
        yield h2


class Loop:
    """ends: for each call that is over, by its number, (status, clock, milliseconds since the first submit, of these the
    machine's)"""

    def __init__(self, **options):
        self.handle, self.calls, self.ends, self.texts = ffi.dosai_loop(), [], {}, {}
        settings = ffi.dosai_loop_options()
        ffi.dosai_loop_options_init(byref(settings), sizeof(settings))
        for key, value in options.items():
            setattr(settings, key, value)
        assert ffi.dosai_loop_new(byref(settings), byref(self.handle), None) == ffi.OK
        self.on_event = ffi.dosai_event_fn(self.take)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for call in self.calls:
            ffi.dosai_call_free(call)
        assert ffi.dosai_loop_close(self.handle, ffi.dosai_event_fn(), None, None) == ffi.OK

    def take(self, event, _):
        event = event.contents
        if event.kind == ffi.EVENT_CHUNK:
            self.texts[event.tag] = self.texts.get(event.tag, "") + (wire.field_of(wire.ffi.dosai_chunk.from_address(event.chunk), "text") or "")
            return 0
        error = wire.error_of(event.error) or {"status": "OK", "clock": None}
        self.ends[event.tag] = (error["status"], error["clock"], (time.monotonic() - self.started) * 1e3, allowance(self.started) * 1e3)
        return 0

    def submit(self, client, count, submit=ffi.dosai_loop_submit_stream, **options):
        self.started = time.monotonic()
        for _ in range(count):
            call = ffi.dosai_call()
            assert submit(self.handle, client.handle, client.request, byref(wire.call_options(**options)), len(self.calls),
                          byref(call), None) == ffi.OK
            self.calls.append(call)

    def run(self, until=None):
        begun = time.monotonic()
        while len(self.ends) < len(self.calls) and time.monotonic() < begun + (until or 20 + allowance(begun)):
            assert ffi.dosai_loop_step(self.handle, 20, self.on_event, None, None, None) == ffi.OK
        if until is None:
            assert len(self.ends) == len(self.calls), "%d of %d have ended" % (len(self.ends), len(self.calls))

    def until(self, has_come):
        begun = time.monotonic()
        while not has_come() and time.monotonic() < begun + 20:
            assert ffi.dosai_loop_step(self.handle, 20, self.on_event, None, None, None) == ffi.OK

    def run_until(self, count, seconds):
        """Until so many have ended, within this time of the last submit."""
        while len(self.ends) < count and time.monotonic() < self.started + seconds + allowance(self.started):
            self.run(0.02)

    def statuses(self):
        return {end[:2] for end in self.ends.values()}


def client_of(h2, script, name=None, **options):
    name = name or "many-%d" % next(TAGS)
    h2.scripts[name] = script
    return wire.Client(h2.base(name), ca_file=h2.ca, **options), h2.stats(name)


@pytest.mark.parametrize("limit", [0, 1])
@pytest.mark.parametrize("face", ["stream", "unary"])
def test_one_connection(h2, face, limit):
    client, stats = client_of(h2, whole()(STREAM if face == "stream" else ANSWER))
    submit = ffi.dosai_loop_submit_stream if face == "stream" else ffi.dosai_loop_submit_chat
    with client, Loop(max_connections_per_host=limit) as loop:
        for times in (1, 2):
            loop.submit(client, 50, submit)
            loop.run()
            assert loop.statuses() == {("OK", None)}
            assert h2.accepted == 1 and stats.requests == 50 * times
        if face == "stream":
            assert set(loop.texts.values()) == {"Hellostop"}


def test_a_full_connection(h2):
    """A connection carries a hundred; what is beyond goes over a second one and a third, not over one for each call."""
    def check():
        before = h2.accepted
        client, stats = client_of(h2, [{"until": lambda: stats.requests >= 200}, *whole()(STREAM)])  # two are full
        with client, Loop() as loop:
            loop.submit(client, 250)
            loop.run()
        assert loop.statuses() == {("OK", None)} and stats.requests == 250
        return [] if 1 < h2.accepted - before <= 3 else ["%d connections" % (h2.accepted - before)]
    assert not attempt(check)


def test_clients_share_it(h2):
    script = whole()(STREAM)
    clients = [client_of(h2, script)[0] for _ in range(3)]
    with Loop() as loop:
        for client in clients:
            loop.submit(client, 5)
        loop.run()
    for client in clients:
        client.__exit__()
    assert loop.statuses() == {("OK", None)} and h2.accepted == 1


def test_http1_that_could_be_http2(server):
    """A connection that carries one call after another is not taken for a shared one, on which the others would wait."""
    came = []

    def reply(request):
        came.append(request)
        wait_until(lambda: len(came) < 3 or len(came) == 8)
        return say("Hello")(request)

    def check():
        came.clear()
        with wire.Client(server.base("held", "tls_slow"), ca_file=server.ca) as holder, \
                wire.Client(server.base("at-once", "tls_slow"), ca_file=server.ca) as client, Loop() as loop:
            loop.submit(holder, 1)
            loop.until(lambda: 0 in loop.texts)
            for count in (1, 1, 6):
                loop.submit(client, count)
                loop.until(lambda: len(loop.ends) == len(loop.calls) - 1)
        assert loop.statuses() == {("OK", None)} and len(came) == 8
        return [end for end in loop.ends.values() if end[2] > 1000 + end[3]]  # a handshake takes 700 ms, and the wait a second
    server.put("held", begun(HOLD))
    server.put("at-once", reply)
    assert not attempt(check)


@pytest.mark.parametrize("limit, connections", [(0, 12), (3, 12)])  # the server closes after each answer
def test_http1(h2, limit, connections):
    client, stats = client_of(h2, whole()(STREAM), http1_only=1)
    with client, Loop(max_connections_per_host=limit) as loop:
        loop.submit(client, 12)
        loop.run()
    assert loop.statuses() == {("OK", None)} and h2.accepted == connections and set(stats.versions) == {"HTTP/1.1"}


@pytest.mark.parametrize("transport", ["plain", "tls"])
def test_http1_in_parallel(server, transport):
    """A server without HTTP/2: nobody waits for the answer of the first, nor for more than its connection."""
    name = "silent~loop-%s" % transport
    with wire.Client(server.base(name, transport), ca_file=server.ca) as client, Loop() as loop:
        loop.submit(client, 20)
        begun = time.monotonic()
        while server.stats(name)["requests"] < 20 and time.monotonic() < begun + 10 + allowance(begun):
            loop.run(0.02)
    stats = server.stats(name)
    assert (stats["requests"], stats["connections"]) == (20, 20)


def test_silent_connection_is_given_up(h2):
    """The first connection gets no answer. The others wait for it for a second, then make their own."""
    client, stats = client_of(h2, whole()(STREAM))
    h2.silent = 1
    with client, Loop() as loop:
        loop.submit(client, 5, connect_timeout_ms=3000)
        loop.run()
    assert loop.ends[0][:2] == ("TIMEOUT", "connect") and 2990 < loop.ends[0][2] < 3000 + LATE_IN_CI + loop.ends[0][3]
    for call in range(1, 5):
        assert loop.ends[call][0] == "OK" and 990 < loop.ends[call][2] < 1000 + LATE_IN_CI + loop.ends[call][3]
    assert stats.requests == 4


def test_silent_second_connection(h2):
    """The first connection is full, and the second gets no answer: a call that waits for it makes a third after a second."""
    busy, _ = client_of(h2, [head(STREAM), {"data": STREAM.begin}, {"hold": True}])
    client, stats = client_of(h2, whole()(STREAM))
    with busy, client, Loop() as loop:
        loop.submit(busy, 100)
        begun = time.monotonic()
        while len(loop.texts) < 100 and time.monotonic() < begun + 10 + allowance(begun):
            loop.run(0.02)
        h2.silent = 1
        loop.submit(client, 2, connect_timeout_ms=3000)
        loop.run_until(2, 3 + 2 * LATE_IN_CI / 1e3)
        assert loop.ends[100][:2] == ("TIMEOUT", "connect") and sorted(loop.ends) == [100, 101]
        assert loop.ends[101][0] == "OK" and 990 < loop.ends[101][2] < 1000 + 2 * LATE_IN_CI + loop.ends[101][3]
    assert stats.requests == 1


def test_connect_clocks(h2):
    """No call waits for another's connection beyond its own clock."""
    client, stats = client_of(h2, whole()(STREAM))
    h2.silent = 100
    with client, Loop() as loop:
        loop.submit(client, 20, connect_timeout_ms=300)
        loop.run()
    assert loop.statuses() == {("TIMEOUT", "connect")} and stats.requests == 0
    assert all(299 < end[2] < 300 + LATE_IN_CI + end[3] for end in loop.ends.values())


def test_the_next_makes_it(h2):
    """The call that makes the connection is cancelled: the next one makes one, which all the others share."""
    client, stats = client_of(h2, whole()(STREAM))
    h2.silent = 1
    with client, Loop() as loop:
        loop.submit(client, 20)
        loop.until(lambda: h2.accepted == 1)
        loop.run(0.1)
        ffi.dosai_call_cancel(loop.calls[0])
        loop.run()
    assert loop.ends.pop(0)[0] == "CANCELLED" and loop.statuses() == {("OK", None)}
    assert all(end[2] < 900 + end[3] for end in loop.ends.values()) and h2.accepted == 2 and stats.requests == 19


def test_another_host_goes_on(h2, server):
    """While a host's first connection is not made, and calls wait for it, those to another one share theirs at once."""
    client, stats = client_of(h2, whole()(STREAM))
    with wire.Client(server.stall, ca_file=server.ca) as stalled, client, Loop() as loop:
        loop.submit(stalled, 20)
        loop.submit(client, 20)
        loop.run_until(20, 0.8)
        assert sorted(loop.ends) == list(range(20, 40)) and loop.statuses() == {("OK", None)}
    assert h2.accepted == 1 and stats.requests == 20


class Pauses(Loop):
    """A loop that pauses one of its calls as soon as it has a text, whatever else has come by then."""

    def __init__(self, paused):
        super().__init__()
        self.paused = paused

    def take(self, event, context):
        had_text = self.paused in self.texts
        result = super().take(event, context)
        if self.paused in self.texts and not had_text:
            ffi.dosai_call_pause(self.calls[self.paused])
        return result


def test_one_stream_in_a_hundred_is_slow(h2):
    """A call that is paused holds up none of those that share its connection, and loses nothing."""
    event = 'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % ("x" * 20000)
    slow, _ = client_of(h2, [head(STREAM), *[{"data": event}] * 200, {"end": STREAM.rest}])
    client, stats = client_of(h2, whole()(STREAM))
    with slow, client, Pauses(0) as loop:
        loop.submit(slow, 1)
        while 0 not in loop.texts:
            loop.run(0.02)
        read = len(loop.texts[0])
        loop.submit(client, 99)
        loop.run_until(99, 5)
        assert sorted(loop.ends) == list(range(1, 100)) and loop.statuses() == {("OK", None)}
        assert h2.accepted == 1 and stats.requests == 99 and len(loop.texts[0]) == read < 4000000
        ffi.dosai_call_resume(loop.calls[0])
        loop.run()
        assert loop.ends[0][0] == "OK" and loop.texts[0] == "x" * 4000000 + "stop"


@pytest.mark.parametrize("other", [None, "flows", "paused"])
@pytest.mark.parametrize("how", ["cancel", "idle"])
def test_a_server_is_told_that_a_stream_is_left(h2, how, other):
    """At once, for it would go on, and charge for it. The other streams of the connection lose nothing."""
    told, event = [], 'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
    last = {"until_left": told}
    leaving, _ = client_of(h2, [head(STREAM), {"data": event}, *([] if other else [last])])
    staying, _ = client_of(h2, [head(STREAM), {"data": event}, {"wait_ms": 100}, {"data": event}, last, {"end": STREAM.rest}])
    with leaving, staying, Pauses(1 if other == "paused" else None) as loop:
        loop.submit(leaving, 1, idle_timeout_ms=1000 if how == "idle" else 0)
        loop.until(lambda: 0 in loop.texts)
        if other:
            loop.submit(staying, 1)
            loop.until(lambda: loop.texts.get(1) == ("x" if other == "paused" else "xx"))
        if other == "paused":
            loop.run(0.3)
            assert loop.texts[1] == "x"
        if how == "cancel":
            ffi.dosai_call_cancel(loop.calls[0])
        loop.until(lambda: 0 in loop.ends and told)
        assert loop.ends[0][:2] == (("TIMEOUT", "idle") if how == "idle" else ("CANCELLED", None)) and told == [True]
        if other == "paused":
            ffi.dosai_call_resume(loop.calls[1])
        if other:
            loop.run()
            assert loop.ends[1][0] == "OK" and loop.texts[1] == "xxstop" and h2.accepted == 1


def test_a_server_is_told_that_a_loop_is_closed(h2):
    told, loop = [], Loop()
    client, _ = client_of(h2, [head(STREAM), {"data": STREAM.begin}, {"until_left": told}])
    with client:
        loop.submit(client, 1)
        loop.until(lambda: loop.texts)
        assert ffi.dosai_loop_close(loop.handle, loop.on_event, None, None) == ffi.OK
        ended = time.monotonic() + 10
        while not told and time.monotonic() < ended:
            time.sleep(0.01)
        assert loop.statuses() == {("CANCELLED", None)} and told == [True]
        ffi.dosai_call_free(loop.calls[0])
