"""The goals of docs/benchmarks.md, and what a run measured of them."""
from statistics import StatisticsError

from common import median, ratios
from many import RATIOS
from stream import ALIKE, FRAMINGS

MODES = ("callback", "pull")
LANGUAGES = {"Go": (2, 5), "Rust": (2, 1), "Java": (2, 5), "C#, on mono": (2, 5), "Swift": (2, None), "LuaJIT": (2, 1), "Ruby": (6, 5),
             "PHP": (6, 1), "Erlang": (6, 5)}  # microseconds a chunk, and how often the least of them goes into the other's


def rounded(value):
    """Two or three digits that mean something."""
    if isinstance(value, int) or abs(value) >= 100:
        return "%.0f" % value
    return "%.1f" % value if abs(value) >= 10 else "%.2f" % value if value >= 0.01 else "below 0.01"


def column(runs, place):
    """One of the numbers of each run."""
    return {name: [one[place] for one in every] for name, every in runs.items()}


def floors(results, title, mode, framing="chunks"):
    return median(ratios(results["stream"]["C"][framing][title], mode, "floor"))


def python_stream(results, name, base=None):
    runs = results["stream"]["Python"]["text"]
    return median(ratios(runs, name, base)) if base else median(runs[name]) / 1e3


def answer(results, title, language, name, base=None):
    runs = column(results["unary"][title][language], 0)
    return median(ratios(runs, name, base)) if base else median(runs[name]) / 1e3


def memory(results):
    measured = results["unary"]["10 MB"]
    return median(measured["C"]["dosai"]) * 1024 / measured["bytes"]


def many(results, title, what):
    return median(results["many"][title]["ratios"]["curl"][what])


def async_many(results):
    return median([run["cpu_us_whole"] for run in results["many"]["Python, 1000 plain"]["runs"]["dosai"]])


def async_openai(results):
    return median(results["many"]["dosai.openai, 1000 plain"]["ratios"]["openai-python"]["cpu_us_whole"])


class Goal:
    """`number`: the most, or the least; where processors differ, {a part of a processor's name: it}, "" for others."""

    def __init__(self, what, number, measure, unit="", is_least=False):
        self.what, self.measure, self.unit, self.is_least = what, measure, unit, is_least
        self.numbers = number if isinstance(number, dict) else {"": number}

    def said(self):
        place = lambda name: " on " + name if name else " elsewhere" if len(self.numbers) > 1 else ""
        return "at %s %s" % ("least" if self.is_least else "most", ", ".join(
            "%g%s%s" % (number, self.unit, place(name)) for name, number in self.numbers.items()))

    def cell(self, results, processor):
        """What was measured, bold where it does not meet the goal; "" where nothing was."""
        try:
            value = self.measure(results)
        except (KeyError, StatisticsError):
            return ""
        wanted = next(number for name, number in self.numbers.items() if name in processor)
        is_met = value >= wanted if self.is_least else value <= wanted
        return ("%s" if is_met else "**%s**") % (rounded(value) + self.unit)


def instructions():
    above = lambda work: lambda results: results["instructions"][work][1] - results["instructions"][work][0]
    for framing, limits in (("chunks", (160, 240)), ("h2", (160, 240)), ("none", (100, 180))):
        for mode, limit in zip(MODES, limits):
            work = "a chunk, %s, by %s" % (FRAMINGS[framing], mode)
            yield Goal("instructions above the floor: " + work, limit, above(work))
    for kind in ALIKE:
        yield Goal("instructions above the floor: %s, by callback" % kind, 400, above("%s, by callback" % kind))


def streams():
    for framing, title in FRAMINGS.items():
        for mode, limit in zip(MODES, (1.2, 1.4)):
            yield Goal("CPU of a chunk, in floors: %s, by %s" % (title, mode), limit, (
                lambda results, mode=mode, framing=framing: floors(results, "text", mode, framing)))
    for kind, limit in (("logprobs", 2), ("1 KB", 1.5), ("4 KB", 1.5)):
        yield Goal("CPU of a chunk, in floors: %s, by callback" % kind, limit, (
            lambda results, kind=kind: floors(results, kind, "callback")))
    yield Goal("CPU of a chunk by libcurl and jansson, in callbacks", 10, (
        lambda results: median(ratios(results["stream"]["C"]["chunks"]["text"], "jansson", "callback"))), is_least=True)
    iterator = lambda *names: lambda results: python_stream(results, *names)
    yield Goal("CPU of a chunk through Python's iterator", {"AMD": 1.5, "": 2.5}, iterator("dosai"), " us")
    yield Goal("CPU of a chunk by openai-python, in ours", 25, iterator("openai-python", "dosai"), is_least=True)
    yield Goal("CPU of a chunk through AsyncClient, in the iterator's", 1.3, iterator("AsyncClient", "dosai"))
    yield Goal("CPU of a chunk through dosai.openai", 12, iterator("dosai.openai"), " us")


def others():
    small = lambda *names: lambda results: answer(results, "small", *names)
    yield Goal("CPU of a chunk in Node.js", 2, lambda results: median(results["node"]["text"]["dosai"]) / 1e3, " us")
    yield Goal("CPU of a chunk by fetch in Node.js, in ours", 5,
               lambda results: median(ratios(results["node"]["text"], "fetch", "dosai")), is_least=True)
    for language, (most, least) in LANGUAGES.items():
        for kind, what in (("text", "a chunk"), ("1 KB", "a chunk of 1 KB")):
            yield Goal("CPU of %s in %s" % (what, language), most, (
                lambda results, language=language, kind=kind: median(results["bindings"][language][kind]["dosai"]) / 1e3), " us")
        if least:
            yield Goal("CPU of a chunk without dosai in %s, in ours" % language, least, (
                lambda results, language=language: median(ratios(results["bindings"][language]["text"], "other", "dosai"))), is_least=True)
    yield Goal("CPU of a small answer, in libcurl and jansson's", 1, small("C", "dosai", "jansson"))
    yield Goal("CPU of a small answer, Python", 90, small("Python", "dosai"), " us")
    yield Goal("CPU of an answer of 1 MB by openai-python, in ours", 4, (
        lambda results: answer(results, "1 MB", "Python", "openai-python", "dosai")), is_least=True)
    yield Goal("peak of memory with an answer of 10 MB, in answers", 3, memory)
    yield Goal("from start to first byte, in libcurl's", 1.2, (
        lambda results: median(ratios(results["cold"]["C"], "dosai", "curl"))))
    yield Goal("`import dosai`", 10, lambda results: median(results["cold"]["import"]["dosai"]) / 1e6, " ms")
    for kind in ("plain", "tls"):
        for what, limit in (("cpu_us_whole", 1.15), ("memory_bytes_stream", 1.4), ("p99_us", 1.2)):
            yield Goal("1000 %s streams: %s, in libcurl's" % (kind, RATIOS[what]), limit, (
                lambda results, kind=kind, what=what: many(results, "1000 " + kind, what)))
    yield Goal("CPU of a line of `dosai batch`, in libcurl's", 1.5, lambda results: median(ratios(results["batch"], "dosai", "curl")))
    yield Goal("1000 streams through AsyncClient: CPU a chunk, all in all", 14, async_many, " us")
    yield Goal("1000 streams through dosai.openai: CPU a chunk, in openai-python's", 0.25, async_openai)


def goals():
    return [*instructions(), *streams(), *others()]
