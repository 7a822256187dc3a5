"""dosai.testing: what a server records and replays; and its command."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

import dosai
import pytest
from dosai import testing
from lateness import allowance

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
KEY = "sk-secret-0123456789"
SAID = testing.completion("Grüße", " \U0001f600", " there", pace=0.05)
ASKS = f"""import dosai
with dosai.Client() as client:
    answer = client.chat.completions.create(model="m", messages=[dict(role="user", content="Hi")])
    print(answer.choices[0].message.content)
"""


def messages(text="Hi"):
    return [{"role": "user", "content": text}]


def ask(server, text="Hi", stream=True, **options):
    client = dosai.Client(**{"base_url": server.base_url, "api_key": KEY, "max_retries": 0, "timeout": 20, **options})
    answer = client.chat.completions.create(model="m", messages=messages(text), stream=stream)
    return "".join(choice.delta.content or "" for chunk in answer for choice in chunk.choices) if stream \
        else answer.choices[0].message.content


def record(path, *replies, asked=ask, **options):
    """Records from another server, and gives what the client got."""
    with testing.Server() as upstream, testing.Server() as server:
        upstream.reply(*replies)
        server.use_cassette(path, upstream=upstream.base_url, **options)
        return asked(server)


def replay(path, asked=ask, **options):
    with testing.Server() as server:
        server.use_cassette(path, mode="none", **options)
        return asked(server)


@pytest.mark.parametrize("stream", [False, True])
def test_once(tmp_path, stream):
    path = tmp_path / "new" / "it.jsonl"
    asked = lambda server: ask(server, stream=stream)
    assert record(path, SAID, asked=asked) == "Grüße \U0001f600 there"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines[0] == {"dosai_cassette": 1} and len(lines) == 2
    assert json.loads(lines[1]["request"]["body"])["messages"] == messages()
    assert lines[1]["response"]["end"] == "whole"
    before = path.read_bytes()
    assert record(path, asked=asked) == "Grüße \U0001f600 there"  # nobody asks the upstream, which would say nothing
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["it.jsonl"]


def test_modes(tmp_path):
    path = tmp_path / "it.jsonl"
    with pytest.raises(FileNotFoundError, match="no upstream"), testing.Server() as server:
        server.use_cassette(path)
    with pytest.raises(FileNotFoundError, match="there is no cassette"), testing.Server() as server:
        server.use_cassette(path, "http://127.0.0.1:1/v1", mode="none")
    for wrong in ({"mode": "twice"}, {"speed": "slow"}, {"upstream": "ftp://127.0.0.1"}):
        with pytest.raises(ValueError), testing.Server() as server:
            server.use_cassette(path, **{"upstream": "http://127.0.0.1:1/v1", **wrong})
    record(path, "old")
    assert record(path, "new", mode="all") == "new" and replay(path) == "new"
    path.write_text('{"dosai_cassette": 99}\n')
    with pytest.raises(ValueError, match="is not a cassette of this version"):
        replay(path)


def test_a_failed_recording_is_not_written(tmp_path):
    path = tmp_path / "it.jsonl"
    with pytest.raises(testing.UnmatchedRequest) as caught, testing.Server() as server:
        server.use_cassette(path, "http://127.0.0.1:1/v1?key=" + KEY)
        with pytest.raises(dosai.NotFoundError):
            ask(server)
    assert KEY not in str(caught.value)
    with testing.Server() as server:
        server.use_cassette(path, "http://127.0.0.1:1/v1")  # and nobody asks
    with pytest.raises(ZeroDivisionError):
        record(path, "Hello!", asked=lambda server: ask(server) and 1 / 0)
    assert not path.exists()
    assert record(path, "Hello!") == replay(path) == "Hello!"
    before = path.read_bytes()
    with pytest.raises(dosai.NotFoundError):
        record(path, "new", asked=lambda server: ask(server) and ask(server), mode="all")
    assert path.read_bytes() == before


def test_the_query_of_the_upstream(tmp_path):
    path = tmp_path / "it.jsonl"
    query = "api-version=2024-10-21&key=" + ODD_KEY
    with testing.Server() as upstream:
        for number, more in enumerate(["", "?a=b"]):
            upstream.reply(testing.completion("Your key is " + ODD_KEY))
            with testing.Server() as server:
                server.use_cassette(path, upstream.base_url + "/deployments/d?" + query, mode="all")
                assert ask(server, base_url=server.base_url + more) == "Your key is " + ODD_KEY
            assert upstream.requests[number].path == "/v1/deployments/d/chat/completions%s%s" % (
                more + "&" if more else "?", query)
            assert ODD_KEY not in path.read_text(encoding="utf-8")
            asked = lambda server: ask(server, base_url=server.base_url + more)
            assert replay(path, asked=asked) == "Your key is REDACTED"


def test_what_was_not_recorded_fails_loudly(tmp_path):
    path = tmp_path / "it.jsonl"
    record(path, "Hello!")
    with pytest.raises(testing.UnmatchedRequest, match="no reply in .*it.jsonl for POST"):
        with testing.Server() as server:
            server.use_cassette(path)
            assert server.unused == 1 and ask(server) == "Hello!" and server.unused == 0
            with pytest.raises(dosai.NotFoundError, match="dosai.testing: no reply"):
                ask(server)  # once alone
    with pytest.raises(testing.UnmatchedRequest), testing.Server() as server:
        server.use_cassette(path)
        with pytest.raises(dosai.NotFoundError):
            ask(server, "Another question")
    with pytest.raises(testing.UnmatchedRequest, match="cannot record: http://127.0.0.1:1/v1: .*refused"):
        with testing.Server() as server:
            server.use_cassette(tmp_path / "other.jsonl", "http://127.0.0.1:1/v1")
            with pytest.raises(dosai.NotFoundError):
                ask(server)


def test_equal_json_is_an_equal_request(tmp_path):
    def asks(*bodies):
        def asked(server):
            client = dosai.Client(base_url=server.base_url, api_key=KEY, max_retries=0, timeout=20)
            return [client.chat.completions.create(**body).choices[0].message.content for body in bodies]
        return asked

    a, b = {"model": "m", "messages": messages("a")}, {"model": "m", "messages": messages("b")}
    path = tmp_path / "it.jsonl"
    assert record(path, "1", "2", "3", asked=asks(a, b, a)) == ["1", "2", "3"]
    assert replay(path, asked=asks(dict(reversed(list(b.items()))), a, a)) == ["2", "1", "3"]


def test_speeds(tmp_path):
    path = tmp_path / "it.jsonl"
    text = record(path, SAID)
    took = {}
    for speed in ("recorded", "instant", "byte"):
        begin = time.monotonic()
        assert replay(path, speed=speed) == text
        took[speed] = time.monotonic() - begin
        late = allowance(begin) if speed == "instant" else 0
        took[speed] -= late
    assert took["recorded"] >= 0.2 and took["recorded"] > took["instant"]  # three pieces and the end, 50 ms each


def test_a_byte_a_read(tmp_path):
    path = tmp_path / "it.jsonl"
    text = record(path, SAID)
    request = json.loads(path.read_text(encoding="utf-8").splitlines()[1])["request"]

    def reads(server):
        body = request["body"].encode()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(20)
            sock.connect(server.unix_socket)
            head = "POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (request["path"], len(body))
            sock.sendall(head.encode() + body)
            time.sleep(0.1)  # all may be there at once
            got = [sock.recv(65536)]
            while got[-1] and not b"".join(got).endswith(b"0\r\n\r\n"):
                got.append(sock.recv(65536))
            return got

    got = replay(path, asked=reads, speed="byte")
    assert {len(data) for data in got} == {1} and len(got) > 500
    assert replay(path, speed="byte", asked=lambda server: ask(server, unix_socket=server.unix_socket)) == text


def test_keys_are_not_written(tmp_path):
    path, half = tmp_path / "it.jsonl", len(KEY) // 2
    head = "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nx-key: %s\r\nContent-Length: %d\r\n\r\n" % (KEY, len(KEY))
    in_two_parts = [{"send": head + KEY[:half]}, {"sleep_ms": 50}, {"send": KEY[half:]}]

    def asked(server):
        client = dosai.Client(base_url=server.base_url + "?api-key=" + KEY, api_key=KEY, max_retries=0, timeout=20)
        with pytest.raises(dosai.APIError) as caught:
            client.chat.completions.create(model="m", messages=messages("My key is " + KEY))
        assert caught.value.status == "PROTOCOL"  # all of the body came, and it is not JSON

    record(path, in_two_parts, asked=asked)
    text = path.read_text(encoding="utf-8")
    assert KEY not in text and KEY[half:] not in text and "a=b" not in text
    assert '"REDACTED"' in text and "My key is REDACTED" in text and "api-key=REDACTED" in text
    replay(path, asked=asked)  # it is found all the same
    record(path, "Hello!", redact_keys=False, mode="all")
    assert "Bearer " + KEY in path.read_text(encoding="utf-8")


ODD_KEY = "sk/ab+cd=ef0123456789"


@pytest.mark.parametrize("options", [
    {"api_key": ODD_KEY, "api_key_header": "x-goog-api-key"},
    {"api_key": ODD_KEY, "api_key_header": "Ocp-Apim-Subscription-Key"},
    {"default_headers": {"X-Auth": ODD_KEY}}, {"default_headers": {"X-Session-Token": ODD_KEY}},
    {"default_headers": {"X-Client-Secret": ODD_KEY}}, {"default_query": {"api_key": ODD_KEY}},
    {"default_query": {"subscription-key": ODD_KEY}}, {"default_query": {"a": "b", "access_token": ODD_KEY}},
])
def test_keys_under_other_names_are_not_written(tmp_path, options):
    path = tmp_path / "it.jsonl"

    def asked(server):
        client = dosai.Client(**{"base_url": server.base_url, "api_key": "none", "max_retries": 0, "timeout": 20, **options})
        with pytest.raises(dosai.AuthenticationError):
            client.chat.completions.create(model="m", messages=messages("My key is " + ODD_KEY))

    record(path, testing.error(401, "Wrong: " + ODD_KEY, headers={"x-ratelimit-limit-tokens": "5000"}), asked=asked)
    text = path.read_text(encoding="utf-8")
    for written in (ODD_KEY, urllib.parse.quote(ODD_KEY), urllib.parse.quote(ODD_KEY, safe="")):
        assert written not in text
    assert "Wrong: REDACTED" in text and "My key is REDACTED" in text and "5000" in text
    replay(path, asked=asked)


@pytest.mark.parametrize("key", [KEY, ODD_KEY])
def test_keys_in_paths_are_not_written(tmp_path, key):
    path = tmp_path / "it.jsonl"

    def asked(server, key=key):
        client = dosai.Client(base_url=server.base_url, api_key=key, max_retries=0, timeout=20)
        client.get("/models/" + urllib.parse.quote(key, safe=""))
        client.get("/models?of=%s&a=b" % urllib.parse.quote(key, safe=""))
        return client.get("/models/%s?of=%s" % (key, key))

    assert record(path, *[testing.answer({"ok": 1})] * 3, asked=asked) == {"ok": 1}
    text = path.read_text(encoding="utf-8")
    assert key not in text and urllib.parse.quote(key, safe="") not in text
    assert "/models/REDACTED" in text and "/models?of=REDACTED&a=b" in text
    assert replay(path, asked=asked) == replay(path, asked=lambda server: asked(server, "sk-another-key")) == {"ok": 1}


def test_each_cookie_is_a_secret(tmp_path):
    path, cookies = tmp_path / "it.jsonl", ["session-aaaa", "session-bbbb", "session-cccc"]

    def asked(server):
        header = 'a=%s; b="%s";c=%s' % tuple(cookies)
        return ask(server, "Mine: " + " ".join(cookies), stream=False, default_headers={"Cookie": header})

    record(path, testing.completion("Yours: " + " ".join(cookies)), asked=asked)
    assert not [cookie for cookie in cookies if cookie in path.read_text(encoding="utf-8")]
    assert replay(path, asked=asked) == "Yours:" + " REDACTED" * 3


def test_prompts_are_not_written_by_choice(tmp_path):
    path = tmp_path / "it.jsonl"
    asked = lambda server: ask(server, "a private question")
    assert record(path, "Hello!", asked=asked, redact_prompts=True) == "Hello!"
    assert "private" not in path.read_text(encoding="utf-8")
    assert replay(path, asked=asked) == "Hello!"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", [testing.cut, testing.reset])
def test_a_cut_is_recorded_as_a_cut(tmp_path, fault, stream):
    path, texts = tmp_path / "it.jsonl", []

    def asked(server):
        with pytest.raises(dosai.APIError) as caught:
            ask(server, stream=stream)
        texts.append(caught.value.completion and caught.value.completion.choices[0].message.content)
        return caught.value.status

    assert record(path, fault(SAID, after=2), asked=asked) == "TRUNCATED"
    assert replay(path, asked=asked) == "TRUNCATED"
    assert texts == (["Grüße \U0001f600"] * 2 if stream else [None] * 2)


def test_errors_and_other_endpoints_are_recorded(tmp_path):
    path = tmp_path / "it.jsonl"

    def asked(server):
        client = dosai.Client(base_url=server.base_url, api_key=KEY, max_retries=1, timeout=20)
        assert ask(server, stream=False, max_retries=1) == "Hello!"
        return [model.id for model in client.models.list()]

    models = testing.answer({"object": "list", "data": [{"id": "m", "object": "model"}]})
    replies = [testing.error(429, retry_after=0.01), "Hello!", models]
    assert record(path, *replies, asked=asked) == ["m"]
    assert replay(path, asked=asked) == ["m"]


def test_a_client_that_leaves(tmp_path):
    path = tmp_path / "it.jsonl"

    def asked(server):
        client = dosai.Client(base_url=server.base_url, api_key=KEY, max_retries=0, timeout=20)
        with client.chat.completions.create(model="m", messages=messages(), stream=True) as stream:
            return next(iter(stream)).choices[0].delta.content

    assert record(path, testing.completion(*"abcdefghij", pace=0.02), asked=asked) == "a"
    assert replay(path, asked=asked) == "a"


def test_what_is_scripted_comes_before_the_cassette(tmp_path):
    path = tmp_path / "it.jsonl"
    record(path, "recorded")
    with testing.Server() as server:
        server.use_cassette(path)
        server.reply("scripted")
        assert [ask(server), ask(server)] == ["scripted", "recorded"]


# ---- python -m dosai.testing

def command(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), **options.pop("environment", {})}
    return subprocess.run([sys.executable, "-m", "dosai.testing", *map(str, arguments)], env=environment,
                          capture_output=True, text=True, timeout=60, **options)


def test_command(tmp_path):
    done = command("--reply", "Hello!", "--", sys.executable, "-c", ASKS * 2)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello!\nHello!\n", "")
    assert command("--reply", "Hello!", "--", sys.executable, "-c", "raise SystemExit(5)").returncode == 5
    script = tmp_path / "script.json"
    script.write_text(json.dumps([
        {"error": {"status": 503, "retry_after": 0.01}}, {"completion": {"content": ["Hel", "lo"]}}, "Hi!",
        {"completion": {"content": "x", "tool_calls": [{"name": "f", "arguments": {}}]}}, {"json": {"choices": []}}]))
    done = command("--script", script, "--", sys.executable, "-c", ASKS * 3)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello\nHi!\nx\n", "")
    script.write_text('[{"completion": {"content": "Hello"}, "cut": 1}]')
    for wrong in ([{"completon": {}}], [{"completion": {}, "cutt": 1}], [{"error": {}, "completion": {}}], [5], {"completion": {}},
                  [[{"sendd": "x"}]], [{"text": "", "end": [{"closed": True}]}], [{"steps": [{"send": "x", "close": True}]}],
                  [{"steps": {"send": "x"}}], [["x"]]):
        other = tmp_path / "wrong.json"
        other.write_text(json.dumps(wrong))
        refused = command("--script", other, "--", sys.executable, "-c", "print('it runs')")
        assert refused.returncode == 1 and refused.stderr.startswith("dosai.testing: the script") and not refused.stdout, wrong
    done = command("--script", script, "--", sys.executable, "-c", ASKS)
    assert (done.returncode, done.stdout) == (1, "") and "before the end of the answer" in done.stderr
    script.write_text("[]")
    swallows = "import contextlib\nwith contextlib.suppress(Exception): exec(%r)" % ASKS
    done = command("--script", script, "--", sys.executable, "-c", swallows)
    assert done.returncode == 1 and done.stderr.startswith("dosai.testing: no reply for POST")
    done = command("--reply", "Hello!", "--port", 65536)
    assert done.returncode == 1 and done.stderr.startswith("dosai.testing: bind()")


def test_command_records_and_replays(tmp_path):
    path = tmp_path / "it.jsonl"
    with testing.Server() as upstream:
        upstream.reply("Hello!")
        options = ["--cassette", path, "--upstream", upstream.base_url, "--redact-prompts"]
        done = command(*options, "--", sys.executable, "-c", ASKS)
        assert (done.returncode, done.stdout, done.stderr) == (0, "Hello!\n", "")
    done = command("--cassette", path, "--speed", "byte", "--", sys.executable, "-c", ASKS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello!\n", "")
    done = command("--cassette", tmp_path / "other.jsonl")
    assert done.returncode == 1 and done.stderr.startswith("dosai.testing: there is no cassette")


def test_command_that_cannot_record(tmp_path):
    path = tmp_path / "it.jsonl"
    done = command("--cassette", path, "--upstream", "http://127.0.0.1:1/v1", "--", sys.executable, "-c", ASKS)
    assert done.returncode == 1 and "dosai.testing: cannot record: http://127.0.0.1:1/v1: " in done.stderr
    assert not path.exists()


@pytest.mark.parametrize("number, disposition, status", [
    (signal.SIGINT, signal.SIG_DFL, 130), (signal.SIGINT, signal.SIG_IGN, 0), (signal.SIGTERM, signal.SIG_IGN, 0)])
def test_command_is_interrupted(number, disposition, status):
    server = subprocess.Popen(
        [sys.executable, "-m", "dosai.testing", "--reply", "x", "--", "sh", "-c", "echo ready; exec sleep 3"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)}, preexec_fn=lambda: signal.signal(number, disposition))
    assert server.stdout.readline() == "ready\n"
    os.killpg(server.pid, number)  # as Ctrl-C does
    assert server.communicate(timeout=60) == ("", "") and server.returncode == status


def test_command_is_terminated(tmp_path):
    """It ends its command, too, and leaves nothing."""
    server = subprocess.Popen(
        [sys.executable, "-m", "dosai.testing", "--reply", "x", "--", "sh", "-c", "echo ready; exec sleep 30"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE), "TMPDIR": str(tmp_path)})
    assert server.stdout.readline() == "ready\n"
    server.terminate()
    assert server.communicate(timeout=20) == ("", "") and server.returncode == 143 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_that_serves(number):
    server = subprocess.Popen([sys.executable, "-m", "dosai.testing", "--reply", "Hello!"], stdout=subprocess.PIPE,
                              text=True, env={**os.environ, "PYTHONPATH": str(PACKAGE)})
    try:
        client = dosai.Client(base_url=server.stdout.readline().strip(), api_key="k")
        assert client.chat.completions.create(model="m", messages=messages()).choices[0].message.content == "Hello!"
        server.send_signal(number)
        assert server.wait(10) == 0
    finally:
        server.kill()
        server.stdout.close()
