#!/usr/bin/env python3
"""Runs the benchmarks, all that is compared in turns in one run, and writes docs/benchmarks.md and its plots.

usage: benchmarks/run.py [--quick | --smoke] [--repetitions N] [--report] [SECTION]...

A section that is not named keeps what build/bench/results.json has of it, and the page what it has of other processors.
--quick: fewer and shorter runs, whose tables are only printed. --smoke: the least that shows that all programs still
work, without the clients from PyPI. --report: nothing is measured, and the page written from the results that there
are.
"""
import argparse
import importlib
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

import common
import report

SECTIONS = ("instructions", "stream", "node", "bindings", "unary", "cold", "footprint", "many", "web", "batch")
PLACE = common.ROOT / "build/bench"
RESULTS = PLACE / "results.json"
MATPLOTLIB = "matplotlib==3.11.2"


def about():
    """What was measured where and when, before it."""
    lines = subprocess.check_output(["lscpu"], text=True, env={**os.environ, "LC_ALL": "C"}).splitlines()
    described = dict(line.split(":", 1) for line in lines)
    processor, family, model = (described.get(what, "?").strip() for what in ("Model name", "CPU family", "Model"))
    system = next(line.split("=")[1].strip().strip('"') for line in open("/etc/os-release") if line.startswith("PRETTY_NAME"))
    version = lambda *command: subprocess.run(command, capture_output=True, text=True).stdout.split("\n")[0]
    commit = version("git", "-C", common.ROOT, "describe", "--always", "--dirty", "--exclude=*")
    return {"date": time.strftime("%Y-%m-%d"), "commit": commit, "processor": processor,
            "machine": "%d cores, family %s, model %s, %s" % (os.cpu_count(), family, model, platform.machine()),
            "system": "%s, Linux %s, %s" % (system, platform.release(), " ".join(platform.libc_ver())),
            "libraries": "libcurl %s, jansson %s, %s" % (version("pkg-config", "--modversion", "libcurl"),
                                                       version("pkg-config", "--modversion", "jansson"), version("cc", "--version")),
            "Python": platform.python_version() + "; " + ", ".join(common.comparison.PACKAGES.values())}


def plot(results):
    folder = PLACE / "venv"
    ready = folder / ("ready-" + MATPLOTLIB)
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", MATPLOTLIB], check=True)
        ready.touch()
    subprocess.run([folder / "bin/python", common.HERE / "plots.py", results, common.ROOT / "docs/benchmarks"], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    options = parser.parse_args()
    quick = "smoke" if options.smoke else options.quick
    repetitions = options.repetitions or (1 if options.smoke else 3 if quick else 7)
    kept, here = {} if quick or not RESULTS.exists() else json.loads(RESULTS.read_text()), about()
    processor = here["processor"]
    if kept.get("about", {}).get("processor") != processor:
        kept = {}
    results = {**kept, "about": kept["about"] if options.report else here}
    names = [] if options.report else options.sections or SECTIONS
    for name in names:
        started = time.monotonic()
        results.setdefault("loads", {})[name] = os.getloadavg()[0]
        section = importlib.import_module(name)
        if options.smoke and name in ("many", "web"):
            if name == "many":
                section.build(common.FOLDER)  # the least of their runs takes seconds
            continue
        results[name] = section.run(repetitions, quick)
        if not options.smoke:
            print("%s: %.0f s" % (name, time.monotonic() - started), file=sys.stderr, flush=True)
        if not quick:
            PLACE.mkdir(parents=True, exist_ok=True)
            RESULTS.write_text(json.dumps(results))
    made = {"goals": report.goals_table(results, processor), **report.tables(results, processor)}
    page = report.page(results, processor)
    if options.smoke:
        return print("benchmarks: %d tables, of %s" % (len(made), ", ".join(name for name in SECTIONS if name in results)))
    for name, table in made.items():
        print("%s\n\n%s" % (name, table))
    if not quick:
        report.PAGE.write_text(page, encoding="utf-8")
        plot(RESULTS)


if __name__ == "__main__":
    main()
