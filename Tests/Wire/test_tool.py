"""The dosai tool as a program sees it: cli/dosai.1. Whatever happens, the last line of `chat --json` is its one verdict."""
import itertools, json, os, resource, signal, socket, subprocess, sys, time

import pytest

import scripts
import wire
from lateness import allowance
from server import LoopbackServer

TOOL = str(wire.ROOT / "build/bin/dosai")
TAGS = itertools.count()
HANGS = 300  # seconds
EXITS = {"OK": 0, "INVALID_ARGUMENT": 2, "CONNECTION": 3, "PROXY": 3, "TLS": 3, "TIMEOUT": 3, "REDIRECTED": 3, "TRUNCATED": 4, "PROTOCOL": 4,
         "TOO_LARGE": 4, "CANCELLED": 130, "OUT_OF_MEMORY": 5, "RESOURCE": 5}
REFUSED = ["BAD_REQUEST", "AUTHENTICATION", "INSUFFICIENT_CREDITS", "PERMISSION", "NOT_FOUND", "RATE_LIMITED", "SERVER", "UNAVAILABLE",
           "PROVIDER"]
EXITS.update({status: 1 for status in REFUSED})
LAST = ["status", "error", "completion", "quirks", "attempts", "timings"]
ERROR = ["message", "http_status", "code", "type", "param", "request_id", "retry_after_ms", "body", "timeout"]
TIMINGS = ["connect_ms", "first_byte_ms", "first_token_ms", "total_ms"]
MEMBERS = {"content": {"text"}, "reasoning": {"text"}, "refusal": {"text"}, "tool_call": {"tool_call", "id", "name", "text"},
           "finish": {"finish_reason"}, "usage": {"usage"}, "other": {"json"}}
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith(("DOSAI_", "OPENAI_")) and not key.lower().endswith("_proxy")}


@pytest.fixture(scope="module")
def server():
    """One of its own: the corpus' cases have scripts of the same names."""
    with LoopbackServer() as loopback:
        yield loopback


