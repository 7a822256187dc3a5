"""AsyncClient with anyio, on both of its event loops."""

import asyncio
import gc
import os
import time

import dosai
import pytest
from lateness import allowance
from test_client import headers_sent

anyio = pytest.importorskip("anyio")
trio = pytest.importorskip("trio")
HELLO = "Hello! How can I help you today?"
ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture(params=["trio", "asyncio"])
def run(request):
    return lambda function: anyio.run(function, backend=request.param)


@pytest.fixture
def client(server):
    return lambda script, **more: dosai.AsyncClient("k", server.base(script), **{"max_retries": 0, **more})


def create(client, **more):
    return client.chat.completions.create(**ASK, **more)


async def text_of(stream):
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


async def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        await anyio.sleep(0.01)


def test_calls(run, client):
    async def main():
        async with client("hello") as one:
            assert (await create(one)).choices[0].message.content == HELLO
            assert await text_of(await create(one, stream=True)) == HELLO
            async with one.chat.completions.stream(**ASK) as stream:
                assert "".join([event.delta async for event in stream if event.type == "content.delta"]) == HELLO
        with pytest.raises(dosai.AuthenticationError):
            await create(client("error-401"))
        with pytest.raises(dosai.APIConnectionError):
            await text_of(await create(client("clean-no-done"), stream=True))
        with pytest.raises(dosai.APITimeoutError):
            await create(client("silent"), timeout=0.1)

    run(main)


def test_many_at_once(run, client):
    async def main():
        one, texts = client("paced"), []

        async def read():
            texts.append(await text_of(await create(one, stream=True)))

        started = time.monotonic()
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(read)
        assert texts == ["abcdefghijklmnopqrst"] * 50
        return time.monotonic() - started

    async def alone():
        started = time.monotonic()
        await text_of(await create(client("paced"), stream=True))
        return time.monotonic() - started

    started = time.monotonic()
    assert run(main) < 10 * run(alone) + allowance(started)


@pytest.mark.parametrize("stream", [False, True])
def test_a_cancelled_wait_ends_the_call(server, run, client, stream):
    name = f"{'silent-chunk' if stream else 'silent'}~{time.monotonic_ns()}"

    async def main():
        one = client(name)
        with anyio.move_on_after(0.2) as scope:
            answer = await create(one, stream=stream)
            await text_of(answer)
        assert scope.cancelled_caught
        await until(lambda: server.stats(name)["ended"] == 1)

    run(main)


def test_close_wakes_who_waits(run, client):
    async def main():
        stream, ended = await create(client("silent-chunk"), stream=True), []

        async def read():
            try:
                await text_of(stream)
            except dosai.APICancelledError as error:
                ended.append(error.status)

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.sleep(0.1)
            await stream.close()
        assert ended == ["CANCELLED"]

    run(main)


def test_one_client_in_one_run_after_the_other(run, client):
    one = client("hello")

    async def main():
        assert (await create(one)).choices[0].message.content == HELLO

    for function in (run, run, lambda function: asyncio.run(function()), trio.run):
        function(main)


def own_descriptors():
    """Those of event loops and of the library; the server's connections are in this process, too."""
    links = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")
             if os.path.islink(f"/proc/self/fd/{name}")]
    return sum(link.startswith("anon_inode:") for link in links)


@pytest.mark.filterwarnings("error")
def test_nothing_is_left_open(run, client):
    async def main():
        one = client("hello")
        await create(one)
        stream = await create(client("silent-chunk"), stream=True)
        assert stream.response.status_code == 200
        del one
        gc.collect()  # the client is retired while the run goes on
        await anyio.sleep(0)
        await anyio.sleep(0)

    run(main)
    gc.collect()
    before = own_descriptors()
    for _ in range(5):
        run(main)
    gc.collect()
    assert own_descriptors() == before


def test_a_key_that_is_awaited(server, run, client):
    async def key():
        await anyio.sleep(0)
        return "sk-awaited"

    async def main():
        await create(dosai.AsyncClient(key, server.base("hello~key-trio")))

    run(main)
    assert headers_sent(server, "hello~key-trio")["authorization"] == "Bearer sk-awaited"


def test_tool_loops_need_asyncio(client):
    async def main():
        with pytest.raises(RuntimeError, match="needs asyncio: under trio, run that of Client in a thread"):
            client("hello").chat.completions.run_tools(**ASK, tools=[])

    trio.run(main)


def test_openai_on_the_library(server, run):
    pytest.importorskip("openai")
    from dosai.openai import AsyncOpenAI

    async def main():
        one = AsyncOpenAI(base_url=server.base("hello"), api_key="k")
        answer = await create(one)
        assert answer.choices[0].message.content == HELLO and answer._dosai.attempts == 1
        assert await text_of(await create(one, stream=True)) == HELLO

    run(main)
