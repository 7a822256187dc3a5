"""The rows that dosai.map gives, and the lines in which `dosai batch` and the journal keep them."""

from __future__ import annotations

import json
from typing import Any, Iterator, NamedTuple, Optional

from ._errors import APIError, DosaiError
from ._json import without_surrogates
from ._repair import index_of


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


DEEPEST = 512  # how deep the JSON of an answer may be
INTEGERS = ("http_status", "attempts", "prompt_tokens", "completion_tokens", "total_tokens", "latency_ms")


def error_row(id: str, error: BaseException, attempts: int, latency_ms: Optional[int]) -> Result:
    """A row that failed."""
    api = error if isinstance(error, APIError) else APIError("")
    body = None if api.status_code is None else json_text(api._received)
    return Result(id, None, body, None, getattr(error, "status", "") or "INVALID_ARGUMENT", api.status_code, str(error),
                  api.request_id, attempts, None, None, None, latency_ms, False)


def json_text(received: Optional[bytes]) -> str:
    """The body of an error, as JSON on one line: it itself if it is an object and can be read again, else a string."""
    text = (received or b"").decode("utf-8", "replace")
    try:
        body = json.loads(text)
        if isinstance(body, dict) and not is_too_deep(body):
            return one_line(text)
    except (ValueError, RecursionError):
        pass
    return json.dumps(text)


def is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)
                 if isinstance(inner, (dict, list))]
        if not level:
            return False
    return True


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
    """The row of such a line: what the library would read in the answer. Raises ValueError if it is none."""
    try:
        entry = json.loads(line)
        id, response, error = entry["custom_id"], entry["response"] or {}, entry["error"] or {}
        body = response.get("body")
        text = without_surrogates(json.dumps(body, ensure_ascii=False)) if response else None
    except (KeyError, TypeError, AttributeError, RecursionError) as wrong:
        raise ValueError(f"not a batch result: {wrong!r}") from None
    if not isinstance(id, str) or not isinstance(error, dict):
        raise ValueError("not a batch result")
    answer = {} if error else body
    choice, usage = first_choice(answer), member(answer, dict, "usage") or member(answer, dict, "x_groq", "usage")
    return Result(
        id, text_of(member(choice, object, "message", "content")), text, member(choice, str, "finish_reason"),
        member(error, str, "code") or "OK", member(response, int, "status_code"),
        (member(error, str, "message") or "") if error else None, member(response, str, "request_id"), None,
        member(usage, int, "prompt_tokens"), member(usage, int, "completion_tokens"), member(usage, int, "total_tokens"),
        None, True)


def member(value: Any, kind: type, *path: str) -> Any:
    """What is there, if it is of that kind and, as an int, a count of 64 bits; else None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if kind is int:
        return value if type(value) is int and 0 <= value < 1 << 63 else None
    return value if isinstance(value, kind) else None


def first_choice(answer: Any) -> Any:
    choices = member(answer, list, "choices") or [None]
    return choices[min(range(len(choices)), key=lambda at: index_of(choices[at], at))]


def text_of(content: Any) -> Optional[str]:
    if isinstance(content, list):
        return "".join(map(text_of_part, content))
    return content if isinstance(content, str) else None


def text_of_part(part: Any) -> str:
    if isinstance(part, dict) and part.get("thinking") is None:
        part = part.get("text")
    return part if isinstance(part, str) else ""


def read_results(path: str) -> Iterator[Result]:
    """The results in a file that `dosai batch` or a journal has written, each id once: a success, or else its last
    error, after all successes. A line that was cut off is left out."""
    succeeded: set[str] = set()
    failed: dict[str, Result] = {}
    with open(path, "rb") as file:
        for line in file:
            try:
                row = row_of(line)
            except ValueError:
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
