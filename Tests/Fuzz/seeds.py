"""What fuzzing starts from: the cases of Tests/Wire and, where they are there, of ../shared/cases, in each target's form."""
import base64, json, os, pathlib, sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Wire"))
import corpus, corpus_answers, corpus_errors, corpus_events, corpus_fields, corpus_servers, corpus_tools

SHARED = pathlib.Path(os.environ.get("DOSAI_CASES", HERE.parents[2] / "shared/cases"))
HEAD = b"HTTP/1.1 %d X\nContent-Type: application/json\nretry-after: %s\nx-request-id: r\n\n"


def shared(name):
    path = SHARED / (name + ".json")
    return json.loads(path.read_text())["cases"] if path.exists() else []


def body(case):
    parts = []
    for piece in case.get("chunks", []):
        if "b" in piece:
            parts.append(base64.b64decode(piece["b"]))
        elif "t" in piece:
            parts.append(piece["t"].encode("utf-8", "surrogatepass"))
    return b"".join(parts)


def events():
    return [body(case) for name in ("sse_wpt", "sse_launchdarkly", "sse_openai_sdks", "sse_eventsource_parser")
            for case in shared(name)]


def pieces(bytes):
    """As the answers target reads them: a length, then as many bytes."""
    return b"".join(b"%c%s" % (len(part), part) for part in (bytes[i:i + 255] for i in range(0, len(bytes), 255)))


DATES = [b"Sun, 06 Nov 1994 08:49:37 GMT", b"Sunday, 06-Nov-94 08:49:37 GMT", b"Sun Nov  6 08:49:37 1994", b"1.5", b"20", b"0"]
URLS = [b"https://api.dos.ai/v1", b"http://127.0.0.1:8080/", b"http://[::1]:80/x", b"https://h?x=1", b"http://a[b]c/", b"http://127./",
        b"http://[fe80::1%25eth0]/", b"http://localhost", b"http://127.1/", b"http://u@h/", b"https://h%2fe/", b"http://127.0.0.09/"]
PLACES = [b"/v2?a=1", b"https://api.dos.ai/v2", b"//evil/", b"http://127.0.0.1:8080/y", b"https://h\\@e/"]
LINES = [b"Name: value", b"X-A:", b"a:b\r\nc: d", b"Content-Length: 1", b": x", b"A B: c"]


def of(target):
    streams = [case.body for case in corpus.CASES if len(case.body) < 4000]
    if target == "events":
        return [b"\xff\0" + text for text in events()] + [b"\x20\3\1\0\5" + text for text in events()]
    if target == "streams":
        return [b"%c\2\7\x40" % tight + text for tight in (0, 63) for text in streams]
    if target == "shapes":
        return [b"\0\0" + bytes(range(i, 250, 7)) * 4 for i in range(7)] + [b"\1\1\x11" + b"\0\1\0\0" * 60 + b"\xff"]
    if target == "json":
        return ([base64.b64decode(case["b64"]) for case in shared("json_jansson") if case.get("b64")]
                + [text for text in streams if text[:1] in b"{["])
    if target == "errors":
        long = [b"\0\0\0HTTP/1.1 500 X\n\n" + json.dumps({"error": {word: "x" + "\u00e9" * 1500}}, ensure_ascii=False).encode()
                for word in ("code", "message")]
        return long + [b"%c\x80\x60" % (i % 3) + HEAD % (case.http, DATES[i % len(DATES)]) + case.body
                for i, case in enumerate(corpus.CASES) if case.calls != ["stream"] and len(case.body) < 4000]
    if target == "addresses":
        return [b"\0" + url + b"\xff/models\xff" + place for url in URLS for place in PLACES] + [b"\1" + line for line in LINES]
    if target == "request":
        return [b"\1m%c" % step + bytes(range(step, 240, 5)) for step in range(11)] + [b"\1m\7\0\x10\1k%c\1" % (192 + n) for n in range(16)]
    if target == "calls":
        def begin(client=0):
            return b"\0%c\0" % client + b"\1\0\0\0\0" + b"\2\0\0\0"
        usual = begin() + b"\3\0\0\0\0\0\0" + b"\5\0\0" * 2
        # Blocking and in a loop: each clock runs out, and a server that asks for a minute gets it.
        ways = [(b"\x0d\0\0%c" % face, b"", b"\x90%c") for face in range(3)] + \
            [(b"\3\0\0\0%c" % kind, b"\0\0", b"\5\0\2\4\x90%c\0") for kind in (0, 2, 3)]
        slow = [begin(client) + call + options + more + turn * len(turns) % turns
                for client, options, turns in [(8, b"\0", ()), (0, b"\0", ()), (0, b"\0", (0, 1)), (0, b"\2\2", ()), (0, b"\1", (12,))]
                for call, more, turn in ways]
        return slow + [usual + b"%c%c" % (8, piece) + b"\5\0\0" * 3 + b"\x08\1\5\0\0\x08\3\5\0\0" for piece in range(15)] + \
            [bytes((i * step) % 256 for i in range(200)) for step in (1, 3, 7, 11, 13)]
    answers = [b"%c%c" % (flags, 1 if case.calls == ["stream"] else 2 if case.http == 200 else 5) + pieces(case.body)
               for case in corpus.CASES if len(case.body) < 1500 for flags in (48, 52, 18)]
    return answers + [b"\x30\0" + pieces(HEAD.replace(b"\n", b"\r\n") % (200, b"1") + b"{}"), b"\x38\4", b"\x30\7"]
