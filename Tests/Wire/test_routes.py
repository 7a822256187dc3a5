"""Where a call may go: redirects within the origin alone, five at most; proxies, which see no key."""
import base64, pathlib

import pytest

import certificates, wire
from proxy import Proxy
from scripts import completion
from wire import KEY

BOTH = ("unary", "callback", "pull", "poll")
EVERY = (*BOTH, "loop", "unary_loop")
PROXY_VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]  # in the order in which they are read


# ---- redirects

def redirect(server, location, http, follows, name="away", **options):
    server.put(name, {"status": http, "text": "", "headers": {"Location": location} if location is not None else {}})
    server.reset(name)
    before = sum(server.arrived.values())
    with wire.Client(server.base(name, "tls"), ca_file=server.ca, max_redirects=5 if follows else 0, headers=["api-key: K", "Cookie: s=1"], **options) as client:
        seen = client.see("unary")
    return seen, sum(server.arrived.values()) - before


def hostile(server):
    port = server.tls.rpartition(":")[2]
    other = server.tls_other.rpartition(":")[2]
    return {
        "port": "https://localhost:%s/s/hello/v1" % other, "host": "https://127.0.0.1:%s/s/hello/v1" % port, "scheme": "http://localhost:%s/s/hello/v1" % port,
        "plain": server.plain + "/s/hello/v1", "no-port": "https://localhost/s/hello/v1", "//": "//localhost:%s/s/hello/v1" % other,
        "userinfo": "https://localhost:%s@localhost:%s/s/hello/v1" % (port, other), "own-userinfo": "https://u:p@localhost:%s/s/hello/v1" % port,
        "javascript": "javascript:alert(1)", "file": "file:///etc/passwd", "ftp": "ftp://localhost:%s/" % port, "data": "data:text/plain,x",
        "gopher": "gopher://localhost:%s/" % port, "scheme-alone": "https:elsewhere", "missing": None, "empty": "", "fragment": "https://localhost:%s/#@localhost:%s/" % (other, port),
        "backslash": "https://localhost:%s\\@localhost:%s/" % (port, other), "tab": "https://localhost:%s\t.x/" % port, "blank": "/s/hello v1",
        "suffix": "https://localhost:%s.x.invalid/" % port, "bytes": "/s/h\u00e9llo", "dot": "https://localhost.:%s/" % port,
        "long-elsewhere": "https://localhost:%s/%s" % (other, "x" * 65536),
    }


HOSTILE = ["port", "host", "scheme", "plain", "no-port", "//", "userinfo", "own-userinfo", "javascript", "file", "ftp", "data", "gopher", "scheme-alone",
           "missing", "empty", "fragment", "backslash", "tab", "blank", "suffix", "bytes", "dot", "long-elsewhere"]


