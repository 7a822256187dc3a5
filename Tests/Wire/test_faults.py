"""Where an answer can break: the fault matrix over plain and TLS, streamed and whole, with no retries and with two.

    python test_faults.py no-fd URL      plays a row that needs a process of its own
"""
import collections, concurrent.futures, itertools, json, os, resource, subprocess, sys, threading, time

import pytest

import wire
from lateness import attempt, patience
from faults import ANSWER, FAULTS, STREAM

CLOCK = 300  # ms, of the clock that is to run out
LATE = 50  # ms: what the clocks may be late. CI's machines are not ours:
LATE_IN_CI = 500
TAGS = itertools.count()
BIG = {"model": "m", "messages": [{"role": "user", "content": "a" * (8 << 20)}]}


class Row:
    """What a row must report, by docs/design.md, 7 and 9, and the statuses of dosai.h. Statuses: one, or where it may be seen in two ways both.

    begun: something of the answer had come, and is kept: of a stream the content, of an answer the bytes. http: what
    came of the status; in_headers: and no more than that. retried: by docs/design.md, 9, where nothing was delivered. clock: the
    one that runs out.
    """

    def __init__(self, id, status, whole=None, http=200, in_headers=False, begun=False, retried=False, at=("plain", "tls"), clock=None,
                 whole_clock=None, faces=("callback", "pull", "unary"), **options):
        self.id, self.statuses, self.http, self.begun, self.retried, self.at = id, (status, whole or status), http, begun, retried, at
        self.in_headers = in_headers
        self.clocks, self.faces, self.options = (clock, whole_clock or clock), faces, options

    def status(self, face):
        return self.statuses[face == "unary"].split()

    def clock(self, face):
        return self.clocks[face == "unary"]

    def time(self, face):
        """Milliseconds of that clock; the total one must not run out before the answer has begun."""
        return CLOCK * 3 if self.clock(face) == "total" else CLOCK

    def attempts(self, face, retries):
        return 1 + retries if self.retried and self.clock(face) != "total" else 1


