"""One stream in each language: the CPU of a chunk through the binding, and by what its people use, which is written as an
expert would, in turns. Streams of 1,000 events on one connection; by the difference of a few and of many of them, so that
what is done once is not in it. What the others need is Debian's: `scripts/install-dependencies bench`; apt downloads Jackson
and the crates."""
import os
import subprocess

import common
import stream

KINDS = ("text", "60 bytes", "1 KB", "tool arguments")
CRATES = """base64 cfg-if chunked-transfer form-urlencoded futures-core idna itoa log once-cell percent-encoding proc-macro2 quote ryu
serde serde-derive serde-json smallvec syn unicode-bidi unicode-ident unicode-normalization ureq url""".split()
JACKSON = ("core", "databind", "annotations")
NEWTONSOFT = "/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll"
BUILD, SCRIPTS = common.ROOT / "build", common.HERE / "scripts"
WITH_LIBRARY = ["env", "LD_LIBRARY_PATH=%s" % common.LIBRARY.parent]
os.environ["ERL_LIBS"] = str(BUILD / "erlang")


def run_all(*command, **options):
    subprocess.run(list(map(str, command)), check=True, **options)


def debian(folder, packages):
    """What is in packages that are not installed."""
    if not folder.exists():
        folder.mkdir(parents=True)
        run_all("apt-get", "download", "-qq", *packages, cwd=folder, stderr=subprocess.DEVNULL)
        for package in folder.glob("*.deb"):
            run_all("dpkg", "-x", package, folder)
    return folder


def script(*command):
    return lambda: [*command[:-1], SCRIPTS / command[-1]]


def go():
    run_all(common.ROOT / "scripts/go", "build", "-C", common.HERE / "go", "-o", common.FOLDER / "go-stream", ".")
    return [common.FOLDER / "go-stream"]


def rust():
    crates = debian(BUILD / "rust-crates", ["librust-%s-dev" % name for name in CRATES]) / "usr/share/cargo/registry"
    sources = ["source.crates-io.replace-with='debian'", "source.debian.directory='%s'" % crates]
    environment = {**os.environ, "PATH": "/usr/bin:" + os.environ["PATH"], "DOSAI_LIB_DIR": str(common.LIBRARY.parent),
                   "CARGO_TARGET_DIR": str(BUILD / "rust-bench"), "RUSTFLAGS": "-C link-arg=-Wl,-rpath,%s" % common.LIBRARY.parent}
    run_all("cargo", "build", "--quiet", "--release", "--offline", *(word for one in sources for word in ("--config", one)),
            cwd=common.HERE / "rust", env=environment)
    return [BUILD / "rust-bench/release/stream"]


def java():
    jars = debian(common.FOLDER / "jackson", ["libjackson2-%s-java" % name for name in JACKSON])
    path = ":".join([str(BUILD / "java/classes"), *map(str, (jars / "usr/share/java").glob("*.jar"))])
    run_java, classes = common.ROOT / "scripts/java", common.FOLDER / "java-classes"
    run_all(run_java, "compile", classes, path, common.HERE / "java/StreamBenchmark.java")
    return [run_java, "run", "-XX:+UseSerialGC", "-cp", "%s:%s" % (path, classes), "StreamBenchmark"]


def csharp():
    assembly, made = BUILD / "csharp/Dosai.dll", common.FOLDER / "stream.exe"
    run_all("mcs", "-optimize+", "-r:%s" % assembly, "-r:System.Net.Http.dll", "-r:" + NEWTONSOFT, "-out:%s" % made, SCRIPTS / "stream.cs")
    return [*WITH_LIBRARY, "MONO_PATH=%s" % assembly.parent, "mono", made]


def swift():
    package, made = BUILD / "swift/release", common.FOLDER / "stream-swift"
    run_all("swiftc", "-O", "-swift-version", "6", "-I", package / "Modules", "-I", common.ROOT / "bindings/swift/Sources/CLibdosai",
            "-I", common.ROOT / "include", SCRIPTS / "stream.swift", "-o", made, *sorted((package / "Dosai.build").glob("*.o")),
            "-L", common.LIBRARY.parent)
    return [*WITH_LIBRARY, made]


FEW = (20,), (120,)
LANGUAGES = {  # the other; its mode, or that of a second way of ours; what builds it, and the numbers of streams
    "Go": ("net/http, encoding/json", {"other": "nethttp"}, go, ((20,), (220,))),
    "Rust": ("ureq, serde_json", {"other": "ureq"}, rust, ((20,), (220,))),
    "Java": ("java.net.http, Jackson", {"other": "native", "async": "virtual"}, java, ((300, 300),)),  # after a warm-up
    "C#, on mono": ("HttpClient, Newtonsoft.Json", {"other": "native", "async": "async"}, csharp, ((60,), (260,))),
    "Swift": ("URLSession, JSONDecoder", {"other": "native", "async": "async"}, swift, FEW),
    "LuaJIT": ("luasocket, cjson", {"other": "native"}, script("luajit", "stream.lua"), FEW),
    "Ruby": ("Net::HTTP, json", {"other": "native"}, script("ruby", "stream.rb"), FEW),
    "PHP": ("curl, json_decode", {"other": "native"}, script("php", "stream.php"), FEW),
    "Erlang": ("httpc, jiffy", {"other": "native"}, script("escript", "stream.escript"), FEW),
}


def run(times, quick):
    """{language: {stream: {"dosai", "async" or "other": nanoseconds a chunk, a run each}}}. A smoke test runs what needs
    nothing else."""
    results = {}
    for language, (_, modes, build, counts) in LANGUAGES.items():
        if quick == "smoke" and language not in ("LuaJIT", "Ruby", "PHP"):
            continue
        command, modes = build(), {"dosai": "dosai", **modes} if quick != "smoke" else {"dosai": "dosai"}
        for kind in KINDS if not quick else ("text", "1 KB") if quick != "smoke" else ("text",):
            with stream.server(stream.streams()[kind], 1, "chunks") as server:
                said = {}
                ways = {name: one_way(command, mode, server.base, counts if quick != "smoke" else ((1,), (2,)), said)
                        for name, mode in modes.items()}
                results.setdefault(language, {})[kind] = common.in_turns(ways, (times + 1) // 2)
    return results


def one_way(command, mode, base, counts, said):
    def once():
        spent = []
        for count in counts:
            cpu, chunks, text = common.output(*command, mode, base, *count)
            assert said.setdefault(count, (chunks, text)) == (chunks, text), (mode, chunks, text, said)
            spent.append((cpu, chunks))
        first = spent[0] if len(spent) > 1 else (0, 0)
        return max(1, spent[-1][0] - first[0]) / (spent[-1][1] - first[1])
    return once
