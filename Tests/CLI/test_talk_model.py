"""The tool's conversation with a real model: scripts/model-server run -- python3 -m pytest Tests/CLI/test_talk_model.py"""
import json, os

import pytest

import terminal

MODEL = os.environ.get("DOSAI_MODEL")
pytestmark = pytest.mark.skipif(not MODEL, reason="no model: run this beside scripts/model-server")
FAST = ["--set", "temperature=0", "--set", "seed=1", "-m", MODEL]


@pytest.fixture
def env(tmp_path):
    return terminal.environment(os.environ.get("DOSAI_BASE_URL", ""), tmp_path)


def chat(*arguments, env):
    return terminal.Terminal(terminal.TOOL, "chat", *FAST, *arguments, env=env)


def messages_of(path):
    return json.loads(path.read_text())["messages"]


def test_a_conversation(env, tmp_path):
    saved = tmp_path / "saved.json"
    with chat("-i", "--set", "max_tokens=30", env=env) as screen:
        for line in ("My name is Ada.", "What is my name?"):
            screen.expect("> ")
            screen.say(line)
        screen.expect("> ")
        screen.say("/save %s" % saved)
        screen.expect("> ")
        screen.send("\x04")
        assert screen.end() == 0
    messages = messages_of(saved)
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2
    assert all(message["content"] for message in messages)


def test_ctrl_c(env, tmp_path):
    saved = tmp_path / "saved.json"
    with chat("-i", "--set", "max_tokens=1500", env=env) as screen:
        screen.expect("> ")
        screen.say("Tell me a very long story.")
        screen.expect(" ")
        screen.expect("the")
        screen.send("\x03")
        screen.expect("(stopped)", 5)
        screen.say("/save %s" % saved)
        screen.expect("> ")
        screen.expect("> ")
        screen.say("/exit")
        assert screen.end() == 0
    user, answer = messages_of(saved)
    assert answer["content"].endswith(" [stopped]") and "the" in answer["content"]


def test_a_tool_by_hand(env, tmp_path):
    schema = tmp_path / "weather.json"
    schema.write_text(json.dumps({
        "name": "get_weather", "description": "Get the current weather for a location.",
        "parameters": {"type": "object", "required": ["location"], "properties": {"location": {"type": "string"}}}}))
    done = terminal.run("chat", *FAST, "--json", "--set", "max_tokens=60", "--set", 'tool_choice="required"',
                        "--tool-schema", schema, "--tool-result", 'get_weather={"celsius": 21}',
                        "What is the weather in Tokyo?", env=env)
    assert done.returncode == 0, done.stderr
    ends = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"status"')]
    assert len(ends) == 2 and all(end["status"] == "OK" for end in ends)
    (call,) = ends[0]["completion"]["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
