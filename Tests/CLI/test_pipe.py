"""dosai chat -i without a terminal."""
import json, resource, select, signal, subprocess, time

import pytest

import terminal

HELLO = "Hello! How can I help you today?"


def test_lines_are_turns(talk):
    talk = talk("hello")
    done = talk.run("-i", said="One.\n\nTwo\\\nlines.\n/system Be brief.\nThree.")
    assert (done.returncode, done.stdout, done.stderr) == (0, (HELLO + "\n") * 3, "")
    answer = ("assistant", HELLO)
    assert talk.messages()[-1] == [("system", "Be brief."), ("user", "One."), answer, ("user", "Two\nlines."), answer,
                                   ("user", "Three.")]


def test_lines_of_windows(talk):
    talk = talk("hello")
    done = talk.run("-i", said="One\\\r\nline.\r\n/exit\r\nTwo.\r\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, HELLO + "\n", "")
    assert talk.messages() == [[("user", "One\nline.")]]


def test_no_line_is_no_turn(talk):
    talk = talk("hello")
    done = talk.run("-i")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "") and not talk.requests()
    closed = subprocess.run(["sh", "-c", '"$1" chat -i <&-', "sh", str(terminal.TOOL)], env=talk.env(), timeout=terminal.SECONDS)
    assert closed.returncode == 0


def test_the_rest_goes_unread_after_a_failure(talk):
    talk = talk("error-401")
    done = talk.run("-i", said="One.\nTwo.\n")
    assert done.returncode == 1 and done.stderr.count("AUTHENTICATION") == 1 and len(talk.requests()) == 1
    done = talk.run("-i", said="/nothing\nTwo.\n")
    assert done.returncode == 2 and "/nothing: no such command" in done.stderr and len(talk.requests()) == 1


def test_json(talk):
    talk = talk("hello")
    done = talk.run("-i", "--json", said="One.\nTwo.\n")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    ends = [line for line in lines if "status" in line]
    assert [end["status"] for end in ends] == ["OK", "OK"] and lines[-1] is ends[-1]
    assert all(end["completion"]["choices"][0]["message"]["content"] == HELLO for end in ends)
    done = type(talk)(talk.server, "error-401", talk.home).run("-i", "--json", said="One.\nTwo.\n")
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["AUTHENTICATION"]


def test_no_stream(talk):
    talk = talk("hello")
    done = talk.run("-i", "--no-stream", said="One.\nTwo.\n")
    assert (done.returncode, done.stdout) == (0, (HELLO + "\n") * 2)
    assert len(talk.messages()[-1]) == 3 and not talk.requests()[-1].get("stream")


def test_each_answer_comes_at_once(talk):
    """A program on both ends of the pipes."""
    process = subprocess.Popen([str(terminal.TOOL), "chat", "-i"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env=talk("hello").env(), text=True)
    for _ in range(3):
        process.stdin.write("Hi.\n")
        process.stdin.flush()
        assert process.stdout.readline() == HELLO + "\n"
    process.stdin.close()
    assert process.wait(terminal.SECONDS) == 0
    process.stdout.close()


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_nobody_reads(talk, arguments):
    talk = talk("endless")
    process = subprocess.Popen([str(terminal.TOOL), "chat", "-i", *arguments], stdin=subprocess.PIPE, env=talk.env(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    said = process.communicate("One.\nTwo.\n", timeout=terminal.SECONDS)
    assert process.returncode == 130 and said[1] == "" and len(talk.requests()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["reading", "answering"])
def test_a_signal_ends_it(talk, number, when):
    talk = talk("endless")
    process = subprocess.Popen([str(terminal.TOOL), "chat", "-i"], stdin=subprocess.PIPE, env=talk.env(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if when == "answering":
        process.stdin.write("One.\nTwo.\n")
        process.stdin.flush()
        process.stdout.read(5)
    else:
        while not terminal.catches(process.pid, number):
            time.sleep(0.01)
        time.sleep(0.1)
    process.send_signal(number)
    process.stdout.read()
    assert process.wait(terminal.SECONDS) == 130 and len(talk.requests()) == (when == "answering")
    process.stdin.close(), process.stdout.close(), process.stderr.close()


def test_answers_go_to_a_file_and_the_prompt_to_the_terminal(talk, tmp_path):
    with open(tmp_path / "answers", "w") as answers, talk("hello").open("-i", stdout=answers) as screen:
        for _ in range(2):
            screen.expect("> ")
            screen.say("Hi.")
            screen.expect("\n")
        screen.expect("> ")
        screen.send("\x04")
        assert screen.end() == 0
        assert HELLO not in screen.shown
    assert (tmp_path / "answers").read_text() == (HELLO + "\n") * 2


def test_bytes_that_are_no_text(talk):
    talk = talk("hello")
    done = subprocess.run([str(terminal.TOOL), "chat", "-i"], input=b"\xff\nTwo.\n", env=talk.env(),
                          capture_output=True, timeout=terminal.SECONDS)
    assert done.returncode == 2 and b"INVALID_ARGUMENT" in done.stderr and not talk.requests()


@pytest.mark.parametrize("megabytes", [64, 128])
def test_no_memory_for_a_line(talk, megabytes):
    """It is not taken for the end."""
    limit = megabytes << 20
    talk = talk("hello")
    done = subprocess.run([str(terminal.TOOL), "chat", "-i"], input=b"x" * (40 << 20) + b"\nTwo.\n", env=talk.env(),
                          capture_output=True, timeout=terminal.SECONDS,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    assert done.returncode == 5 and done.stderr == b"dosai: OUT_OF_MEMORY: out of memory\n" and not talk.requests()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_ends_it(talk, number):
    """Whatever it waits for: here, a reader that does not read."""
    process = subprocess.Popen([terminal.TOOL, "chat", "-i", "Hi."], env=talk("big").env(), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        select.select([process.stdout], [], [])
        time.sleep(1)
        process.send_signal(number)
        time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(timeout=60) in (130, -number)
    finally:
        process.kill()
        process.communicate()
