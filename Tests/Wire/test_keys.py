"""The key goes to its server and nowhere else: not into what is shown, also where a server echoes it."""
import json

import pytest

import wire
from dosai_testing._steps import head
from scripts import CLOSE, DONE, FINISH, completion
from wire import KEY, ffi

STREAMED, BOTH = ("callback", "pull", "poll"), ("unary", "callback", "pull", "poll")
HIDDEN = "*" * len(KEY)
U002D, UPPER = KEY.replace("-", "\\u002d"), "".join("\\u%04X" % ord(letter) for letter in KEY)


def refused(body, status=401, **headers):
    body = body.encode() if isinstance(body, str) else body
    return [head(status, {"Content-Length": len(body), **{key.replace("_", "-"): value for key, value in headers.items()}}).encode(), body]


def answered(text):
    return refused(text, 200, Content_Type="application/json")


def streamed(*events):
    body = "".join(one if one.startswith(("data", "event", ":")) else "data: %s\n\n" % one for one in events).encode()
    return refused(body, 200, Content_Type="text/event-stream")


def delta(text, key="content"):
    return '{"id":"c","choices":[{"index":0,"delta":{"%s":%s},"finish_reason":null}]}' % (key, text)


ENDS = [FINISH, DONE]
ERROR = '{"error":{"message":"No: %s","code":"%s","type":"%s","param":"%s"}}'
ECHOES = {
    "refusal": (refused(ERROR % ((KEY,) * 4)), BOTH), "refusal-escaped": (refused(ERROR % ((U002D,) * 4)), BOTH),
    "refusal-all-escaped": (refused(ERROR % ((UPPER,) * 4)), BOTH), "refusal-html": (refused("<p>%s</p>" % KEY, 502), BOTH),
    "refusal-not-json": (refused('{"error": "%s' % KEY), BOTH), "refusal-not-utf-8": (refused(b"\xff" + KEY.encode() + b"\xff"), BOTH),
    "refusal-at-the-cut": (refused("x" * (65536 - len(KEY) + 1) + KEY + "x" * 99), BOTH),
    "refusal-at-the-cut-escaped": (refused("x" * (65536 - 10) + UPPER + "x" * 99), BOTH),
    "headers": (refused("", 403, x_request_id=KEY, WWW_Authenticate="Bearer " + KEY, Location="/%s?k=%s" % (KEY, KEY), Retry_After=KEY,
                        **{"x-" + KEY: KEY}), BOTH),
    "redirect": (refused("", 302, Location="http://192.0.2.1/" + KEY), BOTH),
    "answer": (answered(json.dumps(completion(KEY, **{KEY: KEY}))), BOTH), "answer-escaped": (answered(json.dumps(completion("@")).replace("@", U002D)), BOTH),
    "answer-error": (answered(ERROR % ((KEY,) * 4)), BOTH), "answer-not-json": (answered('{"choices": %s' % KEY), BOTH),
    "text": (streamed(delta('"%s"' % KEY), *ENDS), STREAMED), "text-escaped": (streamed(delta('"%s"' % U002D), *ENDS), STREAMED),
    "text-shaped": (streamed(delta('"a"'), delta('"b"'), delta('"%s"' % KEY), delta('"c %s"' % UPPER), *ENDS), STREAMED),
    "text-in-pieces": (streamed(delta('"a"'), delta('"%s"' % KEY[:9]), delta('"%s"' % KEY[9:]), *ENDS), STREAMED),
    "reasoning-in-pieces": (streamed(*[delta('"%s"' % letter, "reasoning") for letter in KEY], *ENDS), STREAMED),
    "tool-call": (streamed(delta('[{"index":0,"id":"%s","function":{"name":"%s","arguments":"%s"}}]' % ((KEY,) * 3), "tool_calls"), *ENDS), STREAMED),
    "unknown-field": (streamed('{"id":"%s","model":"%s","%s":["%s"],"choices":[]}' % ((KEY,) * 4), *ENDS), STREAMED),
    "finish": (streamed(delta('"a"'), '{"choices":[{"index":0,"delta":{},"finish_reason":"%s"}]}' % KEY, DONE), STREAMED),
    "mid-error": (streamed(delta('"a"'), ERROR % ((KEY,) * 4)), STREAMED), "mid-error-escaped": (streamed(delta('"a"'), ERROR % ((U002D,) * 4)), STREAMED),
    "mid-error-named": (streamed(delta('"a"'), "event: error\ndata: %s\n\n" % KEY), STREAMED),
    "mid-error-flat": (streamed(delta('"a"'), 'event: error\ndata: {"message":"%s"}\n\n' % KEY), STREAMED),
    "mid-garbage": (streamed(delta('"a"'), "data: {%s\n\n" % KEY), STREAMED), "comment": (streamed(": %s\n\n" % KEY, delta('"a"'), *ENDS), STREAMED),
    "cut": (streamed(delta('"a"'), "data: %s" % KEY), STREAMED), "data-lines": (streamed("data: {\ndata: %s\n\n" % delta('"%s"' % KEY)[1:], *ENDS), STREAMED),
}
UNREADABLE = ("cut", "mid-garbage", "mid-error-named", "answer-not-json")  # no message quotes these, not even with the key hidden


