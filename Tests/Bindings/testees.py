"""Testees: programs that make calls through a binding and say what came of them; and the client that asks them, in the
place of wire.Client."""
import contextlib, json, queue, subprocess, threading, time

import wire
from lateness import allowance

TIMEOUT = 120  # seconds, for one call
USAGE = wire.USAGE


# ---- the form in which a testee answers: README.md

def counts(usage):
    return None if usage is None else dict(zip(USAGE, usage))


def attempts(seen):
    return [{"status": one["status"], "http_status": one["http"], "delay_ms": one["delay"]} for one in seen]


def completion_form(seen):
    if seen is None:
        return None
    choices = [{"index": one["index"], "role": one["role"], "content": one["content"], "refusal": one["refusal"],
                "reasoning": one["reasoning"], "finish_reason": one["word"], "tool_calls": one["tool_calls"]}
               for one in seen["choices"]]
    return {**{key: seen[key] for key in ("json", "id", "object", "created", "model")}, "choices": choices,
            "usage": counts(seen["usage"]), "quirks": sorted(seen["quirks"]), "http_status": seen["http"],
            "attempts": attempts(seen["attempts"])}


def error_form(seen):
    if seen is None:
        return None
    return {**{key: seen[key] for key in ("status", "message", "code", "type", "param", "clock", "request_id")},
            "http_status": seen["http"], "body": None if seen["body"] is None else seen["body"].hex(),
            "retry_after_ms": seen["retry_after"], "attempts": attempts(seen["attempts"]),
            "completion": completion_form(seen["completion"])}


def event_forms(chunks):
    """The chunks of each event, put together."""
    events = {}
    for chunk in chunks:
        event = events.setdefault(chunk["event"], {"json": chunk["json"], "choices": {}})
        if chunk["usage"]:
            event["usage"] = counts(chunk["usage"])
        if chunk["choice"] < 0:
            continue
        choice = event["choices"].setdefault(chunk["choice"], {"index": chunk["choice"]})
        if chunk["kind"] == "tool":
            call = choice.setdefault("tool_calls", {}).setdefault(chunk["tool"], {"index": chunk["tool"]})
            for key, value in (("id", chunk["id"]), ("name", chunk["name"]), ("arguments", chunk["text"])):
                call[key] = call.get(key, "") + (value or "")
        elif chunk["kind"] in ("content", "reasoning", "refusal", "finish"):
            key = "finish_reason" if chunk["kind"] == "finish" else chunk["kind"]
            choice[key] = choice.get(key, "") + (chunk["text"] or "")
    for event in events.values():
        for choice in event["choices"].values():
            if "tool_calls" in choice:
                choice["tool_calls"] = list(choice["tool_calls"].values())
        event["choices"] = list(event["choices"].values())
    return list(events.values())


def form(seen):
    """What wire.Client has seen."""
    return {"status": seen["status"], "chunks": event_forms(seen["chunks"]),
            "completion": completion_form(seen["completion"]), "error": error_form(seen["error"])}


def plain(answer):
    """What is compared. Of events: without what is null or empty, which some languages do not tell from what is absent."""
    def filled(value):
        return {key: member for key, member in value.items() if member not in (None, "", [])}
    chunks = []
    for chunk in answer["chunks"]:
        choices = [filled({**choice, "tool_calls": [filled(call) for call in choice.get("tool_calls") or []]})
                   for choice in chunk["choices"]]
        choices = sorted((choice for choice in choices if len(choice) > 1), key=lambda choice: choice["index"])
        chunks.append({"json": wire.exact(chunk["json"]), "choices": choices, "usage": chunk.get("usage")})
    return {**answer, "chunks": chunks, "completion": plain_completion(answer["completion"]),
            "error": answer["error"] and {**answer["error"], "completion": plain_completion(answer["error"]["completion"])}}


def plain_completion(completion):
    return completion and {**completion, "json": wire.exact(completion["json"]), "quirks": sorted(completion["quirks"])}


