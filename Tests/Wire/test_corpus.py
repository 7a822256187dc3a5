"""Our own corpus: each case whole, byte by byte and at random splits, over plain, TLS and a unix socket, by every face."""
import gzip, importlib, os, pathlib, random, time

import pytest

import wire
from wire import ffi
from corpus import CASES, DROP, dump
from dosai_testing._steps import head

for path in sorted(pathlib.Path(__file__).parent.glob("corpus_*.py")):
    importlib.import_module(path.stem)
RANDOM_SPLITS = 3
QUICK = "DOSAI_TEST_QUICK" in os.environ  # each case whole, and no more


def splits(case):
    """(name, transport, pieces of the response)"""
    kind = "text/event-stream" if case.calls == ["stream"] else "application/json"
    headers = {"Content-Type": kind, "x-request-id": "req-1", **case.headers}
    body = case.body.replace(b"@KEY@", wire.KEY.encode())
    if case.framing == "length":
        headers["Content-Length"] = len(body)
    elif case.framing == "close":
        headers["Connection"] = "close"
    start = head(case.http, {key: value for key, value in headers.items() if value is not None}).encode()
    yield "plain", "plain", [start + body]
    if QUICK:
        return
    yield "tls", "tls", [start + body]
    yield "bytes", "unix", [start] + [body[at:at + 1] for at in range(len(body))]
    for seed in range(RANDOM_SPLITS):
        cuts = random.Random("%s %d" % (case.id, seed))
        response = start + body
        places = sorted(cuts.sample(range(1, len(response)), min(len(response) - 1, cuts.randint(1, 20))))
        yield "random-%d" % seed, "unix", [response[a:b] for a, b in zip([0] + places, places + [len(response)])]


def client_of(server, name, transport, **options):
    if transport == "unix":
        return wire.Client("http://localhost/s/%s/v1" % name, unix_socket=server.unix, **options)
    return wire.Client(server.base(name, transport), ca_file=server.ca if transport == "tls" else None, **options)


def expected_json(case):
    text = case.json if isinstance(case.json, str) else case.json.decode("utf-8", "replace") if isinstance(case.json, bytes) else dump(case.json)
    number = getattr(case, "number", None)
    return wire.without_nulls(wire.exact(text.replace('"@"', number) if number else text))


def check_chunks(case, seen, chunks):
    wanted = [{**chunk, "event": at, "last": int(chunk is event[-1])} for at, event in enumerate(chunks) for chunk in event]
    got = [{key: value for key, value in chunk.items() if key != "json"} for chunk in seen["chunks"]]
    for chunk in got + wanted:  # a tool call without arguments: no text, or an empty one
        if chunk["kind"] == "tool":
            chunk["text"] = chunk["text"] or ""
    if len(got) != len(wanted):
        brief = lambda list: [(chunk["event"], chunk["kind"], chunk["choice"], chunk["text"]) for chunk in list]
        return ["%d chunks, not %d: %r, not %r" % (len(got), len(wanted), brief(got), brief(wanted))]
    found = wire.differences(got, wanted, "chunks")
    for chunk in seen["chunks"]:
        if case.events and len(case.events) > chunk["event"] and not getattr(case, "number", None):
            found += wire.differences(wire.exact(chunk["json"]), wire.exact(dump(case.events[chunk["event"]])), "chunk.json")
    return found


def check_error(case, error, streamed):
    wanted = case.error or {}
    found = []
    for key in ("code", "type", "param"):
        if case.error and error[key] != wanted[key]:
            found.append("error.%s is %r, not %r" % (key, error[key], wanted[key]))
    if wanted.get("message") and wanted["message"] not in error["message"]:
        found.append("the message is %.200r, without %r" % (error["message"], wanted["message"]))
    if not error["message"] or any(ord(letter) < 32 for letter in error["message"]) or len(error["message"]) > 4096:
        found.append("the message is not one line for people: %.200r" % error["message"])
    if getattr(case, "excludes", "\0") in error["message"]:
        found.append("the message quotes the payload: %r" % error["message"])
    if getattr(case, "body_kept", False) and error["body"] != case.body[:64 << 10]:
        found.append("error.body is %.100r, not what came" % error["body"])
    return found


