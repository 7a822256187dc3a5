#!/usr/bin/env python3
"""Erlang's and Elixir's own tests, and their examples."""
import os, pathlib, sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Tests/Support"))
import own_tests

WANTED = {"json_mode": "not JSON", "many": "100 answers", "tools": "error: there is no function add"}
ENVIRONMENT = {**os.environ, "ERL_LIBS": str(HERE.parents[2] / "build/erlang")}


def judge(tests, command, ending):
    examples = sorted((HERE.parent / "examples").glob("*" + ending))
    return own_tests.judge({HERE / name: count for name, count in tests.items()}, examples, command, ENVIRONMENT, WANTED)


if __name__ == "__main__":
    is_wrong = judge({"calls.escript": 12, "ends.escript": 10, "leaks.escript": 1}, ["escript"], ".escript")
    sys.exit(judge({"streams.exs": 6}, ["elixir"], ".exs") or is_wrong)
