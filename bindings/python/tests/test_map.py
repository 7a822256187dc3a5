"""dosai.map without an engine: rows, errors, the window, closing, forks, the journal."""
import collections
import json
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import threading
import time
import types

import pytest

import scripts
from dosai import _map_journal, map as scale
from dosai.map import Mapper, MapError, Spec
from lateness import allowance, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOOL = ROOT / "build/bin/dosai"
COLUMNS = {"id": "id", "request": "prompt"}


class Seen:
    """A script of the server: what it was asked. `reply` makes the answer of a prompt."""

    def __init__(self, server, name, reply=lambda prompt: scripts.say("to " + prompt)):
        self.ids, self.times, self.keys, self.reply, self.lock = [], [], [], reply, threading.Lock()
        server.put(name, self)
        self.base = server.base(name)

    def __call__(self, request):
        prompt = json.loads(request.body)["messages"][0]["content"]
        with self.lock:
            self.ids.append(prompt)
            self.times.append(time.monotonic())
            self.keys.append(request.header("authorization"))
        return self.reply(prompt)(request)


@pytest.fixture
def seen(server, request):
    return lambda *reply: Seen(server, "".join(filter(str.isalnum, request.node.name)), *reply)


@pytest.fixture
def mapper():
    made = []

    def make(there, **options):
        options = {"model": "m", "max_retries": 0, "base_url": getattr(there, "base", there), **options}
        made.append(Mapper(Spec(**options)))
        return made[-1]
    yield make
    for one in made:
        one.close()


def rows(count, prefix="row "):
    return [{"id": prefix + str(number), "prompt": prefix + str(number)} for number in range(count)]


def after(condition, prompt="row 0"):
    """Answers this prompt when something else has happened, and all others at once."""
    def reply(one):
        if one == prompt:
            wait_until(condition)
        return scripts.say("to " + one)
    return reply


def late(seconds):
    return lambda prompt: lambda request: [{"sleep_ms": seconds * 1000}, *scripts.steps_of(scripts.say("to " + prompt)(request))]


# ---- rows

def test_rows(seen, mapper):
    there = seen()
    found = list(mapper(there, body={"temperature": 0}).rows(rows(300), **COLUMNS))
    assert [row.id for row in found] == [row["id"] for row in rows(300)] and sorted(there.ids) == sorted(row.id for row in found)
    first = found[0]
    assert json.loads(first.response) == scripts.completion("to row 0")
    assert first._replace(response=None, latency_ms=0) == (
        "row 0", "to row 0", None, "stop", "OK", 200, None, "req-1", 1, 12, 9, 21, 0, False)
    assert first.latency_ms >= 0


def test_what_a_request_may_be(seen, mapper):
    there = seen()
    messages = [{"role": "user", "content": "a list"}]
    given = ["a text", messages, {"messages": messages, "max_tokens": 1}]
    found = mapper(there).rows(enumerate(given), id=lambda row: row[0], request=lambda row: row[1])
    assert [(row.id, row.content) for row in found] == [("0", "to a text"), ("1", "to a list"), ("2", "to a list")]
    like_numpy = type("Array", (), {"tolist": lambda self: messages})()
    found = mapper(there).rows([("3", like_numpy)], id=lambda row: row[0], request=lambda row: row[1])
    assert [row.content for row in found] == ["to a list"]


def test_as_they_come(seen, mapper):
    found = []
    there = seen(after(lambda: len(found) == 19))
    for row in mapper(there).rows(rows(20), ordered=False, **COLUMNS):
        found.append(row)
    assert found[-1].id == "row 0" and len({row.id for row in found}) == 20


def test_a_spec_holds_no_key(seen, mapper, monkeypatch):
    with pytest.raises(TypeError, match="takes no key, because it is pickled"):
        Spec(model="m", api_key="sk-test")
    there = seen()
    monkeypatch.setenv("DOSAI_API_KEY", "sk-worker")
    assert "sk-worker" not in repr(pickle.dumps(mapper(there).spec)) and pickle.loads(pickle.dumps(mapper(there).spec))
    list(mapper(there).rows(rows(1), **COLUMNS))
    list(mapper(there, api_key=lambda: "sk-asked").rows(rows(1), **COLUMNS))
    assert there.keys == ["Bearer sk-worker", "Bearer sk-asked"]


