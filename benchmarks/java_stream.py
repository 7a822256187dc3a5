#!/usr/bin/env python3
"""Streams in Java, by the binding, in a thread and in a virtual thread, and by java.net.http with Jackson, typed, in turns:
nanoseconds of CPU a chunk, of streams of 1,000 events on one connection, once the compiler of Java is done with what they
use. Jackson is Debian's.

usage: benchmarks/java_stream.py [REPETITIONS]"""
import subprocess
import sys

import common
import stream

MODES, WARM, CALLS = ("dosai", "virtual", "native"), 300, 300
JACKSON = ["libjackson2-%s-java" % name for name in ("core", "databind", "annotations")]


def build():
    """The options to run it with."""
    subprocess.run(["make", "-s", "-C", common.ROOT, "build/java/classes/ready"], check=True)
    jars = common.FOLDER / "jackson"
    jars.mkdir()
    subprocess.run(["apt-get", "download", "-qq", *JACKSON], cwd=jars, check=True, stderr=subprocess.DEVNULL)
    for package in jars.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, jars], check=True)
    path = ":".join([str(common.ROOT / "build/java/classes"), *map(str, (jars / "usr/share/java").glob("*.jar"))])
    classes = common.FOLDER / "java-classes"
    subprocess.run([common.ROOT / "scripts/java", "compile", classes, path, common.HERE / "java/StreamBenchmark.java"], check=True)
    return ["-XX:+UseSerialGC", "-cp", "%s:%s" % (path, classes), "StreamBenchmark"]


def measure(options, mode, base, texts):
    def once():
        cpu, chunks, text = common.output(common.ROOT / "scripts/java", "run", *options, mode, base, WARM, CALLS)
        seen = texts.setdefault("all", (chunks, text))
        assert seen == (chunks, text), (mode, chunks, text, texts)
        return cpu / chunks
    return once


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    options = build()
    for title in ("text", "60 bytes", "1 KB", "tool arguments"):
        with stream.server(stream.streams()[title], 1, "chunks") as server:
            texts = {}
            runs = common.in_turns({mode: measure(options, mode, server.base, texts) for mode in MODES}, times)
        print("%s: %s; java.net.http needs %s as much" % (
            title, ", ".join("%s %s ns" % (mode, common.spread(runs[mode], "%.0f")) for mode in MODES),
            common.spread(common.ratios(runs, "native", "dosai"), "%.1f")))


if __name__ == "__main__":
    main()