@pytest.mark.parametrize("http", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("id", HOSTILE)
def test_redirect_elsewhere(server, id, http):
    """Followed or not: an error with the Location, and nothing is sent anywhere."""
    locations = hostile(server)
    assert list(locations) == HOSTILE
    for follows in (True, False):
        seen, arrived = redirect(server, locations[id], http, follows)
        assert (seen["status"], seen["error"]["http"], arrived) == ("REDIRECTED", http, 1), (follows, seen)
        if id not in ("missing", "bytes"):
            assert seen["error"]["location"] == locations[id].strip()


@pytest.mark.parametrize("http", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("follows", [True, False])
def test_redirect_within_the_origin(server, http, follows):
    """A POST is followed by 307 and 308 alone, with its key and body; 304 and 300 never."""
    wanted = "OK" if follows and http in (307, 308) else "REDIRECTED"
    port = server.tls.rpartition(":")[2]
    for location in ["/s/say-hello/v1", "https://LOCALHOST:%s/s/say-hello/v1" % port, "/s/say-hello/v1?" + "x" * 65536]:
        server.put("say-hello", {"json": completion("Hello")})
        server.reset("say-hello")
        seen, arrived = redirect(server, location, http, follows)
        stats = server.stats("say-hello")
        assert (seen["status"], arrived, stats["requests"]) == (wanted, 1, int(wanted == "OK")), seen
        if wanted == "OK":
            headers = dict(stats["last_headers"])
            assert (headers["Authorization"], headers["api-key"], headers["Cookie"]) == ("Bearer " + KEY, "K", "s=1") and '"hi"' in stats["last_body"]


@pytest.mark.parametrize("hops, status, requests", [(4, "OK", 5), (5, "OK", 6), (6, "REDIRECTED", 6), (10 ** 9, "REDIRECTED", 6)])
def test_redirect_hops(server, hops, status, requests):
    """Five hops at most; a loop ends there."""
    seen_paths = []

    def reply(request):
        seen_paths.append(request.path)
        if len(seen_paths) > hops:
            return {"json": completion("Hello")}
        return {"status": 307, "text": "", "headers": {"Location": request.path if hops == 10 ** 9 else "/s/hops/%d" % len(seen_paths)}}
    server.put("hops", reply)
    for face in ("unary", "callback"):
        seen_paths.clear()
        with wire.Client(server.base("hops"), max_redirects=5) as client:
            seen = client.see(face)
        assert (seen["status"], len(seen_paths)) == (status, requests)
    for wrong in (6, -1, 2 ** 31 - 1):
        client = wire.Client(server.base("hops"), max_redirects=wrong)
        assert client.status == "INVALID_ARGUMENT" and "max_redirects" in client.error["message"]
        client.__exit__()


REFERENCES = {  # from /s/by-reference/v1/chat/completions
    "end": "/s/by-reference/v1/chat/end", "./end?x=1": "/s/by-reference/v1/chat/end?x=1", "../end": "/s/by-reference/v1/end", "../../end/": "/s/by-reference/end/",
    "../..": "/s/by-reference/", "?q=/../x": "/s/by-reference/v1/chat/completions?q=/../x", "/s/by-reference/a/./b/../end": "/s/by-reference/a/end",
    "/s/by-reference/../../../s/by-reference/end": "/s/by-reference/end", "#part": None, "end#a?b": "/s/by-reference/v1/chat/end",
    "//127.0.0.1:PORT/s/by-reference/end": "/s/by-reference/end", "http://127.0.0.1:PORT/s/by-reference/end#part": "/s/by-reference/end",
    "HTTP://127.0.0.1:PORT/s/by-reference/a/../end?x#y": "/s/by-reference/end?x", "a:b/../end": None, "http:end": None, "///end": None, "//127.0.0.1/end": None,
    "//localhost:PORT/end": None, "//u@127.0.0.1:PORT/end": None,
}


@pytest.mark.parametrize("location", REFERENCES)
def test_redirect_by_reference(server, location):
    """As RFC 3986, 5.2 resolves it; the fragment stays here. From the second hop on it is the URL of the answer that counts."""
    paths, port = [], server.plain.rpartition(":")[2]

    def reply(request):
        paths.append(request.path)
        if len(paths) > 1:
            return {"json": completion("Hello")}
        return {"status": 307, "text": "", "headers": {"Location": location.replace("PORT", port)}}
    server.put("by-reference", reply)
    with wire.Client(server.base("by-reference"), max_redirects=5) as client:
        seen = client.see("unary")
    wanted = REFERENCES[location]
    assert (seen["status"], paths[1:]) == (("OK", [wanted]) if wanted else ("REDIRECTED", [])), seen
    paths.clear()

    def again(request):
        paths.append(request.path)
        return {"status": 308, "text": "", "headers": {"Location": "../x"}} if len(paths) < 3 else {"json": completion("Hello")}
    server.put("by-reference", again)
    with wire.Client(server.base("by-reference"), max_redirects=5) as client:
        assert client.see("unary")["status"] == "OK"
    assert paths[1:] == ["/s/by-reference/v1/x", "/s/by-reference/x"]


@pytest.mark.parametrize("base", ["http://127.1:%s", "http://0x7f.0.0.1:%s", "http://127.0.0.1:0%s", "HTTP://127.0.0.1:%s"])
def test_redirect_from_any_form_of_the_base(server, base):
    """A reference is resolved from the base URL as libcurl writes it, and leads to the same origin."""
    server.put("any-form", lambda request: {"json": completion("Hello")} if request.path.endswith("/end") else
               {"status": 307, "text": "", "headers": {"Location": "end"}})
    with wire.Client(base % server.plain.rpartition(":")[2] + "/s/any-form/v1", max_redirects=5, allow_insecure_http=1) as client:
        assert client.see("unary")["status"] == "OK"


@pytest.mark.parametrize("http", range(300, 309))
def test_redirects_of_a_get(server, http):
    """301, 302, 303, 307 and 308 are followed, no other."""
    server.put("get-elsewhere", lambda request: {"json": {"found": 1}} if request.path.endswith("/end") else
               {"status": http, "text": "", "headers": {"Location": "end"}})
    with wire.Client(server.base("get-elsewhere"), max_redirects=5) as client:
        made, error = wire.ffi.dosai_response(), wire.ffi.dosai_error()
        status = wire.ffi.dosai_client_get(client.handle, b"/models", None, wire.byref(made), wire.byref(error))
        wire.ffi.dosai_response_free(made), wire.ffi.dosai_error_free(error)
    assert wire.name_of(status) == ("OK" if http in (301, 302, 303, 307, 308) else "REDIRECTED")


# ---- proxies

def test_proxy_sees_no_key(server):
    """Of an https call a proxy sees the CONNECT alone, with its own credentials; those do not go on to the server."""
    server.reset("hello~proxied")
    with Proxy() as proxy, wire.Client(server.base("hello~proxied", "tls"), ca_file=server.ca, proxy="http://user:hunter2@" + proxy.address,
                                       headers=["api-key: K", "Cookie: s=1"], organization="o") as client:
        for face in BOTH:
            assert client.see(face)["status"] == "OK"
    head, = set(proxy.heads)
    names = [text.partition(":")[0].lower() for text in head.split("\r\n")[1:] if text]
    assert head.startswith("CONNECT localhost:") and sorted(set(names) - {"user-agent", "proxy-connection"}) == ["host", "proxy-authorization"]
    assert base64.b64encode(b"user:hunter2").decode() in head
    headers = {key.lower(): value for key, value in server.stats("hello~proxied")["last_headers"]}
    assert headers["authorization"] == "Bearer " + KEY and "proxy-authorization" not in headers


@pytest.mark.parametrize("http", [401, 403, 407])
@pytest.mark.parametrize("retries", [-1, 2])
def test_proxy_that_forbids(server, http, retries):
    """It was the proxy, and asking again would change nothing."""
    answer = "HTTP/1.1 %d No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n" % http
    with Proxy(answer) as proxy, wire.Client(server.base("hello", "tls"), ca_file=server.ca, max_retries=retries,
                                             proxy="http://user:hunter2@" + proxy.address) as client:
        for face in EVERY:
            seen = client.see(face)
            assert (seen["status"], len(seen["error"]["attempts"])) == ("PROXY", 1) and str(http) in seen["error"]["message"], seen
    assert len(proxy.heads) == len(EVERY)


def test_proxy_that_forbids_a_plain_url(server):
    """Without a CONNECT its answer comes as the server's would; a 407 is a proxy's alone."""
    for http, status in ((407, "PROXY"), (403, "PERMISSION")):
        with Proxy("HTTP/1.1 %d No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % http) as proxy, \
                wire.Client(server.base("hello"), api_key=None, max_retries=2, proxy="http://" + proxy.address) as client:
            for face in EVERY:
                seen = client.see(face)
                assert (seen["status"], seen["error"]["http"], len(seen["error"]["attempts"])) == (status, http, 1), seen


@pytest.mark.parametrize("http", [408, 429, 502])
def test_proxy_that_finds_no_way(server, http):
    """That may pass: it is tried again."""
    with Proxy() as proxy, wire.Client(server.base("hello", "tls"), ca_file=server.ca, max_retries=1, proxy="http://" + proxy.address) as client:
        proxy.answer = "HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % http
        seen = client.see("unary")
    assert (seen["status"], len(seen["error"]["attempts"]), len(proxy.heads)) == ("CONNECTION", 2, 2), seen


@pytest.mark.parametrize("answer", ["HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
                                    "HTTP/1.1 302 No\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n", "garbage\r\n\r\n"])
def test_proxy_that_refuses(server, answer):
    with Proxy(answer) as proxy, wire.Client(server.base("hello", "tls"), ca_file=server.ca, proxy="http://user:hunter2@" + proxy.address) as client:
        seen = client.see("unary")
    assert seen["status"] in ("PROXY", "CONNECTION", "PROTOCOL"), seen
    assert "hunter2" not in str(seen) and not any(KEY in head for head in proxy.heads)


@pytest.mark.parametrize("proxy", ["http://user:hunter2@127.0.0.1:99999", "http://user:hunter2@[::1", "other://user:hunter2@127.0.0.1:1"])
def test_proxy_that_is_none(server, monkeypatch, proxy):
    """libcurl quotes it, with its password."""
    monkeypatch.setenv("https_proxy", proxy)
    for way in [{"proxy_from_environment": 1}] + [{"proxy": proxy}] * proxy.startswith("http:"):
        with wire.Client(server.base("hello", "tls"), ca_file=server.ca, max_retries=-1, **way) as client:
            seen = client.see("unary")
        assert seen["status"] == "CONNECTION" and "hunter2" not in str(seen), seen


@pytest.mark.parametrize("given, at", [("file", "tls"), ("file", "plain"), ("text", "tls"), ("text", "plain"), ("environment", "tls")])
def test_proxy_over_tls(server, tmp_path, monkeypatch, given, at):
    """An https:// proxy is held to the client's authorities, as the server is, and to TLS 1.2."""
    own, both = tmp_path / "own", tmp_path / "both.pem"
    own.mkdir()
    files = certificates.make(str(own))
    pem = pathlib.Path(server.ca).read_bytes() + pathlib.Path(files["ca"]).read_bytes()
    both.write_bytes(pem)
    trusting = {"ca_pem": pem, "ca_pem_length": len(pem)} if given == "text" else {"ca_file": str(both)}

    def outcome(proxy, options):
        way = {"proxy": "https://" + proxy.address} if given != "environment" else {"proxy_from_environment": 1}
        monkeypatch.setenv("https_proxy", "https://" + proxy.address)
        with wire.Client(server.base("hello", at), api_key=None, max_retries=-1, **way, **options) as client:
            return client.see("unary")["status"]
    reached = "OK" if at == "tls" else "SERVER"  # this proxy only tunnels: it answers 502
    with Proxy(context=certificates.context(files, "localhost")) as proxy:
        assert outcome(proxy, trusting) == reached
        assert outcome(proxy, {"ca_file": server.ca}) == outcome(proxy, {}) == "TLS"
        assert len(proxy.heads) == 1
    with Proxy(context=certificates.old_context(files, "localhost")) as proxy:
        assert outcome(proxy, trusting) == "TLS" and not proxy.heads


def test_proxy_of_a_plain_loopback(server):
    """Through a proxy a loopback URL is no loopback: its key would go over plain http to the proxy."""
    with Proxy() as proxy:
        for kind in ("http", "socks5h"):
            client = wire.Client(server.base("hello"), proxy="%s://%s" % (kind, proxy.address))
            assert client.status == "INVALID_ARGUMENT" and "allow_insecure_http" in client.error["message"]
            client.__exit__()
        assert not proxy.heads
        with wire.Client(server.base("hello"), proxy="http://" + proxy.address, api_key=None) as client:
            client.see("unary")
        assert len(proxy.heads) == 1 and "authorization" not in proxy.heads[0].lower()


def test_a_given_proxy_is_used_whatever_the_environment_says(server, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "*")
    with Proxy() as proxy, wire.Client(server.base("hello", "tls"), ca_file=server.ca, proxy="http://" + proxy.address) as client:
        assert client.see("unary")["status"] == "OK"
        assert len(proxy.heads) == 1


@pytest.mark.parametrize("name, is_read", [("https_proxy", True), ("HTTPS_PROXY", True), ("all_proxy", True), ("ALL_PROXY", True),
                                           ("http_proxy", False), ("HTTP_PROXY", False)])
def test_proxy_variables(server, name, is_read, monkeypatch):
    """The first of the four that is set is used, unless no_proxy or NO_PROXY has the host."""
    with Proxy() as proxy, Proxy() as other:
        def reached():
            with wire.Client(server.base("hello", "tls"), ca_file=server.ca, proxy_from_environment=1) as client:
                assert client.see("unary")["status"] == "OK"
            return len(proxy.heads), len(other.heads)
        monkeypatch.setenv(name, "http://" + proxy.address)
        assert reached() == (int(is_read), 0)
        for less in PROXY_VARIABLES[PROXY_VARIABLES.index(name) + 1:] if is_read else []:
            monkeypatch.setenv(less, "http://" + other.address)
            assert reached()[1] == 0
            monkeypatch.delenv(less)
        before = reached()
        for no_proxy in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(no_proxy, "localhost")
            assert reached() == before
            monkeypatch.delenv(no_proxy)


@pytest.mark.parametrize("given", [0, 1])
def test_proxy_from_the_environment(server, given, monkeypatch):
    """Only where it is asked for, and for https alone."""
    with Proxy() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://" + proxy.address)
        for at in ("plain", "tls"):
            with wire.Client(server.base("hello", at), ca_file=server.ca, proxy_from_environment=given) as client:
                assert client.see("unary")["status"] == "OK"
            assert len(proxy.heads) == int(bool(given) and at == "tls")
        assert not any(KEY in head for head in proxy.heads)
