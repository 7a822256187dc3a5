"""dosai.openai: openai-python's clients on libdosai give what they give on their own transport."""

import asyncio
import base64
import gc
import json
import os
import subprocess
import sys
import weakref

import pytest
from lateness import attempt
from scripts import SCRIPTS, STREAM_POSTS, WHOLE, chunk

openai = pytest.importorskip("openai")
import dosai  # noqa: E402
import dosai.openai as ours  # noqa: E402
from dosai import _openai  # noqa: E402
from test_process import PACKAGE  # noqa: E402
from test_side_by_side import DIFFERENCES, LEFT_OUT, SILENT, STREAMS  # noqa: E402

MESSAGES = [{"role": "user", "content": "Hi"}]
SLOW = {"slow", "silent", "blast", "big", "paced", "reset-soon", *SILENT}
ALIKE = ("error-empty", "error-array", "odd-id")  # their errors are made by openai-python here
KNOWN = {case for case in " ".join(DIFFERENCES.values()).split() if not case.startswith(ALIKE)}
VERSION = tuple(map(int, openai.__version__.split(".")[:2]))
if VERSION < (1, 106):
    KNOWN.add("rich.stream")  # an event with a type is nothing that it knows
if VERSION < (2, 20):
    KNOWN.add("rst-after-done.stream")  # it reads on after [DONE], and fails


def base_url(server, script):
    return server.base(script)


def model_of(model):
    """All that a program sees of a model, in its order."""
    if not hasattr(model, "model_fields_set"):
        return model  # openai-python gives what is no object as it came
    return (type(model), repr(model), json.dumps(model.model_dump(mode="json")),
            [name for name in model.__dict__ if name != "_dosai"], deep_set(model))


def deep_set(model):
    found = {"": sorted(model.model_fields_set), "extra": model.model_extra}
    for name, value in model.__dict__.items():
        for one in value if isinstance(value, list) else [value]:
            if hasattr(one, "model_fields_set"):
                found[name] = deep_set(one)
    return found


def seen(library, server, script, face):
    options = {"base_url": base_url(server, script), "api_key": "sk-test", "max_retries": 0, "timeout": 60}
    kind = "AsyncOpenAI" if face.startswith("async") else "OpenAI"
    arguments = {"model": "m", "messages": MESSAGES, "stream": face.endswith("stream")}

    async def run():
        async with getattr(library, kind)(**options) as client:
            answer = await client.chat.completions.create(**arguments)
            return [model_of(chunk) async for chunk in answer] if arguments["stream"] else [model_of(answer)]

    try:
        if kind == "AsyncOpenAI":
            return asyncio.run(run()), None
        with getattr(library, kind)(**options) as client:
            answer = client.chat.completions.create(**arguments)
            return [model_of(chunk) for chunk in answer] if arguments["stream"] else [model_of(answer)], None
    except openai.APIStatusError as error:
        return None, (type(error), error.status_code, error.body, error.code, error.request_id, str(error), error.response.text)
    except openai.APIError as error:
        return None, (type(error), error.code)
    except ValueError as error:  # what openai-python lets through
        return None, type(error)
    except _openai.httpx.RequestError:
        if VERSION >= (3, 31) or library is not openai:
            raise
        return None, (openai.APIConnectionError, None)  # older versions let it through while they stream


CASES = [
    (script, face)
    for script in SCRIPTS if script not in LEFT_OUT and script not in SLOW and script not in STREAM_POSTS
    for face in ("whole", "stream", "async whole", "async stream") if "stream" in face or script not in STREAMS
]


@pytest.mark.parametrize("script, face", CASES)
def test_the_same_as_openai(server, script, face):
    theirs, mine = (
        seen(library, server, f"{script}~{library.__name__}-{face.replace(' ', '-')}", face) for library in (openai, ours)
    )
    if f"{script}.{face.split()[-1]}" in KNOWN:
        assert mine != theirs, "no longer a difference"
    else:
        assert mine == theirs


def sent(server, script):
    stats = server.stats(script)
    return stats["last_path"], {name.lower(): value for name, value in stats["last_headers"]}, json.loads(stats["last_body"])


