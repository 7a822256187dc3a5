"""The documents: their programs, what is said about them, and their links.

Before a block may stand a comment, which a reader does not see:

    <!-- docs: server=weather exit=4 -->   the script it talks to (hello), and its exit status (0)
    <!-- docs: name=first.c -->            the name under which the commands of the page find it (hello.c)
    <!-- docs: skip: why -->               it is compiled, but not run
    <!-- docs: part of the above -->       no program of its own: it is a line of the one above it, word for word

A block of ```text right behind a program is its output; ... in it is any text.
"""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
LANGUAGES = {"c", "cpp", "csharp", "go", "java", "kotlin", "python", "javascript", "sh", "lua", "php", "ruby", "rust", "sql", "erlang", "elixir", "swift"}
OTHERS = {"text", "json", "cmake", "toml"}  # shown, not run
FENCE = re.compile(r"(?:^<!-- docs: (?P<note>[^\n]*?) -->\n+)?^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.S | re.M)


class Block:
    def __init__(self, page, line, language, code, note):
        self.page, self.line, self.language, self.code, self.output = page, line, language, code, None
        skip, _, why = note.partition(": ")
        self.skip = why if skip == "skip" else None
        self.is_part = note == "part of the above"
        words = [] if self.skip or self.is_part else [word.partition("=") for word in note.split()]
        self.notes = {key: value for key, _, value in words}
        unknown = set(self.notes) - {"server", "exit", "name"}
        if unknown:
            raise ValueError("%s: an unknown word in a comment: %s" % (self, ", ".join(unknown)))

    def __str__(self):
        return "%s:%d" % (self.page.relative_to(ROOT), self.line)


def documents():
    return sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *ROOT.glob("docs/**/*.md"),
                   *ROOT.glob("Sources/*/README.md"), *ROOT.glob("Tests/*/README.md"), *ROOT.glob("bindings/[ceglnrsj]*/README.md"), ROOT / "bindings/php/README.md", ROOT / "bindings/postgresql/README.md"])


def blocks_of(page):
    text, blocks, end = page.read_text(encoding="utf-8"), [], None
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start("code")) + 1
        block = Block(page, line, match["language"], match["code"], match["note"] or "")
        if match["language"] == "text" and blocks and end is not None and not text[end:match.start()].strip():
            blocks[-1].output = match["code"]
        elif match["language"] in LANGUAGES:
            blocks.append(block)
            end = match.end()
            continue
        elif match["language"] and match["language"] not in OTHERS:
            raise ValueError("%s: nobody checks a block of %r" % (block, match["language"]))
        end = None
    return blocks


# ---- links

def prose(page):
    """The text without its code, line for line."""
    keep_lines = lambda match: "\n" * match[0].count("\n")
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", keep_lines, page.read_text(encoding="utf-8"), flags=re.S | re.M))


def anchors(page):
    """The places that GitHub makes of a page's headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    titles = re.findall(r"^#+ (.*)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


PLACES = ("Tests/", "scripts/", "bindings/", "docs/", "include/", "cli/", "examples/", "Sources/", "packaging/")
ELSEWHERE = set("DOSAI_API_KEY DOSAI_BASE_URL DOSAI_MODEL DOSAI_LIBRARY DOSAI_LIB_DIR DOSAI_0 DOSAI_QUIRK_ dosai_server dosai_testing".split())


def wrong_names(page):
    """What stands in `...` and is not there: functions and constants of the header, and paths; behind the path of a file,
    a name in it. So with each line of a walk: a file of Sources, and a function of it."""
    text = re.sub(r"^```.*?^```$", lambda match: "\n" * match[0].count("\n"), page.read_text(encoding="utf-8"), flags=re.S | re.M)
    header = set(re.findall(r"\w+", (ROOT / "include/dosai.h").read_text()))
    wrong, before = [], None
    for number, line in enumerate(text.split("\n"), 1):
        for match in re.finditer(r"`([^`]+)`", line):
            words, path = match[1], ROOT / match[1]
            if words.startswith(PLACES) and " " not in words and "*" not in words:
                wrong += [] if path.exists() else ["%s: there is no %s" % (number, words)]
            elif before and line[:match.start()].endswith("`, ") and before.suffix and re.fullmatch(r"\w+", words):
                wrong += [] if words in before.read_text() else ["%s: no %s in %s" % (number, words, before.name)]
            elif before and line[:match.start()].endswith("`, ") and re.fullmatch(r"\w+\.\w+", words):
                path = before.parent / words
                wrong += [] if path.exists() else ["%s: there is no %s" % (number, words)]
            for name in re.findall(r"\b(?:dosai|DOSAI)_\w+\b(?!\.\w)", words):
                if name not in header | ELSEWHERE and not name.startswith("dosai_x_"):
                    wrong.append("%s: the header has no %s" % (number, name))
            before = path if words.startswith(PLACES) and path.is_file() else None
    for number, line in enumerate(page.read_text(encoding="utf-8").split("\n"), 1):
        step = re.match(r"(\w+/[\w/+]+\.swift):(\w+)\b", line)
        path = step and ROOT / "Sources" / step[1]
        if step and not (path.exists() and re.search(r"\bfunc %s\b" % step[2], path.read_text())):
            wrong.append("%s: there is no %s" % (number, step[0]))
    return ["%s:%s" % (page.relative_to(ROOT), line) for line in wrong]


def broken_links(page):
    """How many links of the page stay in this repository, and those that lead nowhere."""
    count, broken = 0, []
    for match in re.finditer(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", prose(page)):
        target = match[1] or match[2]
        if re.match(r"[a-z]+:", target):
            continue
        count += 1
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        line = prose(page).count("\n", 0, match.start()) + 1
        if not there.exists() or ROOT not in [there, *there.parents]:
            broken.append("%s:%d: there is no %s" % (page.relative_to(ROOT), line, target))
        elif anchor and there.suffix == ".md" and anchor not in anchors(there):
            broken.append("%s:%d: %s has no #%s" % (page.relative_to(ROOT), line, path or "the page", anchor))
    return count, broken
