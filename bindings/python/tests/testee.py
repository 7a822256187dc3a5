"""The testee of Python: see Tests/Bindings/README.md. Its asynchronous ways are AsyncClient's.

A call is cancelled as programs do it: a stream is closed, after the part that arrived was taken; what waits for an
answer ends by what a signal handler raises, or with its task. That exception says nothing of the call.
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import dosai

REASONING = ("reasoning_content", "reasoning", "thinking")
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens")
CLOCKS = {"": None, "first token": "first_token"}
PAUSE = 0.3  # seconds


class Stopped(Exception):
    """What the signal handler raises."""


def stop(*_):
    raise Stopped


# ---- the normal form

def text_or(value):
    return value if isinstance(value, str) else None


def reasoning_of(part):
    return next((value for value in map(part.model_extra.get, REASONING) if isinstance(value, str)), None)


def counts_of(usage):
    details = [getattr(usage, name, None) for name in ("prompt_tokens_details", "completion_tokens_details")]
    found = [getattr(usage, name, None) for name in COUNTS[:3]]
    found += [getattr(part, name, None) for part, name in zip(details, COUNTS[3:])]
    return {name: count if type(count) is int else -1 for name, count in zip(COUNTS, found)}


def has_counts(usage):
    return max(counts_of(usage).values()) >= 0


def calls_of(part):
    for call in part.tool_calls or []:
        function = call.function
        yield {"id": text_or(call.id), "name": text_or(function and function.name),
               "arguments": text_or(function and function.arguments)}


def chunk_of(chunk):
    choices = []
    for choice in chunk.choices:
        delta = choice.delta
        calls = [{"index": call.index, **one} for call, one in zip(delta.tool_calls or [], calls_of(delta))]
        fields = {"content": text_or(delta.content), "reasoning": reasoning_of(delta), "refusal": text_or(delta.refusal),
                  "finish_reason": text_or(choice.finish_reason), "tool_calls": calls or None}
        choices.append({"index": choice.index, **{name: value for name, value in fields.items() if value is not None}})
    usage = {"usage": counts_of(chunk.usage)} if has_counts(chunk.usage) else {}
    return {"json": dosai.raw_json(chunk), "choices": choices, **usage}


def attempts_of(attempts):
    return [{"status": one.status, "http_status": one.status_code or 0, "delay_ms": round(one.delay * 1000)} for one in attempts]


def completion_of(completion, http_status, told):
    """`told`: the response, or the error, which says what became of the call."""
    if completion is None:
        return None
    choices = [{
        "index": choice.index, "role": text_or(choice.message.role), "content": text_or(choice.message.content),
        "refusal": text_or(choice.message.refusal), "reasoning": reasoning_of(choice.message),
        "finish_reason": text_or(choice.finish_reason), "tool_calls": list(calls_of(choice.message)),
    } for choice in completion.choices]
    return {"json": dosai.raw_json(completion), "id": text_or(completion.id), "object": text_or(completion.object),
            "created": completion.created if type(completion.created) is int else -1, "model": text_or(completion.model),
            "choices": choices, "usage": counts_of(completion.usage), "quirks": list(told.quirks),
            "http_status": http_status or 0, "attempts": attempts_of(told.attempts)}


def error_of(error, part=None):
    """`part`: of a stream that was closed, its part and its response."""
    details = error if isinstance(error, dosai.APIError) else dosai.APIError("")
    clock, wait = getattr(error, "clock", ""), details.retry_after
    completion = completion_of(*part) if part else completion_of(details.completion, details.status_code, details)
    return {"status": error.status, "message": str(error), "http_status": details.status_code or 0, "code": details.code,
            "type": details.type, "param": details.param, "body": details._received and details._received.hex(),
            "clock": CLOCKS.get(clock, clock), "retry_after_ms": -1 if wait is None else round(wait * 1000),
            "request_id": details.request_id, "attempts": attempts_of(details.attempts), "completion": completion}


# ---- `--serve`

clients, loop = {}, None


def client_of(kind, asked):
    key = kind, json.dumps([asked["url"], asked["options"]], sort_keys=True)
    if key not in clients:
        options = dict(asked["options"], base_url=asked["url"])
        headers = dict(re.split(": *", line, maxsplit=1) for line in options.pop("headers", []))
        clocks = {name[:-len("_timeout_ms")]: options.pop(name) for name in list(options) if name.endswith("_timeout_ms")}
        retries = options.pop("max_retries", 0)
        clients[key] = kind(
            default_headers=headers, max_retries=max(retries, 0) if retries else 2,
            timeout=dosai.Timeout(**{name: None if ms < 0 else ms / 1000 for name, ms in clocks.items()}), **options)
    return clients[key]


def call(asked, chunks):
    """Gives the completion's form; None of a stream that is let go."""
    completions = client_of(dosai.Client, asked).chat.completions
    if asked["face"] == "whole":
        raw = completions.with_raw_response.create(**asked["request"])
        return completion_of(raw.parse(), raw.status_code, raw)
    stream, part = completions.create(**asked["request"], stream=True), []
    if asked.get("cancel_after") == 0:
        stream.close()
    with telling(part):
        for chunk in stream:
            chunks.append(chunk_of(chunk))
            if len(chunks) == asked.get("cancel_after"):
                part.append(part_of(stream))
                stream.close()
            if len(chunks) == asked.get("pause_after"):
                time.sleep(PAUSE)
            if len(chunks) == asked.get("drop_after"):
                return None
        return completion_of(*part_of(stream))


