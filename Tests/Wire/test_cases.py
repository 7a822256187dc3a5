"""The shared cases that the ABI can see, from DOSAI_CASES or ../shared/cases: streams, exchanges, redirects, arguments."""
import base64, concurrent.futures, json, os, pathlib, threading, time

import pytest

import wire
from lateness import patience

FOLDER = pathlib.Path(os.environ.get("DOSAI_CASES", wire.ROOT.parent / "shared/cases"))
STATUSES = {
    "DONE": ["OK"], "EOF_FINISHED": ["OK"], "ok": ["OK"], "TRUNCATED": ["TRUNCATED"], "PARSE_ERROR": ["PROTOCOL"],
    "PROTOCOL_ERROR": ["PROTOCOL"], "LIMIT": ["TOO_LARGE"], "NETWORK": ["CONNECTION"], "TIMEOUT": ["TIMEOUT"],
    "CANCELLED": ["CANCELLED"], "INVALID_ARGUMENT": ["INVALID_ARGUMENT"],
    "API_ERROR": ["PROVIDER", "BAD_REQUEST", "AUTHENTICATION", "INSUFFICIENT_CREDITS", "PERMISSION", "NOT_FOUND", "RATE_LIMITED",
                  "SERVER", "UNAVAILABLE", "REDIRECTED"],
}

# Where docs/design.md decides otherwise than the case: its section, and all that may come instead. One that comes out as the case
# says is a failure.
ACCEPTED = "7: accept index -1"
NOT_INJECTED = "9: identical bytes each time; 7: nothing is injected"
DECIDED = {
    "go-empty-data-field": ("7: accept empty data", {"status is TRUNCATED"}),
    "go-index-neg-choice": (ACCEPTED, {"status is OK", "accumulated.0.content is 'safe mutated'"}),
    "node-choice-index-03": (ACCEPTED, {"status is OK", "payloads is [{'id': 'x'"}),
    "node-choice-beyond-n": ("10: choices 128, settable", {"status is OK", "payloads is [{'id': 'chatcmpl-x'"}),
    "py-key-refresh-on-retry": ("2: configuration immutable once made", {"authorization is"}),
    "go-3-attempts-headers": (NOT_INJECTED, {"retry_count_header is ['', '', '']"}),
    "node-count-header": (NOT_INJECTED, {"last_retry_count_header is ''"}),
    "node-idempotency": ("9: no Idempotency-Key unless the caller sets one", {"same_header_on_all_attempts is False"}),
    "wpt-status-210": ("7: neither [DONE] nor a finish reason", {"status is TRUNCATED", "payload_count is 1"}),
    "wpt-status-299": ("7: neither [DONE] nor a finish reason", {"status is TRUNCATED", "payload_count is 1"}),
}
for origin in ("redir-same-absolute", "redir-ORIGIN.test-443_final"):  # those that would make a GET of the POST
    for http in (301, 302, 303):
        DECIDED["%s/%d/True" % (origin, http)] = ("10: redirects are an error", {"followed is None, REDIRECTED"})


def load(file, *kinds):
    path = FOLDER / file
    if not path.exists():
        return []
    cases = json.loads(path.read_text())["cases"]
    return [case for case in cases if not kinds or case.get("kind", kinds[0]) in kinds]


STREAMS = load("chat_stream.json")
EXCHANGES = load("retry_http.json", "exchange")
REDIRECTS = load("retry_http.json", "redirect")
ARGUMENTS = load("retry_http.json", "argument")
EXPECTED = 85 + 52 + 8
COUNT = len(STREAMS) + len(EXCHANGES) + len(REDIRECTS) + len(ARGUMENTS)
wire.NOTES.append("shared cases: %d of %d, in %s" % (COUNT, EXPECTED, FOLDER) if COUNT else
                  "shared cases: 0 of %d: %s is not there" % (EXPECTED, FOLDER))


def named(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["id"])


def undecided(name, found):
    """What is not as the case says; or, of a case in the table, not as the table says."""
    if name not in DECIDED:
        return found
    line, wanted = DECIDED[name]
    other = [one for one in found if not any(text in one for text in wanted)]
    missing = [text for text in wanted if not any(text in one for one in found)]
    if not other and not missing:
        return []
    return ["decided by docs/design.md, %s, but" % line] + other[:6] + ["no: " + text for text in missing]


def judge(name, found):
    found = undecided(name, found)
    if found:
        pytest.fail("\n".join(found[:7]), pytrace=False)


# ---- streams

def pieces_of(case, split):
    pieces = []
    for chunk in case["chunks"]:
        (form, value), = chunk.items()
        pieces.append({"t": lambda: value.encode(), "b": lambda: base64.b64decode(value),
                       "r": lambda: value[0].encode() * value[1]}[form]())
    whole = b"".join(pieces)
    if split == "as-is":
        return pieces
    if split == "merge":
        return [whole]
    kind, _, size = split.partition(":")
    assert kind == "bytes", split
    return [whole[at:at + int(size)] for at in range(0, len(whole), int(size))]


