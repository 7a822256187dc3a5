"""What on_event is told of the calls of a client."""
import asyncio

import pytest

import dosai

MESSAGES = [{"role": "user", "content": "Hi"}]


def test_each_point_of_a_call(client):
    events = []
    one = client("fail-then-hello~observed", on_event=events.append, max_retries=1)
    one.chat.completions.create(model="m", messages=MESSAGES)
    assert [event.kind for event in events] == [
        "started", "attempt", "connected", "headers", "retry", "attempt", "connected", "headers", "ended"]
    last = events[-1]
    assert (last.method, last.model, last.status, last.status_code, last.attempt) == ("POST", "m", "OK", 200, 2)
    assert (last.prompt_tokens, last.completion_tokens, last.is_stream) == (12, 9, False)
    assert events[0].prompt_tokens is None and events[0].connect is None and events[0].status_code is None
    assert (events[4].status, events[4].delay) == ("UNAVAILABLE", 0.02)
    assert 0 < last.connect <= last.first_byte <= last.total and last.first_token is None
    assert len({event.call for event in events}) == 1 and "ended" in repr(last)


def test_of_a_stream_in_an_event_loop(server):
    async def main():
        events = []
        async with dosai.AsyncClient(base_url=server.base("hello"), on_event=events.append) as one:
            async for _ in await one.chat.completions.create(model="m", messages=MESSAGES, stream=True):
                pass
        assert [event.kind for event in events] == ["started", "attempt", "connected", "headers", "first_token", "ended"]
        assert events[-1].is_stream and events[-1].event_count > 2 and events[-1].first_token > 0
    asyncio.run(main())


class Stop(BaseException):
    pass


@pytest.mark.parametrize("face", ["whole", "stream", "async"])
def test_what_ends_a_call_ends_no_other(client, server, face):
    def stop(event):
        raise Stop(event.kind)

    async def asked():
        async with dosai.AsyncClient(base_url=server.base("hello"), on_event=stop) as one:
            await one.chat.completions.create(model="m", messages=MESSAGES)

    with pytest.raises(Stop, match="started"):
        if face == "async":
            asyncio.run(asked())
        else:
            client("hello", on_event=stop).chat.completions.create(model="m", messages=MESSAGES, stream=face == "stream")
    assert client("hello").chat.completions.create(model="m", messages=MESSAGES).choices


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_it_raises_stops_nothing(client):
    def fail(event):
        raise RuntimeError("observer")
    assert client("hello", on_event=fail).chat.completions.create(model="m", messages=MESSAGES).choices
