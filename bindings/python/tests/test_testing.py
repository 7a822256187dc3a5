"""dosai.testing: what a server says, and which request it says it to."""

import asyncio
import http.client
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

import dosai
import pytest
from dosai import testing

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
MESSAGES = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def create(dosai_server):
    """Calls the server; a stream is read to its end."""

    def call(stream=False, max_retries=0, timeout=None, **arguments):
        options = {} if timeout is None else {"timeout": timeout}
        client = dosai.Client(base_url=dosai_server.base_url, api_key="sk-test", max_retries=max_retries, **options)
        answer = client.chat.completions.create(model="m", messages=MESSAGES, stream=stream, **arguments)
        if not stream:
            return answer
        answer.chunks = list(answer)
        return answer

    return call


def get(server, path, method="GET", body=None):
    url = urllib.parse.urlsplit(server.base_url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    connection.request(method, url.path + path, body)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_text_comes_as_it_is_asked_for(dosai_server, create):
    dosai_server.reply("Hello!", testing.completion("Hel", "lo", "!"))
    answer = create()
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Hello!", "stop")
    assert answer.model == "m" and answer.usage.total_tokens == 2
    stream = create(stream=True)
    assert [chunk.choices[0].delta.content for chunk in stream.chunks] == ["Hel", "lo", "!", None]
    assert stream.get_final_completion().usage.completion_tokens == 3
    assert ["stream" in request.json for request in dosai_server.requests] == [False, True]
    assert dosai_server.requests[0].header("authorization") == "Bearer sk-test"
    assert dosai_server.unused == 0


@pytest.mark.parametrize("stream", [False, True])
def test_tool_calls(dosai_server, create, stream):
    calls = [testing.tool_call("get_weather", {"location": "Tokyo"}), testing.tool_call("get_time", "{", id="call_x")]
    dosai_server.reply(testing.completion(tool_calls=calls))
    answer = create(stream=stream)
    choice = (answer.get_final_completion() if stream else answer).choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.content is None
    assert [(call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls] == [
        ("call_1", "get_weather", '{"location": "Tokyo"}'), ("call_x", "get_time", "{")]


@pytest.mark.parametrize("stream", [False, True])
def test_choices(dosai_server, create, stream):
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    dosai_server.reply(testing.completion(
        testing.choice("a", "b", finish_reason="length"), testing.choice(refusal="No.", reasoning="Hm."), usage=usage))
    answer = create(stream=stream)
    answer = answer.get_final_completion() if stream else answer
    first, second = answer.choices
    assert (first.message.content, first.finish_reason) == ("ab", "length")
    assert (second.message.refusal, second.message.reasoning_content, second.finish_reason) == ("No.", "Hm.", "stop")
    assert answer.usage.total_tokens == 12
    with pytest.raises(TypeError):
        testing.completion(testing.choice("a"), "b")


@pytest.mark.parametrize("status, expected, name", [
    (400, dosai.BadRequestError, "BAD_REQUEST"), (401, dosai.AuthenticationError, "AUTHENTICATION"),
    (402, dosai.APIStatusError, "INSUFFICIENT_CREDITS"), (429, dosai.RateLimitError, "RATE_LIMITED"),
    (500, dosai.InternalServerError, "SERVER"), (503, dosai.InternalServerError, "UNAVAILABLE")])
def test_every_error_of_the_api(dosai_server, create, status, expected, name):
    own = testing.error(status, "So?", type="t", code="c", param="p")
    dosai_server.reply(testing.error(status, retry_after=7), own)
    with pytest.raises(expected) as caught:
        create()
    assert (caught.value.status_code, caught.value.status, caught.value.retry_after) == (status, name, 7)
    assert testing._replies.ERRORS[status][0] in str(caught.value)
    with pytest.raises(expected) as caught:
        create(stream=True)
    assert (caught.value.type, caught.value.code, caught.value.param) == ("t", "c", "p")


def test_replies_come_in_order_and_are_retried(dosai_server, create):
    dosai_server.reply(testing.error(503, retry_after=0.01), testing.cut(), "Hello!")
    assert create(max_retries=2).choices[0].message.content == "Hello!"
    assert len(dosai_server.requests) == 3


def test_when_and_times(dosai_server, create):
    dosai_server.reply("twice", times=2, when=lambda request: request.json["temperature"] == 1)
    dosai_server.reply("else", times=None)
    texts = [create(temperature=value).choices[0].message.content for value in (0, 1, 1, 1)]
    assert texts == ["else", "twice", "twice", "else"]
    dosai_server.reply(lambda request: request.json["user"], when=lambda request: "user" in request.json)
    assert dosai_server.unused == 1
    assert create(temperature=0, user="me").choices[0].message.content == "else"  # the first that is left


def test_a_reply_may_be_a_function(dosai_server, create):
    dosai_server.reply(lambda request: testing.completion(request.json["user"]))
    assert create(user="me").choices[0].message.content == "me"


def test_time(dosai_server, create):
    dosai_server.reply(testing.completion("a", "b", "c", delay=0.1, pace=0.05))
    begin = time.monotonic()
    create(stream=True)
    assert time.monotonic() - begin >= 0.1 + 5 * 0.05  # three pieces, the end, [DONE]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault, name", [("cut", "TRUNCATED"), ("reset", "TRUNCATED"), ("stall", "TIMEOUT")])
def test_answers_break(dosai_server, create, fault, name, stream):
    break_off = getattr(testing, fault)
    timeout = dosai.Timeout(total=1 if fault == "stall" else 60)
    dosai_server.reply(break_off(testing.completion("Hello", " world"), after=1), break_off())
    with pytest.raises(dosai.APIError) as caught:
        create(stream=stream, timeout=dosai.Timeout(idle=1) if stream and fault == "stall" else timeout)
    assert caught.value.status == name
    if stream:
        assert caught.value.completion.choices[0].message.content == "Hello"
    with pytest.raises(dosai.APIError) as caught:
        create(stream=stream, timeout=timeout)
    assert caught.value.status == ("TIMEOUT" if fault == "stall" else "CONNECTION")
    assert caught.value.completion is None


def test_any_stream(dosai_server, create):
    failure = {"error": {"message": "It broke.", "code": 500}}
    dosai_server.reply(testing.events(testing.chunk({"content": "Hel"}), failure))
    with pytest.raises(dosai.APIError) as caught:
        create(stream=True)
    assert caught.value.status == "PROVIDER" and "It broke." in str(caught.value)
    dosai_server.reply(testing.events(("message_start", {"a": 1}), ("ping", "text"), done=False))
    assert get(dosai_server, "/messages", "POST", "{}") == (
        200, 'event: message_start\ndata: {"a":1}\n\nevent: ping\ndata: text\n\n')


def test_any_json(dosai_server):
    dosai_server.reply(testing.answer({"data": [{"id": "m", "object": "model"}], "object": "list"}))
    client = dosai.Client(base_url=dosai_server.base_url, api_key="k")
    assert [model.id for model in client.models.list()] == ["m"]
    assert dosai_server.requests[0].path == "/v1/models"


def test_other_clients(dosai_server):
    dosai_server.reply("Hello!", times=None)

    async def ask():
        async with dosai.AsyncClient(base_url=dosai_server.base_url, api_key="k") as client:
            calls = [client.chat.completions.create(model="m", messages=MESSAGES) for _ in range(20)]
            return await asyncio.gather(*calls)

    assert {answer.choices[0].message.content for answer in asyncio.run(ask())} == {"Hello!"}
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(base_url=dosai_server.base_url, api_key="k")
    assert client.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content == "Hello!"


def test_an_unmatched_request_fails_loudly():
    with pytest.raises(testing.UnmatchedRequest, match="no reply for POST /v1/chat/completions .*Hi"):
        with testing.Server() as server:
            server.reply("Hello!", when=lambda request: False)
            client = dosai.Client(base_url=server.base_url, api_key="k")
            with pytest.raises(dosai.NotFoundError, match="dosai.testing: no reply for POST"):
                client.chat.completions.create(model="m", messages=MESSAGES)
            assert len(server.requests) == 1  # the client did not try again
    with pytest.raises(testing.UnmatchedRequest, match="raised ZeroDivisionError"):
        with testing.Server() as server:
            server.reply(lambda request: str(1 / 0))
            get(server, "/models")
    with pytest.raises(KeyError), testing.Server() as server:  # what failed first is what is seen
        get(server, "/models")
        raise KeyError


def test_nothing_accepts_after_the_end(monkeypatch):
    """A thread that did would accept from the next socket that has the number of its own."""
    before, accept = set(threading.enumerate()), testing.Server.accept
    monkeypatch.setattr(testing.Server, "accept", lambda *arguments: (accept(*arguments), time.sleep(0.2)))
    with testing.Server():
        pass
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("tls", [False, True])
def test_an_end_where_a_shutdown_does_not_end_an_accept(monkeypatch, tls):
    """Such as on macOS."""
    monkeypatch.setattr("dosai.testing._listeners.shut", lambda sockets: None)
    server = testing.Server(tls=tls).__enter__()
    ending = threading.Thread(target=server.__exit__, args=(None, None, None), daemon=True)
    ending.start()
    ending.join(20)
    assert not ending.is_alive()


def run(*arguments, **options):
    return subprocess.run([sys.executable, "-m", *map(str, arguments)], capture_output=True, text=True, **options)


def test_the_fixture_fails_the_test(tmp_path):
    (tmp_path / "test_it.py").write_text("import urllib.request, urllib.error\n"
                                         "def test_swallows(dosai_server):\n"
                                         "    try: urllib.request.urlopen(dosai_server.base_url + '/models')\n"
                                         "    except urllib.error.HTTPError: pass\n")
    done = run("pytest", "-p", "pytest_dosai", "-p", "no:cacheprovider", tmp_path)
    assert done.returncode == 1 and "UnmatchedRequest: no reply for GET /v1/models" in done.stdout, done.stdout


def test_the_fixture_keeps_no_cassette_of_a_test_that_fails(tmp_path):
    """Nor of one whose setup fails, or that is skipped halfway."""
    (tmp_path / "test_it.py").write_text("""
import urllib.request
import pytest
from dosai.testing import Server

@pytest.fixture
def recorded(dosai_server, request):
    with Server() as upstream:
        upstream.reply("Hello!")
        dosai_server.use_cassette(request.path.with_name(request.node.name + ".jsonl"), upstream=upstream.base_url)
        urllib.request.urlopen(dosai_server.base_url + "/models")
        yield

@pytest.fixture
def broken(recorded):
    assert False

def test_fails(recorded):
    assert False

def test_passes(recorded):
    pass

def test_skips(recorded):
    pytest.skip()

def test_cannot_begin(recorded, broken):
    pass
""")
    done = run("pytest", "-p", "pytest_dosai", "-p", "no:cacheprovider", tmp_path)
    assert "1 failed, 1 passed, 1 skipped, 1 error" in done.stdout, done.stdout
    assert [path.name for path in tmp_path.glob("*.jsonl*")] == ["test_passes.jsonl"]


def test_the_test_in_the_docs(tmp_path):
    pytest.importorskip("openai")
    page = (PACKAGE.parents[1] / "docs" / "how-to" / "testing.md").read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"^```python\n(.*?)^```$", page, flags=re.S | re.M) if "def test_" in block]
    for number, block in enumerate(blocks):
        (tmp_path / f"test_{number}.py").write_text(block)
    done = run("pytest", "-p", "pytest_dosai", "-p", "no:cacheprovider", tmp_path)
    assert done.returncode == 0 and f"{len(blocks)} passed" in done.stdout and blocks, done.stdout


