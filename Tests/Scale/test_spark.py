"""The page's program on Spark: a driver, and two executors in processes of their own."""
import pathlib
import sys
import uuid

import pytest
from conftest import Truth, kill, live_through, parent_of, prepared, processes

MARK = "DOSAI_SCALE_RUN=%s" % uuid.uuid4()
JAVA = "/usr/lib/jvm/java-17-openjdk-amd64"


def words(master):
    """What pyspark is started with."""
    options = {"spark.ui.enabled": "false", "spark.speculation": "false", "spark.driver.host": "127.0.0.1",
               "spark.driver.bindAddress": "127.0.0.1", "spark.executor.memory": "600m", "spark.driver.memory": "600m",
               "spark.sql.files.openCostInBytes": str(128 << 20)}  # so that each file is a partition
    return "--master %s %s pyspark-shell" % (master, " ".join("--conf %s=%s" % each for each in options.items()))


def environment(base):
    """Of a driver, whose workers ask the server at `base`."""
    import pyspark
    java = {"JAVA_HOME": JAVA} if pathlib.Path(JAVA).exists() else {}
    return dict(java, DOSAI_BASE_URL=base, DOSAI_SCALE_RUN=MARK.partition("=")[2],
                PYSPARK_PYTHON=sys.executable, SPARK_HOME=str(pathlib.Path(pyspark.__file__).parent), SPARK_LOCAL_IP="127.0.0.1",
                JDK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # it starts nine times
                PYSPARK_SUBMIT_ARGS=words("local-cluster[2,1,600]"))


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    one = Truth(tmp_path_factory.mktemp("truth"), delay=100)
    yield one
    one.close()


@pytest.fixture
def job(truth, tmp_path):
    with prepared("pyspark", truth, tmp_path, **environment(truth.base)) as one:
        yield one


def worker_processes():
    """Of Python: children of pyspark.daemon, which has no parent of its kind."""
    daemons = processes(MARK, "pyspark.daemon")
    return [pid for pid in daemons if parent_of(pid) in daemons]


def test_a_worker_and_an_executor_are_killed(truth, job):
    live_through(truth, job, [lambda: kill(worker_processes()[:1]),
                              lambda: kill(processes(MARK, "CoarseGrainedExecutorBackend")[:1])],
                 PYSPARK_SUBMIT_ARGS=words("local[2]"))  # nothing is asked, so no executors are waited for
