"""The command line's library; it makes its clients itself."""
import json

from llm.default_plugins.openai_models import AsyncChat, Chat

from given import ASK, PARIS, TEXT, WEATHER, City

MAKES_ITS_CLIENT = True
OPTIONS = {"key": "sk-test", "supports_schema": True, "supports_tools": True}


def model(given, kind=Chat):
    return kind("m", api_base=given.server.base_url, **OPTIONS)


def get_weather(city: str) -> str:
    """The weather."""
    return "sunny"


def sync(given):
    given.says_hello()
    assert model(given).prompt(ASK, stream=False).text() == TEXT


def stream(given):
    given.says_hello()
    pieces = list(model(given).prompt(ASK))
    assert "".join(pieces) == TEXT
    return pieces


async def async_(given):
    given.says_hello()
    assert await model(given, AsyncChat).prompt(ASK, stream=False).text() == TEXT


async def async_stream(given):
    given.says_hello()
    pieces = [piece async for piece in model(given, AsyncChat).prompt(ASK)]
    assert "".join(pieces) == TEXT
    return pieces


def tools(given):
    given.says_weather()
    assert model(given).chain(ASK, tools=[get_weather]).text() == WEATHER


def structured(given):
    given.says_city()
    assert json.loads(model(given).prompt(ASK, schema=City).text()) == json.loads(PARIS)


def error(given):
    given.fails()
    try:
        model(given).prompt(ASK).text()
    except Exception as error:
        return [type(error).__name__, str(error)]