@pytest.mark.parametrize("id", ECHOES)
def test_echo(server, id):
    """wire.Client looks for the key in all that a call shows; here the places are counted where it must have been."""
    pieces, faces = ECHOES[id]
    whole = b"".join(pieces)
    for split, parts in [("whole", [whole]), ("bytes", [pieces[0]] + [pieces[1][at:at + 1] for at in range(len(pieces[1]))])]:
        if len(parts) > 10000:
            parts = [whole[at:at + 7] for at in range(0, len(whole), 7)]
        server.put("echo-key", [{"pieces": parts}, CLOSE] if id == "cut" else [{"pieces": parts}])
        for face in faces:
            with wire.Client("http://localhost/s/echo-key/v1", unix_socket=server.unix) as client:
                seen = client.see(face)
            shown = [text for text in wire.texts_of(seen) if "**" in text]
            assert id in ("comment", *UNREADABLE) or shown, (split, face, seen)
            assert id not in UNREADABLE or not set('*{"') & set(seen["error"]["message"]), "it quotes: %r" % seen
            texts = list(wire.texts_of([seen["error"], seen["completion"]]))
            assert not any(form in text for text in texts for form in (KEY[:-1], U002D, UPPER[:-6])), (split, face, seen)


def test_echo_in_any_header(server):
    """Each header that an error or a completion lends."""
    names = ["x-request-id", "www-authenticate", "x-any", "location", "server", "retry-after"]
    for status in (200, 400):
        reply = {"status": status, "json": completion(), "headers": {name: "a %s b" % KEY for name in names}}
        server.put("echo-headers", {**reply, "headers": {**reply["headers"], "Set-Cookie": KEY}})
        with wire.Client(server.base("echo-headers")) as client:
            made, error = ffi.dosai_completion(), ffi.dosai_error()
            ffi.dosai_chat(client.handle, client.request, None, wire.byref(made), wire.byref(error))
            getter, owner = (ffi.dosai_error_header, error) if error else (ffi.dosai_completion_header, made)
            got = [wire.text_of(getter, owner, name.encode()) for name in names]
            assert got == ["a %s b" % HIDDEN] * len(names)
            assert wire.text_of(getter, owner, b"set-cookie") is None and wire.text_of(getter, owner, b"authorization") is None
            ffi.dosai_completion_free(made), ffi.dosai_error_free(error)


