"""Embeddings, with both clients."""

import asyncio
import json

import dosai
import pytest

ANSWER = {
    "object": "list", "model": "e", "usage": {"prompt_tokens": 2, "total_tokens": 2},
    "data": [{"object": "embedding", "index": index, "embedding": [0.25, -1.5]} for index in range(2)],
}


def create(server, script, is_async, **arguments):
    options = {"base_url": server.base(script), "api_key": "k", "max_retries": 0}
    if not is_async:
        return dosai.Client(**options).embeddings.create(**arguments)

    async def main():
        async with dosai.AsyncClient(**options) as client:
            return await client.embeddings.create(**arguments)

    return asyncio.run(main())


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_embeddings(server, is_async):
    name = f"embeddings-{is_async}"
    server.put(name, {"json": ANSWER})
    answer = create(server, name, is_async, model="e", input=("a", "b"), dimensions=2, extra_body={"x": 1})
    assert [each.embedding for each in answer.data] == [[0.25, -1.5]] * 2
    assert (answer.data[1].index, answer.usage.total_tokens, answer.to_dict()) == (1, 2, ANSWER)
    stats = server.stats(name)
    assert stats["last_path"].endswith("/v1/embeddings")
    assert json.loads(stats["last_body"]) == {"model": "e", "input": ["a", "b"], "dimensions": 2, "x": 1}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_faults(server, is_async):
    with pytest.raises(dosai.AuthenticationError):
        create(server, "error-401", is_async, model="e", input="a")
    with pytest.raises(dosai.APIResponseValidationError, match="not a list of embeddings"):
        create(server, "hello", is_async, model="e", input="a")
    with pytest.raises(TypeError, match="input must be a string or a list, not bytes"):
        create(server, "hello", is_async, model="e", input=b"a")


def test_the_same_as_openai(server):
    openai = pytest.importorskip("openai")
    server.put("embeddings-same", {"json": ANSWER})
    arguments = {"model": "e", "input": "a", "encoding_format": "float"}
    theirs = openai.OpenAI(base_url=server.base("embeddings-same"), api_key="k").embeddings.create(**arguments)
    assert create(server, "embeddings-same", False, **arguments).model_dump() == theirs.model_dump()
