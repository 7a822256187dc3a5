"""It makes its clients itself."""
from magentic import AsyncStreamedStr, FunctionCall, OpenaiChatModel, StreamedStr, prompt

from given import ASK, TEXT, City

MAKES_ITS_CLIENT = True
FOUND = City(name="Paris", country="France")


def prompted(given, **more):
    return prompt(ASK, model=OpenaiChatModel("m", api_key="sk-test", base_url=given.server.base_url), **more)


def get_weather(city: str) -> str:
    """The weather."""
    return "sunny"


def sync(given):
    given.says_hello()

    @prompted(given)
    def ask() -> str: ...

    assert ask() == TEXT


def stream(given):
    given.says_hello()

    @prompted(given)
    def ask() -> StreamedStr: ...

    pieces = list(ask())
    assert "".join(pieces) == TEXT
    return pieces


async def async_(given):
    given.says_hello()

    @prompted(given)
    async def ask() -> str: ...

    assert await ask() == TEXT


async def async_stream(given):
    given.says_hello()

    @prompted(given)
    async def ask() -> AsyncStreamedStr: ...

    pieces = [piece async for piece in await ask()]
    assert "".join(pieces) == TEXT
    return pieces


def tools(given):
    given.says_tool("get_weather", '{"city": "Paris"}')

    @prompted(given, functions=[get_weather])
    def ask() -> FunctionCall[str]: ...

    assert ask()() == "sunny"


def structured(given):
    given.says_tool("return_city")

    @prompted(given)
    def ask() -> City: ...

    assert ask() == FOUND


def error(given):
    given.fails()

    @prompted(given)
    def ask() -> str: ...

    try:
        ask()
    except Exception as error:
        return [type(error).__name__, str(error)]