def part_of(stream):
    response = stream.response
    return stream.current_completion_snapshot, response.status_code, response


@contextlib.contextmanager
def telling(part):
    """An error tells of the part that there was when the stream was closed, if it was."""
    try:
        yield
    except dosai.DosaiError as error:
        error.part = part[0] if part else None
        raise


async def async_call(asked, chunks):
    import asyncio
    completions = client_of(dosai.AsyncClient, asked).chat.completions
    if asked["face"] == "async_whole":
        raw = await completions.with_raw_response.create(**asked["request"])
        return completion_of(raw.parse(), raw.status_code, raw)
    stream, part = await completions.create(**asked["request"], stream=True), []
    if asked.get("cancel_after") == 0:
        await stream.close()
    with telling(part):
        async for chunk in stream:
            chunks.append(chunk_of(chunk))
            if len(chunks) == asked.get("cancel_after"):
                part.append(part_of(stream))
                await stream.close()
            if len(chunks) == asked.get("pause_after"):
                await asyncio.sleep(PAUSE)
            if len(chunks) == asked.get("drop_after"):
                return None
        return completion_of(*part_of(stream))


def run_async(asked, chunks):
    import asyncio
    global loop
    loop = loop or asyncio.new_event_loop()
    task = loop.create_task(async_call(asked, chunks))
    if asked.get("cancel_after_ms") is not None:
        loop.call_later(asked["cancel_after_ms"] / 1000, task.cancel)
    try:
        return loop.run_until_complete(task)
    except asyncio.CancelledError:
        raise Stopped from None


def run(asked, chunks):
    after = asked.get("cancel_after_ms")
    if after == 0:
        raise Stopped
    if after:
        signal.setitimer(signal.ITIMER_REAL, after / 1000)
    try:
        return call(asked, chunks)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def answer(asked):
    chunks, completion, status, error = [], None, "OK", None
    try:
        completion = (run_async if asked["face"].startswith("async_") else run)(asked, chunks)
    except Stopped:
        status = "CANCELLED"
    except dosai.DosaiError as failure:
        status, error = failure.status, error_of(failure, getattr(failure, "part", None))
    return {"status": status, "chunks": chunks, "completion": completion, "error": error}


def read():
    """A line; while it is awaited, what the event loop has to end goes on."""
    return loop.run_until_complete(loop.run_in_executor(None, sys.stdin.readline)) if loop else sys.stdin.readline()


