"""The example of a test file that records: beside the model once, and from then on without it."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[2] / "bindings" / "python"

if not os.environ.get("DOSAI_MODEL"):
    pytest.skip("no model: run this beside scripts/model-server", allow_module_level=True)


def run(folder, **environment):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_dosai", folder]
    return subprocess.run(command, env={**environment, "PYTHONPATH": str(PACKAGE)}, capture_output=True, text=True)


def test_recorded_once_and_replayed_without_the_model(tmp_path):
    shutil.copy(PACKAGE / "examples" / "testing" / "test_capital.py", tmp_path)
    without = {key: value for key, value in os.environ.items() if not key.startswith("DOSAI_")}
    without.update({key: os.environ[key] for key in ("DOSAI_MODEL", "DOSAI_LIBRARY") if key in os.environ})
    assert "no upstream to record it from" in run(tmp_path, **without).stdout
    done = run(tmp_path, **os.environ)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr
    cassettes = {path: path.read_bytes() for path in (tmp_path / "cassettes").iterdir()}
    assert {path.name for path in cassettes} == {"test_answer.jsonl", "test_stream.jsonl"}
    assert not any(os.environ["DOSAI_API_KEY"].encode() in data for data in cassettes.values())
    done = run(tmp_path, **without)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr
    assert {path: path.read_bytes() for path in cassettes} == cassettes
