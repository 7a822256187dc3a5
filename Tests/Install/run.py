#!/usr/bin/env python3
"""The library as a stranger gets it: installed by make and found by pkg-config, CMake and SwiftPM, and as Debian
packages in a clean root. The programs are the examples; they talk to a loopback server. `make deb` was before."""
import os, pathlib, re, shlex, shutil, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "Tests/Support"))
from server import LoopbackServer

ANSWER = "Hello! How can I help you today?"
COMPLETIONS = {"bash": "bash-completion/completions/dosai", "zsh": "zsh/site-functions/_dosai",
               "fish": "fish/vendor_completions.d/dosai.fish"}
CARGO = ["cargo", "--config", "source.crates-io.replace-with='debian'",
         "--config", "source.debian.directory='/usr/share/cargo/registry'", "build", "--quiet", "--offline",
         "--manifest-path", "bindings/rust/Cargo.toml", "--example", "chat"]
TIMEOUT = 1200  # seconds, for one command; its stage has 1,500
NOT_OURS = "initial-upload-closes-no-bugs"  # lintian's, for Debian's own archive


class Failed(Exception):
    pass


def check(good, what):
    if not good:
        raise Failed(what)


def run(*command, fails=False, **more):
    """What the command prints; it must end well, or, where it fails, badly."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    environment.update(more.pop("env", {}))
    ran = subprocess.run([str(word) for word in command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TIMEOUT)
    check((ran.returncode != 0) == fails, "%s: exit status %d\n%s" % (command[0], ran.returncode, ran.stdout))
    return ran.stdout


def talk(server, *command, **environment):
    output = run(*command, env={"DOSAI_BASE_URL": server.base("hello"), "DOSAI_API_KEY": "sk-test", **environment})
    check(ANSWER in output, "%s: no answer:\n%s" % (command[0], output))


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


def header_version():
    return re.search(r'DOSAI_VERSION "(.*)"', (ROOT / "include/dosai.h").read_text()).group(1)


def manual(_, folder):
    """The manual has the options that the tool has, and no others."""
    page = (ROOT / "cli/dosai.1").read_text()
    told = set(re.findall(r"^\.It Fl -?([a-z][a-z-]*)", page, flags=re.M))
    known = set()
    for command in ("chat", "batch", "models", "post", "decode"):
        known |= set(re.findall(r"^  --?([a-z][a-z-]*)", run("build/bin/dosai", command, "--help"), flags=re.M))
    check(told == known, "the manual and --help differ in " + ", ".join(sorted(told ^ known)))


def install(_, folder):
    """Uninstalling takes away what was installed, and nothing else."""
    for libraries in ("lib", "lib/x86_64-linux-gnu"):
        where = ["DESTDIR=%s" % folder, "PREFIX=/usr", "LIBDIR=/usr/" + libraries]
        (folder / "usr" / libraries).mkdir(parents=True)
        (folder / "usr" / libraries / "libother.so").touch()
        before = names(folder)
        run("make", "install", *where)
        expected = {"bin/dosai", "include/dosai.h", "include/dosai.hpp", "share/man/man1/dosai.1"} | {
            "share/" + name for name in COMPLETIONS.values()} | {
            libraries + "/" + name for name in ("libdosai.so", "libdosai.so.0", "libdosai.so." + header_version(),
                                                "libdosai.a",
                                                "pkgconfig/dosai.pc", "cmake/dosai/dosai-config.cmake",
                                                "cmake/dosai/dosai-config-version.cmake")}
        installed = names(folder) - before
        check(installed == {"usr/" + name for name in expected}, "installed: %s" % installed)
        for shell, name in COMPLETIONS.items():
            good = (folder / "usr/share" / name).read_text() == run("build/bin/dosai", "completion", shell)
            check(good, name + ": not what the tool prints")
        run("make", "uninstall", *where)
        check(names(folder) == before, "left behind: %s" % (names(folder) - before))
        check(not list(folder.rglob("*dosai*")), "a folder of ours is left behind")


def pkg_config(server, folder):
    """Programs in C and Rust by pkg-config, and the tool, from a prefix whose name has a space and an ampersand."""
    system = "lib/" + run("cc", "-print-multiarch").strip()
    for libraries in ("lib", system):
        prefix = folder / ("of & " + libraries.replace("/", "-"))
        where = ["PREFIX=%s" % prefix, "LIBDIR=%s" % (prefix / libraries)]
        run("make", "install", *where)
        find = {"PKG_CONFIG_PATH": str(prefix / libraries / "pkgconfig")}
        check(run("pkg-config", "--modversion", "dosai", env=find).strip() == header_version(), "another version")
        flags = shlex.split(run("pkg-config", "--cflags", "--libs", "dosai", env=find))
        run("cc", "examples/c/chat.c", "-o", folder / "chat", *flags, "-Wl,-rpath,%s" % (prefix / libraries))
        talk(server, folder / "chat")
        run(*CARGO, "--target-dir", folder / "rust", env=find)
        talk(server, folder / "rust/debug/examples/chat", LD_LIBRARY_PATH=str(prefix / libraries))
        talk(server, prefix / "bin/dosai", "chat", "hi")
        run("make", "uninstall", *where)
        check(not names(prefix), "left behind: %s" % names(prefix))


def static(server, folder):
    """Programs with the static library inside: in C, and in Swift, which has a runtime of its own."""
    prefix = folder / "prefix"
    run("make", "install", "PREFIX=%s" % prefix)
    for shared in prefix.glob("lib/libdosai.so*"):
        shared.unlink()
    find = {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = run("pkg-config", "--static", "--cflags", "--libs", "dosai", env=find).split()
    for language, compile in (("C", ["cc", "examples/c/stream.c"]), ("Swift", ["swiftc", HERE / "host.swift"])):
        doors = ["-I", "include"] if language == "Swift" else []
        run(*compile, *doors, "-o", folder / language, *flags)
        talk(server, folder / language)


MANIFEST = """// swift-tools-version:6.2
import PackageDescription