@pytest.mark.parametrize("wrong", [{"on_error": "ignore"}, {"concurrency": 0}, {"max_retries": -1}, {"body": {"a": {1}}}])
def test_a_wrong_spec(wrong):
    with pytest.raises((ValueError, TypeError)):
        Spec(**{"model": "m", **wrong})


# ---- errors

def refuse(status, **more):
    return lambda prompt: lambda request: scripts.error(status, "no", **more)


def test_errors_are_rows(seen, mapper):
    replies = {"row 1": refuse(400), "row 2": refuse(500), "row 3": lambda prompt: lambda request: {"text": "no JSON"}}
    there = seen(lambda prompt: replies.get(prompt, lambda prompt: scripts.say("fine"))(prompt))
    given = [*rows(4), {"id": "poison", "prompt": 7}, {"id": "none"}, *rows(1, "last ")]
    found = list(mapper(there).rows(given, **COLUMNS))
    assert [row.status for row in found] == ["OK", "BAD_REQUEST", "SERVER", "PROTOCOL", "INVALID_ARGUMENT", "INVALID_ARGUMENT", "OK"]
    assert [row.http_status for row in found] == [200, 400, 500, 200, None, None, 200]
    assert json.loads(found[1].response)["error"]["message"] == "no" and "no" in found[1].error
    assert "a text, a list of messages or a dict" in found[4].error and found[4].attempts == 0
    with pytest.raises(MapError, match="row row [12]: .*no"):
        list(mapper(there, on_error="raise").rows(rows(3), **COLUMNS))


def test_retries(seen, mapper):
    tried = collections.Counter()

    def reply(prompt):
        tried[prompt] += 1
        return scripts.say("fine") if tried[prompt] > 1 else refuse(503)(prompt)
    found = list(mapper(seen(reply), max_retries=1).rows(rows(3), **COLUMNS))
    assert [(row.status, row.attempts) for row in found] == [("OK", 2)] * 3


@pytest.mark.parametrize("reply, status", [
    (refuse(401), "AUTHENTICATION"), (refuse(402), "INSUFFICIENT_CREDITS"),
    (refuse(429, code="insufficient_quota"), "INSUFFICIENT_CREDITS")], ids=["401", "402", "quota"])
def test_what_concerns_all_raises(seen, mapper, reply, status):
    there = seen(reply)
    with pytest.raises(MapError) as raised:
        list(mapper(there, concurrency=4).rows(rows(100), **COLUMNS))
    assert raised.value.status == status and len(there.ids) <= 4
    again = pickle.loads(pickle.dumps(raised.value))
    assert (again.status, str(again)) == (status, str(raised.value))


def test_a_server_that_is_not_there(mapper):
    with pytest.raises(MapError) as raised:
        list(mapper("http://127.0.0.1:9/v1").rows(rows(10), **COLUMNS))
    assert raised.value.status == "CONNECTION"


def test_what_concerns_all_raises_before_others_try_again(seen, mapper):
    sent, all_sent = [], threading.Barrier(4)

    def reply(prompt):
        sent.append(prompt)
        all_sent.wait(60)  # a 503 that came sooner would hold up the rows that are not sent yet
        if prompt == "row 3":
            return lambda request: [{"sleep_ms": 200}, *scripts.steps_of(refuse(401)(prompt)(request))]
        return refuse(503, retry_after="3")(prompt)
    begun = time.monotonic()
    with pytest.raises(MapError) as raised:
        list(mapper(seen(reply), concurrency=4, max_retries=3).rows(rows(4), **COLUMNS))
    assert raised.value.status == "AUTHENTICATION" and sorted(sent) == [row["id"] for row in rows(4)]
    assert time.monotonic() - begun < 2 + allowance(begun)


def test_a_poison_row_raises_if_asked_to(seen, mapper):
    with pytest.raises(MapError, match="row poison: a request is a text"):
        list(mapper(seen(), on_error="raise").rows([*rows(2), {"id": "poison", "prompt": 7}], **COLUMNS))


def test_a_key_that_cannot_be_had(seen, mapper):
    def key():
        raise OSError("no vault")
    with pytest.raises(MapError, match="OSError: no vault"):
        list(mapper(seen(), api_key=key).rows(rows(10), **COLUMNS))


# ---- the window

