#!/usr/bin/env python3
"""Where the time of a chunk goes: the instructions of each function, by callgrind, and the kernel's part of the time.

usage: benchmarks/profile.py [--write]   after `make`, which leaves the library with its symbols in .build/release.
--write: into docs/performance.md. Each count is the difference of two streams, so that what is done once is not in it.
"""
import collections
import os
import re
import shutil
import subprocess
import sys

import common
import instructions
import report
import stream

MODES = ("floor", "callback", "pull")
LEAST = 4  # instructions a chunk, to be in the table


def demangled(names):
    """Swift's names as a reader knows them: Type.function."""
    ran = subprocess.run(["swift", "demangle", "--simplified", "--compact"], input="\n".join(names), capture_output=True, text=True, check=True)
    short = {}
    for name, plain in zip(names, ran.stdout.splitlines()):
        plain = re.sub(r"^(.* of |static |generic )+", "", plain)
        plain = re.sub(r"\(.*|<.*| in _.*| -> .*", "", plain)
        short[name] = "`%s`" % (plain if plain.strip() else name)
    return short


def library_of(name):
    return next((known for known in ("libdosai", "libcurl", "libc", "libjansson") if re.match(known + r"[.\d]", name)), "the program")


def functions(framing):
    """Rows of function, library, and instructions a chunk in each mode."""
    symbols = common.FOLDER / "symbols"
    symbols.mkdir(exist_ok=True)
    shutil.copy(common.ROOT / ".build/release/libdosai.so", symbols / "libdosai.so.0")
    program, events = common.build("stream", "dosai", "curl", "jansson"), stream.streams()["text"]
    costs = {mode: instructions.of_chunk(program, mode, events, framing, symbols) for mode in MODES}
    names = demangled(sorted({name for cost in costs.values() for _, name in cost}))
    seen = {(library_of(library), name) for cost in costs.values() for (library, name), count in cost.items() if count >= LEAST}
    sums = collections.defaultdict(lambda: dict.fromkeys(MODES, 0))
    for mode, cost in costs.items():
        for (library, name), count in cost.items():
            library = library_of(library)
            sums[names[name] if (library, name) in seen else "other", library][mode] += count
    rows = sorted(([name, library, *("%.0f" % counts[mode] for mode in MODES)] for (name, library), counts in sums.items()
                   if max(counts.values()) >= .5), key=lambda row: -float(row[3]))
    return rows + [["**all**", "", *("**%.0f**" % sum(costs[mode].values()) for mode in MODES)]]


def kernel():
    """Rows of mode, and nanoseconds a chunk outside and inside of the kernel, which only samples that: of many runs."""
    program, events, rounds, times = common.build("stream", "dosai", "curl", "jansson"), stream.streams()["text"], 200, 30
    sums = {mode: [0, 0] for mode in ("curl", *MODES)}
    with stream.server(events, rounds) as server:
        for mode in list(sums) * times:
            process = os.posix_spawn(program, [str(program), mode, *map(str, server.url)], common.comparison.environment(),
                                     file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
            used = os.wait4(process, 0)[2]
            sums[mode] = [sums[mode][0] + used.ru_utime, sums[mode][1] + used.ru_stime]
    chunks, names = times * rounds * len(events), {**report.NAMES, "curl": "libcurl alone"}
    return [[names[mode], *("%.0f" % (seconds * 1e9 / chunks) for seconds in both)] for mode, both in sums.items()]


def main():
    columns = ["function", "of", *(report.NAMES[mode] for mode in MODES)]
    made = {"chunked": report.table(columns, functions("chunks")),
            "instructions": report.table(columns, functions("none")),
            "kernel": report.table(["", "ns a chunk in the process", "ns a chunk in the kernel"], kernel())}
    for name, table in made.items():
        print("%s\n\n%s" % (name, table))
    if "--write" in sys.argv:
        instructions.write(made)


if __name__ == "__main__":
    main()
