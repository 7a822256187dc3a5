"""The page's program on Ray Data: three nodes, on one of which nothing of it runs that may be lost."""
import os
import re
import subprocess
import sys
import uuid

import pytest
from conftest import TIMEOUT, Truth, kill, live_through, parent_of, prepared, processes, program

NODE = {"num_cpus": 1, "object_store_memory": 100 << 20}
MARK = "DOSAI_SCALE_RUN=%s" % uuid.uuid4()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    from ray.cluster_utils import Cluster
    truth = Truth(tmp_path_factory.mktemp("truth"), delay=100)
    os.environ.update(DOSAI_BASE_URL=truth.base, DOSAI_SCALE_RUN=MARK.partition("=")[2], RAY_DATA_DISABLE_PROGRESS_BARS="1",
                      RAY_USAGE_STATS_ENABLED="0",
                      # A slow machine: else Ray starts more workers in place of those that are not there yet.
                      RAY_worker_register_timeout_seconds="300", RAY_worker_maximum_startup_concurrency="1")
    made = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    for _ in range(2):
        made.add_node(**NODE)
    yield made, truth
    made.shutdown()
    truth.close()


@pytest.fixture
def job(cluster, tmp_path):
    made, truth = cluster
    with prepared("ray", truth, tmp_path, RAY_ADDRESS=made.address) as one:
        yield one


MEET = """
import threading
import pyarrow, ray

class Meet:
    def __init__(self):
        self.now, self.most, self.lock, self.met = 0, 0, threading.Lock(), threading.Event()

    def __call__(self, table):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        if self.now > 1:
            self.met.set()
        self.met.wait(10)
        with self.lock:
            self.now -= 1
        return pyarrow.table({"most": [self.most] * len(table)})

ray.init()
%s
rows = ray.data.range(32, override_num_blocks=8)
print("most", rows.map_batches(Meet, batch_format="pyarrow", batch_size=4, num_cpus=0.5, compute=actors).max("most"))
"""


def test_an_actor_has_several_batches_at_once(cluster):
    actors = re.search(r"actors = .*", program("ray"))[0]
    ran = subprocess.run([sys.executable, "-c", MEET % actors], env={**os.environ, "RAY_ADDRESS": cluster[0].address},
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT)
    assert re.search(r"^most [234]$", ran.stdout, re.M), ran.stdout


def test_an_actor_and_a_node_are_killed(cluster, job):
    made, truth = cluster

    def actors():
        return processes(MARK, "ray::", "Ask")

    def kill_node():
        """With all that runs on it, an actor if there is a node with one; another takes its place."""
        nodes = {node.all_processes["raylet"][0].process.pid: node for node in made.list_all_nodes()[1:]}
        on = [parent_of(pid) for pid in actors()]
        parent = max(nodes, key=on.count)
        made.add_node(**NODE)
        made.remove_node(nodes[parent], allow_graceful=False)
        return max(1, on.count(parent))
    # Ray starts what reads a file on a node that it takes to be alive, and fails where it is not.
    live_through(truth, job, [lambda: kill(actors()[:1]), kill_node], lambda: made.wait_for_nodes(TIMEOUT))
    assert "deprecated" not in (job.folder / "out").read_text()
