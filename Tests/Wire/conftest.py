import os

import pytest

import wire
from server import LoopbackServer


@pytest.fixture(scope="session")
def server():
    with LoopbackServer() as loopback:
        yield loopback


def pytest_terminal_summary(terminalreporter):
    for line in wire.NOTES:
        terminalreporter.write_line(line)
