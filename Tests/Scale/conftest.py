"""The truth: a server that logs what was really sent; and the programs of docs/how-to/scale.md."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

TIMEOUT = 400  # seconds: nothing is measured by it
WORKERS, CONCURRENCY = 2, 64
KILLS = int(os.environ.get("SCALE_KILLS", 1))  # of each kind; make bench-scale wants five
COUNT, RPM = 2000 * KILLS, 24000 if KILLS == 1 else 12000  # rows, and time to recover between two kills
ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/how-to/scale.md"
sys.path[:0] = [str(ROOT / "bindings/python"), str(ROOT / "Tests/Support")]
from lateness import allowance, patience  # noqa: E402 - from the folder above

os.environ["PYTHONPATH"] = str(ROOT / "bindings/python")  # of the engines' workers, too
for name in ("DOSAI_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
    os.environ.pop(name, None)


class Truth:
    """The server of truth.c. `requests()` is what came since `mark()`: (seconds, connection, id)."""

    def __init__(self, folder, delay=0, slow=0, refused=0, after=0):
        self._log = folder / "truth.log"
        command = [ROOT / "build/scale/truth", self._log, *map(str, (delay, slow, refused, after))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.base = "http://127.0.0.1:%d/v1" % int(self._process.stdout.readline())
        self._start = 0

    def mark(self):
        started = time.monotonic()
        time.sleep(0.1)  # it writes its log each 20 ms
        time.sleep(patience(started))
        self._start = self._log.stat().st_size

    def count(self):
        """So many requests have come."""
        with open(self._log, "rb") as file:
            file.seek(self._start)
            return file.read().count(b"\n")

    def requests(self):
        with open(self._log) as file:
            file.seek(self._start)
            lines = file.read().split("\n")[:-1]
        return [(int(line.split(" ", 2)[0]) / 1e9, int(line.split(" ", 2)[1]), line.split(" ", 2)[2]) for line in lines]

    def wait(self, count, process=None, seconds=TIMEOUT):
        """Until so many requests have come."""
        end = time.monotonic() + seconds
        while self.count() < count and time.monotonic() < end and (process is None or process.poll() is None):
            time.sleep(0.02)
        assert self.count() >= count, "%d requests of %d came" % (self.count(), count)

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)


@pytest.fixture(scope="session")
def server():
    from server import LoopbackServer

    with LoopbackServer() as loopback:
        yield loopback


@pytest.fixture
def make_truth(tmp_path):
    made = []

    def make(**options):
        folder = tmp_path / ("truth-%d" % len(made))
        folder.mkdir()
        made.append(Truth(folder, **options))
        return made[-1]
    yield make
    for one in made:
        one.close()


def program(engine):
    """The page's program for an engine."""
    found = [code for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S) if re.search(r"^import %s|^from %s" % (engine, engine), code)]
    code, = found
    assert len([line for line in code.splitlines() if line.strip()]) < 20
    return code


