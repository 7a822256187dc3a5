#!/usr/bin/env python3
"""Streams in Rust, by the binding and by ureq with serde_json, in turns: nanoseconds of CPU a chunk, by the difference of
a few and of many streams of 1,000 events on one connection, so that what is done once is not in it. The crates are
Debian's, which apt downloads.

usage: benchmarks/rust_stream.py [REPETITIONS]"""
import os
import subprocess
import sys

import common
import stream

MODES, CALLS = ("dosai", "ureq"), (20, 220)
CRATES = """base64 cfg-if chunked-transfer form-urlencoded idna itoa log once-cell percent-encoding proc-macro2 quote ryu serde
serde-derive serde-json smallvec syn unicode-bidi unicode-ident unicode-normalization ureq url""".split()
REGISTRY = common.ROOT / "build/rust-registry"


def build():
    crates = REGISTRY / "usr/share/cargo/registry"
    if not crates.exists():
        REGISTRY.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", *("librust-%s-dev" % name for name in CRATES)], cwd=REGISTRY, check=True)
        for package in REGISTRY.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, REGISTRY], check=True)
    target, sources = common.ROOT / "build/rust-bench", ["source.crates-io.replace-with='debian'", "source.debian.directory='%s'" % crates]
    environment = {**os.environ, "PATH": "/usr/bin:" + os.environ["PATH"], "DOSAI_LIB_DIR": str(common.LIBRARY.parent),
                   "CARGO_TARGET_DIR": str(target), "RUSTFLAGS": "-C link-arg=-Wl,-rpath,%s" % common.LIBRARY.parent}
    subprocess.run(["cargo", "build", "--quiet", "--release", "--offline", *(word for one in sources for word in ("--config", one))],
                   cwd=common.HERE / "rust", env=environment, check=True)
    return target / "release/stream"


def measure(program, mode, base, texts):
    def run(calls):
        cpu, chunks, text = common.output(program, mode, base, calls)
        assert texts.setdefault(calls, (chunks, text)) == (chunks, text), (mode, chunks, text, texts)
        return cpu, chunks

    def once():
        few, many = map(run, CALLS)
        return (many[0] - few[0]) / (many[1] - few[1])
    return once


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    program = build()
    for title in ("text", "60 bytes", "1 KB", "escapes", "tool arguments"):
        with stream.server(stream.streams()[title], 1, "chunks") as server:
            texts = {}
            runs = common.in_turns({mode: measure(program, mode, server.base, texts) for mode in MODES}, times)
        print("%s: %s; ureq needs %s as much" % (
            title, ", ".join("%s %s ns" % (mode, common.spread(runs[mode], "%.0f")) for mode in MODES),
            common.spread(common.ratios(runs, "ureq", "dosai"))))


if __name__ == "__main__":
    main()
