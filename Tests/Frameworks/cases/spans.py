"""What the cases of the three instrumentors share: the spans that they make of calls."""
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from given import MESSAGES, TOOL, City

ASKED = {"model": "m", "messages": MESSAGES}
OFTEN_DIFFERENT = ("server.", "address", "port", "base_url", "api_base", "user_agent")


class Spans:
    """The spans of a process: an instrumentor does not undo all that it did."""

    kept = None

    def __init__(self, instrumentor):
        if not Spans.kept:
            Spans.kept = InMemorySpanExporter()
            provider = TracerProvider()
            provider.add_span_processor(SimpleSpanProcessor(Spans.kept))
            instrumentor.instrument(tracer_provider=provider)
        self.kept.clear()

    def seen(self):
        spans = self.kept.get_finished_spans()
        assert spans, "no span"
        return [[span.name, span.status.status_code.name, sorted(
            (key, value) for key, value in span.attributes.items() if not any(word in key for word in OFTEN_DIFFERENT))]
            for span in spans]


def cases(instrumentor):
    """The cases, for the module of one instrumentor."""

    def sync(given):
        given.says_hello()
        spans = Spans(instrumentor())
        given.client().chat.completions.create(**ASKED)
        return spans.seen()

    def stream(given):
        given.says_hello()
        spans = Spans(instrumentor())
        assert list(given.client().chat.completions.create(**ASKED, stream=True))
        return spans.seen()

    async def async_(given):
        given.says_hello()
        spans = Spans(instrumentor())
        await given.async_client().chat.completions.create(**ASKED)
        return spans.seen()

    async def async_stream(given):
        given.says_hello()
        spans = Spans(instrumentor())
        assert [chunk async for chunk in await given.async_client().chat.completions.create(**ASKED, stream=True)]
        return spans.seen()

    def tools(given):
        given.says_tool("get_weather", '{"city": "Paris"}')
        spans = Spans(instrumentor())
        given.client().chat.completions.create(**ASKED, tools=[TOOL])
        return spans.seen()

    def structured(given):
        given.says_city()
        spans = Spans(instrumentor())
        answer = given.client().chat.completions.parse(**ASKED, response_format=City)
        assert answer.choices[0].message.parsed.name == "Paris"
        return spans.seen()

    def error(given):
        given.fails()
        spans = Spans(instrumentor())
        try:
            given.client().chat.completions.create(**ASKED)
        except Exception as error:
            assert type(error).__name__ == "BadRequestError"
        return spans.seen()

    return {case.__name__: case for case in (sync, stream, async_, async_stream, tools, structured, error)}
