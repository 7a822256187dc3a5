#!/usr/bin/env python3
"""Many streams at once, paced: the library's loop beside libcurl alone, and its AsyncClient beside other Python clients.

usage: benchmarks/many.py [--quick] [--repetitions N] [loop] [python]   after `make`; it needs libssl-dev.
All are run in turns in one run, against one server process. Each run of ours is compared with the one of the same turn.
The other Python clients come from PyPI.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "Tests/Docs"), str(ROOT / "Tests/Support")]
import certificates
import comparison

# Streams, chunks of each, milliseconds between two: 20,000 chunks a second at most.
SIZES = [(100, 200, 20), (1_000, 100, 50), (10_000, 60, 1_000)]
PYTHON_SIZE = (1_000, 100, 50)
# Ours after what it is compared with.
PYTHONS = {"Python": ["openai-python", "liter-llm", "dosai"], "dosai.openai": ["openai-python", "dosai.openai"]}
PLAIN_ONLY = {"liter-llm", "dosai.openai"}  # it cannot be told of another authority
PYTHON_KINDS = [("Python", "plain"), ("Python", "tls"), ("dosai.openai", "plain")]
RATIOS = {"cpu_us_whole": "CPU a chunk, all in all", "cpu_us_chunk": "CPU a chunk, once all run",
          "cpu_us_stream": "CPU a stream, start and end", "memory_bytes_stream": "memory a stream",
          "p50_us": "delay, median", "p99_us": "delay, 99 of 100"}


class Server:
    """benchmarks/paced.c with a throwaway certificate."""

    def __init__(self, folder):
        certificates.authority(folder, "ca", "localhost", "-addext", "subjectAltName=IP:127.0.0.1")
        self.ca = str(folder / "ca.pem")
        self.process = subprocess.Popen([folder / "paced", self.ca, folder / "ca.key"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        plain, tls = self.process.stdout.readline().split()
        self.bases = {"plain": "http://127.0.0.1:%s/v1" % plain, "tls": "https://127.0.0.1:%s/v1" % tls}


def build(folder):
    cc = ["cc", "-O2", "-I%s/include" % ROOT, "-o"]
    subprocess.run([*cc, folder / "paced", HERE / "paced.c", "-lssl", "-lcrypto"], check=True)
    subprocess.run([*cc, folder / "many", *sorted(HERE.glob("many*.c")), "-L%s/build/lib" % ROOT,
                    "-Wl,-rpath,%s/build/lib" % ROOT, "-ldosai", "-lcurl"], check=True)


def measure(command, server, kind, size):
    arguments = [server.bases[kind], *map(str, size), *([server.ca] if kind == "tls" else [])]
    environment = {**comparison.environment(), **({"SSL_CERT_FILE": server.ca} if kind == "tls" else {})}
    ran = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, timeout=900)
    if not ran.stdout.startswith("{"):
        raise SystemExit("%s\n%s" % (command, ran.stderr))
    if ran.stderr:
        print(ran.stderr, file=sys.stderr, end="")
    return json.loads(ran.stdout)


def compare(server, ways, kind, size, repetitions):
    """All runs of each way, a name and its command, and the ratios of the last of them to each of the others."""
    runs = {name: [] for name in ways}
    for _ in range(repetitions):
        for name, command in ways.items():
            runs[name].append(measure(command, server, kind, size))
    *others, ours = ways
    ratios = {}
    for other in others:
        turns = list(zip(runs[ours], runs[other]))
        ratios[other] = {what: sorted(one[what] / it[what] for one, it in turns if one[what] > 0 < it[what])
                         for what in RATIOS}
    return {"runs": runs, "ratios": ratios}


def python_ways(names, kind):
    ways = {}
    for name in names:
        if name in comparison.PACKAGES:
            comparison.install(name)
        if kind == "plain" or name not in PLAIN_ONLY:
            python = comparison.python_of("openai-python" if name == "dosai.openai" else name)
            ways[name] = [python, str(HERE / "many_python.py"), name]
    return ways


def run(repetitions=5, quick=False, parts=("loop", "python")):
    """{title: {"runs": {way: [what many.c prints]}, "ratios": {other: {what: [ours to it, least to most]}}}}"""
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        build(folder)
        server = Server(folder)
        try:
            loop_and_curl = {way: [str(folder / "many"), way] for way in ("curl", "loop")}
            few = max(1, repetitions // 2)  # of what takes long
            for size in SIZES[:2] if quick else SIZES:
                for kind in ("plain", "tls") if "loop" in parts else ():
                    results["%d %s" % (size[0], kind)] = compare(
                        server, loop_and_curl, kind, size, repetitions if size[0] < 10_000 else few)
            for title, kind in PYTHON_KINDS if "python" in parts else ():
                results["%s, %d %s" % (title, PYTHON_SIZE[0], kind)] = compare(
                    server, python_ways(PYTHONS[title], kind), kind, PYTHON_SIZE, few)
        finally:
            server.process.communicate("")
    return results


def table(results):
    lines = []
    for title, result in results.items():
        lines.append("\n%s streams" % title)
        for way, runs in result["runs"].items():
            middle = lambda what: statistics.median(run[what] for run in runs)
            whole = sum(run["completed"] for run in runs)
            lines.append("  %-14s %d of %d whole, %.1f us a chunk (%.1f steady), %.0f us a stream, %.2f of a core, %.1f KB" % (
                way, whole, whole + sum(run["errors"] for run in runs), middle("cpu_us_whole"), middle("cpu_us_chunk"),
                middle("cpu_us_stream"), middle("core"), middle("memory_bytes_stream") / 1e3))
            lines.append("  %-14s delay %.0f us, 99 of 100 %.0f us" % (
                "", middle("p50_us"), middle("p99_us")))
        for other, ratios in result["ratios"].items():
            for what, values in ratios.items():
                said = "%.2f" % statistics.median(values) if values else "no steady time"
                if len(values) > 1:
                    said += " (%.2f to %.2f)" % (values[0], values[-1])
                lines.append("  times %-14s %-28s %s" % (other + ":", RATIOS[what], said))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="100 and 1,000 streams alone")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("parts", nargs="*", default=["loop", "python"], metavar="loop|python")
    options = parser.parse_args()
    print(table(run(options.repetitions, options.quick, options.parts)))


if __name__ == "__main__":
    main()
