"""What a server may send to make its client grow or never end: with which status it must end, and what it may cost."""
import base64, gzip, os, zlib

from scripts import CHUNKED, CLOSE, DONE, END, FINISH, HELLO, HOLD, STREAM_HEAD, chunk, line

MB = 1 << 20
NODES = 300  # MB: what 1,000,000 values cost jansson
LITTLE = 8  # MB: what a call takes that keeps nothing
WHOLE_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STREAMS, EVERY, UNARY, TWO = (
    ("callback", "pull", "loop"), ("unary", "callback", "pull", "loop"), ("unary", "loop-unary"), ("unary", "callback"))
BOMBS = []


def bomb(id, reply, status, word, faces=EVERY, most=LITTLE, **options):
    """status: any of these; of a stream "/" of a whole answer. most: MB that the call may take at its peak."""
    statuses = [words.split() for words in status.split("/")]
    BOMBS.append((id, reply, (statuses[0], statuses[-1]), word, faces, most, options))


# ---- what is sent

def both(streamed, whole):
    return lambda request: streamed if b'"stream":true' in request.body else whole


def chunked(*steps, head=CHUNKED):
    return [{"send": head}, *steps]


def block(data):
    data = data.encode() if isinstance(data, str) else data
    return b"%x\r\n%s\r\n" % (len(data), data)


def pour(text, times, pause=0):
    """The text that often, each in a chunk of HTTP; -1 is for ever."""
    return {"repeat": [block(text), times, pause]}


def event(text):
    return [{"send": CHUNKED}, {"chunk": HELLO}, {"chunk": "data: %s\n\n" % text}, {"chunk": FINISH}, {"chunk": DONE}, END]


def answer(text):
    return {"text": text}


def json_bomb(id, text, status, word, **more):
    """The same JSON as an event and as a whole answer."""
    bomb(id, both(event(text), answer(text)), status, word, **more)


def encoded(data, names):
    return {"base64": base64.b64encode(data), "headers": {"Content-Encoding": names, "Content-Type": "application/json"}}


TOP = '{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"x"}}],%s}'
KEYS = ",".join('"k%d":0' % at for at in range(900000))
ESCAPED = ",".join('"\\u006b%d":0' % at for at in range(300000))
DELTA = '{"id":"c","choices":[{"index":0,"delta":{%s}}]}'
MESSAGE = DELTA.replace("delta", "message")
CALLS = '"tool_calls":[%s]' % ",".join('{"id":"i%d","function":{}}' % at for at in range(300000))
A64K = "a" * (64 << 10)

# compression: 200 MB from 200 KB
GZIP = gzip.compress(b'{"a":"' + b"0" * (200 * MB), 9)
TWICE = gzip.compress(GZIP)
FOUR = gzip.compress(gzip.compress(TWICE))  # newer libcurls refuse five
for name, data, names in [("gzip", GZIP, "gzip"), ("deflate", zlib.compress(b" " * (100 * MB), 9), "deflate"),
                          ("gzip-of-gzip", TWICE, "gzip, gzip"), ("gzip-four", FOUR, ", ".join(["gzip"] * 4))]:
    bomb(name, encoded(data, names), "TOO_LARGE", "max_response_bytes", UNARY, 140)
bomb("gzip-on-a-stream", encoded(GZIP, "gzip"), "PROTOCOL", "", STREAMS)
bomb("gzip-thousand", encoded(GZIP, ", ".join(["gzip"] * 1000)), "PROTOCOL", "", UNARY)
bomb("gzip-small-limit", encoded(GZIP, "gzip"), "TOO_LARGE", "max_response_bytes", UNARY, max_response_bytes=MB)
bomb("gzip-garbage", encoded(b"\x1f\x8b\x08\x00" + os.urandom(100000), "gzip"), "PROTOCOL", "", UNARY)

