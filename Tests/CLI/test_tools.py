"""Tools tried by hand: --tool-schema and --tool-result."""
import json
import pathlib
import resource
import signal
import subprocess

import pytest

import scripts
import terminal

WEATHER = {"name": "get_weather", "description": "The \"weather\".", "parameters": {"type": "object", "properties": {}}}
TIME = {"type": "function", "function": {"name": "get_time"}}
CALLS = [{"index": index, "id": "call_%d" % index, "type": "function",
          "function": {"name": name, "arguments": arguments}}
         for index, (name, arguments) in enumerate([("get_weather", '{"location": "Tokyo"}'), ("get_time", "{}")])]
SHOWN = '{"id": "call_0", "name": "get_weather", "arguments": "{\\"location\\": \\"Tokyo\\"}"}'


def script(request):
    """Calls both tools; after their results it answers; after another question it calls again."""
    if json.loads(request.body)["messages"][-1]["role"] == "tool":
        return scripts.say("It is ", "fine.")(request)
    if not scripts.wants_stream(request):
        message = {"role": "assistant", "content": None, "tool_calls": CALLS}
        return {"json": scripts.completion(choices=[scripts.choice(message, "tool_calls")])}
    return {"events": [scripts.chunk({"role": "assistant", "tool_calls": CALLS}), scripts.chunk(finish="tool_calls")]}


@pytest.fixture
def tools(talk, server, tmp_path):
    server.put("tools", script)
    (tmp_path / "weather.json").write_text(json.dumps(WEATHER, indent=1))
    (tmp_path / "both.json").write_text(json.dumps([TIME, WEATHER]))
    return talk("tools")


def results_of(request):
    return [(message["tool_call_id"], message["content"]) for message in request["messages"] if message["role"] == "tool"]


@pytest.mark.parametrize("way", [[], ["--no-stream"]])
def test_results_from_the_command_line(tools, tmp_path, way):
    done = tools.run(*way, "--tool-schema", tmp_path / "weather.json", "--tool-schema", tmp_path / "both.json",
                     "--tool-result", "get_time=12:00", "--tool-result", 'get_weather={"celsius": 21}', "Weather?")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == SHOWN and json.loads(lines[1])["name"] == "get_time" and lines[2:] == ["It is fine."]
    first, second = tools.requests()
    assert first["tools"] == [{"type": "function", "function": WEATHER}, TIME, {"type": "function", "function": WEATHER}]
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "tool", "tool"]
    assert [call["id"] for call in second["messages"][1]["tool_calls"]] == ["call_0", "call_1"]
    assert results_of(second) == [("call_0", '{"celsius": 21}'), ("call_1", "12:00")]


def test_tools_are_added_to_those_of_the_request(tools, tmp_path):
    (tmp_path / "request.json").write_text(json.dumps({"model": "m", "messages": [], "tools": [TIME, {"type": "x"}]}))
    tools.run("--request", tmp_path / "request.json", "--tool-schema", tmp_path / "weather.json", "Weather?")
    assert tools.requests()[0]["tools"] == [TIME, {"type": "x"}, {"type": "function", "function": WEATHER}]


def test_without_a_result_the_calls_are_shown(tools, tmp_path):
    for results in ([], ["--tool-result", "get_weather=21"]):
        done = tools.run("--tool-schema", tmp_path / "both.json", *results, "Weather?")
        assert done.returncode == 0 and done.stdout.startswith(SHOWN + "\n") and done.stdout.count("\n") == 2
    assert len(tools.requests()) == 2


CHOICES = pathlib.Path(__file__).resolve().parents[1] / "Bindings/tool_choices.txt"


@pytest.mark.parametrize("line", CHOICES.read_text().splitlines())
def test_a_forced_call_is_forced_once(tools, line):
    """In each turn."""
    first, second = map(json.loads, line.split("\t"))
    results = sum((["--tool-result", name + "=1"] for name in ("get_weather", "get_time") * 2), [])
    assert tools.run("-i", "--set", "tool_choice=" + json.dumps(first), *results, said="One?\nTwo?\n").returncode == 0
    assert [request["tool_choice"] for request in tools.requests()] == [first, second] * 2


def test_a_result_is_used_once(tools, tmp_path):
    done = tools.run("-i", "--tool-schema", tmp_path / "both.json", *sum(
        (["--tool-result", result] for result in ("get_time=1", "get_weather=1", "get_time=2", "get_weather=2")), []),
        said="One?\nTwo?\n")
    assert (done.returncode, done.stdout.count("It is fine.")) == (0, 2)
    assert results_of(tools.requests()[-1]) == [("call_0", "1"), ("call_1", "1"), ("call_0", "2"), ("call_1", "2")]


