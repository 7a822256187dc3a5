#!/usr/bin/env python3
"""Builds and uses the packages of packaging/: all, or those that are named, of the table at the end."""
import json, os, pathlib, platform, pwd, re, shutil, subprocess, sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "Tests/Support"))
from server import LoopbackServer

FOLDER = ROOT / "build/packages"
HELLO = "Hello! How can I help you today?"
NEEDED = {"rpm": {"rpmbuild": "rpm", "rpmlint": "rpmlint"}, "arch": {"makepkg": "makepkg", "bsdtar": "libarchive-tools"},
          "homebrew": {"ruby": "ruby"}, "vcpkg": {"cmake": "cmake"}, "nix": {"nix-instantiate": "nix-bin"}}
VERSION = re.search(r'DOSAI_VERSION "(.*)"', (ROOT / "include/dosai.h").read_text())[1]


def run(*command, **more):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    environment.update(more.pop("env", {}))
    ran = subprocess.run(list(map(str, command)), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if ran.returncode:
        sys.exit("packages: %s\n%s" % (" ".join(map(str, command)), ran.stdout[-6000:]))
    return ran.stdout


def tool(name):
    """Of PyPI."""
    venv = FOLDER / "venv"
    if not (venv / "ready").exists():
        run(sys.executable, "-m", "venv", venv)
        run(venv / "bin/python", "-m", "pip", "install", "--quiet", "conan==2.34.0", "meson==1.12.1", "ninja",
            "py-rattler-build==0.73.0")
        (venv / "ready").touch()
    return venv / "bin" / name


def fresh(name):
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    (FOLDER / name).mkdir(parents=True)
    return FOLDER / name


def rpm(server):
    """In the source tree, of what make has built; Debian's rpm knows of no package, so it asks for none."""
    folder = fresh("rpm")
    run("make", cwd=ROOT)
    run("rpmbuild", "-bb", "--build-in-place", "--nodeps", "--define", "_topdir %s" % folder, ROOT / "packaging/rpm/dosai.spec", cwd=ROOT)
    packages = sorted(folder.glob("RPMS/*/*.rpm"))
    assert [each.name.split("-0")[0] for each in packages] == ["dosai", "libdosai", "libdosai-devel"], packages
    said = run("rpmlint", "--config", ROOT / "packaging/rpm/rpmlint.toml", *packages, ROOT / "packaging/rpm/dosai.spec")
    if "0 errors, 0 warnings" not in said:
        sys.exit("packages: " + said)
    root = folder / "root"
    run("rpm", "--root", root, "--initdb")
    run("rpm", "--root", root, "--nodeps", "-i", *packages)
    run("rpm", "--root", root, "-V", "--nodeps", "dosai", "libdosai", "libdosai-devel")
    return use(root, server)


def use(root, server, prefix="usr", tools="bin"):
    """What a program says that is built with what is installed below the root, and what the tool there says."""
    libraries = next((root / prefix).glob("lib*/libdosai.so")).parent
    environment = {"PKG_CONFIG_PATH": str(libraries / "pkgconfig"), "PKG_CONFIG_SYSROOT_DIR": str(root), "LD_LIBRARY_PATH": str(libraries)}
    flags = run("pkg-config", "--cflags", "--libs", "dosai", env=environment).split()
    run("cc", "-o", root / "stream", ROOT / "examples/c/stream.c", *flags)
    environment.update(DOSAI_BASE_URL=server.base("hello"), DOSAI_API_KEY="k")
    return run(root / "stream", env=environment), run(root / prefix / tools / "dosai", "chat", "Hi", env=environment)


def arch(server):
    """From what is committed, as nobody, whom makepkg takes; without pacman, which would look for what is needed."""
    folder = fresh("arch")
    shutil.copy(ROOT / "packaging/arch/PKGBUILD", folder)
    run("git", "archive", "--prefix=dosai-0.1.0/", "-o", folder / "dosai-0.1.0.tar.gz", "HEAD", cwd=ROOT)
    user = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, "nobody")
    run("makepkg", "--nodeps", cwd=folder, env={"HOME": str(folder), "PACMAN": "true", "PKGEXT": ".pkg.tar.gz"}, timeout=3600, **user)
    root = folder / "root"
    root.mkdir()
    run("tar", "-C", root, "-xf", next(folder.glob("dosai-0.1.0-1-*.pkg.tar.gz")))
    return use(root, server)