def check(case, face, split, seen):
    streamed = face not in wire.UNARY_FACES
    on_stream = streamed and case.calls != ["stream"]  # a body that is no stream came to a streaming call
    status = getattr(case, "stream_status", case.status) if on_stream else case.status
    chunks = [] if not streamed else getattr(case, "stream_chunks", case.chunks) if on_stream else case.chunks
    error = seen["error"]
    found = [] if seen["status"] in status.split() else [
        "status is %s, not %s (%s)" % (seen["status"], status, error["message"] if error else "no error")]
    if (seen["status"] == "OK") != (seen["completion"] is not None) or (seen["status"] == "OK") != (error is None):
        found.append("status %s with completion %r and error %r" % (seen["status"], bool(seen["completion"]), error))
    if error and error["status"] != seen["status"]:
        found.append("the error's status is " + error["status"])
    found += check_chunks(case, seen, chunks)
    if error and seen["status"] in status.split():
        found += check_error(case, error, streamed)
    owner = error or seen["completion"]
    if owner["http"] != case.http or len(owner["attempts"]) != 1:
        found.append("HTTP %d in %d attempts" % (owner["http"], len(owner["attempts"])))
    completion = error["completion"] if error else seen["completion"]
    if case.json is DROP:
        pass
    elif case.json is None or (completion is None):
        if (completion is None) != (case.json is None):
            found.append("what had arrived is %.300r, not %.300r" % (completion, case.json))
    else:
        found += wire.differences(wire.without_nulls(wire.exact(completion["json"])), expected_json(case), "json")
        if not streamed and "TEXT_REPAIRED" not in case.quirks and completion["json"].strip() != case.body.decode().strip():
            found.append("the JSON is not the server's bytes")
        quirks = set(case.quirks.split()) | ({"WHOLE_ANSWER"} if on_stream else set())
        late = set(getattr(case, "late", "").split()) if split != "plain" else set()
        if completion["quirks"] - late != quirks - late:
            found.append("quirks are %s, not %s" % (sorted(completion["quirks"]), sorted(quirks)))
        if "\n".join(found).find("json") < 0:
            found += wire.disagreements(completion, case.getters, getattr(case, "counts", None), getattr(case, "indices", None))
    return found


def comparable(seen):
    """What all faces and splits must see alike."""
    late = {"AFTER_DONE"}
    plain = {key: value for key, value in seen.items() if key not in ("ms", "allowed_ms")}
    for owner in (seen["completion"], (seen["error"] or {}).get("completion")):
        if owner:
            owner["quirks"] -= late
    return plain


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(server, case):
    found, first = [], {}
    faces = [face for call in case.calls for face in (wire.UNARY_FACES if call == "unary" else wire.FACES)]
    clients = {transport: client_of(server, case.id, transport) for transport in ("plain", "tls", "unix")}
    end = [{"close": True}] if case.framing == "close" else []
    try:
        for split, transport, pieces in splits(case):
            server.put(case.id, [{"pieces": pieces}] + end)
            for face in faces:
                server.reset(case.id)
                seen = clients[transport].see(face)
                found += ["%s, %s: %s" % (face, split, line) for line in check(case, face, split, seen)]
                if server.stats(case.id)["requests"] != 1:
                    found.append("%s, %s: %d requests" % (face, split, server.stats(case.id)["requests"]))
                kind = face in wire.UNARY_FACES
                lines = wire.differences(comparable(seen), first.setdefault(kind, comparable(seen)))
                found += ["%s, %s: not as the first face and split: %s" % (face, split, line) for line in lines]
    finally:
        for client in clients.values():
            client.__exit__()
    if found:
        pytest.fail("by docs/design.md, %s\n%.600r\n%s" % (case.law, case.body, "\n".join(found[:6])), pytrace=False)


# ---- what holds for every stream

BODY = next(case for case in CASES if case.id == "usage-last").body
FINISHED = BODY.index(b"data: [DONE]")  # the usage's event ends here, the finish reason's before it


def start_of(framing):
    return head(200, {"Content-Type": "text/event-stream", **framing}).encode()


def check_prefix(end, seen, allowed):
    content = "Hi" if end > BODY.index(b"\n\n") + 1 else None
    owner = seen["completion"] or seen["error"]["completion"]
    found = [] if seen["status"] in allowed else ["%s, not %s" % (seen["status"], allowed)]
    if content and owner["choices"][0]["content"] != content:
        found.append("the content is lost")
    return ["%d bytes: %s" % (end, line) for line in found]


def test_every_prefix_that_ends_well(server):
    """Cut anywhere with a clean end: it is whole if each choice has its finish reason, and never before."""
    finish = BODY.index(b"\n\n", BODY.index(b'"stop"'))
    found = []
    with client_of(server, "prefix", "plain") as client:
        for end in range(len(BODY)):
            server.put("prefix", [{"pieces": [start_of({"Content-Length": end}) + BODY[:end]]}])
            seen = client.see("callback")
            inside = BODY[:end].rfind(b"\n\n") + 2 != end  # in an event: it may be dropped, or taken for a cut
            found += check_prefix(end, seen, ["TRUNCATED"] if end < finish else ["OK", "TRUNCATED"] if inside else ["OK"])
    assert not found, "\n".join(found[:5])


