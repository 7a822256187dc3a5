"""dosai chat -i in a terminal."""
import json, os, re, signal, stat, termios, threading, time

import pytest

import terminal
from lateness import allowance

HELLO = "Hello! How can I help you today?"
edited = pytest.mark.skipif(not terminal.IS_EDITED, reason="the tool was built without libedit")


def test_a_conversation_carries_its_history(talk):
    talk = talk("hello")
    with talk.open("-i", "--system", "Be brief.") as screen:
        screen.expect("/help")
        for line in ("One.", "Two."):
            screen.expect("> ")
            screen.say(line)
            screen.expect(HELLO + "\n")
        screen.expect("> ")
        screen.send("\x04")
        assert screen.end() == 0
    first, second = talk.messages()
    assert first == [("system", "Be brief."), ("user", "One.")]
    assert second == first + [("assistant", HELLO), ("user", "Two.")]


def test_the_prompt_is_the_first_turn(talk):
    talk = talk("hello")
    with talk.open("-i", "One.") as screen:
        screen.expect(HELLO)
        screen.expect("> ")
        screen.say("/exit")
        assert screen.end() == 0
    assert talk.messages() == [[("user", "One.")]]


@edited
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_a_line_is_edited(talk, locale):
    talk = talk("hello")
    with talk.open("-i", LC_ALL=locale) as screen:
        screen.expect("> ")
        screen.say("wörd\x7f\x7fnd\x01W\x1b[C\x1b[3~i\x05!")  # rubout, Ctrl-A, right, delete, Ctrl-E
        screen.expect(HELLO)
        screen.expect("> ")
        screen.say("\x1b[A\x1b[D?")  # up, left
        screen.expect(HELLO)
        screen.expect("> ")
        screen.say("\x12Ww")  # Ctrl-R
        screen.expect(HELLO)
        screen.expect("> ")
        screen.send("\x04")
        assert screen.end() == 0
    said = [messages[-1][1] for messages in talk.messages()]
    assert said == ["Wwind!", "Wwind?!", "Wwind?!"]


@edited
def test_what_is_typed_ahead_is_kept(talk, server):
    import scripts

    is_typed = threading.Semaphore(0)
    server.put("typed", scripts.begun({"call": lambda: is_typed.acquire(timeout=terminal.SECONDS)}, {"chunk": scripts.FINISH},
                                      {"chunk": scripts.DONE}, scripts.END))
    talk = talk("typed")
    with talk.open("-i") as screen:
        screen.expect("> ")
        screen.say("One.")
        screen.expect("Hello")
        screen.send("x\x04")  # the Ctrl-D is of no effect then
        screen.expect("x")  # the terminal has taken both
        is_typed.release()
        screen.expect("> ")
        screen.send("\x7f")  # nor now: this takes the x
        screen.say("Two.")
        screen.expect("Hello")
        screen.send("Three")
        screen.expect("Three")
        is_typed.release()
        screen.expect("> ")
        screen.say(".")
        screen.expect("Hello")
    assert [messages[-1][1] for messages in talk.messages()] == ["One.", "Two.", "Three."]


@edited
def test_the_window_may_change_and_the_program_stop(talk):
    talk = talk("hello")
    with talk.open("-i") as screen:
        cooked = termios.tcgetattr(screen.screen)
        screen.expect("> ")
        screen.send("before")
        screen.expect("before")
        screen.signal(signal.SIGWINCH)
        screen.expect("before")
        screen.signal(signal.SIGSTOP)
        termios.tcsetattr(screen.screen, termios.TCSANOW, cooked)  # as a shell does
        screen.signal(signal.SIGCONT)
        screen.expect("before")
        assert screen.is_raw()
        screen.say("\x01after ")
        screen.expect(HELLO)
    assert talk.messages() == [[("user", "after before")]]


