"""Runs a framework's cases with openai-python alone and on libdosai, and prints what happened as one JSON object.

    child.py FRAMEWORK
"""
import asyncio
import importlib
import inspect
import ipaddress
import json
import os
import pathlib
import sys
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "bindings/python")]
import openai

import dosai.openai
from dosai.testing import Server
from given import Given

LIBRARIES = {"openai": openai, "dosai.openai": dosai.openai}
CASES = ("sync", "stream", "async", "async stream", "tools", "async tools", "structured", "async structured", "error")
strays = []  # where else a framework wanted to connect


def only_loopback(event, arguments):
    if event not in ("socket.connect", "socket.getaddrinfo"):
        return
    address = arguments[1] if event == "socket.connect" else arguments
    host = address[0] if isinstance(address, tuple) else None  # else a Unix socket
    host = host.decode() if isinstance(host, bytes) else host
    try:
        is_near = host in (None, "", "localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_near = False
    if not is_near:
        strays.append(host)
        raise OSError("only loopback is allowed, not %s" % host)


def went_over_libdosai(request):
    return request.header("user-agent").startswith("dosai/")


def run(case, library):
    """What the case gave, and what it sent."""
    strays.clear()
    with Server() as server:
        result = case(Given(LIBRARIES[library], server))
        result = asyncio.run(result) if inspect.iscoroutine(result) else result
    assert server.requests and not server.unused, "%d requests, %d replies left" % (len(server.requests), server.unused)
    assert all(went_over_libdosai(one) == (library != "openai") for one in server.requests), "over another client"
    assert not strays, "it wanted to connect to %s" % strays
    return {"result": repr(result), "sent": [{"stream": False, **one.json} for one in server.requests]}


def run_all(cases, library, is_patched):
    """For each case what `run` gives, or what went wrong."""
    if is_patched:
        dosai.openai.patch()
    outcomes = {}
    for name, case in cases.items():
        try:
            outcomes[name] = run(case, library), None
        except BaseException as failure:
            outcomes[name] = None, "".join(traceback.format_exception(failure))
    return outcomes


def forked(function, *arguments):
    """What the function gives in a process of its own: tracers and `patch()` change openai-python's classes for good."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        with open(writes, "w") as file:
            json.dump(function(*arguments), file)
        os._exit(0)
    os.close(writes)
    with open(reads) as file:
        text = file.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if status == 0 else {}


def main():
    sys.addaudithook(only_loopback)
    openai.OpenAI(api_key="k").chat.completions  # imported once, not in both processes
    module = importlib.import_module("cases." + sys.argv[1])
    makes_its_client = getattr(module, "MAKES_ITS_CLIENT", False)
    found = {name.strip("_").replace("_", " "): case for name, case in vars(module).items() if inspect.isfunction(case)}
    cases = {name: found[name] for name in CASES if name in found}
    outcomes = {library: forked(run_all, cases, library, makes_its_client and library != "openai") for library in LIBRARIES}
    wrong = {}
    for name in cases:
        seen = {library: outcome.get(name, (None, "the process ended")) for library, outcome in outcomes.items()}
        for library, (_, failure) in seen.items():
            if failure:
                wrong["%s, with %s" % (name, library)] = failure
        (theirs, _), (ours, _) = seen.values()
        if theirs and ours and theirs != ours:
            wrong[name + ", the difference"] = json.dumps(theirs) + "\n" + json.dumps(ours)
    print(json.dumps({"cases": list(cases), "wrong": wrong, "patched": makes_its_client}))


main()
