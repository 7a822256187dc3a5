"""Calls through the C ABI, and what the caller saw of them as plain values that can be compared."""
import contextlib, itertools, json, os, pathlib, sys, time
from ctypes import POINTER, byref, c_char_p, c_int32, c_size_t, c_void_p, cast, sizeof, string_at

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bindings/python"), str(ROOT / "Tests/Support")]
from dosai import _ffi as ffi
from lateness import allowance

KEY = "sk-canary-0123456789abcdef"
KINDS = ["other", "content", "reasoning", "refusal", "tool", "finish", "usage"]
FINISHES = [None, "stop", "length", "tool_calls", "content_filter", "other"]
CLOCKS = [None, "connect", "first_token", "idle", "total"]
FACES = ["callback", "pull", "poll", "loop", "next"]
UNARY_FACES = ["unary", "unary_loop", "unary_next"]
TAG = 2**64 - 1  # of calls in a loop
USAGE = ["prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens"]


def exact(text):
    """JSON with its numbers as they are written; of equal keys the last."""
    return json.loads(text, parse_int=lambda digits: ("number", digits), parse_float=lambda digits: ("number", digits))


def name_of(status):
    return ffi.dosai_status_name(status).decode()


def text_of(getter, *arguments):
    """A getter's text; None for NULL."""
    length = c_size_t(99)
    address = getter(*arguments, byref(length))
    if not address:
        assert length.value == 0, "%s: NULL with a length" % getter.__name__
        return None
    data = string_at(address, length.value + 1)
    assert data[-1] == 0, "%s: no NUL behind the text" % getter.__name__
    return data[:-1].decode()  # UTF-8, always


def field_of(struct, name):
    address = c_void_p.from_buffer(struct, getattr(type(struct), name).offset).value
    length = getattr(struct, name + "_length")
    if not address:
        assert length == 0, name
        return None
    data = string_at(address, length + 1)
    assert data[-1] == 0, name
    return data[:-1].decode()


def sized(structure):
    made = structure()
    made.struct_size = sizeof(structure)
    return made


def counts_of(usage):
    return tuple(getattr(usage, key) for key in USAGE)


def chunk_of(chunk):
    assert chunk.struct_size == sizeof(ffi.dosai_chunk)
    return {
        "event": chunk.event_index, "last": chunk.last_in_event, "kind": KINDS[chunk.kind], "choice": chunk.choice,
        "text": field_of(chunk, "text"), "tool": chunk.tool_call, "id": field_of(chunk, "tool_call_id"),
        "name": field_of(chunk, "tool_call_name"), "finish": FINISHES[chunk.finish_reason],
        "usage": counts_of(chunk.usage.contents) if chunk.usage else None, "json": field_of(chunk, "json"),
        "text_only": chunk.text_only,
    }


def check_text_only(chunk):
    """The flag says what the event's JSON shows."""
    is_only = bool(chunk.pop("text_only"))
    if chunk["kind"] not in ("content", "reasoning", "refusal", "tool"):
        assert not is_only, chunk
        return
    try:
        event = json.loads(chunk["json"])
    except ValueError:
        return  # the library repairs more than Python does
    deltas = [choice.get("delta") or choice.get("message") or {} for choice in event["choices"]]
    found = [leaf for delta in deltas for key, value in delta.items() if value is not None and key != "role"
             for leaf in ([leaf for call in calls_in(value) for leaf in leaves(call)] if key == "tool_calls" else [value])]
    assert is_only == (bool(chunk["last"]) and len(found) == 1 and not isinstance(found[0], list) and bool(chunk["text"])), chunk


def calls_in(value):
    """The tool calls of a message or delta; one that is not in a list is alone."""
    return [value] if isinstance(value, dict) and value else value or []


def leaves(call):
    for key, value in call.items():
        if key == "function" and isinstance(value, dict):
            yield from (member for member in value.values() if member is not None)
        elif key != "index" and value is not None:
            yield value


