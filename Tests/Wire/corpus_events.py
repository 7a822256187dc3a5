"""Events: their framing, their end, and what stands between them. docs/design.md, 7, first two paragraphs, and 11."""
from corpus import *

HELLO = [ev({"role": "assistant", "content": ""}), say("Hel"), say("lo"), fin()]
CHUNKS = [[O()], [C("Hel")], [C("lo")], [F()]]
WHOLE = whole({"content": "Hello"})
PART = whole({"content": "Hello"}, None)
TEXT = join(HELLO)


def hello(id, law, parts, quirks="", **more):
    """A stream that says Hello, whatever else."""
    stream(id, law, parts, CHUNKS, WHOLE, quirks, **more)


# ---- lines, fields, comments

hello("lf", "7", HELLO)
hello("crlf", "7", TEXT.replace(b"\n", b"\r\n"))
hello("cr", "7", TEXT.replace(b"\n", b"\r"))
hello("mixed-line-ends", "7", b"".join(data(part).encode().replace(b"\n\n", end) for part, end in zip(
    HELLO + ["[DONE]"], [b"\r\n\n", b"\n\r\n", b"\r\r\n", b"\n\r", b"\r\r"])))
hello("bom", "7", b"\xef\xbb\xbf" + TEXT)
hello("bom-crlf", "7", b"\xef\xbb\xbf" + TEXT.replace(b"\n", b"\r\n"))
hello("bom-comment", "7", b"\xef\xbb\xbf: hi\n\n" + TEXT)
hello("comments", "7", [": first\n\n", HELLO[0], ":\n\n", HELLO[1], ":keep-alive\n", HELLO[2], ": {\"error\":1}\n\n",
                        HELLO[3], ": data: [DONE]\n\n"])
hello("comment-in-event", "7", [HELLO[0], HELLO[1], ": a\ndata: %s\n: b\n\n" % dump(HELLO[2]), HELLO[3]])
hello("long-comment", "7", [": " + "x" * 20000 + "\n\n"] + HELLO)
hello("invalid-comment", "7", [b": \xff\xfe\x00\n\n"] + HELLO)
hello("multi-line-data", "7", [
    "".join("data: %s\n" % line for line in json.dumps(part, indent=1).split("\n")) + "\n" for part in HELLO])
hello("id-and-retry", "7", ["id: 7\nretry: 3000\n\n", "id\nretry: 99999999999999999999999\nretry: x\n" + data(HELLO[0])]
      + HELLO[1:])
hello("named-events", "7", ["event: chunk\n" + data(part) for part in HELLO])
hello("name-behind-data", "7", ["data: %s\nevent: message\n\n" % dump(part) for part in HELLO])
hello("no-space", "7", ["data:%s\n\n" % dump(part) for part in HELLO] + ["data:[DONE]\n\n"], done=False)
hello("more-spaces", "7", ["data:   %s  \n\n" % dump(part) for part in HELLO])
hello("unknown-fields", "7", ["x: 1\nnocolon\nDATA: no\ndat: no\ndatas: no\n data: no\n" + data(part) for part in HELLO])
hello("blank-before-field", "7", [" data: no\n\t data: no\n"] + HELLO)
hello("blank-lines", "7", ["\n\n\n"] + [data(part) + "\n\n" for part in HELLO])
hello("dataless-events", "7", ["event: ping\n\n", "id: 1\n\n", "event: error\n\n"] + HELLO)
hello("json-with-blanks", "7", ["data: %s\n\n" % json.dumps(part, indent=None, separators=(" , ", " :\t")) for part in HELLO])
stream("utf8", "7", [say("é漢"), say("\U0001f600\u2028"), fin()], [[C("é漢")], [C("\U0001f600\u2028")], [F()]],
       whole({"content": "é漢\U0001f600\u2028"}))
stream("escapes", "7", ['data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
                        '"delta":{"content":"\\u00e9\\ud83d\\ude00\\n\\t\\"\\\\\\/"},"finish_reason":"stop"}]}\n\n'],
       [[C("é\U0001f600\n\t\"\\/"), F()]], whole({"content": "é\U0001f600\n\t\"\\/"}))
stream("crlf-in-text", "7", [say("data: [DONE]\r\n\r\ndata: x"), fin()], [[C("data: [DONE]\r\n\r\ndata: x")], [F()]],
       whole({"content": "data: [DONE]\r\n\r\ndata: x"}))

# ---- empty data

for name, line in [("colon", "data:"), ("space", "data: "), ("bare", "data"), ("two", "data:\ndata: "), ("blanks", "data:  \t")]:
    hello("empty-data-" + name, "7", [HELLO[0], line + "\n\n"] + HELLO[1:], "EMPTY_EVENT")
hello("empty-data-first", "7", ["data:\n\n"] + HELLO, "EMPTY_EVENT")
hello("empty-data-last", "7", HELLO + ["data:\n\n"], "EMPTY_EVENT DONE_MISSING", done=False)

# ---- [DONE]

for name, line in [("space-behind", "data: [DONE] "), ("space-before", "data:  [DONE]"), ("tab", "data: [DONE]\t"),
                   ("nothing", "data: [DONE]")]:
    end = "" if name == "nothing" else "\n\n"
    hello("done-" + name, "7, 11", HELLO + [line + end], "DONE_PADDED", done=False)