let package = Package(
  name: "hello", platforms: [.macOS(.v15)], dependencies: [%s],
  targets: [.executableTarget(name: "hello", dependencies: [.product(name: "Dosai", package: "dosai")])])
"""


def swiftpm(server, folder):
    """A Swift program with the product Dosai of the package at the root: by path, and by a version at a git URL."""
    prefix, clone = folder / "prefix", folder / "dosai"
    run("make", "install", "PREFIX=%s" % prefix)
    run("git", "clone", "-q", ROOT, clone)
    run("git", "-C", clone, "tag", "--force", header_version())
    for kind, dependency, configuration in (
            ("path", '.package(name: "dosai", path: "%s")' % ROOT, "debug"),
            ("url", '.package(url: "file://%s", from: "%s")' % (clone, header_version()), "release")):
        package = folder / kind
        (package / "Sources/hello").mkdir(parents=True)
        (package / "Package.swift").write_text(MANIFEST % dependency)
        shutil.copy(ROOT / "bindings/swift/examples/stream.swift", package / "Sources/hello/main.swift")
        run("swift", "build", "-c", configuration, "--package-path", package, "--cache-path", folder / "cache",
            "-Xlinker", "-rpath=%s/lib" % prefix, env={"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")})
        program = package / ".build" / configuration / "hello"
        needed = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", program))
        check("libdosai.so.0" in needed, "it does not need the library that is installed: %s" % needed)
        check("libcurl.so.4" not in needed, "the engine is in the program")
        talk(server, program)


def configure(folder, prefix, wanted, **more):
    """A stranger's project, which finds the library below the prefix."""
    project, build = folder / "project", folder / ("build-" + wanted)
    shutil.copytree(HERE / "cmake", project, dirs_exist_ok=True)
    for example in ("c/chat.c", "cpp/stream.cpp"):
        shutil.copy(ROOT / "examples" / example, project)
    run("cmake", "-S", project, "-B", build, "-DCMAKE_PREFIX_PATH=%s" % prefix, "-DWANTED=" + wanted, **more)
    return build


