"""The decoder, which has no network, says of each body of the corpus what a stream says of it."""
import json, random, subprocess, time
from ctypes import POINTER, byref, c_void_p, cast

import pytest

import wire
from corpus import CASES
from test_corpus import client_of, splits
from test_tool import ENVIRONMENT, EXITS, TOOL
from wire import ffi

HTTP = ("http", "attempts", "request_id", "clock", "retry_after", "location")  # what only a call can know


def chunk_at(address):
    return cast(address, POINTER(ffi.dosai_chunk)).contents


class Decoder(wire.Client):
    """Sees a body in pieces."""

    def see_pieces(self, pieces):
        decoder, error, completion, chunks = ffi.dosai_decoder(), ffi.dosai_error(), ffi.dosai_completion(), []
        assert ffi.dosai_decoder_new(byref(self.settings), byref(decoder), None) == ffi.OK
        address, status = c_void_p(), ffi.WOULD_BLOCK
        for piece in [*pieces, None]:
            if piece is not None:
                fed = ffi.dosai_decoder_feed(decoder, piece, len(piece), None)
                assert fed in (ffi.OK, ffi.TOO_LARGE)
            else:
                assert ffi.dosai_decoder_finish(decoder, None) == ffi.OK
            while True:
                status = ffi.dosai_decoder_next(decoder, byref(address), byref(error))
                if status or not address:
                    break
                chunks.append(wire.chunk_of(chunk_at(address)))
            if status not in (ffi.OK, ffi.WOULD_BLOCK):
                break
        assert status != ffi.WOULD_BLOCK
        if status == ffi.OK:
            assert ffi.dosai_decoder_completion(decoder, byref(completion), None) == ffi.OK
        for chunk in chunks:
            wire.check_text_only(chunk)
        again = ffi.dosai_decoder_next(decoder, byref(address), None)
        assert again == status and not address
        ffi.dosai_decoder_free(decoder)
        seen = self.end(status, chunks, completion, error)
        assert wire.KEY not in repr(seen)
        return seen


def common(seen):
    """What both can know."""
    owners = [seen["completion"], seen["error"], (seen["error"] or {}).get("completion")]
    for owner in filter(None, owners):
        for key in HTTP:
            owner.pop(key, None)
        owner["quirks"] = owner.get("quirks", set()) - {"AFTER_DONE"}
    return {key: seen[key] for key in ("status", "chunks", "completion", "error")}


def body_splits(case, body):
    yield "whole", [body]
    yield "bytes", [body[at:at + 1] for at in range(len(body))]
    cuts = random.Random(case.id)
    for seed in range(3):
        places = sorted(cuts.sample(range(len(body)), min(len(body), 9))) if body else []
        yield "random", [body[a:b] for a, b in zip([0] + places, places + [len(body)])]


STREAMS = [case for case in CASES if "stream" in case.calls and case.http == 200 and not case.headers]


@pytest.mark.parametrize("case", STREAMS, ids=lambda case: case.id)
def test_case(server, case):
    body = case.body.replace(b"@KEY@", wire.KEY.encode())
    end = [{"close": True}] if case.framing == "close" else []
    server.put(case.id, [{"pieces": next(splits(case))[2]}] + end)
    with client_of(server, case.id, "plain") as client:
        wanted = common(client.see("pull"))
    with Decoder("http://localhost/v1") as decoder:
        for split, pieces in body_splits(case, body):
            found = wire.differences(common(decoder.see_pieces(pieces)), wanted)
            assert not found, "%s\n%.600r\n%s" % (split, case.body, "\n".join(found[:6]))


BEYOND = [{"choices": [{"index": 0, "delta": {"content": "two", "reasoning": "x" * 2000}}]},
          {"choices": [{"index": 0, "delta": {"content": "two"}}], "usage": {"total_tokens": 3, "x": "x" * 2000}}]


