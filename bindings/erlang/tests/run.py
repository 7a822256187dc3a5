#!/usr/bin/env python3
"""Erlang's and Elixir's own tests, and their examples."""
import os, pathlib, resource, sys, tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Tests/Support"))
import crowd
import own_tests

WANTED = {"json_mode": "not JSON", "many": "100 answers", "tools": "error: there is no function add"}
ENVIRONMENT = {**os.environ, "ERL_LIBS": str(HERE.parents[2] / "build/erlang")}


def judge(tests, command, ending):
    examples = sorted((HERE.parent / "examples").glob("*" + ending))
    return own_tests.judge({HERE / name: count for name, count in tests.items()}, examples, command, ENVIRONMENT, WANTED)


def crowded(count):
    """So many streams at once. Calls that wait long for a connection open their own, so that descriptors may be needed."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder, crowd.Crowd(folder) as server:
        status, output = own_tests.run(["escript", str(HERE / "crowd.escript"), count],
                                       {**ENVIRONMENT, "DOSAI_TEST_CROWD": server.url, "DOSAI_TEST_CA": server.ca})
    print(output.strip() if status == 0 else "FAIL crowd.escript, status %s\n%s" % (status, output[:10_000]))
    return status != 0


if __name__ == "__main__":
    is_wrong = judge({"calls.escript": 14, "ends.escript": 10, "leaks.escript": 1}, ["escript"], ".escript")
    is_wrong = crowded(os.environ.get("CROWD", "10000")) or is_wrong
    sys.exit(judge({"streams.exs": 6}, ["elixir"], ".exs") or is_wrong)
