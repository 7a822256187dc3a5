"""The scripts that have a name. A function of the request gives its reply; see server.py for the forms."""
import base64, gzip, json

from dosai_testing._steps import steps_of

MODEL, ID, CREATED = "dos-ai", "chatcmpl-abc123", 1711000000
USAGE = {"prompt_tokens": 12, "completion_tokens": 9, "total_tokens": 21}
HEADERS = {"x-request-id": "req-1", "x-ratelimit-remaining-requests": "59", "x-ratelimit-remaining-tokens": "1000"}


def choice(message, finish="stop", index=0):
    return {"index": index, "message": message, "finish_reason": finish}


def completion(content="Hello! How can I help you today?", **more):
    answer = {"id": ID, "object": "chat.completion", "created": CREATED, "model": MODEL,
              "choices": [choice({"role": "assistant", "content": content})], "usage": USAGE}
    return dict(answer, **more)


def chunk(delta=None, finish=None, index=0, **more):
    answer = {"id": ID, "object": "chat.completion.chunk", "created": CREATED, "model": MODEL,
              "choices": [{"index": index, "delta": delta or {}, "finish_reason": finish}]}
    return dict(answer, **more)


def text(*pieces):
    """The events of a stream that says these pieces."""
    return ([chunk({"role": "assistant", "content": ""})] + [chunk({"content": piece}) for piece in pieces]
            + [chunk(finish="stop", usage=USAGE)])


def wants_stream(request):
    try:
        return json.loads(request.body).get("stream") is True
    except ValueError:
        return False


def say(*pieces, **more):
    """Answers with these pieces, as a stream or as a whole, whichever was asked for."""
    def reply(request):
        if wants_stream(request):
            return dict({"events": text(*pieces), "headers": HEADERS}, **more)
        return {"json": completion("".join(pieces)), "headers": HEADERS}
    return reply


def echo(request):
    if not request.path.partition("?")[0].endswith("/chat/completions"):
        return {"json": {"method": request.method, "path": request.path, "body": request.body.decode()},
                "headers": HEADERS}
    return say(request.body.decode())(request)


def error(status, message, kind="invalid_request_error", code=None, param=None, **headers):
    return {"status": status, "json": {"error": {"message": message, "type": kind, "param": param, "code": code}},
            "headers": dict(HEADERS, **{key.replace("_", "-"): value for key, value in headers.items()})}


def drop_warm(request):
    """The trap of the silent resend: the next request on a warm connection is read, and never answered."""
    return [{"close": True}] if request.turn > 0 else say("Hello")(request)


def behind(*steps):
    """An answer that says what was asked, and behind it, at once or later, something that nobody asked for."""
    def reply(request):
        # One of several <questions> at once is answered when all have come, so that none is asked on another's connection.
        answer = dict(echo(request), delay_ms=50) if b"<" in request.body else echo(request)
        return steps_of(answer) + [step(request) if callable(step) else step for step in steps]
    return reply


def other_answer(request):
    sends = [step["send"] for step in steps_of(say("not yours")(request)) if "send" in step]
    return {"send": b"".join(part.encode() if isinstance(part, str) else part for part in sends)}


def sweep(request):
    """An answer to any call."""
    is_chat = "/chat/" in request.path
    return {"stream": TOKENS} if not is_chat and "event-stream" in request.header("accept") else say("Hello")(request)


def show_key(request):
    return error(401, "Incorrect API key provided: " + request.header("authorization"), code="invalid_api_key")


STREAM_HEAD = ("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: req-1\r\n"
               "x-ratelimit-remaining-requests: 59\r\n")
CHUNKED = STREAM_HEAD + "Transfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSE = STREAM_HEAD + "Connection: close\r\n\r\n"


def line(value):
    return "data: " + json.dumps(value, separators=(",", ":")) + "\n\n"