def client_of(server, script, **options):
    return ours.OpenAI(base_url=base_url(server, script), **{"api_key": "sk-test", "max_retries": 0, **options})


def create(client, **arguments):
    return client.chat.completions.create(model="m", messages=MESSAGES, **arguments)


def test_it_is_openais_client(server):
    client = client_of(server, "hello")
    answer = create(client)
    assert isinstance(client, openai.OpenAI) and isinstance(answer, openai.types.chat.ChatCompletion)
    assert answer._request_id.startswith("req-")
    with create(client, stream=True) as stream:
        assert isinstance(stream, openai.Stream) and isinstance(next(stream), openai.types.chat.ChatCompletionChunk)


def test_a_stream_that_was_closed(server):
    errors = {ours: [], openai: []}

    def states(library):
        client = library.OpenAI(base_url=base_url(server, "paced"), api_key="k", max_retries=0)
        read = create(client, stream=True)
        list(read)
        left = create(client, stream=True)
        next(left)
        left.close()
        with pytest.raises(Exception) as error:
            next(left)
        errors[library].append(error.type)
        return read.response.is_closed, left.response.is_closed

    async def async_states(library):
        async with library.AsyncOpenAI(base_url=base_url(server, "paced"), api_key="k", max_retries=0) as client:
            read = await create(client, stream=True)
            [chunk async for chunk in read]
            left = await create(client, stream=True)
            await left.__anext__()
            await left.close()
            with pytest.raises(Exception) as error:
                await left.__anext__()
            errors[library].append(error.type)
            return read.response.is_closed, left.response.is_closed

    assert states(ours) == states(openai) == (True, True)
    assert asyncio.run(async_states(ours)) == asyncio.run(async_states(openai)) == (True, True)
    assert errors[ours] == [openai.APIConnectionError] * 2
    assert not {StopIteration, StopAsyncIteration} & set(errors[openai])  # before 3.31, its HTTP client's own


@pytest.mark.parametrize("library", [ours, openai], ids=["ours", "patched"])
@pytest.mark.parametrize("kind", ["OpenAI", "AsyncOpenAI"])
def test_closing_the_client_closes_its_connections(server, library, kind):
    from test_stream import wait_until

    script = f"hello~closing-{kind}-{library.__name__}"
    client = getattr(library, kind)(base_url=base_url(server, script), api_key="k")

    def look():
        stats = server.stats(script)
        return stats["connections"] == stats["ended"] == 1

    async def run():
        async with client:
            await create(client)
            await create(client.with_options(max_retries=5))
        await asyncio.get_running_loop().run_in_executor(None, wait_until, look)

    if library is openai:
        ours.patch()
    try:
        if kind == "AsyncOpenAI":
            asyncio.run(run())
        else:
            with client:
                create(client)
                create(client.with_options(max_retries=5))
            wait_until(look)
    finally:
        ours.unpatch()
    assert client.is_closed()


def test_a_stream_that_was_read_does_not_wait_for_the_garbage_collector(server):
    kept = []

    def run():
        stream = create(client_of(server, "paced"), stream=True)
        kept.append(weakref.ref(stream.response))
        assert len(list(stream)) > 10

    async def async_run():
        async with ours.AsyncOpenAI(base_url=base_url(server, "paced"), api_key="k") as client:
            stream = await create(client, stream=True)
            kept.append(weakref.ref(stream.response))
            assert len([chunk async for chunk in stream]) > 10

    gc.disable()
    try:
        run()
        asyncio.run(async_run())
        assert [one() for one in kept] == [None, None]
    finally:
        gc.enable()