hello("done-newline", "7", HELLO + ["data: [DONE]\n"], "DONE_PADDED", done=False)
hello("done-crlf", "7", HELLO + ["data: [DONE]\r\n\r\n"], done=False)
hello("done-named", "11", HELLO + ["event: error\ndata: [DONE]\n\n"], done=False)
hello("done-missing", "11", HELLO, "DONE_MISSING", done=False)
hello("done-missing-comment", "11", HELLO + [": bye"], "DONE_MISSING", done=False)
stream("done-without-finish", "11", HELLO[:3], CHUNKS[:3], PART)
stream("done-alone", "11", [], [], {"choices": []})
for name, line in [("text", "[DONE]x"), ("lower", "[done]"), ("twice", "[DONE][DONE]"), ("inner", "[ DONE ]"),
                   ("json", "\"[DONE]\""), ("line", "[DONE]\ndata: {}")]:
    stream("not-done-" + name, "11", HELLO[:3] + ["data: %s\n\n" % line], CHUNKS[:3], PART, status="PROTOCOL")

# ---- behind [DONE]; byte by byte it may be too late to be seen

for name, rest in [("event", data(say("no"))), ("error", data({"error": {"message": "no"}})), ("again", DONE),
                   ("garbage", "<html>"), ("comment", ": bye\n\n"), ("named", "event: error\ndata: x\n\n")]:
    hello("after-done-" + name, "7", HELLO + [DONE, rest], "AFTER_DONE", done=False, late="AFTER_DONE")
hello("after-done-blank", "7", HELLO + [DONE, "\n\r\n\n"], done=False)

# ---- the end

hello("open-event", "7", HELLO[:3] + ["data: " + dump(HELLO[3])], "LAST_EVENT_OPEN DONE_MISSING", done=False)
hello("open-event-newline", "7", HELLO[:3] + ["data: %s\n" % dump(HELLO[3])], "LAST_EVENT_OPEN DONE_MISSING", done=False)
hello("open-event-cr", "7", HELLO[:3] + ["data: %s\r" % dump(HELLO[3])], "LAST_EVENT_OPEN DONE_MISSING", done=False)
stream("open-event-unfinished", "7", HELLO[:2] + ["data: " + dump(HELLO[2])], CHUNKS[:3], PART, "LAST_EVENT_OPEN",
       status="TRUNCATED", done=False)
stream("open-event-cut", "7", HELLO[:3] + ["data: " + dump(HELLO[3])[:-1]], CHUNKS[:3], PART, "LAST_EVENT_OPEN",
       status="TRUNCATED", done=False)
stream("open-error", "7 report", HELLO[:3] + ['data: {"error":{"message":"It broke.","code":500}}'], CHUNKS[:3], PART,
       "LAST_EVENT_OPEN", status="PROVIDER", error=error("It broke.", "500"), done=False)
stream("unfinished", "11", HELLO[:3], CHUNKS[:3], PART, status="TRUNCATED", done=False)
stream("unfinished-choice", "11", HELLO + [ev({"content": "x"}, index=1)], CHUNKS + [[C("x", 1)]],
       whole({}, choices=[option(0, {"content": "Hello"}), option(1, {"content": "x"}, None)]),
       status="TRUNCATED", done=False)
stream("no-choice", "11", [event(choices=[])], [[O(-1)]], whole({}, choices=[]), status="TRUNCATED", done=False)
stream("nothing", "7 report", b"", [], None, status="TRUNCATED")
stream("blanks-only", "7 report", b"\n\r\n\n", [], None, status="TRUNCATED")
stream("comments-only", "7 report", b": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n", [], None, status="TRUNCATED")
stream("name-only", "7 report", b"event: message", [], None, status="TRUNCATED")

# ---- what is no event of a completion

for name, line in [("number", "42"), ("text", "\"hi\""), ("null", "null"), ("true", "true"), ("garbage", "hunter2"),
                   ("brace", "{\"choices\":[}"), ("two", dump(HELLO[3]) + dump(HELLO[3])), ("empty-list", "[]"),
                   ("trailing", dump(HELLO[3]) + ","), ("single-quotes", "{'choices':[]}"), ("bom", "\ufeff" + dump(HELLO[3])),
                   ("control", '{"choices":[],"x":"a\x01b"}')]:
    stream("bad-event-" + name, "dosai.h", HELLO[:3] + [data(line)], CHUNKS[:3], PART, status="PROTOCOL", excludes="hunter2")
stream("glued-events", "dosai.h", HELLO[:2] + ["data: %sdata: %s\n\n" % (dump(HELLO[2]), dump(HELLO[3]))], CHUNKS[:2],
       whole({"content": "Hel"}, None), status="PROTOCOL")
stream("glued-lines", "7", HELLO[:2] + ["data: %s\ndata: %s\n\n" % (dump(HELLO[2]), dump(HELLO[3]))], CHUNKS[:2],
       whole({"content": "Hel"}, None), status="PROTOCOL")
for name, value in [("choices", event(choices={})), ("choice", event(choices=[1])), ("delta", ev("text")),
                    ("index-text", ev({}, index="0")), ("index-real", ev({}, index=0.5)), ("index-minus", ev({}, index=-2)),
                    ("index-far", ev({}, index=2 ** 31)), ("index-huge", ev({}, index=2 ** 63)),
                    ("tool", ev({"tool_calls": [1]})), ("tool-index", tool(call("0"))), ("tool-far", tool(call(2 ** 31)))]:
    stream("bad-shape-" + name, "dosai.h", HELLO[:3] + [value], CHUNKS[:3], PART, "BIG_NUMBER" if name == "index-huge" else "",
           status="PROTOCOL")
stream("bad-shape-second-choice", "dosai.h", HELLO[:3] + [event(choices=[
    {"index": 0, "delta": {"content": "!"}, "finish_reason": "stop"}, {"index": -2, "delta": {}}])], CHUNKS[:3], PART, status="PROTOCOL")
stream("bad-shape-behind-content", "dosai.h", HELLO[:3] + [ev({"content": "!", "tool_calls": [call("0")]})], CHUNKS[:3], PART,
       status="PROTOCOL")
