import json

import pytest

import terminal
from server import LoopbackServer


@pytest.fixture(scope="session")
def server():
    with LoopbackServer() as loopback:
        yield loopback


class Talk:
    """`dosai chat` with one script of the server."""

    def __init__(self, server, script, home):
        self.server, self.script, self.home = server, script, home
        server.reset(script)

    def env(self, **more):
        return terminal.environment(self.server.base(self.script), self.home, **more)

    def run(self, *arguments, said="", **more):
        return terminal.run("chat", *arguments, said=said, env=self.env(**more))

    def open(self, *arguments, stdout=None, **more):
        return terminal.Terminal(terminal.TOOL, "chat", *arguments, env=self.env(**more), stdout=stdout,
                                 cwd=self.home)

    def requests(self):
        return [json.loads(body) for body in self.server.stats(self.script)["bodies"]]

    def messages(self):
        """Of each request, (role, content) of each message."""
        return [[(message["role"], message.get("content")) for message in request["messages"]]
                for request in self.requests()]


@pytest.fixture
def talk(server, tmp_path):
    return lambda script: Talk(server, script, tmp_path)
