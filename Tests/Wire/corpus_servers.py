"""Streams as these servers send them, from their sources and documents, shortened."""
from corpus import *

STOP = [[F()]]

# OpenRouter: comments while it waits, native_finish_reason, reasoning twice, usage with a cost
OR = {"id": "gen-1", "provider": "X", "model": "a/b", "object": "chat.completion.chunk", "created": 1}
stream("openrouter", "7", [
    ": OPENROUTER PROCESSING\n\n" * 3,
    {**OR, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "", "reasoning": "Hm", "reasoning_details": [
        {"type": "reasoning.text", "text": "Hm", "format": "unknown", "index": 0}]}, "finish_reason": None,
        "native_finish_reason": None, "logprobs": None}]},
    {**OR, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None,
                        "native_finish_reason": None, "logprobs": None}]},
    {**OR, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "stop",
                        "native_finish_reason": "end_turn", "logprobs": None}]},
    {**OR, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None,
                        "native_finish_reason": None, "logprobs": None}],
     "usage": {**USAGE, "cost": 0.95, "is_byok": False, "prompt_tokens_details": {"cached_tokens": 0}}}],
       [[R("Hm")], [C("Hi")], [F()], [O(), U(12, 9, 21, 0)]],
       {**OR, "object": "chat.completion", "usage": {**USAGE, "cost": 0.95, "is_byok": False, "prompt_tokens_details": {"cached_tokens": 0}},
        "choices": [option(0, {"content": "Hi", "reasoning": "Hm", "reasoning_details": [
            {"type": "reasoning.text", "text": "Hm", "format": "unknown", "index": 0}]}, native_finish_reason="end_turn")]})
stream("openrouter-mid-stream-error", "7 report", [
    {**OR, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}]},
    {**OR, "error": {"code": "server_error", "message": "Provider disconnected unexpectedly"},
     "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}],
       [[C("Hi")]], {**OR, "object": "chat.completion", "choices": [option(0, {"content": "Hi"}, None)]}, status="PROVIDER",
       error=error("Provider disconnected unexpectedly", "server_error"), done=False)
answer("openrouter-unary-waits", "7", "\n         \n\n         \n" + dump(whole({"content": "Hi"})), [[C("Hi"), F()]],
       json=whole({"content": "Hi"}))

# Azure: what was filtered in the prompt comes first; filter results come late, without a delta
AZ = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "system_fingerprint": "f"}
SAFE = {"hate": {"filtered": False, "severity": "safe"}}
NOTHING = {"id": "", "object": "", "created": 0, "model": ""}
stream("azure", "7", [
    {"choices": [], **NOTHING, "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE}]},
    {**AZ, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "", "refusal": None}, "finish_reason": None,
                        "content_filter_results": {}, "logprobs": None}]},
    {**AZ, "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None, "content_filter_results": SAFE}]},
    {**AZ, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "content_filter_results": {}}]}],
       [[O(-1)], [O()], [C("Hi")], [F()]],
       {**AZ, "object": "chat.completion", "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE}],
        "choices": [option(0, {"content": "Hi"}, content_filter_results=SAFE)]})