def start(arguments, variables={}, **more):
    """Without a buffer: communicate() does not see what a readline() has left there."""
    return subprocess.Popen([TOOL, *arguments], bufsize=0, env=dict(ENVIRONMENT, DOSAI_API_KEY=wire.KEY, **variables), **{
        "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more})


def ask(server, script, at="plain"):
    return ["chat", "--json", "--base-url", server.base(script + "~tool%d" % next(TAGS), at), "--max-retries", "0", "hi"]


def once(pairs):
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys), "a key twice: %r" % keys
    return dict(pairs)


def lines_of(output):
    """Each line is one JSON object; the last is the verdict."""
    text = output.decode()  # UTF-8
    assert text.endswith("\n") and not text.endswith("\n\n"), "the end is %r" % text[-80:]
    lines = [json.loads(line, object_pairs_hook=once) for line in text[:-1].split("\n")]
    assert all(set(line) == {"chunk"} for line in lines[:-1]), "a verdict that is not the last line"
    assert list(lines[-1]) == LAST, "the last line is %.200r" % (lines[-1],)
    return [line["chunk"] for line in lines[:-1]], lines[-1]


def judge(returncode, output, errors, status, whole=False):
    chunks, last = lines_of(output)
    assert last["status"] == status, last["error"]
    assert returncode == EXITS[status], "exit status %d" % returncode
    assert wire.KEY.encode() not in output + errors
    assert list(last["timings"]) == TIMINGS and isinstance(last["quirks"], list) and isinstance(last["attempts"], int)
    assert all(time is None or time >= 0 for time in last["timings"].values())
    if status == "OK":
        assert last["error"] is None and last["completion"] is not None and errors == b""
    else:
        assert list(last["error"]) == ERROR and last["error"]["message"]
        assert errors.startswith(b"dosai: %s: " % status.encode()) and errors.count(b"\n") == 1, errors
        assert (last["error"]["timeout"] is not None) == (status == "TIMEOUT")
    assert not (whole and chunks)
    for chunk in chunks:
        assert set(chunk) == {"kind", "choice"} | MEMBERS[chunk["kind"]], chunk
    if not whole:
        adds_up(chunks, last["completion"])
    return chunks, last


def adds_up(chunks, completion):
    """The chunks of each choice are its message."""
    choices = (completion or {"choices": []})["choices"]
    for choice in choices:
        mine = [chunk for chunk in chunks if chunk["choice"] == choice["index"]]
        text = lambda kind: "".join(chunk["text"] for chunk in mine if chunk["kind"] == kind)
        message = choice["message"]
        assert text("content") == (message.get("content") or "") and text("refusal") == (message.get("refusal") or "")
        assert text("reasoning") == (message.get("reasoning_content") or message.get("reasoning") or message.get("thinking") or "")
        calls = message.get("tool_calls") or []
        for at, call in enumerate(calls):
            parts = [chunk for chunk in mine if chunk["kind"] == "tool_call" and chunk["tool_call"] == at]
            assert "".join(part["text"] or "" for part in parts) == call["function"]["arguments"]
            assert [part["name"] for part in parts if part["name"]] == [call["function"]["name"]]
        words = [chunk["finish_reason"] for chunk in mine if chunk["kind"] == "finish"]
        assert words[-1:] == [choice["finish_reason"]] * (choice["finish_reason"] is not None)
    assert {chunk["choice"] for chunk in chunks} <= {choice["index"] for choice in choices} | {-1}


def run(arguments, status, whole=False, timeout=HANGS, **more):
    process = start(arguments, **more)
    try:
        output, errors = process.communicate(timeout=timeout)
    finally:
        process.kill()
    return judge(process.returncode, output, errors, status, whole)


# ---- what a server says: (script, the status of a stream, of a whole answer if it is another)

SCRIPTS = [
    ("hello", "OK"), ("rich", "OK"), ("echo", "OK"), ("fast", "OK", "PROTOCOL"), ("hello.cut1", "OK"), ("rich.cut1", "OK"), ("big", "OK"),
    ("big-event", "OK", "PROTOCOL"), ("many-choices", "OK TRUNCATED", "PROTOCOL"), ("many-tools", "OK TRUNCATED", "PROTOCOL"),
    ("late-end", "OK", "PROTOCOL"), ("bare", "PROTOCOL"), ("null", "PROTOCOL"), ("deep", "OK"), ("gzip", None, "OK"),
    ("error-400", "BAD_REQUEST"), ("error-401", "AUTHENTICATION"), ("error-402", "INSUFFICIENT_CREDITS"), ("error-403", "PERMISSION"),
    ("error-404", "NOT_FOUND"), ("error-408", "SERVER"), ("error-409", "BAD_REQUEST"), ("error-413", "BAD_REQUEST"),
    ("error-418", "BAD_REQUEST"), ("error-422", "BAD_REQUEST"), ("error-429", "RATE_LIMITED"), ("error-quota", "INSUFFICIENT_CREDITS"),
    ("error-500", "SERVER"), ("error-502", "SERVER"), ("error-503", "UNAVAILABLE"), ("error-504", "SERVER"), ("error-529", "UNAVAILABLE"),
    ("error-html", "SERVER"), ("error-empty", "INSUFFICIENT_CREDITS"), ("error-detail", "BAD_REQUEST"), ("error-text", "SERVER"),
    ("error-array", "BAD_REQUEST"), ("error-message", "BAD_REQUEST"), ("error-long", "SERVER"), ("error-200", "PROVIDER"),
    ("error-key", "AUTHENTICATION"), ("nothing-of-this-name", "NOT_FOUND"), ("redirect", "REDIRECTED"), ("redirect-away", "REDIRECTED"),
    ("mid-error", "PROVIDER", "PROTOCOL"), ("mid-error-text", "PROVIDER", "PROTOCOL"), ("mid-error-event", "PROVIDER", "PROTOCOL"),
    ("mid-garbage", "PROTOCOL"),
    *[("fault-" + row, *statuses) for row, *statuses in [
        ("close-0", "CONNECTION"), ("rst-0", "CONNECTION"), ("part-status", "CONNECTION"), ("hdr-fin", "TRUNCATED"),
        ("hdr-rst", "TRUNCATED"), ("body0-fin-chunked", "TRUNCATED"), ("body0-rst", "TRUNCATED"), ("mid-fin-chunked", "TRUNCATED"),
        ("mid-rst", "TRUNCATED"), ("in-chunk", "TRUNCATED"), ("bad-chunk", "PROTOCOL"), ("clean-no-done", "TRUNCATED", "PROTOCOL"),
        ("clean-finish-no-done", "OK"), ("finish-fin-chunked", "TRUNCATED"), ("eof-body", "TRUNCATED", "PROTOCOL TRUNCATED"),
        ("eof-whole", "OK"), ("tls-trunc", "TRUNCATED", "PROTOCOL TRUNCATED"), ("cl-short", "TRUNCATED"), ("keepalive", "OK"),
        ("rst-after-done", "OK"), ("whole-hold", "OK"), ("not-http", "PROTOCOL"), ("bad-status", "PROTOCOL"), ("status-999", "SERVER"),
        ("hdr-flood", "TOO_LARGE"), ("hdr-one", "TOO_LARGE"), ("100-flood", "TOO_LARGE"), ("204", "PROTOCOL")]],
]


@pytest.mark.parametrize("mode", ["stream", "whole"])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script[0])
def test_script(server, script, mode):
    name, statuses = script[0], script[1] if mode == "stream" else script[-1]
    if statuses is None:
        return
    process = start(ask(server, name) + (["--no-stream"] if mode == "whole" else []))
    output, errors = process.communicate(timeout=HANGS)
    status = lines_of(output)[1]["status"]
    assert status in statuses.split(), lines_of(output)[1]["error"]
    chunks, last = judge(process.returncode, output, errors, status, mode == "whole")
    if status != "OK":
        assert last["attempts"] == 1
    if name.startswith(("fault-mid-", "mid-")) and mode == "stream":
        assert last["completion"]["choices"][0]["message"]["content"] == "Hello"
    if name.startswith("error-4") and status != "AUTHENTICATION":
        assert last["error"]["http_status"] == int(name[6:9]) and last["error"]["body"] and last["error"]["request_id"] == "req-1"