def test_lines_are_joined(talk):
    talk = talk("hello")
    said = ["a\\", "b", '"""', "/c", "", " d", '"""', '"""e"""', '"""f', 'g"""', "h\\", '"""', " /i", "", "  "]
    with talk.open("-i") as screen:
        screen.expect("> ")
        for line in said:
            screen.say(line)
            time.sleep(0.02)
        for _ in range(6):
            screen.expect(HELLO)
    assert [messages[-1][1] for messages in talk.messages()][:6] == ["a\nb", "/c\n\n d", "e", "f\ng", 'h\n"""', " /i"]


def test_the_commands(talk, tmp_path):
    talk = talk("hello")
    saved = tmp_path / "saved.json"
    with talk.open("-i", "--system", "Old.") as screen:
        for line, shown in (("One.", HELLO), ("/system New \"rule\".", ""), ("/model other", ""), ("Two.", HELLO),
                            ("/save %s" % saved, ""), ("/clear", ""), ("Three.", HELLO), ("/system", ""),
                            ("Four.", HELLO), ("/nothing", "/nothing: no such command"), ("/model", "NAME is missing"),
                            ("/save", "FILE is missing"), ("/save /proc/x", "/proc/x: No such file"),
                            ("/help", "Ctrl-C stops the answer"), ("Five.", HELLO)):
            screen.expect("> ")
            screen.say(line)
            screen.expect(shown)
        screen.say("/exit")
        assert screen.end() == 0
    answer = ("assistant", HELLO)
    old, new = ("system", "Old."), ("system", 'New "rule".')
    assert talk.messages() == [
        [old, ("user", "One.")],
        [new, ("user", "One."), answer, ("user", "Two.")],
        [new, ("user", "Three.")],
        [("user", "Three."), answer, ("user", "Four.")],
        [("user", "Three."), answer, ("user", "Four."), answer, ("user", "Five.")]]
    assert [request["model"] for request in talk.requests()] == ["dos-ai"] + ["other"] * 4
    done = talk.run("-i", "--request", saved, said="More.\n")
    assert (done.returncode, done.stdout) == (0, HELLO + "\n")
    request = talk.requests()[-1]
    assert request["model"] == "other" and request["stream_options"] == {"include_usage": True}
    assert talk.messages()[-1] == [new, ("user", "One."), answer, ("user", "Two."), answer, ("user", "More.")]
    assert talk.run("--no-stream", "--request", saved, "More.").returncode == 0
    assert not {"stream", "stream_options"} & set(talk.requests()[-1])


@pytest.mark.parametrize("by", ["key", "signal"])
def test_ctrl_c_stops_the_answer(talk, server, by):
    talk = talk("endless")
    with talk.open("-i") as screen:
        screen.expect("> ")
        screen.say("Speak.")
        screen.expect("HelloHello")
        start = time.monotonic()
        screen.send("\x03") if by == "key" else screen.signal()
        screen.expect("(stopped)")
        screen.expect("> ")
        assert time.monotonic() - start < 1 + allowance(start)
        screen.say("Again.")
        screen.expect("HelloHello")
        screen.send("\x03")
        screen.expect("(stopped)")
        screen.say("/exit")
        assert screen.end() == 0
    part = talk.messages()[1]
    assert part[0] == ("user", "Speak.") and part[2] == ("user", "Again.")
    role, content = part[1]
    assert role == "assistant" and content.startswith("HelloHello") and content.endswith("Hello [stopped]")


@pytest.mark.parametrize("script", ["silent", "silent-headers", "silent-chunk"])
def test_ctrl_c_in_silence(talk, script):
    """A turn of which nothing was answered was never said."""
    talk = talk(script)
    with talk.open("-i") as screen:
        for line in ("One.", "Two."):
            screen.expect("> ")
            screen.say(line)
            while len(talk.requests()) < ("One.", "Two.").index(line) + 1:
                time.sleep(0.01)
            screen.expect("Hello") if script == "silent-chunk" else time.sleep(0.1)
            start = time.monotonic()
            screen.send("\x03")
            screen.expect("(stopped)")
            assert time.monotonic() - start < 1 + allowance(start)
        screen.say("/exit")
        assert screen.end() == 0
    between = [("assistant", "Hello [stopped]")] if script == "silent-chunk" else []
    assert talk.messages()[1] == ([("user", "One.")] + between if between else []) + [("user", "Two.")]


