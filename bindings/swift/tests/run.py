#!/usr/bin/env python3
"""Swift's own tests, and its examples, which make builds."""
import os, pathlib, sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tests/Support"))
import own_tests

BUILT = ROOT / "build/swift/release"
TESTS = {"calls": 14, "ends": 6, "leaks": 1}
WANTED = {"many": "100 answers", "tools": "error: there is no function add", "json_mode": "Hello!"}
EXAMPLES = [BUILT / path.stem for path in sorted((ROOT / "bindings/swift/examples").glob("*.swift"))]

if __name__ == "__main__":
    environment = {**os.environ, "LD_LIBRARY_PATH": str(ROOT / "build/lib")}
    wrong = [own_tests.judge(TESTS, [], [str(BUILT / "own")], environment, {}), own_tests.judge({}, EXAMPLES, [], environment, WANTED)]
    sys.exit(any(wrong))
