"""The programs that are compared; each with 64 requests at once, in one process that sends them."""

KINDS = {"documented": "Ray's HTTP processor as documented", "tuned": "Ray's HTTP processor, tuned",
         "hand": "a hand-written actor with AsyncOpenAI", "ours": "dosai.map"}

ALONE = """
import sys, time
from dosai.map import Mapper, Spec
count, base = int(sys.argv[1]), sys.argv[2]
rows = ({"id": "row %d" % number, "prompt": "row %d" % number} for number in range(count))
begun, used = time.monotonic(), time.process_time()
done = sum(1 for row in Mapper(Spec(model="m", base_url=base)).rows(rows, id="id", request="prompt") if not row.error)
assert done == count
took = time.monotonic() - begun, time.process_time() - used
peak, = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]  # ru_maxrss has the parent's
print(*took, peak)
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
print(time.monotonic() - begun, time.process_time() - used)
"""
# Ray's processor has four batches of a block at once; the tuned one, 64 of a row each.
RAY = """
import asyncio, os, sys
kind, count, base = sys.argv[1], int(sys.argv[2]), os.environ["DOSAI_BASE_URL"]
if kind == "tuned":
    os.environ["RAY_DATA_DEFAULT_ASYNC_BATCH_UDF_MAX_CONCURRENCY"] = "64"
import ray
ray.init(num_cpus=2, object_store_memory=100 << 20, include_dashboard=False, log_to_driver=False)
context = ray.data.DataContext.get_current()
context.enable_progress_bars = False
rows = ray.data.from_items([{"id": "row %d" % n, "prompt": "row %d" % n} for n in range(count)],
                           override_num_blocks=max(1, count // 256) if kind == "ours" else 1)
many = dict(max_concurrent_calls_per_actor=4, enable_true_multi_threading=True) if kind == "ours" else {}
one = dict(num_cpus=1, compute=ray.data.ActorPoolStrategy(size=1, **many))
if kind == "ours":
    from dosai.map import Mapper, Spec
    class Ask:
        def __init__(self):
            self.mapper = Mapper(Spec(model="m"))
        def __call__(self, table):
            return self.mapper.table(table)
    made = rows.map_batches(Ask, batch_format="pyarrow", batch_size=256, **one)
elif kind == "hand":
    from openai import AsyncOpenAI
    class Ask:
        def __init__(self):
            self.client, self.room = AsyncOpenAI(api_key="k", base_url=base, max_retries=10), asyncio.Semaphore(64)
        async def ask(self, prompt):
            async with self.room:
                answer = await self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
            return answer.choices[0].message.content
        async def __call__(self, batch):
            yield {"id": batch["id"], "content": await asyncio.gather(*map(self.ask, batch["prompt"].tolist()))}
    made = rows.map_batches(Ask, batch_size=256, **one)
else:
    from ray.data.llm import HttpRequestProcessorConfig, build_processor
    made = build_processor(
        HttpRequestProcessorConfig(url=base + "/chat/completions", concurrency=1, **({"batch_size": 1} if kind == "tuned" else {})),
        preprocess=lambda row: {"payload": {"model": "m", "messages": [{"role": "user", "content": row["prompt"]}]}},
        postprocess=lambda row: {"content": row["http_response"]["choices"][0]["message"]["content"]})(rows)
assert made.materialize().count() == count
"""
