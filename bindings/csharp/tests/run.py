#!/usr/bin/env python3
"""C#'s own tests, and its examples, on mono; what they are built of, make says."""
import os, pathlib, sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tests/Support"))
import own_tests

BUILT = ROOT / "build/csharp"
TESTS = {BUILT / "Calls.exe": 15, BUILT / "Ends.exe": 10, BUILT / "Leaks.exe": 2}
WANTED = {"many": "100 answers", "tools": "error: there is no function add"}
EXAMPLES = [BUILT / (path.stem + ".exe") for path in sorted((ROOT / "bindings/csharp/examples").glob("*.cs"))]

if __name__ == "__main__":
    environment = {**os.environ, "LD_LIBRARY_PATH": str(ROOT / "build/lib"), "DOSAI_TEST_ABI": str(ROOT / "abi/dosai.json")}
    sys.exit(own_tests.judge(TESTS, EXAMPLES, ["mono"], environment, WANTED))
