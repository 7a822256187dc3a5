"""A client's rate, for its threads and for asyncio."""
import asyncio
import concurrent.futures
import time

import pytest

import dosai

MESSAGES = [{"role": "user", "content": "Hi"}]
RATE = {"requests_per_minute": 600}  # one each 100 ms


def test_threads_share_it(client):
    one = client("hello", **RATE)
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(one.chat.completions.create, model="m", messages=MESSAGES) for _ in range(4)]
        assert all(call.result().choices for call in calls)
    assert time.monotonic() - begun > 0.3


def test_so_do_tasks(server):
    async def main():
        async with dosai.AsyncClient(base_url=server.base("hello"), api_key="sk-test", **RATE) as one:
            calls = [one.chat.completions.create(model="m", messages=MESSAGES) for _ in range(4)]
            return await asyncio.gather(*calls)
    begun = time.monotonic()
    assert all(answer.choices for answer in asyncio.run(main()))
    assert time.monotonic() - begun > 0.3


def test_a_wait_ends_with_the_total_clock(client):
    one = client("hello", requests_per_minute=1)
    one.get("/models")
    with pytest.raises(dosai.APITimeoutError):
        one.with_options(timeout=0.1).get("/models")
    with pytest.raises(dosai.InvalidArgumentError, match="tokens_per_minute"):
        client("hello", tokens_per_minute=-2)


@pytest.mark.parametrize("rate", [RATE, {"tokens_per_minute": 1000}])
def test_no_query_of_a_call_goes_around_it(server, client, rate):
    """Its connections are those of another client of the library, which would have a rate of its own."""
    one = client("hello", **rate)
    with pytest.raises(dosai.InvalidArgumentError, match="extra_query.*default_query"):
        one.chat.completions.create(model="m", messages=MESSAGES, extra_query={"a": 1})
    assert one.with_options(default_query={"a": 1}).chat.completions.create(model="m", messages=MESSAGES).choices
