"""What must be reported, with the server's own words. docs/design.md, 7: report; and the statuses of dosai.h."""
from corpus import *

GO = [say("Hel"), say("lo")]
GONE = [[C("Hel")], [C("lo")]]
PART = whole({"content": "Hello"}, None)
SAID = error("It broke.", "500", "server_error", "model")
ERROR = {"message": "It broke.", "type": "server_error", "param": "model", "code": 500}


def broken(id, law, parts, said=error("It broke."), json=PART, chunks=GONE, quirks="", **more):
    stream(id, law, GO + parts, chunks, json, quirks, "PROVIDER", said, **more)


# ---- in mid-stream

broken("error-object", "7 report", [{"error": ERROR}], SAID)
broken("error-object-no-done", "7 report", [{"error": ERROR}], SAID, done=False)
broken("error-text", "7 report", [{"error": "It broke."}])
broken("error-code-text", "7 report", [{"error": {**ERROR, "code": "overloaded", "param": None}}],
       error("It broke.", "overloaded", "server_error"))
broken("error-message-only", "7 report", [{"error": {"message": "It broke."}}])
broken("error-empty-message", "7 report", [{"error": {"message": "", "code": 1}}], error(None, "1"))
broken("error-with-choices", "7 report", [ev({"content": ""}, "error", error=ERROR)], SAID)
broken("error-behind-finish", "7 report", [fin(), {"error": ERROR}], SAID, whole({"content": "Hello"}), GONE + [[F()]])
broken("error-named-flat", "7 report, 11", ["event: error\n" + data(ERROR)], SAID)
broken("error-named-nested", "7 report", ["event: error\n" + data({"error": ERROR})], SAID)
broken("error-named-text", "11", ["event: error\ndata: \"It broke.\"\n\n"])
broken("error-named-garbage", "11", ["event: error\ndata: It broke.\n\n"], error())
broken("error-named-null", "11", ["event: error\ndata: null\n\n"], error())
broken("error-named-number", "11", ["event: error\ndata: 42\n\n"], error())
broken("error-named-empty", "11", ["event: error\ndata:\n\n"], error())
broken("error-typed", "7 report", [{"type": "error", "error": ERROR}], SAID)
broken("error-list", "7 report", [data([{"error": ERROR}])], SAID)
broken("error-flat-object", "7 report", [{"object": "error", **ERROR}], SAID)
broken("error-detail", "7 report", [{"detail": "It broke."}])
broken("error-message-object", "7 report", [{"message": {"detail": "It broke."}}])
broken("error-in-choice", "7 report", [ev({"content": ""}, "error", choice={"error": {"code": 502, "message": "It broke."}})],
       error("It broke.", "502"))
broken("error-long-message", "9", [{"error": {"message": "It broke." + "x" * 100000}}])
broken("error-lines", "header", [{"error": {"message": "It\r\nbroke."}}], error("It"))
broken("error-surrogate", "7", [data('{"error":{"message":"It \\ud83d broke."}}')], error("It \ufffd broke."), quirks="TEXT_REPAIRED")
stream("error-first", "7 report", [{"error": ERROR}], [], None, status="PROVIDER", error=SAID)
stream("error-behind-comment", "7 report", [": OPENROUTER PROCESSING\n\n", {"error": ERROR}], [], None, status="PROVIDER", error=SAID)
stream("error-null", "7, 11", [say("Hel", role="assistant"), ev({"content": "lo"}, "stop", error=None)], [[C("Hel")], [C("lo"), F()]],
       whole({"content": "Hello"}))
stream("error-empty-text", "11", [say("Hel"), ev({"content": "lo"}, "stop", error="")], [[C("Hel")], [C("lo"), F()]],
       whole({"content": "Hello"}, error=""))
stream("error-behind-done", "7", [say("Hello"), fin(), DONE, {"error": ERROR}], [[C("Hello")], [F()]], whole({"content": "Hello"}),
       "AFTER_DONE", done=False, late="AFTER_DONE")

