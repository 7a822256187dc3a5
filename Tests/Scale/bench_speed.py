"""How fast dosai.map is, and what it takes, beside what others do on Ray. A rate is the server's: from a tenth of the
requests to nine tenths of them, so that neither the start of an engine nor its end counts; so is the CPU, of all processes
of the engine."""
import asyncio
import contextlib
import os
import pathlib
import subprocess
import sys
import time
import uuid

import bench_programs as programs
from bench_limits import a_folder, on_dask, serve
from conftest import CONCURRENCY, Job, processes

TICK = os.sysconf("SC_CLK_TCK")


def cpu(mark):
    """Seconds that all processes with the mark have taken."""
    total = 0
    for pid in processes(mark):
        with contextlib.suppress(OSError):
            total += sum(map(int, pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[11:13]))
    return total / TICK


def steady(truth, count, start):
    """Starts a program, with a mark: requests a second, and seconds of CPU of each."""
    truth.mark()
    mark = "DOSAI_SCALE_RUN=%s" % uuid.uuid4()
    process = start({"DOSAI_SCALE_RUN": mark.partition("=")[2], "DOSAI_BASE_URL": truth.base})
    taken = []
    try:
        for tenths in (1, 9):
            truth.wait(count * tenths // 10, process)
            taken.append((truth.count(), cpu(mark)))
        if process.wait(300):
            raise RuntimeError("the program failed")
    finally:
        process.kill()
    assert truth.count() == count, "%d requests for %d rows" % (truth.count(), count)
    times = [each for each, _, _ in truth.requests()]
    rate = (count * 8 // 10) / (times[count * 9 // 10] - times[count // 10])
    return rate, (taken[1][1] - taken[0][1]) / (taken[1][0] - taken[0][0])


def python(code, *words):
    return lambda environment: subprocess.Popen([sys.executable, "-c", code, *map(str, words)], env={**os.environ, **environment},
                                                stdout=subprocess.DEVNULL)


def server(scale):
    """Requests a second of the server alone: one client with 64 connections, and 8 requests in each write."""
    count = 40000

    async def one(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = b'{"messages": [{"content": "row"}]}'
        text = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        for _ in range(count // 64 // 8):
            writer.write(text * 8)
            for _ in range(8):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r")[0]))
        writer.close()

    async def main(port):
        await asyncio.gather(*(one(port) for _ in range(64)))
    with serve() as truth:
        begun = time.monotonic()
        asyncio.run(main(int(truth.base.split(":")[2].split("/")[0])))
        rate = count // 64 // 8 * 64 * 8 / (time.monotonic() - begun)
    return [["the truth server alone", "", "%d requests a second" % rate, None, rate / 2]]


def ray(scale):
    """One actor of each; the best that each can be given: blocks, and batches at once."""
    rows, each = [], {}
    for delay, title in ((500, "server of 0.5 s"), (0, "server that answers at once")):
        with serve(delay=delay) as truth:
            for kind in ("tuned", "hand", "ours", *(["documented"] if delay else [])):
                # Whole batches: a task of Ray that ends with a small one would wait for the others. Ten, so that from a
                # tenth to nine tenths are whole waves of 64: a server of 0.5 s answers whole waves.
                count = 256 * max(1, int({"documented": 1, "ours": 10 if delay else 80}.get(kind, 10) * scale))
                each[kind] = steady(truth, count, python(programs.RAY, kind, count))
                rate, took = each[kind]
                rows.append(["Ray, one actor, %s: %s" % (title, programs.KINDS[kind]), "", "%.0f rows a second, %.0f us of CPU a row" % (rate, took * 1e6), None, rate])
        for kind in ("tuned", "hand"):
            faster, less = each["ours"][0] / each[kind][0], each["ours"][1] / each[kind][1]
            rows += [["%s: dosai.map's throughput, times that of %s" % (title, programs.KINDS[kind]), "at least 1.00", "%.2f" % faster, faster >= 0.995, None],
                     ["%s: dosai.map's CPU a row, times that of %s" % (title, programs.KINDS[kind]), "at most 0.6", "%.2f" % less, less <= 0.6, None]]
        if delay:
            faster = each["ours"][0] / each["documented"][0]
            rows.append(["%s: dosai.map's throughput, times that of %s" % (title, programs.KINDS["documented"]), "at least 10", "%.1f" % faster, faster >= 10, None])
    return [row for row in rows if row[1]] + [row for row in rows if not row[1]]


def mapper(scale):
    count, found = max(20000, int(1000000 * scale)), []
    with serve() as truth:
        for each in (10000, count):
            done = subprocess.run([sys.executable, "-c", programs.ALONE, str(each), truth.base], stdout=subprocess.PIPE, text=True, check=True)
            found.append([float(word) for word in done.stdout.split()])
        theirs = 5000
        done = subprocess.run([sys.executable, "-c", programs.OPENAI, str(theirs), truth.base], stdout=subprocess.PIPE, text=True, check=True)
        other = [float(word) for word in done.stdout.split()]
    (_, _, small), (took, used, large) = found
    growth = 100 * (large / small - 1)
    return [["memory of a worker after 10,000 rows, and after {:,}".format(count), "within 10 %",
             "%.1f MB, %.1f MB: %+.1f %%" % (small / 1024, large / 1024, growth), abs(growth) <= 10, None],
            ["no engine, one Mapper, {:,} rows, server that answers at once".format(count), "", "%.0f rows a second, %.0f us of CPU a row" % (
                count / took, used / count * 1e6), None, count / took],
            ["no engine, AsyncOpenAI, {:,} rows, 64 at once".format(theirs), "", "%.0f rows a second, %.0f us of CPU a row" % (
                theirs / other[0], other[1] / theirs * 1e6), None, theirs / other[0]]]


def flight(scale):
    count, rates = max(4000, int(8000 * scale)), []
    for slow in (0, 20):
        with serve(delay=200, slow=slow) as truth:
            rates.append(steady(truth, count, python(programs.ALONE, count, truth.base))[0])
    used, late = 100 * rates[0] / (CONCURRENCY / 0.2), 100 * rates[1] / rates[0]
    return [["in flight, of concurrency / latency; 64, 0.2 s", "at least 90 %", "%.1f %%" % used, used >= 90, rates[0]],
            ["throughput with 1 % of rows 20 times slower; the mean latency allows 84 %", "at least 80 %", "%.1f %%" % late, late >= 80, rates[1]]]


def engines(scale):
    """The page's programs: two workers, of Ray's and Spark's own driver, or a cluster of Dask."""
    from test_spark import environment
    rows, count = [], max(2000, int(50000 * scale))
    places = {"Ray": contextlib.nullcontext, "Spark": lambda truth: contextlib.nullcontext(environment(truth.base)), "Dask": on_dask}
    for engine, place in places.items():
        with serve() as truth, a_folder() as folder, place(truth) as more:
            job = Job({"Spark": "pyspark"}.get(engine, engine.lower()), folder, {"RAY_USAGE_STATS_ENABLED": "0"}, count, rpm=6000000)
            job.environment.update(more if isinstance(more, dict) else {})
            job.write_prompts(8)

            def start(environment):
                job.environment.update(environment)
                return job.start()
            rate, took = steady(truth, count, start)
            job.end()
            job.answers()
        # The workers of Dask have no mark.
        rows.append(["{}: {:,} rows, server that answers at once".format(engine, count), "0 missing, 0 doubled",
                     "0 missing, 0 doubled; %.0f rows a second" % rate + (", %.0f us of CPU a row" % (took * 1e6) if engine != "Dask" else ""), True, rate])
    return rows


def daft(scale):
    count = 2000
    with serve(delay=20) as truth, a_folder() as folder:
        job = Job("daft", folder, {"DOSAI_BASE_URL": truth.base, "DO_NOT_TRACK": "1", "DAFT_ANALYTICS_ENABLED": "0"}, count)
        job.write_prompts()
        with open(folder / "program.py", "a") as program:
            program.write("assert answers.count_rows() == %d\n" % count)
        job.finish(job.start())
        sent = len({id for _, _, id in truth.requests()})
    return [["Daft: the example, %d rows" % count, "as many answers", "%d" % sent, sent == count, None]]
