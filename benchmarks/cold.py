"""From the start of a process to its first byte on the wire, and the time to import Python clients."""
import os
import time

import common
import unary


def run(times, quick):
    """{"C": {way: [nanoseconds, a run each]}, "Python": {client: the same}, "import": {client: the same}}"""
    times = max(times, 2 if quick else 20)
    programs = {"curl": common.build("cold_curl", "curl", source="cold.c"),
                "dosai": common.build("cold_dosai", "dosai", source="cold.c", flags=("-DWITH_DOSAI",))}
    names = common.clients(quick)
    with common.Server(unary.answer(100)) as server:
        ways = {name: lambda program=program: first_byte(server, [program, server.port]) for name, program in programs.items()}
        command = lambda name, *words: [common.comparison.python_of(name), *words]
        clients = {name: lambda name=name: first_byte(
            server, command(name, common.HERE / "client.py", name, "cold", server.base)) for name in names}
        imports = {name: lambda name=name: import_time(command(name)[0], name) for name in names}
        return {"C": common.in_turns(ways, times), "Python": common.in_turns(clients, max(1, times // 4)),
                "import": common.in_turns(imports, max(1, times // 4))}


def start(command):
    environment = {**common.comparison.environment(), "PYTHONDONTWRITEBYTECODE": ""}
    command = list(map(str, command))
    started = time.monotonic_ns()
    return started, os.posix_spawn(command[0], command, environment)


def end(command, process):
    if os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]):
        raise SystemExit("%s failed" % command)


def first_byte(server, command):
    started, process = start(command)
    arrived = server.first_byte()
    end(command, process)
    return arrived - started


def import_time(python, name, *before):
    module = {"openai-python": "openai", "liter-llm": "liter_llm"}.get(name, name)
    code = "import time; begun = time.perf_counter_ns(); import %s; print(time.perf_counter_ns() - begun)" % module
    return common.output(*before, python, "-c", code)[0]
