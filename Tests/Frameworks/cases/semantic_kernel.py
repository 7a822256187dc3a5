from semantic_kernel import Kernel
from semantic_kernel.connectors.ai import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion, OpenAIChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory
from semantic_kernel.functions import kernel_function

from given import ASK, PARIS, TEXT, WEATHER, City


class Weather:
    @kernel_function(name="get_weather")
    def get_weather(self, city: str) -> str:
        """The weather."""
        return "sunny"


def model(given):
    return OpenAIChatCompletion(ai_model_id="m", async_client=given.async_client())


def history():
    made = ChatHistory()
    made.add_user_message(ASK)
    return made


async def ask(given, settings=None, **more):
    settings = settings or OpenAIChatPromptExecutionSettings()
    return await model(given).get_chat_message_content(history(), settings, **more)


async def async_(given):
    given.says_hello()
    answer = await ask(given)
    assert str(answer) == TEXT
    return answer.metadata


async def async_stream(given):
    given.says_hello()
    found = model(given).get_streaming_chat_message_content(history(), OpenAIChatPromptExecutionSettings())
    pieces = [str(piece) async for piece in found]
    assert "".join(pieces) == TEXT
    return pieces


async def async_tools(given):
    given.says_tool("w-get_weather", '{"city": "Paris"}')
    given.server.reply(WEATHER)
    kernel = Kernel()
    kernel.add_plugin(Weather(), "w")
    settings = OpenAIChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
    assert str(await ask(given, settings, kernel=kernel)) == WEATHER


async def async_structured(given):
    given.says_city()
    assert str(await ask(given, OpenAIChatPromptExecutionSettings(response_format=City))) == PARIS


async def error(given):
    given.fails()
    try:
        await ask(given)
    except Exception as error:
        return [type(error).__name__, [base.__name__ for base in type(error.__cause__).__mro__]]
