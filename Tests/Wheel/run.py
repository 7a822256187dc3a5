#!/usr/bin/env python3
"""The wheel and the sdist of `make wheel`: their name, size and contents, and the wheel as a user gets it: installed by
pip in clean roots of Debian, where it streams from a real model.

    run.py [--only SUITE]...
    run.py --look TARGET      only what is in the wheel of another bundle

The roots are made once, in build/wheel-roots."""
import argparse, concurrent.futures, email, json, os, pathlib, re, shutil, subprocess, sys, tarfile, tempfile, time, zipfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Matrix"))
import roots

roots.SUITES["bullseye"] = (["bullseye"], ["bullseye-security"], None)
SUITES = ["bullseye", "bookworm", "trixie", "sid"]
PLACE = ROOT / "build/wheel-roots"
LARGEST, SLOWEST = 1_000_000, 10  # bytes, seconds
URLS = ["Homepage"]
STREAM = """
import json, os, sys, time, dosai
text, first = "", None
with dosai.Client() as client:
    messages = [{"role": "user", "content": "Say hello."}]
    stream = client.chat.completions.create(model=os.environ["DOSAI_MODEL"], messages=messages, max_tokens=16, stream=True)
    for chunk in stream:
        text += chunk.choices[0].delta.content or "" if chunk.choices else ""
        first = first or text and time.time()
libraries = {line.split()[-1] for line in open("/proc/self/maps") if "/lib" in line}
print(json.dumps({"text": text, "seconds": first - float(sys.argv[1]), "libraries": sorted(libraries)}))
"""
ISOLATED = """
import _interpreters
code = '''
import dosai, os
messages = [{"role": "user", "content": "Say hello."}]
dosai.Client().chat.completions.create(model=os.environ["DOSAI_MODEL"], messages=messages, max_tokens=1)
'''
for _ in range(3):
    isolated = _interpreters.create("isolated")
    assert _interpreters.exec(isolated, code) is None
    _interpreters.destroy(isolated)
"""
WITH_ISOLATED = ["trixie", "sid"]  # they have Python 3.13, or newer
# What a user sets who wants pip to install beside Debian's packages; older pips do not know it.
PIP = {"PIP_BREAK_SYSTEM_PACKAGES": "1", "PIP_NO_INDEX": "1", "PIP_ROOT_USER_ACTION": "ignore"}


def check(good, what):
    if not good:
        raise roots.Failed(what)


def bundle(target):
    return ROOT / "build/bundle" / target


def wheel(target="x86_64-linux-gnu"):
    version = re.search(r'DOSAI_VERSION "(.*)"', (ROOT / "include/dosai.h").read_text())[1]
    return ROOT / ("build/wheel/dosai-%s-py3-none-%s.whl" % (version, (bundle(target) / "platform").read_text().strip()))


def look_at_wheel(target="x86_64-linux-gnu"):
    path = wheel(target)
    told = roots.run(sys.executable, "-m", "auditwheel", "show", path)
    pattern = r"(manylinux_2|musllinux_1)_(\d+)_(%s)" % target.split("-")[0]
    named = re.fullmatch(pattern, path.stem.split("-")[-1])
    fits = re.search(r'platform tag:\s"%s"' % pattern, told)
    check(named and fits and fits[1] == named[1] and int(fits[2]) <= int(named[2]), told)
    size = path.stat().st_size
    check(size < LARGEST, "%d bytes, the limit is %d" % (size, LARGEST))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        info = next(name for name in names if name.endswith("/METADATA")).rpartition("/")[0]
        for name, source in {"dosai/libdosai.so.0": "lib/libdosai.so.0", "dosai/licenses.txt": "licenses.txt",
                             info + "/sboms/sbom.spdx.json": "sbom.spdx.json"}.items():
            check(archive.read(name) == (bundle(target) / source).read_bytes(), name + ": not the bundle's")
        metadata = email.message_from_bytes(archive.read(info + "/METADATA"))
    check("dosai/py.typed" in names, "not typed")
    urls = [value.partition(",")[0] for value in metadata.get_all("Project-URL", [])]
    check(urls == URLS and metadata["License-Expression"] == "MIT", "its URLs are %s" % urls)
    check("Typing :: Typed" in metadata.get_all("Classifier", []), "it has no classifier for its types")
    check(metadata["Description-Content-Type"] == "text/markdown" and "pip install" in metadata.get_payload(), "no readme")
    return "%d bytes, %s, fits %s_%s" % (size, path.stem.split("-")[-1], *fits.groups()[:2])


