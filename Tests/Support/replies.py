"""From the object form of a reply to its steps."""
import base64, json
from http import HTTPStatus


def head(status, headers):
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = ["HTTP/1.1 %d %s" % (status, phrase)] + ["%s: %s" % pair for pair in headers.items()]
    return "\r\n".join(lines) + "\r\n\r\n"


def chunk(data):
    data = data.encode() if isinstance(data, str) else data
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(value):
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return "data: " + text + "\n\n"


def steps_of(reply):
    """The steps that an object reply stands for."""
    if isinstance(reply, list):
        return reply
    if "steps" in reply:
        return reply["steps"]
    streams = "events" in reply or "stream" in reply
    framing = reply.get("framing", "chunked" if streams else "length")
    headers = {"Content-Type": "text/event-stream" if streams else "application/json"}
    if "events" in reply:
        pieces = [event(value) for value in reply["events"]] + (["data: [DONE]\n\n"] if reply.get("done", True) else [])
    elif "json" in reply:
        pieces = [json.dumps(reply["json"], ensure_ascii=False)]
    else:
        pieces = [reply.get("stream", reply.get("text", ""))]
    pieces = [piece.encode() for piece in pieces]
    if "base64" in reply:
        pieces = [base64.b64decode(reply["base64"])]
    if framing == "length":
        headers["Content-Length"] = str(sum(map(len, pieces)))
    elif framing == "chunked":
        headers["Transfer-Encoding"] = "chunked"
    else:
        headers["Connection"] = "close"
    headers.update(reply.get("headers", {}))
    steps = [{"sleep_ms": reply.get("delay_ms", 0)}, {"send": head(reply.get("status", 200), headers)}]
    if framing == "chunked":
        pieces = [chunk(piece) for piece in pieces]
        if "end" not in reply:  # in one send with the last chunk: a client need not wait for it
            pieces[-1:] = [b"".join(pieces[-1:]) + b"0\r\n\r\n"]
    for piece in pieces:
        steps += [{"sleep_ms": reply.get("pace_ms", 0)}, {"send": piece}]
    return steps + reply.get("end", [{"close": True}] if framing == "close" else [])