def cmake_builds(server, folder, prefix, *programs):
    build = configure(folder, prefix, ".".join(header_version().split(".")[:2]))
    run("cmake", "--build", build)
    for program in programs:
        talk(server, build / program)
    return build


def cmake(server, folder):
    """C and C++ programs by CMake, from a prefix that was moved and one like a release's; one is shipped with it."""
    run("make", "install", "PREFIX=%s" % (folder / "first/its & own"), "LIBDIR=%s" % (folder / "first/lib"))
    prefix = (folder / "first").rename(folder / "second")
    major, minor, _ = map(int, header_version().split("."))
    configure(folder, prefix, "%d.%d" % (major, minor + 1), fails=True)
    configure(folder, prefix, header_version() + "9", fails=True)
    build = cmake_builds(server, folder, prefix, "chat", "stream", "static")
    check("libdosai" not in run("ldd", build / "static"), "the static target takes the shared library")
    shipped = folder / "shipped"
    run("cmake", "--install", build, "--prefix", shipped)
    talk(server, shipped / "bin/chat", LD_LIBRARY_PATH=str(shipped / "lib"))
    release = folder / "release"
    run("make", "install", "DESTDIR=%s" % release, "PREFIX=", "LIBDIR=/lib", "ARCHIVE=none")
    cmake_builds(server, release, release, "chat", "stream")


def packages():
    found = sorted((ROOT / "build/deb").glob("*.deb"))
    kinds = [path.name.split("_")[0] for path in found]
    check(kinds == ["dosai", "libdosai-dev", "libdosai0"], "the packages are %s" % kinds)
    return found


def lint(_, folder):
    """The packages are as Debian wants them, and of the header's version."""
    for path in packages():
        check(path.name.split("_")[1].split("-")[0] == header_version(), path.name + ": not the header's version")
    output = run("lintian", "--allow-root", "--fail-on", "error,warning", "--suppress-tags", NOT_OURS, *packages())
    check(not re.search("^[EW]:", output, flags=re.M), output)


def clean_root(server, folder):
    """The packages in a root that has nothing else: the tool, and a C program built there."""
    release = re.search("^VERSION_CODENAME=(.*)$", pathlib.Path("/etc/os-release").read_text(), flags=re.M)
    inputs = " ".join(map(str, [*packages(), ROOT / "examples/c/chat.c"]))
    output = run("mmdebstrap", "--quiet", "--variant=apt",
                 "--customize-hook=mkdir $1/packages", "--customize-hook=copy-in %s /packages" % inputs,
                 "--customize-hook=%s $1 %s" % (HERE / "clean-root", server.base("hello")),
                 release.group(1) if release else "stable", "/dev/null")
    check("dosai %s (libdosai %s)" % (header_version(), header_version()) in output, output)
    check(output.count(ANSWER) == 2, output)


def main():
    failed = 0
    tests = [manual, install, pkg_config, static, swiftpm, cmake, lint, clean_root]
    with LoopbackServer() as server:
        for test in tests:
            start, why = time.monotonic(), ""
            with tempfile.TemporaryDirectory() as folder:
                try:
                    test(server, pathlib.Path(folder))
                except (Failed, subprocess.TimeoutExpired) as error:
                    failed, why = failed + 1, str(error)
            took = time.monotonic() - start
            print("%-4s %-10s %s (%.1f s)" % ("FAIL" if why else "ok", test.__name__, test.__doc__, took), flush=True)
            if why:
                print(why, flush=True)
    print("%d passed, %d failed" % (len(tests) - failed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
