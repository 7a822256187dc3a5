"""Programs in the style of openai-python's examples, run by it and, with the import alone changed, by dosai."""

import json
import pathlib
import re
import time

import pytest
from lateness import allowance

PROGRAMS = sorted((pathlib.Path(__file__).parent / "programs").glob("*.py"))
TEXT = "An old silent pond. Grüße 東京 \U0001f600 \"quoted\"\n"
LANGUAGES = '{"languages": [{"name": "C", "year": 1972}, {"name": "Swift", "year": 2014}]}'
CALLS = [("call_1", '{"location": "Tokyo"}'), ("call_2", '{"location": "Paris"}')]


def model(request):
    """Answers like a model. A model of the name of a script plays that script."""
    import scripts

    if request.path.endswith("/models"):
        return scripts.SCRIPTS["models"]
    body = json.loads(request.body)
    script = scripts.SCRIPTS.get(body["model"])
    if script:
        return script(request) if callable(script) else script
    if body.get("tools") and body["messages"][-1]["role"] != "tool":
        return call_tools(scripts, body)
    text = LANGUAGES if "response_format" in body else TEXT
    if body.get("stream"):
        return stream_text(scripts, body, text)
    logprobs = {"content": [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [
        {"token": "a", "logprob": -0.5, "bytes": None}]}], "refusal": None}
    answer = scripts.completion()
    answer["choices"] = [dict(scripts.choice({"role": "assistant", "content": text + "!" * index}, index=index),
                              logprobs=logprobs if body.get("logprobs") else None)
                         for index in range(body.get("n", 1))]
    return {"json": answer, "headers": scripts.HEADERS}


def call_tools(scripts, body):
    if not body.get("stream"):
        calls = [{"id": name, "type": "function", "function": {"name": "get_weather", "arguments": arguments}}
                 for name, arguments in CALLS]
        answer = scripts.completion(choices=[scripts.choice(
            {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls")])
        return {"json": answer}
    events = [scripts.chunk({"role": "assistant", "content": None})]
    for index, (name, arguments) in enumerate(CALLS):
        events.append(scripts.chunk({"tool_calls": [
            scripts.tool(index, id=name, type="function", name="get_weather", arguments="")]}))
        events += [scripts.chunk({"tool_calls": [scripts.tool(index, arguments=piece)]})
                   for piece in re.split("( )", arguments)]
    return {"events": events + [scripts.chunk(finish="tool_calls")]}


def stream_text(scripts, body, text):
    choices = range(body.get("n", 1))
    events = [scripts.chunk({"role": "assistant", "content": "", "refusal": None}, index=index) for index in choices]
    events += [scripts.chunk({"content": piece}, index=index) for piece in re.split("( )", text) for index in choices]
    events += [scripts.chunk(finish="stop", index=index) for index in choices]
    if body.get("stream_options"):
        events.append(dict(scripts.chunk(), choices=[], usage=scripts.USAGE))
    return {"events": events}


def run(path, server, library, turn, monkeypatch, capsys):
    place = f"model~{library}-{path.stem}-{turn}"
    monkeypatch.setenv("OPENAI_BASE_URL", server.base(place))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    code = path.read_text(encoding="utf-8")
    if library == "dosai":
        code = re.sub("^from openai import", "from dosai import", code, flags=re.M)
        code = re.sub("^import openai$", "import dosai as openai", code, flags=re.M)
    capsys.readouterr()
    exec(compile(code, str(path), "exec"), {"__name__": "__main__"})
    return capsys.readouterr().out, list(map(json.loads, filter(None, server.stats(place)["bodies"])))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs(server, monkeypatch, capsys, path):
    pytest.importorskip("openai")
    server.put("model", model)
    for turn in range(20):
        begun = time.monotonic()
        theirs, sent_by_them = run(path, server, "openai", turn, monkeypatch, capsys)
        ours, sent_by_us = run(path, server, "dosai", turn, monkeypatch, capsys)
        if (ours, sent_by_us) == (theirs, sent_by_them) or allowance(begun) < 0.2:
            break  # else a call that a program gives up after 0.2 s may not have been sent yet
    assert ours == theirs and theirs
    assert sent_by_us == sent_by_them and sent_by_them
