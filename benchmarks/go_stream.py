#!/usr/bin/env python3
"""Streams in Go, by the binding and by net/http with encoding/json, in turns: nanoseconds of CPU a chunk, by the difference
of a few and of many streams of 1,000 events on one connection, so that what is done once is not in it.

usage: benchmarks/go_stream.py [REPETITIONS]"""
import subprocess
import sys

import common
import stream

MODES = ("dosai", "nethttp")
CALLS = (20, 220)


def build():
    program = common.FOLDER / "go-stream"
    subprocess.run([common.ROOT / "scripts/go", "build", "-C", common.HERE / "go", "-o", program, "."], check=True)
    return program


def measure(program, mode, base, texts):
    def once():
        spent, seen = zip(*((cpu, chunks) for cpu, chunks, text in (run(calls) for calls in CALLS)))
        return (spent[1] - spent[0]) / (seen[1] - seen[0])

    def run(calls):
        cpu, chunks, text = common.output(program, mode, base, calls)
        assert texts.setdefault(calls, (chunks, text)) == (chunks, text), (mode, chunks, text, texts)
        return cpu, chunks, text
    return once


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    program = build()
    for title in ("text", "60 bytes", "1 KB", "tool arguments"):
        events = stream.streams()[title]
        with stream.server(events, 1, "chunks") as server:
            texts = {}
            runs = common.in_turns({mode: measure(program, mode, server.base, texts) for mode in MODES}, times)
        print("%s: %s; net/http needs %s as much" % (title, ", ".join("%s %s ns" % (mode, common.spread(runs[mode], "%.0f")) for mode in MODES),
                                                 common.spread(common.ratios(runs, "nethttp", "dosai"), "%.1f")))


if __name__ == "__main__":
    main()
