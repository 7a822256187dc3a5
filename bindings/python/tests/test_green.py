"""Client in greenlets of gevent and eventlet, each in a process of its own, whose sockets are theirs."""

import os
import subprocess
import sys
import time

import pytest
from lateness import allowance, wait_until
from test_process import PACKAGE

KINDS = {
    "gevent": """
import gevent.monkey; gevent.monkey.patch_all()
import gevent
from gevent import sleep, spawn, Timeout
kill, wait = (lambda one: one.kill()), (lambda one: one.get())
""",
    "eventlet": """
import trio  # which openai imports; it does not take eventlet's sockets
import eventlet; eventlet.monkey_patch()
from eventlet import sleep, spawn, Timeout, kill
wait = lambda one: one.wait()
""",
}
START = """
import sys, time
import dosai
HELLO, numbers = "Hello! How can I help you today?", []
def client(script, **more):
    return dosai.Client("k", sys.argv[1].replace("NAME", script), **{"max_retries": 0, **more})
def create(client, **more):
    return client.chat.completions.create(model="m", messages=[], **more)
def text_of(stream):
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
def ended():
    print("ended", *numbers, flush=True)
    sys.stdin.read()
def raised(kind, function):
    try:
        function()
    except kind as error:
        return error
    raise AssertionError("nothing was raised")
"""


@pytest.fixture(params=KINDS)
def run(request, server):
    pytest.importorskip(request.param)
    root = server.base("NAME")

    def run(code, look=None):
        """The numbers that the program leaves."""
        # eventlet's own DNS does not go with each version of what is installed
        environment = dict(os.environ, PYTHONPATH=PACKAGE, EVENTLET_NO_GREENDNS="yes", PYTHONWARNINGS="ignore")
        process = subprocess.Popen([sys.executable, "-c", KINDS[request.param] + START + code + "ended()", root], text=True,
                                   env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        word, *numbers = process.stdout.readline().split() or [""]
        if word == "ended" and look:
            look()
        _, errors = process.communicate(timeout=300)
        assert (process.returncode, errors) == (0, ""), errors
        return list(map(float, numbers))

    return run


def test_calls(run):
    run("""
assert create(client("hello")).choices[0].message.content == HELLO
stream = create(client("hello"), stream=True)
assert text_of(stream) == HELLO and stream.current_completion_snapshot.choices[0].message.content == HELLO
assert stream.response.status_code == 200 and stream.response.request.url.endswith("/chat/completions")
with client("hello").chat.completions.stream(model="m", messages=[]) as stream:
    assert stream.get_final_completion().choices[0].message.content == HELLO
assert client("models").models.list().data and client("models").get("/models")
assert raised(dosai.AuthenticationError, lambda: create(client("error-401"))).request.method == "POST"
raised(dosai.APIConnectionError, lambda: text_of(create(client("clean-no-done"), stream=True)))
raised(dosai.APITimeoutError, lambda: create(client("silent"), timeout=0.1))
""")


def test_many_share_a_thread(run):
    """While one waits, the others go on, and so does what has nothing to do with calls."""
    started = time.monotonic()
    took, alone, ticks = run("""
ticks, shared = [], client("paced")
def tick():
    while True:
        sleep(0.01)
        ticks.append(time.monotonic())
started = time.monotonic()
text_of(create(shared, stream=True))
alone = time.monotonic() - started
ticking = spawn(tick)
started = time.monotonic()
texts = [wait(one) for one in [spawn(lambda: text_of(create(shared, stream=True))) for _ in range(30)]]
took = time.monotonic() - started
assert texts == ["abcdefghijklmnopqrst"] * 30, texts
numbers = took, alone, len(ticks)
""")
    late = allowance(started)
    assert took < 10 * alone + late  # 30 times as long, if each blocked the others
    assert ticks > (took - late) / 0.1


def test_ends(run, server):
    """Whoever is killed, or runs out of time, ends its call; a stream is closed by another greenlet, or forgotten."""
    scripts = "silent", "silent-chunk", "endless"

    def look():
        wait_until(lambda: all(server.stats(name)["connections"] <= server.stats(name)["ended"] for name in scripts))

    run("""
one = client("silent")
waiting = spawn(lambda: create(one))
sleep(0.2)
kill(waiting)
def late():
    with Timeout(0.1):
        create(one)
raised(Timeout, late)
read = client("silent-chunk")
stream = create(read, stream=True)
next(stream)
reading = spawn(lambda: raised(dosai.APICancelledError, lambda: next(stream)))
sleep(0.1)
stream.close()
wait(reading)
raised(dosai.APICancelledError, lambda: next(stream))
forgotten = client("endless")
stream = create(forgotten, stream=True)
next(stream)
del stream
sleep(0.1)
""", look)


def test_what_ends_a_call_ends_no_other(run):
    """Also no later one, by which the hub gets its turn again."""
    run("""
def stop(event):
    if event.kind == kind:
        raise SystemExit(kind)
for kind in "headers", "ended":
    for _ in range(2):
        assert str(raised(SystemExit, lambda: create(client("hello", on_event=stop)))) == kind
        assert create(client("hello")).choices[0].message.content == HELLO
left = create(client("endless", on_event=stop), stream=True)
next(left)
left.close()
assert str(raised(SystemExit, lambda: sleep(5))) == "ended"
assert create(client("hello")).choices[0].message.content == HELLO
""")


def test_a_thread_takes_its_descriptors_along(run):
    run("""
import gc, os
if "gevent.monkey" in sys.modules:
    start = gevent.monkey.get_original("_thread", "start_new_thread")
    leave = lambda: gevent.get_hub().destroy(True)
else:
    start = eventlet.patcher.original("_thread").start_new_thread
    leave = lambda: None
def descriptors():
    gc.collect()
    return len(os.listdir("/proc/self/fd"))
def thread():
    try:
        assert create(shared).choices[0].message.content == HELLO
        leave()
    finally:
        left.append(1)
left, shared = [], client("hello")
create(shared)
before = descriptors()
for count in range(5):
    start(thread, ())
    while len(left) <= count: sleep(0.01)
began = time.monotonic()
while descriptors() > before + 5: # the client's, for all threads
    assert time.monotonic() - began < 60, (before, descriptors())
    sleep(0.01)
""")


def test_a_forked_child(run):
    run("""
import os
shared = client("hello")
assert create(shared).choices[0].message.content == HELLO
process = os.fork()
if process == 0:
    begun = time.process_time()
    sleep(0.5)
    idle = time.process_time() - begun < 0.3
    good = idle and create(shared).choices[0].message.content == HELLO and text_of(create(shared, stream=True)) == HELLO
    os._exit(0 if good else 1)
while True:
    done, status = os.waitpid(process, os.WNOHANG)
    if done: break
    sleep(0.01)
assert status == 0, status
assert create(shared).choices[0].message.content == HELLO
""")


def test_openai_on_the_library(run):
    pytest.importorskip("openai")
    run("""
from dosai.openai import OpenAI
one = OpenAI(base_url=sys.argv[1].replace("NAME", "paced"), api_key="k")
ticks = []
def tick():
    while True:
        sleep(0.01)
        ticks.append(1)
ticking = spawn(tick)
for _ in range(20):  # on a slow machine all may have come before anyone is woken
    ticks.clear()
    assert text_of(create(one, stream=True)) == "abcdefghijklmnopqrst"
    if len(ticks) > 3:
        break
assert len(ticks) > 3
one = OpenAI(base_url=sys.argv[1].replace("NAME", "hello"), api_key="k")
assert create(one)._dosai.attempts == 1
""")