def as_seen(answer):
    """The other way round, as far as the tables of Tests/Wire ask for it."""
    def owner(value):
        return value and {**value, "http": value["http_status"], "attempts": [
            {"status": one["status"], "http": one["http_status"], "delay": one["delay_ms"]} for one in value["attempts"]]}

    def completion(value):
        return value and {**owner(value), "choices": [
            {**choice, "word": choice["finish_reason"], "finish": choice["finish_reason"]} for choice in value["choices"]]}
    chunks = [{"kind": kind, "text": choice[kind], "event": at} for at, chunk in enumerate(answer["chunks"])
              for choice in [{"other": None}, *chunk["choices"]] for kind in ("other", "content") if kind in choice]
    error = owner(answer["error"])
    if error:
        error.update(body=None if error["body"] is None else bytes.fromhex(error["body"]),
                     completion=completion(error["completion"]))
    return {"status": answer["status"], "chunks": chunks, "completion": completion(answer["completion"]), "error": error}


# ---- asking

class Process:
    def __init__(self, command):
        self.process = subprocess.Popen([*command, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.reader, self.has_answer = self.process.stdout, False

    def ask(self, asked):
        answer = self.tell(asked)
        self.has_answer = answer.get("status") == "OK"
        assert "failed" not in answer, answer["failed"]
        return answer

    def tell(self, asked):
        timer = threading.Timer(TIMEOUT, self.process.kill)
        timer.start()
        try:
            self.process.stdin.write(json.dumps(asked).encode() + b"\n")
            line = b""
            while not line.endswith(b"\n"):
                piece = self.reader.read(1 << 16)
                if not piece:
                    raise AssertionError("the testee ended with %s" % self.process.wait())
                line += piece
        except BrokenPipeError:
            raise AssertionError("the testee ended with %s" % self.process.wait()) from None
        finally:
            timer.cancel()
        assert wire.KEY.encode() not in line, "the key is shown: %.300r" % line
        return json.loads(line)

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(TIMEOUT)
        assert status == 0, "the testee ended with %d" % status


class Testee:
    """Some processes of one program, each with one call at a time."""

    def __init__(self, name, command, count=8):
        self.name, self.command, self.free, self.all = name, command, queue.LifoQueue(), []
        self.keeps_processes = True  # or only until an answer, which may leave a connection behind
        for _ in range(count):
            self.free.put(None)

    @contextlib.contextmanager
    def process(self):
        """One that is ready for a call."""
        process, is_good = self.free.get(), False
        try:
            if not process:
                process = Process(self.command)
                self.all.append(process)
                process.tell(None)  # not understood, but then it has started
            yield process
            is_good = self.keeps_processes or not process.has_answer
            if not is_good:
                process.end()
        finally:
            self.free.put(process if is_good else None)

    def end(self):
        """Each must end well when nothing more is asked."""
        for process in self.all:
            if process.process.poll() is None:
                process.end()

    def client(self, *arguments, **options):
        return Client(self, *arguments, **options)


class Client:
    """As wire.Client, of a testee."""

    def __init__(self, testee, base_url, request=None, is_async=False, **options):
        self.testee, self.prefix = testee, "async_" * is_async
        self.asked = {"url": base_url, "options": {"api_key": wire.KEY, "max_retries": -1, **options},
                      "request": request or {"model": "m", "messages": [{"role": "user", "content": "hi"}]}}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def answer(self, face, **steps):
        with self.testee.process() as process:
            return process.ask({**self.asked, "face": face, **steps})

    def see(self, face, **steps):
        """What wire.Client would have seen, of its faces "callback" and "unary"."""
        way = self.prefix + ("whole" if face in ("unary", "whole") else "stream")
        with self.testee.process() as process:
            started = time.monotonic()
            seen = as_seen(process.ask({**self.asked, "face": way, **steps}))
            return {**seen, "ms": (time.monotonic() - started) * 1e3, "allowed_ms": allowance(started) * 1e3}
