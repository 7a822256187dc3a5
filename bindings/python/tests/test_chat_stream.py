"""chat.completions.stream(): the events of openai-python's helper, with both clients."""

import asyncio

import dosai
import pytest
from dosai import testing

openai = pytest.importorskip("openai")
pydantic = pytest.importorskip("pydantic")
ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
TOOL = {"type": "function", "function": {"name": "weather", "strict": True, "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}}}


class City(pydantic.BaseModel):
    name: str
    size: int


def plain(value):
    if hasattr(value, "model_dump"):
        return value.model_dump(exclude_unset=True)
    return [plain(each) for each in value] if isinstance(value, list) else value


def seen(event):
    """What a program reads of an event; the chunk and the snapshot of all of it have tests of their own."""
    fields = event.model_dump(exclude_unset=True) if hasattr(event, "model_dump") else {"type": event.type, **vars(event)}
    return {name: plain(value) for name, value in fields.items() if name not in ("chunk", "_snapshot") and not (
        event.type == "chunk" and name == "snapshot")}


def events_of(kind, base, more):
    with kind(base_url=base, api_key="k", max_retries=0).chat.completions.stream(**ASK, **more) as stream:
        events = list(stream)
        return events, stream.get_final_completion()


async def async_events_of(base, more):
    client = dosai.AsyncClient(base_url=base, api_key="k", max_retries=0)
    async with client.chat.completions.stream(**ASK, **more) as stream:
        events = [event async for event in stream]
        return events, await stream.get_final_completion()


@pytest.fixture(params=["sync", "async"])
def ours(request):
    if request.param == "sync":
        return lambda base, more: events_of(dosai.Client, base, more)
    return lambda base, more: asyncio.run(async_events_of(base, more))


REPLIES = {
    "text": (testing.completion("Hel", "lo"), {}),
    "tools": (testing.completion("Let me see.", tool_calls=[
        testing.tool_call("weather", '{"city": "Paris"}'), testing.tool_call("time", '{"zone": 1}')]), {"tools": [TOOL]}),
    "a shape": (testing.completion('{"name": "Par', 'is", "si', 'ze": 2}'), {"response_format": City}),
}


@pytest.mark.filterwarnings("ignore:Pydantic serializer")  # of openai-python's own events
@pytest.mark.parametrize("name", REPLIES)
def test_the_same_events(dosai_server, ours, name):
    reply, more = REPLIES[name]
    for _ in range(2):
        dosai_server.reply(reply)
    theirs, their_final = events_of(openai.OpenAI, dosai_server.base_url, more)
    events, final = ours(dosai_server.base_url, more)
    if name == "a shape":  # openai-python does not look into the first chunk
        assert theirs[1].parsed is None and events[1].parsed == {}
        events[1].parsed = None
    assert [seen(event) for event in events] == [seen(event) for event in theirs]
    assert len({event.type for event in events}) > 2
    assert final.choices[0].message.content == their_final.choices[0].message.content
    assert getattr(final.choices[0].message, "parsed", None) == their_final.choices[0].message.parsed
    assert all(isinstance(event.chunk, dosai.ChatCompletionChunk) for event in events if event.type == "chunk")
    assert next(event for event in events if event.type == "chunk").snapshot.id == final.id
    for event in events:
        assert repr(event).startswith(type(event).__name__ + "(")


@pytest.mark.parametrize("script", ["hello", "rich", "many-choices", "late-end", "paced"])
def test_scripts_of_the_server(server, ours, script):
    theirs, _ = events_of(openai.OpenAI, server.base(script), {})
    events, _ = ours(server.base(script), {})
    assert [seen(event) for event in events] == [seen(event) for event in theirs]


def test_calls_of_other_kinds(dosai_server, ours):
    """openai-python tells nothing of a call without a type, and no end of one that comes with the end."""
    calls = [{"index": 0, "id": "1", "type": "custom", "custom": {"name": "c", "input": "x"}},
             {"index": 1, "id": "2", "function": {"name": "f", "arguments": "{}"}}]
    dosai_server.reply(testing.events(testing.chunk({"tool_calls": calls}, "tool_calls")))
    events, _ = ours(dosai_server.base_url, {})
    assert [event.type.rpartition(".")[2] for event in events] == ["chunk", "delta", "done"]
    assert (events[2].name, events[2].index, events[2].arguments, events[2].parsed_arguments) == ("f", 1, "{}", None)


@pytest.mark.parametrize("names", [["get_", "weather"], ["get_weather", "get_weather"], ["get_", "get_weather"]])
def test_a_name_in_parts(dosai_server, names):
    dosai_server.reply(testing.events(*[testing.chunk({"tool_calls": [
        {"index": 0, "function": {"name": name, "arguments": ""}}]}) for name in names], testing.chunk({}, "tool_calls")))
    with dosai.Client("k", dosai_server.base_url).chat.completions.stream(model="m", messages=[]) as stream:
        told = [event.name for event in stream if event.type == "tool_calls.function.arguments.delta"]
        made = stream.get_final_completion().choices[0].message.tool_calls[0].function.name
    assert (told[-1], made) == ("get_weather", "get_weather")


def test_an_answer_that_breaks_off(server, ours):
    with pytest.raises(dosai.APIConnectionError) as caught:
        ours(server.base("clean-no-done"), {})
    assert caught.value.status == "TRUNCATED"


def test_what_broke_off_does_not_end_later(server):
    base = server.base("clean-no-done")
    with dosai.Client("k", base, max_retries=0).chat.completions.stream(**ASK) as stream:
        for _ in range(2):
            with pytest.raises(dosai.APIConnectionError):
                stream.until_done()

    async def main():
        async with dosai.AsyncClient("k", base, max_retries=0).chat.completions.stream(**ASK) as stream:
            for _ in range(2):
                with pytest.raises(dosai.APIConnectionError):
                    await stream.until_done()

    asyncio.run(main())


def test_an_answer_that_does_not_fit(dosai_server, ours):
    dosai_server.reply(testing.completion('{"name": "Paris"}'))
    with pytest.raises(dosai.APIResponseValidationError, match="does not fit City") as caught:
        ours(dosai_server.base_url, {"response_format": City})
    assert caught.value.completion.choices[0].message.content == '{"name": "Paris"}'
    dosai_server.reply(testing.completion('{"name": ', finish_reason="length"))
    with pytest.raises(dosai.LengthFinishReasonError):
        ours(dosai_server.base_url, {"response_format": City})


def test_leaving_it_closes_the_connection(server):
    from test_stream import wait_until

    client = dosai.Client(base_url=server.base("endless~events"), api_key="k")
    with client.chat.completions.stream(**ASK) as stream:
        assert next(stream).type == "chunk" and stream.current_completion_snapshot.choices
        assert stream.response.status_code == 200
    wait_until(lambda: server.stats("endless~events")["ended"] == 1)
