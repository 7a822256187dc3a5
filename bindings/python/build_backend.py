"""Makes the wheel: the package with libdosai inside (PEP 517, without dependencies).

The library is built by `make` at the root of the repository; DOSAI_LIBRARY=path takes one that is ready.
"""

import base64
import hashlib
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NAME = "libdosai.so.0"
PYPROJECT, _, ENTRY_POINTS = (HERE / "pyproject.toml").read_text(encoding="utf-8").partition("[project.entry-points.")
PROJECT = dict(re.findall(r'^([\w-]+) = "(.*)"$', PYPROJECT, flags=re.M))
LISTS = re.findall(r"^([\w-]+) = \[(.*)\]$", PYPROJECT.partition("[project.optional-dependencies]")[2], flags=re.M)
EXTRAS = {name: re.findall(r'"(.*?)"', needs) for name, needs in LISTS}
STEM = f"{PROJECT['name']}-{PROJECT['version']}"
INFO = f"{STEM}.dist-info"
# libcurl and jansson are the system's: no manylinux, which would promise that they are inside.
TAG = "py3-none-" + re.sub("[-.]", "_", sysconfig.get_platform())


def prepare_metadata_for_build_wheel(directory, config_settings=None):
    (pathlib.Path(directory) / INFO).mkdir()
    (pathlib.Path(directory) / INFO / "METADATA").write_bytes(metadata())
    (pathlib.Path(directory) / INFO / "entry_points.txt").write_bytes(entry_points())
    return INFO


def build_wheel(directory, config_settings=None, metadata_directory=None):
    return write_wheel(directory, {**sources(), f"dosai/{NAME}": find_library().read_bytes()})


def sources():
    paths = [HERE / "dosai/py.typed", HERE / "pytest_dosai.py", *sorted(HERE.glob("dosai/**/*.py"))]
    return {str(path.relative_to(HERE)): path.read_bytes() for path in paths}


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_editable(directory, config_settings=None, metadata_directory=None):
    find_library()  # the package finds it in build/lib, or at DOSAI_LIBRARY
    return write_wheel(directory, {"dosai.pth": f"{HERE}\n".encode()})


def build_sdist(directory, config_settings=None):
    """The package without the library: to build from it takes DOSAI_LIBRARY."""
    files = {**sources(), **{name: (HERE / name).read_bytes()
                             for name in ("README.md", "build_backend.py", "pyproject.toml")}}
    with tarfile.open(os.path.join(directory, f"{STEM}.tar.gz"), "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, data in {**files, "PKG-INFO": metadata()}.items():
            entry = tarfile.TarInfo(f"{STEM}/{name}")
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return f"{STEM}.tar.gz"


def find_library():
    named = os.environ.get("DOSAI_LIBRARY")
    if named:
        library = pathlib.Path(named).absolute()
    elif (ROOT / "include" / "dosai.h").exists():
        library = make_library()
    else:
        sys.exit(f"dosai: this is the Python part alone, and {NAME} is built from libdosai's repository. Install from "
                 f"a clone of it (pip install ./bindings/python), or set DOSAI_LIBRARY to the path of a {NAME}.")
    if not library.is_file():
        sys.exit(f"dosai: there is no {library}")
    return library


def make_library():
    missing = [name for name in ("swift", "make", "cc", "strip", "pkg-config") if not shutil.which(name)]
    if "pkg-config" not in missing:
        missing += [f"{name} (its development files)" for name in ("libcurl", "jansson")
                    if subprocess.run(["pkg-config", "--exists", name]).returncode]
    if missing:
        sys.exit(f"dosai: to build {NAME}, this machine lacks: {', '.join(missing)}. Swift is at "
                 f"https://www.swift.org/install, the rest in your system's packages (on Debian: gcc binutils make "
                 f"pkg-config libcurl4-openssl-dev libjansson-dev). Or set DOSAI_LIBRARY to the path of a {NAME}.")
    target = f"build/lib/{NAME}"
    if subprocess.run(["make", "-C", ROOT, target], stdout=sys.stderr).returncode:
        sys.exit(f"dosai: `make {target}` failed in {ROOT}; what it said is above")
    return ROOT / target


def metadata():
    fields = {
        "Metadata-Version": "2.1",
        "Name": PROJECT["name"],
        "Version": PROJECT["version"],
        "Summary": PROJECT["description"],
        "License": PROJECT["license"],
        "Requires-Python": PROJECT["requires-python"],
        "Description-Content-Type": "text/markdown",
    }
    lines = "".join(f"{name}: {value}\n" for name, value in fields.items())
    for extra, needs in EXTRAS.items():
        lines += f"Provides-Extra: {extra}\n"
        lines += "".join(f'Requires-Dist: {need}; extra == "{extra}"\n' for need in needs)
    return (lines + "\n").encode() + (HERE / PROJECT["readme"]).read_bytes()


def entry_points():
    return ("[" + ENTRY_POINTS.replace('"', "")).encode()


def write_wheel(directory, files):
    wheel = f"Wheel-Version: 1.0\nGenerator: dosai\nRoot-Is-Purelib: false\nTag: {TAG}\n"
    files = {**files, f"{INFO}/METADATA": metadata(), f"{INFO}/WHEEL": wheel.encode(),
             f"{INFO}/entry_points.txt": entry_points()}
    if (ROOT / "LICENSE").exists():
        files[f"{INFO}/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in files.items())
    record_name = f"{INFO}/RECORD"
    files[record_name] = f"{record}{record_name},,\n".encode()
    name = f"{STEM}-{TAG}.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (0o755 if path.endswith(NAME) else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return name


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
