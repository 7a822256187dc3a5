"""A CPython on musl, with what pip and the binding need: ctypes, zlib, sockets, but no TLS. Its sources are those of
Debian's source packages, before Debian's patches, as are libffi's and zlib's. This machine's gcc builds it, for the musl
that is unpacked in `root`."""
import fcntl, os, pathlib, re, shutil

SOURCES = ("python3.13", "libffi", "zlib")
FFI = ("prep_cif.c", "types.c", "closures.c", "tramp.c", "x86/ffi64.c", "x86/ffiw64.c", "x86/unix64.S", "x86/win64.S")
FFI_CONFIG = """
#define STDC_HEADERS 1
#define HAVE_MEMCPY 1
#define HAVE_ALLOCA_H 1
#define HAVE_LONG_DOUBLE 1
#define HAVE_AS_X86_PCREL 1
#define HAVE_AS_X86_64_UNWIND_SECTION_TYPE 1
#define EH_FRAME_FLAGS "a"
#ifdef LIBFFI_ASM
#define FFI_HIDDEN(name) .hidden name
#else
#define FFI_HIDDEN __attribute__((visibility("hidden")))
#endif
"""
FFI_VALUES = {"TARGET": "X86_64", "HAVE_LONG_DOUBLE": "1", "FFI_EXEC_TRAMPOLINE_TABLE": "0", "VERSION": ""}
COMPILER = """#!/bin/sh
[ "$*" != --print-multiarch ] || { echo x86_64-linux-musl; exit; }
exec gcc -idirafter %s "$@" -specs %s
"""
WITHOUT = ("_decimal", "_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp", "_codecs_kr", "_codecs_tw")


def make(bundle, root):
    """The interpreter, and its pip. It is built once for the versions of the packages, where it then stays."""
    with open(bundle.roots.CACHE / "bundle.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        apt = bundle.roots.Apt(bundle.SUITE, kind="deb-src")
        apt.update(3600)
        packages = {name: bundle.fetch(apt, name) for name in SOURCES}
    name = "_".join("%s-%s" % (name, version.replace(":", "_")) for name, (_, version) in packages.items())
    place = bundle.ROOT / "build/musl-python" / name
    if not (place / "ready").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        build(bundle.roots.run, place, root, {name: folder for name, (folder, _) in packages.items()})
        (place / "ready").touch()
    return place / "python/python", next((place / "python/Lib/ensurepip/_bundled").glob("pip-*.whl")) / "pip"


def build(run, place, root, folders):
    compiler = write_compiler(place, root)
    zlib, ffi = folders["zlib"] / "tree", folders["libffi"] / "tree"
    archive(run, compiler, place / "zlib", sorted(zlib.glob("*.c")), "-DHAVE_UNISTD_H")
    made = place / "libffi"
    made.mkdir()
    header = (ffi / "include/ffi.h.in").read_text()
    (made / "ffi.h").write_text(re.sub("@(\\w+)@", lambda found: FFI_VALUES[found[1]], header))
    (made / "fficonfig.h").write_text(FFI_CONFIG)
    shutil.copy(ffi / "src/x86/ffitarget.h", made)
    archive(run, compiler, made, [ffi / "src" / name for name in FFI], "-I%s" % made, "-I%s" % (ffi / "include"))
    python = place / "python"
    python.mkdir()
    run("tar", "-x", "--strip-components=1", "-C", python, "-f", next(folders["python3.13"].glob("*.orig.tar.xz")))
    settings = {"CC": compiler, "OPT": "-O1 -DNDEBUG -fwrapv -w", "PKG_CONFIG_LIBDIR": place,
                "ZLIB_CFLAGS": "-I%s" % zlib, "ZLIB_LIBS": place / "zlib/made.a",
                "LIBFFI_CFLAGS": "-I%s" % made, "LIBFFI_LIBS": made / "made.a",
                **{"py_cv_module_" + name: "n/a" for name in WITHOUT}}
    environment = {**os.environ, **{name: str(value) for name, value in settings.items()}}
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        environment.pop(name, None)
    run("./configure", "--quiet", "--disable-test-modules", "--without-ensurepip", cwd=python, env=environment)
    run("make", "-s", "-j%d" % os.cpu_count(), cwd=python, env=environment)


def write_compiler(place, root):
    """Debian's musl-gcc for that root, with the kernel's headers, which musl has not."""
    kernel = place / "kernel"
    kernel.mkdir()
    for name in ("asm", "asm-generic", "linux"):
        found = [path for path in (pathlib.Path("/usr/include/x86_64-linux-gnu") / name, pathlib.Path("/usr/include") / name)
                 if path.exists()]
        (kernel / name).symlink_to(found[0])
    text = (root / "usr/lib/x86_64-linux-musl/musl-gcc.specs").read_text()
    specs, compiler = place / "specs", place / "cc"
    specs.write_text(re.sub("/usr/(?=(?:lib|include)/x86_64)|/(?=lib/ld-musl)", "%s/usr/" % root, text))
    compiler.write_text(COMPILER % (kernel, specs))
    compiler.chmod(0o755)
    return compiler


def archive(run, compiler, place, sources, *flags):
    place.mkdir(exist_ok=True)
    objects = [place / (source.name + ".o") for source in sources]
    for source, made in zip(sources, objects):
        run(compiler, "-O1", "-fPIC", "-w", *flags, "-c", source, "-o", made)
    run("ar", "rcs", place / "made.a", *objects)
