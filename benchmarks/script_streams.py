#!/usr/bin/env python3
"""Streams in Ruby, PHP and LuaJIT, by the binding and by what is there without it, in turns: nanoseconds of CPU a chunk, by
the difference of a few and of many streams of 1,000 events on one connection, so that what is done once is not in it. The
others are of Debian: php-curl, lua-socket and lua-cjson, which nothing else needs.

usage: benchmarks/script_streams.py LANGUAGE [REPETITIONS]"""
import sys

import common
import stream

MODES, CALLS = ("dosai", "native"), (20, 120)
LANGUAGES = {"ruby": (["ruby"], "stream.rb", "Net::HTTP with json"), "php": (["php"], "stream.php", "curl with json_decode"),
             "luajit": (["luajit"], "stream.lua", "luasocket with cjson")}


def measure(command, mode, base, texts):
    def run(calls):
        cpu, chunks, text = common.output(*command, mode, base, calls)
        assert texts.setdefault(calls, (chunks, text)) == (chunks, text), (mode, chunks, text, texts)
        return cpu, chunks

    def once():
        few, many = map(run, CALLS)
        return (many[0] - few[0]) / (many[1] - few[1])
    return once


def main():
    interpreter, program, native = LANGUAGES[sys.argv[1]]
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    command = [*interpreter, common.HERE / "scripts" / program]
    for title in ("text", "60 bytes", "1 KB", "tool arguments"):
        with stream.server(stream.streams()[title], 1, "chunks") as server:
            texts = {}
            runs = common.in_turns({mode: measure(command, mode, server.base, texts) for mode in MODES}, times)
        print("%s: %s; %s needs %s as much" % (
            title, ", ".join("%s %s ns" % (mode, common.spread(runs[mode], "%.0f")) for mode in MODES), native,
            common.spread(common.ratios(runs, "native", "dosai"))))


if __name__ == "__main__":
    main()
