"""The page's program on Dask: two worker processes."""

import pytest
from conftest import Truth, kill, live_through, prepared


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A truth server, and a cluster whose workers ask it."""
    import os

    import dask
    from distributed import LocalCluster
    truth = Truth(tmp_path_factory.mktemp("truth"), delay=100)
    os.environ["DOSAI_BASE_URL"] = truth.base
    dask.config.set({"distributed.scheduler.allowed-failures": 10})  # else it gives up a task whose four workers died
    with LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None) as made:
        yield made, truth
    truth.close()


@pytest.fixture
def job(cluster, tmp_path):
    made, truth = cluster
    with prepared("dask", truth, tmp_path, DASK_SCHEDULER_ADDRESS=made.scheduler_address) as one:
        yield one


def test_a_worker_is_killed(cluster, job):
    made, truth = cluster
    live_through(truth, job, [lambda: kill([one.pid for one in made.workers.values() if one.pid][:1])])
