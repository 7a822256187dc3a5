"""AsyncClient with anyio, on both of its event loops."""

import asyncio
import gc
import os
import time

import dosai
import pytest
from lateness import allowance
from test_client import headers_sent
from test_run_tools import calls

anyio = pytest.importorskip("anyio")
trio = pytest.importorskip("trio")
HELLO = "Hello! How can I help you today?"
ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
TWO = calls(("wait", {"n": 1}), ("wait", {"n": 2}))


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
        one, scope = client(name), anyio.CancelScope()

        async def wait():
            with scope:
                await text_of(await create(one, stream=stream))

        async with anyio.create_task_group() as group:
            group.start_soon(wait)
            await until(lambda: server.stats(name)["requests"] == 1)
            await anyio.sleep(0.1)
            scope.cancel()
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


def link_of(descriptor):
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except FileNotFoundError:  # the server has just closed it
        return ""


def own_descriptors():
    """Those of event loops and of the library; the server's connections are in this process, too."""
    return sum(link_of(name).startswith("anon_inode:") for name in os.listdir("/proc/self/fd"))


@pytest.mark.filterwarnings("error")
def test_nothing_is_left_open(run, client):
    async def main():
        one = client("hello")
        await create(one)
        stream = await create(client("silent-chunk"), stream=True)
        assert stream.response.status_code == 200
        async with one.chat.completions.stream(**ASK) as events:
            async for _ in events:
                break
        del one, events
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


class Functions:
    """What the model calls: they meet, wait to be cancelled, or fail."""

    def __init__(self):
        self.began, self.ended, self.met = 0, [], anyio.Event()

    async def meet(self, n: int) -> str:
        self.began += 1
        if self.began == 3:
            self.met.set()
        await self.met.wait()
        return str(n)

    async def wait(self, n: int) -> None:
        self.began += 1
        try:
            await anyio.sleep(60)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
            self.ended.append(n)

    async def fail(self) -> None:
        await until(lambda: self.began == 1)
        raise LookupError("broken")


def run_tools(dosai_server, functions, **more):
    client = dosai.AsyncClient("k", dosai_server.base_url, max_retries=0)
    tools = [functions.meet, functions.wait, functions.fail]
    return client.chat.completions.run_tools(model="m", messages=ASK["messages"], tools=tools, **more)


@pytest.mark.parametrize("stream", [False, True])
def test_tools_at_the_same_time(run, dosai_server, stream):
    dosai_server.reply(calls(*[("meet", {"n": n}) for n in range(3)]), "Done.")

    async def main():
        runner = run_tools(dosai_server, Functions(), stream=stream)
        assert await runner.get_final_text() == "Done."
        assert [message["content"] for message in runner.messages[2:5]] == ["0", "1", "2"]

    run(main)


def test_a_cancelled_scope_cancels_the_tools(run, dosai_server):
    dosai_server.reply(TWO)

    async def main():
        functions = Functions()

        async def stop():
            await until(lambda: functions.began == 2)
            scope.cancel()

        async with anyio.create_task_group() as group:
            with anyio.CancelScope() as scope:
                group.start_soon(stop)
                await run_tools(dosai_server, functions).get_final_text()
        assert scope.cancelled_caught and sorted(functions.ended) == [1, 2]

    run(main)


def test_close_cancels_the_tools(run, dosai_server):
    dosai_server.reply(TWO)

    async def main():
        functions, ended = Functions(), []
        runner = run_tools(dosai_server, functions)

        async def read():
            with pytest.raises(dosai.APICancelledError):
                await runner.get_final_text()
            ended.append(True)

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await until(lambda: functions.began == 2)
            await runner.close()
            assert sorted(functions.ended) == [1, 2]
        assert ended

    run(main)


def test_a_tool_that_fails_cancels_the_others(run, dosai_server):
    dosai_server.reply(calls(("wait", {"n": 1}), ("fail", {})))

    async def main():
        functions = Functions()
        with pytest.raises(LookupError, match="broken"):
            await run_tools(dosai_server, functions, raise_errors=True).get_final_text()
        assert functions.ended == [1]

    run(main)


def test_leaving_the_tool_loop_cancels_the_tools(run, dosai_server):
    dosai_server.reply(calls(("wait", {"n": 1}), ("meet", {"n": 2})))

    async def main():
        functions = Functions()
        functions.met.set()
        async with run_tools(dosai_server, functions) as runner:
            async for step in runner:
                if isinstance(step, dosai.ToolResult):
                    break
        assert functions.ended == [1] and runner.messages == ASK["messages"]

    run(main)


@pytest.mark.parametrize("count", [1, 2])
def test_a_tool_closes_its_loop(run, dosai_server, count):
    dosai_server.reply(calls(*[("stop", {})] * count))

    async def main():
        async def stop() -> str:
            await anyio.sleep(0.05)
            await runner.close()
            return "stopped"

        client = dosai.AsyncClient("k", dosai_server.base_url, max_retries=0)
        runner = client.chat.completions.run_tools(**ASK, tools=[stop])
        with pytest.raises(dosai.APICancelledError):
            await runner.get_final_text()

    run(main)


def test_openai_on_the_library(server, run):
    pytest.importorskip("openai")
    from dosai.openai import AsyncOpenAI

    async def main():
        one = AsyncOpenAI(base_url=server.base("hello"), api_key="k")
        answer = await create(one)
        assert answer.choices[0].message.content == HELLO and answer._dosai.attempts == 1
        assert await text_of(await create(one, stream=True)) == HELLO

    run(main)
