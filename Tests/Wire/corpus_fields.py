"""Fields that real servers send otherwise, and how the answer is put together. docs/design.md, 7: accept, assembly."""
from corpus import *

HI = [[C("Hi")], [F()]]
SAID = whole({"content": "Hi"})


def hi(id, law, parts, chunks=None, quirks="", json=None, **more):
    stream(id, law, parts, chunks or HI, json or SAID, quirks, **more)


# ---- the documented stream has no quirk

hi("documented", "7", [
    {"id": "c1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]},
    {"id": "c1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": USAGE}],
   [[C("Hi")], [F(), USED]], json={"id": "c1", "object": "chat.completion", "choices": [option(0, {"content": "Hi"})], "usage": USAGE})

# ---- choices

hi("choices-empty-first", "7", [event(choices=[]), say("Hi"), fin()], [[O(-1)]] + HI)
hi("choices-empty-last", "7", [say("Hi"), fin(), event(choices=[])], HI + [[O(-1)]])
hi("choices-absent", "7", [event(), say("Hi"), fin()], [[O(-1)]] + HI, "CHOICES_MISSING")
hi("choices-null", "7", [event(choices=None), say("Hi"), fin()], [[O(-1)]] + HI, "CHOICES_MISSING")
hi("choices-first-member", "7", [{"choices": [{"delta": {"content": "Hi"}, "index": 0}], **event()}, fin()])
hi("delta-null", "7", [ev(choice={"delta": None}), say("Hi"), fin()], [[O()]] + HI, "DELTA_MISSING")
hi("delta-absent", "7", [say("Hi"), ev(finish="stop", choice={"delta": DROP})], quirks="DELTA_MISSING")
for name, index in [("missing", DROP), ("null", None), ("minus-one", -1)]:
    hi("index-" + name, "7", [ev({"content": "Hi"}, index=index), ev(finish="stop", index=index)], quirks="CHOICE_INDEX")
hi("role-alone", "7", [ev({"role": "assistant"}), say("Hi"), fin()], [[O()]] + HI)
hi("role-each-time", "7", [say("H", role="assistant"), say("i", role="assistant"), ev({"role": "assistant"}, "stop")],
   [[C("H")], [C("i")], [F()]])
hi("choices-two", "assembly", [
    event(choices=[{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}}]),
    ev({"content": "B"}, "length", index=1), ev({"content": "A"}, "stop")],
   [[C("b", 1), C("a")], [C("B", 1), F("length", 1)], [C("A"), F()]],
   json=whole({}, choices=[option(0, {"content": "aA"}), option(1, {"content": "bB"}, "length")]))
hi("choices-sparse", "assembly", [ev({"content": "x"}, "stop", index=5), ev({"content": "Hi"}, "stop")],
   [[C("x", 5), F("stop", 5)], [C("Hi"), F()]],
   json=whole({}, choices=[option(0, {"content": "Hi"}), option(5, {"content": "x"})]))

# ---- finish_reason

hi("finish-empty", "7", [ev({"content": "Hi"}, ""), fin()], quirks="FINISH_REASON")
hi("finish-empty-only", "7, 11", [ev({"content": "Hi"}, "")], [[C("Hi")]], "FINISH_REASON", whole({"content": "Hi"}, None),
   status="TRUNCATED", done=False)
hi("finish-empty-behind", "7", [say("Hi"), fin(), fin("")], HI + [[O()]], "FINISH_REASON")
hi("finish-null-behind", "7", [say("Hi"), fin(), fin(None)], HI + [[O()]])
hi("finish-absent", "7", [ev({"content": "Hi"}, DROP), fin()])
hi("finish-unknown", "7", [say("Hi"), fin("eos_token")], [[C("Hi")], [F("eos_token")]], "FINISH_REASON",
   whole({"content": "Hi"}, "eos_token"))
hi("finish-with-content", "7", [ev({"content": "Hi"}, "stop")], [[C("Hi"), F()]])
hi("finish-twice", "7", [say("Hi"), fin(), fin()], HI + [[O()]], "FINISH_REASON")
hi("finish-changed", "7, assembly", [say("Hi"), fin(), fin("length")], HI + [[F("length")]], "FINISH_REASON",
   whole({"content": "Hi"}, "length"))
