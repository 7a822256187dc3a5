"""Streams with both clients of the dosai that is installed here, the library inside it, and the C library whose name is
given."""
import asyncio, os, pathlib, sys

import dosai

ASKED = {"model": os.environ["DOSAI_MODEL"], "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 16}


def text(chunk):
    return chunk.choices[0].delta.content or "" if chunk.choices else ""


def stream():
    with dosai.Client() as client:
        return "".join(text(chunk) for chunk in client.chat.completions.create(**ASKED, stream=True))


async def stream_async():
    async with dosai.AsyncClient() as client:
        return "".join([text(chunk) async for chunk in await client.chat.completions.create(**ASKED, stream=True)])


answers = [stream(), asyncio.run(stream_async())]
mapped = {line.split()[-1] for line in open("/proc/self/maps") if "/lib" in line}
inside = str(pathlib.Path(dosai.__file__).with_name("libdosai.so.0"))
others = [path for path in mapped if "libcurl" in path or "libdosai" in path and path != inside]
if not all(answers):
    sys.exit("no text came: %s" % answers)
if inside not in mapped or others or not any(path.endswith("/" + sys.argv[1]) for path in mapped):
    sys.exit("loaded: %s" % " ".join(sorted(mapped)))
print("Python %s: %r" % (sys.version.split()[0], answers[1][:40]))