def look_at_sdist():
    """It has all that make needs: SwiftPM finds the sources of each target, and make what it is to run."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(next(wheel().parent.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        tree = next(pathlib.Path(folder).iterdir()) / "libdosai"
        theirs = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
        ours = set(roots.run("git", "ls-files", "Sources", "include", cwd=ROOT).split())
        check(ours <= theirs, "it lacks %s" % (ours - theirs))
        targets = json.loads(roots.run("swift", "package", "describe", "--type", "json", cwd=tree))["targets"]
        plan = roots.run("make", "-n", "build/lib/libdosai.so.0", cwd=tree)
        check("swift build -c release" in plan, plan)
    return "%d targets" % len(targets)


def make_root(suite):
    root = PLACE / suite
    if not root.exists():
        apt = roots.Apt(suite)
        apt.update(3600)
        apt.get("install", "-y", "--download-only", "python3-pip")
        roots.unpack(apt.home / "archives", root)
        for name in ("lib", "lib64"):  # links of a package that is not needed here
            if not (root / name).exists():
                (root / name).symlink_to("usr/" + name)
        for name in ("dev", "proc", "tmp", "wheel", "etc/ssl/certs"):
            (root / name).mkdir(parents=True, exist_ok=True)
        authorities = sorted(root.glob("usr/share/ca-certificates/mozilla/*.crt"))  # put together as ca-certificates does
        text = "".join(path.read_text() for path in authorities)
        (root / "etc/ssl/certs/ca-certificates.crt").write_text(text)
        shutil.copy(wheel(), root / "wheel")  # Debian's packages compile their Python files as they are installed
        in_root(root, "python3", "-m", "pip", "install", "--target", "/tmp/once", "/wheel/" + wheel().name, **PIP)


def in_root(root, *command, **environment):
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    enter = 'for name in dev proc; do mount --rbind "/$name" "$1/$name"; done; exec chroot "$@"'
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "LC_ALL": "C.UTF-8"}
    return roots.run("unshare", *user, "--mount", "sh", "-euc", enter, "sh", root, *command, env={**path, **environment})


def install_and_stream(suite, server):
    root = PLACE / suite
    shutil.rmtree(root / "usr/local", ignore_errors=True)
    shutil.copy(wheel(), root / "wheel")
    for name in ("cc", "gcc", "swift", "make"):
        check(not list(root.glob("usr/bin/%s*" % name)), "there is a " + name)
    begun = time.time()
    in_root(root, "python3", "-m", "pip", "install", "/wheel/" + wheel().name, **PIP)
    installed = time.time() - begun
    told = json.loads(in_root(root, "python3", "-c", STREAM, str(begun), **server))
    check(told["text"], "no text came")
    libraries = " ".join(told["libraries"])
    check("/usr/local/lib/python3" in libraries and "libdosai.so.0" in libraries, "loaded: " + libraries)
    check("libcurl" not in libraries and "libjansson" not in libraries, "loaded: " + libraries)
    check(told["seconds"] < SLOWEST, "%.1f s to the first token, the limit is %d" % (told["seconds"], SLOWEST))
    if suite in WITH_ISOLATED:
        in_root(root, "python3", "-c", ISOLATED, **server)
    return "%.1f s from pip install to the first token, %.1f s of them pip's" % (told["seconds"], installed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=SUITES)
    parser.add_argument("--look")
    options = parser.parse_args()
    if options.look:
        try:
            return print(look_at_wheel(options.look))
        except roots.Failed as failure:
            sys.exit("wheel: %s" % failure)
    started, failed = time.monotonic(), 0
    suites = options.only or SUITES
    server = subprocess.Popen(["scripts/model-server"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        with concurrent.futures.ThreadPoolExecutor(len(suites) + 2) as pool:
            tests = {"wheel": pool.submit(look_at_wheel).result, "sdist": pool.submit(look_at_sdist).result}
            list(pool.map(make_root, suites))
        model = {"DOSAI_BASE_URL": server.stdout.readline().strip(), "DOSAI_API_KEY": "sk-local",
                 "DOSAI_MODEL": "smollm2-135m-instruct"}
        made = time.monotonic() - started
        tests.update({suite: lambda suite=suite: install_and_stream(suite, model) for suite in suites})
        for name, test in tests.items():
            try:
                print("ok   %-9s %s" % (name, test()), flush=True)
            except roots.Failed as failure:
                failed += 1
                print("FAIL %-9s %s" % (name, failure), flush=True)
    except roots.Failed as failure:
        sys.exit("wheel: %s" % failure)
    finally:
        server.terminate()
    print("wheel: %d of %d, %.0f s, %.0f of them to make the roots" % (len(tests) - failed, len(tests),
                                                                     time.monotonic() - started, made))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