for word in ["length", "tool_calls", "content_filter", "function_call"]:
    hi("finish-" + word, "7", [say("Hi"), fin(word)], [[C("Hi")], [F(word)]], json=whole({"content": "Hi"}, word))

# ---- usage

hi("usage-last", "7", [say("Hi"), fin(), event(choices=[], usage=USAGE)], HI + [[USED]], json=whole({"content": "Hi"}, usage=USAGE))
hi("usage-null", "7", [ev({"content": "Hi"}, usage=None), fin(usage=None)])
hi("usage-empty", "7", [ev({"content": "Hi"}, usage={}), fin(usage={})])
hi("usage-then-empty", "7", [say("Hi"), fin(usage=USAGE), event(choices=[], usage={}), event(choices=[], usage=None)],
   [[C("Hi")], [F(), USED], [O(-1)], [O(-1)]], json=whole({"content": "Hi"}, usage=USAGE))
ONE, TWO = ({"prompt_tokens": 5, "completion_tokens": n, "total_tokens": 5 + n} for n in (1, 2))
hi("usage-each", "7", [ev({"content": "Hi"}, usage=ONE), fin(usage=TWO)], [[C("Hi"), U(5, 1, 6)], [F(), U(5, 2, 7)]],
   "USAGE_REPEATED", whole({"content": "Hi"}, usage=TWO))
hi("usage-each-partly", "7", [ev({"content": "Hi"}, usage=ONE), fin(usage={"completion_tokens": 7})],
   [[C("Hi"), U(5, 1, 6)], [F(), U(-1, 7, -1)]], "USAGE_REPEATED", whole({"content": "Hi"}, usage={"completion_tokens": 7}))
DETAILS = {**USAGE, "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
           "completion_tokens_details": {"reasoning_tokens": 4}, "cost": 0.5}
hi("usage-details", "7", [say("Hi"), fin(usage=DETAILS)], [[C("Hi")], [F(), U(12, 9, 21, 8, 4)]],
   json=whole({"content": "Hi"}, usage=DETAILS))
hi("usage-details-null", "7", [say("Hi"), fin(usage={**USAGE, "prompt_tokens_details": None})], [[C("Hi")], [F(), USED]],
   json=whole({"content": "Hi"}, usage=USAGE))
hi("usage-x-groq", "7", [ev({"content": "Hi"}, x_groq={"id": "req_1"}), fin(x_groq={"id": "req_1", "usage": USAGE})],
   [[C("Hi")], [F(), USED]], "USAGE_ELSEWHERE",
   whole({"content": "Hi"}, x_groq={"id": "req_1", "usage": USAGE}, usage=USAGE))
hi("usage-x-groq-and-own", "7", [say("Hi"), fin(usage=USAGE, x_groq={"usage": ONE})], [[C("Hi")], [F(), USED]],
   json=whole({"content": "Hi"}, x_groq={"usage": ONE}, usage=USAGE))
hi("usage-x-groq-null", "7", [ev({"content": "Hi"}, x_groq=None), fin(usage={}, x_groq={"usage": {}})],
   json=whole({"content": "Hi"}, x_groq={"usage": {}}))

# ---- content

