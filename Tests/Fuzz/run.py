#!/usr/bin/env python3
"""Fuzzing with libFuzzer. run.py replay: each input of the corpus; those of calls twice, which must see the same.
run.py fuzz: new ones, for --seconds a target.
run.py keep: what fuzzing has found, and the cases of Tests/Wire and ../shared/cases, reduced to what covers the same
with the least, becomes the corpus: Tests/Fuzz/corpus/TARGET.txt, an input a line, written as Python writes bytes.

A target of "shipped" runs the library as it is shipped, build/lib/libdosai.so.0; the others the same sources with the
address sanitizer. A finding is kept in build/fuzz/findings; to see it again:
  DOSAI_FUZZ=TARGET build/fuzz/fuzz build/fuzz/findings/FILE
"""
import argparse, ast, hashlib, os, pathlib, re, shutil, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build/fuzz"
CORPUS = HERE / "corpus"
LAYERS = ["DosaiCore", "DosaiJSON", "DosaiHTTP", "DosAIEngine", "DosaiABI"]
SHARED = [ROOT / "Tests/Unit" / name for name in ("DosaiCoreTests/EventReference.swift", "DosaiCoreTests/EventStream.swift", "Support/Support.swift")]
SWIFT = ["swiftc", "-O", "-g", "-wmo", "-parse-as-library", "-swift-version", "5", "-enable-experimental-feature", "Extern",
         "-package-name", "dosai", "-enable-testing", "-sanitize=fuzzer,address"]
C = ["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-I" + str(ROOT / "include")]
TARGETS = ["events", "shapes", "streams", "json", "errors", "addresses", "request", "calls", "answers"]
SHIPPED = ["request", "calls", "answers"]
# A crash handler of Swift's own would be in the way of the sanitizer's.
SETTINGS = {"SWIFT_BACKTRACE": "enable=no", "ASAN_OPTIONS": "allocator_may_return_null=1:detect_leaks=1"}
LIMITS = ["-max_len=4096", "-timeout=120", "-rss_limit_mb=2048", "-malloc_limit_mb=512"]


# ---- the programs

