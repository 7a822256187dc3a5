#!/usr/bin/env python3
"""Java's and Kotlin's own tests, and the examples, which make has compiled."""
import os, pathlib, sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "Tests/Support"))
import own_tests

TESTS = {"Calls": 14, "Ends": 10, "Leaks": 1, "CoroutinesKt": 6}
WANTED = {"Many": "100 answers", "KotlinKt": "100 answers", "Tools": "error: there is no function add"}
# One carrier: a virtual thread that held it would stop all others.
JAVA = [str(ROOT / "scripts/java"), "run", "-ea", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djdk.virtualThreadScheduler.parallelism=1",
        "-Djdk.virtualThreadScheduler.maxPoolSize=1"]
ENVIRONMENT = {**os.environ, "DOSAI_API_KEY": "", "DOSAI_BASE_URL": ""}

if __name__ == "__main__":
    examples = sorted(pathlib.Path(path.stem + ("Kt" if path.suffix == ".kt" else "")) for path in (HERE.parent / "examples").iterdir())
    sys.exit(own_tests.judge(TESTS, examples, JAVA, ENVIRONMENT, WANTED))
