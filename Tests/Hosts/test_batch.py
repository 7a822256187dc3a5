"""`dosai batch` against the loopback server, killed, held back, and given what is wrong."""
import errno
import json
import os
import pathlib
import pty
import random
import re
import signal
import subprocess
import threading
import time

import pytest

import scripts
from lateness import allowance

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "build" / "bin" / "dosai"
SEED = int(os.environ.get("DOSAI_TEST_SEED", "1"))


def line(custom_id, **body):
    """A line of input; the server knows it by its `user`."""
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "user": custom_id, **body}
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body}


class Seen:
    """A script of the server that keeps what it was asked, and when; `reply` is a script for each request."""

    def __init__(self, reply=lambda request: scripts.say("Hello")(request)):
        self.reply, self.lock = reply, threading.Lock()
        self.ids, self.times, self.paths = [], [], []

    def __call__(self, request):
        with self.lock:
            request.user, request.number = json.loads(request.body)["user"], len(self.ids)
            self.ids.append(request.user)
            self.times.append(time.monotonic())
            self.paths.append(request.path)
        return self.reply(request)


class Batch:
    def __init__(self, server, environment, folder):
        self.server, self.environment = server, environment
        self.input, self.output = folder / "in.jsonl", folder / "out.jsonl"

    def write(self, *lines):
        self.input.write_text("".join((text if isinstance(text, str) else json.dumps(text)) + "\n" for text in lines))

    def serve(self, script):
        self.server.put("batch", script)
        return script

    def start(self, *options, base=None, **more):
        base = base or self.server.base("batch")
        command = [TOOL, "batch", self.input, "-o", self.output, "--base-url", base, *map(str, options)]
        return subprocess.Popen(command, env=self.environment, stderr=subprocess.PIPE, text=True, **more)

    def run(self, *options, status=0, **more):
        process = self.start(*options, **more)
        errors = process.communicate(timeout=600)[1]
        assert process.returncode == status, errors
        return errors

    def results(self):
        """The results by custom_id; each stands there once."""
        lines = [json.loads(text) for text in self.output.read_text().splitlines()]
        found = {entry["custom_id"]: entry for entry in lines}
        assert len(found) == len(lines)
        return found

    def durable(self):
        """The ids of the lines that are whole, after a kill."""
        if not self.output.exists():
            return set()
        return {json.loads(text)["custom_id"] for text in self.output.read_text().split("\n")[:-1]}

    def settle(self):
        """Waits until the server has read all that a killed process had sent."""
        while self.server.open:
            time.sleep(0.002)


@pytest.fixture
def batch(server, environment, tmp_path):
    return Batch(server, environment, tmp_path)


def test_format(batch):
    seen = batch.serve(Seen())
    batch.write(line("first"), "", line("Gr\u00fc\u00dfe \u2028 \"\\ \ud800"), "\t",
                dict(line("third"), url="/v1/embeddings"), dict(line("fourth"), url="/other/path?a=b"))
    assert batch.run() == ""
    results = batch.results()
    assert list(sorted(results)) == sorted(["first", "Gr\u00fc\u00dfe \u2028 \"\\ \ufffd", "third", "fourth"])
    first = results["first"]
    assert list(first) == ["id", "custom_id", "response", "error"] and first["error"] is None
    assert first["id"] == "batch_req_1" and results["third"]["id"] == "batch_req_5"
    assert list(first["response"]) == ["status_code", "request_id", "body"]
    assert first["response"] == {"status_code": 200, "request_id": "req-1", "body": scripts.completion("Hello")}
    base = "/s/batch/v1"
    assert sorted(seen.paths) == [base + "/chat/completions"] * 2 + [base + "/embeddings", base + "/other/path?a=b"]
    assert batch.run() == ""  # all is there: nothing is sent
    assert len(seen.ids) == 4