def test_every_status_is_here():
    """Those that a tool can come to: it makes no second use of a handle, does not fork, and does not poll."""
    played = {status for _, *statuses in SCRIPTS for status in " ".join(filter(None, statuses)).split()}
    elsewhere = {"INVALID_ARGUMENT", "PROXY", "TLS", "TIMEOUT", "CANCELLED", "RESOURCE", "OUT_OF_MEMORY"}
    assert played | elsewhere == set(EXITS)


def test_error_fields(server):
    _, last = run(ask(server, "error-429"), "RATE_LIMITED")
    error = last["error"]
    assert (error["http_status"], error["code"], error["type"], error["retry_after_ms"]) == (429, "rate_limit_exceeded", "rate_limit_error", 3000)
    _, last = run(ask(server, "error-400"), "BAD_REQUEST")
    assert (last["error"]["param"], last["error"]["timeout"]) == ("temperature", None)
    assert json.loads(last["error"]["body"])["error"]["message"] == "Invalid request parameters."


def test_retries(server):
    arguments = ask(server, "error-503")
    del arguments[4:6]
    _, last = run(arguments, "UNAVAILABLE")  # 2 by default
    assert last["attempts"] == 3
    server.put("later", {"replies": [{"status": 500, "text": "", "headers": {"retry-after-ms": "5"}}, {"json": {"choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}]}}]})
    _, last = run([*ask(server, "later"), "--max-retries", "1"], "OK")
    assert last["attempts"] == 2 and last["quirks"] == ["WHOLE_ANSWER"]


# ---- over TLS, and where there is no server

@pytest.mark.parametrize("whole", [False, True], ids=["stream", "whole"])
def test_transports(server, whole):
    more = ["--no-stream"] * whole
    run(ask(server, "hello", "tls") + ["--cacert", server.ca, *more], "OK", whole)
    run(ask(server, "hello", "tls") + more, "TLS", whole)
    run(ask(server, "hello", "tls") + more, "OK", whole, variables={"SSL_CERT_FILE": server.ca})
    run(ask(server, "hello", "tls") + ["--cacert", server.ca, *more], "OK", whole, variables={"SSL_CERT_FILE": "/nowhere"})
    run(ask(server, "hello", "tls") + more, "TLS", whole, variables={"SSL_CERT_FILE": ""})
    run(ask(server, "hello", "tls_other") + ["--cacert", server.ca, *more], "TLS", whole)
    run(ask(server, "hello", "tls_old") + ["--cacert", server.ca, *more], "TLS", whole)
    run(ask(server, "hello") + ["--unix-socket", server.unix, *more], "OK", whole)
    run(ask(server, "hello") + ["--unix-socket", "/nowhere/socket", *more], "CONNECTION", whole)
    run(ask(server, "hello", "refused") + more, "CONNECTION", whole)
    run(ask(server, "hello", "tls") + ["--cacert", server.ca, "--proxy", server.plain, *more], "PROXY", whole)  # it has no CONNECT
    run(ask(server, "hello", "blackhole") + ["--connect-timeout", "0.2", *more], "TIMEOUT", whole)
    run(["chat", "--json", "--max-retries", "0", "--base-url", "https://%s.test/v1" % ("a" * 64), "hi", *more], "CONNECTION", whole)
    run(ask(server, "hello") + ["--proxy", server.refused, *more], "INVALID_ARGUMENT", whole)  # the key would go over plain http to it
    run(ask(server, "hello") + ["--proxy", server.refused, "--insecure-http", *more], "CONNECTION", whole)


@pytest.mark.parametrize("script, option, clock, whole, kept", [
    ("silent", "--timeout", "total", False, None), ("silent", "--timeout", "total", True, None),
    ("endless", "--timeout", "total", False, "Hello"), ("silent", "--first-token-timeout", "first_token", False, None),
    ("silent", "--first-token-timeout", "first_token", True, None), ("silent-chunk", "--idle-timeout", "idle", False, "Hello"),
    ("chunk-comments", "--idle-timeout", "idle", False, "Hello"), ("fault-stall-mid", "--timeout", "total", True, None),
    ("hello", "--connect-timeout", "connect", False, None)])
def test_timeout(server, script, option, clock, whole, kept):
    arguments = ask(server, script, "stall" if clock == "connect" else "plain") + [option, "0.25"]
    started = time.monotonic()
    _, last = run(arguments + ["--no-stream"] * whole, "TIMEOUT", whole)
    took, late = time.monotonic() - started, allowance(started)
    assert last["error"]["timeout"] == clock and 0.25 <= took < 1 + late and 250 <= last["timings"]["total_ms"] < 750 + 1e3 * late
    content = last["completion"] and last["completion"]["choices"][0]["message"]["content"]
    if content or clock != "total" or late < 0.2:  # else the clock may have run out before anything came
        assert content == kept or (kept and content.startswith(kept))


# ---- stopped from outside

def read_line(process):
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("script", ["endless", "silent-chunk", "comments", "silent", "error-429-later"])
def test_signal(server, script, number):
    server.put("error-429-later", {"status": 429, "text": "", "headers": {"Retry-After": "30"}})
    arguments = ask(server, script)
    if script == "error-429-later":
        arguments[5] = "2"
    process = start(arguments)
    begun = read_line(process) if script in ("endless", "silent-chunk") else b""
    if not begun:
        name, deadline = arguments[3].split("/")[4], time.monotonic() + HANGS
        while server.stats(name)["requests"] == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
    process.send_signal(number)
    sent = time.monotonic()
    output, errors = process.communicate(timeout=HANGS)
    assert time.monotonic() - sent < 1 + allowance(sent)
    chunks, last = judge(process.returncode, begun + output, errors, "CANCELLED")
    assert ("Hello" in json.dumps(last["completion"])) == bool(begun)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_signal_that_is_ignored(server, number):
    """As a shell lets its background processes ignore SIGINT: it stays ignored."""
    server.put("later", {"json": scripts.completion("Hello"), "delay_ms": 500})
    arguments = ask(server, "later") + ["--no-stream"]
    process = start(arguments, preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
    while server.stats(arguments[3].split("/")[4])["requests"] == 0:
        time.sleep(0.01)
    process.send_signal(number)
    assert b"Hello" in process.communicate(timeout=HANGS)[0] and process.returncode == 0


def test_second_signal_ends_it(server):
    """The first cancels; should that not help the second ends the process."""
    process = start(ask(server, "endless"), stdout=subprocess.PIPE)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT), process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    process.communicate(timeout=HANGS)
    assert process.returncode in (130, -signal.SIGINT) and time.monotonic() - sent < 5 + allowance(sent)


@pytest.mark.parametrize("script", ["endless", "paced", "hello"])
def test_reader_goes(server, script):
    """As with `| head -1`: it ends soon and quietly, and not as if all were well."""
    process = start(ask(server, script))
    read_line(process)
    process.stdout.close()
    closed = time.monotonic()
    errors = process.stderr.read()
    assert process.wait(timeout=HANGS) in ((130,) if script != "hello" else (130, 0)) and b"\n" not in errors.strip()
    assert time.monotonic() - closed < 5 + allowance(closed)


def test_reader_is_gone_before(server):
    for more in ([], ["--no-stream"]):
        reader, writer = os.pipe()
        os.close(reader)
        begun = time.monotonic()
        process = start(ask(server, "hello") + more, stdout=writer)
        os.close(writer)
        assert process.wait(timeout=HANGS) == 130 and time.monotonic() - begun < 5 + allowance(begun)


def test_output_is_full(server):
    asks = [ask(server, "hello"), ask(server, "hello") + ["--no-stream"]]
    for arguments in asks + [["--version"], ["--help"], ["chat", "--help"], ["completion", "bash"]]:
        with open("/dev/full", "wb") as full:
            begun = time.monotonic()
            process = start(arguments, stdout=full)
            errors = process.communicate(timeout=HANGS)[1]
        assert process.returncode == 5 and b"No space left" in errors and time.monotonic() - begun < 5 + allowance(begun)


@pytest.mark.parametrize("closed", [[1], [0], [2], [0, 1, 2]], ids=str)
@pytest.mark.parametrize("whole", [False, True], ids=["stream", "whole"])
def test_closed_descriptors(server, closed, whole):
    """Started without its standard files: what it prints must not go into a socket that has got their number."""
    arguments = ask(server, "hello") + ["--no-stream"] * whole
    name = arguments[3].split("/")[4]
    program = [sys.executable, "-c", "import os, sys\nfor fd in %r: os.close(fd)\nos.execv(sys.argv[1], sys.argv[1:])" % closed, TOOL, *arguments]
    process = subprocess.Popen(program, env=dict(ENVIRONMENT, DOSAI_API_KEY=wire.KEY), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    output, errors = process.communicate(timeout=HANGS)
    assert process.returncode == (5 if 1 in closed else 0)
    assert closed != [1] or b"Bad file descriptor" in errors
    if 1 not in closed:
        assert lines_of(output)[1]["status"] == "OK"
    time.sleep(0.05)
    assert server.stats(name)["requests"] <= 1 and "{\"chunk\"" not in server.stats(name)["last_body"]


# ---- arguments and files

BAD = [["--bogus"], ["--timeout", "x"], ["--timeout", "-1"], ["--timeout"], ["--max-retries", "1.5"], ["--max-retries", "101"],
       ["--no-stream=1"], ["one", "two"], ["--base-url"]]
REFUSED_ARGUMENTS = [
    ["--file", "/nowhere/file"], ["--file", "/"], ["--request", "/nowhere/request"], ["--set", "temperature"], ["--set", "temperature=warm"], ["--set", "=1"], ["--set", "x={"],
    ["--header", "no colon"], ["--header", "X: a\r\nY: b"], ["--api-key-header", "a b"], ["--base-url", "ftp://127.0.0.1/v1"],
    ["--base-url", "http://127.0.0.1:99999/v1"], ["--base-url", ""], ["--base-url", "http://192.0.2.1/v1"], ["--proxy", "ftp://x"],
    ["--base-url", "http://user:word@127.0.0.1/v1"], ["--unix-socket", "x" * 200]]


@pytest.mark.parametrize("more", BAD, ids=" ".join)
@pytest.mark.parametrize("order", ["before", "behind"])
def test_usage(server, more, order):
    """The exit status is 2; and as --json was asked for, the last line is there."""
    arguments = ["chat", "--json", "hi", *more] if order == "before" else ["chat", *more, "--json", "hi"]
    if order == "behind" and len(more) == 1 and more[0] in ("--timeout", "--base-url"):
        return  # it takes --json for its value
    process = start(arguments)
    output, errors = process.communicate(timeout=HANGS)
    assert process.returncode == 2 and errors.startswith(b"dosai: "), (process.returncode, errors)
    assert output, "nothing on standard output; %r" % errors
    chunks, last = lines_of(output)
    assert not chunks and last["status"] == "INVALID_ARGUMENT" and last["error"]["message"] and last["attempts"] == 0


@pytest.mark.parametrize("file", ["/nowhere/ca.pem", "/dev/null", "/"])
def test_authorities_that_are_none(server, file):
    process = start(ask(server, "hello", "tls") + ["--cacert", file])
    output, errors = process.communicate(timeout=HANGS)
    status = lines_of(output)[1]["status"]
    assert status in ("INVALID_ARGUMENT", "TLS")
    judge(process.returncode, output, errors, status)


@pytest.mark.parametrize("more", REFUSED_ARGUMENTS, ids=lambda more: " ".join(more)[:40])
def test_refused_argument(server, more):
    _, last = run(ask(server, "hello") + more, "INVALID_ARGUMENT")
    assert last["attempts"] == 0 and last["completion"] is None and "word@" not in last["error"]["message"]


def test_no_prompt(server):
    _, last = run(ask(server, "hello")[:-1], "INVALID_ARGUMENT")
    assert last["attempts"] == 0


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"model":1', '"text"', "{}{}"])
def test_bad_request_file(server, tmp_path, text):
    (tmp_path / "request.json").write_text(text)
    run(ask(server, "hello")[:-1] + ["--request", str(tmp_path / "request.json")], "INVALID_ARGUMENT")


def test_key_that_is_none(server):
    for key in ("a\nb", "a\x7fb", "\u00e9"):
        process = subprocess.Popen([TOOL, *ask(server, "hello")], env=dict(ENVIRONMENT, DOSAI_API_KEY=key), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = process.communicate(timeout=HANGS)
        judge(process.returncode, output, errors, "INVALID_ARGUMENT")


# ---- where there is too little

def test_no_descriptors(server):
    seen = set()
    for count in range(3, 14):
        process = start(ask(server, "hello"), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count)))
        output, errors = process.communicate(timeout=HANGS)
        if process.returncode == 127:  # the loader could not open the libraries
            continue
        status = lines_of(output)[1]["status"]
        assert status in ("RESOURCE", "OK"), "with %d: %r" % (count, lines_of(output)[1])
        judge(process.returncode, output, errors, status)
        seen.add(status)
    assert seen == {"RESOURCE", "OK"}


def test_no_memory(server):
    """A whole answer of 40 MB where there is room for less."""
    server.put("heavy", {"text": '{"choices":[{"index":0,"message":{"role":"assistant","content":"%s"},"finish_reason":"stop"}]}' % ("a" * (40 << 20))})
    limit = 100 << 20
    process = start(ask(server, "heavy") + ["--no-stream"], preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    output, errors = process.communicate(timeout=HANGS)
    judge(process.returncode, output, errors, "OUT_OF_MEMORY", True)
