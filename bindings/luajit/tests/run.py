#!/usr/bin/env python3
"""LuaJIT's own tests, and its examples."""
import os, pathlib, sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Tests/Support"))
import own_tests

TESTS = {HERE / "calls.lua": 13, HERE / "ends.lua": 6, HERE / "leaks.lua": 1}
WANTED = {"json_mode": "not JSON", "many": "100 answers", "tools": "error: there is no function add"}
LUA_PATH = "%s/?.lua;%s/?/init.lua;%s/?.lua;;" % (HERE.parent, HERE.parent, HERE)

if __name__ == "__main__":
    sys.exit(own_tests.judge(TESTS, sorted((HERE.parent / "examples").glob("*.lua")), ["luajit"], {**os.environ, "LUA_PATH": LUA_PATH, "DOSAI_TEST_ABI": str(HERE.parents[2] / "abi/dosai.json")}, WANTED))
