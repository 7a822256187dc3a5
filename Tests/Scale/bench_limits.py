"""The limits over four workers, each a process of its own; and their coordinator."""
import contextlib
import os
import pathlib
import pickle
import re
import subprocess
import sys
import tempfile
import time

from conftest import Job, Truth

from dosai.map import Spec, serve_limits

WORKER = """
import pickle, sys
from dosai.map import Mapper
rows = ({"id": str(number), "prompt": "row %d" % number} for number in range(10 ** 9))
for row in Mapper(pickle.load(sys.stdin.buffer)).rows(rows, id="id", request="prompt"):
    pass
"""
COORDINATOR = """
import sys, time
from dosai.map import serve_limits
with serve_limits(rpm=12000, port=int(sys.argv[1]), token="token") as lease:
    print(lease.port, flush=True)
    time.sleep(1e6)
"""


@contextlib.contextmanager
def a_folder():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield pathlib.Path(folder)


@contextlib.contextmanager
def serve(**options):
    with a_folder() as folder, contextlib.closing(Truth(folder, **options)) as truth:
        yield truth


@contextlib.contextmanager
def workers(spec, count=4):
    made = [subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE) for _ in range(count)]
    for one in made:
        one.stdin.write(pickle.dumps(spec))
        one.stdin.close()
    try:
        yield made
    finally:
        for one in made:
            one.kill()
            one.wait()


def limits(scale):
    """A worker is killed in the middle."""
    window = 60 if scale >= 0.5 else 6
    limit, lease = 100 * window, window / 60
    with serve(delay=50) as truth, serve_limits(rpm=limit, window=window) as lent, \
            workers(Spec(model="m", base_url=truth.base, limiter=lent)) as made:
        truth.wait(1)
        time.sleep(5 + 1.1 * window)
        made[0].kill()
        killed = time.monotonic()
        time.sleep(1.1 * window)
        times = [each for each, _, _ in truth.requests()]
    counts = [len([each for each in times if start <= each < start + window])
              for start in times[::10] if start < times[-1] - window]
    steady = [count for start, count in zip(times[::10], counts) if start > times[0] + 5]
    # A window that begins anywhere: the requests are even, so each tenth will do to find the least, but not the most.
    most = max(sum(1 for each in times[number:number + limit + 10] if each < start + window) for number, start in enumerate(times))
    after = [each for each in times if killed + 2 * lease <= each < killed + 2 * lease + window / 6]
    share = 100 * len(after) / (limit / 6)
    title = "any %d s at the server, 4 workers, rpm = %d, " % (window, limit)
    return [[title + "the most", "at most %d" % limit, "%d" % most, most <= limit, None],
            [title + "the least", "at least 95 %", "%.1f %%" % (100 * min(steady) / limit), min(steady) >= 0.95 * limit, None],
            ["from 2 leases after a SIGKILL of one of them", "at least 95 %", "%.1f %%" % share, share >= 95, None]]


def hold(scale):
    with serve(delay=20, refused=400, after=5) as truth, serve_limits(rpm=60000) as lent, \
            workers(Spec(model="m", base_url=truth.base, limiter=lent, concurrency=8)):
        truth.wait(400)
        time.sleep(7)
        times = [each for each, _, _ in truth.requests()]
    after = [each - times[399] for each in times]
    inside, later = len([each for each in after if 0.2 < each < 5]), len([each for each in after if each >= 5])
    return [["requests of 4 workers from 0.2 s to 5 s after `Retry-After: 5`", "0", "%d; %d after it" % (inside, later),
             inside == 0 and later > 0, None]]


@contextlib.contextmanager
def on_dask(truth):
    """A cluster of two workers; the environment of a driver."""
    from distributed import LocalCluster
    os.environ["DOSAI_BASE_URL"] = truth.base
    with LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None) as made:
        yield {"DASK_SCHEDULER_ADDRESS": made.scheduler_address}


def coordinator(port=0):
    process = subprocess.Popen([sys.executable, "-c", COORDINATOR, str(port)], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def restart(scale):
    """The coordinator of a job on Dask is killed in the middle, and started again."""
    count = 3000
    with serve(delay=100) as truth, a_folder() as folder, on_dask(truth) as environment:
        first, port = coordinator()
        job = Job("dask", folder, environment, count)
        program = folder / "program.py"
        program.write_text("import contextlib\nfrom dosai.map import Lease\n" + re.sub(
            r"serve_limits\(.*\) as lease", 'contextlib.nullcontext(Lease("127.0.0.1", %d, "token")) as lease' % port, program.read_text()))
        job.write_prompts()
        process = job.start()
        truth.wait(count // 3, process)
        first.kill()
        lost = time.monotonic()
        time.sleep(4)
        silent = len([each for each, _, _ in truth.requests() if each > lost + 1])
        second, _ = coordinator(port)
        job.finish(process)
        job.end()
        job.answers()
        again = truth.count() - count
        second.kill()
    return [["Dask: the coordinator is killed in the middle: requests from 1 s after it until another is there", "0", "%d" % silent, silent == 0, None],
            ["Dask: %d rows with a coordinator that was restarted" % count, "0 missing, 0 doubled, 0 sent again",
             "0 missing, 0 doubled, %d sent again" % again, again == 0, None]]


def simulation(scale):
    from test_limits import Coordinator, most, simulate
    sent, took = simulate(Coordinator(60000), 1000, 180)
    rate, share = len([each for each in sent if 60 < each[0] <= 180]) / 120, took / 1.8
    return [["1,000 workers with a virtual clock, rpm = 60000: of the limit", "95 to 100 %", "%.1f %%; at most %d in a minute" % (rate / 10, most(sent)),
             950 <= rate <= 1000 and most(sent) <= 60000, None],
            ["of them: what the coordinator takes of a core", "under 5 %", "%.1f %%" % share, share < 5, None]]