def test_ctrl_c_at_the_prompt_drops_the_line(talk):
    talk = talk("hello")
    with talk.open("-i") as screen:
        screen.expect("> ")
        screen.send("not this")
        screen.expect("not this") if terminal.IS_EDITED else time.sleep(0.2)
        screen.send("\x03")
        screen.expect("> ")
        screen.say('"""')
        screen.expect(". ")
        screen.say("nor this")
        screen.expect(". ")
        screen.send("\x03")
        screen.expect("> ")
        screen.say("this")
        screen.expect(HELLO)
        screen.expect("> ")
        screen.send("\x04")
        assert screen.end() == 0
    assert talk.messages() == [[("user", "this")]]


@pytest.mark.parametrize("when", ["reading", "answering"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it(talk, when, number):
    talk = talk("endless")
    with talk.open("-i") as screen:
        screen.expect("> ")
        if when == "answering":
            screen.say("Speak.")
            screen.expect("Hello")
        time.sleep(0.1)
        screen.signal(number)
        assert screen.end() == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_while_it_reads_a_file(talk, tmp_path, number):
    os.mkfifo(tmp_path / "slow")
    file = os.open(tmp_path / "slow", os.O_RDWR)  # so that the file has no end
    with talk("hello").open("-i", "--file", tmp_path / "slow") as screen:
        time.sleep(0.5)
        screen.signal(number)
        assert screen.end() == -number
    os.close(file)


def test_a_failure_does_not_end_it(talk):
    talk = talk("error-429")
    with talk.open("-i", "--max-retries", "0") as screen:
        for line in ("One.", "Two."):
            screen.expect("> ")
            screen.say(line)
            screen.expect("RATE_LIMITED")
        screen.expect("> ")
        screen.say("/exit")
        assert screen.end() == 0
    assert talk.messages() == [[("user", "One.")], [("user", "Two.")]]


def test_a_model_does_not_steer_the_terminal(talk, server):
    import scripts

    server.put("escape", scripts.say("a\x1b]0;title\x07b", "\u009b31mc\r\td"))
    talk = talk("escape")
    with talk.open("-i") as screen:
        screen.expect("> ")
        screen.say("One.")
        assert screen.expect("]0;titleb31mc\td\n")


def test_a_server_does_not_steer_the_terminal(talk, server):
    head = "HTTP/1.1 %s\r\nx-request-id: a\x1b[31mb\u009b32mc\x7fd\r\nContent-Length: %d\r\n\r\n"
    for name, status, body in ("steer", "400 No", {"message": "a\x1b[31mb\u009b32mc\x7fd"}), ("steer-models", "200 OK", {
            "data": [{"id": "a\u009b32mb\x7fc"}, {"id": '\u00c2/"x\\'}]}):
        body = json.dumps(body, ensure_ascii=False)
        server.put(name, [{"send": head % (status, len(body.encode())) + body}])
    chat = talk("steer").run("-v", "hi")
    blank = re.compile(r"a \[31mb +32mc d")  # the library puts one in the place of each byte
    assert chat.returncode == 1 and len(blank.findall(chat.stderr)) == 3, chat.stderr
    models = terminal.run("models", "-v", env=talk("steer-models").env())
    assert models.returncode == 0 and models.stdout == 'a 32mb c\n\u00c2/"x\\\n' and blank.search(models.stderr)
    for text in (chat.stderr, models.stdout, models.stderr):
        assert not [letter for letter in text if letter != "\n" and (letter < " " or "\x7f" <= letter < "\xa0")], text


def test_the_names_of_models(talk, server):
    """As they are, however they were escaped."""
    server.put("names", {"text": '{"data": [{"id": "caf\\u00e9\\/\\ud83d\\ude00"}, {"id": "a\\u001b\\nb\\u0000\\u009bc"}]}'})
    models = terminal.run("models", env=talk("names").env())
    assert (models.returncode, models.stdout) == (0, "caf\u00e9/\U0001f600\na  b  c\n")


def test_an_answer_that_is_no_list_of_models(talk):
    models = terminal.run("models", env=talk("bare").env())
    assert (models.returncode, models.stdout) == (4, "") and "PROTOCOL: the answer is not a list of models" in models.stderr


# ---- the history's file


def write_and_end(talk, *lines, **more):
    with talk.open("-i", **more) as screen:
        for line in lines:
            screen.expect("> ")
            screen.say(line)
            screen.expect(HELLO + "\n")
        screen.expect("> ")
        screen.send("\x04")
        assert screen.end() == 0


@edited
def test_the_history_is_kept_for_the_user_alone(talk, tmp_path):
    talk = talk("hello")
    state = tmp_path / "a" / "state"
    write_and_end(talk, "Grüße", XDG_STATE_HOME=state)
    history = state / "dosai" / "history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.parent.stat().st_mode) == 0o700
    history.chmod(0o644)
    write_and_end(talk, "\x1b[A!", XDG_STATE_HOME=state)
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert [messages[-1][1] for messages in talk.messages()] == ["Grüße", "Grüße!"]


@edited
@pytest.mark.parametrize("state", [None, "", "relative"])
def test_the_history_is_in_the_home(talk, tmp_path, state):
    write_and_end(talk("hello"), "One.", XDG_STATE_HOME=state)
    assert (tmp_path / ".local/state/dosai/history").exists()


@edited
def test_the_history_is_elsewhere_or_off(talk, tmp_path):
    talk = talk("hello")
    for off in ("", "off"):
        write_and_end(talk, "One.", DOSAI_HISTORY=off)
    assert not list(tmp_path.iterdir())
    write_and_end(talk, "One.", DOSAI_HISTORY=tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


# ---- colours

COLORED = {
    "a terminal": ([], {}, True),
    "NO_COLOR": ([], {"NO_COLOR": "1"}, False),
    "an empty NO_COLOR": ([], {"NO_COLOR": ""}, True),
    "TERM=dumb": ([], {"TERM": "dumb"}, False),
    "no TERM": ([], {"TERM": None}, False),
    "never": (["--color", "never"], {}, False),
    "always": (["--color=always"], {"NO_COLOR": "1"}, True),
    "auto": (["--color", "auto"], {"NO_COLOR": "1"}, False),
}


@pytest.mark.parametrize("case", COLORED)
def test_colors_in_a_terminal(talk, case):
    arguments, variables, is_colored = COLORED[case]
    talk = talk("rich")
    with talk.open(*arguments, "Hi.", **variables) as screen:
        assert screen.end() == 0
        assert "Let me think." in screen.shown
        assert bool(terminal.colors(screen.shown)) == is_colored, screen.shown
    talk = type(talk)(talk.server, "error-400", talk.home)
    with talk.open(*arguments, "-i", **variables) as screen:
        screen.expect("> ")
        screen.say("One.")
        screen.expect("BAD_REQUEST")
        screen.expect("> ")
        screen.say("/exit")
        assert screen.end() == 0
        assert bool(terminal.colors(screen.shown)) == is_colored, screen.shown


@pytest.mark.parametrize("when", ["auto", "always"])
def test_colors_in_a_pipe(talk, when):
    done = talk("error-400").run("--color", when, "Hi.")
    assert bool(terminal.colors(done.stderr)) == (when == "always")
    done = talk("hello").run("--color", when, "Hi.")
    assert done.stdout == HELLO + "\n"


def test_color_wants_a_word(talk):
    done = talk("hello").run("--color", "blue", "Hi.")
    assert done.returncode == 2 and "--color" in done.stderr