@pytest.mark.parametrize("option", ["tls", "http2"])
def test_tls(option):
    pytest.importorskip("trustme")
    pytest.importorskip("h2")
    with testing.Server(**{option: True}) as server:
        assert server.base_url.startswith("https://")
        server.reply("Hello!", testing.cut(testing.completion("Hello", " world"), after=1))
        client = dosai.Client(base_url=server.base_url, api_key="k", ca_file=server.ca_file, max_retries=0)
        assert client.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content == "Hello!"
        with pytest.raises(dosai.APIError) as caught:
            list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))
        assert caught.value.status == "TRUNCATED"


def test_a_stream_that_is_given_up_leaves_the_others():
    """Over HTTP/2, its windows are opened and it is reset: all in one read of the server's."""
    pytest.importorskip("trustme")
    h2 = pytest.importorskip("h2.connection")
    data, ends = {1: 0, 3: b""}, []  # by stream
    with testing.Server(http2=True) as server:
        server.reply("long " * 100_000, {"json": {"n": 3}, "delay_ms": 200})
        place = urllib.parse.urlsplit(server.base_url)
        context = ssl.create_default_context(cafile=server.ca_file)
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(socket.create_connection((place.hostname, place.port), 20), server_hostname=place.hostname) as sock:
            client = h2.H2Connection()
            client.initiate_connection()

            def ask(stream):
                client.send_headers(stream, [(":method", "POST"), (":scheme", "https"), (":authority", place.netloc), (":path", "/v1/x")])
                client.send_data(stream, b"{}", end_stream=True)

            def read():
                sock.sendall(client.data_to_send())
                got = sock.recv(65536)
                assert got, "the server has closed the connection"
                for event in client.receive_data(got):
                    if hasattr(event, "flow_controlled_length"):
                        data[event.stream_id] += event.data if event.stream_id == 3 else len(event.data)
                    ends.extend([3] if type(event).__name__ == "StreamEnded" and event.stream_id == 3 else [])
            ask(1)
            while data[1] < 65535:  # its windows are full
                read()
            ask(3)
            client.increment_flow_control_window(65535)
            client.increment_flow_control_window(65535, 1)
            client.reset_stream(1)
            while not ends:
                read()
    assert data[3] == b'{"n": 3}'


def test_a_unix_socket(dosai_server):
    dosai_server.reply("Hello!")
    client = dosai.Client(base_url="http://localhost/v1", unix_socket=dosai_server.unix_socket, api_key="k")
    assert client.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content == "Hello!"
