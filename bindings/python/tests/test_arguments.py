"""Arguments of a wrong type are refused before they reach the library; those of other clients mean what they mean there."""

import ctypes
import json
import pathlib

import dosai
import pytest
from dosai._client import OPTIONS
from lateness import attempt
from test_client import HI, create, headers_sent

TEXTS = sorted(name for name, kind in OPTIONS.items() if kind.__name__ == "c_char_p")
NUMBERS = sorted(OPTIONS.keys() - set(TEXTS))


@pytest.mark.parametrize("value", [5, True, 1.5, [], object()])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_is_no_text(name, value):
    with pytest.raises(TypeError, match=f"{name} must be a string, not {type(value).__name__}"):
        dosai.Client(**{name: value})


@pytest.mark.parametrize("value", ["5", 1.5, None, []])
@pytest.mark.parametrize("name", [*NUMBERS, "max_retries"])
def test_a_number_that_is_no_number(name, value):
    with pytest.raises(TypeError, match=f"{name} must be an integer, not {type(value).__name__}"):
        dosai.Client(**{name: value})


@pytest.mark.parametrize("name", [*NUMBERS, "max_retries"])
def test_a_number_that_is_too_large(name):
    """Not one of fewer bits."""
    for value in (2**64 + 1, 2**32 + 1 if OPTIONS.get(name, ctypes.c_int32) is ctypes.c_int32 else 2**65, -2**64):
        with pytest.raises(ValueError, match=f"{name} is out of range"):
            dosai.Client(**{name: value})


def test_a_nul_is_refused(client):
    for name in TEXTS:
        for value in ("a\0b", *([b"a\0b"] if name == "ca_pem" else [])):
            with pytest.raises(ValueError, match=f"{name} contains a NUL"):
                dosai.Client(**{name: value})
    with pytest.raises(ValueError, match="connections is out of range"):
        client("hello").warm(2**32 + 1)


@pytest.mark.parametrize("key", ["sk-secret\ud83d", "sk-secret\0", lambda: "sk-secret\ud83d", lambda: "sk-secret\0"])
def test_a_key_that_is_refused_is_not_in_the_error(client, key):
    with pytest.raises(ValueError) as caught:
        client("hello", api_key=key).get("/models")
    assert "api_key" in str(caught.value) and "secret" not in repr(caught.value)


@pytest.mark.parametrize("arguments, match", [
    ({"timeout": "5"}, "a number of seconds, a Timeout, or None, not str"),
    ({"messages": "hi"}, "messages must be a list of messages, .*, not str"),
    ({"messages": {"role": "user"}}, "messages must be a list of messages, .*, not dict"),
    ({"response_format": dict}, "parse\\(\\) takes a class"),
    ({"extra_headers": {"X-One": b"1"}}, "the header 'X-One' must be a string, not bytes"),
    ({"extra_headers": {5: "1"}}, "the name of a header must be a string, not int"),
])
def test_a_sentence_says_what_to_do(client, arguments, match):
    with pytest.raises(TypeError, match=match):
        client("hello").chat.completions.create(**{"model": "m", "messages": HI, **arguments})


@pytest.mark.parametrize("kind", [dosai.Client, dosai.AsyncClient])
def test_what_there_is_not_is_where_it_is(kind):
    with pytest.raises(AttributeError, match="no attribute 'responses': the clients of dosai.openai have all"):
        kind("k").responses
    assert not hasattr(kind("k"), "beta") and getattr(kind("k"), "_private", 1) == 1
    chat = kind("k").chat
    for part in (chat, chat.completions, chat.completions.with_raw_response, kind("k").embeddings, kind("k").models):
        with pytest.raises(AttributeError, match="no attribute 'delete': the clients of dosai.openai have all"):
            part.delete


def test_a_path_of_another_type(client):
    with pytest.raises(TypeError, match="path must be a string, not int"):
        client("hello").get(5)


def test_files_and_authorities(server):
    for authority in ({"ca_file": pathlib.Path(server.ca)}, {"ca_pem": pathlib.Path(server.ca).read_bytes()}):
        assert create(dosai.Client("k", server.base("hello", "tls"), **authority)).choices


class NotGiven:  # as openai-python calls them
    def __bool__(self):
        return False


class Omit(NotGiven):
    pass


class Timeout:
    connect, read, write, pool = 5.0, 0.2, None, None


class URL:
    def __init__(self, text):
        self._text = text

    def __str__(self):
        return self._text


def test_omitted_arguments_of_openai(server, client):
    create(client("hello~omitted"), temperature=NotGiven(), top_p=Omit(), timeout=NotGiven(), stream=Omit(),
           extra_query=None, extra_headers=None, extra_body=None)
    assert sorted(json.loads(server.stats("hello~omitted")["last_body"])) == ["messages", "model"]


def test_timeouts_of_others(client):
    def check():
        with pytest.raises(dosai.APITimeoutError) as caught:
            list(create(client("silent-chunk"), stream=True, timeout=timeout))
        return [] if caught.value.clock == "idle" else [caught.value.clock]  # the first chunk came too late

    for timeout in (Timeout(), dosai.Timeout(0.2), dosai.Timeout(0.2, connect=5)):
        assert not attempt(check, 10)


@pytest.mark.parametrize("read, total", [(5.0, 0), (600.0, 0), (1800.0, 1800000), (None, -1)])
def test_a_long_timeout_of_others(read, total):
    """0: the library's, which is 600 s."""
    timeout = Timeout()
    timeout.read = read
    client = dosai.Client("k", timeout=timeout)
    assert client._options("/", unary=True).total_timeout_ms == total
    assert client._options("/", unary=False).total_timeout_ms == 0


def test_a_url_of_another_type(server):
    client = dosai.Client("k", URL(server.base("hello~url")))
    assert create(client).choices
    assert client.base_url == server.base("hello~url")


def test_a_header_that_is_none_is_removed(server, client):
    base = client("hello~none", default_headers={"X-One": "1", "X-Two": "2"})
    create(base, extra_headers={"x-one": None, "X-Three": Omit()})
    assert {"x-one", "x-three"}.isdisjoint(headers_sent(server, "hello~none"))
    assert headers_sent(server, "hello~none")["x-two"] == "2"
    create(base.with_options(default_headers={"X-Two": None}))
    assert "x-two" not in headers_sent(server, "hello~none")


def test_a_pydantic_message(server, client):
    pydantic = pytest.importorskip("pydantic")

    class Message(pydantic.BaseModel):
        role: str
        content: str
        name: str = "unset"

    client("hello~pydantic").chat.completions.create(model="m", messages=[Message(role="user", content="Hi")])
    assert json.loads(server.stats("hello~pydantic")["last_body"])["messages"] == HI
