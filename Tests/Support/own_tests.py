"""Runs a binding's own tests against one loopback server: programs in its language, and the examples. A program says "ok NAME"
for each test, and "took MS LIMIT" for what must be quick; DOSAI_TEST_URL is a base URL in which NAME stands for the
name of a script below, and DOSAI_TEST_CHOICES is what Tests/Bindings/tool_choices.txt says."""
import json, os, pathlib, re, subprocess, time

from lateness import allowance
from scripts import CHUNKED, HOLD, chunk, completion, error, forced, line, say, text, wants_stream
from server import LoopbackServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHOICES = (ROOT / "Tests/Bindings/tool_choices.txt").read_text()
TIMEOUT = 1200 if "LEAK_CALLS" in os.environ else 120  # seconds, for one program


def model(request):
    """Calls functions: add, one that fails, one that is not there, and add without an object. Then it says the results. As
    the model "nul", it has a NUL in the last id; as "cut", its last arguments are cut; as "zero", they are 0."""
    body = json.loads(request.body)
    messages = body["messages"]
    results = [each["content"] for each in messages if each["role"] == "tool"]
    if results:
        return say("|".join(results))(request)
    calls = [{"id": str(at), "type": "function", "function": {"name": name, "arguments": arguments}}
             for at, (name, arguments) in enumerate([("add", '{"a":1,"b":2}'), ("fail", ""), ("nobody", "{}"), ("add", "[]")])]
    calls[-1]["id"] += "\0" * (body.get("model") == "nul")
    if body.get("model") == "cut":
        calls[-1]["function"]["arguments"] = '{"a":1'
    if body.get("model") == "zero":
        calls[-1]["function"]["arguments"] = "0"
    return {"json": completion(choices=[{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": calls, "own": 1},
                                         "finish_reason": "tool_calls"}])}


def mixed(request):
    if '"bad"' in request.body.decode():
        return {"status": 400, "json": {}}
    return say("word ", "word ")(request)


def delayed(request):
    """The model is how many milliseconds later it answers."""
    return dict(say("Hello")(request), delay_ms=int(json.loads(request.body)["model"]))


PIECES = [{"send": CHUNKED}, *({"chunk": line(chunk({"content": "%d " % at}))} for at in range(3))]
SCRIPTS = {
    "endless": [*PIECES, HOLD],
    "steady": [*PIECES, *[{"chunk": line(chunk({"content": "more "}))}, {"sleep_ms": 20}] * 1000],
    "half": [*PIECES, {"chunk": ""}],
    "model": model,
    "delayed": delayed,
    "forced": forced,
    "limited": error(429, "Slow down."),
    "never": error(429, "Slow down.", retry_after_ms="9000000000000000000"),
    "mixed": mixed,
    "events": [{"send": "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 49\r\n\r\n"
                        "event: said\nid: 4\ndata: {}\n\nevent: end\ndata: {}\n\n"}],
    "many": {"events": text(*("%d " % at for at in range(20_000)))},
    "sizes": {"events": text(*("%d " % at * (at ** 3 % 5000) for at in range(1, 200)))},
}


def run(command, environment):
    try:
        ran = subprocess.run(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TIMEOUT)
    except subprocess.TimeoutExpired as late:
        return None, "no end in %d s\n%s" % (TIMEOUT, (late.stdout or b"").decode(errors="replace"))
    return ran.returncode, ran.stdout


def play(server, command, count, environment):
    """What is wrong of a program that should say so many "ok"."""
    started = time.monotonic()
    status, output = run(command, {**environment, "DOSAI_TEST_URL": server.base("NAME"), "DOSAI_TEST_CHOICES": CHOICES})
    oks = len(re.findall("^ok ", output, flags=re.M))
    late = allowance(started) * 1e3
    slow = ["%s ms" % took for took, limit in re.findall(r"^took ([\d.]+) ([\d.]+)$", output, flags=re.M) if float(took) > float(limit) + late]
    found = ["%s of %d tests, status %s, too slow: %s" % (oks, count, status, slow)]
    is_good = status == 0 and oks == count and not slow
    print("%s %s (%.1f s)" % ("ok  " if is_good else "FAIL", command[-1], time.monotonic() - started))
    return [] if is_good else found + [output]


def judge(tests, examples, command, environment, wanted, more=()):
    """tests: {program: how many tests it has}; wanted: {name of an example: what it says}; more: functions of the server
    that tell what is wrong."""
    wrong = []
    with LoopbackServer() as server:
        for name, script in SCRIPTS.items():
            server.put(name, script)
        for path, count in tests.items():
            wrong += play(server, [*command, str(path)], count, environment)
        for check in more:
            wrong += check(server)
        for path in examples:
            base = server.base("model" if path.stem.lower() == "tools" else "hello")
            status, output = run([*command, str(path)], {**environment, "DOSAI_BASE_URL": base, "DOSAI_API_KEY": "k"})
            if status != 0 or wanted.get(path.stem, "Hello! How can I help you today?") not in output:
                wrong.append("%s: %s\n%s" % (path, status, output))
    print("\n".join(wrong))
    return bool(wrong)