def processes(mark, *words):
    """The ids of those with all words in their command line, and `mark` in their environment: so they are ours."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or mark.encode() not in (entry / "environ").read_bytes():
                continue
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if all(word in command for word in words):
            found.append(int(entry.name))
    return sorted(found)


def parent_of(pid):
    """None: it has ended."""
    with contextlib.suppress(OSError):
        return int(pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[1])
    return None


def has_processes(group):
    """Whether a process of the group has not ended."""
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                return True
    return False


def kill(pids):
    """How many of them it has killed."""
    killed = 0
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


class Job:
    """The page's program in a process of its own, in a folder that stands for /shared."""

    def __init__(self, engine, folder, environment, count, rpm=60000):
        self.folder, self.environment, self.count = folder, {**os.environ, **environment}, count
        code = program(engine).replace("/shared", str(folder)).replace("60_000", str(rpm))
        # After Ctrl-C, a worker that is still there tries the lost driver for so long.
        code = code.replace("serve_limits(", "serve_limits(patience=15, ")
        code = code.replace("override_num_blocks=1000", "override_num_blocks=8")
        (folder / "program.py").write_text(code)

    def write_prompts(self, parts=4):
        import pyarrow
        import pyarrow.parquet
        (self.folder / "prompts").mkdir()
        for part in range(parts):
            ids = ["row %d" % number for number in range(self.count) if number * parts // self.count == part]
            pyarrow.parquet.write_table(pyarrow.table({"id": ids, "prompt": ids}), self.folder / "prompts" / ("%d.parquet" % part))

    def start(self):
        with open(self.folder / "out", "a") as out:
            # make may have been told to ignore Ctrl-C
            self.process = subprocess.Popen(["env", "--default-signal=INT", sys.executable, "program.py"], cwd=self.folder, env=self.environment,
                                            stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        return self.process

    def finish(self, process, seconds=TIMEOUT):
        assert process.wait(seconds) == 0, (self.folder / "out").read_text()[-6000:]

    def end(self):
        """Nothing of it is left, whatever happened."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def answers(self):
        """What is in the sink: each id once."""
        import pyarrow.parquet
        from dosai.map import SCHEMA
        table = pyarrow.parquet.read_table(self.folder / "answers")
        kinds = {field.name: str(field.type).replace("large_", "") for field in table.schema}
        assert {name: kinds[name] for name in SCHEMA.names} == {field.name: str(field.type) for field in SCHEMA}
        rows = table.select(SCHEMA.names).to_pylist()
        ids = [row["id"] for row in rows]
        assert sorted(ids) == sorted("row %d" % number for number in range(self.count)), \
            "%d missing, %d doubled" % (self.count - len(set(ids)), len(ids) - len(set(ids)))
        for row in rows:
            assert row["content"] == "answer to " + row["id"] and row["status"] == "OK"
        return rows

    def forget_answers(self):
        import shutil
        end = time.monotonic() + TIMEOUT
        while has_processes(self.process.pid):  # Spark's JVM outlives its driver, and would still write
            assert time.monotonic() < end, "the job has not ended"
            time.sleep(0.05)
        shutil.rmtree(self.folder / "answers", ignore_errors=True)


@contextlib.contextmanager
def prepared(engine, truth, folder, **environment):
    """A job of which the server has seen nothing."""
    truth.mark()
    one = Job(engine, folder, environment, COUNT, rpm=RPM)
    one.write_prompts(4 * KILLS)
    yield one
    one.end()


def live_through(truth, job, strikes, recover=lambda: None, **alone):
    """Ctrl-C in the driver; the same job again, in which one thing after the other is killed; and, once it has recovered,
    the finished job, with the environment `alone`. A strike kills what there is to kill, and returns how many processes
    that were."""
    process = job.start()
    truth.wait(job.count // 5, process)
    os.killpg(process.pid, signal.SIGINT)
    interrupted = time.monotonic()
    assert process.wait(TIMEOUT) != 0
    time.sleep(max(0, interrupted + 3 - time.monotonic()))
    last = max(each for each, _, _ in truth.requests()) - interrupted
    assert last < 2 + allowance(interrupted, interrupted + 3) and truth.count() < job.count
    job.forget_answers()  # the journal has them
    process, killed = job.start(), 0
    for number, strike in enumerate(strikes * KILLS):
        truth.wait(job.count * 3 // 10 + job.count * 6 // 10 * number // (len(strikes) * KILLS), process)
        killed += hit(strike, process)
    job.finish(process)
    rows, ids = job.answers(), [id for _, _, id in truth.requests()]
    again, bound = len(ids) - job.count, (killed + WORKERS) * CONCURRENCY  # Ctrl-C may kill all workers
    assert again <= bound
    # What the server counted for the rows in the sink: the length of an id, and 7.
    assert sum(row["prompt_tokens"] for row in rows) == sum(len(row["id"]) for row in rows)
    assert sum(row["completion_tokens"] for row in rows) == 7 * len(rows)
    assert sum(row["total_tokens"] for row in rows) == sum(len(row["id"]) + 7 for row in rows)
    recover()
    truth.mark()
    job.forget_answers()
    job.environment.update(alone)
    job.finish(job.start())
    assert all(row["from_journal"] for row in job.answers()) and not truth.requests()
    print("\nlived " + json.dumps({  # make bench-scale reads it
        "rows": job.count, "killed": killed, "strikes": len(strikes) * KILLS, "again": again, "bound": bound,
        "replayed": sum(row["from_journal"] for row in rows), "after_ctrl_c": round(max(0, last), 2)}))


def hit(strike, process):
    """Until there is something to kill."""
    end = time.monotonic() + 60
    while True:
        killed = strike()
        if killed:
            return killed
        assert time.monotonic() < end and process.poll() is None, "there was nothing to kill"
        time.sleep(0.05)
