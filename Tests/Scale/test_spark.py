"""The page's program on Spark: a driver, and two executors in processes of their own."""
import os
import pathlib
import sys
import uuid

import pytest
from conftest import Truth, live_through, prepared, processes

MARK = "DOSAI_SCALE_RUN=%s" % uuid.uuid4()
JAVA = "/usr/lib/jvm/java-17-openjdk-amd64"


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    import pyspark
    one = Truth(tmp_path_factory.mktemp("truth"), delay=100)
    options = {"spark.ui.enabled": "false", "spark.speculation": "false", "spark.driver.host": "127.0.0.1",
               "spark.driver.bindAddress": "127.0.0.1", "spark.executor.memory": "600m", "spark.driver.memory": "600m",
               "spark.sql.files.openCostInBytes": str(128 << 20)}  # so that each file is a partition
    words = " ".join("--conf %s=%s" % each for each in options.items())
    os.environ.update(DOSAI_BASE_URL=one.base, DOSAI_SCALE_RUN=MARK.partition("=")[2],
                      PYSPARK_PYTHON=sys.executable, SPARK_HOME=str(pathlib.Path(pyspark.__file__).parent), SPARK_LOCAL_IP="127.0.0.1",
                      JDK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # it starts nine times
                      PYSPARK_SUBMIT_ARGS="--master local-cluster[2,1,600] %s pyspark-shell" % words)
    if pathlib.Path(JAVA).exists():
        os.environ["JAVA_HOME"] = JAVA
    yield one
    one.close()


@pytest.fixture
def job(truth, tmp_path):
    with prepared("pyspark", truth, tmp_path) as one:
        yield one


def worker_processes():
    """Of Python: children of pyspark.daemon, which has no parent of its kind."""
    daemons = processes(MARK, "pyspark.daemon")
    parents = {pid: int(pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[1]) for pid in daemons}
    return [pid for pid in daemons if parents[pid] in daemons]


def test_a_worker_and_an_executor_are_killed(truth, job):
    live_through(truth, job, [lambda: worker_processes()[:1],
                              lambda: processes(MARK, "CoarseGrainedExecutorBackend")[:1]])