def attempts_of(count, attempt, owner):
    found = []
    for index in range(count(owner)):
        one = sized(ffi.dosai_attempt)
        assert attempt(owner, index, byref(one)) == ffi.OK
        found.append({"status": name_of(one.status), "http": one.http_status, "delay": one.delay_ms})
    assert attempt(owner, len(found), byref(sized(ffi.dosai_attempt))) == ffi.INVALID_ARGUMENT
    return found


def completion_of(completion):
    """Everything that the getters say, which must agree with the JSON of the whole."""
    if not completion:
        return None
    choices = []
    for at in range(ffi.dosai_completion_choice_count(completion)):
        calls = [{
            "id": text_of(ffi.dosai_completion_tool_call_id, completion, at, call),
            "name": text_of(ffi.dosai_completion_tool_call_name, completion, at, call),
            "arguments": text_of(ffi.dosai_completion_tool_call_arguments, completion, at, call),
        } for call in range(ffi.dosai_completion_tool_call_count(completion, at))]
        choices.append({
            "index": ffi.dosai_completion_choice_index(completion, at), "tool_calls": calls,
            "role": text_of(ffi.dosai_completion_role, completion, at),
            "content": text_of(ffi.dosai_completion_content, completion, at),
            "refusal": text_of(ffi.dosai_completion_refusal, completion, at),
            "reasoning": text_of(ffi.dosai_completion_reasoning, completion, at),
            "finish": FINISHES[ffi.dosai_completion_finish_reason(completion, at)],
            "word": text_of(ffi.dosai_completion_finish_reason_text, completion, at),
            "message": text_of(ffi.dosai_completion_message_json, completion, at),
        })
    usage = sized(ffi.dosai_usage)
    assert ffi.dosai_completion_usage(completion, byref(usage)) == ffi.OK
    bits = ffi.dosai_completion_quirks(completion)
    return {
        "json": text_of(ffi.dosai_completion_json, completion), "id": text_of(ffi.dosai_completion_id, completion),
        "object": text_of(ffi.dosai_completion_object, completion),
        "created": ffi.dosai_completion_created(completion), "model": text_of(ffi.dosai_completion_model, completion),
        "choices": choices, "usage": counts_of(usage),
        "quirks": {ffi.dosai_quirk_name(1 << bit).decode() for bit in range(32) if bits >> bit & 1},
        "http": ffi.dosai_completion_http_status(completion),
        "attempts": attempts_of(ffi.dosai_completion_attempt_count, ffi.dosai_completion_attempt, completion),
    }


def error_of(error):
    if not error:
        return None
    lent = ffi.dosai_error_completion(error)
    return {
        "status": name_of(ffi.dosai_error_status(error)), "message": text_of(ffi.dosai_error_message, error),
        "http": ffi.dosai_error_http_status(error), "code": text_of(ffi.dosai_error_code, error),
        "type": text_of(ffi.dosai_error_type, error), "param": text_of(ffi.dosai_error_param, error),
        "body": body_of(error), "clock": CLOCKS[ffi.dosai_error_clock(error)],
        "retry_after": ffi.dosai_error_retry_after_ms(error),
        "request_id": text_of(ffi.dosai_error_request_id, error),
        "location": text_of(ffi.dosai_error_header, error, b"location"),
        "attempts": attempts_of(ffi.dosai_error_attempt_count, ffi.dosai_error_attempt, error),
        "completion": completion_of(lent),
    }


def body_of(error):
    """The body as it came: bytes, for it need not be UTF-8."""
    length = c_size_t()
    address = ffi.dosai_error_body(error, byref(length))
    return string_at(address, length.value) if address else None


