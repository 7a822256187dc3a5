"""The tables of docs/benchmarks.md, from what a run measured. The page has a section for each processor, and the goals
have a column for each; a run replaces only those of its own."""
import re

import bindings
from common import ROOT, median, ratios, spread
from goals import column, goals, rounded
from many import RATIOS
from stream import FRAMINGS

PAGE = ROOT / "docs/benchmarks.md"
NAMES = {"floor": "the floor", "callback": "callback", "pull": "pull", "jansson": "libcurl and jansson",
         "dosai": "dosai"}


def table(head, rows):
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [head, *rows]]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]]) + "\n"


def times(runs, name, base):
    """How often the base goes into it: the median, and the least and the most."""
    values = ratios(runs, name, base)
    return "%s (%s to %s)" % tuple(map(rounded, (median(values), values[0], values[-1])))


# ---- the tables

def run_table(results):
    loads = ", ".join("%s %.1f" % pair for pair in results.get("loads", {}).items())
    return table(["what", ""], [*results["about"].items(), ("load of the machine before each part", loads)])


def stream(results, framing):
    measured = results["stream"]
    every = measured["C"][framing]
    modes = [mode for mode in NAMES if mode in every["text"] and mode != "floor"]
    rows = [[title, "%.0f" % measured["bytes"][title], "%.0f ns" % median(runs["floor"]), *(times(runs, mode, "floor") for mode in modes),
             *([times(runs, "jansson", "callback")] if "jansson" in runs else [])] for title, runs in every.items()]
    return table(["stream", "bytes a chunk", "the floor", *(NAMES[mode] for mode in modes),
                  *(["jansson, in callbacks"] if "jansson" in modes else [])], rows)


def stream_python(results):
    measured = results["stream"]["Python"]
    names = list(measured["text"])
    rows = [[title, "%s us" % spread([value / 1e3 for value in runs["dosai"]]), *(times(runs, name, "dosai") for name in names[1:])]
            for title, runs in measured.items()]
    return table(["stream", "dosai, a chunk", *("%s, times that" % name for name in names[1:])], rows)


def node(results):
    rows = [[title, "%s us" % spread([value / 1e3 for value in runs["dosai"]]), times(runs, "fetch", "dosai")]
            for title, runs in results["node"].items()]
    return table(["stream", "dosai, a chunk", "fetch with JSON.parse, times that"], rows)


def languages(results):
    rows = []
    us = lambda runs, way: "%s us" % spread([value / 1e3 for value in runs[way]]) if way in runs else ""
    for language, kinds in results["bindings"].items():
        rows += [[language, kind, us(runs, "dosai"), us(runs, "async"), bindings.LANGUAGES[language][0],
                  times(runs, "other", "dosai") if "other" in runs else ""] for kind, runs in kinds.items()]
    return table(["language", "stream", "dosai, a chunk", "asynchronous", "the other", "times dosai"], rows)


def unary(results):
    rows = []
    for title in ("small", "1 MB"):
        measured = results["unary"][title]
        for place, what in enumerate(("CPU", "time")):
            runs = column(measured["C"], place)
            base = median(runs["jansson"])
            rows.append(["%s, %s" % (title, what), "%d" % measured["bytes"], rounded(base / 1e3) + " us", times(runs, "dosai", "jansson")])
    measured = results["unary"]["10 MB"]
    grows = {name: median(runs) * 1024 / measured["bytes"] for name, runs in measured["C"].items()}
    rows.append(["10 MB, growth of the peak of memory, in answers", measured["bytes"], rounded(grows["jansson"]), rounded(grows["dosai"])])
    return table(["answer", "bytes", NAMES["jansson"], "dosai, times that; of memory, in answers"], rows)


def unary_python(results):
    rows = []
    names = list(results["unary"]["small"]["Python"])
    for title in ("small", "1 MB"):
        runs = column(results["unary"][title]["Python"], 0)
        rows.append(["%s, CPU" % title, "%s us" % rounded(median(runs["dosai"]) / 1e3),
                     *(times(runs, name, "dosai") if name in runs else "" for name in names[1:])])
    measured = results["unary"]["10 MB"]
    rows.append(["10 MB, growth of the peak of memory", *("%s answers" % rounded(median(measured["Python"][name]) * 1024 / measured["bytes"])
                                                          if name in measured["Python"] else "" for name in names)])
    return table(["answer", "dosai", *("%s, times that" % name for name in names[1:])], rows)


def cold(results):
    measured = results["cold"]
    names = list(measured["import"])
    c = measured["C"]
    rows = [["process start to first byte, C", "%s ms" % rounded(median(c["curl"]) / 1e6), times(c, "dosai", "curl"), ""]]
    rows += [[title, "%s ms" % rounded(median(measured[kind]["dosai"]) / 1e6), "", "; ".join(
        "%s %s" % (name, times(measured[kind], name, "dosai")) for name in names[1:])]
        for title, kind in (("`import`, Python", "import"), ("process start to first byte, Python", "Python"))]
    return table(["what", "libcurl alone; of Python, dosai", "libdosai, times that", "others, times dosai's"], rows)