def serve():
    signal.signal(signal.SIGALRM, stop)
    for line in iter(read, ""):
        try:
            told = answer(json.loads(line))
        except Exception as error:
            told = {"failed": "%s: %s" % (type(error).__name__, error)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


# ---- `chat --json`

def lines_of(chunk):
    def other(index):
        return {"kind": "other", "choice": index, "json": json.loads(dosai.raw_json(chunk))}

    for choice in chunk.choices:
        lines = list(lines_of_choice(choice))
        yield from lines or [other(choice.index)]
    if has_counts(chunk.usage):
        usage = {name: None if count < 0 else count for name, count in counts_of(chunk.usage).items()}
        yield {"kind": "usage", "choice": -1, "usage": usage}
    elif not chunk.choices:
        yield other(-1)


def lines_of_choice(choice):
    delta, index = choice.delta, choice.index
    for kind, text in (("reasoning", reasoning_of(delta)), ("content", delta.content), ("refusal", delta.refusal)):
        if text_or(text):
            yield {"kind": kind, "choice": index, "text": text}
    for call, one in zip(delta.tool_calls or [], calls_of(delta)):
        yield {"kind": "tool_call", "choice": index, "tool_call": call.index, "id": one["id"] or None,
               "name": one["name"] or None, "text": one["arguments"]}
    if choice.finish_reason:
        yield {"kind": "finish", "choice": index, "finish_reason": choice.finish_reason}


EXITS = {"OK": 0, "INVALID_ARGUMENT": 2, **dict.fromkeys(("CONNECTION", "PROXY", "TLS", "TIMEOUT", "REDIRECTED"), 3),
         **dict.fromkeys(("TRUNCATED", "PROTOCOL", "TOO_LARGE"), 4), "CANCELLED": 130, **dict.fromkeys((
             "BAD_REQUEST", "AUTHENTICATION", "INSUFFICIENT_CREDITS", "PERMISSION", "NOT_FOUND", "RATE_LIMITED", "SERVER",
             "UNAVAILABLE", "PROVIDER"), 1)}


def put(line):
    print(json.dumps(line), flush=True)


def finish(status, completion, told, error=None):
    times = {name + "_ms": None if time is None else time * 1000 for name, time in (told.timings or {}).items()}
    put({"status": status, "error": error, "completion": completion and json.loads(dosai.raw_json(completion)),
         "quirks": list(told.quirks), "attempts": len(told.attempts), "timings": times})
    sys.exit(EXITS.get(status, 5))


def fail(error):
    form = error_of(error)
    shown = {name: form[name] for name in ("message", "code", "type", "param", "request_id")}
    body = form["body"] and bytes.fromhex(form["body"]).decode("utf-8", "replace")
    wait = form["retry_after_ms"]
    finish(form["status"], error.completion, error, {**shown, "http_status": form["http_status"] or None, "body": body,
           "retry_after_ms": None if wait < 0 else wait, "timeout": form["clock"]})


def chat(words):
    given, prompt, words = {}, None, iter(words)
    for word in words:
        if word in ("--json", "--no-stream", "--async"):
            given[word] = True
        elif word.startswith("-"):
            given[word] = next(words)
        else:
            prompt = word
    request = json.loads(pathlib.Path(given["--request"]).read_text()) if "--request" in given else {}
    request["model"] = given.get("-m") or request.get("model", "dos-ai")
    request["messages"] = request.get("messages", []) + [{"role": "user", "content": prompt}]
    options = {"base_url": given.get("--base-url"), "max_retries": int(given.get("--max-retries", 2)),
               "timeout": dosai.Timeout(total=float(given["--timeout"])) if "--timeout" in given else dosai.Timeout()}
    is_streamed = "--no-stream" not in given
    if is_streamed:
        request.setdefault("stream_options", {"include_usage": True})
    try:
        if "--async" in given:
            import asyncio
            completion, told = asyncio.run(async_chat(dosai.AsyncClient(**options), request, is_streamed))
        else:
            raw = dosai.Client(**options).chat.completions.with_raw_response.create(**request, stream=is_streamed)
            completion, told = raw.parse(), raw
            if is_streamed:
                stream = completion
                for chunk in stream:
                    show(chunk)
                completion, told = stream.current_completion_snapshot, stream.response
    except dosai.DosaiError as error:
        fail(error)
    finish("OK", completion, told)


async def async_chat(client, request, is_streamed):
    raw = await client.chat.completions.with_raw_response.create(**request, stream=is_streamed)
    if not is_streamed:
        return raw.parse(), raw
    stream = raw.parse()
    async for chunk in stream:
        show(chunk)
    return stream.current_completion_snapshot, stream.response


def show(chunk):
    for line in lines_of(chunk):
        put({"chunk": line})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve()
        sys.stdout.flush()
        os._exit(0)
    chat(sys.argv[2:])
