#!/usr/bin/env python3
"""The bundle beside the system's libcurl, in turns: the time to import the Python package, from the start of a process to
its first byte on the wire, and the CPU of a chunk of a stream over TLS and HTTP/2. Both libraries are built before: make
all bundle.

    bundle.py [TURNS]"""
import sys

import cold
import common
import stream

BUNDLE = common.ROOT / "build/bundle/x86_64-linux-gnu/lib"
WAYS = {"system": [], "bundle": ["-Wl,-rpath,%s" % BUNDLE]}  # found before build/lib


def imports(times):
    python, bundled = common.comparison.python_of("dosai"), ("env", "DOSAI_LIBRARY=%s/libdosai.so.0" % BUNDLE)
    ways = {"system": lambda: cold.import_time(python, "dosai"), "bundle": lambda: cold.import_time(python, "dosai", *bundled)}
    return common.in_turns(ways, times)


def first_byte(times):
    with common.Server(cold.unary.answer(100)) as server:
        ways = {}
        for way, flags in WAYS.items():
            program = common.build("cold_" + way, "dosai", source="cold.c", flags=("-DWITH_DOSAI", *flags))
            ways[way] = lambda program=program: cold.first_byte(server, [program, server.port])
        return common.in_turns(ways, times)


def chunk(times, title):
    events = stream.streams()[title]
    size = sum(len(one.encode()) + 7 for one in events) / len(events)
    rounds = max(2, round(24_000_000 / size / len(events)))
    counts, seen, ways = (len(events), rounds * len(events)), {}, {}
    with stream.server(events, 1, "h2") as short, stream.server(events, rounds, "h2") as long:
        for way, flags in WAYS.items():
            program = common.build("stream_" + way, "dosai", "curl", "jansson", source="stream.c", flags=flags)
            ways[way] = stream.one_mode(program, "callback", (short, long), counts, seen)
        return common.in_turns(ways, times)


def show(what, runs, unit, scale):
    told = ["%s %s %s" % (way, common.spread([run / scale for run in runs[way]]), unit) for way in WAYS]
    print("%s: %s; %s times" % (what, ", ".join(told), common.spread(common.ratios(runs, "bundle", "system"))), flush=True)


def main():
    times = int(sys.argv[1]) if sys.argv[1:] else 10
    show("import dosai", imports(2 * times), "ms", 1e6)
    show("process to first byte", first_byte(2 * times), "ms", 1e6)
    for title in ("text", "4 KB"):
        show("CPU of a chunk over TLS, " + title, chunk(times, title), "us", 1e3)


if __name__ == "__main__":
    main()
