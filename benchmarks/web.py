"""A web app that passes 100 answers at once on to browsers: the FastAPI app of the examples, with its own client, and
with AsyncOpenAI of dosai.openai and of openai-python in its place. The answers are paced; the texts say when they were
sent, and the delay is until a browser has them."""
import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

import common
import many

APP = common.ROOT / "bindings/python/examples/web/fastapi_app.py"
PACKAGES = ("fastapi==0.165.0", "uvicorn==0.54.0", common.comparison.PACKAGES["openai-python"])
STREAMS, COUNT, PERIOD = 100, 100, 50  # chunks of each, milliseconds between two
OURS = "from dosai import AsyncClient, AsyncStream, DosaiError\n"
CLIENTS = {  # what the app imports instead
    "openai-python": "from openai import AsyncOpenAI as AsyncClient, AsyncStream, OpenAIError as DosaiError\n",
    "dosai.openai": "from dosai.openai import AsyncOpenAI as AsyncClient, AsyncStream, OpenAIError as DosaiError\n",
    "dosai": OURS,
}


def python():
    """Of an environment with all that the apps need."""
    folder = common.ROOT / "build/bench/web"
    ready = folder / "-".join(("ready", *PACKAGES))
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
                       check=True)
        ready.touch()
    return folder / "bin/python"


def run(times, quick):
    """{client: [{"cpu_us": a chunk, "p50_us", "p99_us"}, a run each]}"""
    place = common.FOLDER / "web"
    place.mkdir()
    many.build(place)
    source, interpreter = APP.read_text(encoding="utf-8"), python()
    assert source.count(OURS) == 1
    for name, imports in CLIENTS.items():
        (place / name).mkdir()
        (place / name / "app.py").write_text(source.replace(OURS, imports), encoding="utf-8")
    server = many.Server(place)
    try:
        return common.in_turns({name: lambda name=name: one_run(interpreter, place / name, server)
                                for name in CLIENTS}, (times + 1) // 2)
    finally:
        server.process.communicate("")


def one_run(interpreter, folder, server):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    base = server.bases["plain"]
    environment = {**common.comparison.environment(), "DOSAI_MODEL": "paced-%d-%d" % (COUNT, PERIOD), "DOSAI_API_KEY": "k",
                   "DOSAI_BASE_URL": base, "OPENAI_API_KEY": "k", "OPENAI_BASE_URL": base}
    app = subprocess.Popen([interpreter, "-m", "uvicorn", "--log-level=error", "--loop=asyncio", "--port=%d" % port, "app:app"],
                           cwd=folder, env=environment)
    try:
        wait_for(port, app)
        asyncio.run(browse(port, 4))  # what is done once
        before = cpu_us(app.pid)
        delays = sorted(asyncio.run(browse(port, STREAMS)))
        assert len(delays) == STREAMS * COUNT, "%d texts" % len(delays)
        place = lambda share: delays[int(len(delays) * share)] / 1e3
        return {"cpu_us": (cpu_us(app.pid) - before) / len(delays), "p50_us": place(.5), "p99_us": place(.99)}
    finally:
        app.send_signal(signal.SIGKILL)
        app.wait()


def wait_for(port, app):
    while app.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the app did not start")


def cpu_us(process):
    with open("/proc/%d/stat" % process) as stat:
        user, system = stat.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) * 1e6 / os.sysconf("SC_CLK_TCK")


async def browse(port, count):
    """The delays of all texts of so many answers, in nanoseconds."""
    delays = []

    async def one():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /chat?prompt=Hi HTTP/1.1\r\nHost: a\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        while True:
            size = int(await reader.readuntil(b"\r\n"), 16)
            text = await reader.readexactly(size + 2)
            if not size:
                return writer.close()
            delays.append(time.monotonic_ns() - int(text))
    await asyncio.gather(*(one() for _ in range(count)))
    return delays