def test_killed_ten_times(batch):
    """Each of 5,000 lines is answered once, and only those without a whole line of output are sent again."""
    count, concurrency, kills = 5000, 16, 10
    chance = random.Random(SEED)
    ids = ["line %d" % number for number in range(count)]
    batch.write(*(line(custom_id) for custom_id in ids))
    seen = batch.serve(Seen())
    torn = again = 0
    for _ in range(kills):
        before, have = len(seen.ids), batch.durable()
        process = batch.start("--concurrency", concurrency)
        until = before + chance.randrange(450)
        while len(seen.ids) < until and process.poll() is None:
            time.sleep(chance.uniform(0, 0.001))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        batch.settle()
        assert process.returncode == -signal.SIGKILL
        assert not have & set(seen.ids[before:])
        if chance.random() < 0.5 and batch.durable() - have:  # as a crash of the machine in mid-write would leave it
            torn += 1
            text = batch.output.read_bytes()
            start = text.rindex(b"\n", 0, -1) + 1
            batch.output.write_bytes(text[:chance.randrange(start, len(text) - 1)])
    before, have = len(seen.ids), batch.durable()
    batch.run("--concurrency", concurrency)
    assert not have & set(seen.ids[before:])
    results = batch.results()
    assert sorted(results) == sorted(ids) and all(entry["error"] is None for entry in results.values())
    again = len(seen.ids) - count
    print("seed %d: %d lines sent again after %d kills and %d torn lines" % (SEED, again, kills, torn))
    assert set(seen.ids) == set(ids) and again <= concurrency * kills + torn


@pytest.mark.parametrize("tail", ["{", '{"id": "batch_req_2", "custom_id": "b", "resp', '{"id": "ba\0\0\0', "\0\0\0"])
def test_torn_line(batch, tail):
    seen = batch.serve(Seen())
    batch.write(line("a"), line("b"))
    batch.run()
    whole = batch.output.read_text().splitlines()[0]
    first = json.loads(whole)["custom_id"]
    batch.output.write_text(whole + "\n" + tail)
    batch.run()
    assert batch.output.read_text().startswith(whole + "\n") and set(batch.results()) == {"a", "b"}
    assert len(seen.ids) == 3 and seen.ids[2] != first


def test_last_line_without_newline(batch):
    """A whole result is kept, also where an editor took its newline."""
    seen = batch.serve(Seen())
    batch.write(line("a"), line("b"))
    batch.run()
    batch.output.write_text(batch.output.read_text().splitlines()[0])
    batch.run()
    assert set(batch.results()) == {"a", "b"} and len(seen.ids) == 3


@pytest.mark.parametrize("url", ["/v1/chat/completions", "/v1/embeddings"])
@pytest.mark.parametrize("status", [200, 400])
def test_deep_answers(batch, url, status):
    """As deep as the library reads, they are results; one level more, they are not read."""
    def reply(request):
        deep = "[" * int(request.user) + "]" * int(request.user)
        return {"status": status, "text": json.dumps(scripts.completion("Hello"))[:-1] + ', "deep": %s}' % deep}

    seen = batch.serve(Seen(reply))
    batch.write(*(dict(line(str(depth)), url=url) for depth in (508, 509, 510, 511, 512)))
    batch.run(status=1)
    results, text = batch.results(), batch.output.read_text()
    good = {"508", "509", "510", "511"} if status == 200 else set()
    assert {name for name, entry in results.items() if not entry["error"]} == good and len(results) == 5
    assert all(results[name]["response"]["body"]["choices"] for name in ("508", "509", "510", "511"))
    batch.run(status=1)
    assert batch.output.read_text() == text and len(seen.ids) == 5
    batch.output.write_text(text.replace('"deep":[', '"deep":{'))
    assert "is not a batch result" in batch.run(status=2)


@pytest.mark.parametrize("text", ["precious notes", "precious\nnotes\n", '{"custom_id": "a"}\n'])
def test_foreign_output(batch, text):
    """What is not ours is left alone."""
    seen = batch.serve(Seen())
    batch.write(line("a"))
    batch.output.write_text(text)
    assert "line 1 is not a batch result" in batch.run(status=2)
    assert batch.output.read_text() == text and not seen.ids


