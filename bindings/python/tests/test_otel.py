"""Spans and metrics, in OpenTelemetry's own SDK."""
import asyncio

import pytest

import dosai

pytest.importorskip("opentelemetry.sdk", reason="needs opentelemetry-sdk")

from opentelemetry.sdk.metrics import MeterProvider  # noqa: E402
from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: E402
from opentelemetry.trace import SpanKind, StatusCode  # noqa: E402

from dosai import otel  # noqa: E402

MESSAGES = [{"role": "user", "content": "Hi"}]


class Sdk:
    def __init__(self):
        self.reader, self.exporter = InMemoryMetricReader(), InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.tracers.get_tracer("test")
        meters = MeterProvider([self.reader])
        self.observer = otel.Observer(provider="test", tracer_provider=self.tracers, meter_provider=meters)

    def spans(self):
        return self.exporter.get_finished_spans()

    def points(self):
        found = {}
        for resource in self.reader.get_metrics_data().resource_metrics:
            for metric in resource.scope_metrics[0].metrics:
                found[metric.name.replace("gen_ai.client.", "")] = metric.data.data_points
        return found


@pytest.fixture
def sdk():
    return Sdk()


def test_a_span_of_a_call_with_a_retry(client, sdk):
    one = client("fail-then-hello~otel", on_event=sdk.observer, max_retries=1)
    with sdk.tracer.start_as_current_span("caller") as caller:
        one.chat.completions.create(model="m", messages=MESSAGES)
    span, _ = sdk.spans()
    assert (span.name, span.kind, span.status.status_code) == ("chat m", SpanKind.CLIENT, StatusCode.UNSET)
    assert span.parent.span_id == caller.get_span_context().span_id
    wanted = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "test", "gen_ai.request.model": "m",
        "server.address": "127.0.0.1", "http.request.resend_count": 1, "http.response.status_code": 200,
        "gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 9}
    assert wanted.items() <= dict(span.attributes).items()
    assert [(event.name, event.attributes["error.type"]) for event in span.events] == [("retry", "503")]
    points = sdk.points()
    assert {point.attributes["gen_ai.token.type"]: point.sum for point in points["token.usage"]} == {
        "input": 12, "output": 9}
    [duration] = points["operation.duration"]
    assert duration.count == 1 and 0 < duration.sum < 60 and duration.explicit_bounds[0] == 0.01
    assert "operation.time_to_first_chunk" not in points


def test_an_error(client, sdk):
    with pytest.raises(dosai.AuthenticationError):
        client("error-key", on_event=sdk.observer).chat.completions.create(model="m", messages=MESSAGES)
    [span] = sdk.spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "AUTHENTICATION")
    assert span.attributes["error.type"] == "401" and "sk-test" not in span.to_json()
    assert sdk.points()["operation.duration"][0].attributes["error.type"] == "401"


def test_of_streams_at_once(server, sdk):
    async def ask(one, name):
        with sdk.tracer.start_as_current_span(name):
            async for _ in await one.chat.completions.create(model=name, messages=MESSAGES, stream=True):
                pass

    async def main():
        async with dosai.AsyncClient(base_url=server.base("hello"), on_event=sdk.observer) as one:
            await asyncio.gather(*(ask(one, f"m{i}") for i in range(5)))
    asyncio.run(main())
    callers = {span.context.span_id: span.name for span in sdk.spans() if span.parent is None}
    mine = [span for span in sdk.spans() if span.parent is not None]
    assert len(mine) == 5 and all(span.name == "chat " + callers[span.parent.span_id] for span in mine)
    points = sdk.points()
    for name in ("operation.time_to_first_chunk", "operation.time_per_output_chunk"):
        assert sum(point.count for point in points[name]) == 5


def test_the_trace_goes_on_in_the_server(server, client, sdk):
    with sdk.tracer.start_as_current_span("caller") as caller:
        client("hello~traced").chat.completions.create(
            model="m", messages=MESSAGES, extra_headers=otel.trace_headers())
    headers = {name.lower(): value for name, value in server.stats("hello~traced")["last_headers"]}
    assert format(caller.get_span_context().trace_id, "032x") in headers["traceparent"]