def call(*command):
    done = subprocess.run([str(part) for part in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit("%s\n%s" % (" ".join(map(str, command)), done.stdout))


def toolchain():
    """The toolchain's own clang, whose libFuzzer is the one that Swift's code is made for."""
    info = subprocess.run(["swiftc", "-print-target-info"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return pathlib.Path(re.search(r'"runtimeResourcePath": "(.*)"', info)[1]).parents[1] / "bin/clang"


def is_old(built, sources):
    return not built.exists() or any(path.stat().st_mtime > built.stat().st_mtime for path in sources)


def build():
    BUILD.mkdir(parents=True, exist_ok=True)
    clang, own = toolchain(), sorted(HERE.glob("*.[ch]"))
    swift, files = sorted(HERE.glob("*.swift")), sorted(HERE.glob("*.c"))
    doors = ["-I%s" % (ROOT / "Sources" / name) for name in ("CCurl", "CJansson", "CSystem")] + ["-I%s" % (ROOT / "include")]
    objects, changed = [], False
    for name in LAYERS + ["Fuzz"]:
        texts = swift + SHARED if name == "Fuzz" else sorted((ROOT / "Sources" / name).rglob("*.swift"))
        object = BUILD / (name + ".o")
        objects.append(object)
        changed = changed or is_old(object, [*texts, *(ROOT / "Sources").glob("C*/*"), *(ROOT / "include").iterdir(), HERE / "run.py"])
        if changed:
            call(*SWIFT, "-module-name", name, "-emit-module", "-emit-module-path", BUILD / (name + ".swiftmodule"),
                 "-emit-object", "-o", object, "-I", BUILD, *doors, *texts)
            object.touch()  # swiftc leaves what comes out the same as it is
    if changed or is_old(BUILD / "fuzz", own):
        for file in files:
            objects.append(BUILD / (file.stem + "_c.o"))
            call(clang, *C, "-fsanitize=fuzzer-no-link,address", "-c", file, "-o", objects[-1])
        call("swiftc", "-sanitize=fuzzer,address", "-use-ld=lld", *objects, "-o", BUILD / "fuzz")
    build_shipped()


def build_shipped():
    BUILD.mkdir(parents=True, exist_ok=True)
    clang, own, files, library = toolchain(), sorted(HERE.glob("*.[ch]")), sorted(HERE.glob("*.c")), ROOT / "build/lib"
    if is_old(BUILD / "fuzz-shipped", [*own, library / "libdosai.so.0"]):
        call(clang, *C, "-DSHIPPED", "-fsanitize=fuzzer,address", *files, "-o", BUILD / "fuzz-shipped", "-L" + str(library),
             "-ldosai", "-ljansson", "-Wl,-rpath," + str(library))


# ---- the corpus

def read(target):
    path = CORPUS / (target + ".txt")
    return [ast.literal_eval("b" + line) for line in path.read_text().splitlines()] if path.exists() else []


def lay_out(target, inputs, name="corpus"):
    folder = BUILD / name / target
    folder.mkdir(parents=True, exist_ok=True)
    for bytes in inputs:
        (folder / hashlib.sha1(bytes).hexdigest()).write_bytes(bytes)
    return folder


def program(target, shipped):
    return BUILD / ("fuzz-shipped" if shipped else "fuzz")


def run(target, shipped, arguments, **more):
    environment = dict(os.environ, DOSAI_FUZZ=target, **SETTINGS, **more)
    (BUILD / "findings").mkdir(exist_ok=True)
    prefix = "-artifact_prefix=%s/%s-" % (BUILD / "findings", target)
    return subprocess.run([str(part) for part in [program(target, shipped), *LIMITS, prefix, *arguments]], cwd=ROOT,
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")


def keep(target):
    """The corpus is what covers all that the old corpus, the seeds and the last fuzzing cover, with few inputs."""
    sys.path.insert(0, str(HERE))
    import seeds
    found = lay_out(target, seeds.of(target) + read(target))
    least = BUILD / "least" / target
    shutil.rmtree(least, ignore_errors=True)
    least.mkdir(parents=True)
    done = run(target, False, ["-set_cover_merge=1", "-use_counters=0", "-max_len=1024", least, found])
    if done.returncode != 0:
        sys.exit(done.stdout)
    kept = sorted((path.read_bytes() for path in least.iterdir()), key=lambda bytes: (len(bytes), bytes))
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / (target + ".txt")).write_text("".join(repr(bytes)[1:] + "\n" for bytes in kept))
    print("%-10s %d inputs, %d bytes" % (target, len(kept), sum(map(len, kept))))


# ---- what is run

def report(target, shipped, done, began, inputs):
    numbers = re.findall(r"^stat::(\w+):\s+(\d+)", done.stdout, re.M)
    stats = {name: int(value) for name, value in numbers}
    runs = stats.get("number_of_executed_units", 0)
    took = time.monotonic() - began
    name = target + (" shipped" if shipped else "")
    print("%-4s %-16s %9d runs, %7d a second, corpus %4d, %s" % (
        "ok" if done.returncode == 0 else "FAIL", name, runs, runs / max(took, 0.001), inputs(),
        "no finding" if done.returncode == 0 else "a finding"), flush=True)
    if done.returncode != 0:
        print("\n".join("    " + line[:500] for line in done.stdout.splitlines()[-80:]), flush=True)


def replay(target, shipped, options):
    folder = BUILD / "replay" / target
    shutil.rmtree(folder, ignore_errors=True)
    inputs = read(target)
    folder = lay_out(target, inputs, "replay")
    began = time.monotonic()
    done = run(target, shipped, ["-print_final_stats=1", "-runs=0", folder], DOSAI_FUZZ_TWICE="1")
    report(target, shipped, done, began, lambda: len(inputs))
    missed = re.findall(r"^reached: .*\b0 .*", done.stdout, re.M)  # what the corpus is there for
    print("".join("FAIL %s\n" % line for line in missed), end="")
    return done.returncode == 0 and len(inputs) > 0 and not missed


def fuzz(target, shipped, options):
    folder = lay_out(target, read(target))
    began = time.monotonic()
    done = run(target, shipped, ["-print_final_stats=1", "-max_total_time=%d" % options.seconds, folder])
    report(target, shipped, done, began, lambda: len(list(folder.iterdir())))
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["replay", "fuzz", "keep"])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", action="append", default=[], help="a target, or a target and ,shipped")
    options = parser.parse_args()
    build()
    if options.what == "keep":
        for target in TARGETS:
            if not options.only or target in options.only:
                keep(target)
        return 0
    one = replay if options.what == "replay" else fuzz
    both = [(target, False) for target in TARGETS] + [(target, True) for target in SHIPPED]
    wanted = [(target, shipped) for target, shipped in both
              if not options.only or target + (",shipped" if shipped else "") in options.only]
    good = [one(target, shipped, options) for target, shipped in wanted]
    print("%d passed, %d failed" % (sum(good), len(good) - sum(good)))
    return not good or not all(good)


if __name__ == "__main__":
    sys.exit(main())
