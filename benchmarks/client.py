"""One Python client, as its own documents show it: client.py LIBRARY WHAT BASE...

load             memory in KB, once it is imported
stream BASE1 BASE2   what a stream from BASE2 has more of than one from BASE1: CPU in nanoseconds, chunks with a choice
unary BASE COUNT     CPU and time of an answer in nanoseconds, after a first one, and the characters of its content
memory BASE          what the peak of memory grows by with one answer, in KB
cold BASE            one answer
"""
import importlib
import os
import resource
import sys
import time

LIBRARY, WHAT, *BASES = sys.argv[1:]
MESSAGES = [{"role": "user", "content": "Hello!"}]
KEY = "sk-0123456789"


def read_all(stream):
    """Touches the text of each chunk, as a program does; gives their number."""
    count = 0
    for chunk in stream:
        chunk.choices[0].delta.content
        count += 1
    return count


class OpenAILike:
    def __init__(self, module):
        self.make = importlib.import_module(module).OpenAI

    def open(self, base):
        self.client = self.make(api_key=KEY, base_url=base, max_retries=0, timeout=600.0)

    def ask(self):
        return self.client.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content

    def read(self):
        return read_all(self.client.chat.completions.create(model="m", messages=MESSAGES, stream=True))


class AsyncClient:
    def __init__(self):
        import asyncio
        import dosai
        self.make, self.loop = dosai.AsyncClient, asyncio.new_event_loop()

    open = OpenAILike.open

    def read(self):
        async def go():
            count = 0
            async for chunk in await self.client.chat.completions.create(model="m", messages=MESSAGES, stream=True):
                chunk.choices[0].delta.content
                count += 1
            return count
        return self.loop.run_until_complete(go())


class LiteLLM:
    def __init__(self):
        import litellm
        litellm.suppress_debug_info = True
        self.litellm = litellm

    def open(self, base):
        self.options = dict(model="openai/m", messages=MESSAGES, api_key=KEY, api_base=base, max_retries=0, timeout=600.0)

    def ask(self):
        return self.litellm.completion(**self.options).choices[0].message.content

    def read(self):
        return read_all(self.litellm.completion(**self.options, stream=True))


class LiterLLM:
    def __init__(self):
        import asyncio
        import liter_llm
        self.liter_llm, self.loop = liter_llm, asyncio.new_event_loop()

    def open(self, base):
        self.client = self.liter_llm.create_client(api_key=KEY, base_url=base, timeout_secs=600, model_hint="openai", max_retries=0)
        self.request = self.liter_llm.ChatCompletionRequest(model="m", messages=MESSAGES)

    def ask(self):
        answer = self.loop.run_until_complete(self.liter_llm.chat(self.client, self.request))
        return str(answer.choices[0].message.content)  # an object of its own

    def read(self):
        async def go():
            count = 0
            async for chunk in self.liter_llm.chat_stream(self.client, self.request):
                chunk.choices[0].delta.content
                count += 1
            return count
        return self.loop.run_until_complete(go())


def memory_kb(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))


def cpu_ns():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e9


def main():
    library = {"litellm": LiteLLM, "liter-llm": LiterLLM, "AsyncClient": AsyncClient}.get(LIBRARY) or (
        lambda: OpenAILike({"openai-python": "openai"}.get(LIBRARY, LIBRARY)))
    library = library()
    if WHAT == "load":
        print(memory_kb("VmRSS:"))
    else:
        measure(library)
    sys.stdout.flush()
    os._exit(0)  # liter-llm now and then aborts the process that exits


def measure(library):
    library.open(BASES[0])
    if WHAT == "stream":
        library.read()
        spent = []
        for base in BASES:
            library.open(base)
            before = cpu_ns()
            count = library.read()
            spent.append((cpu_ns() - before, count))
        print(spent[1][0] - spent[0][0], spent[1][1] - spent[0][1])
    elif WHAT == "unary":
        library.ask()
        count, cpu, wall = int(BASES[1]), cpu_ns(), time.monotonic_ns()
        for _ in range(count):
            content = library.ask()
        print((cpu_ns() - cpu) / count, (time.monotonic_ns() - wall) / count, len(content))
    elif WHAT == "memory":
        before = memory_kb("VmHWM:")
        library.ask()
        print(memory_kb("VmHWM:") - before)
    else:
        library.ask()


main()