HELLO = line(chunk({"role": "assistant", "content": "Hello"}))
BLAST = line(chunk({"content": "b" * (16 << 10)}))
FINISH = line(chunk(finish="stop"))
DONE = "data: [DONE]\n\n"
CLOSE, RESET, HOLD, CUT, MARK = {"close": True}, {"reset": True}, {"hold": True}, {"cut": True}, {"mark": True}
END = {"send": "0\r\n\r\n"}
DEEP = json.loads("[" * 40 + "]" * 40)
WHOLE = json.dumps(completion())


def nest(depth, inner=""):
    """So many lists and objects in each other."""
    return '{"a":[' * (depth // 2) + "[" * (depth % 2) + inner + "]" * (depth % 2) + "]}" * (depth // 2)


def deepest(request):
    """512 levels, the most that is allowed, in each place where a reader could follow them."""
    fields = ('"role":"assistant","content":"Hello","x":%s,"y":%s,"reasoning_details":[{"index":0,"z":%s}],"tool_calls":[{"index":0,"id":"c",'
              '"v":%s,"function":{"name":"f","arguments":%s}}]' % (nest(508), "[" * 508 + "]" * 508, nest(506), nest(506), nest(505)))
    form = '{"id":"c","usage":{"w":%s},"choices":[{"index":0,"%%s":{%s},"logprobs":{"u":%s},"finish_reason":%%s}],"t":%s}' % (
        nest(510), fields, nest(508), nest(511))
    if not wants_stream(request):
        return {"text": form % ("message", '"stop"')}
    return {"stream": "data: " + form % ("delta", "null") + "\n\n" + line(chunk({"content": " you"})) + FINISH + DONE}


DEEPEST_ERROR = '{"error":{"message":%s,"type":%s,"code":"c"}}' % (nest(510, "1"), nest(510))
BOMB = gzip.compress(json.dumps(completion("@")).replace("@", "a" * (20 << 20)).encode())


def plays(*steps):
    return list(steps)


def overlapped(count):
    events = [line(chunk({"content": "%04d" % number + "x" * 60})) for number in range(count)]
    middles = [event.index("x" * 60) + 30 for event in events]
    return [events[0][:middles[0]], *(events[i][middles[i]:] + events[i + 1][:middles[i + 1]] for i in range(count - 1)), events[-1][middles[-1]:]]


def begun(*steps):
    """A stream's headers and its first event, then the steps."""
    return [{"send": CHUNKED}, {"chunk": HELLO}] + list(steps)


def whole(length, *steps, headers=""):
    return [{"send": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
             % (headers, length)}] + list(steps)


def tool(index, **fields):
    function = {key: fields.pop(key) for key in ("name", "arguments") if key in fields}
    return dict({"index": index}, **fields, **({"function": function} if function else {}))


RICH_EVENTS = [
    chunk({"role": "assistant", "content": None, "x_unknown": {"deep": [1, 2.50, None]}}),
    chunk({"reasoning_content": "Let me "}), chunk({"reasoning_content": "think."}),
    chunk({"content": "Gr\u00fc\u00dfe \U0001f600 "}), chunk({"content": "a\u0000b \"quoted\" \\ \n"}),
    chunk({"content": "second"}, index=1), chunk({"refusal": "No."}, index=1),
    chunk({"tool_calls": [tool(0, id="call_1", type="function", name="get_weather", arguments="")]}),
    chunk({"tool_calls": [tool(0, arguments="{\"location\": ")]}),
    chunk({"tool_calls": [tool(1, id="call_2", type="function", name="get_time", arguments="{}")]}),
    chunk({"tool_calls": [tool(0, arguments="\"Tokyo\"}")]}),
    chunk(finish="stop", index=1), chunk(finish="tool_calls"),
    dict(chunk(), choices=[], usage=dict(USAGE, prompt_tokens_details={"cached_tokens": 4},
                                         completion_tokens_details={"reasoning_tokens": 3}))]
RICH = (": welcome\r\n\r\n" + "".join("event: message\r\nid: %d\r\n" % number + line(event).replace("\n", "\r\n")
                                      for number, event in enumerate(RICH_EVENTS)) + DONE)
CALLS = [{"id": "call_1", "type": "function",
          "function": {"name": "get_weather", "arguments": "{\"location\": \"Tokyo\"}"}},
         {"id": "call_2", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}]
RICH_MESSAGE = ('{"role": "assistant", "content": "Gr\\u00fc\\u00dfe a\\u0000b", "refusal": null, '
                '"reasoning_content": "Let me think.", "x_unknown": {"deep": [1, 2.50, null]}, "tool_calls": '
                + json.dumps(CALLS) + "}")
RICH_ANSWER = ('{"id": "chatcmpl-abc123", "object": "chat.completion", "created": 1711000000, "model": "dos-ai",\n'
               ' "choices": [{"index": 0, "message": ' + RICH_MESSAGE + ', "finish_reason": "tool_calls"},\n'
               '  {"index": 1, "message": {"role": "assistant", "content": null, "refusal": "No."}, '
               '"finish_reason": "eos"}],\n'
               ' "usage": {"prompt_tokens": 12, "completion_tokens": 9, "total_tokens": 21,\n'
               '  "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 3}}}')


def rich(request):
    return {"stream" if wants_stream(request) else "text": RICH if wants_stream(request) else RICH_ANSWER,
            "headers": HEADERS}


def steady(event, choices=1):
    """12,000 events of one form, `event(number)`, a hundred of them again and again."""
    block = "".join(line(event(number)) for number in range(100))
    ends = "".join(line(chunk(finish="stop", index=index)) for index in range(choices))
    return begun({"repeat": ["%x\r\n%s\r\n" % (len(block.encode()), block), 120, 0]}, {"chunk": ends}, {"chunk": DONE}, END)


STEADY = {
    "steady-text": steady(lambda number: chunk({"content": " word" * (number % 3 + 1)})),
    "steady-escapes": steady(lambda number: chunk({"content": "\"\\\n\t\U0001f600caf\u00e9"[number % 5:]})),
    "steady-tool": [{"send": CHUNKED}, {"chunk": line(chunk({"tool_calls": [tool(0, id="call_1", name="f", arguments="")]}))}]
    + steady(lambda number: chunk({"tool_calls": [tool(0, arguments="{\"a\": %d}" % number)]}))[2:],
    "steady-padding": steady(lambda number: chunk({"content": " word"}, obfuscation="abcdefgh"[number % 8:])),
    "steady-id": steady(lambda number: chunk({"content": " word"}, id="gen-%d" % number, created=CREATED + number)),
    "steady-choices": steady(lambda number: chunk({"content": " word"}, index=number % 4), choices=4),
    "steady-usage": steady(lambda number: chunk({"content": " word"}, usage=dict(USAGE, completion_tokens=number))),
    "steady-timings": steady(lambda number: chunk({"content": " word"}, timings={"n": number, "ms": number * 1.5})),
}

def typed(*events):
    """Events whose type is that of their JSON, as in the Messages and Responses APIs."""
    return "".join("event: %s\n%s" % (event["type"], line(event)) for event in events)


MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": MODEL, "stop_reason": None,
           "usage": {"input_tokens": 12, "output_tokens": 1}}