SHIM = """
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int fdatasync(int descriptor) {
  struct stat status;
  struct timespec now;
  FILE *log = fopen(getenv("DOSAI_TEST_LOG"), "a");
  clock_gettime(CLOCK_MONOTONIC, &now);
  fstat(descriptor, &status);
  fprintf(log, "%f %ld\\n", now.tv_sec + now.tv_nsec / 1e9, (long)status.st_size);
  fclose(log);
  return (int)syscall(SYS_fdatasync, descriptor);
}
"""


def test_output_is_synced(batch, tmp_path):
    """Once a second at most, not much later, and at the end."""
    (tmp_path / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "shim.c", "-o", "shim.so"], cwd=tmp_path, check=True)
    batch.serve(Seen(lambda request: {"json": scripts.completion(), "delay_ms": 50}))
    batch.write(*(line("line %d" % number) for number in range(60)))
    log = tmp_path / "log"
    batch.environment.update(LD_PRELOAD=str(tmp_path / "shim.so"), DOSAI_TEST_LOG=str(log))
    batch.run("--concurrency", 1)
    synced = [(float(at), int(size)) for at, size in map(str.split, log.read_text().splitlines())]
    assert synced[-1][1] == batch.output.stat().st_size
    times = [at for at, _ in synced]
    assert all(after - before > 0.99 for before, after in zip(times, times[1:-1])), times
    assert all(after - before < 1.4 + allowance(before, after) for before, after in zip(times, times[1:])), times


def test_two_at_once(batch):
    answer = threading.Event()

    def reply(request):
        answer.wait()
        return scripts.say("Hello")(request)

    seen = batch.serve(Seen(reply))
    batch.write(line("a"))
    first = batch.start()
    while not seen.ids:
        time.sleep(0.01)
    assert "another batch is writing to it" in batch.run(status=5)
    answer.set()
    first.communicate()
    assert first.returncode == 0 and set(batch.results()) == {"a"}


NO_LOCK = """
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>
int fcntl(int descriptor, int command, ...) {
  va_list more;
  va_start(more, command);
  void *argument = va_arg(more, void *);
  va_end(more);
  if (command != F_SETLK) return (int)syscall(SYS_fcntl, descriptor, command, argument);
  errno = ENOLCK;
  return -1;
}
int fcntl64(int, int, ...) __attribute__((alias("fcntl")));
"""


def test_output_cannot_be_locked(batch, tmp_path):
    """As where a network's file system has no locks: nobody else is blamed."""
    (tmp_path / "shim.c").write_text(NO_LOCK)
    subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "shim.c", "-o", "shim.so"], cwd=tmp_path, check=True)
    seen = batch.serve(Seen())
    batch.write(line("a"))
    batch.environment.update(LD_PRELOAD=str(tmp_path / "shim.so"))
    errors = batch.run(status=5)
    assert os.strerror(errno.ENOLCK) in errors and "another batch" not in errors and not seen.ids


def test_input_is_checked_first(batch):
    seen = batch.serve(Seen())
    good = line("a")
    batch.write(good, "{", dict(good), "[1]", {key: value for key, value in good.items() if key != "custom_id"},
                dict(good, custom_id=7), dict(line("b"), method="GET"), dict(line("c"), url="http://other/v1/x"),
                dict(line("d"), body=[]), json.dumps(good).replace('"a"', '"\\u0061"'), dict(line(""), body={}),
                *[dict(line("w" + wrong), url=wrong) for wrong in ("/v1/chat/completions\0x", "/v1/a b", "/\u00e9", "", "v1/x", "\0/v1",
                                                         "/v1/embeddings#x")], dict(line("e"), url="/v1/" + "x" * 9_000_000))
    errors = batch.run(status=2)
    wrong = dict(text.split(": line ")[1].split(": ", 1) for text in errors.splitlines()[:-1])
    assert wrong == {
        "2": "not a JSON object", "3": "custom_id is already used in line 1", "4": "not a JSON object",
        "5": "custom_id is missing", "6": "custom_id is not a string", "7": 'method is not "POST"',
        "8": 'url is not a path, such as "/v1/chat/completions"', "9": "body is not an object",
        "10": "custom_id is already used in line 1", "11": "custom_id is not a string",
        **{str(at): 'url is not a path, such as "/v1/chat/completions"' for at in range(12, 19)},
        "19": "url has more than 1 MiB"}
    assert "18 lines are invalid" in errors.splitlines()[-1]
    assert not seen.ids and not batch.output.exists()


