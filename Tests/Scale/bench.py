"""What dosai.map costs, and how fast it is, beside others. Prints a table; a row counts only if the truth server alone
reaches twice its rate.

    bench.py [SCALE]     1: 1,000,000 rows for memory; 0.1: a tenth of all numbers of rows
"""
import asyncio
import pathlib
import subprocess
import sys
import tempfile
import time

from conftest import Truth

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
CONCURRENCY = 64
ALONE = """
import os, resource, sys, time
from dosai.map import Mapper, Spec
count, base = int(sys.argv[1]), sys.argv[2]
rows = ({"id": "row %d" % number, "prompt": "row %d" % number} for number in range(count))
begun, used = time.monotonic(), time.process_time()
done = sum(1 for row in Mapper(Spec(model="m", base_url=base)).rows(rows, id="id", request="prompt") if not row.error)
assert done == count
print(time.monotonic() - begun, time.process_time() - used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
OPENAI = """
import asyncio, sys, time
from openai import AsyncOpenAI
count, base = int(sys.argv[1]), sys.argv[2]
async def main():
    client, room = AsyncOpenAI(api_key="k", base_url=base, max_retries=2), asyncio.Semaphore(64)
    async def ask(number):
        async with room:
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "row %d" % number}])
    await asyncio.gather(*map(ask, range(count)))
begun, used = time.monotonic(), time.process_time()
asyncio.run(main())
print(time.monotonic() - begun, time.process_time() - used, 0)
"""
RAY = """
import sys, time
import ray
kind, count, base = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ray.init(num_cpus=2, object_store_memory=100 << 20, include_dashboard=False, log_to_driver=False)
rows = ray.data.from_items([{"id": "row %d" % n, "prompt": "row %d" % n} for n in range(count)], override_num_blocks=4)
if kind == "ours":
    from dosai.map import Mapper, Spec
    class Ask:
        def __init__(self): self.mapper = Mapper(Spec(model="m", base_url=base))
        def __call__(self, table): return self.mapper.table(table)
    made = rows.map_batches(Ask, batch_format="pyarrow", batch_size=None, num_cpus=1, max_concurrency=2,
                            compute=ray.data.ActorPoolStrategy(size=1))
else:
    from ray.data.llm import HttpRequestProcessorConfig, build_processor
    made = build_processor(
        HttpRequestProcessorConfig(url=base + "/chat/completions", concurrency=1),
        preprocess=lambda row: {"payload": {"model": "m", "messages": [{"role": "user", "content": row["prompt"]}]}},
        postprocess=lambda row: {"content": row["http_response"]["choices"][0]["message"]["content"]})(rows)
begun = time.monotonic()
assert made.count() == count
print(time.monotonic() - begun)
"""


def run(code, *words):
    """The numbers that a program prints last."""
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return [float(word) for word in done.stdout.splitlines()[-1].split()]


def serve(**options):
    return Truth(pathlib.Path(tempfile.mkdtemp()), **options)


def rate_of_truth():
    """Requests a second of the server alone: one client that sends 64 at once."""
    truth, count = serve(), 20000

    async def main():
        async def one():
            reader, writer = await asyncio.open_connection("127.0.0.1", int(truth.base.split(":")[2].split("/")[0]))
            body = b'{"messages": [{"content": "row"}]}'
            text = b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
            for _ in range(count // 64 // 8):
                writer.write(text * 8)
                for _ in range(8):
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r")[0]))
            writer.close()
        await asyncio.gather(*(one() for _ in range(64)))
    begun = time.monotonic()
    asyncio.run(main())
    took = time.monotonic() - begun
    truth.close()
    return count / took


def alone():
    truth = serve()
    small = run(ALONE, int(10000), truth.base)
    large = run(ALONE, int(1000000 * SCALE), truth.base)
    theirs = run(OPENAI, int(20000 * SCALE), truth.base)
    truth.close()
    ours = int(1000000 * SCALE)
    print("Mapper alone, fast server: %.0f rows/s, %.0f us of CPU a row" % (ours / large[0], large[1] / ours * 1e6))
    print("AsyncOpenAI, 64 at once:   %.0f rows/s, %.0f us of CPU a row" % (20000 * SCALE / theirs[0], theirs[1] / (20000 * SCALE) * 1e6))
    print("memory: %.1f MB after 10,000 rows, %.1f MB after %d: %+.0f %%" % (
        small[2] / 1024, large[2] / 1024, ours, 100 * (large[2] / small[2] - 1)))


def in_flight():
    truth, count = serve(delay=200), int(20000 * max(SCALE, 0.1))
    took = run(ALONE, count, truth.base)[0]
    truth.close()
    slow = serve(delay=200, slow=20)
    late = run(ALONE, count, slow.base)[0]
    slow.close()
    best = CONCURRENCY / 0.2
    print("in flight: %.0f %% of concurrency / latency, 0.2 s" % (100 * count / took / best))
    print("1 %% of rows 20 times slower: %.0f %% of that; %.0f %% is what the mean latency allows" % (100 * took / late, 100 / 1.19))


def on_ray():
    truth, counts = serve(delay=500), {"theirs": int(200 * max(SCALE, 0.1)), "ours": int(4000 * max(SCALE, 0.1))}
    for kind, count in counts.items():
        took, = run(RAY, kind, count, truth.base)
        print("Ray, one actor, server of 0.5 s, %s: %d rows in %.1f s, %.1f rows/s" % (kind, count, took, count / took))
    truth.close()


if __name__ == "__main__":
    print("truth server alone: %.0f requests/s, from one Python client" % rate_of_truth())
    for part in (alone, in_flight, on_ray):
        part()
