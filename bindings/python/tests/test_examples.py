"""The examples run as they stand."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
EXAMPLES = sorted((PACKAGE / "examples").glob("*.py"))
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"location": "Tokyo"}'}}


def model(request):
    import scripts

    body = json.loads(request.body)
    if body.get("tool_choice") == "required":
        message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
        return {"json": scripts.completion(choices=[scripts.choice(message, "tool_calls")])}
    return scripts.say('{"name": "C", "year": 1972}')(request)


def test_there_are_examples():
    assert {path.stem for path in EXAMPLES} >= {"chat", "stream", "tools", "json_mode", "errors", "async_gather"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples(server, path):
    server.put("example", model)
    environment = dict(os.environ, PYTHONPATH=str(PACKAGE), DOSAI_BASE_URL=server.base("example"), DOSAI_API_KEY="k")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1972" in done.stdout
    assert path.stem != "tools" or 'get_weather({"location": "Tokyo"})' in done.stdout