def test_errors_in_the_middle(batch):
    """A passing error is tried again; another is written, and the rest goes on."""
    tries = {}

    def reply(request):
        tries[request.user] = tries.get(request.user, 0) + 1
        first = tries[request.user] == 1
        return {"refused": scripts.SCRIPTS["error-400"], "broken": scripts.SCRIPTS["error-html"],
                "passing": scripts.SCRIPTS["error-500" if first else "hello"],
                "reset": [{"reset": True}] if first else scripts.SCRIPTS["hello"],
                "cut": scripts.SCRIPTS["whole-short" if first else "hello"],
                "garbage": scripts.SCRIPTS["whole-html"]}.get(request.user, scripts.SCRIPTS["hello"])

    def played(request):
        chosen = reply(request)
        return chosen(request) if callable(chosen) else chosen

    batch.serve(Seen(played))
    names = ["a", "refused", "b", "broken", "c", "passing", "d", "reset", "e", "cut", "f", "garbage", "g"]
    batch.write(*map(line, names))
    errors = batch.run("--max-retries", 1, status=1)
    results = batch.results()
    assert set(results) == set(names)
    failed = {name: entry["error"]["code"] for name, entry in results.items() if entry["error"]}
    assert failed == {"refused": "BAD_REQUEST", "broken": "SERVER", "garbage": "PROTOCOL"}
    assert results["refused"]["response"]["status_code"] == 400
    assert results["refused"]["response"]["body"]["error"]["message"] == "Invalid request parameters."
    assert results["broken"]["response"]["body"].startswith("<html>") and tries["broken"] == 2
    assert tries["refused"] == 1 and tries["passing"] == tries["reset"] == tries["cut"] == 2
    assert errors.startswith("dosai: 13 of 13 done, 3 failed")
    batch.run(status=1)  # they have a result; without it they are sent again
    assert tries["refused"] == 1
    kept = [text for text in batch.output.read_text().splitlines() if '"error": null' in text]
    batch.output.write_text("\n".join(kept) + "\n")
    batch.run("--max-retries", 0, status=1)
    assert tries["refused"] == 2 and set(batch.results()) == set(names)


def test_rate_limit_holds_all(batch):
    """After a 429 with Retry-After the server hears nothing until the time has come, but what was on its way."""
    pause, concurrency, refusals = 1, 8, []

    def reply(request):
        if not 10 <= request.number < 14 and request.number != 30:
            return scripts.say("Hello")(request)
        begun = time.monotonic()
        told = {"call": lambda: refusals.append((begun, time.monotonic()))}
        return dict(scripts.error(429, "Slow down.", Retry_After=str(pause)), end=[told])

    seen = batch.serve(Seen(reply))
    ids = ["line %d" % number for number in range(60)]
    batch.write(*map(line, ids))
    batch.run("--concurrency", concurrency)
    results = batch.results()
    assert set(results) == set(ids) and not any(entry["error"] for entry in results.values())
    assert len(seen.ids) == 60 + len(refusals) == 65
    for begun, told in refusals:  # of each other call one request may be on its way
        times = [at for at in seen.times if told < at < begun + pause]
        assert len(times) < concurrency and all(at - told < 0.15 + allowance(told, at) for at in times), times


def test_rpm(batch):
    seen = batch.serve(Seen())
    batch.write(*(line("line %d" % number) for number in range(21)))
    begun = time.monotonic()
    batch.run("--rpm", 600)
    assert all(at - begun > number * 0.1 - 0.02 for number, at in enumerate(seen.times)), seen.times
    assert seen.times[-1] - begun < 3 + allowance(begun)


def test_a_thousand_under_a_limit(batch):
    """A server that counts any 60 s sees no more than its limit, while at least 95 % of it is used."""
    limit, seen = 600, batch.serve(Seen())
    batch.write(*(line("line %d" % number) for number in range(1000)))
    begun = time.monotonic()
    batch.run("--rpm", limit)
    times = seen.times
    assert len(times) == 1000 and len(batch.results()) == 1000
    for first, next_minute in zip(times, times[limit:]):
        assert next_minute - first > 60 - allowance(first - 5, first)  # the first may have been read late
    assert times[-1] - times[0] < 1000 / (0.95 * limit) * 60 + allowance(begun)