CUT, LOST, BAD, LATER = "TRUNCATED", "CONNECTION", "PROTOCOL", "TIMEOUT"
ROWS = [
    # before there is a connection
    Row("refused", LOST, http=0, retried=True, at=("refused",)),
    Row("dns", LOST, http=0, retried=True, at=("nowhere",)),
    Row("tls-untrusted", "TLS", http=0, at=("tls_self",)),
    Row("tls-wrong-host", "TLS", http=0, at=("tls_other",)),
    Row("tls-proto", "TLS", http=0, at=("tls_old",)),
    Row("tls-plain", "TLS", http=0, at=("tls_plain",)),
    Row("tls-close", "CONNECTION TLS", http=0, retried=True, at=("tls_close",)),
    Row("tls-reset", "CONNECTION TLS", http=0, retried=True, at=("tls_reset",)),
    # while the request is sent
    Row("req-rst", LOST, http=0, retried=True), Row("req-413", "BAD_REQUEST", http=413),
    # before an answer
    Row("close-0", LOST, http=0, retried=True), Row("rst-0", LOST, http=0, retried=True),
    Row("part-status", LOST, http=0, retried=True), Row("not-http", BAD, http=0), Row("bad-status", BAD, http=0),
    Row("101", BAD, http=101, in_headers=True),
    Row("100-flood", "TOO_LARGE", http=100, in_headers=True), Row("status-999", "SERVER", http=999, retried=True),
    # in the headers and behind them
    Row("hdr-fin", CUT, retried=True, in_headers=True), Row("hdr-rst", CUT, retried=True, in_headers=True),
    Row("hdr-flood", "TOO_LARGE", in_headers=True), Row("hdr-one", "TOO_LARGE", in_headers=True), Row("204", BAD, http=204),
    Row("enc-stack", "PROTOCOL OK", BAD, in_headers=True),  # no encoding was asked for a stream
    Row("body0-fin-chunked", CUT), Row("body0-rst", CUT), Row("body0-fin-length", CUT),
    Row("body0-fin-close", CUT, "PROTOCOL TRUNCATED"), Row("body0-length-0", CUT, "PROTOCOL TRUNCATED"),
    # in the answer
    Row("mid-fin-chunked", CUT, begun=True), Row("mid-rst", CUT, begun=True), Row("in-chunk", CUT, begun=True),
    Row("bad-chunk", BAD), Row("bad-second-chunk", BAD, begun=True), Row("clean-no-done", CUT, BAD, begun=True),
    Row("clean-finish-no-done", "OK"), Row("finish-fin-chunked", CUT, begun=True),
    Row("eof-body", CUT, "PROTOCOL TRUNCATED", begun=True), Row("eof-whole", "OK"),
    Row("tls-trunc", CUT, "PROTOCOL TRUNCATED", begun=True), Row("tls-trunc-chunked", CUT, begun=True),
    Row("cl-short", CUT, begun=True), Row("cl-short-rst", CUT, begun=True), Row("cl-long", "TRUNCATED PROTOCOL"),
    Row("gzip-bomb", "PROTOCOL TRUNCATED", "TOO_LARGE", max_response_bytes=8 << 20),
    # behind it
    Row("keepalive", "OK"), Row("rst-after-done", "OK"), Row("rst-for-end", "OK", CUT), Row("whole-hold", "OK"),
]
STALLS = [
    Row("blackhole", LATER, http=0, retried=True, at=("blackhole",), clock="connect"),
    Row("tls-stall", LATER, http=0, retried=True, at=("stall",), clock="connect"),
    Row("stall-0", LATER, http=0, retried=True, clock="first_token"),
    Row("103-stall", LATER, http=103, retried=True, in_headers=True, clock="first_token"),
    Row("hdr-stall", LATER, retried=True, in_headers=True, clock="first_token", whole_clock="total"),
    Row("body0-stall", LATER, clock="first_token", whole_clock="total"),
    Row("stall-mid", LATER, begun=True, clock="idle", whole_clock="total"),
    Row("keepalive-stall", LATER, begun=True, clock="idle", whole_clock="total"),  # comments are no life
    Row("after-done-hold", "OK", LATER, whole_clock="total", begun=True),
]
ELSEWHERE = {"no-fd", "bad-url", "bad-scheme"}  # rows with tests of their own
UNCOUNTED = ("refused", "nowhere", "blackhole")  # no connection arrives there
WORST = collections.Counter()


def base_of(server, at, name):
    if at == "nowhere":
        return "https://%s.test/v1" % ("a" * 64)  # no name: a label has at most 63 letters
    return server.base(name, at)


def play(server, row, at, face, retries, client=wire.Client):
    """One call and what the server saw of it."""
    name = "fault-%s~%d" % (row.id, next(TAGS))
    options = {"ca_file": server.ca, "max_retries": retries or -1, "total_timeout_ms": 20000, **row.options}
    if row.clock(face):
        options[row.clock(face) + "_timeout_ms"] = row.time(face)
    arrived = server.arrived[at]
    with client(base_of(server, at, name), BIG if row.id.startswith("req-") else None, **options) as caller:
        seen = caller.see(face)
    ended = time.monotonic()
    while True:
        with server.lock:
            requests = list(server.stats_of[name].requests) if name in server.stats_of else []
        if at in ("plain", "tls"):
            seen["arrived"] = len(requests)
        elif at in UNCOUNTED:
            seen["arrived"] = None
        else:
            seen["arrived"] = server.arrived[at] - arrived
        attempts = (seen["error"] or seen["completion"])["attempts"]
        if (seen["arrived"] or 0) >= len(attempts) or at in UNCOUNTED or time.monotonic() > ended + 1 + patience(ended):
            break
        time.sleep(0.005)
    seen["bodies"] = {request.body for request in requests}
    return seen