def test_calls_go_on_while_the_consumer_is_away(seen, mapper):
    is_away = threading.Event()

    def reply(prompt):
        assert prompt == "row 0" or is_away.wait(60)
        return scripts.say("to " + prompt)
    there = seen(reply)
    found = mapper(there, concurrency=4).rows(rows(40), **COLUMNS)
    next(found)
    assert len(there.ids) <= 5
    is_away.set()
    wait_until(lambda: len(there.ids) > 5)  # the consumer does not read
    assert len(list(found)) == 39


def test_rows_behind_a_late_one_go_on(seen, mapper):
    there = seen(after(lambda: len(there.ids) == 40))
    found = mapper(there, concurrency=2).rows(rows(40), **COLUMNS)
    first = next(found)
    assert first.id == "row 0" and len(there.ids) == 40


def test_a_slow_source_holds_up_no_row(seen, mapper):
    def source():
        for row in rows(200):
            pulled.append(row)
            yield row
            if first:
                return
            time.sleep(0.05)
    for ordered in (True, False):
        pulled, first = [], []
        found = mapper(seen()).rows(source(), ordered=ordered, **COLUMNS)
        first.append(next(found))
        assert len(pulled) < 200 and len([*first, *found]) == len(pulled)


def test_no_more_is_pulled_than_the_window(seen, mapper):
    def reply(prompt):
        if prompt == "row 0":
            wait_until(lambda: len(pulled) > 10)
            time.sleep(1)  # in which it would pull more
        return scripts.say("to " + prompt)
    there, pulled, threads = seen(reply), [], set()

    def source():
        for row in rows(5000):
            pulled.append(row)
            threads.add(threading.get_ident())
            yield row
    one = mapper(there, concurrency=2)
    found = one.rows(source(), **COLUMNS)
    next(found)
    assert len(pulled) <= scale.AHEAD * 2 + 1
    found.close()
    assert threads == {threading.get_ident()}


def test_closing_the_iterator_cancels(seen, mapper):
    there = seen(lambda prompt: late(0 if prompt == "row 0" else 30)(prompt))
    found = mapper(there, concurrency=4).rows(rows(50), **COLUMNS)
    assert next(found).id == "row 0"
    begun = time.monotonic()
    found.close()
    assert time.monotonic() - begun < 5 + allowance(begun)
    time.sleep(0.3)  # the server may see late what was sent before
    assert len(there.ids) <= 5


def test_close_ends_a_consumer_in_another_thread(seen, mapper):
    there, raised = seen(late(30)), []
    one = mapper(there)

    def consume():
        try:
            list(one.rows(rows(10), **COLUMNS))
        except MapError as error:
            raised.append(error.status)
    consumer = threading.Thread(target=consume)
    consumer.start()
    wait_until(lambda: there.ids)
    one.close()
    consumer.join(60)
    assert raised == ["CANCELLED"] and not [each for each in threading.enumerate() if each.name == "dosai.map"]


def test_close_while_a_consumer_pulls_leaves_no_lock(seen, mapper, tmp_path):
    one, pulls, go, raised = mapper(seen(), journal=str(tmp_path)), threading.Event(), threading.Event(), []

    def source():
        pulls.set()
        go.wait(60)
        yield from rows(10)

    def consume():
        try:
            list(one.rows(source(), **COLUMNS))
        except MapError as error:
            raised.append(error.status)
    consumer = threading.Thread(target=consume)
    consumer.start()
    pulls.wait(60)
    one.close()
    go.set()
    consumer.join(60)
    assert raised == ["CANCELLED"] and not _map_journal._busy
    assert len(list(one.rows(rows(10), **COLUMNS))) == 10


def test_close_while_a_consumer_waits_for_a_twin(seen, mapper, tmp_path):
    there, raised = seen(late(30)), []
    one, twin = (mapper(there, journal=str(tmp_path)) for _ in range(2))

    def consume(mapper):
        try:
            list(mapper.rows(rows(1), **COLUMNS))
        except MapError as error:
            raised.append(error.status)
    threads = [threading.Thread(target=consume, args=(each,)) for each in (one, twin)]
    threads[0].start()
    wait_until(lambda: _map_journal._busy)
    threads[1].start()
    wait_until(lambda: twin._runs)
    time.sleep(0.3)  # until it waits for the other one's file
    twin.close()
    threads[1].join(60)
    assert raised == ["CANCELLED"] and threads[0].is_alive()
    one.close()
    threads[0].join(60)
    assert not _map_journal._busy


