"""The rows that dosai.map gives, and the lines in which `dosai batch` and the journal keep them."""

from __future__ import annotations

import json
from typing import Any, Iterator, NamedTuple, Optional

from ._errors import APIError, DosaiError


class MapError(DosaiError):
    """What concerns all rows, so that going on would be no use: a refused key, used-up credit, an unreachable server.

    `status` is the library's, such as "AUTHENTICATION". It can be pickled, so every engine can hand it on.
    """

    def __reduce__(self) -> Any:
        return _map_error, (self.message, self.status)


def _map_error(message: str, status: str) -> MapError:
    return MapError(message, status=status)


class Result(NamedTuple):
    """The answer to one row. Each field is a text, an int64 or a bool, so any engine takes it."""

    id: str
    content: Optional[str]  # of the first choice
    response: Optional[str]  # what the server answered, as JSON
    finish_reason: Optional[str]
    status: str  # "OK", or the status of the error, such as "RATE_LIMITED"
    http_status: Optional[int]
    error: Optional[str]  # a message; None: the row succeeded
    request_id: Optional[str]
    attempts: Optional[int]  # None: the journal does not say
    prompt_tokens: Optional[int]
    completion_tokens: Optional[int]
    total_tokens: Optional[int]
    latency_ms: Optional[int]  # of the last attempt; None: the journal does not say
    from_journal: bool


INTEGERS = ("http_status", "attempts", "prompt_tokens", "completion_tokens", "total_tokens", "latency_ms")


def error_row(id: str, error: BaseException, attempts: int, latency_ms: Optional[int]) -> Result:
    """A row that failed."""
    api = error if isinstance(error, APIError) else APIError("")
    body = None if api.status_code is None else json_text(api._received)
    return Result(id, None, body, None, getattr(error, "status", "") or "INVALID_ARGUMENT", api.status_code, str(error),
                  api.request_id, attempts, None, None, None, latency_ms, False)


def json_text(received: Optional[bytes]) -> str:
    """The body of an error, as JSON on one line: it itself if it is an object, else a string."""
    text = (received or b"").decode("utf-8", "replace")
    try:
        if isinstance(json.loads(text), dict):
            return one_line(text)
    except (ValueError, RecursionError):
        pass
    return json.dumps(text)


def one_line(text: str) -> str:
    """JSON without its line ends, which are between its values."""
    return text.replace("\r", " ").replace("\n", " ") if "\n" in text or "\r" in text else text


# ---- lines

def line_of(number: int, row: Result) -> bytes:
    """The row as a line of the output of `dosai batch`; number is that of its line in the input, from 1."""
    response, error = "null", "null"
    if row.http_status is not None:
        response = '{"status_code": %d, "request_id": %s, "body": %s}' % (
            row.http_status, json.dumps(row.request_id), row.response or '""')
    if row.error is not None:
        error = json.dumps({"code": row.status, "message": row.error})
    line = '{"id": "batch_req_%d", "custom_id": %s, "response": %s, "error": %s}\n' % (
        number, json.dumps(row.id), response, error)
    return line.encode("utf-8", "replace")


def row_of(line: bytes) -> Result:
    """The row of such a line. Raises ValueError or KeyError if it is none."""
    entry = json.loads(line)
    response, error = entry["response"] or {}, entry["error"] or {}
    body = response.get("body")
    answer = body if isinstance(body, dict) and not error else {}
    choices = answer.get("choices") or [{}]
    usage = answer.get("usage") or {}
    if not isinstance(entry["custom_id"], str):
        raise ValueError("custom_id is not a string")
    return Result(
        entry["custom_id"], text_of((choices[0].get("message") or {}).get("content")),
        json.dumps(body, ensure_ascii=False) if response else None, choices[0].get("finish_reason"),
        error.get("code", "OK"), response.get("status_code"), error.get("message"), response.get("request_id"), None,
        usage.get("prompt_tokens"), usage.get("completion_tokens"), usage.get("total_tokens"), None, True)


def text_of(content: Any) -> Optional[str]:
    if isinstance(content, list):  # of parts
        return "".join(part.get("text") or "" for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else None


def read_results(path: str) -> Iterator[Result]:
    """The results in a file that `dosai batch` or a journal has written, each id once: a success, or else its last
    error, after all successes. A line that was cut off is left out."""
    succeeded: set[str] = set()
    failed: dict[str, Result] = {}
    with open(path, "rb") as file:
        for line in file:
            try:
                row = row_of(line)
            except (ValueError, KeyError):
                if line.endswith(b"\n"):
                    raise
                continue
            if row.error is not None:
                failed[row.id] = row
            elif row.id not in succeeded:
                succeeded.add(row.id)
                yield row
    yield from (row for row in failed.values() if row.id not in succeeded)


def read_requests(path: str) -> Iterator[dict[str, Any]]:
    """The requests of a file for `dosai batch`: {"id": custom_id, "body": the body of a chat}."""
    with open(path, "rb") as file:
        for line in file:
            if not line.strip():
                continue
            entry = json.loads(line)
            if not str(entry["url"]).endswith("/chat/completions"):
                raise ValueError(f"{entry['custom_id']}: dosai.map sends chats only, not {entry['url']}")
            yield {"id": entry["custom_id"], "body": entry["body"]}


# ---- schemas: made when they are asked for, because they need Arrow or pandas

def arrow_schema() -> Any:
    from importlib import import_module

    arrow = import_module("pyarrow")
    kinds = {name: arrow.int64() for name in INTEGERS}
    kinds["from_journal"] = arrow.bool_()
    return arrow.schema([(name, kinds.get(name, arrow.string())) for name in Result._fields])


def pandas_frame(rows: list[Result], index: Any = None) -> Any:
    """int64 with nulls stays int64: pandas calls it Int64."""
    from importlib import import_module

    kinds = {name: "Int64" for name in INTEGERS}
    kinds["from_journal"] = "boolean"
    frame = import_module("pandas").DataFrame(rows, columns=list(Result._fields), index=index)
    return frame.astype({name: kinds.get(name, "string") for name in Result._fields})


SPARK_SCHEMA = ", ".join(
    f"{name} {'bigint' if name in INTEGERS else 'boolean' if name == 'from_journal' else 'string'}"
    for name in Result._fields)