@pytest.mark.parametrize("beyond", BEYOND, ids=["text", "usage"])
def test_an_event_beyond_a_limit(server, beyond):
    """Both errors have what the event added before it exceeded the limit."""
    events = [{"choices": [{"index": 0, "delta": {"content": "one"}}]}, beyond]
    body = "".join("data: %s\n\n" % json.dumps(event) for event in events)
    server.put("beyond", {"text": body, "headers": {"Content-Type": "text/event-stream"}})
    with wire.Client(server.base("beyond"), max_text_bytes=1000) as client:
        wanted = common(client.see("pull"))
    assert wanted["status"] == "TOO_LARGE" and "onetwo" in repr(wanted["error"]["completion"])
    with Decoder("http://localhost/v1", max_text_bytes=1000) as decoder:
        assert not wire.differences(common(decoder.see_pieces([body.encode()])), wanted)


def test_a_prefix_is_truncated():
    """The end of the bytes says nothing: only [DONE], or a finish reason for each choice."""
    body = next(case for case in CASES if case.id == "usage-last").body
    finish = body.index(b"\n\n", body.index(b'"stop"'))
    with Decoder("http://localhost/v1") as decoder:
        for end in range(len(body)):
            status = decoder.see_pieces([body[:end]])["status"]
            assert status == "TRUNCATED" if end < finish else status in ("OK", "TRUNCATED"), end


@pytest.mark.parametrize("text", [b"x", b"ab\\n", "\u00e9".encode()], ids=["plain", "escapes", "UTF-8"])
def test_an_event_in_pieces_is_linear(text):
    """Behind an event of its form, a long one costs about what it costs as the first: it is not read again with each piece."""
    say = b'data: {"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}\n\n'
    end = say.replace(b"null", b'"stop"') % b"" + b"data: [DONE]\n\n"
    body = say % (text * (1000000 // len(text))) + end
    pieces = [body[at:at + 1400] for at in range(0, len(body), 1400)]

    def seconds(pieces):
        begun = time.thread_time()
        assert decoder.see_pieces(pieces)["status"] == "OK"
        return time.thread_time() - begun
    with Decoder("http://localhost/v1") as decoder:
        first, behind = (min(seconds(before + pieces) for _ in range(3)) for before in ([], [say % b"x"]))
        assert behind < 4 * max(first, 0.02)  # read again with each piece: 20 to 30 times


def test_the_corpus_is_there():
    assert len(STREAMS) > 200


@pytest.mark.parametrize("case", [case for case in STREAMS if "@KEY@" not in case.body.decode("latin-1")][::9], ids=lambda case: case.id)
def test_the_tool(server, case):
    """dosai decode prints what dosai chat does, but for what HTTP tells."""
    end = [{"close": True}] if case.framing == "close" else []
    server.put(case.id, [{"pieces": next(splits(case))[2]}] + end)
    chat = [TOOL, "chat", "--json", "--max-retries", "0", "--base-url", server.base(case.id), "hi"]
    ran = [subprocess.run(command, input=given, env=dict(ENVIRONMENT, DOSAI_API_KEY=wire.KEY), capture_output=True, timeout=60)
           for command, given in ((chat, b""), ([TOOL, "decode", "--json"], case.body))]
    lines = [[json.loads(line) for line in one.stdout.decode().splitlines()] for one in ran]
    for verdict in (lines[0][-1], lines[1][-1]):
        verdict.update(attempts=None, timings=None, quirks=sorted(set(verdict["quirks"]) - {"AFTER_DONE"}))
        (verdict["error"] or {}).update(http_status=None, request_id=None)
    assert lines[1] == lines[0] and ran[1].returncode == ran[0].returncode == EXITS[lines[0][-1]["status"]]


def test_the_tool_tells_a_cut():
    body = b'data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'
    ran = subprocess.run([TOOL, "decode"], input=body, env=ENVIRONMENT, capture_output=True, timeout=60)
    assert ran.returncode == 4 and ran.stdout == b"Hel\n" and ran.stderr.startswith(b"dosai: TRUNCATED: ")
