"""Many streams at once in one asyncio loop: many_python.py LIBRARY BASE STREAMS COUNT PERIOD [CA]

LIBRARY is dosai, dosai.openai, openai-python or liter-llm, as its own documents show it. Prints what many.c prints, counted likewise.
"""
import asyncio
import json
import resource
import sys
import time

LIBRARY, BASE = sys.argv[1:3]
STREAMS, COUNT, PERIOD = map(int, sys.argv[3:6])
CA = sys.argv[6] if len(sys.argv) > 6 else None
MESSAGES = [{"role": "user", "content": "Hello!"}]


def openai_like(module, name, **more):
    client = getattr(module, name)(api_key="sk-0", base_url=BASE, max_retries=0, timeout=600.0, **more)

    async def stream(model):
        async for chunk in await client.chat.completions.create(model=model, messages=MESSAGES, stream=True):
            for choice in chunk.choices:
                if choice.delta.content:
                    yield choice.delta.content
    return stream


def make():
    if LIBRARY == "dosai":
        import dosai
        return openai_like(dosai, "AsyncClient", ca_file=CA)
    if LIBRARY == "dosai.openai":
        import dosai.openai
        return openai_like(dosai.openai, "AsyncOpenAI")
    if LIBRARY == "openai-python":
        import openai
        return openai_like(openai, "AsyncOpenAI")  # the authority is in SSL_CERT_FILE
    import liter_llm
    client = liter_llm.create_client(api_key="sk-0", base_url=BASE, timeout_secs=600, model_hint="openai", max_retries=0)

    async def stream(model):
        request = liter_llm.ChatCompletionRequest(model=model, messages=MESSAGES)
        async for chunk in liter_llm.chat_stream(client, request):
            for choice in chunk.choices:
                if choice.delta.content:
                    yield choice.delta.content
    return stream


def cpu_us():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e6


def memory_kb(what):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(what))


class Counts:
    begun = completed = errors = 0
    delays, steady_from, steady_to = [], None, None  # the two: chunks, CPU, wall


async def read(stream):
    taken = 0
    try:
        async for content in stream("paced-%d-%d" % (COUNT, PERIOD)):
            Counts.delays.append((time.monotonic_ns() - int(content)) / 1e3)
            taken += 1
            if taken == 2:
                Counts.begun += 1
                if Counts.begun == STREAMS:
                    Counts.steady_from = len(Counts.delays), cpu_us(), time.monotonic()
            if taken == COUNT and not Counts.steady_to:
                Counts.steady_to = len(Counts.delays), cpu_us(), time.monotonic()
        assert taken == COUNT, "%d chunks" % taken
        Counts.completed += 1
    except Exception as error:
        if not Counts.errors:
            print(repr(error), file=sys.stderr)
        Counts.errors += 1


async def main():
    stream = make()
    async for _ in stream("paced-1-1"):
        pass
    memory, cpu = memory_kb("VmRSS:"), cpu_us()
    await asyncio.gather(*(read(stream) for _ in range(STREAMS)))
    cpu, memory = cpu_us() - cpu, memory_kb("VmHWM:") - memory
    seen = {"completed": Counts.completed, "errors": Counts.errors, "chunks": len(Counts.delays), "steady_chunks": 0,
            "cpu_us_whole": cpu / max(1, len(Counts.delays)), "cpu_us_chunk": -1, "cpu_us_stream": -1, "core": -1,
            "p50_us": -1, "p99_us": -1, "max_us": -1, "memory_bytes_stream": memory * 1024 / STREAMS}
    if Counts.steady_from and Counts.steady_to and Counts.steady_to > Counts.steady_from:
        (first, cpu_from, wall_from), (last, cpu_to, wall_to) = Counts.steady_from, Counts.steady_to
        delays, steady = sorted(Counts.delays[first:last]), cpu_to - cpu_from
        place = lambda share: delays[int(len(delays) * share)]
        seen.update(steady_chunks=len(delays), cpu_us_chunk=steady / len(delays), cpu_us_stream=(cpu - steady) / STREAMS,
                    core=steady / 1e6 / (wall_to - wall_from), p50_us=place(.5), p99_us=place(.99), max_us=delays[-1])
    print(json.dumps(seen))


asyncio.run(main())
