"""A key that changes."""
import asyncio
import gc

import pytest

import dosai

MESSAGES = [{"role": "user", "content": "Hi"}]


def sent(server, name):
    return dict(server.stats(name)["last_headers"])["Authorization"]


def turns():
    number = 0

    def key():
        nonlocal number
        number += 1
        return f"sk-{number}"
    return key


def test_a_function_is_called_before_each_attempt(client, server):
    one = client("fail-then-hello~key", api_key=turns(), max_retries=1)
    assert one.chat.completions.create(model="m", messages=MESSAGES).choices
    assert sent(server, "fail-then-hello~key") == "Bearer sk-2"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in
                   one.chat.completions.create(model="m", messages=MESSAGES, stream=True) if chunk.choices)
    assert sent(server, "fail-then-hello~key") == "Bearer sk-3"
    one.with_options(timeout=5).get("/models")
    assert sent(server, "fail-then-hello~key") == "Bearer sk-4"


@pytest.mark.parametrize("error", [RuntimeError("the vault is shut"), KeyboardInterrupt()])
def test_what_it_raises_the_call_raises(client, error):
    def key():
        raise error
    one = client("hello", api_key=key)
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            one.chat.completions.create(model="m", messages=MESSAGES)
        assert caught.value is error

    async def main():
        async with dosai.AsyncClient(base_url="http://127.0.0.1:1/v1", api_key=key) as other:
            await other.get("/models")
    if isinstance(error, Exception):
        with pytest.raises(RuntimeError, match="vault"):
            asyncio.run(main())


@pytest.mark.parametrize("key", ["", "a\nb", "k" * 20000, "a\0b", None])
def test_a_key_that_cannot_be_sent(client, key):
    with pytest.raises((dosai.InvalidArgumentError, ValueError, TypeError)):
        client("hello", api_key=lambda: key).get("/models")


def test_an_async_function_is_awaited_before_each_call(server):
    async def main():
        take = turns()

        async def key():
            await asyncio.sleep(0.01)
            return take()
        async with dosai.AsyncClient(base_url=server.base("hello~async-key"), api_key=key) as one:
            for number in (1, 2):
                await one.chat.completions.create(model="m", messages=MESSAGES)
                assert sent(server, "hello~async-key") == f"Bearer sk-{number}"
            async for _ in await one.with_options(max_retries=0).chat.completions.create(
                    model="m", messages=MESSAGES, stream=True):
                pass
            assert sent(server, "hello~async-key") == "Bearer sk-3"
            await one.with_options(http1_only=True).get("/models")
            assert sent(server, "hello~async-key") == "Bearer sk-4"
    asyncio.run(main())


def test_an_option_is_set_while_the_key_is_awaited(server):
    """The call has the headers that it began with."""
    async def main():
        headers = {"X-Tenant": "tenant-" + "A" * 40, "X-Other": "b" * 60}

        async def key():
            one.timeout = 30
            gc.collect()
            taken.extend(b"X-Of-Another: %d-" % number + b"z" * 40 for number in range(5000))  # the memory that is free
            return "sk-1"
        taken = []
        async with dosai.AsyncClient(
                base_url=server.base("hello~set"), api_key=key, default_headers=headers, max_retries=0) as one:
            await one.chat.completions.create(model="m", messages=MESSAGES)
        received = dict(server.stats("hello~set")["last_headers"])
        assert {name: received.get(name) for name in headers} == headers and "X-Of-Another" not in received
    asyncio.run(main())


def test_each_of_many_calls_raises_what_its_key_raises():
    async def main():
        errors = []

        def key():
            errors.append(RuntimeError(f"the vault is shut: {len(errors)}"))
            raise errors[-1]
        async with dosai.AsyncClient(base_url="http://127.0.0.1:1/v1", api_key=key) as one:
            raised = await asyncio.gather(*(one.get("/models") for _ in range(4)), return_exceptions=True)
        assert len(raised) == 4 and list(map(id, raised)) == list(map(id, errors))
    asyncio.run(main())


def test_an_object_that_is_an_async_function(server):
    class Key:
        async def __call__(self):
            return "sk-7"

    async def main():
        async with dosai.AsyncClient(base_url=server.base("hello~object"), api_key=Key()) as one:
            await one.get("/models")
        assert sent(server, "hello~object") == "Bearer sk-7"
        async with dosai.AsyncClient(base_url=server.base("hello"), api_key=lambda: Key()()) as one:
            with pytest.raises(TypeError, match="must return a string, not coroutine"):
                await one.get("/models")
    asyncio.run(main())


def test_a_function_of_an_async_client(server):
    async def main():
        async with dosai.AsyncClient(base_url=server.base("hello~plain-key"), api_key=turns()) as one:
            await asyncio.gather(*[one.get("/models") for _ in range(3)])
            assert sent(server, "hello~plain-key") in ("Bearer sk-1", "Bearer sk-2", "Bearer sk-3")
    asyncio.run(main())
