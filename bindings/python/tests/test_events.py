"""client.post(..., stream=True): the server-sent events of any endpoint."""

import asyncio

import dosai
import pytest

BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "stream": True}
RESPONSES_END = "response.completed response.incomplete response.failed"


def read(client, asynchronous, body=BODY, **options):
    """The events, and the error that ended them."""
    events = []

    async def run():
        async with dosai.AsyncClient(**client._arguments) as other:
            async with await other.post("/messages", body, stream=True, **options) as stream:
                async for event in stream:
                    events.append(event)

    try:
        if asynchronous:
            asyncio.run(run())
        else:
            with client.post("/messages", body, stream=True, **options) as stream:
                events.extend(stream)
    except dosai.APIError as error:
        return events, error
    return events, None


both = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


@both
@pytest.mark.parametrize("script", ["messages", "messages.cut1"])
def test_messages(server, client, script, asynchronous):
    events, error = read(client(script), asynchronous, last_event="message_stop")
    assert error is None and [event.type for event in events] == [event.json()["type"] for event in events]
    texts = [event.json()["delta"]["text"] for event in events if event.type == "content_block_delta"]
    assert texts == ["Hello", "!"] and events[-1].type == "message_stop" and events[-1].id is None
    assert server.stats(script)["last_path"].endswith("/v1/messages")


@both
def test_responses(client, asynchronous):
    events, error = read(client("responses"), asynchronous, last_event=RESPONSES_END)
    assert error is None and len(events) == 6
    assert events[-1].json()["response"]["output"][0]["content"][0]["text"] == "Hello!"


@both
def test_another_protocol(client, asynchronous):
    events, error = read(client("tokens"), asynchronous)
    assert error is None and events[-1].type is None and events[-1].json()["generated_text"] == "Hello!"
    events, error = read(client("plain-events"), asynchronous, last_event="[DONE]")
    assert error is None and [(event.type, event.data, event.id) for event in events] == [
        ("word", "one\ntwo", "7"), (None, "", "7"), (None, "[DONE]", "8")
    ]


@both
def test_failures(client, asynchronous):
    events, error = read(client("messages-error"), asynchronous)
    assert len(events) == 5 and error.status == "PROVIDER" and "Overloaded" in str(error)
    assert error.type == "overloaded_error"
    for script, last_event in ("messages-cut", None), ("messages-no-stop", "message_stop"):
        events, error = read(client(script), asynchronous, last_event=last_event)
        assert len(events) == 5 and error.status == "TRUNCATED", script
    events, error = read(client("messages-refused"), asynchronous)
    assert events == [] and error.status_code == 529


def test_response_and_close(client):
    stream = client("messages").post("/messages", BODY, stream=True)
    assert next(stream).type == "message_start"
    assert stream.response.headers["x-request-id"] == "req-1" and stream.response.status_code == 200
    stream.close()
    with pytest.raises(dosai.APICancelledError):
        next(stream)


def test_wrong_arguments(client):
    with pytest.raises(dosai.DosaiError, match="last_event"):
        client("messages").post("/messages", BODY, stream=True, last_event="")
    with pytest.raises(ValueError, match="last_event"):
        client("messages").post("/messages", BODY, stream=True, last_event="a\0b")


def test_a_slow_async_reader_pauses_the_call(server):
    server.put("many-events", {"stream": ("data: " + "a" * 50000 + "\n\n") * 100})

    async def run():
        count = 0
        async with dosai.AsyncClient(base_url=server.base("many-events"), api_key="sk-test") as client:
            async for event in await client.post("/x", {}, stream=True):
                count += len(event.data)
                await asyncio.sleep(0)
        return count

    assert asyncio.run(run()) == 5000000
