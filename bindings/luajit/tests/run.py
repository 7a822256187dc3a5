#!/usr/bin/env python3
"""LuaJIT's own tests, and its examples."""
import os, pathlib, sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "Tests/Support"))
import nginx
import own_tests

TESTS = {HERE / "calls.lua": 17, HERE / "ends.lua": 6, HERE / "leaks.lua": 1}
WANTED = {"json_mode": "not JSON", "many": "100 answers", "tools": "error: there is no function add"}
PLACES = [HERE.parent, HERE, HERE.parent / "examples/neovim"]
ENVIRONMENT = {
    **os.environ, "DOSAI_TEST_ABI": str(HERE.parents[2] / "abi/dosai.json"),
    "LUA_PATH": ";".join("%s/?.lua;%s/?/init.lua" % (place, place) for place in PLACES) + ";;"}
NEOVIM = ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c"]


def neovim(server):
    return own_tests.play(server, [*NEOVIM, "luafile %s" % (HERE / "neovim.lua")], 2, ENVIRONMENT)


if __name__ == "__main__":
    examples = sorted((HERE.parent / "examples").glob("*.lua"))
    sys.exit(own_tests.judge(TESTS, examples, ["luajit"], ENVIRONMENT, WANTED, [neovim, nginx.check]))
