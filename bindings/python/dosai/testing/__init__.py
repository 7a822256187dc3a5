"""A server for tests: it says what a test tells it to, or replays what a real server said.

Libraries that intercept Python's HTTP clients do not see the traffic of a C library. This is a server, to which any
client can talk. With pytest, the fixture `dosai_server` is a `Server` for one test. `python -m dosai.testing` is a
server for other programs.
"""

from ._connection import Request
from ._replies import Choice, Reply, answer, choice, chunk, completion, cut, error, events, reset, stall, tool_call
from ._server import Server, UnmatchedRequest

__all__ = [
    "Choice",
    "Reply",
    "Request",
    "Server",
    "UnmatchedRequest",
    "answer",
    "choice",
    "chunk",
    "completion",
    "cut",
    "error",
    "events",
    "reset",
    "stall",
    "tool_call",
]