hi("content-null", "7", [say(None, role="assistant"), say("Hi"), say(None), fin()], [[O()], [C("Hi")], [O()], [F()]])
hi("content-empty", "7", [say(""), say("Hi"), say(""), fin()], [[O()], [C("Hi")], [O()], [F()]])
hi("content-never", "7", [ev({"role": "assistant"}), fin()], [[O()], [F()]], json=whole({}))
hi("content-parts", "7", [say([{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]), fin()],
   [[C("H"), C("i")], [F()]], "CONTENT_PARTS")
hi("content-parts-mixed", "7", [say("H"), say([{"type": "text", "text": "i"}]), fin()], [[C("H")], [C("i")], [F()]], "CONTENT_PARTS")
hi("content-parts-empty", "7", [say([]), say("Hi"), fin()], [[O()]] + HI, "CONTENT_PARTS")
hi("content-parts-thinking", "7", [say([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]), say("Hi"), fin()],
   [[R("Hm")]] + HI, "CONTENT_PARTS", whole({"thinking": "Hm", "content": "Hi"}))
hi("content-parts-reference", "7", [say([{"type": "text", "text": "Hi"}, {"type": "reference", "reference_ids": [1]}]), fin()],
   quirks="CONTENT_PARTS")
hi("refusal", "7, assembly", [ev({"refusal": "No"}), ev({"refusal": "!", "content": None}), fin()], [[X("No")], [X("!")], [F()]],
   json=whole({"refusal": "No!"}))
for key in ["reasoning_content", "reasoning", "thinking"]:
    hi(key, "7", [ev({key: "Hm", "content": None}), ev({key: "..", "content": ""}), say("Hi", **{key: None}), fin()],
       [[R("Hm")], [R("..")]] + HI, json=whole({key: "Hm..", "content": "Hi"}))
hi("reasoning-twice", "7", [ev({"reasoning": "Hm", "reasoning_content": "Hm"})] * 3 + [say("Hi"), fin()], [[R("Hm")]] * 3 + HI,
   json=whole({"reasoning": "HmHmHm", "reasoning_content": "HmHmHm", "content": "Hi"}))
hi("whole-message-in-event", "7", [ev(finish="stop", choice={"delta": DROP, "message": {"role": "assistant", "content": "Hi"}})],
   [[C("Hi"), F()]], "DELTA_MISSING")
hi("message-beside-delta", "7", [
    ev({"content": "H"}, choice={"message": {"role": "assistant", "content": "H"}}),
    ev({"content": "i"}, "stop", choice={"message": {"role": "assistant", "content": "Hi"}})], [[C("H")], [C("i"), F()]])

# ---- created, id, model

hi("created-real", "7", [ev({"content": "Hi"}, created=1.5), fin(created=1.5)], quirks="CREATED",
   json=whole({"content": "Hi"}, created=1.5), getters={"created": 1})
hi("created-missing", "7", [ev({"content": "Hi"}, created=DROP), fin(created=DROP)],
   json={key: value for key, value in SAID.items() if key != "created"})
hi("created-null", "7", [ev({"content": "Hi"}, created=None), fin(created=None)],
   json={key: value for key, value in SAID.items() if key != "created"})
hi("id-each", "7", [ev({"content": "Hi"}, id="c1"), fin(id="c2")], quirks="ID_CHANGED", json=whole({"content": "Hi"}, id="c2"))
hi("id-late", "7", [ev({"content": "Hi"}, id=""), fin()])
hi("id-null", "7", [ev({"content": "Hi"}, id=None), fin()])
hi("id-missing", "7", [ev({"content": "Hi"}, id=DROP, model=DROP, object=DROP), fin()])
hi("id-empty-behind", "assembly", [say("Hi"), fin(), event(id="", model="", object="", choices=[])], HI + [[O(-1)]])
hi("model-changes", "assembly", [ev({"content": "Hi"}, model="router"), fin()])

# ---- text that JSON or UTF-8 does not allow

LINE = '{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":"stop"}]}'


def text(id, law, written, read, quirks="", **more):
    """One event with this text, as it is written in it."""
    line = LINE.encode().replace(b"%s", written if isinstance(written, bytes) else written.encode())
    stream(id, law, b"data: " + line + b"\n\n" + DONE.encode(), [[C(read), F()]], whole({"content": read}), quirks, **more)


text("nul", "7", "a\\u0000b", "a\0b")
text("nul-alone", "7", "\\u0000", "\0")
text("pair", "7", "\\ud83d\\ude00", "\U0001f600")
text("surrogate-high", "7", "a\\ud83db", "a\ufffdb", "TEXT_REPAIRED")
text("surrogate-low", "7", "a\\uDE00b", "a\ufffdb", "TEXT_REPAIRED")
text("surrogate-end", "7", "a\\ud83d", "a\ufffd", "TEXT_REPAIRED")
text("surrogate-high-high-low", "7", "\\ud83d\\ud83d\\ude00", "\ufffd\U0001f600", "TEXT_REPAIRED")
text("surrogate-reversed", "7", "\\ude00\\ud83d", "\ufffd\ufffd", "TEXT_REPAIRED")
text("surrogate-then-escape", "7", "\\ud83d\\n\\u0041", "\ufffd\nA", "TEXT_REPAIRED")
text("surrogate-text", "7", "\\\\ud83d", "\\ud83d")
text("surrogate-behind-backslash", "7", "\\\\\\ud83d", "\\\ufffd", "TEXT_REPAIRED")
for name, wrong in [("byte", b"a\xffb"), ("cut", b"a\xe6\xbcb"), ("lone-tail", b"\x80a"), ("overlong", b"\xc0\xafa"),
                    ("cesu", b"\xed\xa0\xbd\xed\xb8\x80a"), ("beyond", b"\xf4\x90\x80\x80a"), ("cut-four", b"\xf0\x9f\x98a"),
                    ("latin", "caf\xe9 a".encode("latin-1"))]:
    text("utf8-" + name, "7", wrong, wrong.decode("utf-8", "replace"), "TEXT_REPAIRED")
text("replacement-sent", "7", "a\ufffdb", "a\ufffdb")
hi("surrogate-across-events", "7", [
    b"data: " + LINE.replace("%s", "\\ud83d").replace('"stop"', "null").encode() + b"\n\n",
    b"data: " + LINE.replace("%s", "\\ude00").encode() + b"\n\n"], [[C("\ufffd")], [C("\ufffd"), F()]], "TEXT_REPAIRED",
   whole({"content": "\ufffd\ufffd"}))
hi("utf8-across-events", "7", [
    b"data: " + LINE.replace('"stop"', "null").encode().replace(b"%s", b"\xc3") + b"\n\n",
    b"data: " + LINE.encode().replace(b"%s", b"\xa9") + b"\n\n"], [[C("\ufffd")], [C("\ufffd"), F()]], "TEXT_REPAIRED",
   whole({"content": "\ufffd\ufffd"}))

# ---- numbers

for name, number, quirks in [("int64", "9223372036854775807", ""), ("uint64", "18446744073709551615", "BIG_NUMBER"),
                             ("minus", "-9223372036854775809", "BIG_NUMBER"), ("30-digits", "1" * 30, "BIG_NUMBER"),
                             ("real", "0.70", ""), ("exponent", "1E+5", ""), ("tiny", "1e-999", ""), ("minus-zero", "-0", ""),
                             ("long", "0.1000000000000000055511151231257827", "")]:
    hi("number-" + name, "7" if quirks else "assembly", [
        data(dump(ev({"content": "Hi"}, "stop", seed="@", usage=USAGE)).replace('"@"', number))], [[C("Hi"), F(), USED]], quirks,
       whole({"content": "Hi"}, seed="@", usage=USAGE), number=number)
for name, number in [("1e999", "1e999"), ("minus-1e999", "-1e999"), ("nan", "NaN"), ("infinity", "Infinity"),
                     ("minus-infinity", "-Infinity"), ("hex", "0x10"), ("plus", "+1"), ("leading-zero", "01"), ("dot", ".5"),
                     ("dot-end", "5.")]:
    hi("not-a-number-" + name, "11", [say("Hi"), data(dump(fin(seed="@")).replace('"@"', number))], [[C("Hi")]],
       json=whole({"content": "Hi"}, None), status="PROTOCOL")

# ---- keys

hi("key-twice", "7", [data('{"id":"no",' + dump(ev({"content": "Hi"}))[1:].replace('"delta":', '"delta":{"content":"no"},"delta":')), fin()])
hi("key-escaped", "7", [data(dump(say("Hi")).replace('"content"', '"cont\\u0065nt"').replace('"delta"', '"\\u0064elta"')
                             .replace('"choices"', '"choice\\u0073"')), fin()])

# ---- assembly

hi("top-last-counts", "assembly", [ev({"content": "Hi"}, service_tier="auto", system_fingerprint="f1", x={"a": 1, "b": 2}),
                                   fin(service_tier="default", system_fingerprint=None, x={"b": 3})],
   json=whole({"content": "Hi"}, service_tier="default", system_fingerprint="f1", x={"b": 3}))
hi("top-changes-back", "assembly", [ev({"content": "H"}, tier="a"), ev({"content": "i"}, tier="a"),
                                    ev({"content": "!", "mood": 1}, tier="b"), ev({"content": "!"}, tier="a"), fin()],
   [[C("H")], [C("i")], [C("!")], [C("!")], [F()]], json=whole({"content": "Hi!!", "mood": 1}, tier="a"))
hi("delta-unknown", "assembly", [ev({"content": "H", "mood": "glad", "score": 1, "tags": [1, 2]}),
                                 ev({"content": "i", "mood": None, "score": 2, "tags": [3]}), fin()],
   [[C("H")], [C("i")], [F()]], json=whole({"content": "Hi", "mood": "glad", "score": 2, "tags": [3]}))
hi("delta-list-by-index", "assembly", [
    say("Hi", reasoning_details=[{"type": "reasoning.text", "text": "Hm", "index": 0, "format": "f"}]),
    ev({"reasoning_details": [{"type": "reasoning.text", "text": "..", "index": 0, "signature": "s"},
                              {"type": "reasoning.encrypted", "data": "ZGF0YQ==", "index": 1, "id": "r1"}]}), fin()],
   [[C("Hi")], [O()], [F()]], json=whole({"content": "Hi", "reasoning_details": [
       {"type": "reasoning.text", "text": "Hm..", "index": 0, "format": "f", "signature": "s"},
       {"type": "reasoning.encrypted", "data": "ZGF0YQ==", "index": 1, "id": "r1"}]}))
LOG = [{"token": t, "logprob": p, "bytes": [72], "top_logprobs": []} for t, p in (("H", -0.5), ("i", -1.25))]
hi("logprobs", "assembly", [ev({"content": "H"}, choice={"logprobs": {"content": LOG[:1], "refusal": None}}),
                            ev({"content": "i"}, choice={"logprobs": {"content": LOG[1:]}}), fin(choice={"logprobs": None})],
   [[C("H")], [C("i")], [F()]], json=whole({"content": "Hi"}, choice={"logprobs": {"content": LOG}}))
NOTE = [{"type": "url_citation", "url_citation": {"url": "https://a.test/%d" % n, "start_index": n}} for n in (1, 2)]
hi("annotations", "assembly", [say("Hi", annotations=NOTE[:1]), ev({"annotations": NOTE[1:]}), fin()], [[C("Hi")], [O()], [F()]],
   json=whole({"content": "Hi", "annotations": NOTE}))
hi("choice-unknown", "assembly", [ev({"content": "Hi"}, choice={"native_finish_reason": None, "stop_reason": None}),
                                  fin(choice={"native_finish_reason": "STOP", "stop_reason": 128001})],
   json=whole({"content": "Hi"}, choice={"native_finish_reason": "STOP", "stop_reason": 128001}))
hi("choice-object-merges", "assembly", [
    ev({"content": "Hi"}, choice={"content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}),
    fin(choice={"content_filter_results": {"violence": {"filtered": False}, "hate": {"severity": "low"}}})],
   json=whole({"content": "Hi"}, choice={"content_filter_results": {"hate": {"filtered": False, "severity": "low"},
                                                                   "violence": {"filtered": False}}}))
hi("kind-changes", "assembly", [say("Hi", x=[{"index": 0, "a": 1}], y={"b": 2}), ev({"x": {"b": 2}, "y": [{"index": 0, "a": 1}]}), fin()],
   [[C("Hi")], [O()], [F()]], json=whole({"content": "Hi", "x": {"b": 2}, "y": [{"index": 0, "a": 1}]}))
hi("audio", "assembly", [ev({"role": "assistant", "audio": {"id": "audio_1", "transcript": "H"}}),
                         ev({"audio": {"data": "AAAA"}}), ev({"audio": {"data": "AAAA", "transcript": "i"}}),
                         ev({"audio": {"data": "AAAA", "expires_at": 1727389042}}), fin()],
   [[O()], [O()], [O()], [O()], [F()]],
   json=whole({"audio": {"id": "audio_1", "transcript": "Hi", "data": "AAAAAAAAAAAA", "expires_at": 1727389042}}))
hi("function-call", "assembly", [ev({"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}}),
                                 ev({"function_call": {"arguments": "{\"a\":"}}), ev({"function_call": {"arguments": "1}"}}),
                                 fin("function_call")],
   [[O()], [O()], [O()], [F("function_call")]],
   json=whole({"function_call": {"name": "f", "arguments": "{\"a\":1}"}}, "function_call"))
hi("null-first", "assembly", [say("Hi", audio=None, extra=None), ev({"extra": {"a": None}}), ev({"extra": {"a": [1]}}), fin()],
   [[C("Hi")], [O()], [O()], [F()]], json=whole({"content": "Hi", "extra": {"a": [1]}}))
