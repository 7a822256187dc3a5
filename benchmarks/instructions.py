#!/usr/bin/env python3
"""Counts instructions with callgrind: what a chunk of a stream and a small answer cost above the floor. Fails if one of
them costs more than docs/performance.md says, and 3 %.

usage: benchmarks/instructions.py [--write]   after `make`. --write: into the page, and nothing fails.

Each count is the difference of two lengths, so that what is done once is not in it. It does not depend on the machine:
valgrind runs a program as on one processor with AVX2, whichever it stands on.
"""
import collections
import concurrent.futures
import functools
import os
import re
import subprocess
import sys

import common
import report
import stream
import unary

PAGE = common.ROOT / "docs/performance.md"
MODES = ("callback", "pull", "loop")
ROUNDS, ANSWERS = (10, 40), (20, 120)
OBSERVED = ", observed"  # to whose client on_event was given; at most ALLOWED_ON more than without
ALLOWED_ON = .05
DELAY = 10  # milliseconds, after which a program has gone to wait for its answer: the counts would differ
ALLOWED = .03
AGAIN = 4  # times, at most, that a count is taken which is above its limit
# valgrind counts `rep movsb` and `rep stosb` as one instruction a byte
TUNABLES = ":".join("glibc.cpu.x86_rep_%s_threshold=100000000" % name for name in ("movsb", "stosb"))


def count(*command, libraries=common.LIBRARY.parent, observed=False):
    """{(library, function): instructions} of a whole process."""
    out = common.FOLDER / ("callgrind.%s%s" % ("-".join(map(str, command[1:])).replace("/", "_"), OBSERVED * observed))
    environment = {**common.comparison.environment(), "LD_LIBRARY_PATH": str(libraries), "GLIBC_TUNABLES": TUNABLES}
    if observed:
        environment["BENCH_OBSERVE"] = "1"
    subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=%s" % out, *map(str, command)],
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


def each(few, many, count_of):
    """The instructions of one of what `many` has more of."""
    return {what: (many[what] - few.get(what, 0)) / count_of for what in many}


def of_chunk(program, mode, events, framing, libraries=common.LIBRARY.parent, observed=False):
    counts = []
    for rounds in ROUNDS:
        with stream.server(events, rounds, framing) as server:
            counts.append(count(program, mode, *server.url, libraries=libraries, observed=observed))
    return each(*counts, (ROUNDS[1] - ROUNDS[0]) * len(events))


def of_answer(program, mode, text, observed=False):
    with common.Server(text, DELAY) as server:
        counts = (count(program, mode, server.port, answers, observed=observed) for answers in ANSWERS)
        return each(*counts, ANSWERS[1] - ANSWERS[0])


def works():
    """{work: (what counts the floor, what counts ours)}"""
    common.build_server()  # before the threads
    program, answers = (common.build(name, "dosai", "curl", "jansson") for name in ("stream", "unary"))
    events, small = stream.streams(), unary.answer(unary.SIZES["small"])
    chunk = functools.lru_cache(lambda *what: lambda: of_chunk(program, what[0], events[what[1]], what[2]))
    found = {"a chunk, %s, by %s" % (title, mode): (chunk("floor", "text", framing), chunk(mode, "text", framing))
             for framing, title in stream.FRAMINGS.items() for mode in MODES}
    for kind in (*stream.ALIKE, "logprobs"):
        found["%s, by callback" % kind] = chunk("floor", kind, "chunks"), chunk("callback", kind, "chunks")
    floor = lambda: of_answer(answers, "jansson", small)
    found["a small answer"] = floor, lambda: of_answer(answers, "dosai", small)
    work = next(iter(found))
    found[work + OBSERVED] = found[work][0], lambda: of_chunk(program, MODES[0], events["text"], "chunks", observed=True)
    found["a small answer" + OBSERVED] = floor, lambda: of_answer(answers, "dosai", small, observed=True)
    return found


def measure(only=None):
    """{work: (the floor's, ours)}, a chunk of plain text where its work names no other"""
    found = {work: pair for work, pair in works().items() if only is None or work in only}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {way: pool.submit(way) for way in dict.fromkeys(way for pair in found.values() for way in pair)}
        return {work: tuple(round(sum(running[way].result().values())) for way in pair) for work, pair in found.items()}


def kept():
    """{work: the most that it may cost above the floor}: what the page says, and 3 % of that, or of all where that is
    below the floor."""
    table = re.search(r"<!-- table: kept -->\n(.*?)<!-- end -->", PAGE.read_text(encoding="utf-8"), re.S)[1]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    numbers = {work: (int(ours), int(above)) for work, _, ours, above in rows}
    return {work: above + round(ALLOWED * (above if above > 0 else ours)) for work, (ours, above) in numbers.items()}


def limits(measured):
    """What each may cost above the floor; of a client that is observed, by what the same costs without."""
    found = kept()
    for work, (floor, _) in measured.items():
        if work.endswith(OBSERVED):
            found[work] = round((1 + ALLOWED_ON) * measured[work[:-len(OBSERVED)]][1]) - floor
    return found


def run(times, quick):
    """{work: (the floor's, ours)}; once, as the counts do not vary."""
    return {} if quick == "smoke" else measure()


def write(tables):
    PAGE.write_text(report.fill(PAGE.read_text(encoding="utf-8"), tables, PAGE), encoding="utf-8")


def main():
    measured = measure()
    if "--write" in sys.argv:
        # The least of two: on a busy machine, the server may be late, and a program reads less at a time.
        measured = {work: tuple(map(min, measured[work], again)) for work, again in measure().items()}
        rows = [[work, floor, ours, ours - floor] for work, (floor, ours) in measured.items()]
        write({"kept": report.table(["work", "the floor", "ours", "above it"], rows)})
    wrong = lambda: [work for work, (floor, ours) in measured.items() if ours - floor > limits(measured)[work]]
    for _ in range(AGAIN):  # for the same reason
        for work, again in measure(wrong()).items() if wrong() else ():
            measured[work] = tuple(map(min, measured[work], again))
    for work, (floor, ours) in measured.items():
        print("%-54s the floor %6d, ours %6d, above it %6d, at most %6d%s" % (
            work, floor, ours, ours - floor, limits(measured)[work], "  TOO MANY" if work in wrong() else ""))
    if wrong():
        sys.exit("instructions: %d of %d above the limit; see docs/performance.md" % (len(wrong()), len(measured)))


if __name__ == "__main__":
    main()
