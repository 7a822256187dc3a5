"""Real numbers while another thread sets the locale to and fro: no abort, no wrong number. docs/design.md, 12.2.

DOSAI_LOCALE_SECONDS says for how long, the default is 4. It runs in a process of its own, for jansson 2.14 ends it.

    python test_locale.py BASE SECONDS LOCALE      the child
"""
import ctypes, json, os, pathlib, random, subprocess, sys, threading, time, traceback

import pytest

import wire

SECONDS = float(os.environ.get("DOSAI_LOCALE_SECONDS", "4"))
COMMA = "de_DE.UTF-8"


def numbers(count, seed):
    """Reals as servers write them."""
    pick = random.Random(seed)
    forms = ["%.17g", "%.6f", "%.3e", "%.1f", "%.12f"]
    return [pick.choice(forms) % (pick.uniform(-20, 20) * 10 ** pick.randint(-8, 8)) for _ in range(count)]


def event_of(at, reals, finish="null", delta=None):
    logprobs = ",".join('{"token":"t","logprob":%s,"top_logprobs":[]}' % real for real in reals)
    return ('{"id":"c","object":"chat.completion.chunk","created":%d.25,"model":"m","choices":[{"index":0,"delta":%s,'
            '"logprobs":{"content":[%s]},"finish_reason":%s}]}' % (1711000000 + at, json.dumps({"content": "%d," % at} if delta is None else delta),
                                                                 logprobs, finish))


EVENTS = [event_of(at, numbers(200, at)) for at in range(40)]
LAST = event_of(40, numbers(1, 40), '"stop"', {})
LOGPROBS = [real for at in range(40) for real in numbers(200, at)] + numbers(1, 40)
ANSWER = ('{"id":"c","object":"chat.completion","created":1711000000.25,"model":"m","choices":[{"index":0,"message":{"role":"assistant",'
          '"content":"0.5"},"finish_reason":"stop"}],"x_scores":[%s],"usage":{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21,'
          '"cost":0.00125}}' % ",".join(numbers(8000, "answer")))


# ---- the child

def check_stream(client):
    seen = client.see("callback")
    assert seen["status"] == "OK", seen["error"]["message"]
    assert [chunk["json"] for chunk in seen["chunks"] if chunk["last"]] == EVENTS + [LAST]
    whole = wire.exact(seen["completion"]["json"])
    assert [one["logprob"][1] for one in whole["choices"][0]["logprobs"]["content"]] == LOGPROBS
    assert whole["created"] == ("number", "1711000040.25")  # the last wins
    assert seen["completion"]["choices"][0]["content"] == "".join("%d," % at for at in range(40))


def check_answer(client):
    seen = client.see("unary")
    assert seen["status"] == "OK", seen["error"]["message"]
    assert seen["completion"]["json"] == ANSWER and seen["completion"]["created"] in (1711000000, -1)
    assert seen["completion"]["usage"][:3] == (12, 9, 21)


def check_often(client):
    """The answer again and again, and no more than its bytes: what a parse gets wrong is an error or an abort."""
    for _ in range(20):
        completion = wire.ffi.dosai_completion()
        assert wire.ffi.dosai_chat(client.handle, client.request, None, wire.byref(completion), None) == wire.ffi.OK
        length = wire.c_size_t()
        address = wire.ffi.dosai_completion_json(completion, wire.byref(length))
        assert wire.string_at(address, length.value) == ANSWER.encode()
        wire.ffi.dosai_completion_free(completion)


def check_error(client):
    """retry-after: 0.25 is a number too, and so are those of a request."""
    seen = client.see("unary")
    assert (seen["status"], seen["error"]["retry_after"], seen["error"]["code"]) == ("RATE_LIMITED", 250, "1.5"), seen["error"]
    request = wire.ffi.dosai_request()
    assert wire.ffi.dosai_request_new(b"m", 1, wire.byref(request), None) == wire.ffi.OK
    for number, text in ((0.7, "0.7"), (1.25, "1.25"), (1e-7, None)):
        assert wire.ffi.dosai_request_set_number(request, b"temperature", number, None) == wire.ffi.OK
        made = wire.text_of(wire.ffi.dosai_request_json, request)
        assert json.loads(made)["temperature"] == number and (text is None or '"temperature":%s' % text in made.replace(" ", ""))
    wire.ffi.dosai_request_free(request)