def test_tpm(batch):
    """A request counts as its max_tokens and a quarter of its bytes, until its usage is known."""
    answers = {"with": scripts.completion(), "without": {**scripts.completion(), "usage": None}}
    seen = batch.serve(Seen(lambda request: {"json": answers[request.user.split()[0]], "delay_ms": 300}))
    batch.write(*(line("with %d" % number, max_tokens=400) for number in range(8)))
    begun = time.monotonic()
    batch.run("--tpm", 1000)
    times = [at - seen.times[0] for at in seen.times]
    late = allowance(begun)
    assert times[1] - late < 0.2 < times[2] and times[3] - late < 0.5 < times[4]  # two at a time
    assert time.monotonic() - begun < 5 + allowance(begun)
    batch.output.unlink()
    seen.ids.clear()
    batch.write(*(line("without %d" % number, max_tokens=400) for number in range(8)))
    process = batch.start("--tpm", 1000)
    while len(batch.durable()) < 2:
        time.sleep(0.01)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130 and len(seen.ids) == 2 and len(batch.results()) == 2


@pytest.mark.parametrize("name, status", [("error-401", 1), ("error-402", 1), ("redirect-away", 3), ("refused", 3)])
def test_what_concerns_all_ends_the_batch(batch, name, status):
    """No line is spent on a wrong key, an empty account or a server that is not there."""
    base = batch.server.refused + "/v1" if name == "refused" else batch.server.base(name)
    batch.write(*(line("line %d" % number) for number in range(40)))
    errors = batch.run("--max-retries", 1, "--concurrency", 4, base=base, status=status)
    assert "0 of 40 done, 0 failed" in errors and batch.output.read_text() == ""
    batch.serve(Seen())
    batch.run()
    assert len(batch.results()) == 40


def test_cancelled(batch):
    """SIGINT leaves what is in flight to the next run."""
    delays = lambda request: {"json": scripts.completion(), "delay_ms": 200 if request.number < 4 else 60000}
    seen = batch.serve(Seen(delays))
    batch.write(*(line("line %d" % number) for number in range(8)))
    process = batch.start("--concurrency", 4)
    while len(seen.ids) < 8:
        time.sleep(0.01)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=600)[1]
    assert process.returncode == 130 and "4 of 8 done" in errors and time.monotonic() - begun < 1 + allowance(begun)
    assert set(batch.results()) == set(seen.ids[:4])


@pytest.mark.parametrize("of", [signal.SIG_DFL, signal.SIG_IGN], ids=["default", "ignored"])
def test_output_cannot_be_written(batch, of):
    """A line that does not fit is taken back, and the batch goes on from there once there is room."""
    import resource

    seen = batch.serve(Seen())
    batch.write(*(line("line %d" % number) for number in range(40)))

    def little_room():
        signal.signal(signal.SIGXFSZ, of)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))

    errors = batch.run("--concurrency", 2, preexec_fn=little_room, status=5)
    assert "File too large" in errors and batch.output.read_text().endswith("}\n")
    assert 0 < len(batch.results()) < 20
    batch.run()
    assert len(batch.results()) == 40 and len(seen.ids) <= 42


@pytest.mark.parametrize("count", [20, 32])
def test_few_descriptors(batch, count):
    """Fewer calls than were asked for run at once, and each line is sent once."""
    import resource

    seen = batch.serve(Seen(lambda request: {"json": scripts.completion(), "delay_ms": 20}))
    batch.write(*(line("line %d" % number) for number in range(200)))
    assert batch.run("--concurrency", 64,
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))) == ""
    assert len(batch.results()) == len(seen.ids) == 200


