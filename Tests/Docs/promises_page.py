#!/usr/bin/env python3
"""docs/promises.md: each row has a promise, its tests and a fault that they found; and each test that it names exists."""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/promises.md"
HEAD = ["promise", "test", "fault that the test found"]
DEFINED = {".py": r"^\s*(?:async )?def %s\(", ".swift": r"\bfunc %s\(", ".rs": r"\bfn %s\(", ".rb": r"^\s*def %s$", ".go": r"^func %s\("}
LAST = "Without a test"


def words_of(name):
    """A list of the Makefile; the stages have lanes, too."""
    return re.split(r"[ ,+]", re.search(r"^%s = (.*)$" % name, (ROOT / "Makefile").read_text(), re.M)[1])


def targets():
    return set(re.findall(r'"(\w+)"', re.search(r"^TARGETS = \[(.*)\]$", (ROOT / "Tests/Fuzz/run.py").read_text(), re.M)[1]))


def is_there(path, name):
    if path.startswith("make test-"):
        return all(word[5:] in words_of("ORDER") for word in path.split()[1:]) and not name
    if not (ROOT / path).is_file():
        return False
    if path.startswith("scripts/"):
        return path.partition("check-")[2] in words_of("GATES") and not name
    if path == "Tests/Fuzz/run.py":
        return name in targets()
    pattern = DEFINED.get(pathlib.Path(path).suffix, "^(?!)%s")
    return not name or bool(re.search(pattern % name, (ROOT / path).read_text(), re.M))


def tests_of(cell):
    """Path and name of each: a name stands behind the path of its file, `Tests/Wire/test_keys.py`, `test_echo`."""
    found = []
    for word in re.findall(r"`([^`]+)`", cell):
        if not re.fullmatch(r"\w+", word):
            found.append((word, ""))
        elif found:
            path, first = found[-1]
            found[-1 if not first else len(found):] = [(path, word)]
    return found


def problems():
    """What is wrong with the page, and how many promises and tests it has."""
    wrong, promises, tests, group = [], 0, set(), None
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("## "):
            group = line[3:]
        if not line.startswith("|") or set(line) <= set("|-"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells == HEAD:
            continue
        named = tests_of(cells[1]) if len(cells) == 3 else []
        if not named or not all(cells) or re.sub(r"`[^`]+`|[\s,]", "", cells[1]) or group == LAST:
            wrong.append("%d: not a promise, its tests and a fault that they found" % number)
        wrong += ["%d: there is no test %s %s" % (number, *test) for test in named if not is_there(*test)]
        promises += 1
        tests |= set(named)
    if not promises or group != LAST:
        wrong.append("%d: it has promises, and ends with \"%s\"" % (number, LAST))
    return ["docs/promises.md:%s" % line for line in wrong], promises, len(tests)


if __name__ == "__main__":
    found, promises, tests = problems()
    if found:
        sys.exit("\n".join(found))
    print("docs: %d promises, held by %d tests" % (promises, tests))