@pytest.mark.parametrize("key, is_hidden", [("elevenchars", False), ("twelve-chars", True)])
def test_a_word_as_key(server, key, is_hidden):
    """Servers that need no key get a word, such as "ollama", which the model may write: an answer keeps it."""
    text = "I say %s." % key
    wanted = text.replace(key, "*" * len(key)) if is_hidden else text
    server.put("word", [{"pieces": answered(json.dumps(completion(text)))}])
    server.put("words", [{"pieces": streamed(delta(json.dumps(text)), *ENDS)}])
    server.put("no-word", [{"pieces": refused(ERROR % ((key,) * 4))}])
    for face in BOTH:
        with wire.Client(server.base("word" if face == "unary" else "words"), api_key=key) as client:
            assert client.see(face)["completion"]["choices"][0]["content"] == wanted, face
        with wire.Client(server.base("no-word"), api_key=key) as client:
            assert client.see(face)["error"]["message"].endswith(" No: " + "*" * len(key)), face


def test_a_word_at_the_cut(server):
    """An error that came with status 200 may quote a short key where its fields are cut: 2 KiB of the message, 1 KiB of the others."""
    key = "elevenchars"
    body = ERROR % ("m" * (2048 - 4 - 6) + key, *["f" * (1024 - 6) + key] * 3)
    server.put("cut-word", [{"pieces": answered(body)}])
    server.put("cut-words", [{"pieces": streamed(delta('"a"'), body)}])
    for face in BOTH:
        with wire.Client(server.base("cut-word" if face == "unary" else "cut-words"), api_key=key) as client:
            error = client.see(face)["error"]
            assert error["message"].endswith("m******") and error["code"] == error["type"] == error["param"] == "f" * 1018 + "******", (face, error)


# ---- other places a key could come from or go to