def test_an_id_goes_back_whole(tools, server):
    call = dict(CALLS[0], id="call\0_0")
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    server.put("tools", lambda request: script(request) if "tool_call_id" in request.body.decode() else {
        "json": scripts.completion(choices=[scripts.choice(message, "tool_calls")])})
    assert tools.run("--no-stream", "Weather?", "--tool-result", "get_weather=21").returncode == 0
    assert results_of(tools.requests()[-1]) == [("call\0_0", "21")]


@pytest.mark.parametrize("name", ["get_weather=21\0PATH", "get_weather\0", "get_weather=2", "get_weathe"])
def test_another_name_takes_no_result(tools, server, name):
    """Nor what stands behind the last argument in memory: the environment, which begins with PATH=."""
    call = {"id": "call_0", "type": "function", "function": {"name": name, "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    server.put("tools", lambda request: script(request) if "tool_call_id" in request.body.decode() else {
        "json": scripts.completion(choices=[scripts.choice(message, "tool_calls")])})
    done = tools.run("--no-stream", "Weather?", "--tool-result", "get_weather=21")
    assert len(tools.requests()) == 1
    assert (done.returncode, done.stderr) == (0, "") and json.loads(done.stdout)["name"] == name


def test_json(tools, tmp_path):
    done = tools.run("--json", "--tool-schema", tmp_path / "both.json", "--tool-result", "get_time=1",
                     "--tool-result", "get_weather=1", "Weather?")
    ends = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"status"')]
    assert [end["completion"]["choices"][0]["finish_reason"] for end in ends] == ["tool_calls", "stop"]
    assert done.stdout.splitlines()[-1].startswith('{"status"')


@pytest.mark.parametrize("way", [["-i"], []])
def test_results_by_hand(tools, tmp_path, way):
    with tools.open(*way, "--tool-schema", tmp_path / "both.json", "Weather?") as screen:
        screen.expect(SHOWN)
        screen.expect("get_weather = ")
        screen.say("fine\\")
        screen.say("and warm")
        screen.expect("get_time = ")
        screen.say("/12:00")
        screen.expect("It is fine.\n")
        if way:
            screen.expect("> ")
            screen.send("\x04")
        assert screen.end() == 0
    assert results_of(tools.requests()[-1]) == [("call_0", "fine\nand warm"), ("call_1", "/12:00")]


def test_results_from_a_pipe(tools, tmp_path):
    done = tools.run("-i", "--tool-schema", tmp_path / "both.json", said="Weather?\nfine\n12:00\n")
    assert done.returncode == 0 and done.stdout.endswith("It is fine.\n")
    assert results_of(tools.requests()[-1]) == [("call_0", "fine"), ("call_1", "12:00")]
    done = tools.run("-i", "--tool-schema", tmp_path / "both.json", said="Weather?\nfine\n")
    assert done.returncode == 130 and "result is missing" in done.stderr


def test_a_turn_whose_result_is_refused_was_never_said(tools, tmp_path):
    with tools.open("-i", "--tool-schema", tmp_path / "both.json") as screen:
        for line in ("One?", "Two?"):
            screen.expect("> ")
            screen.say(line)
            screen.expect("get_weather = ")
            screen.send("\x03")
            screen.expect("(stopped)")
        screen.expect("> ")
        screen.say("Three?")
        screen.expect("get_weather = ")
        screen.send("\x04")
        screen.expect("> ")
        screen.send("\x04")
        assert screen.end() == 0
    assert [[message["content"] for message in request["messages"]] for request in tools.requests()] == [
        ["One?"], ["Two?"], ["Three?"]]


def test_no_memory_for_a_schema(tools, tmp_path):
    """It is no wrong usage."""
    (tmp_path / "large.json").write_text(json.dumps({"name": "f", "description": "x" * 5000000}))
    ends = set()
    for limit in range(20 << 20, 100 << 20, 4 << 20):
        done = subprocess.run([terminal.TOOL, "chat", "--tool-schema", tmp_path / "large.json", "Hi."], env=tools.env(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        ends.add(done.returncode)
        assert done.returncode != 5 or "OUT_OF_MEMORY" in done.stderr
    assert ends - {127, -signal.SIGILL} == {0, 5}  # 127: the loader


WRONG = {
    "no file": (["--tool-schema", "/proc/x"], "No such file"),
    "no JSON": (["--tool-schema", "/etc/hostname"], "not JSON"),
    "no function": (["--tool-schema", "bad.json"], "must be {"),
    "no equals sign": (["--tool-result", "fine"], "not NAME=TEXT"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_options(tools, tmp_path, case):
    (tmp_path / "bad.json").write_text('[{"name": "f"}, {"type": "object"}]')
    arguments, wanted = WRONG[case]
    done = tools.run(*(tmp_path / word if word == "bad.json" else word for word in arguments), "Hi.")
    assert done.returncode == 2 and wanted in done.stderr and not tools.requests()