@pytest.mark.parametrize("transport", ["plain", "tls"])
@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_every_prefix_that_is_cut(server, transport, framing):
    """Cut anywhere by the connection's end: it is whole only with [DONE]."""
    found = []
    with client_of(server, "cut", transport) as client:
        for end in range(0, len(BODY), 1 if framing == "chunked" and transport == "plain" else 7):
            if framing == "chunked":
                pieces = start_of({"Transfer-Encoding": "chunked"}) + (b"%x\r\n%s\r\n" % (end, BODY[:end]) if end else b"")
            else:
                pieces = start_of({"Content-Length": len(BODY) + 1}) + BODY[:end]
            server.put("cut", [{"pieces": [pieces]}, {"cut": True}])
            allowed = ["TRUNCATED"] if end < FINISHED + 12 else ["OK", "TRUNCATED"]
            found += check_prefix(end, client.see("callback"), allowed)
    assert not found, "\n".join(found[:5])


def test_every_prefix_of_an_answer(server):
    """A whole answer cut anywhere: not JSON if its length says that it is all, else cut."""
    body, found = next(case for case in CASES if case.id == "answer").body, []
    with client_of(server, "answer-cut", "plain") as client:
        for end in range(len(body)):
            for length, status in [(end, "PROTOCOL"), (len(body), "TRUNCATED")]:
                server.put("answer-cut", [{"pieces": [start_of({"Content-Length": length}) + body[:end]]}]
                           + ([{"close": True}] if end < length else []))
                for face in ("unary", "callback"):
                    seen = client.see(face)
                    wanted = "TRUNCATED" if face == "callback" and end == 0 else status
                    if seen["status"] != wanted or seen["error"]["completion"]:
                        found.append("%d of %d bytes, %s: %s, not %s" % (end, length, face, seen["status"], wanted))
    assert not found, "\n".join(found[:5])


CALL = '{"index":%d,"id":"%s","function":{"name":"f","arguments":"%s"}}'
MANY = [  # events of many chunks; the numbers of some tell where they came from
    '{"id":"c","choices":[{"index":1,"delta":{"role":"assistant","reasoning":"r","content":"c","refusal":"n"}},{"index":0,"delta":{"content":"a"}}],"usage":{"total_tokens":1}}',
    '{"id":"c","choices":[{"index":0,"delta":{"reasoning_content":"r","reasoning":"r","content":"r"}},{"index":0,"delta":{"content":"aa"}},{"index":2,"delta":{}}],'
    '"usage":{"total_tokens":2}}',
    '{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[%s,%s]}},{"index":0,"delta":{"tool_calls":[%s]}}]}' % (CALL % (0, "i", "x"), CALL % (1, "j", "y"), CALL % (0, "", "yx")),
    *['{"id":"c","choices":[{"index":0,"delta":{"content":"%d"}}],"usage":{"total_tokens":%d}}' % (at, at) for at in range(3, 9)],
    '{"id":"c","choices":[{"index":3,"delta":{"content":[{"type":"text","text":"p"},{"type":"thinking","thinking":"q"},{"type":"text","text":"p"}]},"finish_reason":"odd"},'
    '{"index":3,"delta":{},"finish_reason":"stop"},{"index":0,"delta":{"content":"z"},"finish_reason":"length"}],"usage":{"total_tokens":9}}',
    '{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"},{"index":1,"delta":{},"finish_reason":"stop"},{"index":2,"delta":{},"finish_reason":"stop"}]}',
]
SO_FAR = {"lf": None, "tools-interleaved": None, "choices-two": None, "usage-each": None, "openrouter": None,
          "many-chunks": "".join("data: %s\n\n" % event for event in MANY) + "data: [DONE]\n\n",
          "whole": '{"id":"c","choices":[{"index":0,"message":{"reasoning":"r","content":"c","tool_calls":[%s]},"finish_reason":"stop"},'
                   '{"index":1,"message":{"content":"d"},"finish_reason":"stop"}],"usage":{"total_tokens":2}}' % (CALL % (0, "i", "x"))}


@pytest.mark.parametrize("id", SO_FAR)
def test_completion_so_far(server, id):
    """After each chunk the stream, and the call of a loop, give what those so far add up to, and taking it changes nothing."""
    case, found = next((case for case in CASES if case.id == id), None), []
    body = case.body if case else SO_FAR[id].encode()
    server.put("so-far", [{"pieces": [start_of({"Content-Length": len(body)}) + body]}])

    def look(chunks, completion):
        found.extend(wire.beyond(chunks, completion))

    with client_of(server, "so-far", "plain") as client:
        seen, plain = client.see_pull(None, on_chunk=look), client.see_pull(None)
        assert seen["status"] == "OK" and seen["completion"]["json"] == plain["completion"]["json"] and seen["chunks"] == plain["chunks"]
        told = see_loop(client, look)
        assert told == seen["chunks"]
    if case:
        found += wire.differences(wire.without_nulls(wire.exact(seen["completion"]["json"])), expected_json(case), "json")
    assert not found, "\n".join(found)


