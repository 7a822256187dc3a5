from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI

from given import ASK, PARIS, TEXT, City

MESSAGES = [ChatMessage(role="user", content=ASK)]


def model(given):
    return OpenAI(model="gpt-4o", max_retries=0, openai_client=given.client(), async_openai_client=given.async_client())


def get_weather(city: str) -> str:
    """The weather."""
    return "sunny"


def sync(given):
    given.says_hello()
    answer = model(given).chat(MESSAGES)
    assert answer.message.content == TEXT
    return answer.additional_kwargs


def stream(given):
    given.says_hello()
    pieces = [piece.delta for piece in model(given).stream_chat(MESSAGES)]
    assert "".join(piece or "" for piece in pieces) == TEXT
    return pieces


async def async_(given):
    given.says_hello()
    assert (await model(given).achat(MESSAGES)).message.content == TEXT


async def async_stream(given):
    given.says_hello()
    pieces = [piece.delta async for piece in await model(given).astream_chat(MESSAGES)]
    assert "".join(piece or "" for piece in pieces) == TEXT
    return pieces


def tools(given):
    given.says_weather()
    answer = model(given).predict_and_call([FunctionTool.from_defaults(get_weather)], ASK)
    assert answer.response == "sunny"
    model(given).chat(MESSAGES)


def structured(given):
    given.says_city()
    assert model(given).as_structured_llm(City).chat(MESSAGES).raw == City(name="Paris", country="France")


async def async_structured(given):
    given.says_city()
    assert (await model(given).as_structured_llm(City).achat(MESSAGES)).raw == City(name="Paris", country="France")


def error(given):
    given.fails()
    try:
        model(given).chat(MESSAGES)
    except Exception as error:
        return [type(error).__name__, str(error)]