# JSON
json_bomb("deep", "[" * 100000 + "]" * 100000, "TOO_LARGE", "max_json_depth")
json_bomb("deep-objects", '{"a":' * 100000 + "1" + "}" * 100000, "TOO_LARGE", "max_json_depth")
json_bomb("deep-and-open", "[" * (8 * MB), "TOO_LARGE", "max_json_depth", most=40)
json_bomb("objects", TOP % ('"x":[%s{}]' % ("{}," * (10 * MB // 3))), "TOO_LARGE", "max_json_nodes", most=60)
json_bomb("numbers", TOP % ('"x":[%s0]' % ("0," * (5 * MB))), "TOO_LARGE", "max_json_nodes", most=60)
json_bomb("objects-just-allowed", TOP % ('"x":[%s{}]' % ("{}," * 990000)), "OK", "", faces=TWO, most=NODES)
json_bomb("keys", TOP % (KEYS + ',"l":[%s0]' % ("0," * 200000)), "TOO_LARGE", "max_json_nodes", most=60)
json_bomb("keys-just-allowed", TOP % KEYS, "TOO_LARGE/OK", "", faces=TWO, most=NODES)
json_bomb("keys-escaped", TOP % (ESCAPED + ',"error":null,"object":"o","usage":null,"x_groq":null'), "TOO_LARGE/OK", "", faces=TWO, most=NODES)
json_bomb("long-number", TOP % ('"x":' + "9" * (4 * MB)), "PROTOCOL", "", most=40)
json_bomb("list-by-index", DELTA % '"reasoning_details":[%s]' % ",".join('{"index":%d}' % at for at in range(400000)), "OK", "", faces=TWO, most=2 * NODES)
bomb("tool-calls", both(event(DELTA % CALLS), answer(MESSAGE % CALLS)), "TOO_LARGE", "max_tool_calls", faces=TWO, most=NODES)
bomb("tool-calls-by-index", event(DELTA % '"tool_calls":[%s]' % ",".join('{"index":%d}' % at for at in range(400000))), "TOO_LARGE",
     "max_tool_calls", STREAMS, NODES)
json_bomb("choices", '{"id":"c","choices":[%s]}' % ",".join(['{}'] * 900000), "TOO_LARGE", "max_choices", faces=TWO, most=NODES)

# indices
NO_LIMIT = {"max_choices": -1, "max_tool_calls": -1}
for name, index in [("2-31", 2 ** 31), ("2-63", 2 ** 63), ("2-64", 2 ** 64), ("1e30", "1e30"), ("1e3", "1e3"), ("half", 0.5), ("text", '"0"'), ("true", "true"), ("minus-2", -2),
                    ("int-min", -2 ** 63)]:
    for limits, options in [("", {}), ("-without-limit", NO_LIMIT)]:
        json_bomb("choice-" + name + limits, '{"choices":[{"index":%s,"delta":{"content":"x"},"message":{"content":"x"}}]}' % index, "PROTOCOL", "index", **options)
        bomb("tool-call-" + name + limits, event(DELTA % '"tool_calls":[{"index":%s,"id":"i"}]' % index), "PROTOCOL", "index", STREAMS, **options)
json_bomb("choice-just-small-enough", '{"choices":[{"index":%d,"delta":{"content":"x"},"message":{"content":"x"}}]}' % (2 ** 31 - 1), "OK", "", **NO_LIMIT)

# events
bomb("event", event("a" * (16 * MB + 1)), "TOO_LARGE", "max_event_bytes", STREAMS, 60)
bomb("event-of-many-lines", chunked(pour("data: %s\n" % A64K, 400), HOLD), "TOO_LARGE", "max_event_bytes", STREAMS, 60)
bomb("event-of-empty-lines", chunked(pour("data:\n" * 10000, 2000), HOLD), "TOO_LARGE", "max_event_bytes", ("callback",), 60)
bomb("line-without-end", chunked({"chunk": "data: "}, pour(A64K, 400), HOLD), "TOO_LARGE", "max_event_bytes", STREAMS, 60)
bomb("name-without-end", chunked({"chunk": "event: "}, pour(A64K, 400), HOLD), "TOO_LARGE", "max_event_bytes", STREAMS, 60)
for name, start in [("field", "nothing: "), ("comment", ": "), ("line-of-no-field", "x")]:
    bomb("ignored-%s" % name, chunked({"chunk": HELLO + start}, pour("a" * MB, 1024 if name == "field" else 128), {"chunk": "\n\n" + FINISH + DONE}, END), "OK",
         "", ("callback",))
text = line(chunk({"content": A64K}))
bomb("text", chunked(pour(text, 1100), HOLD), "TOO_LARGE", "max_text_bytes", ("pull", "loop"), 300)
bomb("text-of-many-events", chunked(pour(line(chunk({"content": "a" * 300})) * 200, 1200), HOLD), "TOO_LARGE", "max_text_bytes", ("callback",), 300)
bomb("tool-calls-by-event", chunked(*[{"chunk": line(chunk({"tool_calls": [{"index": at, "id": "i%d" % at}]}))} for at in range(1100)], HOLD),
     "TOO_LARGE", "max_tool_calls", STREAMS)
bomb("fields-by-event", chunked(*[{"chunk": line({"f%d" % at: at})} for at in range(1100)], HOLD), "TOO_LARGE", "1024 fields", STREAMS)

# a body without end
ENDLESS = {"idle_timeout_ms": 250}  # the first event may come late
SILENT = {"first_token_timeout_ms": 250, "idle_timeout_ms": 250}
for name, text in [("comments", ": alive\n\n"), ("empty-events", "data:\n\n"), ("blank-lines", "\n"), ("ids", "id: 1\n\n"), ("retries", "retry: 9\n")]:
    for pace, times, pause in [("fast", 1000, 0), ("slow", 1, 20)]:
        bomb("endless-%s-%s" % (name, pace), chunked({"chunk": HELLO}, pour(text * times, -1, pause)), "TIMEOUT", "idle", STREAMS, **ENDLESS)
bomb("endless-comments-first", chunked(pour(": alive\n\n" * 1000, -1)), "TIMEOUT", "first-token", STREAMS, **SILENT)
bomb("endless-blanks", chunked(pour(" " * 10000, -1)), "TIMEOUT", "first-token", STREAMS, 140, **SILENT)
bomb("endless-blanks-whole", chunked(pour(" " * 100000, -1), head=WHOLE_HEAD + "Transfer-Encoding: chunked\r\n\r\n"), "TOO_LARGE",
     "max_response_bytes", ("unary",), 140, **ENDLESS)
bomb("endless-answer", both(chunked({"chunk": "{"}, pour(A64K, -1)), chunked(pour(A64K, -1), head=WHOLE_HEAD + "Transfer-Encoding: chunked\r\n\r\n")),
     "TOO_LARGE", "max_response_bytes", most=140)
bomb("endless-until-close", [{"send": WHOLE_HEAD + "Connection: close\r\n\r\n"}, {"repeat": [A64K, -1]}], "TOO_LARGE", "max_response_bytes", UNARY, 140)
bomb("endless-slow", chunked(pour("a", -1, 20), head=WHOLE_HEAD + "Transfer-Encoding: chunked\r\n\r\n"), "TIMEOUT", "total", UNARY, total_timeout_ms=500)
bomb("endless-error", chunked(pour(A64K, -1), head="HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n"), "SERVER", "HTTP 500")
bomb("endless-redirect", chunked(pour(A64K, -1), head="HTTP/1.1 307 No\r\nLocation: /x\r\nTransfer-Encoding: chunked\r\n\r\n"), "REDIRECTED", "HTTP 307")

# HTTP
bomb("header-flood", [{"send": STREAM_HEAD}, {"repeat": ["x-a: b\r\n" * 1000, -1]}], "TOO_LARGE", "max_header_bytes")
bomb("header-without-end", [{"send": STREAM_HEAD + "x-a: "}, {"repeat": [A64K, -1]}], "TOO_LARGE", "max_header_bytes")
bomb("header-name-without-end", [{"send": STREAM_HEAD}, {"repeat": [A64K, -1]}], "TOO_LARGE", "max_header_bytes")
bomb("status-without-end", [{"send": "HTTP/1.1 200 "}, {"repeat": [A64K, -1]}], "TOO_LARGE", "max_header_bytes")
bomb("folded-header", [{"send": STREAM_HEAD + "x-a: b\r\n"}, {"repeat": [" b\r\n" * 1000, -1]}], "TOO_LARGE", "max_header_bytes")
bomb("1xx-flood", [{"repeat": ["HTTP/1.1 103 Early\r\n\r\n" * 1000, -1]}], "TOO_LARGE", "max_header_bytes")
bomb("trailer-flood", chunked({"chunk": "{" }, {"send": "0\r\n"}, {"repeat": ["x-a: b\r\n" * 1000, -1]}), "TOO_LARGE", "max_header_bytes",
     total_timeout_ms=5000)
bomb("chunk-extension", chunked({"send": "1;" }, {"repeat": [A64K, -1]}), "TIMEOUT", "total", total_timeout_ms=300)
for size in ["ffffffffffffffffff", "8000000000000000", "7fffffffffffffff", "-1", "0x10", "+5", " ", "", "g", "1" * 5000]:
    bomb("chunk-size-%.20s" % size, chunked({"send": size + "\r\n" + HELLO}, CLOSE), "PROTOCOL TRUNCATED", "")
for length in ["-1", "9223372036854775807", "9223372036854775808", "18446744073709551616", "9" * 30, "x", "", "1, 2", "0x20", "1e9"]:
    bomb("length-%.20s" % length, [{"send": STREAM_HEAD + "Content-Length: %s\r\n\r\n" % length + HELLO}, CLOSE], "TRUNCATED PROTOCOL", "")
bomb("two-lengths", [{"send": STREAM_HEAD + "Content-Length: 5\r\nContent-Length: 9999\r\n\r\n" + HELLO}, CLOSE], "TRUNCATED PROTOCOL", "")
bomb("length-and-chunks", [{"send": STREAM_HEAD + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"}, {"chunk": HELLO}, CLOSE],
     "TRUNCATED PROTOCOL", "")