def test_what_is_sent(server):
    client = client_of(server, "hello~sent", default_headers={"X-One": "1"}, default_query={"a": "1"})
    create(client, extra_headers={"X-Two": "2"}, extra_query={"b": "x y"}, extra_body={"seed": 1}, temperature=0.5)
    path, headers, body = sent(server, "hello~sent")
    assert path.endswith("/v1/chat/completions?a=1&b=x+y") or path.endswith("/v1/chat/completions?a=1&b=x%20y")
    assert (headers["authorization"], headers["x-one"], headers["x-two"]) == ("Bearer sk-test", "1", "2")
    assert body == {"model": "m", "messages": MESSAGES, "temperature": 0.5, "seed": 1}
    client.api_key = "sk-new"
    create(client)
    assert sent(server, "hello~sent")[1]["authorization"] == "Bearer sk-new"
    if VERSION >= (1, 106):  # before, a key was a text
        create(client.with_options(api_key=lambda: "sk-called"))
        assert sent(server, "hello~sent")[1]["authorization"] == "Bearer sk-called"


@pytest.mark.parametrize("more", [
    {"timeout": 7}, {"client": 1}, {"extra_query": {"q": 1}, "extra_headers": {"a": "b"}, "extra_body": {"z": 1}},
    {"response_format": None, "timeout": None, "stop": None}, {"seed": 2**70, "x": [1.0, 1e22, "\u00fc\u2028", {}]},
    {"messages": []}, {"model": "other"},
], ids=repr)
@pytest.mark.parametrize("kind", ["OpenAI", "AsyncOpenAI"])
def test_the_body_is_sent_as_openai_wrote_it(server, kind, more):
    async def run(client):
        async with client:
            await create(client, extra_body=more)

    bodies = []
    for library in (openai, ours):
        script = f"hello~{library.__name__}"
        client = getattr(library, kind)(base_url=base_url(server, script), api_key="k", max_retries=0)
        create(client, extra_body=more) if kind == "OpenAI" else asyncio.run(run(client))
        assert server.stats(script)["last_path"].endswith("/v1/chat/completions")
        bodies.append(server.stats(script)["last_body"])
    assert bodies[0] == bodies[1]


def test_post(server):
    def answers(library, body, **more):
        client = library.OpenAI(base_url=base_url(server, f"hello~{library.__name__}"), api_key="k", max_retries=0)
        answer = client.post("/chat/completions", body=body, **more)
        if isinstance(answer, _openai.httpx.Response):
            return "data: [DONE]" in answer.read().decode()
        if isinstance(answer, str):
            return "data: [DONE]" in answer
        return answer

    for body in ({"prompt": "no messages"}, {"model": "m", "messages": MESSAGES}):
        assert answers(ours, body, cast_to=object)["choices"][0]["message"]["content"]
        assert sent(server, "hello~dosai.openai")[2] == body
    for cast_to in (str, _openai.httpx.Response):
        for library in (openai, ours):  # a program may read the stream by itself
            assert answers(library, {"model": "m", "messages": MESSAGES, "stream": True}, cast_to=cast_to) is True
    with pytest.raises(dosai.InvalidArgumentError):
        answers(ours, [1], cast_to=object)


@pytest.mark.parametrize("headers", [
    {"api-key": "gateway"}, {"API-Key": "gateway", "Authorization": "Basic dTpw"}, {"Content-Type": "application/json; charset=utf-8"},
], ids=repr)
def test_the_headers_of_a_program_are_sent(server, headers):
    found = []
    for library in (openai, ours):
        script = f"hello~{library.__name__}"
        create(library.OpenAI(base_url=base_url(server, script), api_key="k", default_headers=headers))
        got = sent(server, script)[1]
        found.append([got.get(name) for name in ("authorization", "api-key", "content-type")])
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", ["OpenAI", "AsyncOpenAI"])
def test_a_call_without_a_credential(server, monkeypatch, kind):
    """As with openai-python, a call can go without the key of its client. Then none of the environment goes in its place."""
    monkeypatch.setenv("DOSAI_API_KEY", "sk-dosai")
    omitted = {"Authorization": openai._types.Omit()}
    for library in (openai, ours):
        script = f"hello~{library.__name__}~{kind}"
        found = []

        async def run():
            client = getattr(library, kind)(base_url=base_url(server, script), api_key="k", max_retries=0)
            for headers in (omitted, {}, {"Authorization": ""}):
                for stream in (False, True):
                    answer = create(client, extra_headers=headers, stream=stream)
                    if kind != "OpenAI":
                        answer = await answer
                        stream = stream and [chunk async for chunk in answer]
                    elif stream:
                        list(answer)
                    found.append(sent(server, script)[1].get("authorization") or None)

        asyncio.run(run())
        assert found == [None, None, "Bearer k", "Bearer k", None, None], library


