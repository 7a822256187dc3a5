#!/usr/bin/env python3
"""What the library needs of a system is the same wherever it is said: in the code, the gate, the header, the packages and
the pages."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
JANSSON = "2.14"  # json_object_getn


def read(path):
    return " ".join((ROOT / path).read_text(encoding="utf-8").replace("\n * ", " ").split())


def problems():
    code = read("Sources/DosaiHTTP/ProcessState.swift")
    major, minor = (int(digits, 16) for digits in re.search(r"< 0x(..)(..)00", code).groups())
    curl = "%d.%d" % (major, minor)
    glibc = re.search(r"newest=([\d.]+)", read("scripts/check-footprint"))[1]
    all_three = "glibc %s, libcurl %s and jansson %s, or" % (glibc, curl, JANSSON)
    said = {
        "Sources/DosaiHTTP/ProcessState.swift": ["libcurl %s or newer" % curl],
        "include/dosai.h": ["libcurl is older than %s." % curl],
        "packaging/debian/control": ["libcurl4-openssl-dev (>= %s)" % curl, "libcurl4 (>= %s)" % curl,
                                     "libjansson-dev (>= %s)" % JANSSON, "libjansson4 (>= %s)" % JANSSON],
        "README.md": [all_three], "docs/how-to/embedding.md": [all_three], "bindings/python/README.md": [all_three],
    }
    return ["%s does not say \"%s\"" % (path, text) for path, texts in said.items() for text in texts if text not in read(path)]


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or None)
