"""Replies in the words of the API: completions, tool calls, errors, streams of events, and how they break."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Union

from ._connection import Connection, Request
from ._steps import KEYS, Form, steps_of

Reply = Union[str, Form, Callable[[Request], Union[str, Form]]]
"""Text, which the model says; what a function of this module gives; or a function of the request that gives one."""

ID, CREATED = "chatcmpl-test", 1711000000
ERRORS: dict[int, tuple[str, str, str | None]] = {  # message, type, code
    400: ("Invalid request parameters.", "invalid_request_error", None),
    401: ("Invalid or missing API key.", "invalid_request_error", "invalid_api_key"),
    402: ("Insufficient credits.", "insufficient_credits", "insufficient_credits"),
    403: ("Not allowed.", "invalid_request_error", None),
    404: ("No such model.", "invalid_request_error", "model_not_found"),
    413: ("The request is too large.", "invalid_request_error", None),
    422: ("Unprocessable request.", "invalid_request_error", None),
    429: ("Rate limit exceeded.", "rate_limit_error", "rate_limit_exceeded"),
    500: ("Unexpected server error.", "server_error", None),
    502: ("Bad gateway.", "server_error", None),
    503: ("Model temporarily unavailable.", "server_error", None),
    504: ("Gateway timeout.", "server_error", None),
}


def tool_call(name: str, arguments: Mapping[str, Any] | str, id: str | None = None) -> dict[str, Any]:
    """A call of one of the request's functions. `arguments` is an object, or JSON text, which may be wrong."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": id, "type": "function", "function": {"name": name, "arguments": text}}


class Choice:
    def __init__(self, content: tuple[str, ...], tool_calls: Iterable[Mapping[str, Any]], finish_reason: str | None,
                 reasoning: str | None, refusal: str | None) -> None:
        self.content, self.reasoning, self.refusal = content, reasoning, refusal
        self.tool_calls = [{**call, "id": call["id"] or "call_%d" % number}
                           for number, call in enumerate(tool_calls, 1)]
        self.finish_reason = finish_reason or ("tool_calls" if self.tool_calls else "stop")

    def message(self) -> dict[str, Any]:
        content = "".join(self.content)
        message: dict[str, Any] = {"role": "assistant", "content": content if self.content else None}
        more = {"reasoning_content": self.reasoning, "refusal": self.refusal, "tool_calls": self.tool_calls}
        message.update({key: value for key, value in more.items() if value})
        return message

    def deltas(self) -> list[dict[str, Any]]:
        deltas: list[dict[str, Any]] = []
        deltas += [{"reasoning_content": self.reasoning}] if self.reasoning else []
        deltas += [{"content": piece} for piece in self.content]
        deltas += [{"refusal": self.refusal}] if self.refusal else []
        for index, call in enumerate(self.tool_calls):
            name, arguments = call["function"]["name"], call["function"]["arguments"]
            middle = len(arguments) // 2
            begin = {**call, "index": index, "function": {"name": name, "arguments": ""}}
            deltas.append({"tool_calls": [begin]})
            deltas += [{"tool_calls": [{"index": index, "function": {"arguments": part}}]}
                       for part in (arguments[:middle], arguments[middle:]) if part]
        first = deltas[0] if deltas else {}
        return [{"role": "assistant", **first}] + deltas[1:]


def choice(*content: str, tool_calls: Iterable[Mapping[str, Any]] = (), finish_reason: str | None = None,
           reasoning: str | None = None, refusal: str | None = None) -> Choice:
    """One of several choices of a `completion()`."""
    return Choice(content, tool_calls, finish_reason, reasoning, refusal)


def chunk(delta: Mapping[str, Any] | None = None, finish_reason: str | None = None, index: int = 0,
          **more: Any) -> dict[str, Any]:
    """A chunk of a stream, for `events()`. `more` are fields beside `choices`, such as `usage`."""
    return {"id": ID, "object": "chat.completion.chunk", "created": CREATED, "model": "test",
            "choices": [{"index": index, "delta": dict(delta or {}), "finish_reason": finish_reason}], **more}


def completion(*content: str | Choice, tool_calls: Iterable[Mapping[str, Any]] = (), finish_reason: str | None = None,
               reasoning: str | None = None, refusal: str | None = None, usage: Mapping[str, Any] | None = None,
               delay: float = 0, pace: float = 0, headers: Mapping[str, str] | None = None) -> Reply:
    """What the model says, as a stream or as a whole, whichever the request asks for.

    In a stream, each piece of `content` is a delta of its own. For several choices, give a `choice()` for each instead.
    `finish_reason` is "stop", or "tool_calls" with tool calls, unless given. `delay` is in seconds, before the answer;
    `pace`, before each event.
    """
    choices = [each for each in content if isinstance(each, Choice)]
    texts = tuple(each for each in content if isinstance(each, str))
    if choices and (texts or tool_calls or finish_reason or reasoning or refusal):
        raise TypeError("completion(): either choices, or the fields of one")
    choices = choices or [Choice(texts, tool_calls, finish_reason, reasoning, refusal)]
    deltas = [(index, delta) for index, each in enumerate(choices) for delta in each.deltas()]
    count = len(deltas)
    used = dict(usage or {"prompt_tokens": 1, "completion_tokens": count, "total_tokens": 1 + count})

    def reply(request: Request) -> Form:
        asked = body_of(request)
        model = asked.get("model", "test")
        common = {"headers": dict(headers or {}), "delay_ms": delay * 1000}
        if asked.get("stream") is not True:
            return {**common, "json": {
                "id": ID, "object": "chat.completion", "created": CREATED, "model": model,
                "choices": [{"index": index, "message": each.message(), "finish_reason": each.finish_reason}
                            for index, each in enumerate(choices)], "usage": used}}
        stream = [chunk(delta, index=index, model=model) for index, delta in deltas]
        stream += [chunk({}, each.finish_reason, index, model=model) for index, each in enumerate(choices)]
        stream[-1]["usage"] = used
        return {**common, "events": stream, "pace_ms": pace * 1000}

    return reply