stream("azure-async-filter", "7, assembly", [
    {**AZ, "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]},
    {**AZ, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {**NOTHING, "choices": [{"index": 0, "finish_reason": None, "content_filter_results": SAFE,
                             "content_filter_offsets": {"check_offset": 1, "start_offset": 1, "end_offset": 9}}]}],
       [[C("Hi")], [F()], [O()]], {**AZ, "object": "chat.completion", "choices": [option(
           0, {"content": "Hi"}, content_filter_results=SAFE,
           content_filter_offsets={"check_offset": 1, "start_offset": 1, "end_offset": 9})]}, "DELTA_MISSING")
refusal("azure-filtered", "7 report", 400, {"error": {
    "message": "The response was filtered.", "type": None, "param": "prompt", "code": "content_filter", "status": 400,
    "innererror": {"code": "ResponsibleAIPolicyViolation"}}}, "BAD_REQUEST", error("The response was filtered.", "content_filter", None, "prompt"))
refusal("azure-unauthorized", "7 report", 401, {"statusCode": 401, "message": "Unauthorized. Access token is missing."},
        "AUTHENTICATION", error("Unauthorized. Access token is missing."))

# vLLM: an error and then [DONE]; usage on each event; reasoning; unset fields as null
stream("vllm-error-then-done", "7 report", [
    say("Hi"), {"error": {"message": "EngineCore died.", "type": "InternalServerError", "param": None, "code": 500}}],
       [[C("Hi")]], whole({"content": "Hi"}, None), status="PROVIDER", error=error("EngineCore died.", "500", "InternalServerError"))
stream("vllm-flat-error-then-done", "7 report", [
    say("Hi"), {"object": "error", "message": "EngineCore died.", "type": "InternalServerError", "param": None, "code": 500}],
       [[C("Hi")]], whole({"content": "Hi"}, None), status="PROVIDER", error=error("EngineCore died.", "500", "InternalServerError"))
V = [{"prompt_tokens": 5, "total_tokens": 5 + n, "completion_tokens": n} for n in range(3)]
stream("vllm-continuous-usage", "7", [
    ev({"role": "assistant", "content": ""}, choice={"logprobs": None}, usage=V[0]),
    ev({"reasoning": "Hm", "reasoning_content": "Hm"}, choice={"logprobs": None, "token_ids": None}, usage=V[1]),
    ev({"content": "Hi"}, "stop", choice={"logprobs": None, "stop_reason": None, "token_ids": None}, usage=V[2]),
    event(choices=[], usage=V[2])],
       [[O(), U(5, 0, 5)], [R("Hm"), U(5, 1, 6)], [C("Hi"), F(), U(5, 2, 7)], [U(5, 2, 7)]],
       whole({"content": "Hi", "reasoning": "Hm", "reasoning_content": "Hm"}, usage=V[2]), "USAGE_REPEATED")
stream("vllm-tools", "7", [
    tool(call(0, "chatcmpl-tool-1", "f", type="function")), tool(call(0, None, None, '{"a"', type=None)), tool(call(0, arguments=": 1}")),
    ev({"content": ""}, "tool_calls", choice={"stop_reason": 128008})],
       [[T(0, "", "chatcmpl-tool-1", "f")], [T(0, '{"a"')], [T(0, ": 1}")], [F("tool_calls")]],
       whole({"content": "", "tool_calls": [made("chatcmpl-tool-1", "f", '{"a": 1}')]}, "tool_calls", choice={"stop_reason": 128008}))

# llama.cpp: content null first, timings last
TIMES = {"prompt_n": 5, "prompt_ms": 12.5, "predicted_per_second": 41.25, "cache_n": 0}
stream("llama.cpp", "7", [
    ev({"role": "assistant", "content": None}, system_fingerprint="b1-x"), say("Hi"), fin("stop", timings=TIMES),
    event(choices=[], usage=USAGE, timings=TIMES)],
       [[O()], [C("Hi")], [F()], [USED]], whole({"content": "Hi"}, system_fingerprint="b1-x", timings=TIMES, usage=USAGE))
stream("llama.cpp-error", "7 report", [say("Hi"), "error: {\"code\":500,\"message\":\"x\",\"type\":\"server_error\"}\n\n"], [[C("Hi")]],
       whole({"content": "Hi"}, None), status="TRUNCATED", done=False)
refusal("llama.cpp-loading", "7 report", 503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        "UNAVAILABLE", error("Loading model", "503", "unavailable_error"))

# Ollama: whole tool calls, all with index 0; no usage; an error of plain text
stream("ollama-tools", "7", [
    tool(call(0, "call_1", "f", '{"city":"Rome"}', type="function"), role="assistant", content=""),
    tool(call(0, "call_2", "f", '{"city":"Oslo"}', type="function"), role="assistant", content=""), ev({"role": "assistant", "content": ""}, "tool_calls")],
       [[T(0, '{"city":"Rome"}', "call_1", "f")], [T(1, '{"city":"Oslo"}', "call_2", "f")], [F("tool_calls")]],
       whole({"content": "", "tool_calls": [made("call_1", "f", '{"city":"Rome"}'), made("call_2", "f", '{"city":"Oslo"}')]}, "tool_calls"),
       "TOOL_INDEX")
stream("ollama-mid-stream-error", "7 report", [say("Hi"), {"error": "unexpected EOF"}], [[C("Hi")]], whole({"content": "Hi"}, None),
       status="PROVIDER", error=error("unexpected EOF"), done=False)
stream("ollama-thinking", "7", [ev({"role": "assistant", "content": "", "reasoning": "Hm"}), say("Hi"), fin()], [[R("Hm")], [C("Hi")], [F()]],
       whole({"reasoning": "Hm", "content": "Hi"}))

# Mistral: content in parts, padding ("p"), whole tool calls
stream("mistral", "7", [
    ev({"role": "assistant", "content": ""}),
    ev({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "H"}]}]}, p="abc"),
    ev({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "m"}], "closed": True}]}, p="abcd"),
    ev({"content": [{"type": "text", "text": "Hi"}]}, p="ab"), ev({"content": ""}, "stop", usage=USAGE, p="a")],
       [[O()], [R("H")], [R("m")], [C("Hi")], [F(), USED]],
       whole({"content": "Hi", "thinking": "Hm"}, usage=USAGE, p="a"), "CONTENT_PARTS")