def child(base, seconds, locale):
    libc = ctypes.CDLL(None)
    libc.setlocale.restype, libc.setlocale.argtypes = ctypes.c_char_p, [ctypes.c_int, ctypes.c_char_p]
    libc.uselocale.restype, libc.uselocale.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    libc.strtod.restype, libc.strtod.argtypes = ctypes.c_double, [ctypes.c_char_p, ctypes.c_void_p]
    every, flips, stop, failures = 6, [0], threading.Event(), []
    assert libc.setlocale(every, locale.encode()), "there is no locale " + locale
    assert libc.strtod(b"1,5", None) == 1.5, "it has no comma"
    before = libc.uselocale(None)

    def flip():
        while not stop.is_set():
            libc.setlocale(every, b"C")
            libc.setlocale(every, locale.encode())
            flips[0] += 2

    def call():
        rounds, checks = 0, [("stream", check_stream), ("answer", check_answer), ("answer", check_often), ("error", check_error)]
        clients = [(wire.Client("%s/s/locale-%s/v1" % (base, name)), check) for name, check in checks]
        try:
            while not stop.is_set():
                for client, check in clients:
                    check(client)
                    rounds += 20 if check == check_often else 1
            assert libc.uselocale(None) == before, "the thread's locale is another one than before"
        except BaseException as failure:
            failures.append("".join(traceback.format_exception(failure))[-1500:])
        calls.append(rounds)
    calls, threads = [], [threading.Thread(target=flip), threading.Thread(target=call), threading.Thread(target=call)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not failures:
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps({"flips": flips[0], "calls": sum(calls), "failures": failures}))


# ---- the parent

@pytest.fixture(scope="module")
def locale_path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locale")
    made = subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / COMMA)], stderr=subprocess.PIPE, text=True)
    if not (folder / COMMA).exists():
        pytest.fail("no comma locale can be made; apt-get install locales: " + made.stderr, pytrace=False)
    return str(folder)


def run_child(locale_path, *arguments):
    return subprocess.run([sys.executable, __file__, *arguments], env=dict(os.environ, LOCPATH=locale_path), timeout=SECONDS + 60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_locale(server, locale_path):
    server.put("locale-stream", {"events": EVENTS + [LAST]})
    server.put("locale-answer", {"text": ANSWER})
    server.put("locale-error", {"status": 429, "text": '{"error":{"message":"No.","code":1.5}}', "headers": {"Retry-After": "0.25"}})
    ran = run_child(locale_path, server.plain, str(SECONDS), COMMA)
    assert ran.returncode == 0, "the child ended with %d: %s" % (ran.returncode, ran.stderr[-800:])
    said = json.loads(ran.stdout)
    wire.NOTES.append("locale: %(calls)d calls while it was set %(flips)d times" % said)
    assert not said["failures"], "\n".join(said["failures"])
    assert said["calls"] > 10 and said["flips"] > 1000


def test_comma_from_the_start(locale_path):
    """A host that set its locale once, before the library was loaded."""
    program = """
import ctypes, sys
libc = ctypes.CDLL(None); libc.setlocale.restype = ctypes.c_char_p
assert libc.setlocale(6, b"%s")
sys.path.insert(0, %r)
import test_locale, wire
request = wire.ffi.dosai_request()
text = b'{"model":"m","messages":[],"top_p":0.95}'
assert wire.ffi.dosai_request_parse(text, len(text), wire.byref(request), None) == 0
assert wire.ffi.dosai_request_set_number(request, b"temperature", ctypes.c_double(0.1), None) == 0
print(wire.text_of(wire.ffi.dosai_request_json, request))
""" % (COMMA, str(pathlib.Path(__file__).parent))
    ran = subprocess.run([sys.executable, "-c", program], env=dict(os.environ, LOCPATH=locale_path), stdout=subprocess.PIPE, text=True,
                         check=True)
    assert json.loads(ran.stdout) == {"model": "m", "messages": [], "top_p": 0.95, "temperature": 0.1}


if __name__ == "__main__":
    child(sys.argv[1], float(sys.argv[2]), sys.argv[3])
