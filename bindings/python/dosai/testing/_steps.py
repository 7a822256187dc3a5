"""From the form of a reply to the steps that a connection plays.

A reply is a list of steps, or an object:
    {"status": 200, "headers": {}, BODY, "framing": "length" | "chunked" | "close", "delay_ms": 0, "end": [steps]}
    BODY: "json": value | "text": "..." | "base64": "..." |
          "events": [value, text of a data line, or a pair of type and value], "pace_ms": 0, "done": true |
          "stream": "text of an event stream"
    Events are chunked, one HTTP chunk each. "end" takes the place of what follows the body.
A step is an object of one key:
    {"send": text} {"send_base64": text} {"chunk": text: one HTTP chunk} {"bytewise": text} {"sleep_ms": n}
    {"pieces": [text or bytes, ...]: each is a send, and at a unix socket one read of the client gives no more than one}
    {"repeat": [text, times, pause_ms]: times -1 is for ever}
    {"hold": true: silence until the client closes} {"close": true} {"cut": true: TCP ends without TLS's notice}
    {"reset": true: RST} {"notice": true: TLS's alone, TCP goes on} {"fin": true: nothing more is sent}
After the last step the connection is kept for the next request.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Dict, List, Union

Step = Dict[str, Any]
Form = Union[Dict[str, Any], List[Step]]  # a reply
KEYS = {"status", "headers", "json", "text", "base64", "events", "pace_ms", "done", "stream", "framing", "delay_ms", "end",
        "steps"}


def head(status: int, headers: Mapping[str, str] | list[tuple[str, str]]) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    pairs = list(headers.items()) if isinstance(headers, Mapping) else headers
    lines = ["HTTP/1.1 %d %s" % (status, phrase)] + ["%s: %s" % (key, value) for key, value in pairs]
    return "\r\n".join(lines) + "\r\n\r\n"


def chunk(data: str | bytes) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(value: Any) -> str:
    kind = ""
    if isinstance(value, tuple):
        kind, value = "event: %s\n" % value[0], value[1]
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return kind + "data: " + text + "\n\n"


def steps_of(reply: Form) -> list[Step]:
    """The steps that an object reply stands for."""
    if isinstance(reply, list):
        return reply
    if "steps" in reply:
        listed: list[Step] = reply["steps"]
        return listed
    streams = "events" in reply or "stream" in reply
    framing = reply.get("framing", "chunked" if streams else "length")
    headers = {"Content-Type": "text/event-stream" if streams else "application/json"}
    if "events" in reply:
        texts = [event(value) for value in reply["events"]] + (["data: [DONE]\n\n"] if reply.get("done", True) else [])
    elif "json" in reply:
        texts = [json.dumps(reply["json"], ensure_ascii=False)]
    else:
        texts = [str(reply.get("stream", reply.get("text", "")))]
    pieces = [base64.b64decode(reply["base64"])] if "base64" in reply else [text.encode() for text in texts]
    if framing == "length":
        headers["Content-Length"] = str(sum(map(len, pieces)))
    elif framing == "chunked":
        headers["Transfer-Encoding"] = "chunked"
    else:
        headers["Connection"] = "close"
    headers.update(reply.get("headers", {}))
    steps: list[Step] = [{"sleep_ms": reply.get("delay_ms", 0)}, {"send": head(reply.get("status", 200), headers)}]
    if framing == "chunked":
        pieces = [chunk(piece) for piece in pieces]
        if "end" not in reply:  # in one send with the last chunk: a client need not wait for it
            pieces[-1:] = [b"".join(pieces[-1:]) + b"0\r\n\r\n"]
    for piece in pieces:
        steps += [{"sleep_ms": reply.get("pace_ms", 0)}, {"send": piece}]
    end: list[Step] = reply.get("end", [{"close": True}] if framing == "close" else [])
    return steps + end