CUT = {"clean-no-done": ("APIConnectionError", "TRUNCATED"), "mid-garbage": ("APIResponseValidationError", "PROTOCOL")}


@pytest.mark.parametrize("how", ["bytes", "lines", "to"])
@pytest.mark.parametrize("script", CUT)
@pytest.mark.parametrize("kind", ["OpenAI", "AsyncOpenAI"])
def test_a_response_that_ends_early_raises_openais_error(server, kind, script, how):
    arguments = {"model": "m", "messages": MESSAGES, "stream": True}
    chunk, prefix = openai.types.chat.ChatCompletionChunk, "Async" if kind == "AsyncOpenAI" else ""

    def read(client):
        if how == "to":
            raw = client.chat.completions.with_raw_response.create(**arguments)
            return list(raw.parse(to=openai.Stream[chunk]))
        with client.chat.completions.with_streaming_response.create(**arguments) as response:
            return list(response.iter_lines() if how == "lines" else response.iter_bytes())

    async def async_read(client):
        if how == "to":
            raw = await client.chat.completions.with_raw_response.create(**arguments)
            return [one async for one in raw.parse(to=openai.AsyncStream[chunk])]
        async with client.chat.completions.with_streaming_response.create(**arguments) as response:
            return [one async for one in (response.iter_lines() if how == "lines" else response.iter_bytes())]

    client = getattr(ours, kind)(base_url=base_url(server, script), api_key="k", max_retries=0)
    with pytest.raises(getattr(openai, CUT[script][0])) as caught:
        asyncio.run(async_read(client)) if prefix else read(client)
    assert caught.value._dosai.status == CUT[script][1] and caught.value.__cause__.status == CUT[script][1]


@pytest.mark.parametrize("script", ["bare", "null", "whole-html", "whole-cut-json"])
def test_what_is_no_completion_raises_openais_validation_error(server, script):
    with pytest.raises(openai.APIResponseValidationError) as caught:
        create(client_of(server, script))
    error = caught.value
    assert error.status_code == error.response.status_code == 200 and error.message == str(error.__cause__)
    assert error.body == error.__cause__.body and error.request.url.path.endswith("/chat/completions")


def test_what_is_not_http_has_no_response(server):
    with pytest.raises(openai.APIError) as caught:
        create(client_of(server, "not-http"))
    assert type(caught.value) is openai.APIError and caught.value._dosai.status == "PROTOCOL"


@pytest.mark.parametrize("face", ["sync", "async"])
def test_the_message_of_an_error_in_a_stream(server, face):
    async def run(library):
        async with library.AsyncOpenAI(base_url=base_url(server, "mid-error"), api_key="k", max_retries=0) as client:
            return [chunk async for chunk in await create(client, stream=True)]

    def said(library):
        client = library.OpenAI(base_url=base_url(server, "mid-error"), api_key="k", max_retries=0)
        with pytest.raises(openai.APIError) as caught:
            asyncio.run(run(library)) if face == "async" else list(create(client, stream=True))
        return type(caught.value), str(caught.value), caught.value.body, caught.value.code

    assert said(ours) == said(openai)


def test_azure(server):
    keys = []
    for library in (openai, ours):
        client = library.AzureOpenAI(azure_endpoint=base_url(server, "hello~azure").removesuffix("/v1"), api_key="k",
                                     api_version="2024-10-21")
        assert create(client).choices
        path, headers, _ = sent(server, "hello~azure")
        assert path.endswith("/openai/deployments/m/chat/completions?api-version=2024-10-21")
        keys.append((headers["api-key"], headers.get("authorization")))
    assert keys[0] == keys[1] == ("k", None if VERSION >= (2, 45) else "Bearer k")
    token = ours.AzureOpenAI(azure_endpoint=base_url(server, "hello~azure").removesuffix("/v1"),
                             azure_ad_token_provider=lambda: "token", api_version="v")
    assert create(token).choices
    assert sent(server, "hello~azure")[1]["authorization"] == "Bearer token"