def see_loop(client, look, stop_after=None):
    """The chunks of a stream in a loop; `look` gets those so far with what the call gives, also after its last event."""
    loop, call, made, chunks, over, gave = ffi.dosai_loop(), ffi.dosai_call(), ffi.dosai_completion(), [], [], []

    @ffi.dosai_event_fn
    def on_event(event, _):
        if event.contents.chunk:
            chunks.append(wire.chunk_of(ffi.dosai_chunk.from_address(event.contents.chunk)))
        over.append(event.contents.kind != ffi.EVENT_CHUNK)
        gave.append(ffi.dosai_call_completion(call, wire.byref(made), None))
        if gave[-1] == ffi.OK:
            look(chunks, wire.completion_of(made))
        ffi.dosai_completion_free(made)
        return len(chunks) == stop_after
    assert ffi.dosai_loop_new(None, wire.byref(loop), None) == ffi.OK
    assert ffi.dosai_loop_submit_stream(loop, client.handle, client.request, None, 0, wire.byref(call), None) == ffi.OK
    assert ffi.dosai_call_completion(call, wire.byref(made), None) == ffi.OK  # of a call that has not begun
    look(chunks, wire.completion_of(made))
    ffi.dosai_completion_free(made)
    while not any(over):
        assert ffi.dosai_loop_step(loop, -1, on_event, None, None, None) == ffi.OK
    ffi.dosai_call_free(call)
    assert ffi.dosai_loop_close(loop, ffi.dosai_event_fn(), None, None) == ffi.OK
    assert gave == [ffi.OK] * len(gave)  # an assertion in a callback is not heard
    return chunks


@pytest.mark.parametrize("id", ["many-chunks", "whole"])
def test_completion_so_far_of_what_was_stopped(server, id):
    """Stopped after each chunk: the chunks that were not told are not in it; the error has all that had arrived."""
    body, found = SO_FAR[id].encode(), []
    server.put("so-far", [{"pieces": [start_of({"Content-Length": len(body)}) + body]}])
    with client_of(server, "so-far", "plain") as client:
        count = len(client.see_pull(None)["chunks"])
        for stop_after in range(1, count):
            chunks = see_loop(client, lambda chunks, completion: found.extend(wire.beyond(chunks, completion)), stop_after)
            assert len(chunks) == stop_after
    assert not found, "\n".join(found[:5])


@pytest.mark.parametrize("name", ["body0-fin-chunked", "body0-rst", "mid-garbage", "error-400", "204"])
def test_completion_of_a_stream_that_failed(server, name):
    """Before the first chunk it is one without choices."""
    found = []
    with wire.Client(server.base(name)) as client:
        chunks = see_loop(client, lambda chunks, completion: found.extend(wire.beyond(chunks, completion)))
        assert chunks == client.see_pull(None)["chunks"]  # which looks after its end, too
    assert not found, "\n".join(found)


def test_bytes_behind_compressed_ones(server):
    """libcurl refuses them, in its own words: the answer had begun."""
    body = gzip.compress(b'{"choices":[]}') + b"\n"
    server.put("behind", [{"pieces": [start_of({"Content-Encoding": "gzip", "Content-Length": len(body)}) + body]}])
    with client_of(server, "behind", "plain") as client:
        assert client.see("unary")["status"] == "PROTOCOL"


def test_bytewise_is_linear(server):
    """Byte by byte: eight times the bytes take about eight times the time, and behind much of an event a byte costs no more."""
    def seconds(size, send, transport):
        say = b'data: {"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}\n\n'
        body = say % b"x" + say % (b"x" * (size - 1)) + say.replace(b"null", b'"stop"') % b"" + b"data: [DONE]\n\n"
        server.put("linear", send(body))
        with client_of(server, "linear", transport) as client:
            times = [time.thread_time()]
            for _ in range(3):
                assert len(client.see("callback")["completion"]["choices"][0]["content"]) == size
                times.append(time.thread_time())
        return min(after - before for before, after in zip(times, times[1:])) * 1e3  # of the processor

    def each(body):
        return [{"send": start_of({"Transfer-Encoding": "chunked"}) + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"}]

    def whole(body):
        return [{"pieces": [start_of({"Content-Length": len(body)}) + body]}]

    def last(body):  # each in a read of its own
        return [{"pieces": [start_of({"Content-Length": len(body)}) + body[:-4000]] + [body[at:at + 1] for at in range(len(body) - 4000, len(body))]}]
    assert seconds(400000, each, "plain") < 4 * 8 * max(seconds(50000, each, "plain"), 5)
    # As long as both alone, with room for a busy machine: to search the event again with each read takes 65 times as long.
    assert seconds(1000000, last, "unix") < 8 * (seconds(1000000, whole, "unix") + max(seconds(5000, last, "unix"), 10))
