"""dosai completion: each shell loads it, and offers what is there."""
import re, subprocess

import pytest

import terminal


def script(shell):
    done = subprocess.run([str(terminal.TOOL), "completion", shell], capture_output=True, text=True, timeout=terminal.SECONDS)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def options(command):
    text = subprocess.run([str(terminal.TOOL), command, "--help"], capture_output=True, text=True, timeout=terminal.SECONDS).stdout
    return set(re.findall(r"^  (--?[a-z][a-z-]*)", text, flags=re.M))


def bash(*words, where=None):
    """What bash offers for the last word."""
    line = "COMP_WORDS=(%s); COMP_CWORD=%d; _dosai; printf '%%s\\n' \"${COMPREPLY[@]}\"" % (
        " ".join("'%s'" % word for word in words), len(words) - 1)
    # compopt works only where the shell itself completes
    done = subprocess.run(["bash", "--norc", "-euc", script("bash") + "compopt() { :; }\n" + line], cwd=where,
                          capture_output=True, text=True, timeout=terminal.SECONDS)
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split("\n")) - {""}


def fish(line, where):
    done = subprocess.run(["fish", "--no-config", "-c", script("fish") + "complete -C'%s'" % line], cwd=where,
                          capture_output=True, text=True, timeout=terminal.SECONDS, env=terminal.environment("", where / "home"))
    assert (done.returncode, done.stderr) == (0, "")
    return {offer.split("\t")[0] for offer in done.stdout.split("\n")} - {""}


COMMANDS = {"chat", "batch", "models", "post", "decode", "completion"}
SHELLS = {"bash", "zsh", "fish"}


def test_bash(tmp_path):
    (tmp_path / "a b.json").touch()
    assert COMMANDS <= bash("dosai", "")
    assert bash("dosai", "ch") == bash("build/bin/dosai", "ch") == {"chat"}
    assert bash("dosai", "completion", "") == SHELLS
    assert bash("dosai", "chat", "dosai", "-") == options("chat")
    assert bash("dosai", "chat", "-") == options("chat")
    assert bash("dosai", "models", "-") == options("models")
    assert bash("dosai", "chat", "--color", "a") == {"auto", "always"}
    assert bash("dosai", "chat", "--color", "=", "n") == {"never"}
    assert bash("dosai", "chat", "--color", "=") == {"auto", "always", "never"}
    assert bash("dosai", "chat", "--file", "", where=tmp_path) == {"a b.json"}
    assert bash("dosai", "chat", "--system", "") == set()
    assert bash("dosai", "batch", "-") == options("batch")
    assert bash("dosai", "batch", "", where=tmp_path) == bash("dosai", "batch", "-o", "", where=tmp_path) == {"a b.json"}


def test_fish(tmp_path):
    (tmp_path / "a b.json").touch()
    assert COMMANDS <= fish("dosai ", tmp_path)
    assert fish("dosai ch", tmp_path) == {"chat"}
    assert fish("dosai completion ", tmp_path) == SHELLS
    assert {word for word in fish("dosai chat --", tmp_path)} == {word for word in options("chat") if word[1] == "-"}
    assert {"-i", "-m", "-v"} <= fish("dosai chat -", tmp_path)
    assert fish("dosai chat --color ", tmp_path) == {"auto", "always", "never"}
    assert fish("dosai chat --file a", tmp_path) in ({"a b.json"}, {"a\\ b.json"})
    assert any(word.startswith("a") for word in fish("dosai batch a", tmp_path))
    assert not any(word.startswith("--system") for word in fish("dosai models --", tmp_path))


@pytest.mark.parametrize("way", ["source", "fpath"])
def test_zsh(tmp_path, way):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "_dosai").write_text(script("zsh"))
    with terminal.Terminal("zsh", "-f", env=terminal.environment("", tmp_path)) as shell:
        shell.say("autoload -U compinit; LISTMAX=1000")
        if way == "fpath":
            shell.say("fpath=(%s $fpath); compinit -D; print rea''dy" % (tmp_path / "folder"))
        else:
            shell.say("compinit -D; source %s; print rea''dy" % (tmp_path / "folder" / "_dosai"))
        shell.expect("ready")
        shell.send("dosai comp\t")
        shell.expect("letion")
        shell.send("f\t")
        shell.expect("fish")
        shell.send("\x15dosai chat --\t\t")
        begun = shell.seen
        long = [option for option in options("chat") if option[1] == "-"]
        for text in [*long, "set a field of the request: 'stop=[\"END\"]'", "this"]:
            shell.seen = begun  # in any order
            shell.expect(text)
        shell.seen = len(shell.shown)
        shell.send("\x15dosai chat --color=al\t")
        shell.expect("always")
        shell.send("\x15dosai models --sys\t")
        shell.send("X")
        shell.expect("X")
        assert "--system" not in shell.shown[shell.seen:]


def test_another_shell():
    for words in (["tcsh"], [], ["bash", "zsh"]):
        done = subprocess.run([str(terminal.TOOL), "completion", *words], capture_output=True, text=True, timeout=terminal.SECONDS)
        assert (done.returncode, done.stdout) == (2, "") and "bash, zsh or fish" in done.stderr


def test_help():
    """Of each command, "dosai COMMAND --help" tells something."""
    for command in COMMANDS:
        done = subprocess.run([str(terminal.TOOL), command, "--help"], capture_output=True, text=True, timeout=terminal.SECONDS)
        assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("usage: dosai %s " % command)