def check(row, face, retries, seen):
    error, streamed = seen["error"], face != "unary"
    owner = error or seen["completion"]
    found, statuses = [], row.status(face)
    if seen["status"] not in statuses:
        found.append("status is %s, not %s (%s)" % (seen["status"], " or ".join(statuses), error and error["message"]))
    if (seen["status"] == "OK") != (error is None) or (error is None) != (seen["completion"] is not None):
        found.append("no one terminal status: %r" % seen)
    attempts = owner["attempts"]
    if len(attempts) != row.attempts(face, retries):
        found.append("%d attempts, not %d: %r" % (len(attempts), row.attempts(face, retries), attempts))
    # For a host that was late to a handshake, its connection may be made again, which is no attempt.
    more = row.clock(face) == "connect" and seen["allowed_ms"] > 25 and (seen["arrived"] or 0) > len(attempts)
    if seen["arrived"] not in (None, len(attempts)) and not more:
        found.append("%d attempts, and the server saw %d" % (len(attempts), seen["arrived"]))
    if len(seen["bodies"]) > 1:
        found.append("the attempts' bodies differ")
    for at, attempt in enumerate(attempts):
        if attempt["status"] not in statuses or attempt["http"] not in (row.http, row.in_headers and 0):
            found.append("attempt %d is %r" % (at, attempt))
        full = 500 * 2 ** at
        if row.id != "status-999" and not (attempt["delay"] == 0 if at == len(attempts) - 1 else full * 3 / 4 <= attempt["delay"] <= full):
            found.append("the delay after attempt %d is %d ms" % (at, attempt["delay"]))
    if seen["status"] != "OK" and owner["http"] != row.http:
        found.append("HTTP %d, not %d" % (owner["http"], row.http))
    found += check_arrived(row, streamed, seen)
    clock = row.clock(face)
    if error and error["clock"] != clock:
        found.append("the clock is %s, not %s" % (error["clock"], clock))
    late = seen["ms"] - sum(attempt["delay"] for attempt in attempts) - (row.time(face) * len(attempts) if clock else 0)
    kind = "clock" if clock else "break"
    WORST[kind] = max(WORST[kind], late)
    if late > (LATE_IN_CI if clock else 3000) + seen["allowed_ms"]:
        found.append("%d ms late" % late)
    if clock and late < -2:
        found.append("%d ms too early" % -late)
    return found


def check_arrived(row, streamed, seen):
    """What had arrived is kept, and nothing else is there."""
    error = seen["error"]
    content = "".join(chunk["text"] for chunk in seen["chunks"] if chunk["kind"] == "content")
    whole = "Hello" if streamed else "Hello! How can I help you today?"
    if seen["status"] == "OK":
        got = [(choice["content"], choice["finish"]) for choice in seen["completion"]["choices"]]
        if got != [(whole, "stop")] or (streamed and content != whole):
            return ["the answer is %r, chunks %r" % (got, content)]
    elif streamed:
        got = [choice["content"] for choice in (error["completion"] or {"choices": []})["choices"]]
        if got != [whole] * row.begun or content != whole * row.begun:
            return ["what had arrived is %r, chunks %r" % (got, content)]
    else:
        begin = ANSWER.begin + ANSWER.rest if row.id in ("rst-for-end", "finish-fin-chunked", "after-done-hold") else ANSWER.begin
        if row.begun and (error["body"] or b"").strip() != begin.strip().encode():
            return ["the body is %r, not %r" % (error["body"], begin)]
        if error["completion"]:
            return ["a completion is lent: %r" % error["completion"]]
    return []


def jobs(rows):
    return [(row, at, face, retries) for row in rows for retries in (2, 0) for at in row.at for face in row.faces
            if retries == 0 or face != "pull"]


def play_all(server, rows, together):
    """All of them at once, for most of the time they wait. Those that count connections do it one after the other."""
    results, lines = {}, collections.defaultdict(list)
    for job in jobs(rows):
        lines[job if job[1] in ("plain", "tls", *UNCOUNTED) else job[1]].append(job)

    def run(line):
        for row, at, face, retries in line:
            results[row.id, at, face, retries] = attempt(
                lambda: check(row, face, retries, play(server, row, at, face, retries)))
    with concurrent.futures.ThreadPoolExecutor(together) as pool:
        for done in [pool.submit(run, line) for line in sorted(lines.values(), key=len, reverse=True)]:
            done.result(1200)
    return results


