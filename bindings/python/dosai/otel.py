"""Spans and metrics of a client's calls, by OpenTelemetry's conventions for generative AI.

    client = dosai.Client(on_event=dosai.otel.Observer())

Needs OpenTelemetry's API (`pip install 'dosai[otel]'`). Where spans and metrics go, your program's SDK says. They have no
text of the conversation and no key.
"""

from __future__ import annotations

import threading
import time

from opentelemetry import metrics, propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from ._observe import CallEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Union

    Attributes = dict[str, Union[str, int, float, bool]]

__all__ = ["Observer", "trace_headers"]

_SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
_TOKENS = [4**power for power in range(14)]
_USAGE = {
    "prompt_tokens": "gen_ai.usage.input_tokens",
    "completion_tokens": "gen_ai.usage.output_tokens",
    "cached_tokens": "gen_ai.usage.cache_read.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}


def trace_headers() -> dict[str, str]:
    """The headers that continue the current trace in the server, such as `traceparent`: for `extra_headers` of a call."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


class Observer:
    """For `on_event` of a client: a span for each call, with an event for each retry, and the metrics of all.

    The span's parent is the span that is current where the call is made. `provider` is the name of the service.
    """

    def __init__(self, *, provider: str = "dosai", tracer_provider: Any = None, meter_provider: Any = None) -> None:
        self._provider = provider
        self._tracer = trace.get_tracer("dosai", tracer_provider=tracer_provider)
        meter = metrics.get_meter("dosai", meter_provider=meter_provider)

        def histogram(name: str, unit: str, buckets: list[Any], description: str) -> metrics.Histogram:
            return meter.create_histogram(
                "gen_ai.client." + name, unit, description, explicit_bucket_boundaries_advisory=buckets
            )

        self._duration = histogram("operation.duration", "s", _SECONDS, "How long a call took")
        self._first_chunk = histogram(
            "operation.time_to_first_chunk", "s", _SECONDS, "How long a stream took until its first token"
        )
        self._per_chunk = histogram(
            "operation.time_per_output_chunk", "s", _SECONDS, "The mean time of a stream's later chunks"
        )
        self._tokens = histogram("token.usage", "{token}", _TOKENS, "Tokens of a call")
        self._spans: dict[int, tuple[trace.Span, int]] = {}
        self._lock = threading.Lock()

    def __call__(self, event: CallEvent) -> None:
        if event.kind == "started":
            began = time.time_ns()
            span = self._tracer.start_span(
                self._name(event), kind=SpanKind.CLIENT, attributes=self._attributes(event), start_time=began
            )
            with self._lock:
                self._spans[event.call] = span, began
        elif event.kind == "retry":
            with self._lock:
                span, began = self._spans[event.call]
            waits: Attributes = {"error.type": _error(event), "dosai.attempt": event.attempt, "dosai.delay": event.delay}
            span.add_event("retry", waits)
        elif event.kind == "ended":
            with self._lock:
                span, began = self._spans.pop(event.call)
            self._end(event, span)
            self._measure(event)

    def _name(self, event: CallEvent) -> str:
        return f"chat {event.model}" if event.model else f"{event.method} {event.path}"

    def _attributes(self, event: CallEvent) -> Attributes:
        host, separator, port = event.host.rpartition(":")
        found: Attributes = {"gen_ai.provider.name": self._provider}
        if event.model:
            found["gen_ai.operation.name"] = "chat"
            found["gen_ai.request.model"] = event.model
        else:
            found["http.request.method"] = event.method
        if separator and port.isdigit():
            found.update({"server.address": host, "server.port": int(port)})
        else:
            found["server.address"] = event.host
        return found

    def _end(self, event: CallEvent, span: trace.Span) -> None:
        found: Attributes = {"gen_ai.request.stream": event.is_stream, "dosai.reused_connection": event.reused_connection}
        if event.attempt > 1:
            found["http.request.resend_count"] = event.attempt - 1
        if event.status_code is not None:
            found["http.response.status_code"] = event.status_code
        if event.request_id is not None:
            found["dosai.request_id"] = event.request_id
        if event.first_token is not None:
            found["gen_ai.response.time_to_first_chunk"] = event.first_token
        for field, name in _USAGE.items():
            count: Optional[int] = getattr(event, field)
            if count is not None:
                found[name] = count
        if event.status != "OK":
            found["error.type"] = _error(event)
            span.set_status(Status(StatusCode.ERROR, event.status))
        span.set_attributes(found)
        span.end()

    def _measure(self, event: CallEvent) -> None:
        if not event.model:
            return
        found = self._attributes(event)
        if event.status != "OK":
            found["error.type"] = _error(event)
        self._duration.record(event.total, found)
        if event.first_token is not None:
            self._first_chunk.record(event.first_token, found)
            later = event.event_count - 1
            if later > 0:
                self._per_chunk.record((event.total - event.first_token) / later, found)
        for kind, count in (("input", event.prompt_tokens), ("output", event.completion_tokens)):
            if count is not None:
                self._tokens.record(count, {**found, "gen_ai.token.type": kind})


def _error(event: CallEvent) -> str:
    return str(event.status_code) if event.status_code and event.status_code >= 400 else event.status
