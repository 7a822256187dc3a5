#!/usr/bin/env python3
"""Many paced streams at once in one Erlang VM, a process each, by the binding and by httpc with jiffy, in turns.

usage: benchmarks/erlang_many.py [STREAMS COUNT PERIOD [REPETITIONS]]   after `make build/erlang/ready`; it needs
libssl-dev and erlang-inets. 1,000 streams of 100 events, one every 50 ms, three times."""
import os
import sys

import common
import many


def main():
    *size, times = [*map(int, sys.argv[1:]), 1000, 100, 50, 3][:4] if len(sys.argv) < 4 else [*map(int, sys.argv[1:]), 3][:4]
    os.environ["ERL_LIBS"] = str(common.ROOT / "build/erlang")
    many.build(common.FOLDER)
    server = many.Server(common.FOLDER)

    def measure(mode):
        return lambda: common.output("escript", common.HERE / "scripts/many.escript", mode, server.bases["plain"], *size)
    try:
        runs = common.in_turns({mode: measure(mode) for mode in ("dosai", "native")}, times)
    finally:
        server.process.communicate("")
    for mode, each in runs.items():
        cpu, whole, median, late = map(common.median, zip(*each))
        print("%s: %.1f us of CPU a chunk, %d of %d streams whole, delay %d us, 99 of 100 %d us" % (mode, cpu, whole, size[0], median, late))


if __name__ == "__main__":
    main()
