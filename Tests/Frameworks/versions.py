#!/usr/bin/env python3
"""The tests of dosai.openai with older versions of openai-python: the oldest that the frameworks take. The suite of
bindings/python has the newest.

    versions.py [--whole] [VERSION]...    all unless named; --whole: the asynchronous half, too
"""
import concurrent.futures
import os
import subprocess
import sys

from run import PLACE, ROOT, fill

OLDEST = {"1.93.0": "autogen-ext 0.7.5", "2.0.0": "instructor 1.17.0", "2.20.0": "litellm 1.110.2",
          "2.45.0": "langchain-openai 1.7.4", "3.0.0": "openai-agents 0.24.0", "3.31.0": "pydantic-ai 2.68.0"}
TESTS = ["bindings/python/tests/test_openai.py", "bindings/python/tests/test_openai_report.py"]


def install(version):
    """An environment with this version and what its tests need, unless it is there."""
    place = PLACE / ("openai-" + version)
    if not (place / "ready").exists():
        fill(place, "openai==" + version, "h2", "pytest")
        (place / "ready").touch()


def run(version, *which):
    """What went wrong."""
    ran = subprocess.run([PLACE / ("openai-" + version) / "bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider",
                          *which, *TESTS], cwd=ROOT, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                         text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print("openai %s, of %s: %s" % (version, OLDEST.get(version), ran.stdout.splitlines()[-1]), flush=True)
    return ran.stdout if ran.returncode else ""


def main():
    which = [] if "--whole" in sys.argv else ["-k", "not async"]
    versions = [name for name in sys.argv[1:] if name != "--whole"] or list(OLDEST)
    for version in versions:
        install(version)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as together:
        sys.exit("\n".join(filter(None, together.map(lambda version: run(version, *which), versions))) or 0)


if __name__ == "__main__":
    main()