class Client:
    """A client with one request. It has no retries unless they are asked for. Whatever a call shows, its key is not in it."""

    def __init__(self, base_url, request=None, **options):
        self.handle, self.request, error = ffi.dosai_client(), ffi.dosai_request(), ffi.dosai_error()
        self.settings = settings = ffi.dosai_client_options()
        ffi.dosai_client_options_init(byref(settings), sizeof(settings))
        self.lines = []
        self.log = ffi.dosai_log_fn(lambda level, line, length, _: self.lines.append(string_at(line, length).decode()))
        options = {"base_url": base_url, "api_key": KEY, "max_retries": -1, "log_level": 4, "on_log": self.log, **options}
        lines = [line.encode() if isinstance(line, str) else line for line in options.pop("headers", [])]
        if lines:
            settings.headers, settings.header_count = (c_char_p * len(lines))(*lines), len(lines)
        for key, value in options.items():
            setattr(settings, key, value.encode() if isinstance(value, str) else value)
        self.status = name_of(ffi.dosai_client_new(byref(settings), byref(self.handle), byref(error)))
        self.error = error_of(error)
        ffi.dosai_error_free(error)
        text = json.dumps(request or {"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()
        assert ffi.dosai_request_parse(text, len(text), byref(self.request), None) == ffi.OK
        self.loop = ffi.dosai_loop()

    def __enter__(self):
        assert self.status == "OK", self.error
        return self

    def __exit__(self, *_):
        if self.loop:
            assert ffi.dosai_loop_close(self.loop, ffi.dosai_event_fn(), None, None) == ffi.OK
        ffi.dosai_request_free(self.request)
        ffi.dosai_client_free(self.handle)

    # -- the faces: each gives {"status", "chunks", "completion", "error", "ms", "allowed_ms"}: what of the ms may be the machine's

    def see(self, face, options=None):
        started = time.monotonic()
        seen = getattr(self, "see_" + face)(byref(options) if options else None)
        for chunk in seen["chunks"]:
            check_text_only(chunk)
        seen["ms"], seen["allowed_ms"] = (time.monotonic() - started) * 1e3, allowance(started) * 1e3
        assert KEY not in repr((seen, self.lines)), "the key is shown: %r %r" % (seen, self.lines)
        return seen

    def end(self, status, chunks, completion, error):
        seen = {"status": name_of(status), "chunks": chunks, "completion": completion_of(completion),
                "error": error_of(error)}
        ffi.dosai_completion_free(completion)
        ffi.dosai_error_free(error)
        return seen

    def see_unary(self, options):
        completion, error = ffi.dosai_completion(), ffi.dosai_error()
        status = ffi.dosai_chat(self.handle, self.request, options, byref(completion), byref(error))
        return self.end(status, [], completion, error)

    def see_callback(self, options):
        completion, error, chunks, raised = ffi.dosai_completion(), ffi.dosai_error(), [], []

        @ffi.dosai_chunk_fn
        def on_chunk(chunk, _):
            try:
                chunks.append(chunk_of(chunk.contents))
                return 0
            except BaseException as failure:  # ctypes would swallow it
                raised.append(failure)
                return 1
        status = ffi.dosai_chat_stream(self.handle, self.request, options, on_chunk, None, byref(completion),
                                       byref(error))
        if raised:
            raise raised[0]
        return self.end(status, chunks, completion, error)

    def see_pull(self, options, timeout_ms=-1, on_chunk=None, pause=None):
        stream, completion, error, chunks = ffi.dosai_stream(), ffi.dosai_completion(), ffi.dosai_error(), []
        status = ffi.dosai_stream_open(self.handle, self.request, options, byref(stream), byref(error))
        if status != ffi.OK:
            return self.end(status, chunks, completion, error)
        address = c_void_p()
        while True:
            status = ffi.dosai_stream_next(stream, timeout_ms, byref(address), byref(error))
            if status == ffi.WOULD_BLOCK:
                assert timeout_ms == 0 and not address and not error
                time.sleep(0)
                continue
            if status != ffi.OK or not address:
                break
            chunks.append(chunk_of(cast(address, POINTER(ffi.dosai_chunk)).contents))
            if pause:
                pause()
            if on_chunk:
                assert ffi.dosai_stream_completion(stream, byref(completion), None) == ffi.OK
                on_chunk(chunks, completion_of(completion))
                ffi.dosai_completion_free(completion)
        if status == ffi.OK:
            assert ffi.dosai_stream_completion(stream, byref(completion), None) == ffi.OK
        self.check_after_end(stream, timeout_ms, status, error, chunks)
        ffi.dosai_stream_free(stream)
        return self.end(status, chunks, completion, error)

    def see_poll(self, options):
        return self.see_pull(options, 0)

    def see_loop(self, options, submit=ffi.dosai_loop_submit_stream):
        """In a loop that tells its events to a callback."""
        raised = []
        take, seen = self.taker()

        @ffi.dosai_event_fn
        def on_event(event, _):
            try:
                take(event.contents)
                return 0
            except BaseException as failure:  # ctypes would swallow it
                raised.append(failure)
                return 1
        refused = self.submit(submit, options)
        if refused:
            return refused
        while not raised and seen["status"] is None:
            self.step(on_event)
        if raised:
            raise raised[0]
        return seen

    def see_next(self, options, submit=ffi.dosai_loop_submit_stream):
        """In a loop whose events are taken one by one."""
        take, seen = self.taker()
        refused = self.submit(submit, options)
        if refused:
            return refused
        event = c_void_p()
        while seen["status"] is None:
            self.step(ffi.dosai_event_fn())
            while ffi.dosai_loop_next(self.loop, byref(event), None) == ffi.OK and event.value:
                take(ffi.dosai_event.from_address(event.value))
        return seen

    def see_unary_loop(self, options):
        return self.see_loop(options, ffi.dosai_loop_submit_chat)

    def see_unary_next(self, options):
        return self.see_next(options, ffi.dosai_loop_submit_chat)

    def submit(self, submit, options):
        """None, or how it was refused."""
        if not self.loop:
            assert ffi.dosai_loop_new(None, byref(self.loop), None) == ffi.OK
        error = ffi.dosai_error()
        status = submit(self.loop, self.handle, self.request, options, TAG, None, byref(error))
        return None if status == ffi.OK else self.end(status, [], ffi.dosai_completion(), error)

    def step(self, on_event):
        status = ffi.dosai_loop_step(self.loop, 5000, on_event, None, None, None)
        assert status == ffi.OK, name_of(status)

    def taker(self):
        """What takes the events of one call, and what it has seen; its status is None until the last."""
        seen = {"status": None, "chunks": [], "completion": None, "error": None}

        def take(event):
            assert event.struct_size == sizeof(ffi.dosai_event) and event.tag == TAG and seen["status"] is None
            lent = [bool(event.chunk), bool(event.completion), bool(event.error)]
            assert lent == [event.kind == kind for kind in (ffi.EVENT_CHUNK, ffi.EVENT_COMPLETION, ffi.EVENT_ERROR)]
            if event.chunk:
                return seen["chunks"].append(chunk_of(ffi.dosai_chunk.from_address(event.chunk)))
            seen["completion"], seen["error"] = completion_of(event.completion), error_of(event.error)
            seen["status"] = seen["error"]["status"] if event.error else "OK"
        return take, seen

    def check_after_end(self, stream, timeout_ms, status, error, chunks):
        again, address, part = ffi.dosai_error(), c_void_p(), ffi.dosai_completion()
        assert ffi.dosai_stream_next(stream, timeout_ms, byref(address), byref(again)) == status and not address
        assert error_of(again) == error_of(error)
        ffi.dosai_error_free(again)
        if error:
            assert ffi.dosai_stream_completion(stream, byref(part), None) == ffi.OK
            assert not beyond(chunks, completion_of(part))
            ffi.dosai_completion_free(part)


def beyond(chunks, completion):
    """What a completion says otherwise than the chunks so far add up to."""
    choices, usage = {}, (-1,) * len(USAGE)
    for chunk in chunks:
        usage = chunk["usage"] or usage
        if chunk["choice"] < 0:
            continue
        choice = choices.setdefault(chunk["choice"], {"content": "", "reasoning": "", "refusal": "", "word": None, "tools": {}})
        if chunk["kind"] in choice:
            choice[chunk["kind"]] += chunk["text"]
        elif chunk["kind"] == "finish":
            choice["word"] = chunk["text"]
        elif chunk["kind"] == "tool":
            tool = choice["tools"].setdefault(chunk["tool"], {"id": None, "name": None, "arguments": ""})
            tool.update(id=tool["id"] or chunk["id"], name=tool["name"] or chunk["name"], arguments=tool["arguments"] + (chunk["text"] or ""))
    said = {choice["index"]: {
        **{key: choice[key] or "" for key in ("content", "reasoning", "refusal")}, "word": choice["word"],
        "tools": [{key: call[key] or ("" if key == "arguments" else None) for key in call} for call in choice["tool_calls"]]} for choice in completion["choices"]}
    wanted = {index: {**choice, "tools": [choice["tools"][at] for at in sorted(choice["tools"])]} for index, choice in choices.items()}
    found = [] if said == wanted else ["after %d chunks: %r, not %r" % (len(chunks), said, wanted)]
    return found + ([] if completion["usage"] == usage else ["after %d chunks: usage %r, not %r" % (len(chunks), completion["usage"], usage)])


def call_options(**options):
    made = ffi.dosai_call_options()
    ffi.dosai_call_options_init(byref(made), sizeof(made))
    for key, value in options.items():
        setattr(made, key, value)
    return made


NOTES = []  # lines for the end of the run


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    return [without_nulls(member) for member in value] if isinstance(value, list) else value


def texts_of(value):
    """Every text in it, however deep."""
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, str):
        yield value
    elif not isinstance(value, (int, float, type(None))):
        for member in value:
            yield from texts_of(member)


def disagreements(completion, getters={}, counts=None, indices=None):
    """Where the getters do not say what the JSON of the whole says."""
    root = exact(completion["json"])
    number = lambda value: int(value[1]) if isinstance(value, tuple) and value[1].lstrip("-").isdigit() else -1
    member = lambda value, key: (value or {}).get(key) if isinstance(value, dict) else None
    expected = {key: root.get(key) if isinstance(root.get(key), str) else None for key in ("id", "object", "model")}
    expected["created"] = number(root.get("created"))
    usage = counts or member(root, "usage")
    places = [("prompt_tokens",), ("completion_tokens",), ("total_tokens",), ("prompt_tokens_details", "cached_tokens"),
              ("completion_tokens_details", "reasoning_tokens")]
    found = []
    for place in places:
        value = usage
        for key in place:
            value = member(value, key)
        found.append(value if isinstance(value, int) else number(value))
    expected["usage"] = tuple(found)
    choices = []
    for at, choice in enumerate(root.get("choices") or []):
        message, word = choice.get("message") or {}, choice.get("finish_reason")
        index = indices[at] if indices else number(choice["index"])
        reasoning = [message[key] for key in ("reasoning_content", "reasoning", "thinking") if isinstance(message.get(key), str)]
        choices.append((index, {
            "index": index, "role": message.get("role"), "content": message.get("content"), "refusal": message.get("refusal"),
            "reasoning": reasoning[0] if reasoning else None, "word": word, "message": message,
            "finish": {"function_call": "tool_calls"}.get(word, word if word in FINISHES or not word else "other") or None,
            "tool_calls": [{"id": call.get("id"), "name": member(call.get("function"), "name"),
                            "arguments": member(call.get("function"), "arguments")} for call in calls_in(message.get("tool_calls"))],
        }))
    expected["choices"] = [choice for _, choice in sorted(choices, key=lambda pair: pair[0])]
    for key, value in getters.items():
        (expected if key in expected else expected["choices"][0])[key] = value
    said = {key: completion[key] for key in expected}
    said["choices"] = [{**choice, "message": exact(choice["message"])} for choice in completion["choices"]]
    return ["the getters and the JSON differ: %s" % line for line in differences(said, expected)]


def differences(got, wanted, path=""):
    """Where two values differ, a line each."""
    if got == wanted:  # as almost always: in one comparison
        return []
    if isinstance(got, dict) and isinstance(wanted, dict):
        keys = list(wanted) + [key for key in got if key not in wanted]
        none = object()
        pairs = [(path + "." + key, got.get(key, none), wanted.get(key, none)) for key in keys]
        return [line for place, one, two in pairs for line in (
            ["%s is missing, not %.300r" % (place, two)] if one is none else
            ["%s is too much: %.300r" % (place, one)] if two is none else differences(one, two, place))]
    if isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        return [line for at, pair in enumerate(zip(got, wanted)) for line in differences(*pair, "%s[%d]" % (path, at))]
    return ["%s is %.300r, not %.300r" % (path or "it", got, wanted)]