def test_copies_share_the_connections(server):
    client = client_of(server, "hello~copies")
    for one in (client, client.with_options(timeout=5), client.with_options(max_retries=3), client.copy()):
        create(one)
    assert server.stats("hello~copies")["connections"] == 1


FORK = """
import asyncio, os, sys
from dosai.openai import AsyncOpenAI, OpenAI
options = {"base_url": sys.argv[1], "api_key": "k", "max_retries": 0}
client, other = OpenAI(**options), AsyncOpenAI(**options)
def ask():
    create = client.chat.completions.create
    answer = create(model="m", messages=[])
    stream = create(model="m", messages=[], stream=True)
    later = asyncio.run(other.chat.completions.create(model="m", messages=[]))
    texts = [answer.choices[0].message.content, later.choices[0].message.content,
             "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)]
    assert len(set(texts)) == 1, texts
ask()
child = os.fork()
if child == 0:
    ask()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
ask()
"""


def test_a_forked_child_uses_the_clients(server):
    ran = subprocess.run([sys.executable, "-c", FORK, server.base("hello~fork")], capture_output=True, text=True, timeout=60,
                         env=dict(os.environ, PYTHONPATH=PACKAGE))
    assert ran.returncode == 0, ran.stderr
    assert server.stats("hello~fork")["requests"] == 9


@pytest.mark.parametrize("stream", [False, True])
def test_a_raw_response_knows_the_call(server, stream):
    client = client_of(server, f"later-hello~{stream}", max_retries=1)
    raw = client.chat.completions.with_raw_response.create(model="m", messages=MESSAGES, stream=stream)
    assert raw.retries_taken == 1 and raw.elapsed.total_seconds() > 0
    assert raw.http_response.extensions["dosai"].attempts == 2


def test_retries(server):
    assert create(client_of(server, "fail-then-hello~again", max_retries=2)).choices
    with pytest.raises(openai.InternalServerError):
        create(client_of(server, "error-503~once"))
    assert server.stats("error-503~once")["requests"] == 1


@pytest.mark.parametrize("timeout", [0.2, openai.Timeout(5, read=0.2)])
def test_timeouts(server, timeout):
    def check():
        with pytest.raises(openai.APITimeoutError) as caught:
            list(create(client, stream=True, **arguments))
        cause = caught.value.__cause__
        return [] if cause.clock == "idle" and cause.completion.choices else [cause.clock]  # the first chunk came too late

    for client, arguments in ((client_of(server, "silent-chunk", timeout=timeout), {}),
                              (client_of(server, "silent-chunk"), {"timeout": timeout})):
        assert not attempt(check, 10)


def test_more_retries_than_the_library_makes(server):
    client = client_of(server, "hello~many-retries", max_retries=sys.maxsize)
    assert create(client).choices and create(client.with_options(max_retries=101)).choices


@pytest.mark.parametrize("status, stream", [(200, False), (200, True), (400, False)])
def test_headers_that_are_not_ascii(server, status, stream):
    body = "data: [DONE]\n\n" if stream else WHOLE
    kind = "text/event-stream" if stream else "application/json"
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n".encode()

    def place(library, line):
        server.put("not-ascii", [{"send_base64": base64.b64encode(head + line).decode()}, {"send": "\r\n\r\n" + body}])
        client = library.OpenAI(base_url=base_url(server, "not-ascii"), api_key="k", max_retries=0)
        try:
            headers = client.chat.completions.with_raw_response.create(model="m", messages=MESSAGES, stream=stream).headers
        except openai.BadRequestError as error:
            headers = error.response.headers
        return headers["x-place"]

    assert place(ours, b"x-place: Z\xc3\xbcrich") == place(openai, b"x-place: Z\xc3\xbcrich") == "Zürich"
    assert place(ours, b"x-place: Z\xfcrich") == "Z\ufffdrich"


