from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from given import ASK, TEXT, WEATHER, City

FOUND = City(name="Paris", country="France")


def agent(given, **more):
    return Agent(OpenAIChatModel("m", provider=OpenAIProvider(openai_client=given.async_client())), **more)


def get_weather(city: str) -> str:
    """The weather."""
    return "sunny"


def sync(given):
    given.says_hello()
    answer = agent(given).run_sync(ASK)
    assert answer.output == TEXT


async def async_(given):
    given.says_hello()
    assert (await agent(given).run(ASK)).output == TEXT


async def async_stream(given):
    given.says_hello()
    async with agent(given).run_stream(ASK) as run:
        pieces = [piece async for piece in run.stream_text(delta=True, debounce_by=None)]
    assert "".join(pieces) == TEXT
    return pieces


def tools(given):
    given.says_weather()
    assert agent(given, tools=[get_weather]).run_sync(ASK).output == WEATHER


async def async_tools(given):
    given.says_weather()
    async with agent(given, tools=[get_weather]).run_stream(ASK) as run:
        assert await run.get_output() == WEATHER


def structured(given):
    given.says_tool("final_result")
    assert agent(given, output_type=City).run_sync(ASK).output == FOUND


async def async_structured(given):
    given.says_city()
    assert (await agent(given, output_type=NativeOutput(City)).run(ASK)).output == FOUND


async def error(given):
    given.fails()
    try:
        await agent(given).run(ASK)
    except Exception as error:
        return [type(error).__name__, str(error)]