def check_stream(case, seen):
    expect, error = case["expect"], seen["error"]
    allowed = [status for outcome in expect["outcome"] for status in STATUSES[outcome]]
    if case["eof"] == "reset":
        allowed += ["TRUNCATED"] * ("CONNECTION" in allowed)
    found = [] if seen["status"] in allowed else ["status is %s, not %s" % (seen["status"], " or ".join(allowed))]
    completion = error["completion"] if error else seen["completion"]
    payloads = {chunk["event"]: wire.exact(chunk["json"]) for chunk in seen["chunks"]}
    if "payloads" in expect:
        found += wire.differences(list(payloads.values()), [wire.exact(json.dumps(one)) for one in expect["payloads"]], "payloads")
    choices = {str(choice["index"]): choice for choice in (completion or {"choices": []})["choices"]}
    for index, wanted in expect.get("accumulated", {}).items():
        got = choices.get(index, {})
        for key, value in wanted.items():
            found += wire.differences(got.get({"finish_reason": "word"}.get(key, key)), value, "accumulated.%s.%s" % (index, key))
    for index, count in expect.get("tool_call_count", {}).items():
        if len(choices.get(index, {"tool_calls": []})["tool_calls"]) != count:
            found.append("tool calls are %r, not %d" % (choices.get(index), count))
    if "usage" in expect:
        for key, value in expect["usage"].items():
            if dict(zip(wire.USAGE, completion["usage"])).get(key) != value:
                found.append("usage is %r, not %r" % (completion["usage"], expect["usage"]))
    for key, value in expect.get("error", {}).items():
        said = (error or {}).get(key) or ""
        if value not in said if key == "message" else value != said:
            found.append("error.%s is %r, not %r" % (key, said, value))
    for secret in expect.get("message_excludes", []):
        if error and secret in error["message"]:
            found.append("the message is with " + secret)
    return found


