"""AsyncClient: Client's calls in an event loop, asyncio's own and uvloop's."""

import asyncio
import contextvars
import gc
import os
import threading
import time
import tracemalloc

import dosai
import pytest
import scripts
import uvloop
from lateness import allowance, wait_until

HELLO = "Hello! How can I help you today?"
LETTERS = "abcdefghijklmnopqrst"


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request):
    """Runs a coroutine function in an event loop of each kind."""
    return lambda function, *arguments: request.param(function(*arguments))


@pytest.fixture
def client(server):
    def make(script, **options):
        return dosai.AsyncClient("sk-test", server.base(script), **{"max_retries": 0, **options})

    return make


@pytest.fixture
def ask(client):
    """Calls one script of the server."""

    async def call(script, **arguments):
        return await create(client(script), **arguments)

    return call


async def create(client, **arguments):
    arguments = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **arguments}
    return await client.chat.completions.create(**arguments)


async def text_of(stream):
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


async def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def check_descriptors(before):
    """The server closes its ends in threads of its own."""
    wait_until(lambda: descriptors() <= before)


def test_calls(run, client, server):
    async def main():
        shared = client("hello")
        assert (await create(shared)).choices[0].message.content == HELLO
        assert await text_of(await create(shared, stream=True)) == HELLO
        models = client("models").models
        assert [model.id async for model in models.list()] == ["dos-ai"] == [m.id for m in (await models.list()).data]
        assert [model.id async for model in await models.list()] == ["dos-ai"]
        echo = client("echo~async")
        answer = await echo.post("/embeddings", {"input": "a"}, extra_headers={"X-One": "1"})
        assert (answer["method"], answer["body"]) == ("POST", '{"input": "a"}')
        assert ["X-One", "1"] in map(list, server.stats("echo~async")["last_headers"])
        assert (await echo.get("/x"))["method"] == "GET"
        assert await text_of(await create(client("echo"), model="two", stream=True, extra_body={"x": 1})) != ""

    run(main)


def test_streams(run, ask):
    async def main():
        stream = await ask("rich", stream=True)
        assert stream.response.headers["x-request-id"] == "req-1" and stream.current_completion_snapshot.choices
        names = {}
        async for chunk in stream:
            for choice in chunk.choices:
                for call in choice.delta.tool_calls or []:
                    names[call.index] = names.get(call.index, "") + (call.function.name or "")
        assert names == {0: "get_weather", 1: "get_time"}
        assert [chunk async for chunk in stream] == []
        await stream.close()
        completion = await stream.get_final_completion()
        assert completion.choices[0].message.tool_calls[1].function.name == "get_time"
        assert await (await ask("hello", stream=True)).get_final_text() == HELLO
        assert await text_of(await ask("whole-eof-good", stream=True)) == HELLO

    run(main)


