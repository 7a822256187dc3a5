"""What type checkers, help() and typing.get_type_hints() see."""

import inspect
import json
import pathlib
import pydoc
import subprocess
import sys
import typing

import dosai
import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
MISTAKES = [number for number, line in enumerate((PACKAGE / "tests/mistakes.py").read_text().splitlines(), 1)
            if "  # mistake: " in line]
CREATES = [kind.create for kind in (
    type(dosai.Client("k").chat.completions), type(dosai.AsyncClient("k").chat.completions),
    type(dosai.Client("k").chat.completions.with_raw_response),
    type(dosai.AsyncClient("k").chat.completions.with_raw_response),
)]


def pyright(folder, *files):
    """The errors of pyright, which PyPI has under another name: [(file, line, message)]"""
    pytest.importorskip("basedpyright")
    pytest.importorskip("openai")
    (folder / "pyright.json").write_text(json.dumps({
        "typeCheckingMode": "standard", "enableTypeIgnoreComments": True, "extraPaths": [str(PACKAGE)],
        "include": [str(PACKAGE / file) for file in files], "exclude": [str(PACKAGE / "examples/web")],
    }))
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, "-p", folder / "pyright.json"]
    done = subprocess.run(command, capture_output=True, text=True)
    return [(pathlib.Path(each["file"]).name, each["range"]["start"]["line"] + 1, each["message"])
            for each in json.loads(done.stdout)["generalDiagnostics"] if each["severity"] == "error"]


def test_mypy_finds_mistakes(tmp_path):
    pytest.importorskip("mypy")
    pytest.importorskip("openai")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, "--exclude", "examples/(testing|web)",
               "dosai", "pytest_dosai.py", "examples", "tests/typed.py", "tests/mistakes.py"]
    done = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True)
    found = {tuple(line.split(":")[:2]) for line in done.stdout.splitlines() if ": error: " in line}
    if sys.version_info < (3, 10):  # httpx2 is not for it, so httpx's classes are not known
        found = {place for place in found if place[0] != "dosai/_openai.py"}
    assert found == {("tests/mistakes.py", str(line)) for line in MISTAKES}, done.stdout + done.stderr
    assert len(MISTAKES) == 9


def test_pyright_finds_mistakes(tmp_path):
    found = pyright(tmp_path, "examples", "tests/typed.py", "tests/mistakes.py")
    assert {file for file, _, _ in found} == {"mistakes.py"}, found
    assert sorted({line for _, line, _ in found}) == MISTAKES, found


def test_parameters_are_openais():
    parameters = pytest.importorskip("openai.types.chat.completion_create_params")
    from dosai._parameters import ChatParameters

    theirs = set(typing.get_type_hints(parameters.CompletionCreateParamsBase)) - {"model", "messages"}
    ours = set(typing.get_type_hints(ChatParameters)) - {"timeout", "extra_headers", "extra_query", "extra_body"}
    assert ours == theirs


@pytest.mark.parametrize("create", CREATES, ids=lambda create: create.__qualname__)
def test_parameters_are_shown(create):
    from dosai._parameters import ChatParameters

    shown, hints = inspect.signature(create), typing.get_type_hints(create)
    documented = typing.get_type_hints(ChatParameters)
    own = {"self", "model", "messages", "stream", "more"}
    assert set(shown.parameters) - own == set(documented)
    assert {name: hints[name] for name in documented} == documented
    assert hints["model"] is str and set(hints) == set(shown.parameters) - {"self"} | {"return"}
    assert "temperature: parameters.Number" in pydoc.plain(pydoc.render_doc(create)).replace("'", "")


def test_what_is_returned():
    returned = [typing.get_type_hints(create)["return"] for create in CREATES]
    assert returned == [typing.Union[dosai.ChatCompletion, dosai.Stream], typing.Union[dosai.ChatCompletion, dosai.AsyncStream],
                        dosai.Response, dosai.Response]
    assert [inspect.iscoroutinefunction(create) for create in CREATES] == [False, True, False, True]