MESSAGES_BEGIN = typed(
    {"type": "message_start", "message": MESSAGE},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}, {"type": "ping"},
    *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}} for piece in ("Hello", "!")))
MESSAGES = MESSAGES_BEGIN + typed(
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}, {"type": "message_stop"})
OVERLOADED = typed({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})


def response(status, *output):
    return {"id": "resp_1", "object": "response", "status": status, "error": None, "model": MODEL, "output": list(output)}


OUTPUT = {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Hello!"}]}
RESPONSES = typed(*(dict(event, sequence_number=number) for number, event in enumerate([
    {"type": "response.created", "response": response("in_progress")},
    {"type": "response.output_item.added", "output_index": 0, "item": dict(OUTPUT, content=[])},
    *({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": piece}
      for piece in ("Hello", "!")),
    {"type": "response.output_text.done", "item_id": "msg_1", "output_index": 0, "content_index": 0, "text": "Hello!"},
    {"type": "response.completed", "response": response("completed", OUTPUT)}])))
TOKENS = "".join("data:%s\n\n" % json.dumps({"token": {"text": piece}, "generated_text": whole})
                 for piece, whole in (("Hello", None), ("!", "Hello!")))
PLAIN_EVENTS = ("\ufeff: welcome\r\n\r\nid: 7\r\nevent: word\r\ndata: one\r\ndata: two\r\n\r\n"
                "data:\r\n\r\nretry: 9\r\nid: 8\r\ndata: [DONE]\r\n\r\n")
STREAM_POSTS = {
    "messages": {"stream": MESSAGES, "headers": HEADERS}, "responses": {"stream": RESPONSES, "headers": HEADERS},
    "tokens": {"stream": TOKENS}, "plain-events": {"stream": PLAIN_EVENTS},
    "messages-error": {"stream": MESSAGES_BEGIN + OVERLOADED},
    "messages-refused": {"status": 529, "json": json.loads(OVERLOADED.split("data: ")[1])},
    "messages-cut": [{"send": CHUNKED}, {"chunk": MESSAGES_BEGIN}, CLOSE],
    "messages-open": {"stream": MESSAGES_BEGIN + "event: message_stop\ndata: {\"type\":"},
    "messages-no-stop": {"stream": MESSAGES_BEGIN}, "messages-closed": plays({"send": UNTIL_CLOSE + MESSAGES}, CLOSE),
    **{"messages-" + name: plays({"send": UNTIL_CLOSE[:-2] + line + "\r\n\r\n" + MESSAGES}, CLOSE) for name, line in (
        ("identity", "Transfer-Encoding: identity"), ("endless-length", "Content-Length: " + "9" * 30))},
    **{"messages-" + name: [{"send": CHUNKED.replace("Transfer-Encoding: chunked", lines)}, {"chunk": MESSAGES}, END] for name, lines in (
        ("chunked", "Transfer-Encoding: Chunked ,"), ("identity-chunked", "Transfer-Encoding: identity, chunked"),
        ("twice-chunked", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"))},
    "messages-open-end": {"stream": MESSAGES[:-2]}, "list-open-end": {"stream": "data: [1,2]"},
    "number-open-end": {"stream": "data: 12"}, "messages-hold": [{"send": CHUNKED}, {"chunk": MESSAGES}, HOLD],
    "messages-silent": [{"send": CHUNKED}, {"chunk": MESSAGES_BEGIN}, HOLD],
    "tokens-error": {"stream": TOKENS[:TOKENS.index("\n\n") + 2] + 'data:{"error":"plain words"}\n\n'},
    "tokens-without-error": {"stream": "".join('data:{"error":%s}\n\n' % value for value in ('null', '""', 'false', '[1,2]', '1234')) + TOKENS},
    "error-words": {"stream": "event: error\ndata: out of order\n\n"}, "comments-only": {"stream": ": alive\n\n"},
    "broken-events": {"base64": base64.b64encode(b"event: a\xff\ndata: b\xc3\n\n").decode(),
                      "headers": {"Content-Type": "text/event-stream"}},
    "event-key": lambda request: {"stream": "event: %s\nid: %s\ndata: %s\n\n" % ((request.header("authorization")[7:],) * 3)},
    "big-any-event": {"stream": "data: " + "a" * 100000 + "\n\n"},
    "later-messages": {"replies": [error(503, "Later.", retry_after_ms="20"), {"stream": MESSAGES}]},
}

def calls_twice(request):
    """Calls f twice, and then says what the results are. To "loop" it calls again; to "cut" and "filter" it is cut; to
    "nul", the second id has a NUL in it."""
    messages = json.loads(request.body)["messages"]
    asked, results = messages[0]["content"], [each["content"] for each in messages if each["role"] == "tool"]
    if results and asked != "loop":
        return say(", ".join(results))(request)
    reason = {"cut": "length", "filter": "content_filter"}.get(asked, "tool_calls")
    calls = [{"id": "call_%d" % at, "type": "function",
              "function": {"name": "f", "arguments": '{"location": %d}' % at}} for at in (1, 2)]
    calls[1]["id"] += "\0" * (asked == "nul")
    if wants_stream(request):
        deltas = [chunk({"role": "assistant", "tool_calls": [{"index": at, **call}]}) for at, call in enumerate(calls)]
        return {"events": [*deltas, chunk(finish=reason)]}
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    return {"json": completion(choices=[{"index": 0, "message": message, "finish_reason": reason}])}


def forced(request):
    """Calls add with the request's tool_choice, and then says what the second request was."""
    body = json.loads(request.body)
    if any(each["role"] == "tool" for each in body["messages"]):
        return say(request.body.decode())(request)
    call = {"id": "1", "type": "function", "function": {"name": "add", "arguments": json.dumps(body["tool_choice"], separators=(",", ":"))}}
    return {"json": completion(choices=[{"index": 0, "message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}])}


def put_cpp(server):
    """What the C++ tests need besides."""
    server.put("model", calls_twice)
    server.put("forced", forced)
    server.put("many", {"events": text(*["abcde"] * 1000)})


SCRIPTS = {
    # answers
    "hello": say("Hello", "! How can I help", " you today?"), "echo": echo, "rich": rich, "sweep": sweep,
    "models": {"json": {"object": "list", "data": [{"id": MODEL, "object": "model"}]}, "headers": HEADERS},
    "bare": {"text": "{}"}, "null": {"text": "null"}, "slow": {"json": completion(), "delay_ms": 300},
    "big": {"json": completion("a" * (4 << 20))},
    "big-event": {"events": text("a" * (4 << 20))},
    "many-choices": {"events": [chunk({"content": "a"}, index=index) for index in range(5)]},
    "many-tools": {"events": [chunk({"tool_calls": [tool(index, id="call_%d" % index, name="f", arguments="{}")]})
                              for index in range(5)]},
    "deep": {"json": completion(x=DEEP)}, "deep-event": {"events": text("Hello") + [chunk(x=DEEP)]},
    "deepest": deepest, "deepest-list": {"text": "[" * 511 + "]" * 511}, "deepest-400": {"status": 400, "text": "[" * 511 + "]" * 511},
    "deepest-error": {"text": DEEPEST_ERROR}, "deepest-error-400": {"status": 400, "text": DEEPEST_ERROR},
    "deepest-mid-error": begun({"chunk": "data: %s\n\n" % DEEPEST_ERROR}, {"chunk": DONE}, END),
    **{"token-%s" % key: {"events": [chunk({"role": "assistant", "content": ""}), chunk({key: value}), chunk(finish="stop")]}
       for key, value in (("name", "n"), ("content", "a"), ("reasoning_content", "a"), ("refusal", "a"),
                          ("tool_calls", [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]))},
    # streams with timing
    "late-end": {"events": text("Hello"), "end": [{"sleep_ms": 1}, END]},
    # each packet ends in the middle of an event's text, where the next one goes on
    "overlapped": [{"send": CHUNKED}, *(step for piece in overlapped(20) for step in ({"chunk": piece}, {"sleep_ms": 20})), {"chunk": FINISH},
                   {"chunk": DONE}, END],
    "fast": {"events": text(*"abcdefghijklmnopqrst"), "headers": HEADERS},
    "paced": {"events": text(*"abcdefghijklmnopqrst"), "pace_ms": 20, "headers": HEADERS},
    "gapped": {"events": text(*"abcdefghijklmnopqrst"), "pace_ms": 100},
    "late": say("Hello", "! How can I help", " you today?", delay_ms=700),
    "late-big": {"json": completion("a" * (40 << 10)), "delay_ms": 700},
    "drip": whole(len(WHOLE) + 500, {"repeat": [" ", 500, 20]}, {"send": WHOLE}),
    "interim": plays({"repeat": ["HTTP/1.1 102 Processing\r\n\r\n", -1, 20]}),
    "endless": begun({"repeat": ["%x\r\n%s\r\n" % (len(HELLO), HELLO), -1, 20]}),
    "endless-blast": begun({"repeat": ["%x\r\n%s\r\n" % (len(BLAST), BLAST), -1, 1]}),
    "endless-events": begun({"repeat": ["%x\r\n%s\r\n" % (len(HELLO), HELLO), -1, 1]}),
    "blast": begun({"repeat": ["%x\r\n%s\r\n" % (len(BLAST), BLAST), 512, 0]}, {"chunk": FINISH}, {"chunk": DONE}, END),
    "whole-unfinished": {"json": dict(completion(), choices=[choice({"role": "assistant", "reasoning_content": "Hm.", "content": "Hello",
                                                                     "refusal": "No."}, None)])},
    "late-blast": [{"sleep_ms": 700}] + begun({"repeat": ["%x\r\n%s\r\n" % (len(BLAST), BLAST), 32, 0]}, {"chunk": FINISH}, {"chunk": DONE}, END, MARK),
    "blanks": begun({"repeat": ["4000\r\n%s\r\n" % ("\n" * 0x4000), 64, 0]}, {"chunk": FINISH}, {"chunk": DONE}, END),
    "reset-soon": begun({"sleep_ms": 100}, RESET),
    "comments": [{"send": CHUNKED}, {"repeat": ["9\r\n: alive\n\n\r\n", -1, 20]}],
    "chunk-comments": begun({"repeat": ["9\r\n: alive\n\n\r\n", -1, 20]}),
    "comment-flood": begun({"repeat": ["900\r\n" + ": alive\n" * 288 + "\r\n", -1, 0]}),
    "empty-events": begun({"repeat": ["7\r\ndata:\n\n\r\n", -1, 20]}),
    "silent": plays(HOLD), "silent-headers": plays({"send": CHUNKED}, HOLD), "silent-chunk": begun(HOLD),
    "hello-silent": {"replies": [{"json": completion()}, plays(HOLD)]},
    "refused-silent": {"replies": [error(400, "Invalid."), plays(HOLD)]},
    "cut-silent": {"replies": [begun(CLOSE), plays(HOLD)]},
    # errors
    "error-400": error(400, "Invalid request parameters.", code="invalid_value", param="temperature"),
    "error-401": error(401, "Incorrect API key provided.", code="invalid_api_key"),
    "error-402": error(402, "Insufficient credits.", kind="insufficient_credits", code=402),
    "error-403": error(403, "Not allowed."), "error-404": error(404, "No such model.", code="model_not_found"),
    "error-408": error(408, "Request timeout."), "error-409": error(409, "Conflict."),
    "error-413": error(413, "Too large."), "error-418": error(418, "A teapot."), "error-422": error(422, "Unprocessable."),
    "error-429": error(429, "Rate limit exceeded.", kind="rate_limit_error", code="rate_limit_exceeded", Retry_After="3"),
    "error-quota": error(429, "You exceeded your current quota.", kind="insufficient_quota", code="insufficient_quota"),
    "error-500": error(500, "Unexpected server error.", kind="server_error"), "error-502": error(502, "Bad gateway."),
    "error-503": error(503, "Model temporarily unavailable.", kind="server_error", retry_after_ms="20"),
    "error-504": error(504, "Gateway timeout."), "error-529": error(529, "Overloaded."),
    "error-html": {"status": 502, "text": "<html><body>Bad Gateway</body></html>", "headers": {"Content-Type": "text/html"}},
    "error-empty": {"status": 402, "text": ""}, "error-detail": {"status": 422, "json": {"detail": "Field required"}},
    "error-text": {"status": 500, "json": {"error": "plain words"}},
    "error-array": {"status": 400, "json": [{"error": {"message": "in an array", "code": 400}}]},
    "error-message": {"status": 400, "json": {"message": {"detail": "nested"}}},
    "error-long": {"status": 500, "text": "x" * (100 << 10)},
    "detail-200": {"json": {"detail": "Not authenticated"}, "headers": HEADERS},
    "error-200": {"json": {"error": {"message": "Provider failed.", "code": 502}}, "headers": HEADERS},
    "error-key": show_key,
    "redirect": {"status": 307, "text": "", "headers": {"Location": "/s/hello/v1/chat/completions"}},
    "redirect-away": {"status": 308, "text": "", "headers": {"Location": "http://192.0.2.1/v1/chat/completions"}},
    "redirect-query": {"status": 307, "text": "", "headers": {"Location": "http://localhost/s/hello/v1/chat/completions?key=canary"}},
    "redirect-key": lambda request: {"json": completion()} if request.path.endswith("?key=sk-canary-1234567890") else
    {"status": 307, "text": "", "headers": {"Location": "/s/redirect-key/v1/x?key=sk-canary-1234567890"}},
    "odd-id": plays({"send": "HTTP/1.1 400 Odd\r\nx-request-id: a\x1b[31mb\x7fc\r\nContent-Length: 0\r\n\r\n"}),
    "fail-then-hello": {"replies": [error(503, "Later.", retry_after_ms="20"), {"json": completion()}]},
    "keys": {"json": completion(**{"k" * length: 1 for length in (13, 14, 15, 29, 30, 31, 62)})},
    "later": error(503, "Later.", retry_after_ms="250"),
    "fail-then-close": {"replies": [error(503, "Later.", code="overloaded", retry_after_ms="20"), plays(CLOSE)]},
    "later-hello": {"replies": [error(503, "Later.", retry_after_ms="300"), {"json": completion()}]},
    "much-later-hello": {"replies": [error(503, "Later.", retry_after_ms="1500"), {"json": completion()}]},
    "mid-error": begun({"chunk": line({"error": {"message": "The model crashed.", "type": "server_error", "code": 500}})},
                       {"chunk": DONE}, END),
    "mid-error-text": begun({"chunk": line({"error": "plain words"})}, {"chunk": DONE}, END),
    "mid-error-event": begun({"chunk": 'event: error\ndata: {"message":"flat body","code":"overloaded"}\n\n'}, END),
    "mid-garbage": begun({"chunk": "data: {\"choices\": [}\n\n"}, {"chunk": DONE}, END),
    "drop-warm": drop_warm,
    "comment-untyped": plays({"send": "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n: c\n"}),
    "comment-plain": plays({"send": "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n: c\n"}),
    # between two calls
    "behind-answer": behind(other_answer, MARK), "behind-late-answer": behind({"sleep_ms": 500}, other_answer, MARK),
    "behind-byte": behind({"send": "x"}, MARK), "behind-fin": behind({"fin": True}, MARK, HOLD),
    "behind-notice": behind({"notice": True}, MARK, HOLD), "behind-nothing": behind(MARK),
    # any endpoint that streams
    **STREAM_POSTS,
    # the fault matrix, by its names
    "req-rst": {"read_body": False, "steps": [RESET]},
    "req-413": dict(error(413, "Too large."), read_body=False),
    "close-0": plays(CLOSE), "rst-0": plays(RESET), "part-status": plays({"send": "HTTP/1.1 20"}, CLOSE),
    "stall-0": plays(HOLD), "hdr-fin": plays({"send": STREAM_HEAD}, CLOSE), "hdr-rst": plays({"send": STREAM_HEAD},
                                                                                           {"sleep_ms": 30}, RESET),
    "body0-fin-chunked": plays({"send": CHUNKED}, CLOSE), "body0-rst": plays({"send": CHUNKED}, {"sleep_ms": 30}, RESET),
    "mid-fin-chunked": begun(CLOSE), "mid-rst": begun({"sleep_ms": 30}, RESET),
    "in-chunk": plays({"send": CHUNKED + "fff\r\n" + HELLO}, CLOSE),
    "bad-chunk": plays({"send": CHUNKED + "zz\r\n" + HELLO}, CLOSE),
    "clean-no-done": begun(END), "clean-finish-no-done": begun({"chunk": FINISH}, END),
    "eof-body": plays({"send": UNTIL_CLOSE + HELLO}, CLOSE),
    "eof-done": plays({"send": UNTIL_CLOSE + HELLO + FINISH + DONE}, CLOSE),
    "tls-trunc": plays({"send": UNTIL_CLOSE + HELLO}, CUT), "tls-trunc-chunked": begun(CUT),
    "cl-short": plays({"send": STREAM_HEAD + "Content-Length: 9999\r\n\r\n" + HELLO}, CLOSE),
    "cl-long": plays({"send": STREAM_HEAD + "Content-Length: 5\r\n\r\n" + HELLO}, CLOSE),
    "stall-mid": begun(HOLD), "rst-after-done": begun({"chunk": FINISH}, {"chunk": DONE}, {"sleep_ms": 30}, RESET),
    "keepalive": begun({"repeat": ["9\r\n: alive\n\n\r\n", 20, 20]}, {"chunk": FINISH}, {"chunk": DONE}, END),
    "after-done-hold": begun({"chunk": FINISH}, {"chunk": DONE}, HOLD),
    "not-http": plays({"send": "SSH-2.0-OpenSSH_9.2\r\n"}, CLOSE),
    "bad-status": plays({"send": "HTTP/1.1 20 X\r\n\r\n"}, CLOSE), "status-999": error(999, "Odd."),
    "hdr-flood": plays({"send": STREAM_HEAD}, {"repeat": ["x-a: b\r\n", 100000]}, CLOSE),
    "hdr-one": plays({"send": STREAM_HEAD + "x-a: "}, {"repeat": ["b" * 10000, 100]}, CLOSE),
    "100-flood": plays({"repeat": ["HTTP/1.1 100 Continue\r\n\r\n", 100000]}, CLOSE),
    "204": plays({"send": "HTTP/1.1 204 No Content\r\n\r\n"}),
    "enc-stack": {"json": completion(), "headers": {"Content-Encoding": ", ".join(["gzip"] * 6)}},
    "error-503-header": plays({"send": "HTTP/1.1 503 Busy\r\nthis is no header\r\nContent-Length: 0\r\n\r\n"}),
    "error-503-garbled": {"status": 503, "text": "busy", "headers": {"Content-Encoding": "gzip"}},
    "gzip": {"base64": base64.b64encode(gzip.compress(WHOLE.encode())), "headers": {"Content-Encoding": "gzip"}},
    "gzip-bomb": {"base64": base64.b64encode(BOMB), "headers": {"Content-Encoding": "gzip"}},
    # the same of a whole answer
    "whole-close": whole(len(WHOLE), CLOSE), "whole-short": whole(len(WHOLE), {"send": WHOLE[:50]}, CLOSE),
    "whole-rst": whole(len(WHOLE), {"send": WHOLE[:50]}, {"sleep_ms": 30}, RESET),
    "whole-stall": whole(len(WHOLE), {"send": WHOLE[:50]}, HOLD),
    "whole-cut-json": {"text": WHOLE[:50]}, "whole-html": {"text": "<html>", "headers": {"Content-Type": "text/html"}},
    "whole-eof": {"text": WHOLE[:50], "framing": "close"}, "whole-eof-good": {"text": WHOLE, "framing": "close"},
}
