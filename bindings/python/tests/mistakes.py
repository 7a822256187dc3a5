"""Nine mistakes in nine calls: type checkers find each, and nothing else. It is never run."""

import dosai
from dosai import ChatCompletion, ChatCompletionMessageParam, Client

client = Client()
messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]


def whole() -> ChatCompletion:
    return client.chat.completions.create(model="m", messages=messages)


client.chat.completions.create(model="m", messages="Hi")  # mistake: a text is not a list of messages
client.chat.completions.create(model="m", messages=messages, temprature=0.5)  # mistake: misspelt
client.chat.completions.create(model="m", messages=[{"role": "usr", "content": "Hi"}])  # mistake: no such role
client.chat.completions.create(model="m", messages=messages, timeout="5")  # mistake: a number of seconds
client.chat.completions.create(model="m", messages=messages, tool_choice="always")  # mistake: no such choice
for chunk in client.chat.completions.create(model="m", messages=messages, stream=True):
    print(chunk.choices[0].message)  # mistake: a chunk has a delta
    print(chunk.choices[0].delta.content.upper())  # mistake: it may be None
print(whole().choices[0].message.contents)  # mistake: misspelt


async def wait_for_nothing() -> None:
    await client.chat.completions.create(model="m", messages=messages)  # mistake: only AsyncClient's is awaited


async def right() -> None:
    async with dosai.AsyncClient() as client:
        answer = await client.chat.completions.create(model="m", messages=messages, tool_choice="auto", timeout=5)
        messages.append(answer.choices[0].message)
