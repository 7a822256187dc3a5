"""examples/c/metrics.c, built as it says itself: its text is read by Prometheus' own client."""
import pathlib
import re
import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bindings/python"))
from dosai import testing

FLAGS = "-std=c99 -D_DEFAULT_SOURCE -Wall -Wextra -Werror"


def test_what_prometheus_reads(tmp_path, environment):
    program = tmp_path / "metrics"
    build = re.search(r"^ \*   cc (.*)$", (ROOT / "examples/c/metrics.c").read_text(), re.M)[1]
    subprocess.run("cc %s %s" % (FLAGS, build.replace("build/metrics", str(program))), shell=True, cwd=ROOT, check=True)
    with testing.Server() as server:
        server.reply(testing.error(503, retry_after=0), "Hello.", "Good bye.", testing.error(401))
        environment.update(DOSAI_BASE_URL=server.base_url, DOSAI_API_KEY="k", LD_LIBRARY_PATH=str(ROOT / "build/lib"))
        text = subprocess.run([program, "One", "Two", "Three"], env=environment, capture_output=True, text=True).stdout
    found = {}
    for family in text_string_to_metric_families(text):
        found.update({(sample.name, *sample.labels.values()): sample.value for sample in family.samples})
    assert {key[1]: value for key, value in found.items() if key[0] == "dosai_calls_total"} == {
        "OK": 2, "AUTHENTICATION": 1}
    assert found["dosai_retries_total",] == 1 and found["dosai_connections_total",] >= 1
    assert found["dosai_tokens_total", "output"] > 0
    assert found["dosai_call_seconds_count",] == found["dosai_call_seconds_bucket", "+Inf"] == 3
    assert found["dosai_first_token_seconds_count",] == 2 and found["dosai_first_token_seconds_sum",] > 0