def test_chunks_are_those_of_the_other_client(run, server, client):
    server.put("async-chunks", {"events": [
        {"id": "1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}], "more": [1]},
        {"id": "2", "choices": [{"index": 0, "delta": {"content": "a\0é", "extra": {"x": 1}}, "finish_reason": None}]},
        {"id": "3", "choices": [{"index": 0, "delta": {"content": "c"}}, {"index": 1, "delta": {"content": "d"}}]},
        {"choices": [{"delta": {"content": [{"type": "text", "text": "b"}]}}]},
        {"choices": [{"index": i, "delta": {}, "finish_reason": "stop"} for i in (0, 1)]},
    ]})

    async def main():
        return [chunk async for chunk in await create(client("async-chunks"), stream=True)]

    other = dosai.Client("k", server.base("async-chunks"))
    theirs = list(other.chat.completions.create(model="m", messages=[], stream=True))
    assert run(main) == theirs and len(theirs) == 5


def test_raw_response(run, client):
    async def main():
        for stream in (False, True):
            completions = client("hello").chat.completions.with_raw_response
            raw = await completions.create(model="m", messages=[], stream=stream)
            assert (raw.status_code, raw.request_id, raw.request.method) == (200, "req-1", "POST")
            assert raw.request.url.endswith("/chat/completions")
            assert raw.headers["X-RateLimit-Remaining-Tokens"] == "1000"
            answer = raw.parse()
            completion = await answer.get_final_completion() if stream else answer
            assert completion.choices[0].message.content == HELLO

    run(main)


@pytest.mark.parametrize("stream", [False, True])
def test_errors(run, server, ask, stream):
    async def main():
        with pytest.raises(dosai.RateLimitError) as caught:
            await ask("error-429", stream=stream)
        error = caught.value
        assert (error.status_code, error.request_id, error.retry_after, len(error.attempts)) == (429, "req-1", 3, 1)
        assert repr(error.request) == repr(error.response.request) == f"Request('POST', '{server.base('error-429')}/chat/completions')"
        assert error.response.headers["retry-after"] == "3" and error.body["message"] == "Rate limit exceeded."
        with pytest.raises(dosai.APITimeoutError) as caught:
            await ask("silent", stream=stream, timeout=0.2)
        assert caught.value.clock in ("first token", "total")
        with pytest.raises(dosai.InvalidArgumentError):
            await ask("hello", stream=stream, extra_headers={"X": "a\nb"})

    run(main)


@pytest.mark.parametrize("script, kind", [
    ("mid-fin-chunked", dosai.APIConnectionError),
    ("clean-no-done", dosai.APIConnectionError),
    ("mid-error", dosai.APIError),
    ("mid-garbage", dosai.APIResponseValidationError),
])
def test_a_failure_is_told_each_time_with_what_had_arrived(run, ask, script, kind):
    async def main():
        stream = await ask(script, stream=True)
        assert (await stream.__anext__()).choices[0].delta.content == "Hello"
        for _ in range(2):
            with pytest.raises(kind) as caught:
                await stream.__anext__()
            assert caught.value.completion.choices[0].message.content == "Hello"

    run(main)


def test_an_event_that_cannot_be_read_ends_its_stream_alone(run, server, client, monkeypatch):
    from dosai import _async_loop

    def unreadable(view):
        raise dosai.APIResponseValidationError("the answer cannot be read", status="PROTOCOL")

    async def main():
        other = await create(client("endless"), stream=True)
        stream = await create(client("two-chunks"), stream=True)
        monkeypatch.setattr(_async_loop, "EventBuilder", unreadable)
        is_patched.set()
        assert (await stream.__anext__()).choices[0].delta.content == "Hello"
        for _ in range(2):
            with pytest.raises(dosai.APIResponseValidationError):
                await stream.__anext__()
        for _ in range(20):
            assert (await other.__anext__()).choices[0].delta.content == "Hello"

    is_patched = threading.Event()
    server.put("two-chunks", scripts.begun({"call": lambda: is_patched.wait(60)}, {"chunk": scripts.FINISH}, {"chunk": scripts.DONE}, scripts.END))
    run(main)


def test_many_at_once(run, client):
    async def say(shared, number):
        answer = await create(shared, messages=[{"role": "user", "content": f"number {number}"}], stream=number % 2 == 0)
        return await text_of(answer) if number % 2 == 0 else answer.choices[0].message.content

    async def main():
        shared = client("echo")
        texts = await asyncio.gather(*(say(shared, number) for number in range(100)))
        assert all(f'"number {number}"' in text for number, text in enumerate(texts))

    run(main)


def test_streams_in_a_row_are_one_connection(run, server, client, request):
    script = f"fast~{request.node.callspec.id}"

    async def main():
        shared = client(script)
        for _ in range(20):
            assert await text_of(await create(shared.with_options(timeout=5), stream=True)) == LETTERS
        assert server.stats(script)["connections"] == 1

    run(main)


# ---- leaving early

WAITS = {"a call": ("silent", False), "an open": ("silent", True), "a stream": ("silent-chunk", True)}


@pytest.mark.parametrize("place", WAITS)
def test_cancelling_the_task_cancels_the_call(run, server, client, request, place):
    script, stream = WAITS[place]
    script += f"~{request.node.callspec.id}".replace(" ", "")
    box = []

    async def wait():
        box.append(await create(client(script), stream=stream))
        async for _ in box[0]:
            pass

    async def main():
        task = asyncio.ensure_future(wait())
        await until(lambda: server.stats(script)["requests"] == 1)
        await asyncio.sleep(0.1)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: server.stats(script)["ended"] == 1)
        assert time.monotonic() - started < 1 + allowance(started)
        if box:
            with pytest.raises(dosai.APICancelledError):
                await box[0].__anext__()

    run(main)