# ---- a gateway breaks in

stream("html-in-mid-stream", "7 report", GO + ["<html><body>502 Bad Gateway</body></html>\n"], GONE, PART, status="TRUNCATED", done=False)
stream("json-in-mid-stream", "7 report", GO + [dump({"error": ERROR}) + "\n"], GONE, PART, status="TRUNCATED", done=False)
stream("html-in-data", "7 report", GO + [data("<html>502</html>")], GONE, PART, status="PROTOCOL")
stream("text-in-data", "7 report", GO + [data("upstream connect error")], GONE, PART, status="PROTOCOL")
stream("text-for-events", "7 report, dosai.h", b"no healthy upstream", [], None, status="PROTOCOL",
       headers={"Content-Type": "text/plain"})
stream("gzip-for-events", "10, dosai.h", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x49\x2c\x49\xb4\x52", [], None,
       status="PROTOCOL", headers={"Content-Encoding": "gzip"})

# ---- 200 with an error or with no answer

for name, body, said in [
        ("object", {"error": ERROR}, SAID), ("text", {"error": "It broke."}, error("It broke.")),
        ("list", [{"error": ERROR}], SAID), ("flat", {"object": "error", **ERROR}, SAID),
        ("detail", {"detail": "It broke."}, error("It broke.")),
        ("detail-list", {"detail": [{"loc": ["body"], "msg": "It broke.", "type": "missing"}]}, error("It broke.")),
        ("message-object", {"message": {"detail": "It broke."}}, error("It broke.")),
        ("message", {"message": "It broke."}, error("It broke.")),
        ("with-choices", {"id": "c1", "choices": [], "error": ERROR}, SAID)]:
    answer("ok-error-" + name, "7 report", body, [], json=None, status="PROVIDER", error=said)
    answer("ok-error-%s-events" % name, "7 report", body, [], json=None, status="PROVIDER", error=said,
           headers={"Content-Type": "text/event-stream"})
answer("ok-error-in-choice", "7 report", {**whole({"content": ""}, "error"), "choices": [
    {"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "error",
     "error": {"code": 502, "message": "It broke."}}]}, [], json=DROP, status="PROVIDER", error=error("It broke.", "502"))
answer("ok-html", "7 report", "<!DOCTYPE html><html>It broke.</html>", [], json=None, status="PROTOCOL",
       headers={"Content-Type": "text/html"}, body_kept=True)
answer("ok-blank-html", "7 report", "\n\n  <html>It broke.</html>", [], json=None, status="PROTOCOL", body_kept=True)
answer("ok-cut-json", "7 report", dump(whole({"content": "Hi"}))[:-20], [], json=None, status="PROTOCOL", body_kept=True)
answer("ok-number", "dosai.h", "42", [], json=None, status="PROTOCOL", stream=False)
answer("ok-empty-object", "dosai.h", {}, [], json=None, status="PROTOCOL")
answer("ok-empty", "dosai.h", "", [], json=None, status="PROTOCOL", stream=False)
answer("ok-blank", "dosai.h", " \n", [], json=None, status="PROTOCOL", stream=False)
answer("ok-null", "dosai.h", "null", [], json=None, status="PROTOCOL", stream=False)
answer("ok-choices-null", "dosai.h", {**whole({}), "choices": None}, [], json=None, status="PROTOCOL")
answer("ok-events-unasked", "dosai.h", join(GO + [fin()]), [], json=None, status="PROTOCOL", stream=False,
       headers={"Content-Type": "text/event-stream"})
