"""The logger `dosai`."""

import asyncio
import ctypes
import gc
import logging
import subprocess
import sys

import dosai
import pytest
from test_client import create


def lines(caplog):
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "dosai"]


def test_a_call_with_a_retry(client, caplog):
    caplog.set_level(logging.DEBUG, "dosai")
    one = client("fail-then-hello~log", api_key="sk-secret", max_retries=1)
    one.chat.completions.create(model="m", messages=[{"role": "user", "content": "my-secret"}])
    assert [level for level, _ in lines(caplog)] == ["DEBUG", "INFO", "DEBUG", "DEBUG"]
    text = "\n".join(line for _, line in lines(caplog))
    assert "POST" in text and "503" in text and "200" in text
    assert "secret" not in text


def test_a_failure(client, caplog):
    caplog.set_level(logging.INFO, "dosai")
    with pytest.raises(dosai.AuthenticationError):
        create(client("error-401"))
    create(client("hello"))
    assert [level for level, _ in lines(caplog)] == ["INFO"]


def test_the_client_is_gone_before_the_end(client, server, caplog):
    """What the library calls lives as long as the last call."""
    caplog.set_level(logging.DEBUG, "dosai")
    stream = create(client("hello"), stream=True)
    events = []
    observed = create(client("hello", on_event=events.append), stream=True)

    async def main():
        one = dosai.AsyncClient("k", server.base("silent-chunk"), on_event=events.append)
        left = await create(one, stream=True)
        await one.close()
        await left.close()
        await asyncio.sleep(0.05)
    asyncio.run(main())
    gc.collect()
    filler = [ctypes.CFUNCTYPE(None)(lambda: None) for _ in range(200)]  # takes the memory of what was freed
    assert len(list(stream)) > 1 and len(list(observed)) > 1 and filler
    assert [event.kind for event in events].count("ended") == 2
    assert "200" in lines(caplog)[-1][1]


def test_of_an_event_loop(server, caplog):
    caplog.set_level(logging.DEBUG, "dosai")

    async def main():
        async with dosai.AsyncClient("k", server.base("hello")) as client:
            await create(client)

    asyncio.run(main())
    assert [level for level, _ in lines(caplog)] == ["DEBUG", "DEBUG"]


PROGRAM = """
import sys, {imports} dosai
client = dosai.Client("k", sys.argv[1], max_retries=1)
client.chat.completions.create(model="m", messages=[])
print("logging" in sys.modules)
"""


@pytest.mark.parametrize("imports, is_loaded", [("", "False"), ("logging,", "True")])
def test_nobody_listens(server, imports, is_loaded):
    """Nothing is written, and logging is not loaded."""
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(imports=imports), server.base("fail-then-hello~nobody" + is_loaded)],
                          capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (is_loaded + "\n", "")