def test_wait_for(run, server, ask, request):
    script = f"silent~{request.node.callspec.id}"

    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(ask(script), 0.1)
        if hasattr(asyncio, "timeout"):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await ask(script, stream=True)
        await until(lambda: server.stats(script)["ended"] == server.stats(script)["requests"])

    run(main)


async def leave_by_break(ask, script):
    async for _ in await ask(script, stream=True):
        break


async def leave_by_block(ask, script):
    async with await ask(script, stream=True) as stream:
        await stream.__anext__()
    with pytest.raises(dosai.APICancelledError):
        await stream.__anext__()
    with pytest.raises(dosai.APICancelledError):
        stream.current_completion_snapshot


async def leave_by_aclose(ask, script):
    stream = await ask(script, stream=True)
    await stream.aclose()
    await stream.aclose()


async def leave_by_forgetting(ask, script):
    stream = await ask(script, stream=True)
    stream.itself = stream
    del stream
    gc.collect()


async def leave_by_exception(ask, script):
    with pytest.raises(ZeroDivisionError):
        async with await ask(script, stream=True) as stream:
            async for _ in stream:
                1 / 0


@pytest.mark.parametrize("leave", [
    leave_by_break, leave_by_block, leave_by_aclose, leave_by_forgetting, leave_by_exception])
def test_leaving_a_stream_cancels_the_call(run, server, ask, request, leave):
    script = f"endless~{request.node.callspec.id}"

    async def main():
        await leave(ask, script)
        await until(lambda: server.stats(script)["ended"] == 1)

    run(main)


def test_a_task_that_ends_the_event_loop_keeps_up_no_other(client):
    """Both wait for an event of the same turn, and the first ends the event loop."""

    async def first(shared):
        await create(shared)
        raise KeyboardInterrupt

    event_loop = asyncio.new_event_loop()
    shared = client("hello")
    try:
        others = [event_loop.create_task(create(shared)) for _ in range(8)]
        ending = event_loop.create_task(first(shared))
        others += [event_loop.create_task(create(shared)) for _ in range(8)]
        with pytest.raises(KeyboardInterrupt):
            event_loop.run_until_complete(ending)
        answers = event_loop.run_until_complete(asyncio.wait_for(asyncio.gather(*others), 60))
        assert {answer.choices[0].message.content for answer in answers} == {HELLO}
    finally:
        event_loop.close()


def test_cancelled_as_the_answer_arrives(run, client):
    """Each answer cancels the task of the next one, whose answer may have arrived in the same turn."""

    async def main():
        tasks = []

        async def one(position):
            answer = await create(shared)
            if position % 2 == 0:
                tasks[position + 1].cancel()
            return answer.choices[0].message.content

        shared = client("hello")
        tasks += [asyncio.ensure_future(one(position)) for position in range(40)]
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(answer == HELLO for answer in answers[::2])
        assert all(answer == HELLO or isinstance(answer, asyncio.CancelledError) for answer in answers[1::2])

    run(main)


def test_a_task_goes_on_in_its_own_context(run, ask):
    variable = contextvars.ContextVar("variable")

    async def read(value):
        variable.set(value)
        async for _ in await ask("paced", stream=True):
            assert variable.get() == value
            assert asyncio.current_task().get_name() == str(value)

    async def main():
        await asyncio.gather(*(asyncio.create_task(read(value), name=str(value)) for value in range(8)))

    run(main)


