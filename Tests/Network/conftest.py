"""The tests run side by side, each with a network of its own: most of the time they wait. A test has no fixtures."""
import concurrent.futures, shutil, sys, tempfile

import pytest

sys.dont_write_bytecode = True
from bench import Bench, Process, make_files
from test_beside_others import table
from test_warm import lines

TOGETHER = 64


def pytest_configure(config):
    config.addinivalue_line("markers", "long: it takes a minute, and begins before the others")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish(session):
    if session.config.option.collectonly or not session.items:
        return
    Bench.shared = tempfile.mkdtemp(prefix="dosai-network-")
    make_files(Bench.shared)
    session.pool = concurrent.futures.ThreadPoolExecutor(TOGETHER)
    for item in session.items:
        item.future = session.pool.submit(item.obj, **(item.callspec.params if hasattr(item, "callspec") else {}))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    pyfuncitem.future.result()
    return True


def pytest_sessionfinish(session):
    if hasattr(session, "pool"):
        session.pool.shutdown(wait=False, cancel_futures=True)
        for process in list(Process.all):  # of tests that were not waited for
            process.signal("SIGKILL")
        session.pool.shutdown()
        shutil.rmtree(Bench.shared)


def pytest_terminal_summary(terminalreporter):
    for line in [*table(), *lines()]:
        terminalreporter.write_line(line)
