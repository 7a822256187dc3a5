from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from given import ASK, TEXT, WEATHER, City


def model(given):
    return ChatOpenAI(model="m", client=given.client().chat.completions, root_client=given.client(),
                      async_client=given.async_client().chat.completions, root_async_client=given.async_client())


@tool
def get_weather(city: str) -> str:
    """The weather."""
    return "sunny"


def sync(given):
    given.says_hello()
    answer = model(given).invoke(ASK)
    assert answer.content == TEXT
    return answer.response_metadata


def stream(given):
    given.says_hello()
    pieces = [piece.content for piece in model(given).stream(ASK)]
    assert "".join(pieces) == TEXT
    return pieces


async def async_(given):
    given.says_hello()
    answer = await model(given).ainvoke(ASK)
    assert answer.content == TEXT
    return answer.response_metadata


async def async_stream(given):
    given.says_hello()
    pieces = [piece.content async for piece in model(given).astream(ASK)]
    assert "".join(pieces) == TEXT
    return pieces


def tools(given):
    given.says_weather()
    bound = model(given).bind_tools([get_weather])
    called = bound.invoke(ASK)
    done = get_weather.invoke(called.tool_calls[0])
    assert isinstance(done, ToolMessage)
    assert bound.invoke([("user", ASK), called, done]).content == WEATHER
    return called.tool_calls


async def async_tools(given):
    given.says_weather()
    bound = model(given).bind_tools([get_weather])
    called = None
    async for piece in bound.astream(ASK):
        called = piece if called is None else called + piece
    answer = await bound.ainvoke([("user", ASK), called, get_weather.invoke(called.tool_calls[0])])
    assert answer.content == WEATHER
    return called.tool_calls


def structured(given):
    given.says_city()
    given.says_tool("City")
    found = [model(given).with_structured_output(City, method=way).invoke(ASK) for way in ("json_schema", "function_calling")]
    assert found == [City(name="Paris", country="France")] * 2


async def async_structured(given):
    given.says_city()
    assert await model(given).with_structured_output(City).ainvoke(ASK) == City(name="Paris", country="France")


def error(given):
    given.fails()
    try:
        model(given).invoke(ASK)
    except Exception as error:
        return [type(error).__name__, str(error), [base.__name__ for base in type(error).__mro__ if "openai" in base.__module__]]