@pytest.fixture(scope="module")
def played(server):
    return play_all(server, ROWS, 12)


@pytest.fixture(scope="module")
def stalled(server, played):
    results = play_all(server, STALLS, 8)
    wire.NOTES.append("faults: %d calls; beyond a clock at worst %.0f ms (goal %d); a break was told within %.0f ms"
                      % (len(played) + len(results), WORST["clock"], LATE, WORST["break"]))
    return results


def judge(row, results):
    found = ["%s, %s, %d retries: %s" % (at, face, retries, line) for (id, at, face, retries), lines in results.items()
             if id == row.id for line in lines]
    assert sum(id == row.id for id, *_ in results) == len(jobs([row]))
    if found:
        pytest.fail("\n".join(found[:12]), pytrace=False)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_break(played, row):
    judge(row, played)


@pytest.mark.parametrize("row", STALLS, ids=lambda row: row.id)
def test_stall(stalled, row):
    judge(row, stalled)


# ---- what follows

@pytest.mark.parametrize("at, face", [("plain", "callback"), ("tls", "pull"), ("tls", "unary")])
def test_recovers(server, at, face):
    """Two attempts break and the third answers: nothing of the first two is in the answer."""
    def recover(row):
        name = "recover-%s-%s" % (row.id, face)
        broken, whole = FAULTS["fault-" + row.id], FAULTS["fault-whole-hold"]
        count = itertools.count()
        server.put(name, lambda request: broken(request) if next(count) < 2 else whole(request))
        with wire.Client(server.base(name, at), ca_file=server.ca, max_retries=2) as client:
            seen = client.see(face)
        if seen["status"] != "OK":
            return ["%s: %s" % (row.id, seen["error"]["message"])]
        found = check_arrived(row, face != "unary", seen)
        statuses, stats = [attempt["status"] for attempt in seen["completion"]["attempts"]], server.stats(name)
        if statuses != [row.status(face)[0]] * 2 + ["OK"] or stats["requests"] != 3 or len(set(stats["bodies"])) != 1:
            found.append("attempts %r; the server saw %d with %d bodies" % (statuses, stats["requests"], len(set(stats["bodies"]))))
        return ["%s: %s" % (row.id, line) for line in found]

    rows = [row for row in ROWS if row.retried and "plain" in row.at and row.id != "req-rst"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = [line for lines in pool.map(recover, rows) for line in lines]
    assert not found, "\n".join(found)


def test_attempt_has_the_status_of_its_error(server):
    """The last attempt and the error tell of the same answer, also of one that broke in its headers."""
    found = []
    for row in ROWS:
        if "plain" in row.at and not row.id.startswith("req-"):
            with wire.Client(server.base("fault-%s~%d" % (row.id, next(TAGS))), max_response_bytes=8 << 20) as client:
                error = client.see("unary")["error"]
            if error and error["http"] != error["attempts"][-1]["http"]:
                found.append("%s: HTTP %d, of the attempt %d" % (row.id, error["http"], error["attempts"][-1]["http"]))
    assert not found, "\n".join(found)


SOON = 0.3  # s: a token that nobody watches is seen by chance, where libcurl's own timers wake the call in its first 200 ms


def cancel(server, row, at, face):
    token, when, begun = wire.ffi.dosai_cancel(), [], time.monotonic()
    assert wire.ffi.dosai_cancel_new(wire.byref(token), None) == wire.ffi.OK

    def trigger():
        time.sleep(patience(begun))  # what the server sends before it stalls has come by then
        when.append(time.monotonic())
        wire.ffi.dosai_cancel_trigger(token)
    timer = threading.Timer(SOON, trigger)
    name = "fault-%s~%d" % (row.id, next(TAGS))
    with wire.Client(base_of(server, at, name), ca_file=server.ca, total_timeout_ms=60000) as client:
        timer.start()
        seen = client.see(face, wire.call_options(cancel=token))
        late = (time.monotonic() - when[0]) * 1e3 if when else -1
    timer.cancel(), wire.ffi.dosai_cancel_free(token)
    WORST["cancel"] = max(WORST["cancel"], late)
    got = [choice["content"] for choice in ((seen["error"] or {}).get("completion") or {"choices": []})["choices"]]
    if seen["status"] != "CANCELLED" or not 0 <= late < LATE_IN_CI + seen["allowed_ms"] or len(seen["error"]["attempts"]) != 1:
        return ["%s, %s: %s after %d ms" % (at, face, seen["status"], late)]
    return ["%s, %s: what had arrived is %r" % (at, face, got)] if face != "unary" and got != ["Hello"] * row.begun else []


@pytest.mark.parametrize("row", STALLS[:-1], ids=lambda row: row.id)
def test_cancel(server, row):
    """A token ends a stalled call at once, whatever it waits for."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        found = pool.map(lambda place: cancel(server, row, *place), itertools.product(row.at, row.faces))
    assert not (lines := list(itertools.chain(*found))), "\n".join(lines)


REFUSALS = {
    "402": ({"status": 402, "json": {"error": {"message": "No."}}}, "INSUFFICIENT_CREDITS", 1),
    "quota": ({"status": 429, "json": {"error": {"code": "insufficient_quota"}}}, "INSUFFICIENT_CREDITS", 1),
    "limit": ({"status": 429, "json": {"error": {"code": "rate_limit_exceeded"}}}, "RATE_LIMITED", 3),
}
ASKED = 700  # ms: none of our own first two waits, of 500 and 1000 less a quarter


@pytest.mark.parametrize("face", ["callback", "pull", "unary"])
@pytest.mark.parametrize("id", REFUSALS)
def test_retried_or_refused(server, id, face):
    """By what arrives: a limit of the rate is tried again after the server's wait, a lack of money never."""
    refusal, status, requests = REFUSALS[id]
    name = "refuse-%s-%d" % (id, next(TAGS))
    server.put(name, {**refusal, "headers": {"Retry-After": str(ASKED / 1e3)}})
    with wire.Client(server.base(name), max_retries=2) as client:
        seen = client.see(face)
    assert (seen["status"], server.stats(name)["requests"]) == (status, requests)
    assert [attempt["delay"] for attempt in seen["error"]["attempts"]] == [ASKED] * (requests - 1) + [0]
    assert seen["ms"] >= ASKED * (requests - 1) - 1


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("face", ["callback", "pull", "unary"])
def test_total_ends_the_retries(server, face, retries):
    """The total clock runs through attempts and waits alike."""
    with wire.Client(server.base("fault-stall-0~%d" % next(TAGS)), max_retries=retries or -1, first_token_timeout_ms=100,
                     total_timeout_ms=300) as client:
        seen = client.see(face)
    error = seen["error"]
    wanted = ("total", 300) if retries else ("first_token", 100)
    assert (seen["status"], error["clock"]) == ("TIMEOUT", wanted[0])
    assert wanted[1] <= seen["ms"] + 1 and seen["ms"] < wanted[1] + LATE_IN_CI + seen["allowed_ms"]
    assert len(error["attempts"]) == 1


# ---- arguments, which come before any network

URLS = ["http://127.0.0.1:99999/v1", "http://127.0.0.1:0x50/v1", "http://127.0.0.1:-1/v1", "http://", "http:///v1", "https://:443/",
        "127.0.0.1/v1", "", "http:/127.0.0.1", "http://[::1/v1", "http://user@127.0.0.1/v1", "http://user:hunter2@127.0.0.1/v1",
        "http://127.0.0.1/v1\r\nX-Injected: yes", "http://127.0.0.1/v1 x", "http://127.0.0.1/\u00e9", "http://127.0.0.1/v1#part"]
SCHEMES = ["ftp://127.0.0.1/v1", "file:///etc/passwd", "ws://127.0.0.1/v1", "gopher://127.0.0.1/", "unix:///tmp/x", "javascript:0",
           "httpx://127.0.0.1/v1", "ht tp://127.0.0.1/v1"]


@pytest.mark.parametrize("url", URLS + SCHEMES)
def test_bad_url(url):
    client = wire.Client(url, max_retries=2, allow_insecure_http=1)  # so that the key is no reason
    try:
        assert (client.status, client.error["attempts"], client.error["http"]) == ("INVALID_ARGUMENT", [], 0)
        assert client.error["message"] and "hunter2" not in client.error["message"]
    finally:
        client.__exit__()


# ---- no free descriptor, in a process of its own

def free_descriptors():
    """Takes all descriptors; the one that is called gives a number of them back, and then takes them again."""
    soft = len(os.listdir("/proc/self/fd")) + 40
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, soft))
    taken = []

    def leave(count):
        while True:
            try:
                taken.append(os.open("/dev/null", os.O_RDONLY))
            except OSError:
                break
        for _ in range(count):
            os.close(taken.pop())
    return leave


