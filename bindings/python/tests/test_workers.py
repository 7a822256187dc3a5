"""A client made at import, in the processes that servers and task queues fork or start: multiprocessing of each kind,
gunicorn, Celery."""

import http.client
import os
import socket
import subprocess
import sys

import pytest
from test_process import PACKAGE

HELLO = "Hello! How can I help you today?"
CLIENT = """
import os
import dosai
client = dosai.Client(max_retries=0)
def ask(number):
    create = client.chat.completions.create
    answer = create(model="m", messages=[])
    stream = create(model="m", messages=[], stream=True)
    return [os.getpid(), answer.choices[0].message.content, stream.get_final_text()]
"""
GUNICORN = """
if os.environ["MADE"] == "used":
    ask(0)  # its connections are the parent's
def app(environ, start_response):
    process, answer, text = ask(0)
    start_response("200 OK", [])
    return [("%d %s %s" % (process, answer, text)).encode()]
"""
CELERY = """
from celery import Celery
ask(0)
app = Celery(broker="filesystem://", backend="file://" + os.environ["FOLDER"])
app.conf.broker_transport_options = {name: os.environ["FOLDER"] for name in ("data_folder_in", "data_folder_out")}
app.conf.update(worker_concurrency=2, broker_connection_retry_on_startup=False)
task = app.task(name="ask")(ask)
"""
POOLS = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import module
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    if sys.argv[2] == "used":
        module.ask(0)
    with context.Pool(2) as pool:
        answers = pool.map(module.ask, range(6), chunksize=1)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        answers += pool.map(module.ask, range(6))
    process = context.Process(target=module.ask, args=(0,))
    process.start()
    process.join()
    assert process.exitcode == 0, process.exitcode
    for process, *texts in answers:
        assert process != module.os.getpid() and texts == [%r] * 2, answers
    print(len(answers))
""" % HELLO


@pytest.fixture
def environment(server, tmp_path):
    return dict(os.environ, PYTHONPATH=PACKAGE, DOSAI_BASE_URL=server.base("hello"), DOSAI_API_KEY="k", FOLDER=str(tmp_path))


@pytest.fixture
def started(environment, tmp_path):
    """Starts a program beside a module, and stops it."""
    processes = []

    def start(module, *command, pass_fds=(), **more):
        (tmp_path / "module.py").write_text(CLIENT + module)
        processes.append(subprocess.Popen([sys.executable, "-m", *command], cwd=tmp_path, env={**environment, **more},
                                          pass_fds=pass_fds, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.terminate()
        output, _ = process.communicate(timeout=60)
        assert process.returncode in (0, -15), output


@pytest.mark.parametrize("made", ["made", "used"])
@pytest.mark.parametrize("kind", ["fork", "spawn", "forkserver"])
def test_multiprocessing(environment, tmp_path, kind, made):
    (tmp_path / "module.py").write_text(CLIENT)
    (tmp_path / "main.py").write_text(POOLS)
    done = subprocess.run([sys.executable, "main.py", kind, made], cwd=tmp_path, env=environment, capture_output=True,
                          text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "12\n", "")


@pytest.mark.parametrize("made", ["made", "used"])
@pytest.mark.parametrize("kind", ["sync", "gthread", "gevent"])
def test_gunicorn_with_preload(started, kind, made):
    pytest.importorskip("gunicorn")
    if kind == "gevent":
        pytest.importorskip("gevent")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = started(GUNICORN, "gunicorn", "--preload", "--workers=2", "--worker-class", kind,
                          "--bind=fd://%d" % listener.fileno(), "module:app", pass_fds=[listener.fileno()], MADE=made)
    for _ in range(8):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)
        connection.request("GET", "/")
        worker, text = connection.getresponse().read().decode().split(" ", 1)
        assert text == f"{HELLO} {HELLO}" and int(worker) != process.pid


def test_celery_with_prefork(started, environment, tmp_path):
    pytest.importorskip("celery")
    started(CELERY, "celery", "-A", "module", "worker", "--pool=prefork", "--loglevel=ERROR")
    code = """
import module
results = [module.task.delay(number) for number in range(8)]
print([result.get(timeout=120)[1:] for result in results])
"""
    asked = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert asked.stdout.strip() == str([[HELLO, HELLO]] * 8), asked.stderr