@named(STREAMS)
def test_stream(server, case):
    assert set(case) <= {"id", "layer", "origin", "source", "chunks", "splits", "eof", "expect", "alt", "note", "options"}
    assert set(case["expect"]) <= {"outcome", "payloads", "accumulated", "tool_call_count", "usage", "error", "message_excludes",
                                   "log_excludes"}
    lines, log = [], wire.ffi.dosai_log_fn(lambda level, line, length, _: lines.append(wire.string_at(line, length).decode()))
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n%s\r\n"
    found, name = [], "shared-" + case["id"]
    request = {"model": "m", "messages": [], **{key: value for key, value in case.get("options", {}).items() if key == "n"}}
    if case["eof"] == "reset":  # over TCP, and after the client could read what came before
        client = wire.Client(server.base(name), request, log_level=4, on_log=log)
        end = [{"sleep_ms": 20}, {"reset": True}]
    else:  # over a unix socket, where each piece is one read
        client = wire.Client("http://localhost/s/%s/v1" % name, request, unix_socket=server.unix, log_level=4, on_log=log)
        end = [{"hold": True}] if case["eof"] == "hold" else [{"close": True}]
    with client:
        for split in case["splits"]:
            pieces = pieces_of(case, split)
            start = head % "Connection: close\r\n"
            if case["eof"] == "reset":
                start, pieces = head % "Transfer-Encoding: chunked\r\n", [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
            server.put(name, [{"send": start}, {"pieces": pieces}] + end)
            for face in wire.FACES:
                seen = client.see(face)
                found += ["%s, %s: %s" % (face, split, line) for line in check_stream(case, seen)]
                if seen["ms"] > 5000 + seen["allowed_ms"]:
                    found.append("%s, %s: %d ms" % (face, split, seen["ms"]))
    found += ["log: %s" % line for line in lines for secret in case["expect"].get("log_excludes", []) if secret in line]
    judge(case["id"], found)


# ---- exchanges

OPTIONS = {"max_retries": "max_retries", "timeout_ms": "first_token_timeout_ms", "deadline_ms": "total_timeout_ms",
           "idle_timeout_ms": "idle_timeout_ms"}


def reply_of(reply, fast):
    if "fault" in reply:
        return [{"rst_before_status": {"reset": True}, "stall_before_status": {"hold": True}}[reply["fault"]]]
    headers = dict(reply["headers"])
    if fast and reply["status"] >= 400:
        headers.setdefault("retry-after-ms", "1")  # our own backoff begins with half a second
    if "chunks" in reply or "then" in reply:
        start = "HTTP/1.1 200 OK\r\n%sTransfer-Encoding: chunked\r\n\r\n" % "".join("%s: %s\r\n" % pair for pair in headers.items())
        return [{"send": start}] + [{"chunk": text} for text in reply.get("chunks", [])] + [{"hold": True}]
    if reply["status"] in (204, 205):
        return [{"send": "HTTP/1.1 %d Nothing\r\nContent-Length: 0\r\n\r\n" % reply["status"]}]
    return {"status": reply["status"], "text": reply["body"], "headers": headers}


def exchange(server, case, name=None, see=None):
    """What came of it: the call as it was seen, the server's stats, and when each request came."""
    config, name = dict(case["config"]), name or "exchange-" + case["id"]
    fast = config.pop("fast_backoff", False)
    server.put(name, {"replies": [reply_of(reply, fast) for reply in case["server"]]})
    server.reset(name)
    options = {ours: config.pop(theirs) for theirs, ours in OPTIONS.items() if theirs in config}
    options["max_retries"] = options.get("max_retries", 2) or -1
    options["headers"] = ["%s: %s" % pair for pair in config.pop("headers", {}).items()]
    options["max_redirects"] = 5 if config.pop("follow_redirects", False) else 0
    face = "callback" if config.pop("stream", False) else "unary"
    when, after = config.pop("cancel", None), config.pop("cancel_after_ms", None)
    for unknown in ("api_key_callback", "idempotency"):  # not offered: DECIDED says so
        config.pop(unknown, None)
    assert not config, config
    seen = (see or see_cancelled)(face, 0 if when else after, server.base(name), **options)
    over = time.monotonic()  # the server's threads take a moment to see the ends
    while "open_connections_after" in case["expect"] and server.stats(name)["ended"] < server.stats(name)["connections"]:
        if time.monotonic() > over + 2 + patience(over):
            break
        time.sleep(0.005)
    with server.lock:
        requests = list(server.stats_of[name].requests) if name in server.stats_of else []
    return seen, server.stats(name), requests


def see_cancelled(face, after, base_url, **options):
    """A call that is cancelled after so many milliseconds; None: never."""
    token, cancelled = wire.ffi.dosai_cancel(), []
    assert wire.ffi.dosai_cancel_new(wire.byref(token), None) == wire.ffi.OK

    def cancel():
        cancelled.append(time.monotonic())
        wire.ffi.dosai_cancel_trigger(token)
    timer = threading.Timer((after or 0) / 1e3, cancel)
    if after is not None:
        timer.start() if after else cancel()
    with wire.Client(base_url, **options) as client:
        begun = time.monotonic()
        seen = client.see(face, wire.call_options(cancel=token))
    seen["is_early"] = bool(cancelled) and cancelled[0] < begun + seen["allowed_ms"] / 1e3  # the call may not have begun
    seen["late_ms"] = (time.monotonic() - cancelled[0]) * 1e3 if cancelled else 0
    timer.cancel()
    wire.ffi.dosai_cancel_free(token)
    return seen


@pytest.fixture(scope="module")
def slow(server):
    """Those that wait for our own backoff, all at once."""
    chosen = [case for case in EXCHANGES if case["config"].get("fast_backoff")
              and any("fault" in reply for reply in case["server"])]
    with concurrent.futures.ThreadPoolExecutor(4) as together:
        return dict(zip([case["id"] for case in chosen], together.map(lambda case: exchange(server, case), chosen)))


KNOWN = {"outcome", "attempts", "status", "retries_taken", "payload_count", "elapsed_ms", "delays_ms", "open_connections_after",
         "max_latency_after_cancel_ms", "request_headers", "max_elapsed_ms", "authorization", "retry_count_header",
         "last_retry_count_header", "same_header_on_all_attempts", "different_between_requests", "same_body_on_all_attempts", "method"}


@named(EXCHANGES)
def test_exchange(server, slow, case):
    seen, stats, requests = slow.get(case["id"]) or exchange(server, case)
    judge(case["id"], ["%s: %s" % (case["id"], line) for line in check_exchange(case, seen, stats, requests)])


def check_exchange(case, seen, stats, requests):
    expect, error = case["expect"], seen["error"]
    assert set(expect) <= KNOWN, set(expect) - KNOWN
    outcomes = expect["outcome"] if isinstance(expect["outcome"], list) else [expect["outcome"]]
    allowed = [status for outcome in outcomes for status in STATUSES[outcome]]
    attempts = (error or seen["completion"])["attempts"]
    values = lambda name: [request.header(name) for request in requests]
    found = [] if seen["status"] in allowed else ["status is %s, not %s" % (seen["status"], outcomes)]

    def same(what, got, wanted):
        if got != wanted:
            found.append("%s is %r, not %r" % (what, got, wanted))
    # A cancel may come before the request is on its way, and so may a clock's end on a late machine.
    is_unsent = seen["status"] == "CANCELLED" or (seen["status"] == "TIMEOUT" and seen["allowed_ms"] > 50)
    if not is_unsent or len(requests) > len(attempts):
        same("the server's count of requests", len(requests), len(attempts))
    same("the bodies", len({request.body for request in requests}), min(len(requests), 1))
    for key, wanted in expect.items():
        if key == "attempts" and seen["is_early"] and not requests:
            same(key, len(attempts) in (0, wanted), True)
        elif key in ("attempts", "retries_taken"):
            same(key, len(attempts) - (key == "retries_taken"), wanted)
        elif key == "status":
            same(key, error and error["http"], wanted)
        elif key == "payload_count":
            same(key, len({chunk["event"] for chunk in seen["chunks"]}), wanted)
        elif key == "elapsed_ms":
            same("%d ms in time" % seen["ms"], wanted["min"] <= seen["ms"] <= wanted["max"] + 100 + seen["allowed_ms"], True)
        elif key == "max_elapsed_ms":
            same("%d ms in time" % seen["ms"], seen["ms"] <= wanted + seen["allowed_ms"], True)
        elif key == "max_latency_after_cancel_ms":
            same("%d ms in time" % seen["late_ms"], seen["late_ms"] <= wanted + 70 + seen["allowed_ms"], True)
        elif key == "delays_ms":
            for attempt, range in zip(attempts, wanted):
                same("the delay of %d ms" % attempt["delay"], range["min"] <= attempt["delay"] <= range["max"], True)
        elif key == "open_connections_after":
            same(key, stats["connections"] - stats["ended"], wanted)
        elif key == "request_headers":
            same(key, {name: values(name)[0] for name in wanted}, wanted)
        elif key == "method":
            same(key, requests[0].method, wanted)
        elif key == "authorization":
            same(key, values("authorization"), wanted)
        elif key == "retry_count_header":
            same(key, values("x-stainless-retry-count"), wanted)
        elif key == "last_retry_count_header":
            same(key, values("x-stainless-retry-count")[-1], wanted)
        elif key == "same_header_on_all_attempts":
            same(key, len(set(values(wanted))) == 1 and values(wanted)[0] != "", True)
    return found


# ---- redirects

@pytest.mark.parametrize("follows", [False, True], ids=["default", "following"])
@pytest.mark.parametrize("http", sorted({status for case in REDIRECTS for status in case["statuses"]}))
@named(REDIRECTS)
def test_redirect(server, case, http, follows):
    """origin.test is the TLS server, origin.test:444 and other.test are its other port; each counts its requests."""
    assert http in case["statuses"]
    port, other = server.tls.rpartition(":")[2], server.tls_other.rpartition(":")[2]
    name, target = "from-%s" % case["id"], "say~%s" % case["id"]
    location = case["location"].replace("origin.test@other.test", "localhost@localhost:" + other)
    for host, ours in [("ORIGIN.test:443", "LOCALHOST:" + port), ("origin.test:444", "localhost:" + other),
                       ("http://origin.test", server.plain.replace("127.0.0.1", "localhost")), ("origin.test", "localhost:" + port),
                       ("other.test", "localhost:" + other)]:
        location = location.replace(host, ours)
    location = location.replace("/final", "/s/%s/final" % target)
    server.put("say", {"json": {"choices": []}})
    server.put(name, {"status": http, "text": "", "headers": {"Location": location}})
    server.reset(name), server.reset(target)
    with wire.Client(server.base(name, "tls"), ca_file=server.ca, max_redirects=5 if follows else 0, api_key=wire.KEY,
                     headers=["api-key: K", "Cookie: s=1"], organization="o") as client:
        seen = client.see("unary")
    with server.lock:
        sent = list(server.stats_of[target].requests) if target in server.stats_of else []
    same_origin = case["expect"]["credentials_sent_to_target"]
    found = []
    if not same_origin or not follows:  # 10: an error that carries the Location
        if seen["status"] != "REDIRECTED" or seen["error"]["location"] != location or seen["error"]["http"] != http:
            found.append("redirect: status is %s, Location %r" % (seen["status"], (seen["error"] or {}).get("location")))
        if sent:
            found.append("redirect: requests is %d" % len(sent))
    elif (len(sent) != 1 or sent[0].header("authorization") != "Bearer " + wire.KEY or sent[0].header("cookie") != "s=1"
          or sent[0].header("api-key") != "K" or sent[0].header("openai-organization") != "o" or not sent[0].body):
        found.append("redirect: followed is %r, %s" % (sent[0].headers if sent else None, seen["status"]))
    judge("%s/%d/%s" % (case["id"], http, follows), found)


def test_all_are_known():
    """No case of a kind that is not played here, none in the table that is not there."""
    assert not ARGUMENTS, "arguments are new: play them"
    there = {case["id"] for case in STREAMS + EXCHANGES + REDIRECTS}
    assert COUNT == 0 or {name.partition("/")[0] for name in DECIDED} <= there