def play_no_fd(base, ca):
    """One line a call: how many were free, what came of it."""
    ready = {face: wire.Client(base, max_retries=2, ca_file=ca) for face in ("callback", "unary")}
    for client in ready.values():
        assert client.see("unary")["status"] == "OK"  # it has an engine now, and its connection has been closed
    leave, lines = free_descriptors(), []
    for warm in (True, False):
        for count in range(9):
            for face, client in ready.items():
                leave(0)
                fresh = None if warm else wire.Client(base, max_retries=2, ca_file=ca)
                if fresh and fresh.status != "OK":
                    lines.append([count, face, warm, "new:" + fresh.status, 0, 0])
                leave(count)
                if fresh is None or fresh.status == "OK":
                    seen = (fresh or client).see(face)
                    owner = seen["error"] or seen["completion"]
                    lines.append([count, face, warm, seen["status"], len(owner["attempts"]), seen["ms"] - seen["allowed_ms"], seen["error"] and seen["error"]["message"]])
                if fresh:
                    fresh.__exit__()
    for client in ready.values():
        leave(30)
        lines.append([30, "unary", True, client.see("unary")["status"], 1, 0])
    print(json.dumps(lines))


@pytest.mark.parametrize("at", ["plain", "tls"])
def test_no_fd(server, at):
    """It is told as what it is, at once and without a retry; and with descriptors all is well again."""
    server.put("closes", lambda request: {"text": ANSWER.begin + ANSWER.rest, "framing": "close"} if b'"stream"' not in request.body
               else {"stream": STREAM.begin + STREAM.rest, "framing": "close"})
    ran = subprocess.run([sys.executable, __file__, "no-fd", server.base("closes", at).replace("localhost", "127.0.0.1"), server.ca],
                         stdout=subprocess.PIPE, timeout=600, check=True)
    lines = json.loads(ran.stdout)
    found = [line for line in lines if line[3] not in ("OK", "RESOURCE", "new:RESOURCE") or line[4] > 1 or line[5] > 1000]
    assert {"OK", "RESOURCE"} <= {line[3] for line in lines}
    assert [line[3] for line in lines[-2:]] == ["OK", "OK"], lines[-2:]
    assert not found, "\n".join(map(str, found))


# ---- the shared matrix, where it is there

def test_all_rows_are_here():
    path = wire.ROOT.parent / "shared/cases/fault_matrix.json"
    path = os.environ["DOSAI_CASES"] + "/fault_matrix.json" if "DOSAI_CASES" in os.environ else path
    if not os.path.exists(path):
        pytest.skip("the shared cases are not there")
    there = {row["id"]: row for row in json.loads(open(path).read())["cases"]}
    ours = {row.id: row for row in ROWS + STALLS}
    assert set(there) - set(ours) - ELSEWHERE == set()
    for id, row in there.items():
        if id in ours:
            assert ours[id].retried == (row["retry_by_default"] not in (False,)), id


if __name__ == "__main__":
    play_no_fd(*sys.argv[2:])
