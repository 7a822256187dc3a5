"""Any endpoint that streams, as the tool shows it."""
import json, subprocess

import pytest

from test_tool import EXITS, TOOL, ENVIRONMENT, server  # noqa: F401
import wire

RESPONSES_END = "response.completed response.incomplete response.failed"


def post(server, script, *options, body=b'{"stream": true}'):
    command = [TOOL, "post", "--base-url", server.base(script), "--max-retries", "0", *options]
    return subprocess.run(command, input=body, env=dict(ENVIRONMENT, DOSAI_API_KEY=wire.KEY), capture_output=True, timeout=60)


@pytest.mark.parametrize("script, last, count", [("messages", "message_stop", 8), ("responses", RESPONSES_END, 6)])
def test_events(server, script, last, count):
    ran = post(server, script, "--last-event", last, "/" + script)
    events = [json.loads(line) for line in ran.stdout.decode().splitlines()]
    assert ran.returncode == 0 and ran.stderr == b"" and len(events) == count
    assert all(list(event) == ["type", "id", "data"] and json.loads(event["data"])["type"] == event["type"] for event in events)
    assert server.stats(script)["last_body"] == '{"stream": true}'


@pytest.mark.parametrize("script, status, count", [
    ("messages-error", "PROVIDER", 5), ("messages-cut", "TRUNCATED", 5), ("messages-closed", "TRUNCATED", 8), ("hello", "PROTOCOL", 0)])
def test_failures(server, script, status, count):
    ran = post(server, script, "--stream", "/messages", body=b"{}")
    assert ran.returncode == EXITS[status] and ran.stderr.startswith(b"dosai: %s: " % status.encode())
    assert len(ran.stdout.splitlines()) == count


def test_whole_answer(server, tmp_path):
    (tmp_path / "body").write_text('{"input": "a"}')
    ran = post(server, "echo", "--body", str(tmp_path / "body"), "/embeddings")
    assert ran.returncode == 0 and json.loads(ran.stdout)["body"] == '{"input": "a"}'
    assert post(server, "echo", "/embeddings", body=b"{").returncode == 2 and post(server, "echo").returncode == 2
