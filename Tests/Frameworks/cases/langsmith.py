"""Traces of its wrapper, which stay here."""
from langsmith import Client, tracing_context
from langsmith.wrappers import wrap_openai

from given import MESSAGES, PARIS, TEXT, TOOL, City

ASKED = {"model": "m", "messages": MESSAGES}


class Kept(Client):
    """It sends nothing."""

    def __init__(self):
        super().__init__(api_url="http://127.0.0.1:1", api_key="k", auto_batch_tracing=False)
        self.seen = []

    def create_run(self, name, inputs, run_type, **more):
        self.seen.append([name, run_type, sorted(inputs)])

    def update_run(self, run_id, **more):
        outputs = more.get("outputs") or {}
        self.seen.append([outputs.get("choices"), outputs.get("usage_metadata"), (more.get("error") or "")[:20]])


def traced(given, act):
    kept = Kept()
    with tracing_context(enabled=True, client=kept):
        act(wrap_openai(given.client()))
    assert len(kept.seen) == 2, kept.seen
    return kept.seen


async def async_traced(given, act):
    kept = Kept()
    with tracing_context(enabled=True, client=kept):
        await act(wrap_openai(given.async_client()))
    assert len(kept.seen) == 2, kept.seen
    return kept.seen


def sync(given):
    given.says_hello()
    return traced(given, lambda client: client.chat.completions.create(**ASKED))


def stream(given):
    given.says_hello()
    return traced(given, lambda client: list(client.chat.completions.create(**ASKED, stream=True)))


async def async_(given):
    given.says_hello()
    return await async_traced(given, lambda client: client.chat.completions.create(**ASKED))


async def async_stream(given):
    given.says_hello()

    async def act(client):
        assert [chunk async for chunk in await client.chat.completions.create(**ASKED, stream=True)]

    return await async_traced(given, act)


def tools(given):
    given.says_tool("get_weather", '{"city": "Paris"}')
    return traced(given, lambda client: list(client.chat.completions.create(**ASKED, tools=[TOOL], stream=True)))


def structured(given):
    given.says_city()
    return traced(given, lambda client: client.chat.completions.parse(**ASKED, response_format=City))


def error(given):
    given.fails()

    def act(client):
        try:
            client.chat.completions.create(**ASKED)
        except Exception as error:
            assert type(error).__name__ == "BadRequestError"

    return traced(given, act)