def footprint(results):
    measured = results["footprint"]
    size = lambda value: "%.1f MB" % (value / 1e6) if value >= 1e6 else "%.0f KB" % (value / 1e3)
    rows = [["dosai, Python" if name == "dosai" else name, size(measured["disk"][name]) if name in measured["disk"] else "",
             size(median(measured["memory"][name]) * 1024) if name in measured["memory"] else ""]
            for name in dict.fromkeys([*measured["disk"], *measured["memory"]])]
    return table(["what", "on the disk, with all it brings from PyPI", "memory of the process, once it is loaded"], rows) + (
        "\n`libdosai.so.0` needs %s.\n" % ", ".join(measured["library"]["needs"]))


def many(results):
    rows = []
    for title, result in results["many"].items():
        for other, values in result["ratios"].items():
            rows.append([title, other, *("%s (%s to %s)" % tuple(map(rounded, (median(values[what]), values[what][0], values[what][-1])))
                                         if values.get(what) else "" for what in RATIOS)])
    return table(["streams", "ours, times those of", *RATIOS.values()], rows)


def web(results):
    runs = results["web"]
    number = lambda name, what: "%s us (%s to %s)" % tuple(map(rounded, (
        median(values := sorted(run[what] for run in runs[name])), values[0], values[-1])))
    return table(["FastAPI with", "CPU a chunk", "delay, median", "delay, 99 of 100"],
                 [[name, *(number(name, what) for what in ("cpu_us", "p50_us", "p99_us"))] for name in runs])


def batch(results):
    runs = results["batch"]
    return table(["CPU a line", "libcurl alone", "`dosai batch`, times that"],
                 [["small answers, 64 at once", "%s us" % rounded(median(runs["curl"]) / 1e3), times(runs, "dosai", "curl")]])


# ---- into the page

SECTIONS = {  # of a processor: the title of each table, and what makes it from which part of the results
    "run": ("The run", "about", run_table),
    **{"stream-" + framing: ("One stream: " + title, "stream", lambda results, framing=framing: stream(results, framing))
       for framing, title in FRAMINGS.items()},
    "stream-python": ("One stream, from Python", "stream", stream_python),
    "node": ("One stream, in Node.js", "node", node),
    "bindings": ("One stream, in other languages", "bindings", languages),
    "unary": ("Whole answers", "unary", unary),
    "unary-python": ("Whole answers, from Python", "unary", unary_python),
    "cold": ("Start-up", "cold", cold),
    "footprint": ("Size", "footprint", footprint),
    "many": ("Many streams", "many", many),
    "web": ("A web app", "web", web),
    "batch": ("A batch", "batch", batch),
}


def tables(results, processor):
    """{name: table} of the parts that there are."""
    return {"%s, %s" % (name, processor): make(results) for name, (_, part, make) in SECTIONS.items() if part in results}


def goals_table(results, processor, page=""):
    """With the columns that the page has of other processors, and what it has of this one that was not measured now;
    without a page, only what was."""
    known = re.search(r"<!-- table: goals -->\n(.*?)<!-- end -->", page, re.S)
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in known[1].splitlines()] if known else [["what", "goal"], []]
    processors = list(dict.fromkeys([*lines[0][2:], processor]))
    kept = {(line[0], name): cell for line in lines[2:] for name, cell in zip(lines[0][2:], line[2:])}
    cells = {goal: [name == processor and goal.cell(results, processor) or kept.get((goal.what, name), "") for name in processors]
             for goal in goals()}
    return table(["what", "goal", *processors], [[goal.what, goal.said(), *row] for goal, row in cells.items() if page or any(row)])


def page(results, processor):
    """The page with all of them, and a section for a processor that has none."""
    text = PAGE.read_text(encoding="utf-8")
    made = {"goals": goals_table(results, processor, text), **tables(results, processor)}
    if "\n## %s\n" % processor not in text:
        text += "\n## %s\n" % processor + "".join(
            "\n### %s\n\n<!-- table: %s, %s -->\nNot measured.\n<!-- end -->\n" % (title, name, processor)
            for name, (title, *_) in SECTIONS.items())
    return fill(text, made, PAGE)


def fill(text, made, page):
    """The text of a page with each table in its place."""
    for name, one in made.items():
        text, count = re.subn(r"(<!-- table: %s -->\n).*?(<!-- end -->)" % re.escape(name),
                              lambda match: match[1] + one + match[2], text, flags=re.S)
        if count != 1:
            raise SystemExit("%s has %d places for the table %s" % (page, count, name))
    return text