stream("mistral-tools", "7", [ev({"role": "assistant", "content": ""}), ev({"content": "", "tool_calls": [
    call(DROP, "D681PevKs", "f", '{"city": "Rome"}'), call(DROP, "E681PevKs", "f", '{"city": "Oslo"}')]}, "tool_calls", usage=USAGE)],
       [[O()], [T(0, '{"city": "Rome"}', "D681PevKs", "f"), T(1, '{"city": "Oslo"}', "E681PevKs", "f"), F("tool_calls"), USED]],
       whole({"content": "", "tool_calls": [made("D681PevKs", "f", '{"city": "Rome"}'), made("E681PevKs", "f", '{"city": "Oslo"}')]},
             "tool_calls", usage=USAGE), "TOOL_INDEX")
refusal("mistral-invalid", "7 report", 422, {"object": "error", "message": {"detail": [{"type": "missing", "loc": ["body", "model"],
        "msg": "Field required"}]}, "type": "invalid_request_error", "param": None, "code": None, "raw_status_code": 422},
        "BAD_REQUEST", error("Field required", None, "invalid_request_error"))

# Gemini's compatibility layer: usage on each event, whole tool calls, a thought signature
G = {"extra_content": {"google": {"thought_signature": "Et8BCtwB+/="}}}
stream("gemini", "7", [ev({"role": "assistant", "content": "H"}, usage=V[1]), ev({"role": "assistant", "content": "i"}, "stop", usage=V[2])],
       [[C("H"), U(5, 1, 6)], [C("i"), F(), U(5, 2, 7)]], whole({"content": "Hi"}, usage=V[2]), "USAGE_REPEATED")
stream("gemini-tools", "assembly", [
    ev({"role": "assistant", "tool_calls": [call(DROP, "function-call-1", "f", '{"city":"Rome"}', type="function", **G),
                                            call(DROP, "function-call-2", "f", '{"city":"Oslo"}', type="function")]}, "tool_calls", usage=V[2])],
       [[T(0, '{"city":"Rome"}', "function-call-1", "f"), T(1, '{"city":"Oslo"}', "function-call-2", "f"), F("tool_calls"), U(5, 2, 7)]],
       whole({"tool_calls": [made("function-call-1", "f", '{"city":"Rome"}', **G), made("function-call-2", "f", '{"city":"Oslo"}')]},
             "tool_calls", usage=V[2]), "TOOL_INDEX")
stream("gemini-signature-with-text", "assembly", [ev({"role": "assistant", "content": "Hi"}), ev({"content": "", **G}, "stop")],
       [[C("Hi")], [F()]], whole({"content": "Hi", **G}))
refusal("gemini-invalid", "7 report", 400, [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT",
        "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo"}]}}], "BAD_REQUEST", error("API key not valid.", "400"))

# DeepSeek: keep-alives, reasoning_content and content in turn null
stream("deepseek", "7", [
    ": keep-alive\n\n" * 2, ev({"role": "assistant", "content": None, "reasoning_content": ""}), ": keep-alive\n\n",
    ev({"content": None, "reasoning_content": "Hm"}), ev({"content": "Hi", "reasoning_content": None}),
    ev({"content": "", "reasoning_content": None}, "stop", usage={**USAGE, "prompt_cache_hit_tokens": 3})],
       [[O()], [R("Hm")], [C("Hi")], [F(), USED]],
       whole({"content": "Hi", "reasoning_content": "Hm"}, usage={**USAGE, "prompt_cache_hit_tokens": 3}))
