"""Records what the model says once, into cassettes/; from then on these tests need no model and no network."""

import os
import pathlib

import dosai
import pytest

CASSETTES = pathlib.Path(__file__).parent / "cassettes"
MODEL = os.environ.get("DOSAI_MODEL", "smollm2-135m-instruct")
MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture
def client(dosai_server, request):
    cassette = CASSETTES / f"{request.node.name}.jsonl"
    dosai_server.use_cassette(cassette, upstream=os.environ.get("DOSAI_BASE_URL"))
    return dosai.Client(base_url=dosai_server.base_url, api_key=os.environ.get("DOSAI_API_KEY", "not needed"))


def test_answer(client):
    answer = client.chat.completions.create(model=MODEL, messages=MESSAGES, temperature=0)
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.completion_tokens > 0


def test_stream(client):
    with client.chat.completions.create(model=MODEL, messages=MESSAGES, temperature=0, stream=True) as stream:
        pieces = [choice.delta.content or "" for chunk in stream for choice in chunk.choices]
    assert len(pieces) > 2 and "".join(pieces) == stream.get_final_text()
