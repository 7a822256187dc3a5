#!/usr/bin/env python3
"""Many paced streams at once in one process of Node.js, Go or Erlang: by the binding, and by what its people use, in turns.

usage: benchmarks/many_languages.py [LANGUAGE] [STREAMS COUNT PERIOD [REPETITIONS]]   LANGUAGE: node, go or erlang; all
without it. 1,000 streams of 100 events, one every 50 ms, three times. It needs libssl-dev, and what it runs:
`make build/node/dosai.node build/go/bin/go build/erlang/ready`, and for Erlang Debian's erlang-inets and erlang-jiffy."""
import os
import sys

import bindings  # which says where Erlang finds ours
import common
import many


def go():
    program = common.FOLDER / "go-many"
    bindings.run_all(common.ROOT / "scripts/go", "build", "-C", common.HERE / "go", "-o", program, "./many")
    return [program]


LANGUAGES = {"node": lambda: [common.ROOT / "build/node/node", common.HERE / "scripts/many.mjs"], "go": go,
             "erlang": bindings.script("escript", "many.escript")}


def measure(command, mode, server, size):
    return lambda: common.output(*command, mode, server.bases["plain"], *size)


def main():
    names = [word for word in sys.argv[1:] if word in LANGUAGES] or list(LANGUAGES)
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    *size, times = [*numbers, *(1000, 100, 50, 3)[len(numbers):]]
    many.build(common.FOLDER)
    server = many.Server(common.FOLDER)
    try:
        for name in names:
            command = LANGUAGES[name]()
            runs = common.in_turns({mode: measure(command, mode, server, size) for mode in ("dosai", "native")}, times)
            for mode, each in runs.items():
                cpu, whole, median, late = map(common.median, zip(*each))
                print("%s, %s: %.1f us of CPU a chunk, %d of %d streams whole, delay %d us, 99 of 100 %d us" % (
                    name, mode, cpu, whole, size[0], median, late), flush=True)
    finally:
        server.process.communicate("")


if __name__ == "__main__":
    main()
