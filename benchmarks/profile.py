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
import report
import stream

PAGE = common.ROOT / "docs/performance.md"
MODES = ("floor", "callback", "pull")
ROUNDS = (10, 30)
LEAST = 4  # instructions a chunk, to be in the table


def instructions(program, mode, rounds, events, chunked):
    """{(library, function): instructions} of a whole process."""
    out = common.FOLDER / "callgrind.out"
    environment = {**common.comparison.environment(), "LD_LIBRARY_PATH": str(common.FOLDER / "symbols"),
                   # valgrind counts `rep movsb` as one instruction a byte
                   "GLIBC_TUNABLES": "glibc.cpu.x86_rep_movsb_threshold=100000000"}
    with stream.server(events, rounds, chunked) as server:
        subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=%s" % out, program, mode, server.port],
                       env=environment, check=True, capture_output=True)
    return read(out)


def read(path):
    """The costs of a callgrind file by function, without those of the functions that it calls."""
    costs, names, place = collections.Counter(), {"ob": {}, "fn": {}}, {}
    is_call = False
    for line in open(path):
        name = re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?", line)
        if name:
            known = names[name[2]]
            if name[4]:
                known[name[3]] = name[4]
            if not name[1]:
                place[name[2]] = known[name[3]]
        elif line.startswith("calls="):
            is_call = True
        elif re.match(r"[-+*\d]\S* \d+$", line):
            if not is_call:
                costs[os.path.basename(place["ob"]), re.sub(r"'\d+$", "", place["fn"])] += int(line.split()[1])
            is_call = False
    return costs


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


def functions(chunked):
    """Rows of function, library, and instructions a chunk in each mode. `chunked`: each event comes in an HTTP chunk."""
    symbols = common.FOLDER / "symbols"
    symbols.mkdir(exist_ok=True)
    shutil.copy(common.ROOT / ".build/release/libdosai.so", symbols / "libdosai.so.0")
    program, events = common.build("stream", "dosai", "curl", "jansson"), stream.streams()["text"]
    costs = {}
    for mode in MODES:
        few, many = (instructions(program, mode, rounds, events, chunked) for rounds in ROUNDS)
        chunks = (ROUNDS[1] - ROUNDS[0]) * len(events)
        costs[mode] = {what: (many[what] - few.get(what, 0)) / chunks for what in many}
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
            process = os.posix_spawn(program, [str(program), mode, server.port], common.comparison.environment(),
                                     file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
            used = os.wait4(process, 0)[2]
            sums[mode] = [sums[mode][0] + used.ru_utime, sums[mode][1] + used.ru_stime]
    chunks = times * rounds * len(events)
    return [[report.NAMES[mode], *("%.0f" % (seconds * 1e9 / chunks) for seconds in both)] for mode, both in sums.items()]


def main():
    columns = ["function", "of", *(report.NAMES[mode] for mode in MODES)]
    made = {"chunked": report.table(columns, functions(chunked=True)),
            "instructions": report.table(columns, functions(chunked=False)),
            "kernel": report.table(["", "ns a chunk in the process", "ns a chunk in the kernel"], kernel())}
    for name, table in made.items():
        print("%s\n\n%s" % (name, table))
    if "--write" in sys.argv:
        PAGE.write_text(report.fill(PAGE, made), encoding="utf-8")


if __name__ == "__main__":
    main()
