import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Support"))

VARIABLES = ("DOSAI_API_KEY", "DOSAI_BASE_URL", "DOSAI_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL")


@pytest.fixture(scope="session")
def server():
    from server import LoopbackServer

    with LoopbackServer() as loopback:
        yield loopback


@pytest.fixture
def environment():
    return {key: value for key, value in os.environ.items() if key not in VARIABLES}
