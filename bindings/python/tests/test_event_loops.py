"""AsyncClient where somebody else runs the event loop: Jupyter, nest_asyncio, pytest-asyncio."""

import pathlib
import subprocess
import sys

import dosai
import nbclient
import nbformat
import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
HELLO = "Hello! How can I help you today?"
ASK = """
import sys
sys.path.insert(0, {package!r})
import dosai
client = dosai.AsyncClient("k", {base!r})
arguments = {{"model": "m", "messages": [{{"role": "user", "content": "Hi"}}]}}


async def ask():
    stream = await client.chat.completions.create(**arguments, stream=True)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
"""


@pytest.fixture
def code(server):
    return ASK.format(package=str(PACKAGE), base=server.base("hello"))


def test_jupyter(code):
    """One client in two cells, and the synchronous one beside it."""
    cells = [code + "print(await ask())", "print(await ask())",
             "print(dosai.Client('k', client.base_url).chat.completions.create(**arguments).choices[0].message.content)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=300).execute()
    assert [output.text for cell in notebook.cells for output in cell.outputs if output.name == "stdout"] == [HELLO + "\n"] * 3


def test_nest_asyncio(code):
    """A loop inside a loop, in a process of its own: it changes asyncio."""
    program = code + """
import asyncio, nest_asyncio
nest_asyncio.apply()
async def outer():
    return asyncio.get_running_loop().run_until_complete(ask())
print(asyncio.run(outer()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.stdout == HELLO + "\n", done.stderr


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [1, 2])  # each in a loop of its own
async def test_pytest_asyncio(server, number):
    async with dosai.AsyncClient("k", server.base("hello")) as client:
        stream = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], stream=True)
        assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]) == HELLO
