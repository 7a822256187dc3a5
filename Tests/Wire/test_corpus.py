"""Our own corpus: each case whole, byte by byte and at random splits, over plain, TLS and a unix socket, by every face."""
import importlib, pathlib, random

import pytest

import wire
from corpus import CASES, DROP, dump
from replies import head

for path in sorted(pathlib.Path(__file__).parent.glob("corpus_*.py")):
    importlib.import_module(path.stem)
RANDOM_SPLITS = 3


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
        pytest.fail("by DESIGN %s\n%.600r\n%s" % (case.law, case.body, "\n".join(found[:6])), pytrace=False)


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


@pytest.mark.parametrize("id", ["lf", "tools-interleaved", "choices-two", "usage-each", "openrouter"])
def test_completion_so_far(server, id):
    """Between two chunks the stream gives what those taken add up to, and taking it changes nothing."""
    case, found = next(case for case in CASES if case.id == id), []
    server.put("so-far", [{"pieces": [start_of({"Content-Length": len(case.body)}) + case.body]}])

    def look(chunks, completion):
        for choice in completion["choices"]:
            for kind in ("content", "reasoning"):
                texts = [chunk["text"] for chunk in chunks if (chunk["kind"], chunk["choice"]) == (kind, choice["index"])]
                if chunks[-1]["last"] and (choice[kind] or "") != "".join(texts):
                    found.append("after %d chunks: %s is %r, not %r" % (len(chunks), kind, choice[kind], "".join(texts)))

    with client_of(server, "so-far", "plain") as client:
        seen = client.see_pull(None, on_chunk=look)
    found += wire.differences(wire.without_nulls(wire.exact(seen["completion"]["json"])), expected_json(case), "json")
    assert not found, "\n".join(found)


def test_bytewise_is_linear(server):
    """Byte by byte: eight times the bytes take about eight times the time, and behind much of an event a byte costs no more."""
    def seconds(size, send, transport):
        say = b'data: {"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}\n\n'
        body = say % b"x" + say % (b"x" * (size - 1)) + say.replace(b"null", b'"stop"') % b"" + b"data: [DONE]\n\n"
        server.put("linear", send(body))
        with client_of(server, "linear", transport) as client:
            seen = [client.see("callback") for _ in range(3)]
        assert all(len(one["completion"]["choices"][0]["content"]) == size for one in seen)
        return min(one["ms"] for one in seen)

    def each(body):
        return [{"send": start_of({"Transfer-Encoding": "chunked"}) + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"}]

    def last(body):  # each in a read of its own
        return [{"pieces": [start_of({"Content-Length": len(body)}) + body[:-4000]] + [body[at:at + 1] for at in range(len(body) - 4000, len(body))]}]
    assert seconds(400000, each, "plain") < 4 * 8 * max(seconds(50000, each, "plain"), 5)
    assert seconds(1000000, last, "unix") < 4 * max(seconds(5000, last, "unix"), 20)