def test_close_by_another_task(run, ask):
    async def main():
        stream = await ask("silent-chunk", stream=True)
        await stream.__anext__()
        waiting = asyncio.ensure_future(stream.__anext__())
        await asyncio.sleep(0.1)
        with pytest.raises(dosai.DosaiError) as caught:
            await stream.__anext__()
        assert caught.value.status == "BUSY" and not waiting.done()
        await stream.close()
        with pytest.raises(dosai.APICancelledError):
            await waiting
        with pytest.raises(dosai.APICancelledError, match="closed before its end"):
            await stream.get_final_text()

    run(main)


def test_a_slow_reader_holds_little_and_nobody_up(run, ask):
    async def main():
        stream = await ask("blast", stream=True)  # 8 MiB at once
        first = (await stream.__anext__()).choices[0].delta.content
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        texts = await asyncio.gather(*(answer(ask) for _ in range(10)))
        assert texts == [LETTERS] * 10
        assert tracemalloc.get_traced_memory()[0] - before < 1 << 20
        tracemalloc.stop()
        assert len(first) + len(await text_of(stream)) == (8 << 20) + 5

    async def answer(ask):
        return await text_of(await ask("paced", stream=True))

    run(main)


# ---- event loops

def test_one_client_in_one_event_loop_after_the_other(run, client, server, request):
    script = f"hello~{request.node.callspec.id}"
    shared = client(script)

    async def main():
        stream = await create(shared, stream=True)
        assert (await create(shared)).choices
        return stream

    run(main)
    before = descriptors()
    streams = [run(main) for _ in range(3)]
    check_descriptors(before)  # though the streams are still there
    assert server.stats(script)["requests"] == 8
    del streams


def test_one_client_in_many_event_loops_at_once(run, client):
    shared, wrong = client("fast"), []

    async def main():
        for _ in range(5):
            streams = await asyncio.gather(*(create(shared, stream=True) for _ in range(4)))
            texts = await asyncio.gather(*map(text_of, streams))
            if texts != [LETTERS] * 4:
                wrong.append(texts)

    threads = [threading.Thread(target=run, args=(main,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong and not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("new_event_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_an_event_loop_that_is_merely_closed(client, new_event_loop):
    shared = client("hello")
    gc.disable()
    try:
        before = descriptors()
        event_loop = new_event_loop()
        assert event_loop.run_until_complete(create(shared)).choices
        event_loop.close()
        del event_loop
        check_descriptors(before)
    finally:
        gc.enable()


@pytest.mark.parametrize("new_event_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.filterwarnings("error")
def test_an_event_loop_that_is_closed_while_a_task_waits(client, new_event_loop, caplog):
    async def wait(box):
        box.append(await create(client("silent-chunk"), stream=True))
        async for _ in box[0]:
            pass

    before, streams = descriptors(), []
    event_loop = new_event_loop()
    task = event_loop.create_task(wait(streams))
    event_loop.run_until_complete(until(lambda: streams))
    event_loop.run_until_complete(asyncio.sleep(0.2))
    event_loop.close()
    del event_loop, task
    gc.collect()
    assert "destroyed but it is pending" in caplog.text  # asyncio's word for it
    with pytest.raises(dosai.APICancelledError):
        asyncio.run(text_of(streams[0]))
    check_descriptors(before)


def test_clients_come_and_go_in_one_event_loop(run, client):
    async def closed():
        async with client("fast") as shared:
            other = shared.with_options(timeout=5)
            stream = await create(other, stream=True)
            await other.close()
        assert await text_of(stream) == LETTERS  # what goes on keeps what it needs
        with pytest.raises(dosai.DosaiError):
            await create(shared)

    async def forgotten():
        assert await text_of(await create(client("fast"), stream=True)) == LETTERS

    async def left():
        shared = client("endless")
        await create(shared, stream=True)
        await shared.close()

    async def main():
        await closed()
        before = descriptors()
        for _ in range(3):
            for work in (closed, forgotten, left):
                await work()
        await until(lambda: descriptors() <= before)

    run(main)
