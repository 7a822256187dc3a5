import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "bindings" / "python"), str(ROOT / "Tests" / "Support")]

VARIABLES = ("DOSAI_API_KEY", "DOSAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def server():
    from server import LoopbackServer

    with LoopbackServer(speaks_http2=True) as loopback:
        yield loopback


@pytest.fixture
def client(server):
    """Makes a client of one script of the server."""
    from dosai import Client

    def make(script, **options):
        options.setdefault("api_key", "sk-test")
        options.setdefault("max_retries", 0)
        return Client(base_url=server.base(script), **options)

    return make


@pytest.fixture
def ask(client):
    """Calls one script of the server."""

    def call(script, client_options={}, **arguments):
        arguments = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **arguments}
        return client(script, **client_options).chat.completions.create(**arguments)

    return call