def conan(server):
    """Created from this tree, and used by a program."""
    folder = fresh("conan")
    shutil.copytree(HERE / "conan", folder / "consumer")  # Conan writes beside it
    shutil.copy(ROOT / "examples/c/stream.c", folder / "consumer")
    environment = {"CONAN_HOME": str(folder), "DOSAI_BASE_URL": server.base("hello"), "DOSAI_API_KEY": "k"}
    run(tool("conan"), "profile", "detect", env=environment)
    return [run(tool("conan"), "create", ROOT / "packaging/conan", "--test-folder", folder / "consumer", env=environment, timeout=3600)]


def meson(server):
    """As a subproject, by the wrap, from a clone of what is committed here."""
    folder = fresh("meson")
    for file in (HERE / "meson/meson.build", ROOT / "examples/c/stream.c"):
        shutil.copy(file, folder)
    shutil.copytree(ROOT / "packaging/meson", folder / "subprojects")
    wrap = folder / "subprojects/dosai.wrap"
    lines = {"url": "file://%s" % ROOT, "revision": "HEAD"}
    wrap.write_text("\n".join("%s = %s" % (key, lines[key]) if (key := line.partition(" =")[0]) in lines else line
                              for line in wrap.read_text().split("\n")))
    environment = {"PATH": "%s:%s" % (tool("ninja").parent, os.environ["PATH"])}
    run(tool("meson"), "setup", folder / "build", folder, env=environment)
    run(tool("meson"), "compile", "-C", folder / "build", env=environment, timeout=3600)
    return [run(folder / "build/stream", env={"DOSAI_BASE_URL": server.base("hello"), "DOSAI_API_KEY": "k"})]


def release(name):
    """A folder with the tree of the release's tarball, as scripts/make-dist makes it, and a prefix to install it to."""
    folder = fresh(name)
    run("make", "bundle", cwd=ROOT)
    bundle = ROOT / "build/bundle/x86_64-linux-gnu"
    run("make", "install", "DESTDIR=%s" % (folder / "tree"), "PREFIX=", "LIBDIR=/lib", "NEEDED=", "PC_PREFIX=$${pcfiledir}/../..",
        "LIBRARY=%s/lib/libdosai.so.0" % bundle, "ARCHIVE=none", "TOOL=%s/bin/dosai" % bundle, cwd=ROOT)
    for file in (ROOT / "LICENSE", bundle / "licenses.txt", bundle / "sbom.spdx.json"):
        shutil.copy(file, folder / "tree")
    (folder / "prefix").mkdir()
    return folder


def homebrew(server):
    folder, formula = release("homebrew"), ROOT / "packaging/homebrew/dosai.rb"
    run("ruby", "-wc", formula)
    run("ruby", HERE / "formula.rb", formula, folder / "tree", folder / "prefix")
    return use(folder / "prefix", server, "")


def vcpkg(server):
    folder, port = release("vcpkg"), ROOT / "packaging/vcpkg"
    assert json.loads((port / "vcpkg.json").read_text())["version"] == VERSION
    run("cmake", "-DTREE=%s" % (folder / "tree"), "-DPORTFILE=%s" % (port / "portfile.cmake"), "-DVERSION=%s" % VERSION,
        "-DCURRENT_PACKAGES_DIR=%s" % (folder / "prefix"), "-P", HERE / "vcpkg.cmake")
    return use(folder / "prefix", server, "", "tools/dosai")


def conda(server):
    """Rendered, and built without conda, from the tarball of this processor and without a channel."""
    folder = release("conda")
    name = "libdosai-%s-%s-linux-gnu" % (VERSION, platform.machine())
    run("tar", "-C", folder, "--transform", "s,^tree,%s," % name, "-czf", folder / (name + ".tar.gz"), "tree")
    package = run(tool("python"), HERE / "conda.py", ROOT / "packaging/conda", folder).splitlines()[-1]
    run("tar", "-C", folder / "prefix", "-xf", package)
    return use(folder / "prefix", server, "")


def nix(_):
    flake = ROOT / "packaging/nix/flake.nix"
    run("nix-instantiate", "--parse", flake)
    assert 'version = "%s"' % VERSION in flake.read_text()
    return []


KINDS = {each.__name__: each for each in (rpm, arch, conan, meson, homebrew, vcpkg, conda, nix)}

if __name__ == "__main__":
    with LoopbackServer() as loopback:
        for name in sys.argv[1:] or KINDS:
            for program, package in NEEDED.get(name, {}).items():
                if not shutil.which(program):
                    sys.exit("packages: %s is missing: apt-get install %s" % (program, package))
            said = KINDS[name](loopback)
            if not all(HELLO in each for each in said):
                sys.exit("packages: %s: %s" % (name, said))
            print("packages: %s: %s" % (name, "built, used, streamed" if said else "parsed"), flush=True)
