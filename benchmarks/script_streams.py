#!/usr/bin/env python3
"""Streams in Ruby, PHP, LuaJIT, C#, Erlang and Swift, by the binding and by what is there without it, in turns: nanoseconds of CPU a chunk,
by the difference of a few and of many streams of 1,000 events on one connection, so that what is done once is not in it. The
others are of Debian: php-curl, lua-socket, lua-cjson, libnewtonsoft-json5.0-cil, libmono-system-net-http4.0-cil and
erlang-inets, which nothing else needs. C# on mono and
Swift have an asynchronous way, too; C# needs more streams, until all is compiled.

usage: benchmarks/script_streams.py LANGUAGE [REPETITIONS]"""
import os
import subprocess
import sys

import common
import stream

CALLS = {"csharp": (60, 260)}
LANGUAGES = {"ruby": (["ruby"], "stream.rb", "Net::HTTP with json"), "php": (["php"], "stream.php", "curl with json_decode"),
             "luajit": (["luajit"], "stream.lua", "luasocket with cjson"), "csharp": (["mono"], "stream.cs", "HttpClient with Newtonsoft.Json"),
             "erlang": (["escript"], "stream.escript", "httpc with jiffy"),
             "swift": ([], "stream.swift", "URLSession with JSONDecoder")}
NEWTONSOFT = "/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll"
os.environ["ERL_LIBS"] = str(common.ROOT / "build/erlang")


def compiled(program):
    """The command of a program in C#."""
    assembly, made = common.ROOT / "build/csharp/Dosai.dll", common.FOLDER / "stream.exe"
    subprocess.run(["mcs", "-optimize+", "-r:%s" % assembly, "-r:System.Net.Http.dll", "-r:" + NEWTONSOFT, "-out:%s" % made, program], check=True)
    return ["env", "LD_LIBRARY_PATH=%s" % common.LIBRARY.parent, "MONO_PATH=%s" % assembly.parent, "mono", made]


def compiled_swift(program):
    made = common.FOLDER / "stream-swift"
    objects = sorted((common.ROOT / "build/swift/release/Dosai.build").glob("*.o"))
    subprocess.run(["swiftc", "-O", "-swift-version", "6", "-I", common.ROOT / "build/swift/release/Modules", "-I", common.ROOT / "bindings/swift/Sources/CLibdosai",
                    "-I", common.ROOT / "include", program, "-o", made, *objects, "-L", common.LIBRARY.parent], check=True)
    return ["env", "LD_LIBRARY_PATH=%s" % common.LIBRARY.parent, made]


def measure(command, mode, base, texts, counts):
    def run(calls):
        cpu, chunks, text = common.output(*command, mode, base, calls)
        assert texts.setdefault(calls, (chunks, text)) == (chunks, text), (mode, chunks, text, texts)
        return cpu, chunks

    def once():
        few, many = map(run, counts)
        return (many[0] - few[0]) / (many[1] - few[1])
    return once


def main():
    interpreter, program, native = LANGUAGES[sys.argv[1]]
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    command = [*interpreter, common.HERE / "scripts" / program]
    modes, counts = ["dosai", "native"], CALLS.get(sys.argv[1], (20, 120))
    if program.endswith((".cs", ".swift")):
        modes.insert(1, "async")
        command = (compiled if program.endswith(".cs") else compiled_swift)(command[-1])
    for title in ("text", "60 bytes", "1 KB", "tool arguments"):
        with stream.server(stream.streams()[title], 1, "chunks") as server:
            texts = {}
            runs = common.in_turns({mode: measure(command, mode, server.base, texts, counts) for mode in modes}, times)
        print("%s: %s; %s needs %s as much" % (
            title, ", ".join("%s %s ns" % (mode, common.spread(runs[mode], "%.0f")) for mode in modes), native,
            common.spread(common.ratios(runs, "native", "dosai"))))


if __name__ == "__main__":
    main()
