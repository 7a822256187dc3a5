import pathlib, subprocess, sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "Tests/Support"), str(pathlib.Path(__file__).parent)]
import json

from cluster import Cluster
from scripts import CLOSE, begun, choice, completion, error
from server import LoopbackServer


def mixed(request):
    """Says the prompt, after a while."""
    prompt = json.loads(request.body)["messages"][-1]["content"]
    return error(400, "Not so.") if prompt == "bad" else {"json": completion(prompt), "delay_ms": 20}


SCRIPTS = {
    "mixed": mixed, "broken": begun(CLOSE), "limited": error(429, "Slow down.", x_should_retry="false"),
    "refused": {"json": completion(choices=[choice({"role": "assistant", "content": None, "refusal": "No."})])},
    "smile": {"json": completion("\U0001f600")}, "nul": {"json": completion("a\u0000b")},
}


@pytest.fixture(scope="session")
def server():
    with LoopbackServer() as running:
        for name, script in SCRIPTS.items():
            running.put(name, script)
        yield running




@pytest.fixture(scope="session")
def cluster(server, tmp_path_factory):
    """Lookups of slow.test take five seconds in it."""
    shim = tmp_path_factory.mktemp("shim") / "slow_lookup.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, ROOT / "Tests/ABI/slow_lookup_shim.c"], check=True)
    with Cluster("dosai.base_url = '%s'" % server.base("hello"), shim) as running:
        yield running
