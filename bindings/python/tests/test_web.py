"""The web apps of examples/web, each under its server, read as a browser would."""

import http.client
import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest
from lateness import allowance, attempt

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
SERVERS = {"fastapi": ["uvicorn", "fastapi_app:app"], "django": ["uvicorn", "django_app:app"],
           "flask": ["flask", "--app", "flask_app", "run"]}


@pytest.fixture(params=SERVERS)
def get(request, server):
    """Starts the app in front of a script, and asks it."""
    pytest.importorskip(request.param, *["5.0"] * (request.param == "django"))  # 4 does not see that a browser leaves
    processes = []

    def get(script, path="/chat?prompt=Hi"):
        with socket.create_server(("127.0.0.1", 0)) as listener:  # the app's from its start: no other takes its port
            port, descriptor = listener.getsockname()[1], str(listener.fileno())
            environment = dict(os.environ, PYTHONPATH=str(PACKAGE), DOSAI_BASE_URL=server.base(script), DOSAI_API_KEY="k",
                               WERKZEUG_RUN_MAIN="true", WERKZEUG_SERVER_FD=descriptor)
            command = [sys.executable, "-m", *SERVERS[request.param]]
            command += ["--fd", descriptor] if command[2] == "uvicorn" else []
            processes.append(subprocess.Popen(command, env=environment, cwd=PACKAGE / "examples/web", pass_fds=[listener.fileno()],
                                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)  # it waits while the app starts
        connection.request("GET", path)
        return connection, connection.getresponse()

    yield get
    for process in processes:
        process.kill()
        process.communicate()


def test_text_arrives_piece_by_piece(get):
    def check():
        _, response = get("paced")
        texts = list(iter(lambda: response.read1(1000), b""))
        assert response.status == 200 and b"".join(texts) == b"abcdefghijklmnopqrst"
        return [] if len(texts) > 3 else texts  # all had come before it was read

    assert not attempt(check)
    assert b"<form>" in get("paced", "/")[1].read()


def test_an_error_is_one_of_the_response(get):
    _, response = get("error-401")
    assert response.status == 502 and response.read()


def test_an_error_in_the_middle_cuts_the_response_off(get):
    _, response = get("clean-no-done")
    with pytest.raises(http.client.IncompleteRead):
        response.read()


def test_a_browser_that_leaves_ends_the_call(get, server):
    connection, response = get("endless~web")
    before = server.stats("endless~web")["ended"]
    assert response.read1(5)
    response.close()
    connection.close()
    left = time.monotonic()
    while server.stats("endless~web")["ended"] == before:
        assert time.monotonic() - left < 10 + allowance(left), "the call goes on"
        time.sleep(0.01)
