"""It makes its client itself."""
import json

from autogen_agentchat.agents import AssistantAgent
from autogen_core.models import UserMessage
from autogen_core.tools import FunctionTool
from autogen_ext.models.openai import OpenAIChatCompletionClient

from given import ASK, PARIS, TEXT, WEATHER, City

MAKES_ITS_CLIENT = True
MESSAGES = [UserMessage(content=ASK, source="user")]
INFO = {"vision": False, "function_calling": True, "json_output": True, "structured_output": True, "family": "unknown",
        "multiple_system_messages": True}


def model(given):
    return OpenAIChatCompletionClient(model="m", model_info=INFO, **given.options)


def get_weather(city: str) -> str:
    """The weather."""
    return "sunny"


async def async_(given):
    given.says_hello()
    answer = await model(given).create(MESSAGES)
    assert answer.content == TEXT
    return [answer.finish_reason, answer.usage.completion_tokens]


async def async_stream(given):
    given.says_hello()
    pieces = [piece async for piece in model(given).create_stream(MESSAGES)]
    assert pieces[-1].content == TEXT
    return pieces[:-1]


async def async_tools(given):
    given.says_weather()
    run = await AssistantAgent("A", model(given), tools=[get_weather], max_tool_iterations=2).run(task=ASK)
    assert run.messages[-1].content == WEATHER
    return [type(message).__name__ for message in run.messages]


async def tools(given):
    given.says_tool("get_weather", '{"city": "Paris"}')
    called = await model(given).create(MESSAGES, tools=[FunctionTool(get_weather, "The weather.")])
    assert json.loads(called.content[0].arguments) == {"city": "Paris"}


async def async_structured(given):
    given.says_city()
    assert (await model(given).create(MESSAGES, json_output=City)).content == PARIS


async def error(given):
    given.fails()
    try:
        await model(given).create(MESSAGES)
    except Exception as error:
        return [type(error).__name__, str(error)]
