"""It makes its clients itself."""
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import create_tool_from_function
from haystack.utils import Secret

from given import ASK, PARIS, TEXT, WEATHER, City

MAKES_ITS_CLIENT = True
MESSAGES = [ChatMessage.from_user(ASK)]


def model(given, **more):
    return OpenAIChatGenerator(Secret.from_token("sk-test"), "m", api_base_url=given.server.base_url, max_retries=0, **more)


def get_weather(city: str) -> str:
    """The weather."""
    return "sunny"


def sync(given):
    given.says_hello()
    answer = model(given).run(MESSAGES)["replies"][0]
    assert answer.text == TEXT
    return answer.meta


def stream(given):
    given.says_hello()
    pieces = []
    answer = model(given, streaming_callback=lambda piece: pieces.append(piece.content)).run(MESSAGES)["replies"][0]
    assert answer.text == TEXT
    return pieces


async def async_(given):
    given.says_hello()
    assert (await model(given).run_async(MESSAGES))["replies"][0].text == TEXT


async def async_stream(given):
    given.says_hello()
    pieces = []

    async def take(piece):
        pieces.append(piece.content)

    assert (await model(given, streaming_callback=take).run_async(MESSAGES))["replies"][0].text == TEXT
    return pieces


def tools(given):
    given.says_weather()
    tool = create_tool_from_function(get_weather)
    called = model(given, tools=[tool]).run(MESSAGES)["replies"][0]
    call = called.tool_calls[0]
    result = ChatMessage.from_tool(tool.invoke(**call.arguments), call)
    assert model(given, tools=[tool]).run([*MESSAGES, called, result])["replies"][0].text == WEATHER
    return call


def structured(given):
    given.says_city()
    assert model(given, generation_kwargs={"response_format": City}).run(MESSAGES)["replies"][0].text == PARIS


def error(given):
    given.fails()
    try:
        model(given).run(MESSAGES)
    except Exception as error:
        return [type(error).__name__, str(error)]
