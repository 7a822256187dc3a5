"""examples/c/agent.c, built as it says itself, against scripted answers."""
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bindings/python"))
from dosai import testing

FLAGS = "-std=c99 -D_DEFAULT_SOURCE -Wall -Wextra -Werror"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    made = tmp_path_factory.mktemp("agent") / "agent"
    build = re.search(r"^ \*   cc (.*)$", (ROOT / "examples/c/agent.c").read_text(), re.M)[1]
    subprocess.run("cc %s %s" % (FLAGS, build.replace("build/agent", str(made))), shell=True, cwd=ROOT, check=True)
    return made


@pytest.fixture
def start(program, environment):
    with testing.Server() as server:

        def run(*replies):
            server.reply(*replies)
            environment.update(DOSAI_BASE_URL=server.base_url, DOSAI_API_KEY="k", LD_LIBRARY_PATH=str(ROOT / "build/lib"))
            process = subprocess.Popen([program, "Hi"], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            return process, server

        yield run


def calls(*named):
    return testing.completion(tool_calls=[testing.tool_call(name, arguments) for name, arguments in named])


def test_it_runs_what_the_model_calls(start):
    process, server = start(calls(("file_size", {"path": "LICENSE"}), ("current_time", {})),
                            calls(("file_size", {"path": "../x"}), ("nothing", {})), "Done.")
    output, problems = process.communicate(timeout=60)
    assert (process.returncode, problems) == (0, "") and output.endswith("Done.\n")
    told = [message["content"] for message in server.requests[-1].json["messages"] if message["role"] == "tool"]
    assert told[0] == "%d bytes" % (ROOT / "LICENSE").stat().st_size and told[1].endswith("UTC")
    assert told[2].startswith("error: there is no file") and told[3] == "error: there is no such function"


def test_it_answers_a_call_without_an_id(start):
    call = {"index": 0, "type": "function", "function": {"name": "current_time", "arguments": "{}"}}
    answer = testing.chunk({"tool_calls": [call]}, "tool_calls")
    process, server = start(testing.events(answer), "Done.")
    output, problems = process.communicate(timeout=60)
    assert (process.returncode, problems) == (0, "") and output.endswith("Done.\n")
    assert server.requests[-1].json["messages"][-1]["tool_call_id"] == ""


def test_it_gives_up_after_ten_rounds(start):
    process, server = start(*[calls(("current_time", {}))] * 10)
    output, problems = process.communicate(timeout=60)
    assert process.returncode == 1 and "after 10 rounds" in problems and len(server.requests) == 10
    assert output.count("[current_time") == 9


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_it_runs_no_calls_of_an_answer_that_was_cut(start, reason):
    process, server = start(testing.completion(tool_calls=[testing.tool_call("current_time", {})], finish_reason=reason))
    output, problems = process.communicate(timeout=60)
    assert (process.returncode, problems) == (1, "the answer was cut: its calls did not run\n")
    assert "[current_time" not in output and len(server.requests) == 1


def test_ctrl_c_stops_it(start):
    process, server = start(calls(("current_time", {})), testing.stall("Hello, world", after=1))
    process.stdout.read(1)
    while len(server.requests) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, problems = process.communicate(timeout=60)
    assert process.returncode == 1 and problems.startswith("CANCELLED")