answer("ok-1e999", "11", dump(whole({"content": "Hi"}, x="@")).replace('"@"', "1e999"), [], json=None, status="PROTOCOL")
answer("ok-nan", "11", dump(whole({"content": "Hi"}, x="@")).replace('"@"', "NaN"), [], json=None, status="PROTOCOL")
answer("ok-bad-gzip", "10", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x49\x2c\x49\xb4\x52", [], json=None,
       status="PROTOCOL TRUNCATED CONNECTION", stream=False, headers={"Content-Encoding": "gzip"})

# ---- by HTTP status

STATUSES = {400: "BAD_REQUEST", 401: "AUTHENTICATION", 402: "INSUFFICIENT_CREDITS", 403: "PERMISSION", 404: "NOT_FOUND",
            405: "BAD_REQUEST", 407: "PROXY", 408: "SERVER", 409: "BAD_REQUEST", 410: "BAD_REQUEST", 413: "BAD_REQUEST",
            418: "BAD_REQUEST", 422: "BAD_REQUEST", 429: "RATE_LIMITED", 451: "BAD_REQUEST", 499: "BAD_REQUEST", 500: "SERVER", 501: "SERVER",
            502: "SERVER", 503: "UNAVAILABLE", 504: "SERVER", 520: "SERVER", 524: "SERVER", 529: "UNAVAILABLE", 599: "SERVER",
            300: "REDIRECTED", 301: "REDIRECTED", 304: "REDIRECTED", 399: "REDIRECTED"}
for http, status in STATUSES.items():
    refusal("http-%d" % http, "dosai.h", http, "" if http == 304 else {"error": ERROR}, status,
            error() if http == 304 else SAID, framing="none" if http == 304 else "length")
    if http != 304:
        refusal("http-%d-empty" % http, "7 report, dosai.h", http, "", status)
        refusal("http-%d-html" % http, "7 report, dosai.h", http, "<html>It broke.</html>", status,
                headers={"Content-Type": "text/html"}, body_kept=True)
for key in ["code", "type"]:
    refusal("http-429-quota-" + key, "dosai.h", 429, {"error": {"message": "It broke.", key: "insufficient_quota"}},
            "INSUFFICIENT_CREDITS", error("It broke.", **{key: "insufficient_quota"}))
for name, body, said in [
        ("text", {"error": "It broke."}, error("It broke.")), ("list", [{"error": ERROR}], SAID),
        ("detail", {"detail": "It broke."}, error("It broke.")),
        ("detail-list", {"detail": [{"loc": ["body"], "msg": "It broke.", "type": "missing"}]}, error("It broke.")),
        ("message", {"message": "It broke."}, error("It broke.")),
        ("message-object", {"object": "error", "message": {"detail": [{"msg": "It broke."}]}, "type": "bad", "code": None},
         error("It broke.", None, "bad")),
        ("flat", {"object": "error", **ERROR}, SAID), ("string", "\"It broke.\"", error("It broke.")),
        ("plain", "It broke.", error()), ("null", "null", error()), ("empty-object", {}, error()), ("empty-list", [], error()),
        ("error-null", {"error": None, "message": "It broke."}, error("It broke.")),
        ("error-number", {"error": 7, "message": "It broke."}, error("It broke.")),
        ("code-object", {"error": {"message": "It broke.", "code": {"a": 1}, "param": ["x"]}}, error("It broke.", '{"a":1}', None, '["x"]')),
        ("cut", dump({"error": ERROR})[:-5], error()), ("invalid", b'{"error":"It \xff broke."}', error("It \ufffd broke.")),
        ("long", {"error": {"message": "It broke." + "x" * 70000}}, None), ("events", join([{"error": ERROR}]), error()),
        ("bom", b"\xef\xbb\xbf" + dump({"error": ERROR}).encode(), None)]:
    refusal("refusal-" + name, "7 report", 400, body, "BAD_REQUEST", said, body_kept=True)
refusal("refusal-echoes-key", "9", 401, {"error": {"message": "It broke: @KEY@", "code": "@KEY@", "type": "@KEY@", "param": "@KEY@"}},
        "AUTHENTICATION", None)
