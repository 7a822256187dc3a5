"""Whole answers: to a unary call, and to a streaming one, which gets them as the chunks of one event. docs/design.md, 7."""
from corpus import *

HI = [[C("Hi"), F()]]


def hi(id, law="7", chunks=HI, quirks="", message={"content": "Hi"}, finish="stop", choice={}, **more):
    top = more.pop("top", {})
    answer(id, law, whole(message, finish, choice, **top), chunks, quirks, **more)


hi("answer", top={"usage": USAGE}, chunks=[[C("Hi"), F(), USED]])
answer("answer-documented-tools", "7", {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [
    made("call_abc123", "get_weather", "{\"location\": \"San Francisco, CA\"}")]}, "finish_reason": "tool_calls", "index": 0}]},
       [[T(0, "{\"location\": \"San Francisco, CA\"}", "call_abc123", "get_weather"), F("tool_calls")]])
answer("answer-pretty", "7", json.dumps(whole({"content": "Hi"}), indent=2) + "\n", HI, json=whole({"content": "Hi"}))
answer("answer-as-events-type", "7", whole({"content": "Hi"}), HI, headers={"Content-Type": "text/event-stream"})
answer("answer-plain-type", "7", whole({"content": "Hi"}), HI, headers={"Content-Type": "text/plain"})
answer("answer-no-type", "7", whole({"content": "Hi"}), HI, headers={"Content-Type": None})
answer("answer-to-the-end", "7", whole({"content": "Hi"}), HI, framing="close")
hi("answer-content-null", message={"content": None}, chunks=[[F()]])
hi("answer-content-absent", message={}, chunks=[[F()]])
hi("answer-content-parts", quirks="CONTENT_PARTS", message={"content": [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]},
   chunks=[[C("H"), C("i"), F()]], getters={"content": "Hi"})
hi("answer-content-thinking", quirks="CONTENT_PARTS", message={"content": [
    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, {"type": "text", "text": "Hi"}]},
   chunks=[[R("Hm"), C("Hi"), F()]], getters={"content": "Hi", "reasoning": "Hm"})
for key in ["reasoning_content", "reasoning", "thinking"]:
    hi("answer-" + key, message={key: "Hm", "content": "Hi"}, chunks=[[R("Hm"), C("Hi"), F()]])
hi("answer-refusal", message={"content": None, "refusal": "No."}, chunks=[[X("No."), F()]])
hi("answer-created-real", quirks="CREATED", top={"created": 1.5}, getters={"created": 1})
hi("answer-created-missing", top={"created": None}, getters={"created": -1})
hi("answer-finish-unknown", quirks="FINISH_REASON", finish="eos", chunks=[[C("Hi"), F("eos")]])
hi("answer-finish-function-call", finish="function_call", message={"content": None, "function_call": {"name": "f", "arguments": "{}"}},
   chunks=[[F("function_call")]])
hi("answer-usage-null", top={"usage": None})
hi("answer-usage-empty", top={"usage": {}})
hi("answer-usage-x-groq", quirks="USAGE_ELSEWHERE", top={"x_groq": {"usage": USAGE}}, chunks=[[C("Hi"), F(), USED]], counts=USAGE)
hi("answer-usage-empty-x-groq", quirks="USAGE_ELSEWHERE", top={"usage": {}, "x_groq": {"usage": USAGE}}, chunks=[[C("Hi"), F(), USED]], counts=USAGE)
hi("answer-error-null", law="11", top={"error": None})
hi("answer-nul", message={"content": "a\0b"}, chunks=[[C("a\0b"), F()]])
hi("answer-unknown", law="assembly", message={"content": "Hi", "mood": [1, {"a": None}]}, choice={"x": {"y": 1}}, top={"service_tier": "t"})
for name, index in [("missing", DROP), ("null", None), ("minus-one", -1)]:
    one = {"index": index, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
    answer("answer-index-" + name, "7", {**whole({}), "choices": [{k: v for k, v in one.items() if v is not DROP}]}, HI,
           "CHOICE_INDEX", indices=[0])
answer("answer-two-without-index", "7", {**whole({}), "choices": [
    {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"} for text in ("a", "b")]},
       [[C("a"), F(), C("b", 1), F("stop", 1)]], "CHOICE_INDEX", indices=[0, 1])
answer("answer-choices-reversed", "header", whole({}, choices=[option(1, {"content": "b"}), option(0, {"content": "a"})]),
       [[C("b", 1), F("stop", 1), C("a"), F()]])
answer("answer-arguments-object", "7", whole({"tool_calls": [made("a", "f", {"city": "Rome"})]}, "tool_calls"),
       [[T(0, '{"city":"Rome"}', "a", "f"), F("tool_calls")]], "ARGUMENTS_OBJECT",
       getters={"tool_calls": [{"id": "a", "name": "f", "arguments": '{"city":"Rome"}'}]})
answer("answer-tools", "7", whole({"tool_calls": [made("a", "f", "{}"), made("b", "g", "{}", extra_content={"google": {"x": 1}})]}, "tool_calls"),
       [[T(0, "{}", "a", "f"), T(1, "{}", "b", "g"), F("tool_calls")]], stream_quirks="WHOLE_ANSWER")
answer("answer-tool-alone", "7", whole({"tool_calls": made("a", "f", "{}")}, "tool_calls"),
       [[T(0, "{}", "a", "f"), F("tool_calls")]], "TOOL_INDEX", getters={"tool_calls": [{"id": "a", "name": "f", "arguments": "{}"}]})
answer("answer-surrogate", "7", dump(whole({"content": "@"})).replace("@", "a\\ud83db"), [[C("a\ufffdb"), F()]], "TEXT_REPAIRED",
       json=whole({"content": "a\ufffdb"}))
answer("answer-utf8", "7", dump(whole({"content": "@"})).encode().replace(b"@", b"a\xff\xc3\xa9"), [[C("a\ufffdé"), F()]], "TEXT_REPAIRED",
       json=whole({"content": "a\ufffdé"}))
answer("answer-big-number", "7", dump(whole({"content": "Hi"}, usage=USAGE, seed="@")).replace('"@"', "18446744073709551616"),
       [[C("Hi"), F(), USED]], "BIG_NUMBER", json=whole({"content": "Hi"}, usage=USAGE, seed="@"), number="18446744073709551616")
answer("answer-real", "assembly", dump(whole({"content": "Hi"}, x="@")).replace('"@"', "0.70"), HI, json=whole({"content": "Hi"}, x="@"), number="0.70")
answer("answer-key-twice", "7", dump(whole({"content": "Hi"})).replace('"content"', '"content":"no","content"'), HI, json=whole({"content": "Hi"}))
answer("answer-choices-empty", "7", whole({}, choices=[]), [], stream_status="TRUNCATED", stream_chunks=[[O(-1)]])
answer("answer-unfinished", "7, 11", whole({"content": "Hi"}, None), [], stream_status="TRUNCATED", stream_chunks=[[C("Hi")]])
