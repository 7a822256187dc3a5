#!/usr/bin/env python3
"""`dosai batch` with small answers beside libcurl's multi interface, which sends the same lines and writes the answers.

usage: benchmarks/batch.py [--quick]   after `make`. Each number is the difference of a long batch and a short one: what
is done once is not in it.
"""
import json
import os
import statistics
import sys

import common
import many

AT_ONCE = 64
LINES = (1_000, 6_000)
MODEL = "whole-13-20"  # 13 lines of text, after 20 ms: all that may be in flight are


def write_lines(path, count):
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello!"}]}
    with open(path, "w", encoding="utf-8") as file:
        for i in range(count):
            file.write(json.dumps({"custom_id": "line-%d" % i, "method": "POST", "url": "/v1/chat/completions", "body": body}) + "\n")


def cpu(command, environment, output, count):
    """The CPU time of a process in nanoseconds. Its output must have a line for each of the input."""
    if output.exists():
        output.unlink()
    command = list(map(str, command))
    process = os.posix_spawn(command[0], command, environment)
    _, status, used = os.wait4(process, 0)
    whole = sum(line.count('"status_code": 200') for line in open(output, encoding="utf-8")) if output.exists() else 0
    if os.waitstatus_to_exitcode(status) or whole != count:
        raise SystemExit("%s: %d of %d lines" % (command, whole, count))
    return (used.ru_utime + used.ru_stime) * 1e9


def run(times, quick):
    """{way: [nanoseconds of CPU a line, a run each]}"""
    counts = (50, 200) if quick == "smoke" else tuple(count // 5 for count in LINES) if quick else LINES
    program, folder = common.build("batch_curl", "curl"), common.FOLDER
    inputs = {count: folder / ("batch-%d.jsonl" % count) for count in counts}
    for count, path in inputs.items():
        write_lines(path, count)
    many.build(folder)
    server = many.Server(folder)
    base, output = server.bases["plain"], folder / "batch-out.jsonl"
    environment = {**common.comparison.environment(), "DOSAI_API_KEY": "sk-0123456789abcdef"}
    ways = {"curl": lambda count: [program, base, inputs[count], output, AT_ONCE],
            "dosai": lambda count: [common.ROOT / "build/bin/dosai", "batch", inputs[count], "-o", output, "--base-url", base,
                                    "--concurrency", AT_ONCE]}

    def measure(way):
        few, all = (cpu(way(count), environment, output, count) for count in counts)
        return (all - few) / (counts[1] - counts[0])
    try:
        return common.in_turns({name: lambda way=way: measure(way) for name, way in ways.items()}, times)
    finally:
        server.process.communicate("")


def main():
    runs = run(3, "--quick" in sys.argv)
    for name, values in runs.items():
        print("%-6s %.1f us of CPU a line" % (name, statistics.median(values) / 1e3))
    print("dosai, times curl: %s" % common.spread(common.ratios(runs, "dosai", "curl")))


if __name__ == "__main__":
    main()
