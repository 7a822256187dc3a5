from agents import Agent, Runner, function_tool, set_tracing_disabled
from agents.models.openai_chatcompletions import OpenAIChatCompletionsModel

from given import ASK, TEXT, WEATHER, City

set_tracing_disabled(True)


@function_tool
def get_weather(city: str) -> str:
    """The weather."""
    return "sunny"


def agent(given, **more):
    return Agent(name="A", instructions="Be short.", model=OpenAIChatCompletionsModel("m", given.async_client()), **more)


def sync(given):
    given.says_hello()
    assert Runner.run_sync(agent(given), ASK).final_output == TEXT


async def async_(given):
    given.says_hello()
    assert (await Runner.run(agent(given), ASK)).final_output == TEXT


async def async_stream(given):
    given.says_hello()
    run = Runner.run_streamed(agent(given), ASK)
    kinds = [getattr(event.data, "type", None) async for event in run.stream_events() if event.type == "raw_response_event"]
    assert run.final_output == TEXT
    return kinds


def tools(given):
    given.says_weather()
    assert Runner.run_sync(agent(given, tools=[get_weather]), ASK).final_output == WEATHER


async def async_tools(given):
    given.says_weather()
    run = Runner.run_streamed(agent(given, tools=[get_weather]), ASK)
    kinds = [event.type async for event in run.stream_events()]
    assert run.final_output == WEATHER
    return kinds


async def async_structured(given):
    given.says_city()
    assert (await Runner.run(agent(given, output_type=City), ASK)).final_output == City(name="Paris", country="France")


async def error(given):
    given.fails()
    try:
        await Runner.run(agent(given), ASK)
    except Exception as error:
        return [type(error).__name__, str(error)]
