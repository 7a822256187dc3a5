"""What on_event is told of the calls of a client."""
import asyncio
import gc
import os
import signal
import threading

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


class Stop(SystemExit):  # which ends an event loop, too
    pass


@pytest.mark.parametrize("kinds, face", [
    ("started", "whole"), ("started", "stream"), ("started", "async"), ("started ended", "whole"), ("started ended", "stream"),
    ("started ended", "async"), ("first_token", "stream"), ("ended", "stream"), ("ended", "left"), ("ended", "async left")])
def test_what_ends_a_call_ends_no_other(client, server, kinds, face):
    def stop(event):
        if event.kind in kinds:
            raise Stop(event.kind)

    async def asked():
        async with dosai.AsyncClient(base_url=server.base("hello"), on_event=stop) as one:
            with pytest.raises(Stop, match=kinds.split()[0]):
                await one.chat.completions.create(model="m", messages=MESSAGES)
            await asyncio.sleep(0.05)

    async def left():
        async with dosai.AsyncClient(base_url=server.base("endless"), on_event=stop) as one:
            async for _ in await one.chat.completions.create(model="m", messages=MESSAGES, stream=True):
                break

    def another():
        try:
            assert client("hello").chat.completions.create(model="m", messages=MESSAGES).choices
        except Stop as error:
            pytest.fail(f"another call raised {error}")

    def ask():
        answer = client("hello", on_event=stop).chat.completions.create(model="m", messages=MESSAGES, stream=face != "whole")
        if face == "left":
            next(answer)
            answer.close()
        for _ in answer:
            another()

    if face == "async":
        asyncio.run(asked())
    elif face == "async left":
        with pytest.raises(Stop, match="ended"):
            asyncio.run(left())
    else:
        with pytest.raises(Stop, match=kinds.split()[0]):
            ask()
    another()


def test_what_an_end_raises_in_a_finalizer_is_not_left(client, server):
    def stop(event):
        if event.kind == "ended":
            told.append(event)
            raise Stop(event.kind)

    async def ask():
        one = dosai.AsyncClient(base_url=server.base("silent"), on_event=stop)
        return asyncio.ensure_future(one.chat.completions.create(model="m", messages=MESSAGES)), await asyncio.sleep(0.1)

    told, event_loop = [], asyncio.new_event_loop()
    task, _ = event_loop.run_until_complete(ask())
    event_loop.close()
    del event_loop
    gc.collect()
    assert len(told) == 1
    assert client("hello").chat.completions.create(model="m", messages=MESSAGES).choices
    task._log_destroy_pending = False


def test_what_is_freed_meanwhile_changes_nothing(client):
    def at_once(event):
        raise Stop(event.kind)

    def stop(event):
        if event.kind == "ended":
            held.clear()
            gc.collect()
        if event.kind == "started":
            raise Stop(event.kind)

    held = [client("hello", on_event=lambda event: event.kind == "first_token" and at_once(event)).chat.completions.create(
        model="m", messages=MESSAGES, stream=True)]
    try:
        for _ in held[0]:
            pass
        pytest.fail("it was not raised")
    except Stop:
        pass
    with pytest.raises(Stop, match="started"):
        client("hello", on_event=stop).chat.completions.create(model="m", messages=MESSAGES)


def test_ctrl_c_is_raised_once(client):
    def stop(event):
        if event.kind == "ended":
            raise Stop(event.kind)

    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        client("silent", on_event=stop).chat.completions.create(model="m", messages=MESSAGES, timeout=60)
    assert client("hello").chat.completions.create(model="m", messages=MESSAGES).choices


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_it_raises_stops_nothing(client):
    def fail(event):
        raise RuntimeError("observer")
    assert client("hello", on_event=fail).chat.completions.create(model="m", messages=MESSAGES).choices
