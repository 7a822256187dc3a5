"""Whether the memory of a process grows with the calls that it makes."""
import pathlib

PER_CALL, MORE = 30, 1 << 20  # bytes that it may grow: for each call, and once
SAMPLES = 60


def used(process):
    """Bytes, without those of files."""
    rollup = pathlib.Path("/proc/%d/smaps_rollup" % process).read_text()
    return int(rollup.split("Anonymous:")[1].split()[0]) * 1024


def growth(process, count, make):
    """Bytes in half of the calls: from the lowest in the second quarter to that in the last. make(at, count) makes the calls from
    number at on."""
    each, samples = max(1, count // SAMPLES), []
    for start in range(0, count, each):
        make(start, min(each, count - start))
        samples.append(used(process))
    quarter = len(samples) // 4
    return min(samples[-quarter:]) - min(samples[quarter:2 * quarter])


def is_flat(grown, count):
    return grown < PER_CALL * count // 2 + MORE


def told(grown, count):
    return "%d calls: %+d KB in half of them, %+.1f bytes a call" % (count, grown >> 10, grown * 2 / count)
