import pathlib
import re

import dosai
import pytest
from dosai._client import DEFAULT_BASE_URL

OURS = {"DOSAI_API_KEY": "our key", "DOSAI_BASE_URL": "https://our.test"}
THEIRS = {"OPENAI_API_KEY": "their key", "OPENAI_BASE_URL": "https://their.test"}


DEFAULT = "https://api.dos.ai/v1"


def test_the_default_server_is_the_librarys():
    """Which its header names."""
    header = pathlib.Path(__file__).parents[3] / "include/dosai.h"
    assert re.search(r'\*base_url; +/\* NULL: "(.*?)"', header.read_text(encoding="utf-8"))[1] == DEFAULT
    assert DEFAULT_BASE_URL == DEFAULT


@pytest.mark.parametrize("variables, given, result", [
    ({}, (None, None), (None, DEFAULT)),
    ({"DOSAI_API_KEY": "our key"}, (None, None), ("our key", DEFAULT)),
    (OURS, (None, None), ("our key", "https://our.test")),
    (OURS, ("key", None), ("key", "https://our.test")),
    (OURS, (None, "https://url.test"), ("our key", "https://url.test")),
    (THEIRS, (None, None), ("their key", "https://their.test")),
    ({"OPENAI_API_KEY": "their key"}, (None, None), (None, DEFAULT)),
    ({"OPENAI_API_KEY": "their key"}, ("key", None), ("key", DEFAULT)),
    ({"OPENAI_BASE_URL": "https://their.test"}, (None, None), (None, "https://their.test")),
    ({"OPENAI_BASE_URL": "https://their.test"}, ("key", None), ("key", "https://their.test")),
    (THEIRS, ("key", None), ("key", "https://their.test")),
    (THEIRS, (None, "https://url.test"), (None, "https://url.test")),
    (THEIRS, (None, "https://their.test/"), ("their key", "https://their.test/")),
    ({**THEIRS, "DOSAI_API_KEY": "our key"}, (None, "https://their.test"), ("their key", "https://their.test")),
    ({**THEIRS, "DOSAI_API_KEY": "our key", "DOSAI_BASE_URL": "https://their.test"}, (None, "https://their.test"), ("our key", "https://their.test")),
    ({**THEIRS, "DOSAI_API_KEY": "our key"}, (None, None), ("their key", "https://their.test")),
    ({**THEIRS, "DOSAI_API_KEY": "our key"}, ("key", None), ("key", "https://their.test")),
    ({**THEIRS, "DOSAI_BASE_URL": "https://our.test"}, (None, None), (None, "https://our.test")),
    ({**THEIRS, **OURS}, (None, None), ("our key", "https://our.test")),
    ({**THEIRS, "DOSAI_BASE_URL": ""}, (None, None), ("their key", "https://their.test")),
])
def test_a_key_goes_to_its_own_server(monkeypatch, variables, given, result):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    client = dosai.Client(*given)
    assert (client.api_key, client.base_url) == result


def test_our_key_never_goes_to_their_server(monkeypatch):
    monkeypatch.setenv("DOSAI_API_KEY", "our key")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://their.test")
    for given in ({}, {"base_url": "https://their.test"}):
        with pytest.raises(dosai.InvalidArgumentError, match="DOSAI_BASE_URL"):
            dosai.Client(**given)


def test_a_copy_keeps_the_pair(monkeypatch, server):
    monkeypatch.setenv("OPENAI_API_KEY", "their key")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base("hello~pair"))
    client = dosai.Client()
    monkeypatch.setenv("DOSAI_BASE_URL", server.base("hello~other"))
    monkeypatch.setenv("DOSAI_API_KEY", "our key")
    for other, key in ((client.with_options(api_key="new key"), "new key"),
                       (client.with_options(http1_only=True), "their key")):
        other.chat.completions.create(model="m", messages=[])
        assert dict(server.stats("hello~pair")["last_headers"])["Authorization"] == "Bearer " + key
    for other in (client.with_options(base_url=None), client.with_options(api_key=None, base_url=dosai.NOT_GIVEN)):
        assert (other.api_key, other.base_url) == ("their key", client.base_url)
    with pytest.raises(TypeError, match="base_url must be a string"):
        client.base_url = None
    assert server.stats("hello~other")["requests"] == 0


@pytest.mark.parametrize("variable, options, is_trusted", [
    ("ca", {}, True), ("ca", {"ca_file": None}, True), ("/nowhere", {}, False), ("", {}, False),
    ("/nowhere", {"ca_file": "ca"}, True), ("/nowhere", {"ca_pem": "ca"}, True), ("ca", {"ca_pem": "nonsense"}, False),
])
def test_authorities(monkeypatch, server, variable, options, is_trusted):
    """SSL_CERT_FILE, as for openai-python, unless the client says which to trust."""
    monkeypatch.setenv("SSL_CERT_FILE", server.ca if variable == "ca" else variable)
    if options.get("ca_file"):
        options = {"ca_file": server.ca}
    elif options.get("ca_pem") == "ca":
        options = {"ca_pem": pathlib.Path(server.ca).read_text()}
    client = dosai.Client("k", server.base("hello", "tls"), max_retries=0, **options)
    ask = lambda: client.chat.completions.create(model="m", messages=[])
    if is_trusted:
        assert ask().choices
    else:
        with pytest.raises(dosai.APIConnectionError) as raised:
            ask()
        assert raised.value.status == "TLS"