def test_a_thread_that_ends_ends_its_runs(seen, mapper):
    there = seen(late(30))
    one = mapper(there)
    found, raised = one.rows(rows(10), **COLUMNS), []

    def consume():
        try:
            next(found)
        except MapError as error:
            raised.append(error.status)
    consumer = threading.Thread(target=consume)
    consumer.start()
    wait_until(lambda: there.ids)
    scale._workers.pop(one.spec._mark).stop()
    consumer.join(60)
    assert raised == ["CANCELLED"]


def test_threads_share_a_mapper(seen, mapper):
    one, found = mapper(seen(late(0.01)), concurrency=8), {}

    def consume(name):
        found[name] = [row.content for row in one.rows(rows(50, name), **COLUMNS)]
    threads = [threading.Thread(target=consume, args=("%d-" % number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for number in range(4):
        assert found["%d-" % number] == ["to %d-%d" % (number, row) for row in range(50)]


def test_a_forked_child_has_its_own(seen, mapper):
    one = mapper(seen())
    under_way = one.rows(rows(20), **COLUMNS)
    next(under_way)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(120)
        found = [row.content for row in one.rows(rows(5, "child "), **COLUMNS)]
        try:
            next(under_way)
        except MapError as error:
            found.append(error.status)
        os.write(write, json.dumps(found).encode())
        os._exit(0)
    os.close(write)
    with open(read) as pipe:
        assert json.load(pipe) == [*("to child %d" % number for number in range(5)), "FORKED"]
    assert os.waitpid(child, 0)[1] == 0 and len(list(under_way)) == 19


def test_import_dosai_does_not_load_it():
    code = "import dosai, sys; assert 'dosai.map' not in sys.modules; import dosai.map; " \
           "assert not {'pandas', 'pyarrow', 'ray', 'pyspark', 'dask'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "bindings/python")})


# ---- the journal

def test_a_job_that_is_run_again_sends_nothing(seen, mapper, tmp_path):
    there = seen(lambda prompt: refuse(400)(prompt) if prompt == "row 3" else scripts.say("to " + prompt))
    first = list(mapper(there, journal=str(tmp_path)).rows(rows(600), **COLUMNS))
    again = list(mapper(there, journal=str(tmp_path)).rows(rows(600), **COLUMNS))
    assert len(there.ids) == 600 and len(list(tmp_path.iterdir())) == 3
    for before, after in zip(first, again):
        assert after.from_journal and json.loads(after.response) == json.loads(before.response)
        ours = before._replace(attempts=None, latency_ms=None, from_journal=True, response=after.response)
        assert after == ours
    assert again[3].status == "BAD_REQUEST"
    with pytest.raises(MapError):  # it is asked again, and fails again
        list(mapper(there, journal=str(tmp_path), on_error="raise").rows(rows(600), **COLUMNS))
    assert there.ids.count("row 3") == 2


def test_a_large_batch_behind_a_journal(seen, mapper, tmp_path, monkeypatch):
    """Rows that are known from the journal are looked at once, not with each answer."""
    reads = [0]

    class Counted(scale.Job):
        @property
        def result(self):
            reads[0] += 1
            return self.kept

        @result.setter
        def result(self, result):
            self.kept = result

    unit = [(row["id"], row["prompt"]) for row in rows(400)]
    list(mapper(seen(), journal=str(tmp_path))._run(iter([unit]), True, whole=True))
    path, = tmp_path.iterdir()
    lines = path.read_text().splitlines(keepends=True)
    later = {id for id, _ in unit[200:]}
    path.write_text("".join(line for line in lines if json.loads(line)["custom_id"] in later))
    monkeypatch.setattr(scale, "Job", Counted)
    done, = mapper(seen(), journal=str(tmp_path))._run(iter([unit]), True, whole=True)
    assert len(done) == 400 and sum(job.result.from_journal for job in done) == 200
    assert reads[0] < 20 * 400



def odd(usage=None, message=None, finish="stop", choices=None, **more):
    """An answer that is not quite the API's."""
    message = {"role": "assistant", "content": "hi"} if message is None else message
    choices = choices or [{"index": 0, "finish_reason": finish, "message": message}]
    return {"json": {"id": "1", "choices": choices, **({} if usage is None else {"usage": usage}), **more}}


def named(index, text):
    return {"index": index, "finish_reason": "stop", "message": {"content": text}}


COUNTS = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
ODD = {
    "usage is a number": odd(5), "usage is a text": odd("n/a"), "usage is a list": odd([1]), "usage is empty": odd({}),
    "usage of floats": odd({"prompt_tokens": 1.0, "completion_tokens": 2.5}), "usage of bools": odd({"prompt_tokens": True}),
    "usage of texts": odd({"prompt_tokens": "1"}), "usage below 0": odd({"prompt_tokens": -5}),
    "usage above int64": odd({"prompt_tokens": 2**63, "total_tokens": 2**63 - 1}),
    "usage of Groq": odd(x_groq={"usage": COUNTS}), "both usages": odd({"total_tokens": 9}, x_groq={"usage": COUNTS}),
    "empty usage, and Groq's": odd({}, x_groq={"usage": COUNTS}), "Groq's text": odd(x_groq="none"),
    "message is a text": odd(message="hi"), "message is a list": odd(message=[1]),
    "parts": odd(message={"content": ["a", {"text": "b"}, {"text": 5}, 6, {"thinking": "no", "text": "no"},
                                      {"thinking": None, "text": "c"}]}),
    "content is a number": odd(message={"content": 5}), "content is an object": odd(message={"content": {"text": "a"}}),
    "reason is a number": odd(finish=1), "reason is an object": odd(finish={"a": 1}), "reason is empty": odd(finish=""),
    "choices in another order": odd(choices=[named(1, "second"), named(0, "first")]),
    "choices of one index": odd(choices=[named(1, "c"), named(0, "a"), named(0, "b")]),
    "choices without an index": odd(choices=[named(None, "a"), named(-1, "b")]), "no choices": {"json": {"choices": []}},
    "a surrogate": {"text": '{"choices":[],"error":null,"x":"\\ud83d"}'},
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_is_the_same_row_again(seen, mapper, tmp_path, name):
    there = seen(lambda prompt: lambda request: ODD[name])
    first, = mapper(there, journal=str(tmp_path)).rows(rows(1), **COLUMNS)
    again, = mapper(there, journal=str(tmp_path)).rows(rows(1), **COLUMNS)
    assert first.status == "OK" and len(there.ids) == 1
    assert repr(again._replace(response=None)) == repr(
        first._replace(response=None, attempts=None, latency_ms=None, from_journal=True))
    again.response.encode()
    file, = tmp_path.iterdir()
    assert list(scale.read_results(str(file))) == [again]


@pytest.mark.parametrize("body", ['{"error":%s}' % ("[" * 930 + "]" * 930), '{"error":%s}' % ("[" * 500 + "]" * 500),
                                  '{"error":"\\ud83d"}'], ids=["deepest", "deep", "surrogate"])
def test_an_odd_error_is_the_same_row_again(seen, mapper, tmp_path, body):
    there = seen(lambda prompt: lambda request: {"status": 400, "text": body})
    first, = mapper(there, journal=str(tmp_path)).rows(rows(1), **COLUMNS)
    again = at_depth(100, lambda: list(mapper(there, journal=str(tmp_path)).rows(rows(1), **COLUMNS)))[0]
    assert first.status == again.status == "BAD_REQUEST" and again.from_journal and len(there.ids) == 1
    again.response.encode()


def at_depth(calls, function):
    return function() if calls == 0 else at_depth(calls - 1, function)


@pytest.mark.parametrize("line", [
    "[]", "5", "{}", '{"custom_id": 1, "response": null, "error": null}', '{"custom_id": "a", "response": 5, "error": null}',
    '{"custom_id": "a", "response": null, "error": "text"}',
    '{"custom_id": "a", "response": {"body": %s}, "error": null}' % ("[" * 200000 + "]" * 200000)], ids=lambda line: line[:50])
def test_what_is_no_result(seen, mapper, tmp_path, line):
    list(mapper(seen(), journal=str(tmp_path)).rows(rows(1), **COLUMNS))
    file, = tmp_path.iterdir()
    file.write_text(line + "\n")
    with pytest.raises(ValueError):
        list(scale.read_results(str(file)))
    with pytest.raises(MapError, match="line 1 is not a batch result"):
        list(mapper(seen(), journal=str(tmp_path)).rows(rows(1), **COLUMNS))


def test_another_request_is_another_file(seen, mapper, tmp_path):
    there = seen()
    for body in ({}, {"temperature": 1}, {}):
        list(mapper(there, journal=str(tmp_path), body=body).rows(rows(2), **COLUMNS))
    assert len(there.ids) == 4 and len(list(tmp_path.iterdir())) == 2


def test_another_server_is_another_file(seen, server, mapper, tmp_path, monkeypatch):
    one, other = seen(), Seen(server, "another")
    for there in (one, other, one):
        monkeypatch.setenv("DOSAI_BASE_URL", there.base)
        list(mapper(None, journal=str(tmp_path)).rows(rows(2), **COLUMNS))
    assert len(one.ids) == len(other.ids) == 2


def test_a_success_replaces_an_error(seen, mapper, tmp_path):
    replies = [refuse(400), refuse(400), scripts.say]
    there = seen(lambda prompt: replies.pop(0)(prompt))
    for each in ("row", "raise", "raise", "row"):
        try:
            found = list(mapper(there, journal=str(tmp_path), on_error=each).rows(rows(1), **COLUMNS))
        except MapError:
            pass
    assert [(row.error, row.from_journal) for row in found] == [(None, True)] and not replies
    file, = tmp_path.iterdir()
    assert len(file.read_text().splitlines()) == 2 and [row.error for row in scale.read_results(str(file))] == [None]


KILLED = """
import sys
from dosai.map import Mapper, Spec
base, journal, count = sys.argv[1:]
spec = Spec(model="m", base_url=base, journal=journal, concurrency=8)
rows = ({"id": "row %d" % number, "prompt": "row %d" % number} for number in range(int(count)))
for row in Mapper(spec).rows(rows, id="id", request="prompt"):
    pass
"""


def start(there, journal, count):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "bindings/python")}
    return subprocess.Popen([sys.executable, "-c", KILLED, there.base, str(journal), str(count)], env=environment)


def test_killed(seen, mapper, tmp_path):
    there = seen(late(0.01))
    for until in (100, 300, 500):
        process = start(there, tmp_path, 700)
        while len(there.ids) < until and process.poll() is None:
            time.sleep(0.001)
        process.kill()
        process.wait()
    time.sleep(0.2)
    found = list(mapper(there, journal=str(tmp_path)).rows(rows(700), **COLUMNS))
    assert [row.content for row in found] == ["to row %d" % number for number in range(700)]
    assert set(there.ids) == {row.id for row in found} and len(there.ids) - 700 <= 8 * 3


@pytest.mark.parametrize("tail", ["{", '{"id": "batch_req_2", "custom_id": "b", "resp', '{"id": "ba\0\0\0', "\0\0\0"])
def test_a_torn_line(seen, mapper, tmp_path, tail):
    there = seen()
    list(mapper(there, journal=str(tmp_path)).rows(rows(2), **COLUMNS))
    file, = tmp_path.iterdir()
    whole = file.read_text().splitlines(keepends=True)
    file.write_text(whole[0] + tail)
    assert len([row for row in mapper(there, journal=str(tmp_path)).rows(rows(2), **COLUMNS) if row.from_journal]) == 1
    assert len(there.ids) == 3 and len(file.read_text().splitlines()) == 2
    assert all(row.from_journal for row in mapper(there, journal=str(tmp_path)).rows(rows(2), **COLUMNS))
    file.write_text("nothing of ours\n")
    with pytest.raises(MapError, match="line 1 is not a batch result"):
        list(mapper(there, journal=str(tmp_path)).rows(rows(2), **COLUMNS))


def test_an_id_is_there_once(seen, mapper, tmp_path):
    with pytest.raises(MapError, match="twice"):
        list(mapper(seen(), journal=str(tmp_path)).rows(rows(1) * 2, **COLUMNS))
    with pytest.raises(MapError, match="no id"):
        list(mapper(seen()).rows([{"id": None, "prompt": "?"}], **COLUMNS))


def test_a_twin_is_waited_for(seen, mapper, tmp_path):
    """The same batch in two processes at once, as with speculation: each row is asked once."""
    there = seen(late(0.02))
    processes = [start(there, tmp_path, 100) for _ in range(2)]
    assert [process.wait(300) for process in processes] == [0, 0]
    assert sorted(there.ids) == sorted(row["id"] for row in rows(100))


@pytest.mark.parametrize("writes", [True, False])
def test_a_twin_is_waited_for_while_it_writes(tmp_path, monkeypatch, writes):
    begun, given_up = time.monotonic(), threading.Event()
    clock = types.SimpleNamespace(sleep=time.sleep, monotonic=lambda: time.monotonic() - allowance(begun))
    if writes:  # however late the machine is
        monkeypatch.setattr("dosai._map_journal.time", clock)
    monkeypatch.setattr("dosai._map_journal.LOCK_WAIT", 1.0)
    first = _map_journal.Journal(str(tmp_path), "a.jsonl")

    def write():
        if not writes:
            given_up.wait(60)
        for number in range(1, 21 if writes else 1):
            time.sleep(0.1)
            first.write(number, scale.Result(str(number), *[None] * 12, False))
        first.close()
    writer = threading.Thread(target=write)
    writer.start()
    if writes:
        second = _map_journal.Journal(str(tmp_path), "a.jsonl")
        assert len(second.rows) == 20
        second.close()
    else:
        with pytest.raises(MapError, match="has written nothing"):
            _map_journal.Journal(str(tmp_path), "a.jsonl")
        given_up.set()
    writer.join()


def test_a_full_disk_raises(seen, mapper):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    from dosai._map_journal import Journal
    journal = Journal.__new__(Journal)
    journal.path, journal._file, journal._length, journal._dirty = "/dev/full", os.open("/dev/full", os.O_RDWR), 0, False
    with pytest.raises(OSError):
        journal.write(1, scale.Result("a", *[None] * 12, False))
    os.close(journal._file)


def test_a_disk_that_fails_raises(seen, mapper, tmp_path, monkeypatch):
    def sync(self):
        raise OSError(5, "the disk fails")
    monkeypatch.setattr("dosai._map_journal.Journal.sync", sync)
    one = mapper(seen(late(0.3)), journal=str(tmp_path), concurrency=1)
    with pytest.raises(OSError, match="the disk fails"):
        list(one.rows(rows(20), **COLUMNS))


def test_an_iterator_that_is_left_alone_ends(seen, mapper):
    there = seen(late(0.2))
    one = mapper(there, concurrency=1)
    next(one.rows(rows(20), **COLUMNS))  # collected here
    sent = len(there.ids)
    wait_until(lambda: not one._runs)
    time.sleep(0.5)
    assert len(there.ids) <= sent + 1


# ---- the files of `dosai batch`

def line(custom_id):
    body = {"model": "m", "messages": [{"role": "user", "content": custom_id}]}
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body}


def tool(there, given, output):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DOSAI_")}
    command = [TOOL, "batch", given, "-o", output, "--base-url", there.base, "--concurrency", "8"]
    return subprocess.Popen(command, env=environment)


def test_from_the_tool_to_the_mapper_and_back(seen, mapper, tmp_path):
    is_killed = threading.Event()

    def reply(prompt):
        """The tool gets no more than 100 answers."""
        if there.ids.index(prompt) >= 100:
            is_killed.wait(60)
        return late(0.02)(prompt)
    there, given, output = seen(reply), tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    ids = ["row %d" % number for number in range(300)]
    given.write_text("".join(json.dumps(line(each)) + "\n" for each in ids))
    process = tool(there, given, output)
    wait_until(lambda: output.exists() and output.read_bytes().count(b"\n") > 50)
    process.kill()
    process.wait()
    is_killed.set()
    time.sleep(0.2)
    done = {row.id for row in scale.read_results(str(output))}
    assert 50 < len(done) <= 100
    left = (row for row in scale.read_requests(str(given)) if row["id"] not in done)
    found = mapper(there, journal=str(tmp_path / "journal")).rows(left, id="id", request="body")
    done |= {next(found).id for _ in range(50)}
    found.close()  # what has arrived is in the journal
    with open(output, "rb+") as file:
        text = file.read()
        file.truncate(text.rfind(b"\n") + 1)  # a line that was cut off
        file.seek(0, os.SEEK_END)
        for each in (tmp_path / "journal").iterdir():
            file.write(each.read_bytes())
    before = len(there.ids)
    assert tool(there, given, output).wait(300) == 0
    results = [row.id for row in scale.read_results(str(output))]
    assert sorted(results) == sorted(ids) and not done & set(there.ids[before:])
    assert len(there.ids) <= 300 + 8 + 64


def test_read_requests_refuses_other_endpoints(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({**line("a"), "url": "/v1/embeddings"}) + "\n")
    with pytest.raises(ValueError, match="a: dosai.map sends chats only"):
        list(scale.read_requests(str(path)))
