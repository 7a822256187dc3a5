"""What is told of a client's calls."""

from __future__ import annotations

from . import _ffi
from ._raised import keeping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

KINDS = ("", "started", "attempt", "connected", "headers", "first_token", "retry", "ended")


class CallEvent:
    """A point of a call's life: `kind` is started, attempt, connected, headers, first_token, retry or ended. It has no
    text of the conversation and no key. Times are in seconds since the call began; what is not known is None."""

    __slots__ = (
        "kind", "call", "method", "host", "path", "model", "request_id", "attempt", "is_stream", "status", "status_code",
        "delay", "sent_bytes", "received_bytes", "event_count", "prompt_tokens", "completion_tokens", "cached_tokens",
        "reasoning_tokens", "reused_connection", "connect", "first_byte", "first_token", "total",
    )
    kind: str
    call: int
    method: str
    host: str
    path: str
    model: Optional[str]
    request_id: Optional[str]
    attempt: int
    is_stream: bool
    status: str
    status_code: Optional[int]
    delay: float
    sent_bytes: int
    received_bytes: int
    event_count: int
    prompt_tokens: Optional[int]
    completion_tokens: Optional[int]
    cached_tokens: Optional[int]
    reasoning_tokens: Optional[int]
    reused_connection: bool
    connect: Optional[float]
    first_byte: Optional[float]
    first_token: Optional[float]
    total: float

    def __init__(self, event: Any) -> None:
        timings = event.timings.contents
        self.kind = KINDS[event.kind] if event.kind < len(KINDS) else "unknown"
        for name in ("call", "attempt", "sent_bytes", "received_bytes", "event_count"):
            setattr(self, name, getattr(event, name))
        for name in ("method", "host", "path", "model", "request_id"):
            text = getattr(event, name)
            setattr(self, name, None if text is None else text.decode("utf-8", "replace"))
        for name in ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens"):
            count = getattr(event, name)
            setattr(self, name, None if count < 0 else count)
        for name in ("connect", "first_byte", "first_token", "total"):
            time = getattr(timings, name + "_us")
            setattr(self, name, None if time < 0 else time / 1e6)
        self.is_stream, self.reused_connection = event.is_stream != 0, timings.reused_connection != 0
        self.status = _ffi.dosai_status_name(event.status).decode()
        self.status_code = event.http_status or None
        self.delay = event.delay_ms / 1000

    def __repr__(self) -> str:
        return f"CallEvent({self.kind}, {self.method} {self.host}{self.path}, {self.status}, attempt {self.attempt})"


def observer(function: Callable[[CallEvent], object]) -> Any:
    """The function for C."""

    def tell(event: Any, _: Any) -> None:
        function(CallEvent(event.contents))

    return _ffi.dosai_call_event_fn(keeping(tell))