def test_netrc_is_not_read(server, monkeypatch, tmp_path):
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text("machine 127.0.0.1 login u password p\nmachine localhost login u password p\ndefault login u password p\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for at in ("plain", "tls"):
        server.reset("hello~netrc")
        with wire.Client(server.base("hello~netrc", at), ca_file=server.ca, api_key=None) as client:
            assert client.see("unary")["status"] == "OK"
        assert "authorization" not in [key.lower() for key, _ in server.stats("hello~netrc")["last_headers"]]


HERE = ["http://127.0.0.1:1/v1", "http://127.0.0.2/v1", "http://127.255.255.254/", "http://localhost/", "http://LOCALHOST:80/v1", "http://[::1]/v1"]
AWAY = ["http://192.0.2.1/v1", "http://example.test/v1", "http://localhost.example.test/", "http://127.0.0.1.example.test/", "http://127.example.test/", "http://128.0.0.1/",
        "http://0.0.0.0/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://10.0.0.1/", "http://localhost./", "http://xlocalhost/", "http://0x7f.0.0.1/",
        "http://2130706433/", "http://1.127.0.0/", "http://127/", "http://[::1%25x]/"]


@pytest.mark.parametrize("url", HERE + AWAY)
def test_key_over_plain_http(url):
    """Only to this machine: a name or an address that is not surely so counts as another."""
    for options, good in [({}, url in HERE), ({"allow_insecure_http": 1}, True), ({"api_key": None}, True), ({"unix_socket": "/nowhere"}, True)]:
        client = wire.Client(url, **options)
        assert client.status == ("OK" if good else "INVALID_ARGUMENT"), (url, options)
        assert good or "allow_insecure_http" in client.error["message"]
        client.__exit__()


@pytest.mark.parametrize("options", [{"proxy": "http://127.0.0.1:1"}, {}])
def test_unix_socket_goes_nowhere_else(server, options):
    """Where both are given, the socket is used, or the client is refused; the key never goes to the proxy."""
    with wire.Client("http://localhost/s/hello/v1", unix_socket=server.unix, **options) as client:
        assert client.see("unary")["status"] == "OK"


# ---- arguments

BAD_BYTES = [bytes([byte]) for byte in [*range(1, 32), *range(127, 256)]]
FIELDS = {"api_key": b"sk-canary-%s", "api_key_header": b"x-%s", "organization": b"o%s", "project": b"p%s", "user_agent": b"u%s", "proxy": b"http://p%s:1",
          "base_url": b"http://127.0.0.1:1/%s"}


@pytest.mark.parametrize("field", FIELDS)
def test_bad_bytes_in_options(field):
    """Each byte outside 0x20 to 0x7E, before, in and behind; the message names the option and quotes nothing."""
    for bad in BAD_BYTES:
        for form in (b"%s", b"%sx", b"x%s"):
            client = wire.Client(**{"base_url": "https://127.0.0.1:1/v1", field: FIELDS[field] % (form % bad)})
            assert client.status == "INVALID_ARGUMENT" and field in client.error["message"], (field, bad)
            assert "canary" not in client.error["message"] and client.error["attempts"] == []
            client.__exit__()
    for name in (b"", b"a b", b"a:b", b"a(b"):
        client = wire.Client("http://127.0.0.1:1/v1", api_key_header=name)
        assert client.status == "INVALID_ARGUMENT"
        client.__exit__()


OF_TRANSPORT = ["content-length", "Transfer-Encoding", "HOST", "Expect", "connection", "te", "Trailer", "upgrade", "keep-alive", "Proxy-Authorization", "proxy-connection",
                "http2-settings"]


@pytest.mark.parametrize("name", OF_TRANSPORT)
def test_the_key_has_a_header_of_its_own(name):
    """It takes none that frames the message or says where it goes; also where there is no key."""
    for key in (KEY, None):
        client = wire.Client("http://127.0.0.1:1/v1", api_key_header=name, api_key=key)
        assert client.status == "INVALID_ARGUMENT" and "api_key_header" in client.error["message"]
        client.__exit__()


def test_an_empty_proxy_is_none(server):
    with wire.Client(server.base("hello"), proxy="") as client:
        assert client.see("unary")["status"] == "OK"
    client = wire.Client("http://192.0.2.1/v1", proxy="")
    assert client.status == "INVALID_ARGUMENT" and "allow_insecure_http" in client.error["message"]
    client.__exit__()


@pytest.mark.parametrize("whose", ["client", "call"])
def test_bad_bytes_in_headers(server, whose):
    server.reset("hello~bytes")
    lines = [b"x-a: b" + bad for bad in BAD_BYTES] + [b"x-a:" + bad + b"b" for bad in BAD_BYTES] + [b"x" + bad + b"a: b" for bad in BAD_BYTES]
    lines += [b"x-a: b\r\nx-injected: yes", b"x-a\r\n: b", b"", b":", b": x", b"x-a", b"x a: b", b"Content-Length: 1", b"Transfer-Encoding: chunked",
              b"Connection: close", b"Proxy-Authorization: Basic eA==", b"TE: x", b"Upgrade: h2c", b"Expect: 100-continue",
              b"Keep-Alive: x", b"Trailer: x", b"proxy-connection: x", b"HTTP2-Settings: x"]
    with wire.Client(server.base("hello~bytes")) as client:
        for text in lines:
            if whose == "client":
                other = wire.Client(server.base("hello~bytes"), headers=[text])
                assert other.status == "INVALID_ARGUMENT" and "headers" in other.error["message"], text
                other.__exit__()
            else:
                given = wire.call_options(headers=(wire.c_char_p * 1)(text), header_count=1)
                for face in ("unary", "callback", "pull"):
                    seen = client.see(face, given)
                    assert seen["status"] == "INVALID_ARGUMENT" and "headers" in seen["error"]["message"], (text, seen)
    assert server.stats("hello~bytes")["requests"] == 0


def test_a_model_is_text(server):
    """In the body anything is data: it changes no line of the head."""
    server.reset("hello~model")
    for model in ("m\r\nX-Injected: yes\r\n\r\n", 'm","stream":true,"x":"', "m\0m", "\u00e9\U0001f600", "m\x7f\x01"):
        with wire.Client(server.base("hello~model"), {"model": "x", "messages": []}) as client:
            made = ffi.dosai_request()
            data = model.encode()
            assert ffi.dosai_request_new(data, len(data), wire.byref(made), None) == ffi.OK
            client.request, old = made, client.request
            ffi.dosai_request_free(old)
            assert client.see("unary")["status"] == "OK"
        stats = server.stats("hello~model")
        assert json.loads(stats["last_body"]) == {"model": model, "messages": []} and "x-injected" not in str(stats["last_headers"]).lower()
