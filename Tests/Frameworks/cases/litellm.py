import litellm

from given import MESSAGES, PARIS, TEXT, TOOL, City

ASKED = {"model": "openai/m", "messages": MESSAGES}


def sync(given):
    given.says_hello()
    answer = litellm.completion(**ASKED, client=given.client())
    assert answer.choices[0].message.content == TEXT
    return answer.usage.model_dump()


def stream(given):
    given.says_hello()
    pieces = [chunk.choices[0].delta.content for chunk in litellm.completion(**ASKED, client=given.client(), stream=True)]
    assert "".join(piece or "" for piece in pieces) == TEXT
    return pieces


async def async_(given):
    given.says_hello()
    answer = await litellm.acompletion(**ASKED, client=given.async_client())
    assert answer.choices[0].message.content == TEXT


async def async_stream(given):
    given.says_hello()
    stream = await litellm.acompletion(**ASKED, client=given.async_client(), stream=True)
    pieces = [chunk.choices[0].delta.content async for chunk in stream]
    assert "".join(piece or "" for piece in pieces) == TEXT
    return pieces


def tools(given):
    given.says_weather()
    answer = litellm.completion(**ASKED, client=given.client(), tools=[TOOL])
    call = answer.choices[0].message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    messages = [*MESSAGES, answer.choices[0].message.model_dump(), result]
    litellm.completion(model="openai/m", messages=messages, client=given.client(), tools=[TOOL])
    return call.model_dump()


async def async_tools(given):
    given.says_tool("get_weather", '{"city": "Paris"}')
    stream = await litellm.acompletion(**ASKED, client=given.async_client(), tools=[TOOL], stream=True)
    whole = litellm.stream_chunk_builder([chunk async for chunk in stream])
    assert whole.choices[0].message.tool_calls[0].function.arguments == '{"city": "Paris"}'


def structured(given):
    given.says_city()
    answer = litellm.completion(**ASKED, client=given.client(), response_format=City)
    assert answer.choices[0].message.content == PARIS


def error(given):
    given.fails(429)
    try:
        litellm.completion(**ASKED, client=given.client(), max_retries=0)
    except Exception as error:
        return [type(error).__name__, error.status_code]