def test_lines_are_whole_events(server):
    event = json.dumps(chunk({"content": "a\u2028b\x85c"}, "stop"))
    server.put("separators", {"stream": f"data: {event}\n\ndata: [DONE]\n\n"})
    create = client_of(server, "separators").chat.completions.with_streaming_response.create
    with create(model="m", messages=MESSAGES, stream=True) as response:
        line = next(response.iter_lines())
    assert json.loads(line[6:])["choices"][0]["delta"]["content"] == "a\u2028b\x85c"


def test_what_had_arrived_is_kept(server):
    with pytest.raises(openai.APIConnectionError) as caught:
        list(create(client_of(server, "clean-no-done"), stream=True))
    assert caught.value.__cause__.status == "TRUNCATED"
    assert caught.value.__cause__.completion.choices[0].message.content


def test_helpers_of_openai(server):
    client = client_of(server, "hello~helpers")
    raw = client.chat.completions.with_raw_response.create(model="m", messages=MESSAGES)
    assert raw.headers["x-request-id"] == raw.parse()._request_id and raw.http_response.json()["id"]
    with client.chat.completions.with_streaming_response.create(model="m", messages=MESSAGES, stream=True) as response:
        lines = [line for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]" and json.loads(lines[0][6:])["choices"]
    with client.chat.completions.stream(model="m", messages=MESSAGES) as stream:
        assert [event.type for event in stream][-1] in ("content.done", "chunk")
        assert stream.get_final_completion().choices[0].message.content == "Hello! How can I help you today?"


def test_an_http_client_of_ones_own_is_used(server):
    httpx = _openai.httpx
    asked = []
    transport = httpx.MockTransport(lambda request: asked.append(request) or httpx.Response(500))
    with pytest.raises(openai.InternalServerError):
        create(client_of(server, "hello", http_client=httpx.Client(transport=transport)))
    assert len(asked) == 1


def test_patch(server):
    client = openai.OpenAI(base_url=base_url(server, "hello~patched"), api_key="k")
    ours.patch()
    try:
        create(client)
        assert "x-stainless-lang" not in sent(server, "hello~patched")[1]
    finally:
        ours.unpatch()
    create(client)
    assert "x-stainless-lang" in sent(server, "hello~patched")[1]


@pytest.mark.parametrize("kind", ["OpenAI", "AsyncOpenAI"])
def test_patch_behind_a_tracer(monkeypatch, kind):
    """Some tracers wrap the method of the class itself, in which patch() cannot replace it."""
    original = getattr(openai, kind).request

    def traced(*arguments, **more):
        return original(*arguments, **more)

    try:
        ours.patch()
        ours.patch()
        ours.unpatch()
        monkeypatch.setattr(getattr(openai, kind), "request", traced)
        with pytest.warns(UserWarning, match=f"something has replaced openai.{kind}.request"):
            ours.patch()
    finally:
        ours.unpatch()


@pytest.mark.parametrize("name", [
    "BaseClient._build_request", "SyncAPIClient.request", "AsyncAPIClient._process_response", "AsyncAPIClient",
    "AsyncHttpxClientWrapper", "SyncHttpxClientWrapper",
])
def test_an_unknown_openai_is_left_alone(monkeypatch, name):
    import importlib

    from openai import _base_client

    *owner, last = name.split(".")
    monkeypatch.delattr(getattr(_base_client, owner[0]) if owner else _base_client, last)
    with pytest.warns(UserWarning, match="its own HTTP client is used"):
        module = importlib.reload(_openai)
    assert module.OpenAI is openai.OpenAI
    monkeypatch.undo()
    assert importlib.reload(_openai).OpenAI is not openai.OpenAI


def test_a_cancelled_task_ends_the_call(server):
    async def run():
        async with ours.AsyncOpenAI(base_url=base_url(server, "silent~task"), api_key="k") as client:
            task = asyncio.ensure_future(create(client))
            while not server.stats("silent~task")["requests"]:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            while not server.stats("silent~task")["ended"]:
                await asyncio.sleep(0.01)

    asyncio.run(run())


