"""The tables of docs/benchmarks.md, from what a run measured."""
import re

from common import ROOT, median, ratios, spread
from many import RATIOS

PAGE = ROOT / "docs/benchmarks.md"
NAMES = {"curl": "libcurl alone", "floor": "the floor", "callback": "callback", "pull": "pull", "jansson": "libcurl and jansson",
         "dosai": "dosai"}
HARD = ("escapes", "tool arguments", "obfuscation", "an id a chunk")


def table(head, rows):
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [head, *rows]]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]]) + "\n"


def rounded(value):
    """Two or three digits that mean something."""
    return "%.0f" % value if value >= 100 else "%.1f" % value if value >= 10 else "%.2f" % value if value >= 0.01 else "below 0.01"


def times(runs, name, base):
    """How often the base goes into it: the median, and the least and the most."""
    values = ratios(runs, name, base)
    return "%s (%s to %s)" % tuple(map(rounded, (median(values), values[0], values[-1])))


def column(runs, place):
    """One of the numbers of each run."""
    return {name: [one[place] for one in every] for name, every in runs.items()}


# ---- the tables

def run_table(results):
    loads = ", ".join("%s %.1f" % pair for pair in results.get("loads", {}).items())
    return table(["what", ""], [*results["about"].items(), ("load of the machine before each part", loads)])


def goals(results):
    """Each goal, what was measured, and whether that meets it."""
    rows = []

    def goal(what, wanted, value, at_least=False, unit=""):
        met = value >= wanted if at_least else value <= wanted
        sign = "at least" if at_least else "at most"
        rows.append([what, "%s %g%s" % (sign, wanted, unit), rounded(value) + unit, "yes" if met else "**no**"])

    if "stream" in results:
        c, python = results["stream"]["C"], results["stream"]["Python"]
        middle = lambda title, name, base="floor": median(ratios(c[title], name, base))
        goal("a chunk of plain text, by callback, in floors", 1.5, middle("text", "callback"))
        goal("a chunk of plain text, pulled, in floors", 1.7, middle("text", "pull"))
        for title in HARD:
            goal("a chunk of the stream \"%s\", by callback, in floors" % title, 2, middle(title, "callback"))
        goal("a chunk by libcurl and jansson, in callbacks", 10, middle("text", "jansson", "callback"), at_least=True)
        goal("a chunk of plain text through Python's iterator", 3, median(python["text"]["dosai"]) / 1e3, unit=" us")
        if "openai-python" in python["text"]:
            goal("a chunk by openai-python, in ours", 25, median(ratios(python["text"], "openai-python", "dosai")), at_least=True)
    if "unary" in results:
        unary = results["unary"]
        goal("CPU of a small answer, in libcurl and jansson's", 1.15,
             median(ratios(column(unary["small"]["C"], 0), "dosai", "jansson")))
        goal("peak of memory with an answer of 10 MB, in answers", 3, median(unary["10 MB"]["C"]["dosai"]) * 1024 / unary["10 MB"]["bytes"])
    if "cold" in results:
        goal("from start to first byte, in libcurl's", 1.2, median(ratios(results["cold"]["C"], "dosai", "curl")))
        goal("`import dosai`", 30, median(results["cold"]["import"]["dosai"]) / 1e6, unit=" ms")
    for title, result in [(title, result) for title, result in results.get("many", {}).items() if title.startswith("1000 ")]:
        for what, wanted in (("cpu_us_whole", 1.3), ("memory_bytes_stream", 2), ("p99_us", 1.5)):
            values = result["ratios"].get("curl", {}).get(what)
            if values:
                goal("%s streams: %s, in libcurl's" % (title, RATIOS[what]), wanted, median(values))
    return table(["what", "goal", "measured", "met"], rows)


def stream(results):
    measured = results["stream"]
    others = [mode for mode in NAMES if mode not in ("floor", "dosai")]
    rows = [[title, "%.0f" % measured["bytes"][title], "%.0f ns" % median(runs["floor"]), *(times(runs, mode, "floor") for mode in others),
             times(runs, "jansson", "callback")] for title, runs in measured["C"].items()]
    return table(["stream", "bytes a chunk", "the floor", *(NAMES[mode] for mode in others), "jansson, in callbacks"], rows)


def stream_python(results):
    measured = results["stream"]["Python"]
    names = list(measured["text"])
    rows = [[title, "%s us" % spread([value / 1e3 for value in runs["dosai"]]), *(times(runs, name, "dosai") for name in names[1:])]
            for title, runs in measured.items()]
    return table(["stream", "dosai, a chunk", *("%s, times that" % name for name in names[1:])], rows)


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


# ---- into the page

def tables(results):
    """{name: table} of the sections that there are."""
    makers = {"stream": (stream, stream_python), "unary": (unary, unary_python), "cold": (cold,), "footprint": (footprint,), "many": (many,)}
    made = {"run": run_table(results), "goals": goals(results)}
    for section, functions in makers.items():
        if section in results:
            made.update({function.__name__.replace("_", "-"): function(results) for function in functions})
    return made


def fill(page, made):
    """The page with each table in its place."""
    text = page.read_text(encoding="utf-8")
    for name, one in made.items():
        text, count = re.subn(r"(<!-- table: %s -->\n).*?(<!-- end -->)" % name, lambda match: match[1] + one + match[2], text, flags=re.S)
        if count != 1:
            raise SystemExit("%s has %d places for the table %s" % (page, count, name))
    return text
