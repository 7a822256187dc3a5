"""Measures all that docs/how-to/scale.md promises, and writes the section of docs/benchmarks.md.

    bench.py [SCALE] [PART]...     1: 1,000,000 rows through one Mapper, windows of 60 s, five kills of each kind

Below 1 there are fewer rows, and the page is left alone. A part that is not named keeps what build/scale/bench.json has
of it. A speed counts only if the truth server alone reaches twice as much.
"""
import json
import pathlib
import platform
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))  # of a process that Dask starts, too
import bench_kills  # noqa: E402
import bench_limits  # noqa: E402
import bench_speed  # noqa: E402
from conftest import ROOT  # noqa: E402

KEPT = ROOT / "build/scale/bench.json"
PARTS = {"server": bench_speed.server, "ray": bench_speed.ray, "mapper": bench_speed.mapper, "flight": bench_speed.flight,
         "limits": bench_limits.limits, "hold": bench_limits.hold, "restart": bench_limits.restart,
         "simulation": bench_limits.simulation, "kills-ray": bench_kills.on_ray, "kills-spark": bench_kills.on_spark,
         "kills-dask": bench_kills.on_dask, "engines": bench_speed.engines, "daft": bench_speed.daft}


def cells(row, fastest):
    """What, goal and what was found; bold: the goal is not met."""
    what, goal, found, met, rate = row
    if rate and 2 * rate > fastest:
        found, met = "not published: the server alone reaches %d a second" % fastest, None
    return what, goal, "**%s**" % found if met is False else found


def machine():
    sys.path.append(str(ROOT / "benchmarks"))  # not before the standard library: there is a profile.py
    from run import about
    return {name: value for name, value in about().items() if name in ("date", "commit", "processor", "machine", "system")}


def write(kept, described):
    import report
    packages = [line for line in (ROOT / "Tests/Scale/requirements.txt").read_text().split()
                if line.startswith(("dask", "openai", "pyspark", "ray"))]
    described = {**described, "Python": "%s; %s" % (platform.python_version(), ", ".join(packages)),
                 "load of the machine before each part": ", ".join("%s %.1f" % (name, kept[name]["load"]) for name in PARTS if name in kept)}
    rows = [cells(row, kept["server"]["fastest"]) for name in PARTS if name in kept for row in kept[name]["rows"]]
    made = {"scale": report.table(["what", "goal", "measured"], rows), "scale, the run": report.table(["what", ""], described.items())}
    report.PAGE.write_text(report.fill(report.PAGE.read_text(encoding="utf-8"), made, report.PAGE), encoding="utf-8")


def main(words):
    scale = float(words.pop(0)) if words and words[0][0] in ".0123456789" else 1.0
    kept = json.loads(KEPT.read_text()) if KEPT.exists() and scale == 1 else {}
    described = machine()  # before the page is changed
    for name in words or PARTS:
        load, begun = pathlib.Path("/proc/loadavg").read_text().split()[0], time.monotonic()
        try:
            rows = PARTS[name](scale)
        except Exception as error:  # a part that fails must not cost the others
            text = str(error).strip() or repr(error)
            rows = [(name, "", "failed: %s" % text.splitlines()[-1][:200], False, None)]
            print(text, file=sys.stderr)
        kept[name] = {"load": float(load), "rows": rows}
        if name == "server":
            kept[name]["fastest"] = rows[0][4] * 2
        for row in rows:
            print("%-60s %-40s %s" % cells(row, kept.get("server", {}).get("fastest", 1e9)), flush=True)
        print("    %s: %.0f s" % (name, time.monotonic() - begun), flush=True)
        if scale == 1:
            kept = {**(json.loads(KEPT.read_text()) if KEPT.exists() else {}), name: kept[name]}  # another may run other parts
            KEPT.write_text(json.dumps(kept))
            if "server" in kept:
                write(kept, described)


if __name__ == "__main__":
    main(sys.argv[1:])