def test_a_chunk_shares_nothing(server):
    chunks = list(create(client_of(server, "hello"), stream=True))
    texts = [chunk for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(texts) > 2
    texts[1].choices[0].delta.role = "changed"
    texts[1].model = "changed"
    assert all(chunk.model != "changed" and chunk.choices[0].delta.role != "changed" for chunk in texts if chunk is not texts[1])
    assert "role" not in texts[2].choices[0].delta.model_fields_set


@pytest.mark.parametrize("face", ["sync", "async"])
def test_a_chunk_that_is_changed_changes_no_later_one(server, face):
    def change(chunk):
        text = repr(chunk)
        chunk.model = chunk.more = "changed"
        for choice in chunk.choices:
            choice.more = choice.delta.role = choice.delta.more = "changed"
        return text

    async def run():
        async with ours.AsyncOpenAI(base_url=base_url(server, "steady-text"), api_key="k") as client:
            return [change(chunk) async for chunk in await create(client, stream=True)]

    stream = [] if face == "async" else create(client_of(server, "steady-text"), stream=True)
    texts = list(map(change, stream)) or asyncio.run(run())
    assert len(texts) > 5 and "changed" not in "".join(texts)


def events_alike():
    """Events that resemble each other, in all pairs, but differ in more than text and padding, or seem to."""
    function = lambda arguments, **more: {"tool_calls": [{"index": 0, "function": {"arguments": arguments}, **more}]}
    deltas = [  # the first are there before the stream is read
        {"content": "", **function("g")}, {"content": "", **function("h")}, {"content": "a"}, {"content": ""},
        {"content": 'c","obfuscation":"d'}, {"content": "e", "role": "assistant"},
        {"content": "e", "extra": "f"}, function("a"), function('c"}}]},"obfuscation":"d'), function("e", id="call_1"),
        function("f", index=1), {"content": "i", **function("")}, {"content": None, **function("k")},
        {"tool_calls": {"function": {"arguments": "l"}}},  # in no list
    ]
    begun = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    events = []
    for more in ({}, {"obfuscation": ""}, {"obfuscation": 'r"}'}, {"obfuscation": "q1"}):
        for delta in deltas:
            events += [{**begun, "choices": [{"index": 0, "delta": delta, "finish_reason": None}], **more}]
    for text in ("t", "u"):
        for delta in ({"content": "v"}, {"content": "w"}):
            events += [{**begun, "choices": [{"index": 0, "delta": delta, "obfuscation": text}], "obfuscation": "x"},
                       {**begun, "choices": [{"index": 0, "content": text, "delta": delta}]},
                       {"obfuscation": text, **begun, "choices": [{"index": 0, "delta": delta}]}]
    events = [json.dumps(event, separators=(",", ":")) for event in events]
    return [event for one in events for other in events for event in (one, other)]


@pytest.mark.parametrize("face", ["stream", "async stream"])
def test_events_that_are_alike(server, face):
    """An event that is made from the one before is as if it came alone."""
    server.put("alike", {"stream": "".join("data: %s\n\n" % event for event in [*events_alike(), "[DONE]"])})
    theirs, mine = (seen(library, server, "alike", face) for library in (openai, ours))
    assert theirs[1] is None and mine == theirs


def test_padding_and_arguments_cost_no_validation(server, monkeypatch):
    validated = []
    monkeypatch.setattr(_openai.ChunkMaker, "_validated", lambda self, data, known=_openai.ChunkMaker._validated: (
        validated.append(data), known(self, data))[1])
    for script in ("steady-text", "steady-padding", "steady-tool"):
        assert sum(1 for _ in create(client_of(server, script), stream=True)) > 12000 and len(validated) < 10
        validated.clear()


def test_events_that_vary(server):
    """Only an event that differs in nothing but its text and padding is made from the one before."""
    for script in [name for name in SCRIPTS if name.startswith("steady")]:
        assert seen(ours, server, script + "~ours", "stream") == seen(openai, server, script + "~theirs", "stream")
