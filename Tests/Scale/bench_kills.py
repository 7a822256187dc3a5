"""The tests of the three engines, with five kills of each kind. What they assert is shown as it must be, for a test that
fails ends the part; the other numbers are what they print."""
import json
import os
import subprocess
import sys

from conftest import ROOT

KINDS = {"ray": "actors and nodes", "spark": "Python workers and executors", "dask": "workers"}


def lived(engine, scale):
    kills = max(1, round(5 * scale))
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "Tests/Scale/test_%s.py" % engine],
                          cwd=ROOT, env={**os.environ, "SCALE_KILLS": str(kills)}, stdout=subprocess.PIPE, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("lived ")]
    if done.returncode or not lines:
        raise RuntimeError(done.stdout[-3000:])
    found, name = json.loads(lines[0][6:]), engine.capitalize()
    return [
        ["%s: %d SIGKILLs of %s in the middle of %d rows" % (name, found["strikes"], KINDS[engine], found["rows"]),
         "0 ids missing, 0 doubled", "0 missing, 0 doubled", True, None],
        ["%s: sent again, after these and Ctrl-C in the driver" % name,
         "at most 64 a worker that died: %d" % found["bound"], "%d" % found["again"], found["again"] <= found["bound"], None],
        ["%s: the last request after Ctrl-C in the driver" % name, "at most 2 s", "%.1f s" % found["after_ctrl_c"],
         found["after_ctrl_c"] <= 2, None],
        ["%s: sum of the usage of all rows" % name, "as the server counted", "the same", True, None],
        ["%s: the finished job again" % name, "0 requests", "0", True, None]]


def on_ray(scale):
    return lived("ray", scale)


def on_spark(scale):
    return lived("spark", scale)


def on_dask(scale):
    return lived("dask", scale)