stream("deepseek-exhausted", "7", [say("Hi"), fin("insufficient_system_resource")], [[C("Hi")], [F("insufficient_system_resource")]],
       whole({"content": "Hi"}, "insufficient_system_resource"), "FINISH_REASON")
refusal("deepseek-balance", "7 report", 402, {"error": {"message": "Insufficient Balance", "type": "unknown_error", "param": None,
        "code": "invalid_request_error"}}, "INSUFFICIENT_CREDITS", error("Insufficient Balance", "invalid_request_error", "unknown_error"))

# Poolside, vLLM with Harmony: another id in the later pieces of a call
stream("poolside-tools", "7, assembly", [
    tool(call(0, "call_1", "f", "", type="function")), tool(call(0, "call_2", arguments='{"a"', type="function")),
    tool(call(0, "call_2", arguments=":1}", type="function")), fin("tool_calls")],
       [[T(0, "", "call_1", "f")], [T(0, '{"a"', "call_2")], [T(0, ":1}", "call_2")], [F("tool_calls")]],
       whole({"tool_calls": [made("call_1", "f", '{"a":1}')]}, "tool_calls"), "TOOL_REPEATED")

# Groq, LM Studio, Bedrock proxies, Perplexity
stream("groq", "7", [ev({"role": "assistant", "content": ""}, x_groq={"id": "req_1"}), say("Hi"),
                     fin(x_groq={"id": "req_1", "usage": {"queue_time": 0.018, **USAGE}})],
       [[O()], [C("Hi")], [F(), USED]],
       whole({"content": "Hi"}, x_groq={"id": "req_1", "usage": {"queue_time": 0.018, **USAGE}}, usage={"queue_time": 0.018, **USAGE}),
       "USAGE_ELSEWHERE")
stream("groq-error", "7 report", [say("Hi"), ev(x_groq={"id": "req_1", "error": "The stream was stopped early."})],
       [[C("Hi")]], whole({"content": "Hi"}, None), status="PROVIDER", error=error("The stream was stopped early."))
stream("lm-studio-error", "7 report", [say("Hi"), "event: error\n" + data({"error": {"message": "Model unloaded."}})], [[C("Hi")]],
       whole({"content": "Hi"}, None), status="PROVIDER", error=error("Model unloaded."), done=False)
stream("bedrock-proxy-tools", "7, assembly", [
    tool(call(-1, "tooluse_1", "f", "", type="function")), tool(call(-1, arguments='{"a"')), tool(call(-1, arguments=":1}")), fin("tool_use")],
       [[T(0, "", "tooluse_1", "f")], [T(0, '{"a"')], [T(0, ":1}")], [F("tool_use")]],
       whole({"tool_calls": [made("tooluse_1", "f", '{"a":1}')]}, "tool_use"), "TOOL_INDEX FINISH_REASON")
stream("bedrock-proxy-ids", "7", [ev({"content": "Hi"}, id="1"), fin(id="2"), event(id="3", choices=[], usage=USAGE)],
       [[C("Hi")], [F()], [USED]], whole({"content": "Hi"}, id="3", usage=USAGE), "ID_CHANGED")
refusal("bedrock-denied", "7 report", 403, {"message": "You don't have access to the model."}, "PERMISSION",
        error("You don't have access to the model."))
stream("perplexity", "7", [
    ev({"role": "assistant", "content": "H"}, choice={"message": {"role": "assistant", "content": "H"}}, citations=["https://a.test"], usage=V[1]),
    ev({"role": "assistant", "content": "i"}, "stop", choice={"message": {"role": "assistant", "content": "Hi"}},
       citations=["https://a.test", "https://b.test"], usage=V[2])],
       [[C("H"), U(5, 1, 6)], [C("i"), F(), U(5, 2, 7)]],
       whole({"content": "Hi"}, citations=["https://a.test", "https://b.test"], usage=V[2]), "USAGE_REPEATED")

# the wrong type of content does not matter
for name, kind in [("none", None), ("plain", "text/plain; charset=utf-8"), ("json", "application/json"), ("binary", "application/octet-stream"),
                   ("charset", "text/event-stream; charset=iso-8859-1")]:
    stream("type-" + name, "7", [say("é"), fin()], [[C("é")], [F()]], whole({"content": "é"}), headers={"Content-Type": kind})