def body_of(request: Request) -> dict[str, Any]:
    try:
        body = request.json
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def error(status: int, message: str | None = None, *, type: str | None = None, code: str | int | None = None,
          param: str | None = None, retry_after: float | None = None, headers: Mapping[str, str] | None = None,
          delay: float = 0) -> Form:
    """An error with an HTTP status. The message, type and code are those of the API, unless given."""
    unknown = ("HTTP status %d." % status, "server_error" if status >= 500 else "invalid_request_error", None)
    usual_message, usual_type, usual_code = ERRORS.get(status, unknown)
    body = {"message": message or usual_message, "type": type or usual_type, "param": param,
            "code": usual_code if code is None else code}
    after = {} if retry_after is None else {"Retry-After": "%g" % retry_after}
    return answer({"error": body}, status, {**after, **(headers or {})}, delay)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None, delay: float = 0) -> Form:
    """Any JSON: of another endpoint, or what no model should say."""
    return {"status": status, "json": value, "headers": dict(headers or {}), "delay_ms": delay * 1000}


def events(*values: Any, done: bool = True, headers: Mapping[str, str] | None = None, delay: float = 0,
           pace: float = 0) -> Form:
    """A stream of any events: a value is sent as JSON, a str as it is, and a pair gives the event's type and its value.

    done=False leaves out the [DONE] at the end, which APIs other than Chat Completions do not send.
    """
    return {"events": list(values), "done": done, "headers": dict(headers or {}), "delay_ms": delay * 1000,
            "pace_ms": pace * 1000}


def cut(reply: Reply | None = None, after: int = 0) -> Reply:
    """The connection is closed after so many events of a stream; without a reply, before any byte of an answer.

    A whole answer breaks in the middle of its body.
    """
    return broken(reply, after, {"close": True})


def stall(reply: Reply | None = None, after: int = 0) -> Reply:
    """As `cut()`, but the server goes silent until the client closes the connection."""
    return broken(reply, after, {"hold": True})


def reset(reply: Reply | None = None, after: int = 0) -> Reply:
    """As `cut()`, but with a reset of TCP: RST. The server waits for 30 ms before it, for what it sent to be read."""
    return broken(reply, after, {"reset": True})


def broken(reply: Reply | None, after: int, step: dict[str, Any]) -> Reply:
    end = [{"sleep_ms": 30}, step] if "reset" in step else [step]

    def broken_reply(request: Request) -> Form:
        if reply is None:
            return [step]
        form = form_of(reply, request)
        if isinstance(form, dict) and "events" in form:
            return {**form, "events": form["events"][:after], "done": False, "end": end}
        steps = steps_of(form)
        body = steps[-1]["send"]
        return [*steps[:-1], {"send": body[:len(body) // 2]}, *end]

    return broken_reply


def form_of(reply: Reply, request: Request) -> Form:
    while callable(reply):
        reply = reply(request)
    return form_of(completion(reply), request) if isinstance(reply, str) else reply


BREAKS = {"cut": cut, "stall": stall, "reset": reset}


def check_steps(steps: Any) -> None:
    if not isinstance(steps, list):
        raise ValueError("the script has steps that are not a list: %s" % json.dumps(steps))
    for step in steps:
        if not isinstance(step, dict) or len(step) != 1 or not all(hasattr(Connection, "do_" + verb) for verb in step):
            raise ValueError("the script has a step that is not valid: %s" % json.dumps(step))


def from_json(value: Any) -> Reply:
    """A reply of a script: text, {"completion": its arguments}, {"error": its arguments}, or a form of _steps.py.

    Beside "completion" or "error" may stand "cut", "stall" or "reset" with the number of events before it.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        check_steps(value)
        return value
    if not isinstance(value, dict):
        raise ValueError("the script has a reply that is not valid: %s" % json.dumps(value))
    kind = next(({key, *BREAKS} for key in ("error", "completion") if key in value), KEYS)
    if unknown := set(value) - kind:
        raise ValueError("the script has a reply with an unknown key: %s" % ", ".join(sorted(unknown)))
    if kind is KEYS:
        for key in ("steps", "end"):
            check_steps(value.get(key, []))
        return value
    made: Reply
    if "error" in value:
        made = error(**value["error"])
    else:
        fields = dict(value["completion"])
        content = fields.pop("content", [])
        calls = [tool_call(**call) for call in fields.pop("tool_calls", [])]
        made = completion(*([content] if isinstance(content, str) else content), tool_calls=calls, **fields)
    for name, function in BREAKS.items():
        if name in value:
            made = function(made, value[name])
    return made