def test_memory(batch):
    """INPUT is not held: 60 MB of it go through 24 MB of memory, which the code and the calls in flight take."""
    batch.serve(Seen())
    text = "x" * 1000000
    with batch.input.open("w") as file:
        for number in range(60):
            file.write(json.dumps(line("line %d" % number, messages=[{"role": "user", "content": text}])) + "\n")
    process, most = batch.start("--concurrency", 4), 0
    while process.poll() is None:
        with open("/proc/%d/status" % process.pid) as status:
            most = max([most, *(int(entry.split()[1]) for entry in status if entry.startswith("VmHWM"))])
        time.sleep(0.005)
    process.communicate()
    print("%d kB" % most)
    assert process.returncode == 0 and 0 < most < 24 << 10


def test_no_memory_for_a_line(batch):
    """Whatever line there is no memory for: nothing is taken for done that is not, and no result is asked for again."""
    import resource

    whole = scripts.completion()
    long_answer = json.loads(json.dumps(whole))
    long_answer["choices"][0]["message"]["content"] = "x" * (8 << 20)
    seen = batch.serve(Seen(lambda request: {"json": long_answer if request.user == "long answer" else whole}))
    batch.output.touch()

    def run_with_little():
        """With each limit, from what the output is now."""
        before, ends = batch.output.read_text(), set()
        ids = {json.loads(text)["custom_id"] for text in batch.input.read_text().splitlines()}
        for megabytes in range(20, 92, 4):
            batch.output.write_text(before)
            limit = megabytes << 20
            process = batch.start("--concurrency", 1, "--max-retries", 0,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            errors = process.communicate(timeout=600)[1]
            if process.returncode != 127:  # the loader had room
                ends.add(process.returncode)
                results = batch.results()
                assert process.returncode != 0 or set(results) == ids, "%d MB: %s" % (megabytes, errors)
        assert ends >= {0, 5} and ends <= {0, 2, 5, -signal.SIGILL}

    batch.write(line("short"), line("long question", x="y" * (8 << 20)), line("last"))
    run_with_little()
    batch.output.write_text("")
    batch.write(line("short"), line("long answer"), line("last"))
    run_with_little()
    lines = batch.output.read_text().splitlines(keepends=True)
    batch.output.write_text("".join(text for text in lines if json.loads(text)["custom_id"] != "last"))
    del seen.ids[:]
    run_with_little()
    assert set(seen.ids) == {"last"}


@pytest.mark.parametrize("kind", ("xterm", "dumb"))
def test_progress_on_a_terminal(batch, kind):
    batch.serve(Seen(lambda request: {"json": scripts.completion(), "delay_ms": 100}))
    batch.write(*(line("line %d" % number) for number in range(16)))
    terminal, end = pty.openpty()
    command = [TOOL, "batch", batch.input, "-o", batch.output, "--base-url", batch.server.base("batch"),
               "--concurrency", "1"]
    process = subprocess.Popen(command, env=dict(batch.environment, TERM=kind), stderr=end)
    process.wait()
    os.write(end, b"\0")  # a read gives only what has arrived by then
    text = b""
    while not text.endswith(b"\0"):
        text += os.read(terminal, 65536)
    text = text[:-1].decode()
    os.close(terminal)
    os.close(end)
    if kind == "dumb":
        assert re.fullmatch(r"dosai: 16 of 16 done, 0 failed, \d+ tokens/s in \d+ s\r\n", text)
        return
    assert " of 16 done, 0 failed, " in text and "tokens/s, " in text and " s left" in text
    assert "16 of 16 done" in text.splitlines()[-1]
    shown = text.split("\r\x1b[K")[1:-1]  # each in one line, however narrow the terminal is
    assert shown and all(line.startswith("\x1b[?7l") and line.endswith("\x1b[?7h") for line in shown)


def test_usage(batch):
    for arguments in (["in"], ["-o", "out"], ["in", "-o", "out", "--concurrency", "0"], ["in", "other", "-o", "out"]):
        done = subprocess.run([TOOL, "batch", *arguments], env=batch.environment, capture_output=True, text=True)
        assert done.returncode == 2 and "--help" in done.stderr
    done = subprocess.run([TOOL, "batch", "--help"], env=batch.environment, capture_output=True, text=True)
    assert done.returncode == 0 and "--concurrency" in done.stdout
