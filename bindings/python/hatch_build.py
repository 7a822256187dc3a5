"""Puts libdosai into the wheel. `make` builds it, where a clone or the sdist has its sources; DOSAI_LIBRARY=path takes
one that is ready, and the bundle's with its platform, SBOM and licenses."""

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE / "libdosai" if (HERE / "libdosai").exists() else HERE.parents[1]
NAME = "libdosai.so.0"


class CustomBuildHook(BuildHookInterface):
    def initialize(self, version, build_data):
        library = find_library()
        if version == "editable":  # the package finds it in build/lib, or at DOSAI_LIBRARY
            return
        # libcurl and jansson are the system's: no manylinux, which would promise that they are inside.
        platform = sysconfig.get_platform()
        build_data["force_include"][str(library)] = "dosai/" + NAME
        bundle = library.parents[1]
        if (bundle / "platform").exists():
            platform = (bundle / "platform").read_text().strip()
            build_data["force_include"][str(bundle / "licenses.txt")] = "dosai/licenses.txt"
            build_data["sbom_files"] = [str(bundle / "sbom.spdx.json")]
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + platform.replace("-", "_").replace(".", "_")


def find_library():
    named = os.environ.get("DOSAI_LIBRARY")
    library = pathlib.Path(named).absolute() if named else make_library()
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
