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
SERVERS = {
    "fastapi": ["uvicorn", "fastapi_app:app", "--port"],
    "django": ["uvicorn", "django_app:app", "--port"],
    "flask": ["flask", "--app", "flask_app", "run", "--port"],
}


@pytest.fixture(params=SERVERS)
def get(request, server):
    """Starts the app in front of a script, and asks it."""
    pytest.importorskip(request.param, *["5.0"] * (request.param == "django"))  # 4 does not see that a browser leaves
    processes = []

    def get(script, path="/chat?prompt=Hi"):
        port = free_port()
        environment = dict(os.environ, PYTHONPATH=str(PACKAGE), DOSAI_BASE_URL=server.base(script), DOSAI_API_KEY="k")
        processes.append(subprocess.Popen([sys.executable, "-m", *SERVERS[request.param], str(port)], env=environment,
                                          cwd=PACKAGE / "examples/web", stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        connection = connect(port)
        connection.request("GET", path)
        return connection, connection.getresponse()

    yield get
    for process in processes:
        process.kill()
        process.communicate()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def connect(port):
    started = time.monotonic()
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.connect()
            return connection
        except ConnectionRefusedError:
            assert time.monotonic() - started < 60 + allowance(started)
            time.sleep(0.02)


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
