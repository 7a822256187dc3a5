#!/usr/bin/env python3
"""What the library needs of a system is the same wherever it is said: in the code, the gate, the header, the packages and
the pages. So are the oldest version of a language that a binding needs, and the versions that the tests pin."""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
JANSSON = "2.14"  # json_object_getn
OLDEST = [  # what says it, and the pages that repeat it
    ("bindings/rust/dosai/Cargo.toml", r'rust-version = "(.*?)"', "Rust", ["README.md", "docs/how-to/rust.md", "bindings/rust/README.md"]),
    ("bindings/php/composer.json", r'"php": ">=(.*?)"', "PHP", ["README.md", "bindings/php/README.md"]),
    ("bindings/ruby/dosai.gemspec", r'required_ruby_version = ">= (.*?)"', "Ruby", ["bindings/ruby/README.md"]),
    ("bindings/node/package.json", r'"node": ">=(.*?)"', "Node.js", ["bindings/node/README.md"]),
    ("bindings/go/go.mod", r" go (\S+)", "Go", ["bindings/go/README.md"]),
    ("bindings/swift/Package.swift", r"swift-tools-version:(\S+)", "Swift", ["bindings/swift/README.md"]),
    ("bindings/python/pyproject.toml", r'requires-python = ">=(.*?)"', "Python", ["bindings/python/README.md"]),
]


def read(path):
    return " ".join((ROOT / path).read_text(encoding="utf-8").replace("\n * ", " ").split())


def pinned():
    """By page, what it says of the versions with which it was made."""
    sys.path[:0] = [str(ROOT / "Tests/Docs"), str(ROOT / "Tests/Frameworks")]
    import comparison
    import run
    others = ["%s %s" % (name, package.partition("==")[2]) for name, package in comparison.PACKAGES.items()]
    frameworks = ["| %s | %s |" % (package, run.version(package, environment)) for package, environment in run.FRAMEWORKS.values()]
    return {"docs/comparison.md": others, "docs/how-to/python-frameworks.md": frameworks}


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
        **pinned(),
    }
    for manifest, pattern, language, pages in OLDEST:
        version = re.search(pattern, read(manifest))[1]
        for page in pages:
            said.setdefault(page, []).append("%s %s or newer" % (language, version))
    return ["%s does not say \"%s\"" % (path, text) for path, texts in said.items() for text in texts if text not in read(path)]


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or None)
