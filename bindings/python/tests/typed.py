"""A program for type checkers: `mypy --strict` finds nothing in it but the lines that say so. It is never run."""

from __future__ import annotations

from typing import Optional

import dosai
import dosai.openai
from dosai.openai import APIError, AsyncAzureOpenAI, AsyncClient, AsyncOpenAI, AzureOpenAI, Client, OpenAI, Report, patch, unpatch
from typing_extensions import assert_type

client = dosai.Client(api_key="k", timeout=dosai.Timeout(idle=5), max_retries=1, ca_file="/ca.pem")
messages: list[dosai.ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]

whole = client.chat.completions.create(model="m", messages=messages)
assert_type(whole, dosai.ChatCompletion)
assert_type(whole.choices[0].message.content, Optional[str])
assert_type(client.chat.completions.create(model="m", messages=messages, stream=False), dosai.ChatCompletion)
if whole.usage:
    assert_type(whole.usage.total_tokens, int)
for call in whole.choices[0].message.tool_calls or []:
    assert_type(call.function.arguments, str)
unknown = whole.choices[0].message.model_extra.get("reasoning_content")

with client.chat.completions.create(model="m", messages=messages, stream=True, temperature=0.5, n=2) as stream:
    assert_type(stream, dosai.Stream)
    for chunk in stream:
        assert_type(chunk, dosai.ChatCompletionChunk)
        assert_type(chunk.choices[0].delta.content, Optional[str])
    assert_type(stream.get_final_completion(), dosai.ChatCompletion)
    assert_type(stream.get_final_text(), str)


def either(stream: bool) -> dosai.ChatCompletion | dosai.Stream:
    return client.chat.completions.create(model="m", messages=[*messages, whole.choices[0].message], stream=stream)


def double(number: int) -> int:
    return 2 * number


steps = client.chat.completions.run_tools(model="m", messages=messages, tools=[double, dosai.Tool(double, name="twice")])
assert_type(steps, dosai.ToolRunner[dosai.ChatCompletion])
for step in steps:
    if isinstance(step, dosai.ToolResult):
        assert_type(step.content, str)
    else:
        assert_type(step, dosai.ChatCompletion)
assert_type(steps.get_final_text(), str)

with client.chat.completions.stream(model="m", messages=messages, response_format=dict) as events:
    for one in events:
        if one.type == "content.delta":
            assert_type(one.delta, str)
        elif one.type == "chunk":
            assert_type(one.chunk, dosai.types.chat.ChatCompletionChunk)
assert_type(client.embeddings.create(model="m", input=["a"], dimensions=3).data[0].embedding, list[float])
raw = client.with_options(timeout=None, max_retries=0).chat.completions.with_raw_response.create(
    model="m", messages=messages, extra_body={"top_k": 1}, extra_headers={"x": "y"}
)
assert_type(raw.headers.get("x-request-id"), Optional[str])
assert_type([model.id for model in client.models.list()], list[str])
try:
    client.post("/embeddings", {"input": "a"})
    for event in client.post("/messages", {"stream": True}, stream=True, last_event="message_stop"):
        assert_type(event, dosai.ServerSentEvent)
        assert_type(event.type, Optional[str])
except dosai.APIStatusError as error:
    assert_type(error.status_code, int)
    assert_type(error.response.headers.get("retry-after"), Optional[str])
    assert_type(error.completion, Optional[dosai.ChatCompletion])


inline = client.chat.completions.create(model="m", messages=[
    {"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "video_url", "video_url": {}}]},
    {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
    {"role": "tool", "content": "a cat", "tool_call_id": "1"},
])
assert_type(inline, dosai.ChatCompletion)


async def in_an_event_loop() -> None:
    async with dosai.AsyncClient(api_key="k", timeout=5, ca_file="/ca.pem") as client:
        assert_type(await client.chat.completions.create(model="m", messages=messages), dosai.ChatCompletion)
        async with await client.chat.completions.create(model="m", messages=messages, stream=True) as stream:
            assert_type(stream, dosai.AsyncStream)
            async for chunk in stream:
                assert_type(chunk, dosai.ChatCompletionChunk)
            assert_type(await stream.get_final_completion(), dosai.ChatCompletion)
            assert_type(await stream.get_final_text(), str)
        async for event in await client.post("/messages", {}, stream=True):
            assert_type(event.data, str)
        assert_type([model.id async for model in client.models.list()], list[str])
        assert_type([model.id for model in (await client.models.list()).data], list[str])
        assert_type(client.with_options(max_retries=0), dosai.AsyncClient)
        async with client.chat.completions.run_tools(model="m", messages=messages, tools=[double], stream=True) as run:
            async for step in run:
                if not isinstance(step, dosai.ToolResult):
                    assert_type(step, dosai.ChatCompletionChunk)
            assert_type(await run.get_final_completion(), dosai.ChatCompletion)
        await client.chat.completions.create(model="m", messages=messages, temprature=0.5)  # type: ignore[call-overload]
    dosai.AsyncClient(nonsense=1)  # type: ignore[call-arg]


client.chat.completions.create(model="m", messages=messages, temperature="hot")  # type: ignore[call-overload]
client.chat.completions.create(model="m", messages=messages, temprature=0.5)  # type: ignore[call-overload]
client.chat.completions.create(messages=messages)  # type: ignore[call-overload]
parts: list[dosai.types.chat.ChatCompletionContentPartTextParam] = [{"type": "text", "text": "Hi"}]
client.chat.completions.create(model="m", messages=[{"role": "user", "content": parts}])
client.chat.completions.create(model="m", messages=[{"role": "user", "content": iter(parts)}])  # type: ignore[list-item]
dosai.Client(nonsense=1)  # type: ignore[call-arg]
client.with_options(timeout="long")  # type: ignore[arg-type]


kinds = AsyncAzureOpenAI, AsyncClient, AsyncOpenAI, AzureOpenAI, Client, OpenAI, Report, APIError, patch, unpatch
theirs = dosai.openai.OpenAI(api_key="k")
assert_type(theirs, OpenAI)
assert_type(theirs.chat.completions.create(model="m", messages=[]).choices[0].message.content, Optional[str])
