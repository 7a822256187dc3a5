#!/usr/bin/env python3
"""A release, as `make dist` has written it: all of its files, with their checksums, and a stream with the tarballs and the
packages of this machine and, under qemu, of arm64. dist.py [build/dist]"""
import hashlib, importlib.util, itertools, os, pathlib, sys, tempfile, zipfile
from importlib.machinery import SourceFileLoader

sys.dont_write_bytecode = True
import run as install
from run import ROOT, check, run, talk

PROCESSORS = {"x86_64": "amd64", "aarch64": "arm64"}
PLATFORMS = {"gnu": "manylinux_2_28", "musl": "musllinux_1_2"}


def load(name, path):
    loader = SourceFileLoader(name, str(ROOT / path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def expected(version):
    names = {"SHA256SUMS", "libdosai-%s.tar.gz" % version, "dosai-%s.tar.gz" % version}
    for processor, architecture in PROCESSORS.items():
        for system in PLATFORMS:
            name = "libdosai-%s-%s-linux-%s" % (version, processor, system)
            names |= {name + ".tar.gz", name + ".spdx.json", wheel(version, processor, system)}
        names |= {"%s_%s-1_%s.deb" % (kind, version, architecture) for kind in ("libdosai0", "libdosai-dev", "dosai")}
    return names


def wheel(version, processor, system):
    return "dosai-%s-py3-none-%s_%s.whl" % (version, PLATFORMS[system], processor)


def files(place, version):
    names = {path.name for path in place.iterdir()}
    check(names == expected(version), "the files differ in %s" % ", ".join(sorted(names ^ expected(version))))
    sums = dict(reversed(line.split()) for line in (place / "SHA256SUMS").read_text().splitlines())
    for name in names - {"SHA256SUMS"}:
        check(sums.get(name) == hashlib.sha256((place / name).read_bytes()).hexdigest(), name + ": another checksum")


def unpacked(place, name, folder):
    run("tar", "-xf", place / (name + ".tar.gz"), "-C", folder)
    return folder / name


def here(server, place, version, folder):
    """The tarball, by pkg-config and CMake from where it was unpacked, and its tool."""
    prefix = unpacked(place, "libdosai-%s-x86_64-linux-gnu" % version, folder)
    flags = run("pkg-config", "--cflags", "--libs", "dosai", env={"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")})
    run("cc", "examples/c/chat.c", "-o", folder / "chat", *flags.split(), "-Wl,-rpath,%s/lib" % prefix)
    talk(server, folder / "chat")
    install.cmake_builds(server, folder, prefix, "chat", "stream")
    talk(server, prefix / "bin/dosai", "chat", "hi")


def arm64(server, place, version, folder):
    """The tools of the tarball and of the packages, with Debian's libraries."""
    cross, emulated = load("cross", "scripts/cross"), load("cross_tests", "Tests/Cross/run.py")
    cross.make_root("aarch64-linux-gnu")
    emulated.fetch_qemu()
    qemu = [emulated.QEMU / "usr/bin/qemu-aarch64", "-L", cross.folder("aarch64-linux-gnu") / "root"]
    prefix = unpacked(place, "libdosai-%s-aarch64-linux-gnu" % version, folder)
    talk(server, *qemu, prefix / "bin/dosai", "chat", "hi")
    for package in place.glob("*_arm64.deb"):
        run("dpkg", "-x", package, folder / "packages")
    libraries = "LD_LIBRARY_PATH=%s" % (folder / "packages/usr/lib/aarch64-linux-gnu")
    talk(server, *qemu, "-E", libraries, folder / "packages/usr/bin/dosai", "chat", "hi")


def same(_, place, version, folder):
    """Tarball and wheel have the same library; musl's static one shows only the header's functions."""
    for processor, system in itertools.product(PROCESSORS, PLATFORMS):
        name = wheel(version, processor, system)
        with zipfile.ZipFile(place / name) as archive:
            inside = archive.read("dosai/libdosai.so.0")
        prefix = unpacked(place, "libdosai-%s-%s-linux-%s" % (version, processor, system), folder)
        check((prefix / "lib/libdosai.so.0").read_bytes() == inside, name + ": another library than in the tarball")
        if system == "musl":
            run("scripts/check-exports", prefix / "lib/libdosai.so.0", prefix / "lib/libdosai.a")


def main():
    place, version = pathlib.Path(sys.argv[1] if sys.argv[1:] else ROOT / "build/dist"), install.header_version()
    try:
        files(place, version)
        with install.LoopbackServer() as server:
            for test in (here, arm64, same):
                with tempfile.TemporaryDirectory() as folder:
                    test(server, place, version, pathlib.Path(folder))
                print("ok   %-6s %s" % (test.__name__, test.__doc__), flush=True)
    except install.Failed as failure:
        sys.exit("dist: %s" % failure)
    print("dist: %d files, %d bytes" % (len(expected(version)), sum(path.stat().st_size for path in place.iterdir())))


if __name__ == "__main__":
    main()
