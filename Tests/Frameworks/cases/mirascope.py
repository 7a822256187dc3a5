"""It makes its clients itself."""
from mirascope import llm

from given import ASK, TEXT, WEATHER, City

MAKES_ITS_CLIENT = True
FOUND = City(name="Paris", country="France")


@llm.tool
def get_weather(city: str) -> str:
    """The weather."""
    return "sunny"


def called(given, **more):
    llm.register_provider("openai", "openai/", api_key="sk-test", base_url=given.server.base_url)
    return llm.call("openai/gpt-4o:completions", **more)


def sync(given):
    given.says_hello()

    @called(given)
    def ask():
        return ASK

    assert ask().text() == TEXT


def stream(given):
    given.says_hello()

    @called(given)
    def ask():
        return ASK

    pieces = list(ask.stream().text_stream(sep=""))
    assert "".join(pieces) == TEXT
    return pieces


async def async_(given):
    given.says_hello()

    @called(given)
    async def ask():
        return ASK

    assert (await ask()).text() == TEXT


async def async_stream(given):
    given.says_hello()

    @called(given)
    async def ask():
        return ASK

    pieces = [piece async for piece in (await ask.stream()).text_stream(sep="")]
    assert "".join(pieces) == TEXT
    return pieces


def tools(given):
    given.says_weather()

    @called(given, tools=[get_weather])
    def ask():
        return ASK

    answer = ask()
    assert answer.resume(answer.execute_tools()).text() == WEATHER


def structured(given):
    given.says_city()

    @called(given, format=City)
    def ask():
        return ASK

    assert ask().parse() == FOUND


def error(given):
    given.fails()

    @called(given)
    def ask():
        return ASK

    try:
        ask()
    except Exception as error:
        return [type(error).__name__, str(error)]
