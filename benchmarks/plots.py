"""Draws the plots of docs/benchmarks.md: plots.py RESULTS FOLDER. The same results give the same files."""
import json
import pathlib
import statistics
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "dosai", "svg.fonttype": "none", "font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
from matplotlib import pyplot

OURS, OTHERS = "#1f6f8b", "#b8b8b8"
RESULTS = json.loads(pathlib.Path(sys.argv[1]).read_text())
FOLDER = pathlib.Path(sys.argv[2])
WHERE = RESULTS["about"]["processor"]
median = statistics.median


def bars(name, title, values, form):
    """Horizontal bars, the least on top; ours are the ones named dosai."""
    values = dict(sorted(values.items(), key=lambda item: -item[1]))
    figure, axes = pyplot.subplots(figsize=(7, .6 + .36 * len(values)))
    colours = [OURS if what.startswith(("dosai", "libdosai")) else OTHERS for what in values]
    drawn = axes.barh(list(values), list(values.values()), color=colours)
    axes.bar_label(drawn, [form % value for value in values.values()], padding=4)
    axes.set_xscale("log")
    axes.set_xlim(min(values.values()) / 2, max(values.values()) * 4)
    axes.set_title(title + "\n" + WHERE, loc="left", fontsize=10)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    save(figure, name)


def save(figure, name):
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / (name + ".svg")
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")
    pyplot.close(figure)


def chunk():
    c, python = RESULTS["stream"]["C"]["chunks"]["text"], RESULTS["stream"]["Python"]["text"]
    values = {"the bytes, split into lines: C, libcurl": c["floor"], "dosai, C, callback": c["callback"], "dosai, C, pull": c["pull"],
              "C, libcurl and jansson": c["jansson"], "dosai, Python": python["dosai"]}
    values.update({name + ", Python": runs for name, runs in python.items() if name != "dosai"})
    bars("chunk", "CPU of a streamed chunk, microseconds (logarithmic)", {name: median(runs) / 1e3 for name, runs in values.items()}, "%.2f")


def streams():
    measured = RESULTS["stream"]["C"]["chunks"]
    figure, axes = pyplot.subplots(figsize=(7, 3))
    for place, (mode, colour) in enumerate((("callback", OURS), ("pull", "#7fb7c9"))):
        ratios = [[one / other for one, other in zip(runs[mode], runs["floor"])] for runs in measured.values()]
        at = [index + .38 * place for index in range(len(measured))]
        spread = [[median(every) - min(every) for every in ratios], [max(every) - median(every) for every in ratios]]
        axes.bar(at, list(map(median, ratios)), .36, color=colour, label=mode, yerr=spread, ecolor="#666666")
    axes.axhline(1, color="#666666", linewidth=.8)
    axes.set_xticks([index + .19 for index in range(len(measured))], list(measured), rotation=30, ha="right")
    axes.set_title("CPU of a chunk, times the floor, an HTTP chunk an event\n" + WHERE, loc="left", fontsize=10)
    axes.legend(frameon=False)
    save(figure, "streams")


def start():
    bars("start", "Time to import, milliseconds (logarithmic)",
         {name: median(runs) / 1e6 for name, runs in RESULTS["cold"]["import"].items()}, "%.0f")


def memory():
    bars("memory", "Memory of the process once it is loaded, MB (logarithmic)",
         {name: median(runs) * 1024 / 1e6 for name, runs in RESULTS["footprint"]["memory"].items()}, "%.1f")


for draw, section in ((chunk, "stream"), (streams, "stream"), (start, "cold"), (memory, "footprint")):
    if section in RESULTS:
        draw()
