"""Cassettes: the exchanges with a real server, one JSON object a line.

The first line is {"dosai_cassette": 1}. An exchange is
    {"request": {"method", "path", "headers", "sha256", "body"},
     "response": {"status", "headers", "framing", "first_ms", "parts", "end"}}
sha256 is of the request's body, and finds the exchange again. The status came first_ms milliseconds after the request;
"parts" are pairs of such a time and what came then: text, or {"base64": ...} where it is not UTF-8. "end" is "whole", or
"cut" if the server or the client closed the connection before the answer's end.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import threading
import urllib.parse
from collections.abc import Iterable
from typing import Any

from ._connection import Connection, Request
from ._recording import OF_THE_CONNECTION, Taken, framed, record
from ._steps import Step, chunk, head

SPEEDS = ("recorded", "instant", "byte")
MODES = ("once", "none", "all")
SECRET = "(?:auth|key|token(?!s)|secret|cookie)"  # in the name of a header or parameter; `tokens` is a number
SECRET_HEADER = re.compile(SECRET, re.I)
SECRET_PARAMETER = re.compile(r"([?&][^=&]*%s[^=&]*=)([^&]*)" % SECRET, re.I)
REDACTED = "REDACTED"
SHORTEST_SECRET = 8  # characters: to redact a shorter one would change other words


class Cassette:
    """A file of exchanges, which is recorded or replayed. Use `Server.use_cassette()`."""

    def __init__(self, path: str | os.PathLike[str], upstream: str | None, mode: str, speed: str,
                 redact_keys: bool, redact_prompts: bool) -> None:
        self.path, self.speed = os.fspath(path), speed
        self.redact_keys, self.redact_prompts = redact_keys, redact_prompts
        if mode not in MODES or speed not in SPEEDS:
            raise ValueError("a cassette's mode is one of %s, its speed one of %s" % (MODES, SPEEDS))
        exists = os.path.exists(self.path)
        self.records = mode == "all" or (mode == "once" and not exists)
        if self.records and not upstream:
            raise FileNotFoundError("there is no cassette %s, and no upstream to record it from" % self.path)
        if not self.records and not exists:
            raise FileNotFoundError("there is no cassette %s" % self.path)
        self.upstream = urllib.parse.urlsplit(upstream or "")
        if self.records and self.upstream.scheme not in ("http", "https"):
            raise ValueError("the upstream is not an http or https URL: %s" % upstream)
        self.lock = threading.Lock()
        self.taken: list[Taken] = []  # recorded
        self.left = [] if self.records else self.read()  # to replay

    def read(self) -> list[dict[str, Any]]:
        with open(self.path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.strip()]
        if not lines or lines[0] != {"dosai_cassette": 1}:
            raise ValueError("%s is not a cassette of this version" % self.path)
        return lines[1:]

    def save(self) -> None:
        """Writes what was recorded, if anything, all at once: a test that is killed leaves no half of a cassette."""
        if not self.taken:
            return
        os.makedirs(os.path.dirname(os.path.abspath(self.path)), exist_ok=True)
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            for line in [{"dosai_cassette": 1}, *map(self.exchange, self.taken)]:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        os.replace(self.path + ".new", self.path)

    # -- replay

    def find(self, request: Request) -> list[Step] | None:
        """The steps of the first exchange with an equal request that was not replayed yet."""
        wanted = (request.method, self.shown_path(request), digest(request.body))
        with self.lock:
            for number, exchange in enumerate(self.left):
                recorded = exchange["request"]
                if (recorded["method"], recorded["path"], recorded["sha256"]) == wanted:
                    del self.left[number]
                    return self.steps(exchange["response"])
        return None

    def steps(self, response: dict[str, Any]) -> list[Step]:
        parts = [(at, data_of(part)) for at, part in response["parts"]]
        framing, whole = response["framing"], response["end"] == "whole"
        begin = head(response["status"], framed(response["headers"], framing)).encode("latin-1")
        sends: list[tuple[float, bytes]] = [(response["first_ms"], begin)]
        sends += [(at, chunk(data) if framing == "chunked" else data) for at, data in parts]
        if framing == "chunked" and whole:
            sends[-1] = (sends[-1][0], sends[-1][1] + b"0\r\n\r\n")
        steps: list[Step] = []
        before = 0.0
        for at, data in sends:
            if self.speed == "recorded":
                steps.append({"sleep_ms": at - before})
            if self.speed == "byte":
                steps.append({"pieces": [bytes([byte]) for byte in data]})
            else:
                steps.append({"send": data})
            before = at
        return steps if whole and framing != "close" else [*steps, {"close": True}]

    # -- record

    def record(self, connection: Connection, request: Request, prefix: str) -> None:
        record(self.upstream, connection, request, prefix, self.taken)

    # -- what is written

    def exchange(self, taken: Taken) -> dict[str, Any]:
        request = taken.request
        secrets = self.secrets(request)
        recorded: dict[str, Any] = {
            "method": request.method, "path": self.shown_path(request), "headers": self.shown(
                [pair for pair in request.headers if pair[0].lower() not in OF_THE_CONNECTION], secrets),
            "sha256": digest(request.body)}
        if not self.redact_prompts:
            recorded["body"] = text_of(without(request.body, secrets))
        parts = list(taken.parts)
        whole = b"".join(data for _, data in parts)
        if parts and any(secret.encode() in whole for secret in secrets):  # also where it was in two parts
            parts = [(parts[-1][0], whole)]
        shown = [(at, without(data, secrets)) for at, data in parts]
        shorter = len(whole) - sum(len(data) for _, data in shown)
        headers = [(key, str(int(value) - shorter) if key.lower() == "content-length" else value)
                   for key, value in taken.headers]
        return {"request": recorded, "response": {
            "status": taken.status, "headers": self.shown(headers, secrets), "framing": taken.framing,
            "first_ms": taken.first_ms, "parts": [[at, text_of(data)] for at, data in shown], "end": taken.end}}

    def secrets(self, request: Request) -> list[str]:
        if not self.redact_keys:
            return []
        values: list[str] = []
        for key, value in request.headers:
            if key.lower() == "cookie":
                values += [pair.partition("=")[2].strip(' "') for pair in value.split(";")]
            elif SECRET_HEADER.search(key):
                values.append(value.split(" ")[-1])
        for _, value in SECRET_PARAMETER.findall("%s&%s" % (request.path, self.upstream.query)):
            values += [value, urllib.parse.unquote_plus(value)]
        values += [urllib.parse.quote(value, safe="") for value in values]
        return sorted({value for value in values if len(value) >= SHORTEST_SECRET}, key=len, reverse=True)

    def shown_path(self, request: Request) -> str:
        if not self.redact_keys:
            return request.path
        path = SECRET_PARAMETER.sub(r"\1" + REDACTED, request.path)
        return without(path.encode(), self.secrets(request)).decode()

    def shown(self, headers: Iterable[Any], secrets: list[str]) -> list[list[str]]:
        return [[key, REDACTED if self.redact_keys and SECRET_HEADER.search(key) else without(value.encode(), secrets).decode()]
                for key, value in headers]


def without(data: bytes, secrets: list[str]) -> bytes:
    for secret in secrets:
        data = data.replace(secret.encode(), REDACTED.encode())
    return data


def digest(body: bytes) -> str:
    """Equal for the same JSON, however it is written."""
    try:
        body = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    except ValueError:
        pass
    return hashlib.sha256(body).hexdigest()


def text_of(data: bytes) -> Any:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def data_of(part: Any) -> bytes:
    return base64.b64decode(part["base64"]) if isinstance(part, dict) else part.encode()
